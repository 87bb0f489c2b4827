"""Workers let go what is too old: beside live work, one at a time, by whole batches whoever is killed."""

import asyncio
import os
import subprocess
import sys
import time
from typing import Any

import pytest
from pydantic import ValidationError

from app import reprocess
from app.db import Database
from app.pipeline.run import PIPELINE_VERSION
from app.queue.reprocessings import Wish
from app.retention import Retention, ages_of
from app.retention_report import due, gone
from app.settings import Settings
from app.store import graves, retention
from app.store.candidates import Filters
from app.store.retention import Ages
from tests.conftest import fresh_database
from tests.processing_again import asked, story, taken_in
from tests.running import a_worker, ended, http, kill, post, service, settings_for, worker_process
from tests.store.test_retention import POST, arrived, changed, report
from tests.store.test_retention import ended as ended_submission
from tests.store.test_save import kept
from tests.store.test_source_counts import assert_sources
from tests.store.test_topic_counts import assert_counts, fold_all

DELETED = "SELECT count(*) FROM (SELECT article_id FROM changes WHERE kind = 'deleted' UNION ALL SELECT article_id FROM change_outbox WHERE kind = 'deleted') told"


def applying(database: Database, **ages: Any) -> Retention:
    """Give what applies these settings."""
    return Retention(database, settings_for(database.url, **ages))


async def old_articles(database: Database, number: int) -> None:
    """Store articles in batches, and let them have arrived 40 days ago."""
    for start in range(0, number, 100):
        saved = await kept(database, *(report(n) for n in range(start, min(start + 100, number))))
        await arrived(database, 40, [one.article_id for one in saved])
    await fold_all(database)


def test_settings_say_how_long_articles_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ages_of(Settings()) == Ages(0, {})
    monkeypatch.setenv("DATELINE_KEEP_ARTICLES_DAYS_BY_SOURCE", '{"ellery-wire.example": 30, "": null}')
    monkeypatch.setenv("DATELINE_KEEP_ARTICLES_DAYS", "400")
    assert ages_of(Settings()) == Ages(400, {"ellery-wire.example": 30, "": 0})
    for wrong in ("30", "{30}", '{"a": -1}', '{"a": 40000}'):
        monkeypatch.setenv("DATELINE_KEEP_ARTICLES_DAYS_BY_SOURCE", wrong)
        with pytest.raises(ValidationError, match="keep_articles_days_by_source"):
            Settings()


async def test_nothing_goes_unless_it_is_asked_for(database: Database) -> None:
    await old_articles(database, 3)
    await applying(database).go_round()
    assert await asked(database, "SELECT count(*) FROM articles") == 3
    assert applying(database).steps == ()


async def test_an_article_that_went_by_its_age_is_gone_for_its_readers(database_url: str, database: Database) -> None:
    body = "A calm day at the harbour of Port Ellery, said its keeper on Saturday morning."
    async with service(database_url) as client:
        receipt = (await post(client, body, Prefer="wait=30")).json()
        article_id = receipt["items"][0]["article_id"]
        await changed(database, "UPDATE articles SET current_since = now() - interval '40 days'")
        await changed(
            database, "UPDATE submissions SET received_at = now() - interval '40 days', finished_at = received_at"
        )
        await fold_all(database)
        await applying(database, keep_articles_days=30).go_round()
        for path in ("", "/raw", "/revisions"):
            assert (await client.get(f"/v1/articles/{article_id}{path}")).status_code == 410
        assert (await client.get("/v1/articles")).json()["items"] == []
        assert (await client.delete(f"/v1/articles/{article_id}")).status_code == 410
        assert (await post(client, body, Prefer="wait=30")).json()["items"][0]["outcome"] == "deleted"
        deadline = time.monotonic() + 30
        while (entries := (await client.get("/v1/changes?wait=5")).json()["items"])[-1]["kind"] != "deleted":
            assert time.monotonic() < deadline
        assert [entry["article_id"] for entry in entries] == [article_id] * 2
        await changed(database, "UPDATE submissions SET finished_at = received_at")
        await applying(database, keep_receipts_days=30).go_round()
        for answer in (
            await client.get(f"/v1/receipts/{receipt['id']}"),
            await client.post(f"/v1/receipts/{receipt['id']}/replay"),
        ):
            assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_bytes_that_go_before_their_article_are_missed_politely(database_url: str, database: Database) -> None:
    [article_id] = await taken_in(database, story(1))
    await taken_in(database, story(2))
    failed = await asked(database, "SELECT submission_id FROM articles ORDER BY id LIMIT 1")
    await changed(database, "UPDATE submissions SET finished_at = now() - interval '9 days' WHERE id = :id", id=failed)
    await changed(
        database,
        "INSERT INTO submission_items (submission_id, position, outcome, reason) VALUES (:id, 7, 'failed', 'poison')",
        id=failed,
    )
    await applying(database, keep_bodies_days=8).go_round()
    async with http(database_url) as client, a_worker(database_url):
        assert (await client.get(f"/v1/articles/{article_id}")).status_code == 200
        assert (await client.get(f"/v1/articles/{article_id}/raw")).status_code == 410
        assert (await client.post(f"/v1/receipts/{failed}/replay")).status_code == 409
        assert (await client.get("/v1/quarantine")).json()["items"][0]["receipt_id"] == str(failed)
        wish = Wish(Filters(), PIPELINE_VERSION, dry_run=True, rate=None, most_examples=0)
        run = await reprocess.begin(database_url, settings_for(database_url), wish)
        run = await asyncio.wait_for(reprocess.follow(database_url, settings_for(database_url), run.id), 60)
    assert (run.articles, run.tally.seen) == (1, 1)


