"""The figures of sources are those of a recount, whatever happened to articles and items and in which order."""

import asyncio
import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from alembic import command
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from app import migrate
from app.beside import beside
from app.db import Database
from app.pipeline.article import Precision, Retraction
from app.queue.claims import Item, keep_items
from app.store import source_counts, topic_counts
from app.store.articles import save
from app.store.deletion import delete_article
from app.store.plan import Arrival, Recall
from app.store.retraction import retract
from app.store.tables import submissions
from tests.builders import NOON, an_article
from tests.store.test_topic_counts import fold_all, live_ids

Figures = Counter[tuple[str, str, str]]
SOURCES = ("harbour-post.example", "ellery-wire.example", None)
REASONS = (
    "There is no text left.",
    "/3/content: Field required; /4/content: Field required",
    "/12/content: Field required",
)
TOLD_APART = {
    "There is no text left.": "There is no text left.",
    REASONS[1]: "/#/content: Field required",
    REASONS[2]: "/#/content: Field required",
}
COUNTED = text(
    """
    SELECT source, figure, detail, sum(number)::int AS number FROM (
        SELECT source, 'articles' AS figure, '' AS detail, articles AS number FROM sources
        UNION ALL SELECT source, figure, detail, number FROM source_counts
        UNION ALL SELECT source, figure, detail, change FROM source_deltas
    ) counted WHERE figure NOT IN ('pause', 'duplicates') GROUP BY source, figure, detail HAVING sum(number) <> 0
    """
)
ARTICLES = text(
    """
    SELECT coalesce(source, '') AS source, authors, published_at, published_precision, published_zone, received_at,
           current_since, revision, EXISTS (SELECT FROM article_topics x WHERE x.article_id = a.id) AS has_topics
    FROM articles a
    """
)
SIGHTINGS = text("SELECT coalesce(source, '') AS source, count AS arrivals FROM sightings")
ITEMS = text(
    """
    SELECT coalesce(s.source, '') AS source, i.outcome, i.reason
    FROM submission_items i JOIN submissions s ON s.id = i.submission_id WHERE i.outcome IN ('rejected', 'failed')
    """
)
HEARD = text(
    """
    SELECT count(*) FROM (
        SELECT coalesce(source, '') AS source, received_at AS first_at, last_at FROM sightings
        UNION ALL
        SELECT coalesce(s.source, ''), s.received_at, s.received_at FROM submissions s
        JOIN submission_items i ON i.submission_id = s.id AND i.outcome IN ('rejected', 'failed')
    ) heard
    LEFT JOIN (
        SELECT source, min(first_seen) AS first_seen, max(last_seen) AS last_seen FROM (
            SELECT source, first_seen, last_seen FROM sources UNION ALL SELECT source, at, at FROM source_deltas
        ) parts GROUP BY source
    ) known USING (source)
    WHERE (first_at >= first_seen AND last_at <= last_seen) IS NOT TRUE
    """
)


def of_article(row: Any) -> list[tuple[str, str]]:
    """Give the figures that an article counts in, by the definitions of docs/fields.md."""
    exact = row.published_precision in {"second", "minute"}
    found = {
        "articles": True,
        "with_author": bool(row.authors),
        "with_date": row.published_at is not None,
        "with_topics": row.has_topics,
        "assumed_utc": row.published_zone == "assumed_utc",
        "after_arrival": exact and timedelta(minutes=5) < row.published_at - row.current_since <= timedelta(hours=14),
    }
    figures = [(name, "") for name, holds in found.items() if holds] + [("revisions", "")] * (row.revision - 1)
    if exact and row.published_zone != "assumed_utc":
        lag = (row.received_at - row.published_at).total_seconds()
        if -300 <= lag <= 30 * 86400:
            figures.append(("lag", str(-1 if lag < 1 else math.floor(8 * math.log(lag) / math.log(2)))))
    return figures


async def counted(connection: AsyncConnection) -> Figures:
    """Give what the roll-up and the deltas say."""
    return Counter({(row.source, row.figure, row.detail): row.number for row in await connection.execute(COUNTED)})


async def recounted(connection: AsyncConnection) -> Figures:
    """Count what is stored."""
    found: Figures = Counter()
    for row in await connection.execute(ARTICLES):
        found.update((row.source, figure, detail) for figure, detail in of_article(row))
    for row in await connection.execute(SIGHTINGS):
        found[row.source, "sightings", ""] += row.arrivals
    for row in await connection.execute(ITEMS):
        found[row.source, row.outcome, ""] += 1
        if row.outcome == "rejected":
            found[row.source, "reason", TOLD_APART.get(row.reason, row.reason)] += 1
    return found


