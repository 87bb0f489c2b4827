"""Measures articles a second from queued to queryable: `python -m benchmarks.drain [--seconds N] [--postgres URL] [--json FILE]`.

In rounds, so that what else the machine does meets all alike: the pure pipeline on the articles, in one process that does nothing
else; one worker; two workers. A drain's articles are queued in one commit and would take one worker about `--seconds`; they are
stored when no receipt is open any more, and linked when the change feed and the stories know of all of them. CPU milliseconds an
article, of the workers with their extraction and of Postgres, tell more than rates where the machine has other work.
"""

import asyncio
import multiprocessing
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

import psutil
from sqlalchemy import text

from app.db import Database, connect
from app.extraction import Done, Job, Pipeline, run_jobs, warm_up
from app.formats.read import hints_of
from app.intake.accept import Intake
from app.intake.submitted import Submission
from app.pipeline.background import DEFAULT
from app.processes import collect_rarely
from app.settings import Settings
from benchmarks.dispatches import Desk, Dispatch
from benchmarks.suite import Aim, Given, Postgres, Report, database, postgres, run_part

ROUNDS: Final = 3
OF_PURE: Final = 0.7
OF_ONE: Final = 1.7
CORES: Final = 4
"""Two workers can be faster than one where each finds a core for its extraction and one for its storing."""
LONGEST: Final = 900.0
WARM: Final = 64
LEFT: Final = text(
    "SELECT (SELECT count(*) FROM submissions WHERE state = 'queued') + (SELECT count(*) FROM submissions WHERE state = 'processing')"
)
"""Of two indexes: both states in one condition would have all receipts read, twenty times a second."""
UNLINKED: Final = text("SELECT (SELECT count(*) FROM change_outbox) + last_seq - linked_seq FROM change_feed")
BEATING: Final = text("SELECT count(*) FROM workers")
ARTICLES: Final = text("SELECT count(*) FROM articles")


@dataclass(frozen=True, slots=True)
class Drained:
    """Articles a second until stored and until linked, and CPU milliseconds an article in the workers and in Postgres."""

    stored: float
    linked: float
    worker_ms: float
    postgres_ms: float


def pure(bodies: Sequence[bytes]) -> float:
    """Give articles a second of the pipeline alone; run in a process of its own."""
    warm_up(Pipeline().full, DEFAULT)
    collect_rarely()
    now = datetime.now(UTC)
    jobs = [Job(body, "text/plain", hints_of({}), now) for body in bodies]
    run_jobs(jobs[:WARM], Pipeline().full, 1, LONGEST)
    began = time.perf_counter()
    made = run_jobs(jobs, Pipeline().full, 1, LONGEST)
    spent = time.perf_counter() - began
    if any(not isinstance(found, Done) for part in made for found in part.found):
        raise SystemExit("The pipeline does not take the articles of this benchmark.")
    return len(bodies) / spent


