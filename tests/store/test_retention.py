"""What is too old goes by each kind's own measure, with all that hangs on it, and nothing that is needed goes with it."""

import asyncio
import random
import time
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, text
from uuid_utils.compat import uuid7

from app.db import Database
from app.pipeline.article import Retraction
from app.queue.claims import Item, keep_items
from app.store import graves, retention, source_counts, too_old
from app.store.articles import save
from app.store.deletion import delete_article, delete_articles
from app.store.plan import Arrival, Recall, Saved
from app.store.retention import BEGINNING, Ages, Place, fitting
from app.store.retraction import retract
from tests.builders import an_arrival, an_article
from tests.store.test_save import LONG, kept, submitted
from tests.store.test_save import one as value
from tests.store.test_source_counts import assert_sources, one_step
from tests.store.test_topic_counts import assert_counts, fold_all, live_ids

WIRE, POST = "ellery-wire.example", "harbour-post.example"


def report(number: int, *, source: str | None = POST, minutes: float = 0, submission_id: UUID | None = None) -> Arrival:
    """Give the arrival of an article that no other is like."""
    url = f"https://a.example/{source}/{number}"
    article = an_article(
        f"{LONG} number {number} of {source}.", source=source, url=url, topics=["Quays", f"Pier {number}"]
    )
    return an_arrival(article, submission_id, minutes=minutes, position=number)


async def changed(database: Database, statement: str, **given: Any) -> None:
    """Change what is stored."""
    async with database.transaction() as connection:
        await connection.execute(text(statement), given)


async def arrived(database: Database, days: float, ids: Collection[UUID]) -> None:
    """Let what these articles say have arrived so many days ago, also for the figures of their sources."""
    async with database.transaction() as connection:
        await source_counts.count(connection, ids, -1)
        given = {"seconds": days * 86_400, "ids": list(ids)}
        statement = "UPDATE articles SET current_since = now() - make_interval(secs => :seconds) WHERE id = ANY(:ids)"
        await connection.execute(text(statement), given)
        await source_counts.count(connection, ids, 1)


async def aged(database: Database, days: float, *saved: Saved) -> None:
    """Let what articles say have arrived so many days ago, and their sources be known."""
    await arrived(database, days, [one.article_id for one in saved])
    await fold_all(database)


async def ended(database: Database, days: float, **columns: Any) -> UUID:
    """Write a submission that came and ended so many days ago."""
    given = {"id": uuid7(), "state": "done", "body": b"x", "source": POST} | columns
    await changed(
        database,
        "INSERT INTO submissions (id, content_type, body, body_bytes, source, hints, state, received_at, finished_at) "
        "VALUES (:id, 'text/plain', :body, 1, :source, '{}', :state, now() - make_interval(secs => :seconds), "
        "CASE WHEN :state <> 'queued' THEN now() - make_interval(secs => :seconds) END)",
        seconds=days * 86_400,
        **given,
    )
    return UUID(str(given["id"]))


async def item(database: Database, submission_id: UUID, outcome: str, article_id: UUID | None = None) -> None:
    """Write an item's outcome as a worker does."""
    async with database.transaction() as connection:
        await keep_items(connection, [Item(submission_id, 0, outcome, article_id, "blank")])


async def delete_old(database: Database, ages: Ages) -> list[UUID]:
    """Delete one batch."""
    async with database.transaction() as connection:
        return await retention.delete_old(connection, ages)


async def forget_receipts(database: Database, days: int, after: Place = BEGINNING) -> tuple[int, Place | None]:
    """Forget one batch of receipts."""
    async with database.transaction() as connection:
        return await retention.forget_receipts(connection, days, after)


async def forget_graves(database: Database, days: int) -> int:
    """Forget the tombstones of what was not sent for so many days."""
    async with database.transaction() as connection:
        silent, _ = await graves.silent(connection, days, 100)
    async with database.transaction() as connection:
        return await graves.forget(connection, silent, days)


