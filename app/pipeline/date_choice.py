"""Chooses when an article was published and changed, among what sender, page and text say."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone

from app.pipeline.article import Evidence, Precision, Zone

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD = timedelta(hours=48)
"""How far ahead of its arrival an article may be dated: zones and scheduled publication, no more."""
TIMED = frozenset({"minute", "second"})
LESS_SURE = 0.36
"""By how much a claim may be less sure than another whose moment it tells more exactly."""
LEAST_SURE = 0.5
"""Below this a printed time is too likely another story's to tell where this one was published."""
UNUSUAL_OFFSETS = frozenset({-570, -210, -150, 210, 270, 330, 345, 390, 525, 570, 630, 765, 825})
"""Minutes from UTC of the zones that are not whole hours away (tz database, 2026)."""
MINUTE, QUARTER, DAY = 60, 900, 86_400
FARTHEST = 14 * 3600
"""Seconds that a zone can be away from UTC; zones are whole quarters of an hour."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What one function chose for a date field, with all its evidence."""

    at: datetime | None
    precision: Precision | None
    zone: Zone | None
    evidence: tuple[Evidence, ...]


def choose(field: str, evidence: Sequence[Evidence], now: datetime) -> Chosen:
    """Choose the most confident evidence of a field, the first of equals; an impossible date only if the sender said it.

    Where other evidence tells the same moment more exactly, with its zone, that is served: it says what is only assumed
    of the most confident one.
    """
    mine = [claim for claim in evidence if claim.field == field]
    possible = [claim for claim in mine if claim.origin == "sender" or is_possible(claim, now)]
    surest = max(possible, key=lambda claim: claim.confidence, default=None)
    if surest is None:
        return Chosen(None, None, None, tuple(replace(claim, chosen=False) for claim in mine))
    best = max(possible, key=lambda claim: (exactness(claim, surest), claim.confidence))
    shown = tuple(replace(claim, chosen=claim is best) for claim in mine)
    return Chosen(at_its_place(best, possible), best.precision, best.zone, shown)


def at_its_place(best: Evidence, possible: Sequence[Evidence]) -> datetime:
    """Give the chosen instant at the offset of the place where it was published, so that its date is the day there.

    The offset is its own; where that is UTC, as machines write times, it is that of another claim of the same moment,
    or what lies between it and the time of day that is printed without a zone, if all such claims tell one offset.
    """
    at = datetime.fromisoformat(best.value)
    if best.zone != "stated" or best.precision not in TIMED or at.utcoffset():
        return at
    near = [claim for claim in possible if claim.precision in TIMED and claim.confidence >= LEAST_SURE]
    for assumed in (False, True):
        told = {offset_told(at, claim) for claim in near if (claim.zone == "assumed_utc") is assumed} - {None}
        if told:
            offset = told.pop()
            return at if told or offset is None else at.astimezone(timezone(offset))
    return at


def offset_told(at: datetime, claim: Evidence) -> timedelta | None:
    """Give the offset at which a claim tells an instant in UTC; None where it tells another one, or UTC itself."""
    other = datetime.fromisoformat(claim.value)
    exact = at if claim.precision == "second" else at.replace(second=0)
    if claim.zone != "assumed_utc":
        return other.utcoffset() or None if abs(other - at) < timedelta(minutes=1) else None
    apart = other - exact
    minutes = apart / timedelta(minutes=1)
    usual = minutes % 60 == 0 and -12 * 60 <= minutes <= 14 * 60
    return apart if minutes and (usual or minutes in UNUSUAL_OFFSETS) else None


def exactness(claim: Evidence, surest: Evidence) -> int:
    """Rank a claim by how much more exactly than the surest one it tells the same moment; 0 where it tells another."""
    if claim is surest:
        return 1
    if surest.zone == "stated" and surest.precision != "day":
        return 0
    timed, stated = claim.precision in TIMED, claim.zone == "stated"
    near = surest.confidence - claim.confidence <= LESS_SURE
    return (
        2 + stated if timed and near and (stated or surest.precision == "day") and tells_the_same(claim, surest) else 0
    )


def tells_the_same(exact: Evidence, vague: Evidence) -> bool:
    """Say whether two claims can be one moment: the vague one of that day, or that clock time in some zone."""
    apart = (datetime.fromisoformat(exact.value) - datetime.fromisoformat(vague.value)).total_seconds()
    if vague.precision == "day":
        reach = FARTHEST if vague.zone == "assumed_utc" and exact.zone == "stated" else 0
        return -reach <= apart < DAY + reach
    off_the_quarter = (apart + MINUTE) % QUARTER
    return vague.zone == "assumed_utc" and abs(apart) <= FARTHEST and off_the_quarter <= 2 * MINUTE


def is_possible(claim: Evidence, now: datetime) -> bool:
    """Say whether a date can be a news article's that has just arrived."""
    return EARLIEST <= datetime.fromisoformat(claim.value) <= now + AHEAD
