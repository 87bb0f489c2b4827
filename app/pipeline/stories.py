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


@dataclass(frozen=True, slots=True)
class Formed:
    """The place of every duplicate, whoever has none being an original; and the pairs that were not compared yet."""

    places: Mapping[UUID, Place]
    asked: frozenset[frozenset[UUID]] = frozenset()


def form(
    told: Iterable[Told],
    bonds: Iterable[Bond],
    parted: Collection[frozenset[UUID]],
    new: Collection[UUID] = (),
    risen: Collection[UUID] = (),
) -> Formed:
    """Decide every article's place: in the order of telling, each joins the earliest original that it is tied to.

    Not where somebody in that story was parted from it: two that an editor told apart are never in one story, whatever
    arrives. Asked for are the pairs of an article and an earlier original that are not tied, of which either is `new` or
    the original has `risen` from a duplicate: only those may never have been compared.
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
    asked: set[frozenset[UUID]] = set()
    for article in sorted(told, key=lambda one: one.order):
        near = tied[article.id]
        for original, members in stories.items():
            if original not in near:
                if article.id in new or original in new or original in risen:
                    asked.add(frozenset((article.id, original)))
            elif not members & strangers[article.id]:
                members.add(article.id)
                places[article.id] = Place(original, near[original])
                break
        else:
            stories[article.id] = {article.id}
    return Formed(places, frozenset(asked))