def test_a_batch_is_cut_where_arrivals_grow_too_many_and_never_empty() -> None:
    now = datetime(2026, 3, 14)  # noqa: DTZ001 - only handed through
    first, second, third = uuid7(), uuid7(), uuid7()
    assert fitting([]) == {}
    assert list(fitting([(first, now, 10**6), (second, now, 1)])) == [first]
    assert list(fitting([(first, now, 6000), (second, now, 4000), (third, now, 1)])) == [first, second]


async def test_a_source_has_its_own_age_and_the_age_is_that_of_the_current_text(database: Database) -> None:
    wire = await kept(database, report(1, source=WIRE), report(2, source=WIRE))
    post = await kept(database, report(1), report(2))
    none = await kept(database, report(1, source=None))
    await aged(database, 31, *wire, *post, *none)
    await aged(database, 29, wire[1])
    assert await delete_old(database, Ages()) == []
    assert await delete_old(database, Ages(0, {WIRE: 30})) == [wire[0].article_id]
    assert await delete_old(database, Ages(30, {POST: 0, "": 40})) == []
    await aged(database, 400, post[0])
    async with database.reading() as connection:
        assert await too_old.articles(connection, Ages(60)) == {POST: 1}
    assert await delete_old(database, Ages(60)) == [post[0].article_id]
    assert await delete_old(database, Ages(30, {"": 20})) == sorted([post[1].article_id, none[0].article_id])


async def test_all_that_hangs_on_an_article_goes_and_is_told(database: Database) -> None:
    shared = uuid7()
    old = await kept(database, *(report(n, submission_id=shared) for n in range(3)))
    young = await kept(database, report(9))
    await kept(database, report(0, minutes=5))
    await aged(database, 31, *old)
    await aged(database, 1, *young)
    await changed(database, "TRUNCATE change_outbox")
    assert await delete_old(database, Ages(30)) == sorted(one.article_id for one in old)
    assert await live_ids(database) == [young[0].article_id]
    assert await value(database, "SELECT count(*) FROM change_outbox WHERE kind = 'deleted'") == 3
    hanging = (
        "SELECT article_id FROM sightings UNION SELECT article_id FROM article_topics "
        "UNION SELECT article_id FROM article_authors"
    )
    async with database.reading() as connection:
        assert (await connection.scalars(text(hanging))).all() == [young[0].article_id]
    assert await value(database, "SELECT count(*) FROM submissions WHERE body IS NOT NULL") == 1
    await assert_counts(database)
    await fold_all(database)
    await assert_counts(database)


async def test_a_revision_that_comes_just_before_saves_its_article(database: Database) -> None:
    [saved] = await kept(database, report(1))
    await aged(database, 31, saved)
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE articles SET current_since = now()"))
        deleting = asyncio.create_task(delete_old(database, Ages(30)))
        waits = "SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database())"
        deadline = time.monotonic() + 30
        while not await value(database, waits):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
    assert await deleting == []
    assert await live_ids(database) == [saved.article_id]


async def test_bytes_stay_while_a_younger_article_shares_them(database: Database) -> None:
    shared = uuid7()
    old, young = await kept(database, report(1, source=WIRE, submission_id=shared), report(2, submission_id=shared))
    await aged(database, 31, old, young)
    assert await delete_old(database, Ages(0, {WIRE: 30})) == [old.article_id]
    assert await value(database, "SELECT body IS NOT NULL FROM submissions") is True
    assert await delete_old(database, Ages(30)) == [young.article_id]
    assert await value(database, "SELECT body IS NOT NULL FROM submissions") is False


async def test_a_batch_takes_as_many_statements_as_one_article(database: Database) -> None:
    saved = await kept(database, *(report(n) for n in range(40)))
    said: list[str] = []
    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    counts = []
    for ids in ([saved[0].article_id], [one.article_id for one in saved[1:]]):
        said.clear()
        async with database.transaction() as connection:
            assert await delete_articles(connection, ids) == sorted(ids)
        counts.append(len(said))
    assert 0 < counts[0] == counts[1]