async def test_the_feed_is_compacted_and_says_so(database_url: str, database: Database) -> None:
    async with service(database_url) as client:
        for number in range(2):
            await post(client, story(number), Prefer="wait=30")
        deadline = time.monotonic() + 30
        while await asked(database, "SELECT linked_seq < 2 FROM change_feed"):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
        await changed(database, "UPDATE changes SET at = now() - interval '40 days' WHERE seq = 1")
        round_made = applying(database, keep_changes_days=30)
        await round_made.go_round()
        assert round_made.gone["changes"] == 1
        assert (await client.get("/v1/changes?since=0")).status_code == 410
        assert [entry["seq"] for entry in (await client.get("/v1/changes?since=1")).json()["items"]] == [2]


@pytest.mark.parametrize("held", [True, False])
async def test_one_applies_it_at_a_time(database: Database, *, held: bool) -> None:
    await old_articles(database, 30)
    rounds = [applying(database, keep_articles_days=30) for _ in range(3)]
    if held:
        async with database.transaction() as connection:
            assert await retention.try_alone(connection)
            await rounds[0].go_round()
        assert await asked(database, "SELECT count(*) FROM articles") == 30
    else:
        await asyncio.gather(*(one.go_round() for one in rounds))
        assert sum(one.gone["articles"] for one in rounds) == await asked(database, DELETED) == 30
        await assert_counts(database)


async def test_a_round_begins_once_an_hour_whoever_begins_it(database: Database) -> None:
    async def begun() -> bool:
        async with database.transaction() as connection:
            return await retention.begin_round(connection, 3600)

    assert sorted(await asyncio.gather(*(begun() for _ in range(3)))) == [False, False, True]
    await changed(database, "UPDATE retention_rounds SET begun_at = now() - interval '61 minutes'")
    assert await begun()
    assert not await begun()


async def test_it_gives_way_while_live_submissions_wait(database: Database) -> None:
    await old_articles(database, 3)
    await changed(
        database,
        "INSERT INTO submissions (id, content_type, body, body_bytes, hints, run_at) "
        "VALUES (gen_random_uuid(), 'text/plain', 'x', 1, '{}', now() - interval '1 minute')",
    )
    going = asyncio.create_task(applying(database, keep_articles_days=30).go_round())
    await asyncio.sleep(1.0)
    assert await asked(database, "SELECT count(*) FROM articles") == 3
    await changed(database, "UPDATE submissions SET state = 'done' WHERE state = 'queued'")
    await asyncio.wait_for(going, 30)
    assert await asked(database, "SELECT count(*) FROM articles") == 0


