"""Clocks that jump: what was claimed is neither lost nor doubled, and no order is taken from a machine's clock."""

import asyncio
import random
import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

import app
from app.db import Database
from app.queue import claims
from app.queue.claims import Ending, Item, Limits
from app.queue.turns import FIRST
from app.store import changes
from tests.flow.test_killed_workers import story
from tests.http.seed import Told, reading, store, walk
from tests.running import a_worker, ended, http, post
from tests.store.test_claims import claim, queue, states

READERS = {"intake/extract.py", "query/sources.py", "query/topics.py"}
"""Modules that ask this machine for the time of day: to read an article's date by it, and to end spans that have no end."""
CLOCKS = re.compile(r"\b(?:datetime|date|time)\.(?:now|utcnow|today|time|time_ns)\(")


async def jump(database: Database, hours: float) -> None:
    """Have the database's clock jump ahead, or back: seen from it, everything that it has noted jumps the other way."""
    async with database.transaction() as connection:
        await connection.execute(
            text(
                "UPDATE submissions SET lease_until = lease_until - CAST(:by AS interval), run_at = run_at - CAST(:by AS interval)"
            ),
            {"by": timedelta(hours=hours)},
        )


def clock_readers() -> Iterator[str]:
    """Give the modules that read a clock of this machine which may jump."""
    folder = Path(app.__file__).parent
    for path in folder.rglob("*.py"):
        if CLOCKS.search(path.read_text()):
            yield str(path.relative_to(folder))


def test_few_places_read_a_clock_that_may_jump_and_none_decides_by_it_what_is_stored() -> None:
    assert set(clock_readers()) == READERS


async def test_when_the_clock_jumps_ahead_a_batch_is_done_again_and_stored_once(database: Database) -> None:
    ids = await queue(database, 2)
    slow, _ = await claim(database)
    await jump(database, 5)
    async with database.transaction() as connection:
        assert len(await claims.rescue(connection, most_failures=5)) == 2
    quick = uuid4()
    async with database.transaction() as connection:
        [first] = await claims.claim_alone(connection, quick, Limits(10, 1000, timedelta(minutes=1)), FIRST, after=0)
    for token, outcome in ((slow, "stored twice"), (quick, "rejected")):
        async with database.transaction() as connection:
            held = await claims.hold(connection, token, ids)
            assert held == ({first.id} if token == quick else set())
            endings = [Ending(one, "done", 0) for one in held]
            await claims.finish(connection, token, endings, [Item(one, 0, outcome) for one in held])
    assert sorted(await states(database)) == [("done", 2, 0, False), ("queued", 1, 0, True)]


async def test_when_the_clock_jumps_back_a_lease_lasts_longer_and_its_holder_ends_as_usual(database: Database) -> None:
    [one] = await queue(database, 1)
    token, _ = await claim(database)
    await jump(database, -5)
    async with database.transaction() as connection:
        assert await claims.rescue(connection, most_failures=5) == []
        await claims.extend(connection, token, [one], timedelta(seconds=-1))  # a sign of life sets it right
        assert len(await claims.rescue(connection, most_failures=5)) == 1


@pytest.mark.timeout(180)
async def test_workers_lose_and_double_nothing_while_the_clock_jumps(database_url: str, database: Database) -> None:
    chance = random.Random(20261203)
    async with http(database_url) as client:
        receipts = [(await post(client, story(number))).json()["id"] for number in range(20)]
        async with a_worker(database_url, claim_batch=2), a_worker(database_url, claim_batch=2):
            away = 0.0
            for _ in range(5):
                by = chance.choice((-2.0, -0.5, 0.5, 2.0))
                away += by
                await jump(database, by)
                await asyncio.sleep(0.1)
            await jump(database, -away)
            found = [await ended(client, one, 90) for one in receipts]
    assert {receipt["state"] for receipt in found} == {"done"}
    assert [[item["outcome"] for item in receipt["items"]] for receipt in found] == [["stored"]] * len(found)
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT sum(count) FROM sightings")) == len(found)


async def test_ids_of_a_clock_that_runs_backwards_put_nothing_out_of_order(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours = count(1000, -1)
    monkeypatch.setattr("app.store.articles.uuid7", lambda: UUID(int=next(hours) * 3_600_000 << 80 | 7 << 76 | 2 << 62))
    ids = [(await store(database, Told(text=f"The harbour reopened on day {number}.")))[0] for number in range(7)]
    assert ids == sorted(ids, reverse=True)
    async with database.transaction() as connection:
        await changes.number(connection)
    async with reading(database) as client:
        told = (await client.get("/v1/changes?since=0")).json()["items"]
        assert [entry["article_id"] for entry in told] == [str(one) for one in ids]
        walked = await walk(client, "/v1/articles", sort="-received_at", limit=2)
        assert sorted(article["id"] for article in walked) == sorted(str(one) for one in ids)
