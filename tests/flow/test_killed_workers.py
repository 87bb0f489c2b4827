"""Workers are killed while they work; nothing accepted is lost, nothing is doubled."""

import asyncio
import random
import signal
import time

import httpx
import pytest
from sqlalchemy import text

from app.db import Database
from app.extraction import Pipeline
from tests.running import a_worker, ended, http, kill, post, worker_process
from tests.store.test_linker import linked
from tests.store.test_source_counts import assert_sources
from tests.store.test_topic_counts import assert_counts

ARTICLES = 240


def story(number: int) -> str:
    """Give an article that no other is like."""
    return (
        f"Report number {number} from the coast\nBy Maren Holt\n2025-03-{number % 28 + 1:02d}\n\n"
        f"The lighthouse keeper counted {number} ships and {number * 7} gulls before noon, which is more than usual.\n"
    )


async def claims(database: Database) -> int:
    """Count how often a submission was claimed."""
    async with database.reading() as connection:
        return int(await connection.scalar(text("SELECT sum(attempts) FROM submissions")) or 0)


async def seen(client: httpx.AsyncClient, pid: int) -> None:
    """Wait until a worker gives a sign of life; from before that on it hears signals."""
    while not any(  # noqa: ASYNC110 - another process gives it
        one["name"].endswith(f":{pid}") for one in (await client.get("/readyz")).json()["workers"]
    ):
        await asyncio.sleep(0.05)


async def all_ended(client: httpx.AsyncClient, seconds: float) -> None:
    """Wait until nothing is queued or processed any more."""
    deadline = time.monotonic() + seconds
    while True:
        open_receipts = [
            (await client.get(f"/v1/receipts?state={state}&limit=1")).json()["items"]
            for state in ("queued", "processing")
        ]
        if not any(open_receipts):
            return
        assert time.monotonic() < deadline, open_receipts
        await asyncio.sleep(0.1)


@pytest.mark.timeout(180)
async def test_workers_killed_at_any_moment_lose_and_double_nothing(database_url: str, database: Database) -> None:
    chance = random.Random(20250303)
    async with http(database_url) as client:
        answers = await asyncio.gather(*(post(client, story(number)) for number in range(ARTICLES)))
        assert {answer.status_code for answer in answers} == {202}
        for _ in range(5):
            before = await claims(database)
            workers = [worker_process(database_url, claim_batch=8) for _ in range(2)]
            while await claims(database) == before:  # noqa: ASYNC110 - another process makes them
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.3 * chance.random())
            for worker in workers:
                kill(worker)
        last = worker_process(database_url)
        try:
            await seen(client, last.pid)
            await all_ended(client, 90)
        finally:
            assert kill(last, signal.SIGTERM) == 0
        receipts = [(await client.get(f"/v1/receipts/{answer.json()['id']}")).json() for answer in answers]
    assert {receipt["state"] for receipt in receipts} == {"done"}
    outcomes = [item["outcome"] for receipt in receipts for item in receipt["items"]]
    assert outcomes == ["stored"] * ARTICLES
    await linked(database)
    async with database.reading() as connection:
        told = (await connection.execute(text("SELECT seq, kind, article_id FROM changes ORDER BY seq"))).all()
        assert [entry.seq for entry in told] == list(range(1, len(told) + 1))
        assert len({entry.article_id for entry in told if entry.kind == "created"}) == ARTICLES
        assert [entry.kind for entry in told].count("created") == ARTICLES
        assert await connection.scalar(text("SELECT count(*) FROM articles")) == ARTICLES
        assert await connection.scalar(text("SELECT sum(count) FROM sightings")) == ARTICLES
        assert await connection.scalar(text("SELECT count(*) FROM article_authors")) == ARTICLES
    await assert_counts(database)
    await assert_sources(database)


async def test_sigterm_lets_a_worker_end_what_it_has_in_hand(database_url: str) -> None:
    async with http(database_url) as client:
        answers = [await post(client, story(number)) for number in range(40)]
        worker = worker_process(database_url, claim_batch=8, lease_seconds=60)
        await ended(client, answers[0].json()["id"])
        assert kill(worker, signal.SIGTERM) == 0
        states = {(await client.get(f"/v1/receipts/{answer.json()['id']}")).json()["state"] for answer in answers}
    assert "processing" not in states


async def test_several_workers_share_the_work_and_double_nothing(database_url: str, database: Database) -> None:
    async with (
        http(database_url) as client,
        a_worker(database_url, claim_batch=4),
        a_worker(database_url, claim_batch=4),
    ):
        texts = [story(number % 20) for number in range(60)]
        answers = await asyncio.gather(*(post(client, text, Prefer="wait=30") for text in texts))
    outcomes = sorted(answer.json()["items"][0]["outcome"] for answer in answers)
    assert outcomes == ["stored"] * 20 + ["unchanged"] * 40
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM articles")) == 20
        assert await connection.scalar(text("SELECT sum(count) FROM sightings")) == 60


async def test_an_item_that_kills_its_process_costs_none_of_its_mates(database_url: str) -> None:
    poisoned = Pipeline("tests.poison:process", "tests.poison:fallback")
    bodies = [story(1), "CRASH both ways", story(2), "RAISE each time", story(3), "CRASH but the fallback works"]
    async with (
        http(database_url) as client,
        a_worker(database_url, poisoned, item_seconds=3, max_failures=2, lease_seconds=60),
    ):
        answers = [await post(client, body) for body in bodies]
        receipts = [await ended(client, answer.json()["id"], 60) for answer in answers]
        states = [receipt["state"] for receipt in receipts]
        assert states == ["done", "quarantined", "done", "quarantined", "done", "done"]
        spared = receipts[5]["items"][0]["article_id"]
        assert (await client.get(f"/v1/articles/{spared}")).json()["processing"] == "fallback"
        held = (await client.get("/v1/quarantine?total=true")).json()
        assert held["total"]["count"] == len(held["items"]) == 4
        assert any("ValueError: poison" in str(entry["error"]) for entry in held["items"])


async def test_what_failed_is_tried_again_on_request(database_url: str) -> None:
    async with http(database_url) as client:
        async with a_worker(database_url, Pipeline("tests.poison:process", "tests.poison:fallback"), max_failures=1):
            body = '{"content": "RAISE each time"}\n{"content": "A calm day at the harbour, said the keeper."}\n'
            receipt = (await post(client, body, "application/x-ndjson")).json()
            receipt = await ended(client, receipt["id"])
            assert (receipt["state"], [item["outcome"] for item in receipt["items"]]) == ("done", ["failed", "stored"])
            calm = receipt["items"][1]["article_id"]
            assert (await client.post(f"/v1/receipts/{receipt['id']}/replay")).status_code == 202
            await ended(client, receipt["id"])
        async with a_worker(database_url):
            assert (await client.post(f"/v1/receipts/{receipt['id']}/replay")).status_code == 202
            receipt = await ended(client, receipt["id"])
        assert [item["outcome"] for item in receipt["items"]] == ["stored", "stored"]
        assert receipt["items"][1]["article_id"] == calm
        assert (await client.post(f"/v1/receipts/{receipt['id']}/replay")).status_code == 409
        assert (await client.get("/v1/quarantine")).json()["items"] == []
