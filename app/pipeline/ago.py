"""Reads dates that are told from the moment of reading ("2 hours ago", "yesterday, 14:05"), which only an arrival resolves.

They are poor evidence, as the page may have been kept for a while: nothing printed is ever weaker.
"""

import re
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from app.pipeline.clocks import CLOCK, clock_of, is_clock
from app.pipeline.instants import Moment
from app.pipeline.months import plain
from app.pipeline.vocabulary import vocabulary

LONGEST = 120
MOST_HOURS = 72


@cache
def ago_pattern() -> re.Pattern[str]:
    """Give the pattern of hours and minutes ago, in all languages."""
    words = vocabulary("dates")["ago"]
    number = rf"(?P<{{0}}>\d{{{{1,3}}}}|(?:{'|'.join(map(re.escape, words['one']))})(?=\s))"
    kinds = []
    for kind in ("hours", "minutes"):
        phrases = sorted(words[kind], key=len, reverse=True)
        befores = {phrase.partition("N")[0] for phrase in phrases}
        for place, before in enumerate(sorted(befores, key=len, reverse=True)):
            ends = "|".join(
                re.escape(end) for first, _, end in (phrase.partition("N") for phrase in phrases) if first == before
            )
            kinds.append(
                rf"{re.escape(before)}{number.format(f'{kind}{place}')}(?:{ends.replace(chr(92) + ' ', chr(92) + 's?')})"
            )
    return re.compile(rf"(?<!\w)(?:{'|'.join(kinds)})(?![^\W\d_])", re.IGNORECASE)


@cache
def day_pattern() -> re.Pattern[str]:
    """Give the pattern of today or yesterday with a time."""
    words = vocabulary("dates")["ago"]
    joiners = "|".join(map(re.escape, vocabulary("dates")["labels"]["joiners"]))
    days = "|".join(f"(?P<{day}>{'|'.join(map(re.escape, words[day]))})" for day in ("today", "yesterday"))
    return re.compile(rf"(?<!\w)(?:{days})(?!\w)[\s,|·–-]{{0,3}}(?:(?:{joiners})\s)?{CLOCK}", re.IGNORECASE)


def is_ago(line: str) -> bool:
    """Say whether a short line tells how long ago something was."""
    return len(line) <= LONGEST and ago_pattern().search(plain(line)) is not None


def find_ago(line: str, now: datetime, source_zone: str | None) -> tuple[Moment, int, int] | None:
    """Give the instant that a short line tells from `now`, and the characters that say so; None where none does."""
    if len(line) > LONGEST:
        return None
    text = plain(line)
    if found := ago_pattern().search(text):
        kind, value = next((name, value) for name, value in found.groupdict().items() if value)
        passed = int(value) if value.isdigit() else 1
        hours = kind.startswith("hours")
        if passed > (MOST_HOURS if hours else MOST_HOURS * 60):
            return None
        at = now - (timedelta(hours=passed) if hours else timedelta(minutes=passed))
        at = at.replace(minute=0) if hours else at
        return Moment(at.replace(second=0, microsecond=0), "minute", "assumed_utc"), found.start(), found.end()
    if (found := day_pattern().search(text)) and is_clock(found):
        zone = ZoneInfo(source_zone) if source_zone else now.tzinfo
        hour, minute, second = clock_of(found)
        day = now.astimezone(zone) - timedelta(days=found["yesterday"] is not None)
        at = day.replace(hour=hour, minute=minute, second=second or 0, microsecond=0)
        if at > now:
            return None
        return (
            Moment(at.astimezone(now.tzinfo), "minute", "source" if source_zone else "assumed_utc"),
            found.start(),
            found.end(),
        )
    return None