def pure_apart(articles: Sequence[Dispatch]) -> float:
    """Measure the ceiling in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(pure, ([one.text.encode() for one in articles],))


@contextmanager
def workers(url: str, number: int) -> Iterator[list[psutil.Process]]:
    """Run so many workers."""
    environment = os.environ | {"DATABASE_URL": url, "DATELINE_LOG_LEVEL": "error"}
    running = [subprocess.Popen([sys.executable, "-m", "app", "work"], env=environment) for _ in range(number)]
    try:
        yield [psutil.Process(worker.pid) for worker in running]
    finally:
        for worker in running:
            worker.send_signal(signal.SIGTERM)
        for worker in running:
            worker.wait(60)


def cpu(processes: Sequence[psutil.Process]) -> float:
    """Give the CPU seconds of processes and of all that they started."""
    spent = 0.0
    for process in processes:
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                times = one.cpu_times()
                spent += times.user + times.system
    return spent


def submission(dispatch: Dispatch) -> Submission:
    """Give an article as intake has checked it."""
    hints = {"source": dispatch.source, "url": f"https://{dispatch.source}/{dispatch.mark}"}
    return Submission(dispatch.text.encode(), "text/plain", hints)


async def queue(intake: Intake, articles: Sequence[Dispatch]) -> None:
    """Queue all articles in one commit."""
    await intake.keep([submission(one) for one in articles])


async def count(store: Database, statement: Any) -> int:
    """Ask for a number."""
    async with store.reading() as connection:
        return int(await connection.scalar(statement) or 0)


async def until(store: Database, statement: Any, number: int = 0) -> None:
    """Wait until a count is that number."""
    ends = time.monotonic() + LONGEST
    while await count(store, statement) != number:
        if time.monotonic() > ends:
            raise SystemExit(f"{statement} did not come to {number}.")
        await asyncio.sleep(0.05)


async def drain(url: str, server: Postgres, number: int, articles: Sequence[Dispatch]) -> Drained:
    """Drain articles with so many workers, each of which has had something to do before."""
    store = connect(url, Settings(database_url=url))
    intake = Intake(store, Settings(database_url=url))
    try:
        before = await count(store, ARTICLES)
        with workers(url, number) as running:
            await until(store, BEATING, number)
            await queue(intake, articles[:WARM])
            await until(store, LEFT)
            await until(store, UNLINKED)
            spent, served = cpu(running), server.cpu()
            await queue(intake, articles[WARM:])
            began = time.perf_counter()
            await until(store, LEFT)
            stored = time.perf_counter() - began
            await until(store, UNLINKED)
            linked = time.perf_counter() - began
            spent, served = cpu(running) - spent, server.cpu() - served
        if await count(store, ARTICLES) != before + len(articles):
            raise SystemExit("Not all articles that were queued are stored.")
        drained = len(articles) - WARM
        return Drained(drained / stored, drained / linked, spent / drained * 1000, served / drained * 1000)
    finally:
        await store.close()


def measure(given: Given) -> Report:
    """Measure pure and drained rates, round after round."""
    found: dict[str, list[Drained]] = {"one worker": [], "two workers": []}
    ceilings: list[float] = []
    desk = Desk(11)
    with postgres(given.postgres) as server:
        for _ in range(ROUNDS):
            ceilings.append(pure_apart(list(desk.articles(max(WARM, int(given.seconds * 50))))))
            articles = list(desk.articles(WARM + int(given.seconds * ceilings[-1])))
            for number, (_name, measured) in enumerate(found.items(), 1):
                with database(server.url, "dateline_benchmark_drain") as url:
                    measured.append(asyncio.run(drain(url, server, number, articles)))
    return reported(ceilings, found)


def reported(ceilings: Sequence[float], found: dict[str, list[Drained]]) -> Report:
    """Make rows and aims of what was measured; ratios are medians over the rounds."""
    ceiling = statistics.median(ceilings)
    rows: list[dict[str, Any]] = [{"what": "pure pipeline", "articles a second": ceiling, "linked": "", "of pure": 1.0}]
    for name, rounds in found.items():
        rows.append(
            {
                "what": name,
                "articles a second": statistics.median(one.stored for one in rounds),
                "linked": statistics.median(one.linked for one in rounds),
                "of pure": statistics.median(one.stored / pure for one, pure in zip(rounds, ceilings, strict=True)),
            }
        )
    rows[0] |= {"CPU ms an article": 1000 / ceiling, "in Postgres": 0.0}
    for row, rounds in zip(rows[1:], found.values(), strict=True):
        row["CPU ms an article"] = statistics.median(one.worker_ms for one in rounds)
        row["in Postgres"] = statistics.median(one.postgres_ms for one in rounds)
    pairs = zip(found["one worker"], found["two workers"], strict=True)
    gain = statistics.median(two.stored / one.stored for one, two in pairs)
    aims = [Aim("one worker of the pure pipeline", rows[1]["of pure"], OF_PURE)]
    if (os.cpu_count() or 1) >= CORES:
        aims.append(Aim("two workers of one", gain, OF_ONE))
    raw = {name: [asdict(one) for one in rounds] for name, rounds in found.items()}
    return Report("drain", rows, aims, {"pure": list(ceilings), "two workers of one": gain, "rounds": raw})


def main() -> None:
    """Measure and print."""
    run_part(__doc__, measure)


if __name__ == "__main__":
    main()
