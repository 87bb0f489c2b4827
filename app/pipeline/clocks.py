"""Reads the time of day that stands beside a date, as many languages print it."""

import re
from dataclasses import dataclass, replace
from functools import cache

from app.pipeline.months import is_weekday, plain
from app.pipeline.vocabulary import vocabulary

PARTS = "午前|午後|上午|下午|早上|凌晨|中午|晚上|傍晚|오전|오후|सुबह|दोपहर|शाम"
HOUR_ALONE = r"(?=\s?(?:[aApP]\.?\s?[mM]\b|Uhr\b|uur\b|[hH]\b(?!\s?\d)|[時时点點시](?!\s?\d)))"
"""What follows hours that are printed without minutes."""
CLOCK = (
    rf"(?:(?P<part>{PARTS})\s?)?"
    r"(?P<h>\d{1,2})(?:\s?(?:[:.]|[hH]\s?|[時时点點시]\s?)(?P<min>[0-5]?\d)(?<=\d\d|[時时点點시 ]\d)"
    rf"(?:(?:[:.]|[分분]\s?)(?P<s>[0-5]\d)(?:[.,]\d{{1,9}})?)?|{HOUR_ALONE})(?!\d):?"
    r"[時时点點시]?[分분秒초]?(?:\s?(?P<half>[aApP](?=\.?\s?[mM]\b)|[μπ](?=\.?μ)|[مص](?!\w))(?:\.?\s?[mMμ]\b\.?)?)?"
    r"(?:\s?(?:Uhr|h|uur|min|ч|น)\b\.?)?"
)
ZONE = (
    r"(?:\s?\(?(?P<zone>Z\b|[A-Z][A-Za-z]{2,12}/[A-Z][A-Za-z_]{2,20}(?:/[A-Z][A-Za-z_]{2,20})?"
    r"|(?:UTC|GMT)?[+−-]\d{1,2}:?(?:\d{2})?(?![\d:])|[A-Z]{2,5}\b))?"
)
BETWEEN = (
    r"(?:T|(?:[.:](?=\s))?(?:\s?\([^\W\d_]{1,4}\))?[\s,;·•|–—@-]{0,4}"
    rf"(?:(?P<joiner>(?!{PARTS})[^\W\d_]{{1,12}}\.?(?:\s[^\W\d_]{{2,5}}\.?)?)\s)?\s?)"
)
AFTER = re.compile(BETWEEN + CLOCK + ZONE)
BEFORE = re.compile(CLOCK + ZONE + r"[\s,;·•|–—-]{1,4}(?:(?P<weekday>[^\W\d_]{2,12})\.?,?\s)?$")
ALONE = re.compile(r"^\W{0,2}(?:(?P<joiner>[^\W\d_]{1,4}\.?)\s)?" + CLOCK + ZONE + r"\W{0,2}$")
LATE = frozenset({"午後", "下午", "오후", "晚上", "傍晚", "中午", "दोपहर", "शाम", "p", "P", "μ", "م"})
REACH_BEFORE = 40


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
def joiners() -> frozenset[str]:
    """Give the words that stand between a date and its time, without final dots."""
    return frozenset(joiner.strip(".") for joiner in vocabulary("dates")["labels"]["joiners"])


def with_clock(line: str, written: Written) -> Written:
    """Add the time that stands right after a date, or right before it; `line` has ASCII digits."""
    after = AFTER.match(line, written.end) if written.day else None
    if after and is_clock(after):
        return timed(written, after, line[written.start : after.end()], end=after.end())
    head = line[max(0, written.start - REACH_BEFORE) : written.start]
    before = BEFORE.search(head) if written.day else None
    if before and is_clock(before):
        start = written.start - len(head) + before.start()
        return timed(written, before, line[start : written.end], start=start)
    return replace(written, quote=line[written.start : written.end])


def is_clock(found: re.Match[str]) -> bool:
    """Say whether a match is a time: hours that exist, and nothing but a joiner before them."""
    joiner = found.groupdict().get("joiner")
    if joiner and not is_joiner(joiner):
        return False
    halved = found["half"] or found["part"]
    return int(found["h"]) < 24 and (halved is None or int(found["h"]) <= 12)


def is_joiner(words: str) -> bool:
    """Say whether words between a date and a time join them: a weekday, a preposition, or one and the other."""
    folded = words.casefold().rstrip(".")
    return (
        folded in joiners()
        or is_weekday(words)
        or all(word.strip(".") in joiners() or is_weekday(word) for word in folded.split())
    )


def timed(
    written: Written, clock: re.Match[str], quote: str, *, start: int | None = None, end: int | None = None
) -> Written:
    """Add a matched time to a date."""
    return replace(
        written,
        start=written.start if start is None else start,
        end=written.end if end is None else end,
        clock=clock_of(clock),
        zone=clock["zone"],
        quote=quote,
    )


def clock_of(found: re.Match[str]) -> tuple[int, int, int | None]:
    """Give hour, minute and second of a matched time, the hour of 24."""
    hour = int(found["h"])
    if sign := found["part"] or found["half"]:
        hour = hour % 12 + (12 if sign in LATE else 0)
    return hour, int(found["min"] or 0), int(found["s"]) if found["s"] else None


def add_clock(written: Written, line: str) -> Written:
    """Add the time that stands alone on the line after a date's; the date as it is where none does."""
    found = ALONE.match(plain(line)) if written.clock is None and written.day and len(line) < REACH_BEFORE else None
    return timed(written, found, f"{written.quote} {line}") if found and is_clock(found) else written
