"""Strangers' text is worked on behind a wall: what crashes, hangs, eats memory or raises costs itself alone."""

import asyncio
import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.extraction import NONE_LEFT, Broken, Done, Job, Part, Pipeline, Refused, run_jobs, warm_up
from app.extractor import Extractor, dealt
from app.pipeline.article import Stated
from app.pipeline.background import DEFAULT
from app.settings import Settings
from app.walled import NotStarted

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
CALM = "A calm day at the harbour, said the keeper of the lighthouse."
POISONED = Pipeline("tests.poison:process", "tests.poison:fallback")
DAWDLING = Pipeline("tests.dawdling:process", "tests.dawdling:process")


def job(*contents: str) -> Job:
    """Give a job of one text, or of an object for each."""
    if len(contents) == 1:
        return Job(contents[0].encode(), "text/plain", Stated(), NOW)
    lines = "\n".join(f'{{"content": "{content}"}}' for content in contents)
    return Job(lines.encode(), "application/x-ndjson", Stated(), NOW)


def crash(*_: object) -> None:
    """End the process that this runs in."""
    os._exit(3)


def extraction_processes(beside: Sequence[psutil.Process] = ()) -> list[psutil.Process]:
    """Give the processes of the extractors that are open here, without those that other tests share."""
    servers = [child for child in psutil.Process().children() if "forkserver" in " ".join(child.cmdline())]
    return [child for server in servers for child in server.children() if child not in beside]


@pytest.mark.parametrize("poison", ["CRASH", "HANG", "EAT", "RAISE"])
async def test_poison_costs_none_of_its_mates(poison: str) -> None:
    settings = Settings(item_seconds=2, item_memory_bytes=3_000_000_000)
    async with Extractor(settings, POISONED) as extractor:
        mates, mixed = await extractor.extract([job(CALM), job(CALM, f"{poison} on and on", f"{CALM} Twice.")])
    assert [type(found) for found in mates] == [Done]
    assert [found.position for found in mixed] == [0, 1, 2]
    assert isinstance(mixed[0], Done)
    assert isinstance(mixed[2], Done)
    if poison == "RAISE":
        assert isinstance(mixed[1], Broken)
    else:
        assert isinstance(mixed[1], Done)
        assert mixed[1].article.processing == "fallback"
        assert mixed[1].span is not None


@pytest.mark.parametrize(
    ("poison", "error"), [("CRASH both ways", "crashed its process"), ("EAT both ways", "crashed its process")]
)
async def test_what_breaks_even_the_fallback_is_given_up(poison: str, error: str) -> None:
    async with Extractor(Settings(item_seconds=2), POISONED) as extractor:
        [[found]] = await extractor.extract([job(poison)])
    assert isinstance(found, Broken)
    assert error in found.error


@pytest.mark.parametrize(
    ("poison", "seconds", "error"),
    [
        ("HANG", 0.5, "extraction took more than 0.5 seconds"),
        ("EAT", 30, "extraction took more than 3000000000 bytes of memory"),
    ],
)
async def test_what_is_given_up_says_which_limit_it_met(poison: str, seconds: float, error: str) -> None:
    settings = Settings(item_seconds=seconds, item_memory_bytes=3_000_000_000)
    async with Extractor(settings, Pipeline(POISONED.full, POISONED.full)) as extractor:
        [[found]] = await extractor.extract([job(poison)])
    assert isinstance(found, Broken)
    assert found.error == error


async def test_many_slow_items_are_no_breach_and_each_is_processed_once() -> None:
    slow = job(*[f"Wait {number} for 0.2" for number in range(8)])
    async with Extractor(Settings(item_seconds=1), DAWDLING) as extractor:
        found, after = await extractor.extract([slow, job(CALM)])
    assert [one.reason for one in found if isinstance(one, Refused)] == [f"Wait {n} for 0.2 at 12" for n in range(8)]
    assert len(after) == 1


async def test_what_so_much_time_is_too_short_for_is_left_and_goes_on_where_it_was() -> None:
    slow, other = job(*[f"Wait {number} for 0.3" for number in range(3)]), job("Wait 0")
    async with Extractor(Settings(), DAWDLING) as extractor:
        began, untouched = await extractor.extract_for(0.1, [slow, other])
        assert ([one.position for one in began.found], began.left) == ([0], frozenset({1, 2}))
        assert (untouched.found, untouched.left) == ([], None)
        [on] = await extractor.extract_for(0.1, [replace(slow, positions=frozenset({0, 1, 2}), first=1)])
        assert ([one.position for one in on.found], on.left) == ([1], frozenset({0, 2}))
        [rest] = await extractor.extract([replace(slow, positions=frozenset({0, 2}), first=2)])
    assert [one.position for one in rest] == [2, 0]


@pytest.mark.parametrize("poison", ["CRASH", "HANG", "EAT"])
async def test_the_job_that_breaks_its_process_is_known_and_no_other_is_suspected(poison: str) -> None:
    jobs = [job(f"{CALM} Once."), job(f"{poison} on and on"), job(f"{CALM} Twice."), job(f"{CALM} Thrice.")]
    settings = Settings(item_seconds=2, item_memory_bytes=3_000_000_000)
    async with Extractor(settings, POISONED) as extractor:
        before, culprit, *behind = await extractor.extract_for(60, jobs)
    for part in (before, *behind):
        assert ([type(one) for one in part.found], part.left, part.broke) == ([Done], NONE_LEFT, None)
    assert (culprit.found, culprit.left) == ([], None)
    assert culprit.broke is not None