async def assert_sources(database: Database) -> None:
    """Hold the figures of sources against a recount, in one snapshot."""
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        assert await counted(connection) == await recounted(connection)
        assert await connection.scalar(HEARD) == 0


async def submission(
    connection: AsyncConnection, source: str | None, at: datetime, *, submission_id: UUID | None = None
) -> UUID:
    """Write a submission of a source that arrived then."""
    row = {
        "id": submission_id or uuid7(), "received_at": at, "content_type": "text/plain", "body": b"x", "body_bytes": 1,
        "source": source, "hints": {}, "state": "done",
    }  # fmt: skip
    await connection.execute(insert(submissions).values(row))
    return row["id"]  # type: ignore[return-value] # a UUID


def some_arrival(chance: random.Random, submission_id: UUID, at: datetime, source: str | None) -> Arrival:
    """Give an arrival of an article whose URL may have been seen before, published about when it arrived."""
    published = (
        None
        if chance.random() < 0.2
        else at - timedelta(seconds=chance.randrange(-60_000, 100_000) * chance.choice([1, 31]) + 7)
    )
    article = an_article(
        f"Report {chance.random()} from the coast, where the keeper counted more ships than he had expected.",
        authors=chance.sample(["Maren Holt", "Tomas Lind"], chance.randrange(3)),
        published_at=published,
        source=source,
        url=f"https://a.example/{chance.randrange(25)}",
        topics=chance.sample(["Cranes", "Ferries"], chance.randrange(3)),
    )
    if published is not None:
        precision: Precision = chance.choice(["second", "minute", "day"])
        article = replace(
            article, published_precision=precision, published_zone=chance.choice(["stated", "assumed_utc"])
        )
    return Arrival(submission_id, chance.randrange(10**6), at, article)


async def arrive(database: Database, chance: random.Random) -> None:
    """Store a submission of articles, and items of it that were rejected or failed, as a worker does."""
    source, at = chance.choice(SOURCES), NOON + timedelta(minutes=chance.randrange(10_000))
    async with database.transaction() as connection:
        sent = await submission(connection, source, at)
        await save(connection, [some_arrival(chance, sent, at, source) for _ in range(chance.randrange(5))])
        items = [
            Item(sent, number, outcome, None, chance.choice(REASONS))
            for number, outcome in enumerate(chance.choices(["rejected", "failed"], k=chance.randrange(4)))
        ]
        await keep_items(connection, items)


async def replay(database: Database, chance: random.Random) -> None:
    """Let what failed or was rejected end anew, under the lock of its submission."""
    held = text("SELECT id FROM submissions ORDER BY random() LIMIT 1 FOR UPDATE")
    asked = text("SELECT position FROM submission_items WHERE submission_id = :id")
    async with database.transaction() as connection:
        found = await connection.scalar(held)
        positions = list(await connection.scalars(asked, {"id": found}))
        outcomes = ["rejected", "failed", "stored", "deleted"]
        items = [Item(found, n, chance.choice(outcomes), None, chance.choice(REASONS)) for n in positions]
        await keep_items(connection, items)


async def remove(database: Database, chance: random.Random, ids: Sequence[Any]) -> None:
    """Delete an article."""
    async with database.transaction() as connection:
        await delete_article(connection, chance.choice(ids))


async def one_step(database: Database, chance: random.Random) -> None:
    """Do one thing of those that change figures."""
    what = chance.random()
    if what < 0.55:
        await arrive(database, chance)
    elif what < 0.7:
        await replay(database, chance)
    elif what < 0.85 and (ids := await live_ids(database)):
        await remove(database, chance, ids)
    else:
        await fold_all(database)


async def rebuilt(database: Database) -> None:
    """Count everything anew."""
    async with database.transaction() as connection:
        await topic_counts.rebuild(connection)


