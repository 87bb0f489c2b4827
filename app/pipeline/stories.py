"""Decides which articles tell the same story, and which of them told it first; pure, and blind to the order of arrival.

Every duplicate is tied to the original of its story itself: with links from one to the next a weekly roundup would make
one story of all that it holds, and a text that changes a little each day one of a whole year.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from app.pipeline.article import Precision
from app.pipeline.likeness import Tie

LAST: Final = datetime.max.replace(tzinfo=UTC)
APART: Final = timedelta(days=14)
"""Two tellings further apart than that are one story only as copies: syndication takes days, templates last for years."""
NEXT_ISSUE: Final = timedelta(hours=18)
"""Of one source, likewise: what a publisher prints again a day later with other figures is the next report of its kind."""
PERIODS: Final[Mapping[Precision, timedelta]] = {"day": timedelta(days=1), "month": timedelta(days=31)}


@dataclass(frozen=True, slots=True)
class Told:
    """What must be known of an article to place it: who told it, and when, as far as that was printed.

    `mark` hashes its words: where two are of one moment, it decides, since which of them arrived first tells nothing.
    """

    id: UUID
    source: str | None
    published_at: datetime | None
    precision: Precision | None
    received_at: datetime
    mark: bytes = b""

    @property
    def since(self) -> datetime | None:
        """The instant by which it was published; of a day or a month their end.

        Else a copy that prints the day alone would be earlier than its original of that morning.
        """
        period = PERIODS.get(self.precision) if self.precision else None
        if self.published_at is None or period is None or self.published_at > LAST - period:
            return self.published_at
        return self.published_at + period

    @property
    def order(self) -> tuple[datetime, bytes, UUID]:
        """Its place in the order of telling: by publication, those without a date last, and of one moment by their words."""
        return (self.since or LAST, self.mark, self.id)


@dataclass(frozen=True, slots=True)
class Bond:
    """Two articles whose texts are tied."""

    one: UUID
    other: UUID
    tie: Tie


@dataclass(frozen=True, slots=True)
class Place:
    """A duplicate's place: the original that it is a duplicate of, and the tie to it."""

    original: UUID
    tie: Tie


def is_bond(one: Told, other: Told, tie: Tie) -> bool:
    """Say whether a tie of two texts makes a story of two articles: copies always, others if they were told close together."""
    if tie.rule == "copy":
        return True
    apart = abs((one.since or one.received_at) - (other.since or other.received_at))
    same_publisher = one.source is not None and one.source == other.source
    return apart <= (NEXT_ISSUE if same_publisher else APART)


def form(told: Iterable[Told], bonds: Iterable[Bond], parted: Collection[frozenset[UUID]]) -> dict[UUID, Place]:
    """Give the place of every duplicate; whoever has none is an original.

    In the order of telling, each joins the earliest original that it is tied to, unless somebody in that story was
    parted from it: two that an editor told apart are never in one story, whatever arrives.
    """
    tied: defaultdict[UUID, dict[UUID, Tie]] = defaultdict(dict)
    for bond in bonds:
        tied[bond.one][bond.other] = tied[bond.other][bond.one] = bond.tie
    strangers: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for pair in parted:
        for one in pair:
            strangers[one] |= pair - {one}
    stories: dict[UUID, set[UUID]] = {}
    places: dict[UUID, Place] = {}
    for article in sorted(told, key=lambda one: one.order):
        near = tied[article.id]
        shut = strangers[article.id]
        original = next((one for one, members in stories.items() if one in near and not members & shut), None)
        if original is None:
            stories[article.id] = {article.id}
        else:
            stories[original].add(article.id)
            places[article.id] = Place(original, near[original])
    return places
