"""What a batch of arrivals comes to: decided first as a whole, carried out after."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.pipeline.article import Article, Retraction
from app.pipeline.changes import Key
from app.pipeline.corrections import Correction

Outcome = Literal["stored", "revised", "unchanged", "duplicate", "deleted"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """One article as it came out of the pipeline, with the submission's item that it came in and its byte range there."""

    submission_id: UUID
    position: int
    received_at: datetime
    article: Article
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Recall:
    """A retraction with the submission's item that it came in and its byte range there."""

    submission_id: UUID
    position: int
    retraction: Retraction
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of an arrival, and of which article."""

    outcome: Outcome
    article_id: UUID


@dataclass(frozen=True, slots=True)
class Revision:
    """An arrival that becomes an article's current revision; `received_at` is when the article first arrived."""

    number: int
    arrival: Arrival
    received_at: datetime


@dataclass(slots=True)
class Sighting:
    """Arrivals of one article by one route in this batch, summed up; `said` hashes what the newest of them says."""

    first: Arrival
    last_at: datetime
    said: bytes
    count: int = 1

    def add(self, arrival: Arrival, said: bytes) -> None:
        """Sum one more up."""
        self.count += 1
        if arrival.received_at >= self.last_at:
            self.last_at, self.said = arrival.received_at, said


@dataclass(slots=True)
class Plan:
    """What a batch will write: filled by the decisions in order, carried out once it is whole.

    `named` are articles whose publisher gives a URL or a guid for them that it had not given before. `merged` are candidates that are another article, `shared` keys that others hold too, `split` articles that turned out
    to be none of another, with the key of their words if that held it and that other, `one` two stored articles that must be merged next.
    """

    inserts: dict[UUID, Arrival] = field(default_factory=dict)
    revisions: dict[UUID, Revision] = field(default_factory=dict)
    sightings: dict[tuple[UUID, bytes], Sighting] = field(default_factory=dict)
    merged: dict[UUID, UUID] = field(default_factory=dict)
    named: list[tuple[UUID, Arrival]] = field(default_factory=list)
    followed: dict[UUID, Arrival] = field(default_factory=dict)
    corrections: dict[UUID, Correction] = field(default_factory=dict)
    shared: list[tuple[Key, UUID]] = field(default_factory=list)
    split: dict[UUID, tuple[tuple[Key, ...], UUID]] = field(default_factory=dict)
    one: tuple[UUID, UUID] | None = None
    saved: list[Saved] = field(default_factory=list)

    @property
    def written(self) -> dict[UUID, tuple[Arrival, datetime]]:
        """The arrival that each new or revised article now shows, with the time of the article's first arrival."""
        fresh = {article_id: (arrival, arrival.received_at) for article_id, arrival in self.inserts.items()}
        return fresh | {article_id: (new.arrival, new.received_at) for article_id, new in self.revisions.items()}
