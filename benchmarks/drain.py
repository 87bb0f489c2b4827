"""Measures articles a second from queued to queryable: `python -m benchmarks.drain [--articles N] [--rounds N] [--json FILE]`.

In rounds, one after the other so that a busy machine meets them alike: the ceiling, which is the pure pipeline on the same
articles in one process that does nothing else; one worker; two workers. The articles are queued in one commit, so that the
workers see all of them at once; they are drained when the last is stored, and linked when the change feed knows of it.
The Postgres is an embedded one in a temporary folder, or `--postgres URL`, whose database is emptied.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import text
from uuid_utils.compat import uuid7

from app import embedded, migrate
from app.db import Database, connect
from app.extraction import Done, Job, Pipeline, run_jobs, warm_up
from app.formats.read import hints_of
from app.intake.accept import KEEP, NOTIFY
from app.pipeline.background import DEFAULT
from app.processes import collect_rarely
from app.queue.claims import QUEUED_CHANNEL
from app.settings import Settings
from benchmarks.dispatches import Desk, Dispatch

ASKED_ONE: Final = 0.7
ASKED_TWO: Final = 1.7
LONGEST: Final = 600.0
EMPTY: Final = text(
    "TRUNCATE submissions, articles, topics, sources, tombstones, change_outbox, changes, workers RESTART IDENTITY CASCADE"
)
LEFT: Final = text("SELECT count(*) FROM submissions WHERE state IN ('queued', 'processing')")
UNLINKED: Final = text("SELECT (SELECT count(*) FROM change_outbox) + last_seq - linked_seq FROM change_feed")


@dataclass(frozen=True, slots=True)
class Drained:
    """One drain: articles a second until stored and until linked, and the CPU seconds of all that took part."""

    stored: float
    linked: float


def pure(articles: list[str]) -> float:
    """Give articles a second of the pipeline alone; run in a process of its own."""
    warm_up(Pipeline().full, DEFAULT)
    collect_rarely()
    now = datetime.now(UTC)
    jobs = [Job(article.encode(), "text/plain", hints_of({}), now) for article in articles]
    run_jobs(jobs[:20], Pipeline().full, 10_000, LONGEST)
    began = time.perf_counter()
    made = run_jobs(jobs, Pipeline().full, 10_000, LONGEST)
    spent = time.perf_counter() - began
    if any(not isinstance(found, Done) for part in made for found in part.found):
        raise SystemExit("The pipeline does not take the articles of this benchmark.")
    return len(articles) / spent


def pure_apart(articles: list[str]) -> float:
    """Measure the ceiling in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(pure, (articles,))


@contextmanager
def workers(url: str, number: int) -> Iterator[None]:
    """Run so many workers."""
    environment = os.environ | {"DATABASE_URL": url, "DATELINE_LOG_LEVEL": "warning"}
    running = [subprocess.Popen([sys.executable, "-m", "app", "work"], env=environment) for _ in range(number)]
    try:
        yield
    finally:
        for worker in running:
            worker.send_signal(signal.SIGTERM)
        for worker in running:
            worker.wait(60)


async def queue(database: Database, articles: list[Dispatch]) -> None:
    """Queue all articles in one commit."""
    async with database.transaction() as connection:
        for start in range(0, len(articles), 500):
            some = articles[start : start + 500]
            hints = [{"source": one.source, "url": f"https://{one.source}/{one.mark}"} for one in some]
            await connection.execute(
                KEEP,
                {
                    "ids": [uuid7() for _ in some],
                    "types": ["text/plain"] * len(some),
                    "bodies": [one.text.encode() for one in some],
                    "sources": [one.source for one in some],
                    "hints": [json.dumps(one) for one in hints],
                    "lanes": ["live"] * len(some),
                },
            )
        await connection.execute(NOTIFY, {"channel": QUEUED_CHANNEL})


async def ready(database: Database, number: int, warm: list[Dispatch]) -> None:
    """Wait until all workers are there and have had something to do."""
    while True:
        async with database.reading() as connection:
            if await connection.scalar(text("SELECT count(*) FROM workers")) == number:
                break
        await asyncio.sleep(0.1)
    await queue(database, warm)
    await until_none(database, LEFT)
    await until_none(database, UNLINKED)
    await asyncio.sleep(1)


async def until_none(database: Database, count: object) -> None:
    """Wait until a count is zero."""
    ends = time.monotonic() + LONGEST
    while True:
        async with database.reading() as connection:
            if not await connection.scalar(count):  # type: ignore[call-overload]
                return
        if time.monotonic() > ends:
            raise SystemExit("The queue is not drained.")
        await asyncio.sleep(0.05)


async def drain(url: str, number: int, articles: list[Dispatch], warm: list[Dispatch]) -> Drained:
    """Drain the articles with so many workers."""
    database = connect(url, Settings(database_url=url))
    try:
        async with database.transaction() as connection:
            await connection.execute(EMPTY)
            await connection.execute(text("UPDATE change_feed SET last_seq = 0, horizon = 0, linked_seq = 0"))
        with workers(url, number):
            await ready(database, number, warm)
            await queue(database, articles)
            began = time.perf_counter()
            await until_none(database, LEFT)
            stored = time.perf_counter() - began
            await until_none(database, UNLINKED)
            linked = time.perf_counter() - began
        async with database.reading() as connection:
            found = await connection.scalar(text("SELECT count(*) FROM articles"))
        if found != len(articles) + len(warm):
            raise SystemExit(f"{found} articles are stored, {len(articles) + len(warm)} were queued.")
        return Drained(len(articles) / stored, len(articles) / linked)
    finally:
        await database.close()


@contextmanager
def store(url: str | None) -> Iterator[str]:
    """Give the URL of a migrated database."""
    if url is not None:
        migrate.run(url, Settings(database_url=url))
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="dateline-benchmark-") as folder:
        Path(folder).chmod(0o711)  # as root, the server runs as somebody else
        server = embedded.start(Path(folder) / "data")
        try:
            migrate.run(server.url, Settings(database_url=server.url))
            yield server.url
        finally:
            server.stop()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--most-workers", type=int, default=2)
    parser.add_argument("--postgres", metavar="URL")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    desk = Desk(11)
    found: dict[str, list[float]] = {}
    with store(options.postgres) as url:
        for round_ in range(options.rounds):
            articles, warm = list(desk.articles(options.articles)), list(Desk(1_000 + round_).articles(100))
            desk = Desk(12 + round_)
            found.setdefault("pure", []).append(pure_apart([one.text for one in articles[:500]]))
            for number in range(1, options.most_workers + 1):
                one = asyncio.run(drain(url, number, articles, warm))
                for name, value in asdict(one).items():
                    found.setdefault(f"{number} {name}", []).append(value)
                print(f"round {round_ + 1}: pure {found['pure'][-1]:.1f}, {number} workers {one}", flush=True)
    medians = {name: statistics.median(values) for name, values in found.items()}
    print(medians)


if __name__ == "__main__":
    main()
