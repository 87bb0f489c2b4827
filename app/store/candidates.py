"""Which articles a reprocessing walks: what its filters leave, in the order of ids, with the submissions that they came in."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, exists, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Uuid

from app.store.tables import CANONICAL, article_topics, articles, submission_items, submissions, topic_spellings, topics

BODIES = text("SELECT id, received_at, content_type, body, hints FROM submissions WHERE id = ANY(:ids)").bindparams(
    bindparam("ids", type_=ARRAY(Uuid))
)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles are wanted; all that is given must hold, of several sources one. Ends of spans are inclusive."""

    source: tuple[str, ...] = ()
    language: str | None = None
    topic: str | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None
    published_from: datetime | None = None
    published_to: datetime | None = None
    made_by: str | None = None
    not_made_by: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Give what is set, for a JSON column and for a reader."""
        given = {one.name: getattr(self, one.name) for one in fields(self)} | {"source": list(self.source)}
        return {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in given.items() if value
        }

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> Self:
        """Give the filters that a JSON column holds."""
        times = {name: datetime.fromisoformat(value) for name, value in found.items() if name.endswith(("from", "to"))}
        return cls(**{**found, **times, "source": tuple(found.get("source", ()))})


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk in the order of ids: behind one article, or from the first, to another and with it."""

    filters: Filters
    after: UUID | None
    until: UUID


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article whose current revision came in an item that is still there; `shared` says that others came with it."""

    article_id: UUID
    revision: int
    submission_id: UUID
    position: int
    body_bytes: int
    shared: bool


@dataclass(frozen=True, slots=True)
class Body:
    """A submission as it was sent."""

    received_at: datetime
    content_type: str
    body: bytes
    hints: dict[str, str]


def conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """Give filters as SQL."""
    columns = {"received": articles.c.received_at, "published": articles.c.published_at}
    found: list[ColumnElement[bool]] = [submissions.c.body.is_not(None)]
    if filters.source:
        found.append(articles.c.source.in_(filters.source))
    if filters.language:
        found.append(articles.c.language == filters.language)
    if filters.topic:
        found.append(on_topic(filters.topic))
    for name, column in columns.items():
        if first := getattr(filters, f"{name}_from"):
            found.append(column >= first)
        if last := getattr(filters, f"{name}_to"):
            found.append(column <= last)
    if filters.made_by:
        found.append(articles.c.pipeline_version == filters.made_by)
    if filters.not_made_by:
        found.append(articles.c.pipeline_version != filters.not_made_by)
    return found


def on_topic(slug: str) -> ColumnElement[bool]:
    """Give the condition that an article is on the topic that a slug means, by whatever alias."""
    named = topics.alias("named")
    asked = (
        select(func.coalesce(named.c.canonical_id, named.c.id))
        .join(topic_spellings, topic_spellings.c.topic_id == named.c.id)
        .where(topic_spellings.c.slug == slug)
        .scalar_subquery()
    )
    return exists().where(
        article_topics.c.article_id == articles.c.id, topics.c.id == article_topics.c.topic_id, asked == CANONICAL
    )


async def extent(connection: AsyncConnection, filters: Filters) -> tuple[int, UUID | None]:
    """Give how many articles are wanted, and the last of them: those that come later are made by today's pipeline."""
    wanted = articles.join(submissions, submissions.c.id == articles.c.submission_id)
    where = conditions(filters)
    last = await connection.scalar(
        select(articles.c.id).select_from(wanted).where(*where).order_by(articles.c.id.desc()).limit(1)
    )
    counted: int = await connection.scalar(select(func.count()).select_from(wanted).where(*where)) or 0
    return counted, last


async def following(connection: AsyncConnection, walk: Walk, *, most: int, most_bytes: int) -> list[Candidate]:
    """Give the next articles of a walk, up to a number and a sum of bytes of their submissions (the first always)."""
    mate = submission_items.alias("mate")
    shared = exists().where(mate.c.submission_id == articles.c.submission_id, mate.c.position != articles.c.position)
    statement = (
        select(
            articles.c.id,
            articles.c.revision,
            articles.c.submission_id,
            articles.c.position,
            submissions.c.body_bytes,
            shared.label("shared"),
        )
        .join_from(articles, submissions, submissions.c.id == articles.c.submission_id)
        .where(articles.c.id <= walk.until, *conditions(walk.filters))
        .order_by(articles.c.id)
        .limit(most)
    )
    if walk.after is not None:
        statement = statement.where(articles.c.id > walk.after)
    found = [Candidate(*row) for row in await connection.execute(statement)]
    return fitting(found, most_bytes)


def fitting(found: Sequence[Candidate], most_bytes: int) -> list[Candidate]:
    """Cut a slice where the bodies that it needs grow too large together; the first one's is always taken."""
    kept: list[Candidate] = []
    needed: dict[UUID, int] = {}
    for candidate in found:
        needed.setdefault(candidate.submission_id, candidate.body_bytes)
        if kept and sum(needed.values()) > most_bytes:
            break
        kept.append(candidate)
    return kept


async def bodies(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Body]:
    """Give the submissions whose bytes are still there."""
    rows = await connection.execute(BODIES, {"ids": sorted(ids)})
    return {
        row.id: Body(row.received_at, row.content_type, bytes(row.body), row.hints)
        for row in rows
        if row.body is not None
    }
