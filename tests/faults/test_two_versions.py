"""Two versions of the program side by side, as during a deployment, and a migration under work that goes on.

What the version before says to the queue stands in `previous_release.sql`, word for word.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from app import migrate
from app.db import Database, connect
from app.extraction import Pipeline
from app.settings import Settings
from tests.conftest import drop, on
from tests.running import a_worker, ended, http, post

PREVIOUS = "20261201_retention"
SAID = Path(__file__).with_name("previous_release.sql").read_text().split("-- name: ")[1:]
PREVIOUSLY = {name: text(sql.strip().removesuffix(";")) for name, sql in (part.split("\n", 1) for part in SAID)}
DAWDLING = Pipeline("tests.dawdling:process", "tests.dawdling:process")
MINUTE = timedelta(minutes=1)
LONGEST_STALL = 10.0
"""Seconds that one submission may wait for a migration; the migration waits for a table a tenth of that at most."""


async def keep(database: Database, number: int = 1) -> list[UUID]:
    """Take submissions in as the version before does."""
    ids = [uuid7() for _ in range(number)]
    values = {"ids": ids, "types": ["text/plain"] * number, "bodies": [b"Calm"] * number, "sources": ["a"] * number}
    async with database.transaction() as connection:
        await connection.execute(PREVIOUSLY["KEEP"], values | {"hints": ["{}"] * number})
    return ids


async def claim(database: Database, token: UUID, most: int) -> list[UUID]:
    """Claim as the version before does."""
    limits = {"token": token, "most": most, "bytes": 16_000_000, "lease": MINUTE}
    async with database.transaction() as connection:
        return [row.id for row in await connection.execute(PREVIOUSLY["CLAIM"], limits)]


async def finish(database: Database, token: UUID, ids: list[UUID], state: str = "done") -> list[UUID]:
    """End a batch as the version before does; give what it still held."""
    number = len(ids)
    items: dict[str, Any] = {
        "ids": ids, "positions": [0] * number, "outcomes": ["rejected"] * number, "articles": [None] * number,
        "reasons": ["calm"] * number, "starts": [None] * number, "ends": [None] * number,
    }  # fmt: skip
    endings: dict[str, Any] = {
        "token": token, "ids": ids, "states": [state] * number, "failures": [0] * number, "errors": [None] * number,
        "pauses": [timedelta()] * number, "pendings": [None] * number,
    }  # fmt: skip
    async with database.transaction() as connection:
        held = list(await connection.scalars(PREVIOUSLY["HOLD"], {"ids": ids, "token": token}))
        await connection.execute(PREVIOUSLY["EXTEND"], {"ids": ids, "token": token, "lease": MINUTE})
        await connection.execute(PREVIOUSLY["KEEP_ITEMS"], items)
        await connection.execute(PREVIOUSLY["FINISH"], endings)
    return held


@pytest.fixture
async def behind(server_url: str) -> AsyncIterator[str]:
    """A database at the schema of the version before."""
    name = f"dateline_test_{uuid4().hex[:12]}"
    connection = await asyncpg.connect(server_url)
    await connection.execute(f'CREATE DATABASE "{name}"')
    await connection.close()
    database = connect(on(server_url, name), Settings())
    await migrate.migrate(database, PREVIOUS)
    await database.close()
    yield on(server_url, name)
    await drop(server_url, name)


async def test_what_one_version_takes_in_the_other_processes(database_url: str, database: Database) -> None:
    async with http(database_url) as client:
        theirs = await keep(database, 3)
        ours = [UUID((await post(client, "Calm")).json()["id"]) for _ in range(3)]
        token = uuid4()
        claimed = await claim(database, token, 2)
        claimed += [(await claim(database, token, 1))[0] for _ in range(2)]
        assert claimed == [*theirs, ours[0]]  # the oldest first, as it knows it
        assert await finish(database, token, claimed[1:]) == sorted(claimed[1:])
        await finish(database, token, claimed[:1], "queued")
        async with a_worker(database_url, DAWDLING, lease_seconds=60):
            receipts = [await ended(client, str(one), 90) for one in (*theirs, *ours)]
    assert {receipt["state"] for receipt in receipts} == {"done"}
    assert [receipt["attempts"] for receipt in receipts] == [2, 1, 1, 1, 1, 1]
    assert [len(receipt["items"]) for receipt in receipts] == [1] * 6


async def test_what_a_worker_of_one_version_held_when_it_died_the_other_takes_back(
    database_url: str, database: Database
) -> None:
    [one] = await keep(database)
    token = uuid4()
    assert await claim(database, token, 1) == [one]
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE submissions SET lease_until = clock_timestamp() - interval '1 s'"))
        rescued = (await connection.execute(PREVIOUSLY["RESCUE"], {"most": 5})).all()
    assert [tuple(row) for row in rescued] == [(one, "queued")]
    async with http(database_url) as client, a_worker(database_url, DAWDLING, lease_seconds=60):
        assert (await ended(client, str(one), 90))["state"] == "done"
    assert await finish(database, token, [one]) == []


async def test_a_program_on_the_schema_before_its_own_says_what_to_do_and_takes_nothing(behind: str) -> None:
    async with http(behind) as client:
        ready = await client.get("/readyz")
        assert ready.status_code == 503
        [problem] = ready.json()["problems"]
        assert PREVIOUS in problem
        assert f"needs {migrate.newest()}: run `dateline migrate`" in problem
        refused = await post(client, "Calm")
        assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
    database = connect(behind, Settings())
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM submissions")) == 0
    await database.close()


async def test_a_program_goes_on_when_the_schema_is_newer_than_it_knows(database_url: str, database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '20991231_after_our_time'"))
    async with http(database_url) as client:
        assert (await client.get("/readyz")).status_code == 200
    await migrate.migrate_url(database_url, Settings())
    async with database.reading() as connection:
        assert await migrate.current(connection) == "20991231_after_our_time"


async def test_a_migration_gives_way_to_intake_and_comes_through(behind: str) -> None:
    database = connect(behind, Settings(pool_size=4))
    taken, longest = 0, 0.0
    migrating = threading.Thread(target=migrate.run, args=(behind, Settings()))
    async with database.transaction() as lingering:  # somebody's long transaction, which the migration cannot pass
        await lingering.execute(text("SELECT count(*) FROM submissions"))
        migrating.start()
        ends = time.monotonic() + 3
        while time.monotonic() < ends:
            began = time.monotonic()
            taken += len(await keep(database))
            longest = max(longest, time.monotonic() - began)
        assert migrating.is_alive()
    while migrating.is_alive():
        taken += len(await keep(database))
        await asyncio.sleep(0.01)
    assert longest < LONGEST_STALL
    async with database.reading() as connection:
        assert await migrate.current(connection) == migrate.newest()
        counted = text("SELECT count(*) FROM submissions WHERE lane = 'live' AND state = 'queued'")
        assert await connection.scalar(counted) == taken
        invalid = text("SELECT count(*) FROM pg_index WHERE NOT indisvalid")
        assert await connection.scalar(invalid) == 0
    await database.close()
