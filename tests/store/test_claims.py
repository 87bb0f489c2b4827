"""The queue's moves: who gets what, whose it is, and what becomes of what a dead worker held."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import literal_column, select, text
from uuid_utils.compat import uuid7

from app.db import Database
from app.queue import claims
from app.queue.claims import Claimed, Ending, Item, Limits
from app.queue.turns import BACKFILL_EVERY, FIRST, SINGLE_EVERY, Turn, turn
from app.queue.wake import listen
from app.store.tables import PARTY, submissions

MINUTE = timedelta(minutes=1)


async def queue(
    database: Database, number: int, size: int = 10, *, source: str | None = None, sender: str = "", lane: str = "live"
) -> list[UUID]:
    """Queue submissions."""
    ids = [uuid7() for _ in range(number)]
    async with database.transaction() as connection:
        for id_ in ids:
            await connection.execute(
                text(
                    "INSERT INTO submissions (id, content_type, body, body_bytes, hints, source, sender, lane, received_at, "
                    "run_at) VALUES (:id, 'text/plain', :body, :size, '{}', :source, :sender, :lane, clock_timestamp(), "
                    "clock_timestamp())"
                ),
                {"id": id_, "body": b"x" * size, "size": size, "source": source, "sender": sender, "lane": lane},
            )
    return ids


async def claim(
    database: Database, most: int = 10, most_bytes: int = 1000, lease: timedelta = MINUTE, turn: Turn = FIRST
) -> tuple[UUID, list[Claimed]]:
    """Claim as a worker does."""
    token = uuid4()
    async with database.transaction() as connection:
        return token, await claims.claim(connection, token, Limits(most, most_bytes, lease), turn)


async def claim_of(database: Database, *parties: int, most: int = 10) -> list[Claimed]:
    """Claim as a worker does what is queued by those who are apart."""
    async with database.transaction() as connection:
        return await claims.claim_of(connection, uuid4(), Limits(most, 1000, MINUTE), FIRST, apart=parties)


async def claim_alone(database: Database, after: int = 0, lease: timedelta = MINUTE) -> list[Claimed]:
    """Claim as a worker does what must be alone."""
    async with database.transaction() as connection:
        return await claims.claim_alone(connection, uuid4(), Limits(10, 1000, lease), FIRST, after=after)


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
        one = await claims.claim(first, uuid4(), Limits(4, 999, MINUTE))
        other = await claims.claim(second, uuid4(), Limits(4, 999, MINUTE))
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
    assert (await claim(database))[1] == []
    assert [len(await claim_alone(database)) for _ in range(4)] == [1, 1, 1, 0]


async def test_one_that_kills_its_worker_alone_is_quarantined_in_the_end(database: Database) -> None:
    await queue(database, 1)
    await claim(database, lease=timedelta(seconds=-1))
    for _ in range(2):
        async with database.transaction() as connection:
            await claims.rescue(connection, most_failures=2)
        assert len(await claim_alone(database, lease=timedelta(seconds=-1))) == 1
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


async def test_a_flood_of_one_sender_leaves_the_others_their_places_in_the_very_next_batch(database: Database) -> None:
    flood = await queue(database, 300, source="flood.example")
    others = [one for name in ("a", "b", "c") for one in await queue(database, 1, source=f"{name}.example")]
    first = [one.id for one in (await claim(database, most=10))[1]]
    assert first == [flood[0], *others, *flood[1:7]]
    assert {one.id for one in (await claim(database, most=10))[1]} == set(flood[7:17])


async def test_a_key_is_one_sender_whatever_sources_it_names(database: Database) -> None:
    for number in range(30):
        await queue(database, 1, sender="key-1", source=f"source-{number}.example")
    [other] = await queue(database, 1, sender="key-2", source="source-0.example")
    assert other in {one.id for one in (await claim(database, most=4))[1]}


async def test_where_there_are_more_senders_than_places_each_gets_one_before_any_waits_long(database: Database) -> None:
    await queue(database, 300, source="flood.example")
    waiting = {one for number in range(40) for one in await queue(database, 1, source=f"{number}.example")}
    claims_made = 0
    while waiting:
        waiting -= {one.id for one in (await claim(database, most=8))[1]}
        claims_made += 1
    assert claims_made <= 6  # 8 places, of which the flood has one at most


async def test_a_batch_is_shared_by_bytes(database: Database) -> None:
    large = await queue(database, 5, size=100, source="large.example")
    small = await queue(database, 5, source="small.example")
    assert {one.id for one in (await claim(database, most_bytes=199))[1]} == {large[0], *small}


async def test_what_takes_long_comes_alone_when_it_is_its_turn_or_nothing_else_is_due(database: Database) -> None:
    large = await queue(database, 3, size=500, source="large.example")
    small = await queue(database, 2, source="small.example")
    often, seldom = FIRST, Turn(single_first=True)
    assert [one.id for one in (await claim(database, most_bytes=100, turn=seldom))[1]] == [large[0]]
    assert [one.id for one in (await claim(database, most_bytes=100, turn=often))[1]] == small
    assert [one.id for one in (await claim(database, most_bytes=100, turn=often))[1]] == [large[1]]
    [more] = await queue(database, 1, source="small.example")
    assert [one.id for one in (await claim(database, most_bytes=100, turn=often))[1]] == [more]


async def test_two_workers_share_what_senders_have_queued(database: Database) -> None:
    ids = {one for name in ("a", "b", "c") for one in await queue(database, 4, source=name)}
    async with database.transaction() as first, database.transaction() as second:
        one = await claims.claim(first, uuid4(), Limits(6, 999, MINUTE))
        other = await claims.claim(second, uuid4(), Limits(6, 999, MINUTE))
    assert {c.id for c in one} | {c.id for c in other} == ids
    assert len(one) + len(other) == len(ids)


async def test_a_backfill_is_claimed_when_nothing_live_is_due_and_now_and_then_before_it(database: Database) -> None:
    old = await queue(database, 2, lane="backfill")
    new = await queue(database, 2)
    assert [one.id for one in (await claim(database))[1]] == new
    assert [one.id for one in (await claim(database))[1]] == old
    orders = [turn(number) for number in range(1, 8 * BACKFILL_EVERY + 1)]
    assert [order.lanes[0] for order in orders].count("backfill") == 8
    assert [order.single_first for order in orders].count(True) == 8 * BACKFILL_EVERY // SINGLE_EVERY
    assert not any(order.single_first and order.lanes[0] == "backfill" for order in orders)


async def party_of(database: Database, source: str) -> int:
    """Give the number by which a source takes turns."""
    async with database.reading() as connection:
        found = await connection.scalar(select(literal_column(PARTY)).where(submissions.c.source == source))
        return int(found or 0)


async def test_who_is_apart_is_claimed_apart_in_either_lane(database: Database) -> None:
    old = await queue(database, 2, source="suspect.example", lane="backfill")
    new = await queue(database, 3, source="suspect.example")
    others = await queue(database, 2, source="other.example")
    party = await party_of(database, "suspect.example")
    async with database.transaction() as connection:
        batch = await claims.claim(connection, uuid4(), Limits(10, 1000, MINUTE), apart=[party])
        assert [one.id for one in batch] == others
        assert await claims.claim(connection, uuid4(), Limits(10, 1000, MINUTE), apart=[party]) == []
    assert [(one.id, one.party) for one in await claim_of(database, party, most=2)] == [(id_, party) for id_ in new[:2]]
    assert [one.id for one in await claim_of(database, party)] == new[2:]
    assert [one.id for one in await claim_of(database, party)] == old
    assert await claim_of(database, party) == []


async def test_of_many_who_are_apart_those_are_found_who_have_something_due(database: Database) -> None:
    due = [(await queue(database, 1, source=f"{number}.example"))[0] for number in range(3)]
    parties = [await party_of(database, f"{number}.example") for number in range(3)]
    found = [(await claim_of(database, *range(50), *parties, most=1))[0].id for _ in range(3)]
    assert sorted(found) == sorted(due)


async def set_alone(database: Database, most: int = 50) -> None:
    """Put everything back to be alone, as after what broke a process."""
    token, batch = await claim(database, most=most, most_bytes=100_000)
    endings = [Ending(one.id, "queued", 0, begun=False, alone=True) for one in batch]
    async with database.transaction() as connection:
        await claims.finish(connection, token, endings, [])


async def test_what_must_be_alone_is_claimed_by_nobody_else_and_senders_take_turns(database: Database) -> None:
    for number in range(3):
        await queue(database, 4, source=f"{number}.example")
    await set_alone(database)
    assert await states(database) == [("queued", 0, 0, True)] * 12
    assert (await claim(database))[1] == []
    assert await claim_of(database, await party_of(database, "0.example")) == []
    found: list[Claimed] = []
    for _ in range(12):
        found += await claim_alone(database, found[-1].party if found else 0)
    assert {one.alone for one in found} == {True}
    assert [len({one.party for one in found[start : start + 3]}) for start in range(0, 12, 3)] == [3] * 4
    assert [one.id for one in found if one.party == found[0].party] == sorted(
        one.id for one in found if one.party == found[0].party
    )


@pytest.mark.parametrize("alone", [True, False])
async def test_who_waits_for_an_embargo_stands_in_nobodys_way(
    database: Database,
    alone: bool,  # noqa: FBT001 - which of two queues
) -> None:
    for number in range(20):
        await queue(database, 1, source=f"embargoed-{number}.example")
    await queue(database, 3, source="due.example")
    if alone:
        await set_alone(database)
    async with database.transaction() as connection:
        later = "UPDATE submissions SET run_at = run_at + interval '1 hour' WHERE source LIKE 'embargoed%'"
        await connection.execute(text(later))
    for _ in range(3):
        assert len(await claim_alone(database) if alone else (await claim(database, most=1))[1]) == 1


async def test_a_replay_says_that_it_must_be_alone(database: Database) -> None:
    [one] = await queue(database, 1)
    token, _ = await claim(database)
    async with database.transaction() as connection:
        await claims.finish(connection, token, [Ending(one, "quarantined", 5)], [])
    heard: asyncio.Queue[str] = asyncio.Queue()
    listening = asyncio.create_task(
        listen(database.url, claims.QUEUED_CHANNEL, heard.put_nowait, lambda: heard.put_nowait(""))
    )
    try:
        assert await heard.get() == ""
        async with database.transaction() as connection:
            assert await claims.replay(connection, one)
        assert await asyncio.wait_for(heard.get(), 10) == claims.QUEUED_ALONE
    finally:
        listening.cancel()
    assert [found.id for found in await claim_alone(database)] == [one]


async def test_what_was_not_begun_keeps_its_place_and_counts_no_attempt(database: Database) -> None:
    begun, untouched, later = await queue(database, 3)
    token, _ = await claim(database, most=2)
    async with database.transaction() as connection:
        endings = [
            Ending(begun, "queued", 0, pending=(7, 8, 2)),
            Ending(untouched, "queued", 0, begun=False),
        ]
        await claims.finish(connection, token, endings, [])
    assert [attempts for _, attempts, _, _ in await states(database)] == [1, 0, 0]
    batch = (await claim(database))[1]
    assert [one.id for one in batch] == [untouched, later, begun]
    assert (batch[-1].first, batch[-1].pending) == (7, frozenset({2, 7, 8}))
