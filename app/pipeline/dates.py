"""Finds and reads written dates and times: ISO forms, month names of many languages (CLDR), numbers whose order is known."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Literal

from babel import Locale

from app.pipeline.vocabulary import vocabulary

Order = Literal["dmy", "mdy"]
WORD = r"[^\W\d_]{3,15}"
NO_MORE = r"(?!\d|[-/.]\d|\s?[年년])"
"""After a year: none of what would make it the beginning of another date."""
DATE = re.compile(
    rf"""
      (?<!\d)(?P<y1>\d{{4}})(?P<s1>[-/.])\s?(?P<m1>\d{{1,2}})(?P=s1)\s?(?P<d1>\d{{1,2}})(?!\d)
    | (?<!\d)(?P<y2>\d{{4}})\s?[年년]\s?(?P<m2>\d{{1,2}})\s?[月월]\s?(?P<d2>\d{{1,2}})\s?[日일]
    | (?<![\d:.])(?P<d3>\d{{1,2}})(?:\.|º|°|ª|-?(?:st|nd|rd|th|er|e))?[\s-]{{0,2}}(?:de\s|of\s|d['’])?(?P<w3>{WORD})\.?
        (?:/{WORD})?,?[\s-]{{0,2}}(?:del?\s|г\.\s)?['’]?(?P<y3>\d{{4}}){NO_MORE}
    | (?P<w4>(?<![^\W\d_]){WORD})\.?[\s-]{{1,2}}(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?,?[\s-]{{1,2}}(?P<y4>\d{{4}}){NO_MORE}
    | (?<!\d)(?P<y7>\d{{4}})(?:\.|\sm\.|年|,)?[\s-]{{1,2}}(?P<w7>{WORD})\.?[\s-]{{1,2}}(?P<d7>\d{{1,2}})(?!\d)(?:\.(?=\s)|\sd\.)?
    | (?<![\d.:])(?P<a5>\d{{1,2}})(?P<s5>[./-])\s?(?P<b5>\d{{1,2}})(?P=s5)\s?(?P<y5>\d{{4}}|\d{{2}})(?![\d.:/-]\d|\d)
    | (?P<w6>(?<![^\W\d_])(?<!\d[\s-])(?<!\d\.\s){WORD})\.?,?\s(?:de\s)?(?P<y6>\d{{4}}){NO_MORE}
    """,
    re.VERBOSE,
)
"""ISO; Chinese, Japanese and Korean; 3 March 2025; March 3, 2025; 2025 March 3; numbers; March 2025."""
CLOCK = (
    r"(?:(?P<part>午前|午後|上午|下午|오전|오후)\s?)?"
    r"(?P<h>\d{1,2})(?:\s?(?:[:.hH]|[時时点點시]\s?)(?P<min>[0-5]?\d)(?<=\d\d|[時时点點시 ]\d)"
    r"(?:(?:[:.]|[分분]\s?)(?P<s>[0-5]\d)(?:[.,]\d{1,9})?)?|(?=\s?[aApP]\.?[mM]))(?!\d):?"
    r"[分분秒초]?(?:\s?(?P<half>[aApP])\.?[mM]\b\.?)?"
    r"(?:\s?(?:Uhr|h|uur|ч)\b\.?)?"
)
ZONE = (
    r"(?:\s?\(?(?P<zone>Z\b|[A-Z][A-Za-z]{2,12}/[A-Z][A-Za-z_]{2,20}(?:/[A-Z][A-Za-z_]{2,20})?"
    r"|(?:UTC|GMT)?[+−-]\d{1,2}:?(?:\d{2})?(?![\d:])|[A-Z]{2,5}\b))?"
)
BETWEEN = r"(?:T|[\s,;·•|–—@-]{0,4}(?:(?P<joiner>(?![午上下오])[^\W\d_]{1,12}\.?(?:\s[^\W\d_]{2,5})?)\s)?\s?)"
AFTER = re.compile(BETWEEN + CLOCK + ZONE)
BEFORE = re.compile(CLOCK + ZONE + r"[\s,;·•|–—-]{1,4}(?:(?P<weekday>[^\W\d_]{2,12})\.?,?\s)?$")
ALONE = re.compile(r"^\W{0,2}(?:(?P<joiner>[^\W\d_]{1,4}\.?)\s)?" + CLOCK + ZONE + r"\W{0,2}$")
WEEKDAY = re.compile(r"[^\W\d_]{2,14}")
AFTERNOON = frozenset({"午後", "下午", "오후"})
REACH_BEFORE = 40
LONGEST_LINE = 400


@dataclass(frozen=True, slots=True)
class Written:
    """A date as found in a line: its parts, what it says of the time, and the characters [start, end) that it takes."""

    year: int
    month: int
    day: int | None
    start: int
    end: int
    clock: tuple[int, int, int | None] | None = None
    zone: str | None = None
    quote: str = ""


@cache
def month_names() -> dict[str, dict[str, int]]:
    """Give the numbers of months by name and language; the names without case and final dots."""
    words = vocabulary("dates")
    names: dict[str, dict[str, int]] = {}
    for code in words["locales"]:
        locale = Locale.parse(code)
        known = names.setdefault(locale.language, {})
        for forms in locale.months.values():
            for width in ("wide", "abbreviated"):
                for number, name in forms[width].items():
                    known.setdefault(name.casefold().strip(". "), number)
    names["*"] = dict(words["months"])
    return names


@cache
def any_month(word: str) -> int | None:
    """Give the number of a month that all languages which have the word agree on."""
    found = {known[word] for known in month_names().values() if word in known}
    return found.pop() if len(found) == 1 else None


def month_of(word: str, language: str | None) -> int | None:
    """Give the number of a month by name: in the text's language, in English, or where all languages agree."""
    folded = word.casefold()
    names = month_names()
    for known in (names.get(language or "", {}), names["en"], names["*"]):
        if folded in known:
            return known[folded]
    return any_month(folded)


OF_NUMBERS = re.compile(r"\d\s?[./-]\s?\d{1,2}\s?[./-]\s?\d")
"""What a line needs to hold a date of numbers; the whole pattern costs a hundred times as much."""


def numeric_order(text: str) -> Order | None:
    """Decide the order of a text's numeric dates by those that leave no choice; None where none does, or they differ."""
    orders = set()
    for found in DATE.finditer("\n".join(line for line in text.split("\n") if OF_NUMBERS.search(line))):
        if found["a5"] and int(found["a5"]) > 12 >= int(found["b5"]):
            orders.add("dmy")
        elif found["a5"] and int(found["b5"]) > 12 >= int(found["a5"]):
            orders.add("mdy")
    return "dmy" if orders == {"dmy"} else "mdy" if orders == {"mdy"} else None


def find_dates(line: str, language: str | None, order: Order | None = None) -> Iterator[Written]:
    """Find the written dates of a line, with the time beside each; lines over 400 characters have none that matter."""
    if len(line) > LONGEST_LINE:
        return
    found = DATE.search(line)
    while found:
        parts = read_parts(found, language, order)
        if parts is not None and is_date(*parts):
            written = with_clock(line, Written(*parts, found.start(), found.end()))
            yield written
            found = DATE.search(line, max(written.end, found.end()))
        else:  # what is no date ("Room 5, 2025-03-03") may still hold one
            found = DATE.search(line, found.start() + 1)


def read_parts(found: re.Match[str], language: str | None, order: Order | None) -> tuple[int, int, int | None] | None:
    """Give year, month and day of a match; None where the month is unknown or the order is not."""
    for year, month, day in (("y1", "m1", "d1"), ("y2", "m2", "d2")):
        if found[year]:
            return int(found[year]), int(found[month]), int(found[day])
    for year, word, day in (("y3", "w3", "d3"), ("y4", "w4", "d4"), ("y7", "w7", "d7")):
        if found[year]:
            number = month_of(found[word], language)
            return None if number is None else (int(found[year]), number, int(found[day]))
    if found["y6"]:
        number = month_of(found["w6"], language)
        return None if number is None else (int(found["y6"]), number, None)
    return read_numeric(found, language, order)


def read_numeric(found: re.Match[str], language: str | None, order: Order | None) -> tuple[int, int, int | None] | None:
    """Give the parts of a date of numbers, if their order is beyond doubt."""
    first, second, year = int(found["a5"]), int(found["b5"]), int(found["y5"])
    if len(found["y5"]) == 2:
        if found["s5"] != "." and not (second > 12 or order):  # "30/10/23" may begin with the year
            return None
        year += 2000
    if first > 12:
        chosen: Order | None = "dmy"
    elif second > 12:
        chosen = "mdy"
    elif first == second or found["s5"] == "." or language in day_first():
        chosen = "dmy"
    else:
        chosen = order_by_weekday(found.string, (year, first, second)) or order
    if chosen is None:
        return None
    return (year, second, first) if chosen == "dmy" else (year, first, second)


@cache
def day_first() -> frozenset[str]:
    """Give the languages in which a date of numbers begins with the day wherever they are printed."""
    return frozenset(vocabulary("dates")["day_first"])


def order_by_weekday(line: str, parts: tuple[int, int, int]) -> Order | None:
    """Decide the order of two numbers by the weekday that a line prints; None where it prints none, or fits neither."""
    year, first, second = parts
    printed = {number for word in WEEKDAY.findall(line) for number in weekdays().get(word.casefold(), ())}
    fits: list[Order] = []
    for order, month, day in (("dmy", second, first), ("mdy", first, second)):
        if is_date(year, month, day) and datetime(year, month, day, tzinfo=UTC).weekday() in printed:
            fits.append("dmy" if order == "dmy" else "mdy")
    return fits[0] if len(fits) == 1 else None


def is_date(year: int, month: int, day: int | None) -> bool:
    """Say whether there is such a day, in a year that news is printed in."""
    try:
        datetime(year, month, day or 1, tzinfo=UTC)
    except ValueError:
        return False
    return 1800 <= year <= 2199


def with_clock(line: str, written: Written) -> Written:
    """Add the time that stands right after a date, or right before it."""
    after = AFTER.match(line, written.end) if written.day else None
    if after and is_clock(after):
        return timed(written, after, line[written.start : after.end()], end=after.end())
    head = line[max(0, written.start - REACH_BEFORE) : written.start]
    before = BEFORE.search(head) if written.day else None
    if before and is_clock(before):
        start = written.start - len(head) + before.start()
        return timed(written, before, line[start : written.end], start=start)
    return Written(
        written.year, written.month, written.day, written.start, written.end, quote=line[written.start : written.end]
    )


def is_clock(found: re.Match[str]) -> bool:
    """Say whether a match is a time: hours that exist, and nothing but a joiner before them."""
    joiner = found.groupdict().get("joiner")
    if joiner and joiner.casefold() not in vocabulary("dates")["labels"]["joiners"] and not is_weekday(joiner):
        return False
    halved = found["half"] or found["part"]
    return int(found["h"]) < 24 and (halved is None or int(found["h"]) <= 12)


def is_weekday(word: str) -> bool:
    """Say whether a word is short enough to be a weekday's abbreviation, and is one."""
    return word.casefold().strip(".") in weekdays()


@cache
def weekdays() -> dict[str, frozenset[int]]:
    """Give the numbers (0 is Monday) that each name of a weekday has in any language."""
    known: dict[str, set[int]] = {}
    for code in vocabulary("dates")["locales"]:
        for forms in Locale.parse(code).days.values():
            for width in ("wide", "abbreviated"):
                for number, name in forms[width].items():
                    known.setdefault(name.casefold().strip("."), set()).add(number)
    return {name: frozenset(numbers) for name, numbers in known.items()}


def timed(
    written: Written, clock: re.Match[str], quote: str, *, start: int | None = None, end: int | None = None
) -> Written:
    """Add a matched time to a date."""
    hour = int(clock["h"])
    if clock["half"] or clock["part"]:
        later = clock["part"] in AFTERNOON if clock["part"] else clock["half"].lower() == "p"
        hour = hour % 12 + (12 if later else 0)
    second = int(clock["s"]) if clock["s"] else None
    return Written(
        written.year,
        written.month,
        written.day,
        written.start if start is None else start,
        written.end if end is None else end,
        (hour, int(clock["min"] or 0), second),
        clock["zone"],
        quote,
    )


def add_clock(written: Written, line: str) -> Written:
    """Add the time that stands alone on the line after a date's; the date as it is where none does."""
    found = ALONE.match(line) if written.clock is None and written.day and len(line) < REACH_BEFORE else None
    return timed(written, found, f"{written.quote} {line}") if found and is_clock(found) else written
