"""The change feed: every change once, numbered without a gap, in an order in which nothing appears before what was read."""

import asyncio
import random
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from app.db import Database
from app.errors import Gone
from app.query.changes import read
from app.store import changes
from app.store.changes import Change
from app.store.deletion import delete_article
from app.store.topic_links import add_alias, made, remove_alias
from tests.builders import an_arrival, an_article
from tests.store.test_save import LONG, kept

URL = "https://harbour-post.example/quay"


async def note(database: Database, *entries: Change) -> None:
    """Leave entries in the outbox in a transaction of their own."""
    async with database.transaction() as connection:
        await changes.note(connection, entries)


async def number(database: Database) -> bool:
    """Number once, as a worker does."""
    async with database.transaction() as connection:
        return await changes.number(connection)


async def feed(database: Database, since: int | None = 0) -> list[dict[str, Any]]:
    """Give all entries behind a number."""
    await number(database)
    async with database.reading() as connection:
        return (await read(connection, since, 10_000)).entries


def told(entries: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Give of each entry its number, its kind, and what else it says."""
    names = ("article_id", "revision", "topic", "alias")
    return [(one["seq"], one["kind"], *(one[name] for name in names if one[name] is not None)) for one in entries]


async def test_an_articles_life_is_told_in_order(database: Database) -> None:
    [first] = await kept(database, an_arrival(an_article(f"{LONG}.", url=URL)))
    await kept(database, an_arrival(an_article(f"{LONG}.", url=URL), minutes=1))
    await kept(database, an_arrival(an_article(f"{LONG} to the tide gates.", url=URL), minutes=2))
    async with database.transaction() as connection:
        await delete_article(connection, first.article_id)
    assert told(await feed(database)) == [
        (1, "created", first.article_id, 1),
        (2, "revised", first.article_id, 2),
        (3, "deleted", first.article_id),
    ]


async def test_each_revision_of_one_batch_is_told(database: Database) -> None:
    await kept(database, *(an_arrival(an_article(f"{LONG}, update {n}.", url=URL), minutes=n) for n in range(3)))
    assert [(entry["kind"], entry["revision"]) for entry in await feed(database)] == [
        ("created", 1),
        ("revised", 2),
        ("revised", 3),
    ]


async def test_an_alias_is_one_entry_and_so_is_its_end(database: Database) -> None:
    await kept(database, an_arrival(an_article(topics=["Night shifts"])))
    async with database.transaction() as connection:
        topic, alias = await made(connection, "night-shifts"), await made(connection, "night-work")
        await add_alias(connection, topic, alias)
        await add_alias(connection, topic, alias)
    async with database.transaction() as connection:
        await remove_alias(connection, topic, alias)
    assert told(await feed(database, 1)) == [
        (2, "aliased", "night-shifts", "night-work"),
        (3, "aliased", "night-work", "night-work"),
    ]


async def test_what_is_not_committed_is_not_told(database: Database) -> None:
    async with database.engine.connect() as connection:
        await changes.note(connection, [Change("created", uuid4(), 1)])
        await connection.rollback()
    await note(database, Change("deleted", uuid4()))
    assert [(entry["seq"], entry["kind"]) for entry in await feed(database)] == [(1, "deleted")]


async def test_a_transaction_that_is_long_open_holds_nobody_up_and_comes_behind(database: Database) -> None:
    slow, quick = uuid4(), uuid4()
    async with database.transaction() as connection:
        await changes.note(connection, [Change("created", slow, 1)])
        await note(database, Change("created", quick, 1))
        assert [entry["article_id"] for entry in await feed(database)] == [quick]
    assert [entry["article_id"] for entry in await feed(database, 1)] == [slow]


async def test_one_numbers_at_a_time(database: Database) -> None:
    await note(database, *(Change("created", uuid4(), 1) for _ in range(40)))
    async with database.transaction() as connection:
        assert not await changes.number(connection)
        assert not await number(database)
    assert [entry["seq"] for entry in await feed(database)] == list(range(1, 41))


async def write(database: Database, chance: random.Random) -> list[UUID]:
    """Write entries in transactions that stay open for random times; some are rolled back. Give what was committed."""
    written: list[UUID] = []
    for _ in range(12):
        ids = [uuid7() for _ in range(chance.randint(1, 4))]
        async with database.engine.connect() as connection:
            for one in ids:
                await changes.note(connection, [Change("created", one, 1)])
                await asyncio.sleep(chance.random() * 0.02)
            if chance.random() < 0.2:
                await connection.rollback()
            else:
                await connection.commit()
                written += ids
    return written


async def follow(database: Database, limit: int, ended: asyncio.Event) -> list[tuple[int, UUID]]:
    """Read on from what was read until everything has been written and numbered."""
    seen: list[tuple[int, UUID]] = []
    since = 0
    while True:
        last = ended.is_set()
        async with database.reading() as connection:
            found = await read(connection, since, limit)
        seen += [(entry["seq"], entry["article_id"]) for entry in found.entries]
        since = found.last_seq
        if last and not found.entries:
            return seen
        await asyncio.sleep(0.002)


async def keep_numbering(database: Database, written: asyncio.Event) -> None:
    """Number again and again, as one of several workers does."""
    while not written.is_set():
        await number(database)
        await asyncio.sleep(0.005)


async def write_all(database: Database, seed: int, ended: asyncio.Event) -> set[UUID]:
    """Write from three sides while two number; end when everything has its number, and give what was committed."""
    done = asyncio.Event()

    async def write_from_three_sides() -> list[list[UUID]]:
        ids = await asyncio.gather(*(write(database, random.Random(seed * 10 + n)) for n in range(3)))
        done.set()
        return ids

    written, *_ = await asyncio.gather(
        write_from_three_sides(), keep_numbering(database, done), keep_numbering(database, done)
    )
    # Only now is there no rival whose lock would refuse this and whose look was taken before the last commit.
    await number(database)
    ended.set()
    return {one for ids in written for one in ids}


@pytest.mark.parametrize("seed", [1, 2])
async def test_two_readers_that_follow_many_writers_see_everything_once_and_the_same(
    database: Database, seed: int
) -> None:
    ended = asyncio.Event()
    one, other, written = await asyncio.gather(
        follow(database, 3, ended), follow(database, 100, ended), write_all(database, seed, ended)
    )
    assert one == other
    assert [seq for seq, _ in one] == list(range(1, len(written) + 1))
    assert {article for _, article in one} == written


async def age(database: Database, upto: int, *, linked: int = 100) -> None:
    """Make the first entries a year old, and say how far stories are linked."""
    async with database.transaction() as connection:
        await connection.execute(
            text("UPDATE changes SET at = at - interval '1 year' WHERE seq <= :upto"), {"upto": upto}
        )
        await connection.execute(text("UPDATE change_feed SET linked_seq = :linked"), {"linked": linked})


async def test_old_entries_go_from_the_beginning_and_the_feed_says_up_to_where(database: Database) -> None:
    await note(database, *(Change("created", uuid4(), 1) for _ in range(10)))
    await number(database)
    await age(database, 6)
    async with database.transaction() as connection:
        assert not await changes.compact(connection, 30)
    with pytest.raises(Gone, match="since=6"):
        await feed(database, 5)
    assert [entry["seq"] for entry in await feed(database, 6)] == [7, 8, 9, 10]
    assert [entry["seq"] for entry in await feed(database, None)] == [7, 8, 9, 10]
    await note(database, Change("deleted", uuid4()))
    assert [entry["seq"] for entry in await feed(database, 10)] == [11]


async def test_nothing_is_dropped_that_was_not_linked_yet(database: Database) -> None:
    await note(database, *(Change("created", uuid4(), 1) for _ in range(5)))
    await number(database)
    await age(database, 5, linked=2)
    async with database.transaction() as connection:
        await changes.compact(connection, 30)
    assert [entry["seq"] for entry in await feed(database, 2)] == [3, 4, 5]
