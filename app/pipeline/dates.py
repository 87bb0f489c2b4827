"""Finds and reads written dates: ISO forms, month names of many languages, numbers whose order is known."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Literal

from app.pipeline.clocks import Written, add_clock, with_clock
from app.pipeline.months import any_month, is_weekday, month_of, plain, weekdays
from app.pipeline.vocabulary import vocabulary

__all__ = [
    "DATE",
    "Order",
    "Written",
    "add_clock",
    "any_month",
    "find_dates",
    "is_weekday",
    "month_of",
    "numeric_order",
]

Order = Literal["dmy", "mdy"]
MARKS = "\u0300-\u036f\u0591-\u05bd\u064b-\u0655\u0670\u0900-\u0903\u093a-\u094f\u0981-\u0983\u09bc-\u09d7\u0bbe-\u0bcd\u0e31\u0e34-\u0e4e"
"""Vowel signs and points, which are parts of words and no letters."""
MARKED = re.compile(f"[{MARKS}]|[\u0e01-\u0e2e]\\.|كانون|تشرين")
WORD = r"[^\W\d_]{3,15}"
MARKED_WORD = rf"(?:(?:كانون|تشرين)\s[^\W\d_]{{4,8}}|[ก-ฮ][\u0e31-\u0e3a]?\.[ก-ฮ]|(?:[^\W\d_]|[{MARKS}]){{3,18}})"
NO_MORE = r"(?!\d(?!\d?:\d\d|\d?\.\s[^\W\d_])|[-/.]\d|\s?[年년])"
"""After a year: none of what would make it the beginning of another date; a time or a date may be glued to it."""
ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911}
"""The year before the first of each Japanese era."""
LATEST = 2199
BUDDHIST = 543
"""Years by which the Thai calendar is ahead."""
THAI = re.compile("[\u0e01-\u0e4e]")


def date_pattern(word: str) -> re.Pattern[str]:
    """Give the pattern of dates whose months are words of the given form.

    ISO; Chinese, Japanese and Korean, also by era; Vietnamese; 3 March 2025; March 3, 2025; 2025 March 3; numbers; March 2025.
    """
    return re.compile(
        rf"""
      (?<!\d)(?P<y1>\d{{4}})(?P<s1>[-/.])\s?(?P<m1>\d{{1,2}})(?P=s1)\s?(?P<d1>\d{{1,2}})(?!\d)
    | (?<!\d)(?P<y2>\d{{4}})\s?[年년]\s?(?P<m2>\d{{1,2}})\s?[月월]\s?(?P<d2>\d{{1,2}})\s?[日일]
    | (?P<era>令和|平成|昭和|大正)\s?(?P<ye>\d{{1,2}}|元)年\s?(?P<me>\d{{1,2}})月\s?(?P<de>\d{{1,2}})日
    | (?<!\d)(?P<d8>\d{{1,2}})\s(?:tháng|thg)\s(?P<m8>\d{{1,2}})(?:,|\snăm)?\s(?P<y8>\d{{4}}){NO_MORE}
    | (?<![\d:.])(?P<d3>\d{{1,2}})(?:\.|º|°|ª|-?(?:st|nd|rd|th|er|e))?[\s-]{{0,2}}(?:de\s|of\s|d['’])?(?P<w3>{word})\.?
        (?:\s?/\s?{word})?\.?,?[\s-]{{0,2}}(?:del?\s|г\.\s|พ\.ศ\.\s?)?['’]?(?P<y3>\d{{4}}){NO_MORE}(?:\s?г\.)?
    | (?P<w4>(?<![^\W\d_]){word})\.?[\s-]{{1,2}}(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?,?[\s-]{{1,2}}(?P<y4>\d{{4}}){NO_MORE}
    | (?<!\d)(?P<y7>\d{{4}})(?:\.|\sm\.|年|,)?[\s-]{{1,2}}(?P<w7>{word})\.?[\s-]{{1,2}}(?P<d7>\d{{1,2}})(?!\d)(?:\.(?=\s)|\sd\.)?
    | (?<![\d.:])(?P<a5>\d{{1,2}})(?P<s5>[./-])\s?(?P<b5>\d{{1,2}})(?P=s5)\s?(?P<y5>\d{{4}}|\d{{2}})(?![\d.:/-]\d|\d)
    | (?P<w6>(?<![^\W\d_])(?<!\d[\s-])(?<!\d\.\s){word})\.?,?\s(?:de\s)?(?P<y6>\d{{4}}){NO_MORE}
    """,
        re.VERBOSE,
    )


DATE = date_pattern(WORD)
MARKED_DATE = date_pattern(MARKED_WORD)
LONGEST_LINE = 400
WEEKDAY = re.compile(r"[^\W\d_]{2,14}")


NUMBERED = re.compile(r"\d{4}|\d[./．／-]\s?\d|年")
"""What a line needs to hold a date: a year of four digits, numbers with a mark between them, or a year of an era."""
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
    if len(line) > LONGEST_LINE or NUMBERED.search(line) is None:
        return
    text = plain(line)
    pattern = DATE if text.isascii() or not MARKED.search(text) else MARKED_DATE
    found = pattern.search(text)
    while found:
        parts = read_parts(found, language, order)
        if parts is not None and is_date(*parts):
            written = with_clock(text, Written(*parts, found.start(), found.end()))
            yield replace(written, quote=line[written.start : written.end])
            found = pattern.search(text, max(written.end, found.end()))
        else:  # what is no date ("Room 5, 2025-03-03") may still hold one
            found = pattern.search(text, found.start() + 1)


def read_parts(found: re.Match[str], language: str | None, order: Order | None) -> tuple[int, int, int | None] | None:
    """Give year, month and day of a match; None where the month is unknown or the order is not."""
    if found["era"]:
        passed = 1 if found["ye"] == "元" else int(found["ye"])
        return ERAS[found["era"]] + passed, int(found["me"]), int(found["de"])
    parts = read_words(found, language) if not found["a5"] else read_numeric(found, language, order)
    if parts and parts[0] > LATEST and (language == "th" or THAI.search(found.string)):
        return parts[0] - BUDDHIST, parts[1], parts[2]
    return parts


def read_words(found: re.Match[str], language: str | None) -> tuple[int, int, int | None] | None:
    """Give the parts of a date whose month is a word, or whose year comes first."""
    for year, month, day in (("y1", "m1", "d1"), ("y2", "m2", "d2"), ("y8", "m8", "d8")):
        if found[year]:
            return int(found[year]), int(found[month]), int(found[day])
    for year, word, day in (("y3", "w3", "d3"), ("y4", "w4", "d4"), ("y7", "w7", "d7")):
        if found[year]:
            number = month_of(found[word], language)
            return None if number is None else (int(found[year]), number, int(found[day]))
    number = month_of(found["w6"], language)
    return None if number is None else (int(found["y6"]), number, None)


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
    return 1800 <= year <= LATEST
