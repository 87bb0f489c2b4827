"""Strangers' text is worked on behind a wall: what crashes, hangs, eats memory or raises costs itself alone."""

from datetime import UTC, datetime

import pytest

from app.extraction import Broken, Done, Extractor, Job, Pipeline, Refused, positions_of, run_jobs
from app.pipeline.article import Stated
from app.settings import Settings

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
CALM = "A calm day at the harbour, said the keeper of the lighthouse."
POISONED = Pipeline("tests.poison:process", "tests.poison:fallback")


def job(*contents: str) -> Job:
    """Give a job of one text, or of an object for each."""
    if len(contents) == 1:
        return Job(contents[0].encode(), "text/plain", Stated(), NOW)
    lines = "\n".join(f'{{"content": "{content}"}}' for content in contents)
    return Job(lines.encode(), "application/x-ndjson", Stated(), NOW)


@pytest.mark.parametrize("poison", ["CRASH", "HANG", "EAT", "RAISE"])
async def test_poison_costs_none_of_its_mates(poison: str) -> None:
    settings = Settings(item_seconds=2, item_memory_bytes=3_000_000_000)
    async with Extractor(settings, POISONED) as extractor:
        mates, mixed = await extractor.extract([job(CALM), job(CALM, f"{poison} on and on", f"{CALM} Twice.")])
    assert [type(found) for found in mates] == [Done]
    assert [found.position for found in mixed] == [0, 1, 2]
    assert isinstance(mixed[0], Done)
    assert isinstance(mixed[2], Done)
    if poison in {"CRASH", "HANG"}:
        assert isinstance(mixed[1], Done)
        assert mixed[1].article.processing == "fallback"
    else:
        assert isinstance(mixed[1], Broken)


async def test_what_breaks_even_the_fallback_is_given_up() -> None:
    async with Extractor(Settings(item_seconds=2), POISONED) as extractor:
        [[found]] = await extractor.extract([job("CRASH both ways")])
    assert isinstance(found, Broken)
    assert "crashed its process" in found.error


async def test_what_cannot_be_read_is_refused() -> None:
    async with Extractor(Settings()) as extractor:
        [[unread], [unknown], [empty]] = await extractor.extract(
            [
                Job(b"{", "application/json", Stated(), NOW),
                Job(b"x", "image/png", Stated(), NOW),
                Job(b"By Maren Holt\n3 March 2025", "text/plain", Stated(), NOW),
            ]
        )
        assert await extractor.extract([]) == []
    assert isinstance(unread, Refused)
    assert isinstance(unknown, Refused)
    assert isinstance(empty, Done | Refused)


async def test_only_the_wanted_items_are_processed() -> None:
    async with Extractor(Settings()) as extractor:
        whole = job(CALM, f"{CALM} Twice.", f"{CALM} Thrice.")
        [found] = await extractor.extract([Job(whole.body, whole.content_type, whole.hints, NOW, frozenset({1}))])
    assert [one.position for one in found] == [1]


def test_what_runs_behind_the_wall_tells_each_items_fate() -> None:
    jobs = [job(CALM, "RAISE it", f"{CALM} Twice."), Job(b"{", "application/json", Stated(), NOW)]
    [mixed, unread] = run_jobs(jobs, POISONED.full, 10)
    assert [type(found) for found in mixed] == [Done, Broken, Done]
    assert isinstance(mixed[1], Broken)
    assert mixed[1].error.startswith("ValueError: poison (poison.py:")
    assert [type(found) for found in unread] == [Refused]
    assert positions_of(jobs[0], 10) == [(n, found.span) for n, found in enumerate(mixed)]
    [[empty]] = run_jobs([Job(b"By Maren Holt", "text/plain", Stated(), NOW)], "app.pipeline.run:process", 10)
    assert isinstance(empty, Refused)
