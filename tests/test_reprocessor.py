"""Workers reprocess what is stored in the background: at a rate, whatever an item does, and whoever of them is killed."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app import reprocess, reprocessor
from app.db import Database
from app.errors import StartError
from app.extraction import Pipeline
from app.pipeline.article import Article
from app.pipeline.run import PIPELINE_VERSION
from app.queue import reprocessings
from app.queue.reprocessings import Reprocessing, Wish
from app.reprocessor import Reprocessor, slice_size
from app.store.candidates import Filters
from tests.processing_again import asked, story, taken_in
from tests.running import a_worker, http, kill, post, settings_for, worker_process
from tests.store.test_topic_counts import assert_counts

WISH = Wish(Filters(), PIPELINE_VERSION, dry_run=False, rate=None, most_examples=1)


def outdated(article: Article) -> Article:
    """Give an article as a pipeline made it that did not read its author."""
    return replace(article, authors=(), field_hash=b"old", pipeline_version="1")


async def begun(url: str, **changed: Any) -> Reprocessing:
    """Begin a run."""
    return await reprocess.begin(url, settings_for(url), replace(WISH, **changed))


async def done(url: str, run: Reprocessing) -> Reprocessing:
    """Wait for the end of a run."""
    return await asyncio.wait_for(reprocess.follow(url, settings_for(url), run.id), 60)


async def a_snapshot(database: Database) -> None:
    """Make an empty snapshot of the archive's words."""
    async with database.transaction() as connection:
        await connection.execute(text("INSERT INTO backgrounds (articles, usage) VALUES (0, '{}')"))


@asynccontextmanager
async def a_reprocessor(database: Database, pipeline: Pipeline | None = None) -> AsyncIterator[Reprocessor]:
    """Run a reprocessor alone, without a worker around it."""
    one = Reprocessor(database, settings_for(database.url), pipeline or Pipeline())
    running = asyncio.create_task(one.run())
    try:
        yield one
    finally:
        running.cancel()
        await asyncio.wait_for(asyncio.wait([running]), 30)


async def until(database: Database, condition: str, seconds: float = 60) -> None:
    """Wait until something is so in the store."""
    deadline = time.monotonic() + seconds
    while not await asked(database, f"SELECT {condition} FROM reprocessings ORDER BY id DESC LIMIT 1"):  # noqa: S608 - a test's own
        assert time.monotonic() < deadline, condition
        await asyncio.sleep(0.05)


async def test_a_run_is_seen_through_beside_live_work_and_told(database_url: str, database: Database) -> None:
    for number in range(40):
        await taken_in(database, story(number), older=outdated)
    async with a_worker(database_url), http(database_url) as client:
        dry = await done(database_url, await begun(database_url, dry_run=True))
        assert dry.tally.outcomes == {"changed": 40}
        assert await asked(database, "SELECT count(*) FROM article_revisions") == 0
        await a_snapshot(database)
        await a_snapshot(database)
        run = await begun(database_url, background=1)
        assert (await post(client, story(41), Prefer="wait=20")).json()["items"][0]["outcome"] == "stored"
        found = await done(database_url, run)
    assert await asked(database, "SELECT count(*) FROM articles WHERE background = 1 AND revision = 2") == 40
    assert (found.state, found.articles, found.tally.served) == ("done", 40, {"authors": 40})
    lines = list(reprocess.report(found))
    assert "40 of 40 articles" in lines[0]
    assert lines[1].split()[:2] == ["40", "changed"]
    assert lines[-2:] == ["    - ", "    + Maren Holt"]
    assert next(reprocess.report(dry)).endswith("Nothing was changed.")
    await assert_counts(database)


async def test_a_second_run_is_refused_by_name_and_the_first_can_be_cancelled(
    database_url: str, database: Database
) -> None:
    settings = settings_for(database_url)
    with pytest.raises(StartError, match="Nothing has been reprocessed"):
        await reprocess.last(database_url, settings)
    await taken_in(database, story(1))
    run = await begun(database_url, dry_run=True, filters=Filters(source=("a.example",), topic="winter-pay"))
    with pytest.raises(StartError, match=f"dry run {run.id}.*source a.example; topic winter-pay.*0 of 0"):
        await begun(database_url)
    assert (await reprocess.cancel(database_url, settings)).state == "cancelled"
    with pytest.raises(StartError, match="Nothing is being"):
        await reprocess.cancel(database_url, settings)
    assert (await reprocess.last(database_url, settings)).id == run.id
    with pytest.raises(StartError, match="no snapshot 7"):
        await begun(database_url, background=7)
    with pytest.raises(StartError, match="no topic `unheard-of`"):
        await begun(database_url, filters=Filters(topic="unheard-of"))


async def test_a_cancelled_run_stops_where_it_stands(database_url: str, database: Database) -> None:
    for number in range(30):
        await taken_in(database, story(number), older=outdated)
    async with a_reprocessor(database):
        run = await begun(database_url, rate=5)
        await until(database, "(tally -> 'outcomes' ->> 'changed')::int > 0")
        await reprocess.cancel(database_url, settings_for(database_url))
        assert (await done(database_url, run)).state == "cancelled"
        changed = await asked(database, "SELECT count(*) FROM article_revisions")
        await asyncio.sleep(0.6)
    assert 0 < changed < 30
    assert await asked(database, "SELECT count(*) FROM article_revisions") == changed


