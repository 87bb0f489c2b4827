"""Measures how long what arrives now waits beside other work: `python -m benchmarks.lanes [--queued N] [--seconds S] [--json FILE]`.

One worker. For so many seconds an article arrives at an even pace and is waited for (`Prefer: wait`), and a list is read: on a
service with nothing else to do; beside a backfill of N articles; beside a flood of N articles of one source; beside
submissions of thousands of items; and with the queue over its high-water mark, whose sender goes on trying.
The Postgres is an embedded one in a temporary folder, or `--postgres URL`, whose database is emptied.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import Final

import httpx
from sqlalchemy import text

from app.db import Database, connect
from app.intake.accept import Intake
from app.intake.submitted import Submission
from app.queue.turns import Lane
from app.settings import Settings
from benchmarks.dispatches import Desk
from benchmarks.suite import database as fresh
from benchmarks.suite import postgres
from benchmarks.verdicts import percentile

ASKED: Final = 1.0
"""Seconds by which what arrives now may be delayed."""
PACE: Final = 5.0
"""Articles that arrive in a second."""
HIGH_WATER: Final = 100_000
LEFT: Final = text("SELECT count(*) FROM submissions WHERE state IN ('queued', 'processing')")


@dataclass(frozen=True, slots=True)
class Waited:
    """Milliseconds from POST to the finished receipt, and of a read, beside some other work."""

    beside: str
    articles: int
    live_p50: float
    live_p99: float
    live_worst: float
    read_p50: float
    read_p99: float
    left: int


def submissions(number: int, seed: int, source: str | None) -> list[tuple[bytes, str, str]]:
    """Give bodies of one article each, with their type and source."""
    return [(one.text.encode(), "text/plain", source or one.source) for one in Desk(seed).articles(number)]


def large(number: int, items: int) -> list[tuple[bytes, str, str]]:
    """Give bodies of many articles."""
    return [
        (
            b"\n".join(json.dumps({"content": one.text[:1000]}).encode() for one in Desk(900 + n).articles(items)),
            "application/x-ndjson",
            "large.example",
        )
        for n in range(number)
    ]


async def queue(database: Database, bodies: Sequence[tuple[bytes, str, str]], lane: Lane) -> None:
    """Queue submissions in one commit."""
    intake = Intake(database, Settings())
    await intake.keep([Submission(body, kind, {"source": source}, lane=lane) for body, kind, source in bodies])


@asynccontextmanager
async def served(url: str, high_water: int) -> AsyncIterator[httpx.AsyncClient]:
    """Run the service with one worker."""
    environment = os.environ | {"DATABASE_URL": url, "DATELINE_LOG_LEVEL": "error"}
    environment["DATELINE_QUEUE_HIGH_WATER"] = str(high_water)
    command = [sys.executable, "-m", "app", "serve", "--port", "0"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: ASYNC220 - takes no time
    try:
        line = await asyncio.to_thread(process.stdout.readline) if process.stdout else ""
        async with httpx.AsyncClient(base_url=line.split()[3], timeout=60) as client:
            headers = {"Content-Type": "text/plain", "Prefer": "wait=30"}
            while (await client.post("/v1/articles", content="A calm day.", headers=headers)).status_code != 200:
                print("The worker is not there yet.", file=sys.stderr)
            yield client
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 60)


async def live(client: httpx.AsyncClient, seconds: float, seed: int) -> tuple[list[float], list[float]]:
    """Post articles at an even pace and wait for each, and read beside it; give the milliseconds of both."""
    posted: list[float] = []
    read: list[float] = []

    async def one(article: str, source: str) -> None:
        began = time.perf_counter()
        answer = await client.post(
            f"/v1/articles?source={source}",
            content=article,
            headers={"Content-Type": "text/plain", "Prefer": "wait=30"},
        )
        if answer.status_code not in {200, 202}:
            raise SystemExit(f"A live article was answered {answer.status_code}: {answer.text}")
        posted.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        (await client.get("/v1/articles?limit=10")).raise_for_status()
        read.append((time.perf_counter() - began) * 1000)

    async with asyncio.TaskGroup() as group:
        begun = time.perf_counter()
        for number, article in zip(count(1), Desk(seed).articles(int(seconds * PACE)), strict=False):
            group.create_task(one(article.text, article.source))
            await asyncio.sleep(begun + number / PACE - time.perf_counter())
    return sorted(posted), sorted(read)


async def keep_trying(client: httpx.AsyncClient) -> None:
    """Flood on as a sender does who does not listen, so often a second."""
    while True:
        async with asyncio.TaskGroup() as group:
            for _ in range(5):
                group.create_task(
                    client.post(
                        "/v1/articles?source=flood.example", content="More.", headers={"Content-Type": "text/plain"}
                    )
                )
            await asyncio.sleep(0.1)


async def measured(url: str, name: str, options: argparse.Namespace, seed: int) -> Waited:
    """Measure beside one kind of other work."""
    database = connect(url, Settings(database_url=url))
    number = options.queued
    try:
        async with served(url, int(number / 1.1) if name == "a full queue" else HIGH_WATER) as client:
            await live(client, 4, seed + 1)
            match name:
                case "a backfill":
                    await queue(database, submissions(number, seed + 2, None), "backfill")
                case "a flood of one source" | "a full queue":
                    await queue(database, submissions(number, seed + 2, "flood.example"), "live")
                case "large submissions":
                    await queue(database, large(6, 3000), "live")
            await asyncio.sleep(2)
            trying = asyncio.create_task(keep_trying(client) if name == "a full queue" else asyncio.sleep(0))
            posted, read = await live(client, options.seconds, seed)
            trying.cancel()
            async with database.reading() as connection:
                left = int(await connection.scalar(LEFT) or 0)
    finally:
        await database.close()
    worst = posted[-1]
    figures = (percentile(posted, 0.5), percentile(posted, 0.99), worst, percentile(read, 0.5), percentile(read, 0.99))
    return Waited(name, len(posted), *figures, left)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queued", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--postgres", metavar="URL")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found: list[Waited] = []
    with postgres(options.postgres) as server:
        print(
            "| beside | articles | live p50 | p99 | worst | read p50 | p99 | left in the queue |\n|---"
            + "|---" * 7
            + "|"
        )
        names = ("nothing", "a backfill", "a flood of one source", "large submissions", "a full queue")
        for number, name in enumerate(names):
            with fresh(server.url, "dateline_benchmark_lanes") as url:
                one = asyncio.run(measured(url, name, options, 100 + 10 * number))
            found.append(one)
            figures = f"{one.live_p50:.0f} | {one.live_p99:.0f} | {one.live_worst:.0f} | {one.read_p50:.1f} | {one.read_p99:.1f}"
            print(f"| {one.beside} | {one.articles} | {figures} | {one.left} |", flush=True)
    alone = found[0].live_p50
    for one in found[1:]:
        later = (one.live_p99 - alone) / 1000
        print(
            f"{'held' if later <= ASKED else 'MISSED'}: beside {one.beside} 99 of 100 wait at most {later:.2f} s longer"
        )
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in found], indent=1))


if __name__ == "__main__":
    main()
