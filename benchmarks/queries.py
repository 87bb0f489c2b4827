"""Measures every query route over HTTP beside the bare SQL of the same answer, on archives of two sizes.

`python benchmarks/queries.py postgresql://postgres@127.0.0.1/postgres --articles 100000 1000000` makes a database of each
size on the server of the URL (kept with `--keep`, so that the next run has it at once), reads it once (but with `--cold`), so that
what fits in memory is there, starts the service over it, and asks.
For each route: the median and the 99th percentile over HTTP, each time with other parameters as far as there are any, so that
nothing was answered before; then, with parameters of their own, its statements alone on a driver's connection and the same
over HTTP behind them. Plans of some of them say what is read (shown with `--explain`). Lines at the end say which limits hold.
"""

import argparse
import asyncio
import http.client
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
from fastapi import FastAPI
from sqlalchemy import event

from app import log
from app.db import Database, connect
from app.main import create_app
from app.query.related import Related
from app.settings import Settings
from benchmarks.archive import prepared, warm
from benchmarks.routes import Route, routes
from benchmarks.verdicts import Figures, Plan, compared, percentile, read_plan, sequential, told, verdicts

WARM: Final = 20
"""Requests of a route before those that count."""
BESIDE: Final = 60
"""Requests of a route that are compared with their statements."""
EXPLAINED: Final = 6
"""Of those, the ones whose plans are read."""
BIG: Final = (
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples >= 10000"
)
LONGEST: Final = 30.0
LEAST, LEAST_BESIDE = 100, 20
"""Seconds after which a slow route is asked no more, if it was asked so often; a limited one is far from it."""
IDLE: Final = 2.0
"""Seconds after which a connection is opened anew before it is used: the service closes idle ones."""
SESSION: Final = {"jit": "off", "timezone": "UTC"}


@contextmanager
def served(url: str) -> Iterator[int]:
    """Run the service over an archive, without workers; give its port."""
    port = 18_000 + os.getpid() % 1_000
    command = [sys.executable, "-m", "app", "serve", "--port", str(port), "--workers", "0", "--database-url", url]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 600
        while True:
            try:
                asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                asked.request("GET", "/readyz")
                if asked.getresponse().status == 200:
                    break
            except OSError:
                if time.monotonic() > until or process.poll() is not None:
                    raise
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(30)


class Client:
    """Asks the service on one connection."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.used = 0.0

    def milliseconds(self, path: str) -> float:
        """Ask for a path, and give the time until its last byte is there."""
        if time.monotonic() - self.used > IDLE:
            self.connection.close()
            self.connection.connect()
        began = time.perf_counter()
        self.connection.request("GET", path)
        answer = self.connection.getresponse()
        answer.read()
        spent = (time.perf_counter() - began) * 1000
        self.used = time.monotonic()
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}")
        return spent


class Alone:
    """Sends the statements of a route by themselves, over one connection of the driver."""

    def __init__(self, database: Database, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self.database = database
        self.connection = connection
        self.application: FastAPI = create_app(Settings(database_url=database.url))
        self.application.state.database = database

    async def statements(self, path: str) -> list[tuple[str, Any]]:
        """Give what a route sends for a path that nobody asked for in the last minute."""
        sent: list[tuple[str, Any]] = []

        def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
            sent.append((statement, parameters))

        self.application.state.related = Related()
        engine = self.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", note)
        transport = httpx.ASGITransport(self.application)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            (await client.get(path)).raise_for_status()
        event.remove(engine, "before_cursor_execute", note)
        return sent

    async def milliseconds(self, sent: list[tuple[str, Any]]) -> float:
        """Give the time of statements, sent one after the other."""
        began = time.perf_counter()
        for statement, parameters in sent:
            await self.connection.fetch(statement, *parameters)
        return (time.perf_counter() - began) * 1000

    async def plans(self, sent: list[tuple[str, Any]]) -> tuple[Plan, ...]:
        """Give what each of some statements reads."""
        found = []
        for statement, parameters in sent:
            explain = f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, FORMAT JSON) {statement}"
            found.append(read_plan(json.loads(await self.connection.fetchval(explain, *parameters))[0]))
        return tuple(found)

    async def big(self) -> set[str]:
        """Give the tables with so many rows that to read them all is a fault."""
        return {row["relname"] for row in await self.connection.fetch(BIG)}


def in_time(paths: list[str], least: int) -> Iterator[str]:
    """Give paths until a route's time is up, so many at least."""
    until = time.monotonic() + LONGEST
    for number, path in enumerate(paths):
        if number >= least and time.monotonic() > until:
            return
        yield path


