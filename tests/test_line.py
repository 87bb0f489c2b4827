"""The line apart: who has its turn there, and what becomes of what it cannot go on with."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import text

from app import line
from app.db import Database
from app.extraction import Broken, Job, Part, Pipeline
from app.extractor import Extractor
from app.line import LineApart, breach_of
from app.queue import turns
from app.queue.retry import RetryPolicy
from app.results import Results
from app.settings import Settings
from app.suspects import Suspects
from app.verdict import Processed
from app.walled import NotStarted
from tests.running import a_worker, http, post, settings_for
from tests.store.test_claims import claim, party_of, queue, set_alone
from tests.test_worker import GOOD, claimed, until

HANGING = Pipeline("tests.poison:process", "tests.poison:process")


def line_apart(database: Database, extractor: Extractor, suspects: Suspects, **others: int) -> LineApart:
    """Give a line apart that nobody runs."""
    settings = settings_for(database.url, **others)
    results = Results(database, extractor, RetryPolicy(1.0, 1.0, 3), 10)
    return LineApart(settings, extractor, results, suspects, asyncio.Event())


async def test_what_is_alone_and_both_lanes_of_who_is_apart_have_their_turns(database: Database) -> None:
    await queue(database, 16, source="alone.example")
    await set_alone(database)
    for lane in turns.LANES:
        await queue(database, 32, source="suspect.example", lane=lane)
    suspects = Suspects()
    suspects.accuse(await party_of(database, "suspect.example"))
    apart = line_apart(database, Extractor(Settings()), suspects, claim_batch=1)
    found: Counter[str] = Counter()
    for number in range(1, 33):
        async with database.transaction() as connection:
            [one] = await apart.claim(connection, uuid4(), turns.turn(number))
        found["alone" if one.alone else one.lane] += 1
    assert found == {"alone": 16, "live": 14, "backfill": 2}
    assert (await claim(database))[1], "a suspect elsewhere is none here"


class Unstartable(Extractor):
    """An extractor whose processes cannot be had."""

    async def extract_for(self, _seconds: float, _jobs: Sequence[Job]) -> list[Part]:
        """Fail."""
        raise NotStarted("no process starts")


async def test_where_no_process_can_be_had_what_was_claimed_goes_back_as_it_was(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "NOT_STARTED_SECONDS", 0)
    apart = line_apart(database, Unstartable(Settings()), Suspects())
    assert await apart.extract([claimed(), claimed(pending=frozenset({4}))]) == [
        Part([], None),
        Part([], frozenset({4})),
    ]


async def test_a_worker_that_is_told_to_stop_does_not_wait_for_what_hangs_apart(
    database_url: str, database: Database
) -> None:
    async with http(database_url) as client:
        await post(client, "HANG on, said the keeper.")
        await set_alone(database)
        async with a_worker(database_url, HANGING, item_seconds=600, lease_seconds=60) as worker:
            await until(database, "count(*) = 1 FROM submissions WHERE state = 'processing'")
            worker.stop()
            async with asyncio.timeout(60):
                await until(database, "count(*) = 1 FROM submissions WHERE state = 'queued'")
    async with database.reading() as connection:
        [row] = await connection.execute(text("SELECT state, attempts, failures, alone FROM submissions"))
    assert tuple(row) == ("queued", 0, 0, True)


def test_who_is_apart_stays_there_while_its_items_break_processes() -> None:
    alone, broke = claimed(alone=True), Broken(2, None, "extraction took more than 40 seconds")
    kept = replace(GOOD, article=replace(GOOD.article, processing="fallback"))
    assert breach_of(Processed(claimed(), [broke, kept])) is None, "in company it is a bug that was raised"
    assert breach_of(Processed(claimed(), [], None, "extraction crashed")) == "extraction crashed"
    assert breach_of(Processed(alone, [GOOD, broke])) == broke.error
    assert breach_of(Processed(alone, [kept])) is not None
    assert breach_of(Processed(alone, [GOOD])) is None