async def test_what_went_by_age_stays_away_while_it_is_sent_and_comes_back_long_after(database: Database) -> None:
    [saved] = await kept(database, report(1))
    await aged(database, 31, saved)
    await delete_old(database, Ages(30))
    [again] = await kept(database, report(1, minutes=9))
    assert again == Saved("deleted", saved.article_id)
    await changed(database, "UPDATE tombstones SET last_sent_at = now() - interval '91 days'")
    assert await forget_graves(database, 90) == 0
    assert await value(database, "SELECT last_sent_at > now() - interval '1 day' FROM tombstones") is True
    assert await value(database, "SELECT count(*) FROM article_keys") == 2
    await changed(database, "UPDATE submissions SET received_at = now() - interval '95 days'")
    await changed(database, "UPDATE tombstones SET last_sent_at = now() - interval '99 days'")
    assert await forget_graves(database, 90) == 0
    await changed(database, "UPDATE tombstones SET last_sent_at = now() - interval '91 days'")
    assert await forget_graves(database, 90) == 1
    assert await value(database, "SELECT count(*) FROM article_keys") == 0
    [back] = await kept(database, report(1, minutes=20))
    assert back.outcome == "stored"
    assert back.article_id != saved.article_id


async def test_a_receipt_that_goes_leaves_what_it_told_of_a_tombstone(database: Database) -> None:
    [saved] = await kept(database, report(1))
    await aged(database, 31, saved)
    await delete_old(database, Ages(30))
    await item(database, await ended(database, 40), "deleted", saved.article_id)
    await changed(database, "UPDATE tombstones SET last_sent_at = now() - interval '100 days'")
    assert (await forget_receipts(database, 30))[0] == 1
    assert await value(
        database,
        "SELECT last_sent_at BETWEEN now() - interval '41 days' AND now() - interval '39 days' FROM tombstones",
    )


@pytest.mark.parametrize("by_agency", [False, True])
async def test_what_is_deleted_for_good_is_never_forgotten(database: Database, *, by_agency: bool) -> None:
    deleted, gone = await kept(database, report(1), report(2))
    async with database.transaction() as connection:
        assert await delete_article(connection, deleted.article_id) == "deleted"
    await aged(database, 31, gone)
    await delete_old(database, Ages(30))
    await changed(
        database, "UPDATE tombstones SET last_sent_at = now() - interval '99 days' WHERE last_sent_at IS NOT NULL"
    )
    async with database.transaction() as connection:
        if by_agency:
            url = f"https://a.example/{POST}/2"
            recall = Recall(uuid7(), 0, Retraction(status="canceled", source=POST, guid=None, url=url))
            assert await retract(connection, [recall]) == [gone.article_id]
        else:
            assert await delete_article(connection, gone.article_id) == "gone"
    await changed(database, "UPDATE tombstones SET deleted_at = now() - interval '900 days'")
    await changed(database, "UPDATE submissions SET received_at = now() - interval '900 days'")
    assert await forget_graves(database, 1) == 0
    assert [again.outcome for again in await kept(database, report(1), report(2))] == ["deleted"] * 2


async def test_bytes_go_by_the_end_of_their_processing_whatever_became_of_them(database: Database) -> None:
    await ended(database, 40, state="queued")
    old = [await ended(database, 31), await ended(database, 31, state="quarantined")]
    young = await ended(database, 29)
    async with database.transaction() as connection:
        assert await retention.drop_bodies(connection, 30) == 2
        assert await retention.drop_bodies(connection, 30) == 0
    assert await value(database, "SELECT count(*) FROM submissions WHERE body IS NULL AND id = ANY(:ids)", ids=old) == 2
    assert await value(database, "SELECT body FROM submissions WHERE id = :id", id=young) == b"x"
    assert await value(database, "SELECT body FROM submissions WHERE state = 'queued'") == b"x"