async def test_where_a_job_takes_the_time_of_all_those_behind_it_are_left_and_those_before_it_are_not() -> None:
    jobs = [job(f"{CALM} Once."), job("HANG on"), job(f"{CALM} Twice.")]
    async with Extractor(Settings(item_seconds=2), POISONED) as extractor:
        before, culprit, behind = await extractor.extract_for(1, jobs)
    assert [type(one) for one in before.found] == [Done]
    assert culprit.broke == "extraction took more than 2 seconds"
    assert behind == Part([], None)


async def test_a_job_that_breaks_its_process_is_done_item_by_item_where_it_is_alone() -> None:
    many = job("CRASH both ways", *[f"{CALM} It was day {number}." for number in range(3)])
    async with Extractor(Settings(), POISONED, waiting=True) as extractor:
        part = await extractor.extract_alone(60, many)
        assert ([type(one) for one in part.found], part.left) == ([Broken, Done, Done, Done], NONE_LEFT)
        first = await extractor.extract_alone(1e-9, many)
        assert ([type(one) for one in first.found], first.left) == ([Broken], frozenset({1, 2, 3}))
        rest = await extractor.extract_alone(60, replace(many, positions=frozenset({2, 3})))
        assert [one.position for one in rest.found] == [2, 3]


async def test_a_job_that_cannot_even_be_read_says_what_that_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.extractor.items_of", crash)
    async with Extractor(Settings()) as extractor:
        part = await extractor.extract_alone(60, replace(job(CALM), positions=frozenset({3, 4})))
    assert (part.found, part.left, part.broke) == (
        [], frozenset({3, 4}), "extraction crashed its process (exit code 3)",
    )  # fmt: skip


async def test_processes_work_beside_each_other(tmp_path: Path) -> None:
    async with Extractor(Settings(item_seconds=20, extract_processes=2), DAWDLING) as extractor:
        parts = await extractor.extract_for(60, [job(f"Meet {name} in {tmp_path}") for name in ("Ann", "Liv")])
    assert [([type(one) for one in part.found], part.broke) for part in parts] == [([Refused], None)] * 2


async def test_a_process_that_others_kill_is_replaced() -> None:
    shared = extraction_processes()
    async with Extractor(Settings()) as extractor:
        for _ in range(2):
            [[found]] = await extractor.extract([job(CALM)])
            assert isinstance(found, Done)
            assert found.article.processing == "full"
            [process] = extraction_processes(shared)
            process.kill()
        await asyncio.sleep(0.3)
        [[found]] = await extractor.extract([job(CALM)])
        assert isinstance(found, Done)
    assert extraction_processes(shared) == []


async def test_a_call_that_is_given_up_frees_its_process() -> None:
    async with Extractor(Settings(), DAWDLING) as extractor:
        await extractor.extract([job("Wait 0")])
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(extractor.extract([job("Wait 9")]), 0.3)
        [[found]] = await asyncio.wait_for(extractor.extract([job("Wait 0")]), 8)
    assert isinstance(found, Refused)


@pytest.mark.parametrize(
    "settings", [Settings(item_memory_bytes=50_000_000), Settings()], ids=["no memory", "no such pipeline"]
)
async def test_a_process_that_cannot_start_is_no_items_fault(settings: Settings) -> None:
    pipeline = Pipeline() if settings.item_memory_bytes < 1e9 else Pipeline("tests.dawdling:UNLOADABLE")
    async with Extractor(settings, pipeline) as extractor:
        with pytest.raises(NotStarted, match="bytes of memory"):
            await extractor.extract([job(CALM)])


async def test_processes_leave_an_interrupt_to_their_parent() -> None:
    shared = extraction_processes()
    async with Extractor(Settings()) as extractor:
        await extractor.extract([job(CALM)])
        [process] = extraction_processes(shared)
        os.kill(process.pid, signal.SIGINT)
        await extractor.extract([job(CALM)])
        assert extraction_processes(shared) == [process]


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
    [mixed, unread] = run_jobs(jobs, POISONED.full, 10, 60)
    assert (mixed.left, unread.left) == (NONE_LEFT, NONE_LEFT)
    assert [type(found) for found in mixed.found] == [Done, Broken, Done]
    assert isinstance(mixed.found[1], Broken)
    assert mixed.found[1].error.startswith("ValueError: poison (poison.py:")
    assert [type(found) for found in unread.found] == [Refused]
    [empty] = run_jobs([Job(b"By Maren Holt", "text/plain", Stated(), NOW)], "app.pipeline.run:process", 10, 60)
    assert isinstance(empty.found[0], Refused)


def test_what_there_is_no_time_for_is_left_for_the_next_call() -> None:
    jobs = [job("one", "two", "three"), job("four"), Job(job("a", "b").body, job("a", "b").content_type, Stated(), NOW)]
    first, second, third = run_jobs(jobs, DAWDLING.full, 10, -1)
    assert ([found.position for found in first.found], first.left) == ([0], frozenset({1, 2}))
    assert (second.found, second.left, third.found, third.left) == ([], None, [], None)


def test_memory_that_ends_is_not_told_as_a_bug_of_the_item() -> None:
    with pytest.raises(MemoryError):
        run_jobs([job("EAT it")], POISONED.full, 10, 60)


def test_warming_up_runs_the_whole_pipeline() -> None:
    warm_up(Pipeline().full, DEFAULT)


@given(st.lists(st.integers(0, 50)), st.integers(1, 6))
@example([0, 0, 0], 1)
def test_jobs_are_dealt_in_order_to_no_more_hands_than_there_are(sizes: Sequence[int], hands: int) -> None:
    jobs = [Job(b"x" * size, "text/plain", Stated(), NOW) for size in sizes]
    dealt_out = list(dealt(jobs, hands))
    assert [one for hand in dealt_out for one in hand] == jobs
    assert all(dealt_out)
    assert len(dealt_out) <= hands + 1
