"""Stores articles as a worker would, and opens the query routes over them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import xxhash
from fastapi import FastAPI
from sqlalchemy import insert
from uuid_utils.compat import uuid7

from app import errors
from app.db import Database
from app.intake import corrections, partings, topic_links
from app.pipeline.article import (
    Article,
    Evidence,
    Heading,
    ListBlock,
    ListItem,
    Paragraph,
    Table,
    Topic,
    TopicEntry,
    TopicList,
)
from app.places import places
from app.query import article, articles, authors, changes, raw, revisions, sources, stories, topics
from app.query.following import Followers
from app.query.related import Related
from app.settings import Settings
from app.store.articles import save
from app.store.folding import author_fold
from app.store.plan import Arrival
from app.store.tables import submission_items, submissions

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Told:
    """What a test says of an article; the rest is filled in."""

    text: str = "The harbour reopened."
    title: str | None = None
    authors: Sequence[str] = ()
    published_at: datetime | None = NOON
    source: str | None = "harbour-post.example"
    url: str | None = None
    language: str | None = "en"
    topics: Sequence[str] = ()
    received_at: datetime = NOON


def topic_of(label: str) -> Topic:
    """Give a topic whose plural and singular meet."""
    slug = "-".join(label.lower().split())
    return Topic(slug, label, 0.8, ("list",), 1, fold=" ".join(word.rstrip("s") for word in label.lower().split()))


def article_of(told: Told) -> Article:
    """Give the article that the pipeline might make of it."""
    found = tuple(topic_of(label) for label in told.topics)
    blocks = (
        Heading(2, "What happened"),
        Paragraph(told.text),
        ListBlock((ListItem("Quay", "the northern one"), ListItem(None, "the ferry"))),
        Table(("Region", "Ships"), (("North", "4"),)),
    )
    said = repr(told).encode()
    return Article(
        url=told.url, guid=None, source=told.source, title=told.title, lead=told.text, language=told.language,
        authors=tuple(told.authors), agency=None, published_at=told.published_at,
        published_precision="minute" if told.published_at else None,
        published_zone="stated" if told.published_at else None, modified_at=None, dateline_place=None, rights=None,
        topics=found, topic_lists=(TopicList("These are:", 2, (TopicEntry("quay", "Quay", None),)),), blocks=blocks,
        text=told.text, word_count=len(told.text.split()), repairs={"joined_sentences": 1},
        evidence=(
            Evidence("published_at", "2026-03-14T12:00:00Z", "meta", "", 0.5, "minute", "stated"),
            Evidence("published_at", "2026-03-14T12:01:00Z", "text.byline", "12:01", 0.4, "minute", "stated", chosen=True),
        ),
        content_hash=xxhash.xxh3_128_digest(said + b"content"), field_hash=xxhash.xxh3_128_digest(said),
        processing="full", pipeline_version="test",
    )  # fmt: skip


async def submit(database: Database, body: bytes = b"{}", content_type: str = "application/json") -> UUID:
    """Write a submission that is done."""
    submission_id = uuid7()
    row = {
        "id": submission_id,
        "content_type": content_type,
        "body": body,
        "body_bytes": len(body),
        "hints": {},
        "state": "done",
    }
    async with database.transaction() as connection:
        await connection.execute(insert(submissions).values(row))
    return submission_id


async def store(
    database: Database, *told: Told, submission_id: UUID | None = None, spans: Sequence[tuple[int, int]] = ()
) -> list[UUID]:
    """Store articles in one submission; give their ids in order."""
    owner = submission_id or await submit(database)
    arrivals = [Arrival(owner, position, one.received_at, article_of(one)) for position, one in enumerate(told)]
    async with database.transaction() as connection:
        saved = await save(connection, arrivals)
        items = [
            {
                "submission_id": owner,
                "position": position,
                "outcome": outcome.outcome,
                "article_id": outcome.article_id,
                "span_start": spans[position][0] if spans else None,
                "span_end": spans[position][1] if spans else None,
            }
            for position, outcome in enumerate(saved)
        ]
        await connection.execute(insert(submission_items), items)
    return [outcome.article_id for outcome in saved]


async def store_days(database: Database, count: int, **changed: Any) -> list[UUID]:
    """Store articles that were published a day apart, the oldest first."""
    return await store(
        database,
        *(Told(f"Report number {n}.", published_at=NOON + timedelta(days=n), **changed) for n in range(count)),
    )


def application(database: Database) -> FastAPI:
    """Give the query routes over a database."""
    made = FastAPI()
    made.state.database = database
    made.state.related = Related()
    made.state.followers = Followers()
    made.state.settings = Settings()
    made.state.places = places(waiting=9, streams=9, extracting=9)
    errors.install(made)
    made.state.routes = made.routes
    for module in (
        articles, article, revisions, corrections, raw, topics, topic_links, authors, sources, changes, stories, partings,
    ):  # fmt: skip
        made.include_router(module.router)
    return made


@asynccontextmanager
async def reading(database: Database, *, root_path: str = "") -> AsyncIterator[httpx.AsyncClient]:
    """Open a client of the query routes."""
    transport = httpx.ASGITransport(application(database), root_path=root_path, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def ids(client: httpx.AsyncClient, path: str, **parameters: Any) -> list[str]:
    """Give the ids of a page, which must be the only one."""
    answer = await client.get(path, params=parameters or None)
    assert answer.status_code == 200, answer.text
    assert answer.json()["next"] is None
    return [item["id"] for item in answer.json()["items"]]


async def walk(client: httpx.AsyncClient, path: str, **parameters: Any) -> list[Any]:
    """Give every item of a walk over `next`."""
    answer = await client.get(path, params=parameters)
    found: list[Any] = []
    while True:
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        if answer.json()["next"] is None:
            return found
        answer = await client.get(answer.json()["next"])


def faults(answer: httpx.Response) -> list[str]:
    """Give the pointers of a problem's faults."""
    assert answer.headers["content-type"] == "application/problem+json"
    return [fault["pointer"] for fault in answer.json().get("errors", [])]


def strings(found: Sequence[UUID]) -> list[str]:
    """Give ids as they are served."""
    return [str(one) for one in found]


__all__ = [
    "NOON",
    "Told",
    "application",
    "author_fold",
    "faults",
    "ids",
    "reading",
    "store",
    "store_days",
    "strings",
    "submit",
    "walk",
]