async def test_the_rate_is_kept(database_url: str, database: Database) -> None:
    for number in range(30):
        await taken_in(database, story(number))
    async with a_reprocessor(database):
        before = time.monotonic()
        run = await begun(database_url, rate=15)
        await until(database, "(tally -> 'outcomes' ->> 'unchanged')::int > 0")
        began = time.monotonic()
        await done(database_url, run)
    assert time.monotonic() - before > 1.7
    assert time.monotonic() - began < 20
    assert [slice_size(replace(run, wish=replace(WISH, rate=rate))) for rate in (None, 0.1, 20, 900)] == [16, 1, 5, 16]


async def test_a_run_waits_for_workers_of_the_pipeline_that_it_was_begun_with(
    database_url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is while a new version of the program is rolled out: workers of the old one leave its run alone."""
    await taken_in(database, story(1), older=outdated)
    left: asyncio.Queue[Reprocessing | None] = asyncio.Queue()
    claim = reprocessings.claim

    async def seen(connection: AsyncConnection, token: UUID, version: str, lease: timedelta) -> Reprocessing | None:
        found = await claim(connection, token, version, lease)
        left.put_nowait(found)
        return found

    monkeypatch.setattr(reprocessings, "claim", seen)
    run = await begun(database_url, pipeline_version="next")
    async with a_reprocessor(database):
        assert [await left.get() for _ in range(3)] == [None] * 3
        monkeypatch.setattr(reprocessor, "PIPELINE_VERSION", "next")
        assert (await done(database_url, run)).tally.outcomes == {"changed": 1}


async def test_what_breaks_or_is_refused_costs_no_other_article(database_url: str, database: Database) -> None:
    bodies = [story(1), story(2), "CRASH but the fallback works", "RAISE each time", story(3)]
    for body in bodies:
        await taken_in(database, body, older=outdated)
    await taken_in(database, "NUL comes later, said the keeper.", older=outdated)
    async with a_reprocessor(database, Pipeline("tests.poison:process", "tests.poison:fallback")):
        found = await done(database_url, await begun(database_url))
    assert found.tally.outcomes == {"changed": 3, "broken": 1, "poorer": 1, "unchanged": 1}
    async with a_reprocessor(database, Pipeline("tests.poison:unfit", "tests.poison:fallback")):
        found = await done(database_url, await begun(database_url))
    assert found.tally.outcomes["broken"] == 1
    assert found.tally.seen == 6
    assert any("broken" in line for line in reprocess.report(found))


@pytest.mark.timeout(240)
async def test_killed_workers_lose_and_double_nothing(database_url: str, database: Database) -> None:
    for number in range(60):
        await taken_in(database, story(number), older=outdated)
    run = await begun(database_url, rate=30)
    for changed in (1, 25):
        worker = worker_process(database_url)
        await until(database, f"(tally -> 'outcomes' ->> 'changed')::int >= {changed}")
        kill(worker)
    async with a_worker(database_url), a_worker(database_url):
        found = await done(database_url, run)
    assert (found.tally.outcomes, found.tally.served) == ({"changed": 60}, {"authors": 60})
    assert await asked(database, "SELECT count(*) FROM article_revisions WHERE revision = 1") == 60
    assert await asked(database, "SELECT count(*) FROM articles WHERE revision = 2 AND authors = '{Maren Holt}'") == 60
    assert await asked(database, "SELECT sum(count) FROM sightings") == 60
    await assert_counts(database)


async def test_an_article_that_costs_one_worker_after_another_is_passed_over(
    database_url: str, database: Database
) -> None:
    for number in range(3):
        await taken_in(database, story(number), older=outdated)
    run = await begun(database_url)
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE reprocessings SET strikes = 3, careful = 16"))
    async with a_reprocessor(database):
        found = await done(database_url, run)
    assert found.tally.outcomes == {"broken": 1, "changed": 2}


async def test_live_submissions_that_wait_go_first(database_url: str, database: Database) -> None:
    await taken_in(database, story(1), older=outdated)
    submission = "UPDATE submissions SET state = :state, run_at = now() - interval '1 minute'"
    async with database.transaction() as connection:
        await connection.execute(text(submission), {"state": "queued"})
    async with a_reprocessor(database):
        run = await begun(database_url)
        await until(database, "lease_token IS NOT NULL")
        await asyncio.sleep(0.7)
        assert await asked(database, "SELECT tally FROM reprocessings") == {}
        async with database.transaction() as connection:
            await connection.execute(text(submission), {"state": "done"})
        assert (await done(database_url, run)).tally.outcomes == {"changed": 1}


async def test_trouble_is_waited_out_and_the_run_left_to_others(database_url: str, database: Database) -> None:
    await taken_in(database, story(1), older=outdated)
    run = await begun(database_url)
    async with a_reprocessor(database, Pipeline("tests.dawdling:UNLOADABLE", "tests.poison:fallback")):
        await until(database, "lease_token IS NOT NULL")
        await until(database, "lease_token IS NULL")
    async with a_reprocessor(database):
        for old, new in (("reprocessings", "away"), ("away", "reprocessings")):
            async with database.transaction() as connection:
                await connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))
            await asyncio.sleep(0.3)
        found = await done(database_url, run)
    assert (found.tally.outcomes, found.strikes) == ({"changed": 1}, 0)