@pytest.mark.parametrize("seed", range(3))
async def test_figures_equal_a_recount_after_any_history(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(40):
        await one_step(database, chance)
        await assert_sources(database)
    await fold_all(database)
    await assert_sources(database)
    every = text("SELECT * FROM source_counts WHERE number <> 0 ORDER BY source, figure, detail")
    heard = text("SELECT * FROM sources ORDER BY source")
    async with database.reading() as connection:
        before = [(await connection.execute(asked)).all() for asked in (every, heard)]
    await rebuilt(database)
    await assert_sources(database)
    async with database.reading() as connection:
        assert [(await connection.execute(asked)).all() for asked in (every, heard)] == before


async def test_figures_equal_a_recount_while_many_write_at_once(database: Database) -> None:
    async def busy(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(12):
            await one_step(database, chance)

    async with beside(watch(database)):
        await asyncio.gather(*(busy(seed) for seed in range(200, 204)))
    await assert_sources(database)
    await fold_all(database)
    await assert_sources(database)


async def watch(database: Database) -> None:
    """Hold the figures against recounts for as long as others write."""
    while True:
        await assert_sources(database)


async def test_the_migration_counts_what_is_stored_already(database: Database) -> None:
    chance = random.Random(9)
    for _ in range(15):
        await arrive(database, chance)
    await remove(database, chance, await live_ids(database))
    async with database.engine.connect() as connection:
        await connection.run_sync(
            lambda sync: command.downgrade(migrate.configuration(sync), "20261128_source_counts-1")
        )
        await connection.run_sync(lambda sync: command.upgrade(migrate.configuration(sync), "head"))
        await connection.commit()
    await assert_sources(database)
    await fold_all(database)
    await assert_sources(database)


async def of(database: Database, figure: str) -> dict[tuple[str, str], int]:
    """Give the folded numbers of one figure, by source and detail."""
    asked = text("SELECT source, detail, number FROM source_counts WHERE figure = :figure AND number <> 0")
    async with database.reading() as connection:
        rows = (await connection.execute(asked, {"figure": figure})).all()
    return {(row.source, row.detail): row.number for row in rows}


async def test_a_source_that_is_rejected_for_ever_new_reasons_has_fifty(database: Database) -> None:
    words = [f"Reason {'x' * number}." for number in range(80)]
    async with database.transaction() as connection:
        first = await submission(connection, "a.example", NOON)
        await keep_items(connection, [Item(first, n, "rejected", None, word) for n, word in enumerate(words[:30])])
    await fold_all(database)
    async with database.transaction() as connection:
        second = await submission(connection, "a.example", NOON)
        await keep_items(connection, [Item(second, n, "rejected", None, word) for n, word in enumerate(words)])
    await fold_all(database)
    reasons = await of(database, "reason")
    assert len(reasons) == source_counts.MOST_REASONS + 1
    assert reasons["a.example", ""] == 30
    assert sum(reasons.values()) == (await of(database, "rejected"))["a.example", ""] == 110
    async with database.transaction() as connection:
        await keep_items(connection, [Item(second, number, "stored") for number in range(80)])
    await fold_all(database)
    assert await of(database, "reason") == {("a.example", word): 1 for word in words[:30]}


async def test_pauses_part_arrivals_that_lie_a_minute_apart(database: Database) -> None:
    for minutes in (0, 0.5, 10, 10.2, 5, 20):
        async with database.transaction() as connection:
            sent = await submission(connection, "a.example", NOON + timedelta(minutes=minutes))
            await keep_items(connection, [Item(sent, 0, "rejected", None, "blank")])
        if minutes in {0.5, 5}:
            await fold_all(database)
    await fold_all(database)
    bucket = math.floor(8 * math.log2(9.8 * 60))
    inside = [pause * 60 for pause in (4.5, 5, 9.8)]
    assert sum((await of(database, "pause")).values()) == len(inside)
    assert (await of(database, "pause"))["a.example", str(bucket)] == 1


async def test_a_retraction_is_heard_and_takes_its_article_and_sightings_off(database: Database) -> None:
    later = NOON + timedelta(hours=3)
    article = an_article(guid="1", source="wire.example")
    async with database.transaction() as connection:
        sent = await submission(connection, "wire.example", NOON)
        await save(connection, [Arrival(sent, 0, NOON, article)])
    async with database.transaction() as connection:
        recalled = await submission(connection, "wire.example", later)
        retraction = Retraction(status="canceled", source="wire.example", guid="1", url=None)
        [gone] = await retract(connection, [Recall(recalled, 0, retraction)])
        await keep_items(connection, [Item(recalled, 0, "retracted", gone)])
    await assert_sources(database)
    await fold_all(database)
    async with database.reading() as connection:
        [row] = (await connection.execute(text("SELECT * FROM sources"))).all()
    assert tuple(row) == ("wire.example", 0, NOON, later)
    assert await of(database, "sightings") == {}


async def test_duplicates_are_the_linkers_and_survive_a_rebuild(database: Database) -> None:
    async with database.transaction() as connection:
        await source_counts.note_duplicates(connection, {"a.example": 3, "": 1, "b.example": 0})
    await fold_all(database)
    async with database.transaction() as connection:
        await source_counts.note_duplicates(connection, {"a.example": -1})
    await rebuilt(database)
    assert await of(database, "duplicates") == {("a.example", ""): 2, ("", ""): 1}
