"""How an attempt ends: decided apart from the store, and what the store refuses is held back alone."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from app.db import Database
from app.extraction import Broken, Done, Extracted, Pipeline, Refused
from app.extractor import Extractor
from app.formats.read import hints_of
from app.queue.claims import Claimed
from app.queue.retry import RetryPolicy
from app.verdict import Processed, judge, not_stored, printable
from app.worker import Worker
from tests.builders import NOON, an_article
from tests.processing_again import asked
from tests.running import a_worker, ended, http, post, settings_for

POLICY = RetryPolicy(base=1.0, cap=60.0, most=2)


def claimed(**others: Any) -> Claimed:
    """Give a claimed submission."""
    given: dict[str, Any] = {"failures": 0, "alone": False, "pending": None} | others
    return Claimed(uuid7(), datetime(2026, 3, 14, tzinfo=UTC), NOON, "text/plain", b"x", {}, **given)


GOOD, NONE, BAD = Done(0, None, an_article()), Refused(1, (3, 9), "blank"), Broken(2, None, "poison")


@pytest.mark.parametrize(
    ("results", "failures", "partly_done", "state", "outcomes"),
    [
        ([GOOD], 0, False, "done", []),
        ([NONE], 0, False, "done", ["rejected"]),
        ([GOOD, NONE, BAD], 0, False, "queued", ["rejected"]),
        ([GOOD, NONE, BAD], 1, False, "done", ["rejected", "failed"]),
        ([BAD], 1, False, "quarantined", ["failed"]),
        ([BAD], 1, True, "done", ["failed"]),
    ],
)
def test_what_came_out_is_kept_and_what_broke_is_tried_again(
    results: list[Extracted],
    failures: int,
    partly_done: bool,  # noqa: FBT001 - a column of the table above
    state: str,
    outcomes: list[str],
) -> None:
    verdict = judge(Processed(claimed(failures=failures, partly_done=partly_done), results), POLICY, NOON)
    assert verdict.ending.state == state
    assert [item.outcome for item in verdict.items] == outcomes
    assert len(verdict.arrivals) == (GOOD in results)
    if state == "queued":
        assert verdict.ending.pending == (2,)
        assert timedelta(0) < verdict.ending.pause <= timedelta(seconds=1)


def test_an_article_under_embargo_stays_in_the_queue_until_its_time() -> None:
    held = Done(1, None, replace(an_article(), embargoed_until=NOON + timedelta(hours=2)))
    over = Done(3, None, replace(an_article(), embargoed_until=NOON - timedelta(hours=2)))
    verdict = judge(Processed(claimed(), [GOOD, held, over]), POLICY, NOON)
    assert (verdict.ending.state, verdict.ending.pending) == ("queued", (1,))
    assert verdict.ending.pause == timedelta(hours=2)
    assert [arrival.position for arrival in verdict.arrivals] == [0, 3]
    failing = judge(Processed(claimed(failures=1), [BAD, held]), POLICY, NOON)
    assert (failing.ending.state, failing.ending.pending) == ("queued", (1,))
    assert [item.outcome for item in failing.items] == ["failed"]
    trying = judge(Processed(claimed(), [BAD, held]), POLICY, NOON)
    assert trying.ending.pending == (2, 1)


def test_what_there_was_no_time_for_goes_on_behind_what_waits() -> None:
    some = judge(Processed(claimed(first=3), [GOOD, NONE], frozenset({4, 9, 0})), POLICY, NOON)
    assert (some.ending.state, some.ending.pending, some.ending.pause) == ("queued", (4, 9, 0), timedelta(0))
    assert (some.ending.failures, some.ending.begun, len(some.arrivals), len(some.items)) == (0, True, 1, 1)
    none = judge(Processed(claimed(failures=1), [], None), POLICY, NOON)
    assert (none.ending.begun, none.ending.pending, none.ending.failures) == (False, None, 1)
    broken = judge(Processed(claimed(), [BAD], frozenset({4})), POLICY, NOON)
    assert (broken.ending.pending, broken.ending.failures) == ((4, 2), 1)
    given_up = judge(Processed(claimed(failures=1), [BAD], frozenset({4})), POLICY, NOON)
    assert (given_up.ending.pending, given_up.ending.failures) == ((4,), 0)
    assert [item.outcome for item in given_up.items] == ["failed"]


def test_a_submission_of_embargoes_alone_goes_on_now_and_then() -> None:
    held = Done(1, None, replace(an_article(), embargoed_until=NOON + timedelta(days=2)))
    verdict = judge(Processed(claimed(), [held], frozenset({4})), POLICY, NOON)
    assert (verdict.ending.pending, verdict.ending.pause) == ((4, 1), timedelta(minutes=1))
    mixed = judge(Processed(claimed(), [held, GOOD], frozenset({4})), POLICY, NOON)
    assert (mixed.ending.pending, mixed.ending.pause) == ((4, 1), timedelta(0))


def test_what_the_store_refuses_is_a_failure_of_its_articles() -> None:
    first = judge(Processed(claimed(), [GOOD, NONE]), POLICY, NOON)
    again = not_stored(first, "bad\x00row", POLICY)
    assert (again.ending.state, again.ending.failures, again.ending.pending, again.arrivals) == ("queued", 1, (0,), ())
    last = not_stored(judge(Processed(claimed(failures=1), [GOOD]), POLICY, NOON), "bad row", POLICY)
    assert (last.ending.state, [item.outcome for item in last.items]) == ("quarantined", ["failed"])
    broke = judge(Processed(claimed(), [GOOD], frozenset({4}), "extraction hung"), POLICY, NOON)
    assert not_stored(broke, "bad row", POLICY).ending.alone
    sliced = not_stored(judge(Processed(claimed(), [GOOD], frozenset({4})), POLICY, NOON), "bad row", POLICY)
    assert (sliced.ending.pending, sliced.ending.failures) == ((0, 4), 1)


def test_what_was_not_tried_yet_goes_on_where_the_store_refused_others_for_good() -> None:
    sliced = judge(Processed(claimed(failures=1), [GOOD, NONE], frozenset({4, 9})), POLICY, NOON)
    verdict = not_stored(sliced, "bad row", POLICY)
    assert (verdict.ending.state, verdict.ending.pending, verdict.ending.failures) == ("queued", (4, 9), 0)
    assert [(item.position, item.outcome) for item in verdict.items] == [(1, "rejected"), (0, "failed")]
    assert verdict.arrivals == ()


def test_what_broke_its_process_goes_on_alone_and_keeps_what_came_out_before() -> None:
    whole = judge(Processed(claimed(), [], None, "extraction hung"), POLICY, NOON).ending
    assert (whole.state, whole.alone, whole.begun, whole.pending, whole.failures) == ("queued", True, False, None, 0)
    some = judge(Processed(claimed(), [GOOD, NONE], frozenset({4, 9}), "extraction hung"), POLICY, NOON)
    assert (some.ending.alone, some.ending.begun, some.ending.pending) == (True, True, (4, 9))
    assert (len(some.arrivals), len(some.items)) == (1, 1)
    failing = judge(Processed(claimed(), [BAD], frozenset({4}), "extraction hung"), POLICY, NOON)
    assert (failing.ending.alone, failing.ending.pending, failing.ending.failures) == (True, (4, 2), 1)


@pytest.mark.parametrize(
    ("pending", "partly_done", "state", "failed"),
    [(None, False, "quarantined", [0]), (frozenset({7, 4}), True, "done", [4, 7])],
)
def test_what_cannot_be_read_alone_either_fails_whole_and_forgets_no_item(
    pending: frozenset[int] | None,
    partly_done: bool,  # noqa: FBT001 - a column of the table above
    state: str,
    failed: list[int],
) -> None:
    submission = claimed(alone=True, pending=pending, partly_done=partly_done)
    again = judge(Processed(submission, [], pending, "extraction crashed"), POLICY, NOON).ending
    assert (again.state, again.failures, again.error) == ("queued", 1, "extraction crashed")
    assert again.pending == (tuple(sorted(pending)) if pending else None)
    last = judge(Processed(replace(submission, failures=1), [], pending, "extraction crashed"), POLICY, NOON)
    assert (last.ending.state, [item.position for item in last.items]) == (state, failed)
    assert {(item.outcome, item.reason) for item in last.items} == {("failed", "extraction crashed")}


def test_an_error_is_made_fit_to_store() -> None:
    assert printable("a\x00b\ud800") == "ab?"
    assert len(printable("x" * 9000)) == 2000


def test_hints_are_what_the_query_said() -> None:
    assert hints_of({"source": "a.example", "timezone": "Europe/Oslo"}).timezone == "Europe/Oslo"


async def test_an_article_that_the_store_cannot_hold_costs_none_of_its_mates(database_url: str) -> None:
    unfit = Pipeline("tests.poison:unfit", "tests.poison:fallback")
    bodies = [
        "A calm day at the harbour, said the keeper.",
        "NUL in the title",
        "Another calm day, he said, and a third.",
    ]
    async with http(database_url) as client:
        answers = [await post(client, body) for body in bodies]
        async with a_worker(database_url, unfit, max_failures=2, lease_seconds=60):
            receipts = [await ended(client, answer.json()["id"]) for answer in answers]
    assert [receipt["state"] for receipt in receipts] == ["done", "quarantined", "done"]
    assert [receipt["attempts"] for receipt in receipts] == [1, 2, 1]


async def test_a_worker_outlives_its_store(database_url: str, database: Database) -> None:
    async with http(database_url) as client, a_worker(database_url):
        await ended(client, (await post(client, "A calm day at the harbour, said the keeper.")).json()["id"])
        async with database.reading() as connection:
            await connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        for _ in range(3):
            answer = await post(client, f"A day after the storm, number {uuid4()}.")
            if answer.status_code == 202:
                break
        while (await client.get("/v1/topics")).status_code == 503:  # noqa: ASYNC110 - the pool has no event for it
            await asyncio.sleep(0.1)
        receipt = await ended(client, answer.json()["id"])
    assert receipt["items"][0]["outcome"] == "stored"


async def test_a_worker_that_is_stopped_as_it_stores_ends(database_url: str, database: Database) -> None:
    async with Extractor(settings_for(database_url)) as extractor:
        worker = Worker(database, extractor, settings_for(database_url))
        keeping = asyncio.create_task(worker.keep_feed())
        await asyncio.sleep(0.3)  # it waits for something to be stored
        worker.stored.set()
        keeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(keeping, 10)


async def until(database: Database, condition: str) -> None:
    """Wait until something is so in the store."""
    deadline = time.monotonic() + 60
    while not await asked(database, f"SELECT {condition}"):
        assert time.monotonic() < deadline, condition
        await asyncio.sleep(0.05)


OF_OURS = "FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%INTO ' || 'articles%'"
"""The server is shared with other tests."""
STORING = f"EXISTS (SELECT {OF_OURS} AND wait_event_type = 'Lock')"
CUT = text(f"SELECT pg_terminate_backend(pid) {OF_OURS} AND pid <> pg_backend_pid()")


async def test_a_batch_is_extracted_while_the_one_before_is_stored(database_url: str, database: Database) -> None:
    async with a_worker(database_url, claim_batch=1, lease_seconds=30), http(database_url) as client:
        async with database.transaction() as connection:
            await connection.execute(text("LOCK TABLE articles IN SHARE MODE"))
            told = [
                f"{what} reopens\n\nThe {what} of Port Ellery was calm." for what in ("Crane", "Ferry", "Tide gate")
            ]
            receipts = [(await post(client, one)).json()["id"] for one in told]
            await until(database, STORING)
            await until(database, "count(*) = 2 FROM submissions WHERE state = 'processing'")
            assert await asked(database, "SELECT count(*) FROM submissions WHERE state = 'queued'") == 1
        assert [(await ended(client, receipt))["items"][0]["outcome"] for receipt in receipts] == ["stored"] * 3


async def test_a_store_that_is_away_as_a_batch_is_stored_costs_no_attempt(
    database_url: str, database: Database
) -> None:
    async with a_worker(database_url, lease_seconds=60), http(database_url) as client:
        async with database.transaction() as connection:
            await connection.execute(text("LOCK TABLE articles IN SHARE MODE"))
            receipt = (await post(client, "Harbour news\n\nA calm day.")).json()["id"]
            for _ in range(2):
                await until(database, STORING)
                await connection.execute(CUT)
        assert (await ended(client, receipt))["items"][0]["outcome"] == "stored"
    assert await asked(database, "SELECT attempts FROM submissions") == 1