async def measure(route: Route, count: int, times: int, client: Client, alone: Alone) -> Figures:
    """Measure one route."""
    paths = route.paths(random.Random(7), WARM + times + BESIDE)  # noqa: S311 - chance that can be repeated
    first, last = paths[: WARM + times], paths[WARM + times :]
    asked = [client.milliseconds(path) for path in in_time(first, WARM + LEAST)][WARM:]
    beside, bare, plans, statements = [], [], [], 0
    for number, path in enumerate(in_time(last, LEAST_BESIDE)):
        sent = await alone.statements(path)
        statements = max(statements, len(sent))
        bare.append(await alone.milliseconds(sent))
        beside.append(client.milliseconds(path))
        if number < EXPLAINED:
            plans.append(await alone.plans(sent))
    return Figures(
        count,
        route.name,
        route.limited,
        statistics.median(asked),
        percentile(asked, 0.99),
        max(asked),
        statistics.median(beside),
        statistics.median(bare),
        statements,
        tuple(plans),
        sequential([plan for some in plans for plan in some], await alone.big()),
    )


async def measured(url: str, count: int, times: int, only: str, *, limited: bool) -> list[Figures]:
    """Measure every route of an archive, and print a row of each."""
    database = connect(url, Settings())
    connection = await asyncpg.connect(url, server_settings=SESSION)
    found = []
    with served(url) as port:
        client, alone = Client(port), Alone(database, connection)
        for route in routes(count):
            if only in route.name and (route.limited or not limited):
                found.append(await measure(route, count, times, client, alone))
                print(row(found[-1]), flush=True)
    await connection.close()
    await database.close()
    return found


def row(one: Figures) -> str:
    """Give a row of the table."""
    times = f"{one.median:.1f} | {one.p99:.1f} | {one.worst:.1f} | {one.bare:.1f} | {one.over:+.1f} | {one.statements}"
    return f"| {one.articles:,} | {one.route} | {times} |"


def explain(found: list[Figures]) -> None:
    """Print what the statements of each route read."""
    for one in found:
        print(f"\n{one.articles:,}: {one.route}")
        for plans in one.plans[:2]:
            print("\n".join(f"  - {told(plan)}" for plan in plans))


async def main(given: argparse.Namespace) -> None:
    """Measure every size, then judge."""
    log.configure(Settings(log_level="warning"))
    print(
        "| articles | route | median ms | p99 ms | worst | SQL alone | HTTP over it | statements |\n|---|---|---|---|---|---|---|---|"
    )
    found = []
    for count in given.articles:
        url = await prepared(given.server, count, keep=given.keep)
        if not given.cold:
            await warm(url)
        found.append(await measured(url, count, given.times, given.only, limited=given.limited))
    if given.explain:
        for figures in found:
            explain(figures)
    print("\n" + "\n".join(compared(found[0], found[-1])) + "\n")
    lines = list(verdicts(found[0], found[-1]))
    print("\n".join(lines))
    if given.json:
        told_all = {"verdicts": lines, "routes": [asdict(one) | {"over": one.over} for some in found for one in some]}
        given.json.write_text(json.dumps(told_all, indent=1))


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("server", help="URL of a database on a server where databases may be made")
    parser.add_argument("--articles", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--times", type=int, default=400, help="requests of each route that count")
    parser.add_argument("--keep", action="store_true", help="use the archives of an earlier run, and leave them")
    parser.add_argument("--cold", action="store_true", help="do not read the archive once before")
    parser.add_argument("--explain", action="store_true", help="show what each statement reads")
    parser.add_argument("--only", default="", help="only routes with this in their name")
    parser.add_argument("--limited", action="store_true", help="only routes whose 99th percentile has a limit")
    parser.add_argument("--json", type=Path, help="write all figures, with the plans, to this file too")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main(arguments()))