async def test_receipts_go_once_nothing_needs_them(database: Database) -> None:
    [saved] = await kept(database, report(1))
    await changed(
        database,
        "UPDATE submissions SET received_at = now() - interval '50 days', finished_at = now() - interval '50 days'",
    )
    rejected, again, failed, held = [await ended(database, 40) for _ in range(4)]
    await item(database, rejected, "rejected")
    await item(database, again, "unchanged", saved.article_id)
    await item(database, failed, "failed")
    await changed(database, "UPDATE submissions SET state = 'quarantined' WHERE id = :id", id=held)
    keyed, replayed, waiting, young = [await ended(database, 40) for _ in range(3)] + [await ended(database, 20)]
    key = "INSERT INTO idempotency_keys (principal, key, digest, submission_id) VALUES ('', 'a', 'x', :id)"
    await changed(database, key, id=keyed)
    await changed(database, "UPDATE submissions SET finished_at = now() WHERE id = :id", id=replayed)
    await changed(database, "UPDATE submissions SET state = 'queued', finished_at = NULL WHERE id = :id", id=waiting)
    forgotten, place = await forget_receipts(database, 30)
    assert forgotten == 2
    assert place is not None
    assert await forget_receipts(database, 30, place) == (0, None)
    stay = [failed, held, keyed, replayed, waiting, young]
    assert await value(database, "SELECT count(*) FROM submissions WHERE id = ANY(:ids)", ids=stay) == len(stay)
    assert await value(database, "SELECT count(*) FROM submissions") == len(stay) + 1
    await assert_sources(database)
    await changed(database, "UPDATE submissions SET body = NULL WHERE id = ANY(:ids)", ids=[failed, held])
    assert (await forget_receipts(database, 30))[0] == 2
    await aged(database, 31, saved)
    await delete_old(database, Ages(30))
    assert (await forget_receipts(database, 30))[0] == 1
    await assert_sources(database)


async def one_round(database: Database, chance: random.Random) -> None:
    """Have some articles and all receipts that nothing needs go for their age, a batch of each kind."""
    ids = [one for one in await live_ids(database) if chance.random() < 0.3]
    await arrived(database, 9, ids)  # type: ignore[arg-type] # UUIDs
    await changed(database, "UPDATE submissions SET finished_at = now() - interval '9 days'")
    await delete_old(database, Ages(8))
    await forget_receipts(database, 8)
    await forget_graves(database, 8)


@pytest.mark.parametrize("seed", range(2))
async def test_counts_equal_a_recount_whatever_goes_when(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(24):
        await one_step(database, chance)
        if number % 3 == 2:
            await fold_all(database)
            await one_round(database, chance)
            await assert_counts(database)
            await assert_sources(database)
    await fold_all(database)
    await assert_sources(database)


AGE_SOME = """
    UPDATE articles SET current_since = now() - interval '9 days'
    WHERE id IN (SELECT id FROM articles WHERE random() < 0.5 ORDER BY id FOR UPDATE)
"""
"""Locks in the order in which all others do."""


async def test_storing_is_never_doubled_while_tombstones_are_forgotten(database: Database) -> None:
    """Sends the same articles again and again while they age, go, and are forgotten; each is there once at most."""
    stop = asyncio.Event()

    async def send(seed: int) -> int:
        chance, stored = random.Random(seed), 0
        for _ in range(25):
            batch = [report(n, minutes=chance.random()) for n in chance.sample(range(12), 6)]
            async with database.transaction() as connection:
                await graves.hold_keys(connection)
                await submitted(connection, batch)
                stored += [one.outcome for one in await save(connection, batch)].count("stored")
        return stored

    async def sweep() -> None:
        while not stop.is_set():
            await changed(database, AGE_SOME)
            await fold_all(database)
            await delete_old(database, Ages(8))
            await changed(database, "UPDATE tombstones SET last_sent_at = now() - interval '9 days'")
            await forget_graves(database, 8)

    sweeping = asyncio.create_task(sweep())
    stored = await asyncio.gather(*(send(seed) for seed in range(3)))
    stop.set()
    await sweeping
    assert sum(stored) > 12
    doubled = "SELECT count(*) FROM (SELECT FROM articles GROUP BY url HAVING count(*) > 1) twice"
    assert await value(database, doubled) == 0
    keyless = (
        "SELECT count(*) FROM articles a WHERE (SELECT count(*) FROM article_keys k WHERE k.article_id = a.id) <> 2"
    )
    assert await value(database, keyless) == 0
    await assert_counts(database)