async def test_articles_are_stored_while_a_round_goes_on(
    database_url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Live articles, new ones and those that are about to go, are stored by two workers meanwhile; none fails."""
    monkeypatch.setattr(retention, "MOST_ARTICLES", 20)
    await old_articles(database, 400)
    async with http(database_url) as client, a_worker(database_url), a_worker(database_url):
        going = asyncio.create_task(applying(database, keep_articles_days=30).go_round())
        outcomes = []
        number = 0
        while not going.done() or number < 60:
            bodies = [story(number), story(number + 1)]
            answers = await asyncio.gather(*(post(client, body, Prefer="wait=30") for body in bodies))
            outcomes += [answer.json()["items"][0]["outcome"] for answer in answers]
            again = await kept(database, *(report(n) for n in range(number % 400, number % 400 + 2)))
            assert {one.outcome for one in again} <= {"unchanged", "deleted"}
            number += 2
        await going
        assert set(outcomes) == {"stored"}
    assert await asked(database, "SELECT count(*) FROM articles") == len(outcomes)
    assert await asked(database, DELETED) == 400
    await assert_counts(database)
    await assert_sources(database)


async def test_workers_store_nothing_while_keys_are_forgotten(database_url: str, database: Database) -> None:
    async with service(database_url) as client:
        async with database.transaction() as connection:
            await graves.forget(connection, [], 90)
            receipt = (await post(client, story(1), Prefer="wait=2")).json()
            assert receipt["state"] == "processing"
        assert (await ended(client, receipt["id"]))["items"][0]["outcome"] == "stored"


@pytest.mark.timeout(180)
async def test_a_worker_that_is_killed_in_the_middle_loses_and_doubles_nothing(
    database_url: str, database: Database
) -> None:
    await old_articles(database, 1500)
    await kept(database, *(report(n) for n in range(2000, 2010)))
    await changed(database, "UPDATE articles SET current_since = now() WHERE url LIKE '%/20__'")
    worker = worker_process(database_url, keep_articles_days=30)
    try:
        deadline = time.monotonic() + 60
        while await asked(database, "SELECT count(*) FROM articles") == 1510:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
    finally:
        kill(worker)
    left = await asked(database, "SELECT count(*) FROM articles")
    assert 10 < left < 1510
    assert await asked(database, DELETED) == await asked(database, "SELECT count(*) FROM tombstones") == 1510 - left
    await assert_counts(database)
    await applying(database, keep_articles_days=30).go_round()
    assert await asked(database, "SELECT count(*) FROM articles") == 10
    assert await asked(database, DELETED) == await asked(database, "SELECT count(*) FROM tombstones") == 1500
    assert await asked(database, "SELECT count(*) FROM submissions WHERE body IS NOT NULL") == 10
    await assert_counts(database)
    async with http(database_url) as client, a_worker(database_url):
        receipt = (await post(client, story(1))).json()
        assert (await ended(client, receipt["id"]))["items"][0]["outcome"] == "stored"


async def test_a_fault_ends_neither_the_worker_nor_the_rounds(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await old_articles(database, 3)
    monkeypatch.setattr("app.retention.LOOK_SECONDS", 0.05)
    monkeypatch.setattr("app.retention.EVERY_SECONDS", 0.05)
    await changed(database, "ALTER TABLE tombstones RENAME TO away")
    keeping = asyncio.create_task(applying(database, keep_articles_days=30).keep())
    await asyncio.sleep(0.5)
    assert not keeping.done()
    await changed(database, "ALTER TABLE away RENAME TO tombstones")
    deadline = time.monotonic() + 30
    while await asked(database, "SELECT count(*) FROM articles"):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    keeping.cancel()
    await asyncio.wait([keeping], timeout=30)


async def test_the_command_says_what_would_go_and_lets_it_go(database_url: str, database: Database) -> None:
    await old_articles(database, 3)
    await ended_submission(database, 40)
    wanted = {"keep_articles_days": 60, "keep_receipts_days": 30, "keep_bodies_days": 30, "keep_changes_days": 30}
    settings = settings_for(database_url, **wanted, keep_articles_days_by_source={POST: 30})
    dry = ["        3  articles", f"           3  {POST}", "        1  submissions' bytes", "        1  receipts"]
    assert await due(database_url, settings) == dry
    assert await gone(database_url, settings) == [dry[0], *dry[2:]]
    assert await due(database_url, settings) == await gone(database_url, settings) == ["Nothing is too old."]


def test_the_command_line_reads_the_settings() -> None:
    environment = os.environ | {"DATELINE_KEEP_ARTICLES_DAYS": "30"}
    with fresh_database() as url:
        for options in (["--dry-run"], []):
            command = [sys.executable, "-m", "app", "retention", *options, "--database-url", url]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            assert (done.returncode, done.stdout) == (0, "Nothing is too old.\n"), done.stderr
