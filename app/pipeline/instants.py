"""Turns what is printed of date, time and zone into an instant."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from app.pipeline.article import Precision, Zone
from app.pipeline.dates import Written
from app.pipeline.vocabulary import vocabulary

OFFSET = re.compile(r"(?:UTC|GMT)?(?P<sign>[+−-])(?P<h>\d{1,2}):?(?P<m>[0-5]\d)?")
FARTHEST = 14
"""Hours that a zone can be ahead of UTC; none is farther away."""


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant at the offset of the zone that governs it, how precisely it was printed, where its zone comes from."""

    at: datetime
    precision: Precision
    zone: Zone


def zone_of(text: str | None) -> tzinfo | None:
    """Give the zone that an offset, an IANA name or an unambiguous abbreviation states."""
    if text is None:
        return None
    known = vocabulary("dates")["zones"].get(text.casefold())
    if isinstance(known, int):
        return timezone(timedelta(minutes=known))
    if known is not None or "/" in text:
        return region(known or text)
    found = OFFSET.fullmatch(text)
    if found is None or int(found["h"]) > FARTHEST:
        return None
    offset = timedelta(hours=int(found["h"]), minutes=int(found["m"] or 0))
    return timezone(offset if found["sign"] == "+" else -offset)


def region(name: str) -> tzinfo | None:
    """Give the zone of an IANA name; None where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def moment(written: Written, source_zone: str | None) -> Moment:
    """Turn a written date into an instant: in the zone that it states, else the source's, else UTC by assumption.

    Of day or month precision it is that period's first instant in the zone that governs.
    """
    stated = zone_of(written.zone)
    governing: tzinfo = stated or (ZoneInfo(source_zone) if source_zone else UTC)
    zone: Zone = "stated" if stated else "source" if source_zone else "assumed_utc"
    hour, minute, second = written.clock or (0, 0, None)
    at = datetime(written.year, written.month, written.day or 1, hour, minute, second or 0, tzinfo=governing)
    precision: Precision = (
        "month" if written.day is None else "day" if written.clock is None else "minute" if second is None else "second"
    )
    return Moment(at_offset(at), precision, zone)


def at_offset(at: datetime) -> datetime:
    """Give an aware time at the plain offset of its zone, as RFC 3339 writes it; in UTC where that is not whole minutes."""
    offset = at.utcoffset()
    whole = offset is not None and offset and offset.total_seconds() % 60 == 0
    return at.astimezone(timezone(offset) if whole and offset else UTC)


def zoned(at: datetime, source_zone: str | None, precision: Precision) -> Moment | None:
    """Put a parsed time into its zone; None where that leaves the years that can be kept."""
    zone: Zone = "stated" if at.tzinfo else "source" if source_zone else "assumed_utc"
    try:
        aware = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(source_zone) if source_zone else UTC)
        aware.astimezone(UTC)
        return Moment(at_offset(aware).replace(microsecond=0), precision, zone)
    except (OverflowError, ValueError):
        return None
