"""The queue's moves: who gets what, whose it is, and what becomes of what a dead worker held."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from app.db import Database, to_json
from app.queue import claims
from app.queue.claims import Claimed, Ending, Item

MINUTE = timedelta(minutes=1)


async def queue(database: Database, number: int, size: int = 10) -> list[UUID]:
    """Queue submissions."""
    ids = [uuid7() for _ in range(number)]
    async with database.transaction() as connection:
        for id_ in ids:
            await connection.execute(
                text(
                    "INSERT INTO submissions (id, content_type, body, body_bytes, hints, received_at, run_at) "
                    "VALUES (:id, 'text/plain', :body, :size, :hints, clock_timestamp(), clock_timestamp())"
                ),
                {"id": id_, "body": b"x" * size, "size": size, "hints": to_json({})},
            )
    return ids


async def claim(
    database: Database, most: int = 10, most_bytes: int = 1000, lease: timedelta = MINUTE
) -> tuple[UUID, list[Claimed]]:
    """Claim as a worker does."""
    token = uuid4()
    async with database.transaction() as connection:
        return token, await claims.claim(connection, token, most=most, most_bytes=most_bytes, lease=lease)


async def states(database: Database) -> list[tuple[str, int, int, bool]]:
    """Give state, attempts, failures and alone of every submission."""
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT state, attempts, failures, alone FROM submissions ORDER BY id"))
        return [(row.state, row.attempts, row.failures, row.alone) for row in rows]


async def test_a_batch_is_the_oldest_up_to_a_number_and_a_sum_of_bytes(database: Database) -> None:
    ids = await queue(database, 5)
    assert [one.id for one in (await claim(database, most=2))[1]] == ids[:2]
    assert [one.id for one in (await claim(database, most_bytes=25))[1]] == ids[2:4]
    assert [one.id for one in (await claim(database, most_bytes=1))[1]] == ids[4:]
    assert (await claim(database))[1] == []
    assert await states(database) == [("processing", 1, 0, False)] * 5


async def test_two_workers_never_get_the_same(database: Database) -> None:
    await queue(database, 6)
    async with database.transaction() as first, database.transaction() as second:
        one = await claims.claim(first, uuid4(), most=4, most_bytes=999, lease=MINUTE)
        other = await claims.claim(second, uuid4(), most=4, most_bytes=999, lease=MINUTE)
    assert len(one) == 4
    assert len(other) == 2
    assert not {c.id for c in one} & {c.id for c in other}


async def test_a_lost_lease_comes_back_alone_and_counts_no_failure(database: Database) -> None:
    ids = await queue(database, 3)
    await claim(database, lease=timedelta(seconds=-1))
    async with database.transaction() as connection:
        rescued = await claims.rescue(connection, most_failures=2)
    assert sorted(rescued) == [(id_, "queued") for id_ in sorted(ids)]
    assert await states(database) == [("queued", 1, 0, True)] * 3
    assert [len((await claim(database))[1]) for _ in range(4)] == [1, 1, 1, 0]


async def test_one_that_kills_its_worker_alone_is_quarantined_in_the_end(database: Database) -> None:
    await queue(database, 1)
    for _ in range(3):
        await claim(database, lease=timedelta(seconds=-1))
        async with database.transaction() as connection:
            await claims.rescue(connection, most_failures=2)
    assert await states(database) == [("quarantined", 3, 2, True)]


async def test_only_the_holder_finishes(database: Database) -> None:
    [id_] = await queue(database, 1)
    token, _ = await claim(database)
    async with database.transaction() as connection:
        assert await claims.hold(connection, uuid4(), [id_]) == set()
        await claims.finish(connection, uuid4(), [Ending(id_, "done", 0)], [])
    assert (await states(database))[0][0] == "processing"
    async with database.transaction() as connection:
        assert await claims.hold(connection, token, [id_]) == {id_}
        await claims.extend(connection, token, [id_], MINUTE)
        await claims.finish(
            connection, token, [Ending(id_, "done", 0)], [Item(id_, 0, "rejected", None, "blank", (0, 4))]
        )
    assert (await states(database))[0][0] == "done"


async def test_a_failure_comes_back_after_its_pause_with_what_is_still_to_do(database: Database) -> None:
    [id_] = await queue(database, 1)
    token, _ = await claim(database)
    async with database.transaction() as connection:
        await claims.finish(
            connection, token, [Ending(id_, "queued", 1, "poison", MINUTE, (2, 5))], [Item(id_, 0, "rejected")]
        )
    assert (await claim(database))[1] == []
    async with database.reading() as connection:
        pause = text("SELECT extract(epoch FROM run_at - clock_timestamp())::float FROM submissions")
        assert await connection.scalar(pause) == pytest.approx(60, abs=5)
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE submissions SET run_at = now()"))
    [again] = (await claim(database))[1]
    assert (again.pending, again.failures, again.partly_done) == (frozenset({2, 5}), 1, True)
