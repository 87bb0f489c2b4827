"""Measures the service under mixed load: `python -m benchmarks.end_to_end [--seconds N] [--rate N] [--questions N] [--json FILE]`.

One `serve` with one worker gets so many articles and so many questions a second, at even times whether it answers or not, so that
a pause is not measured once but by each request that meets it: times are from when a request was due. One article in twenty is
posted with `Prefer: wait`, which tells when it was stored. Every second the queue is counted, every five the memory of each process.
"""

import asyncio
import json
import random
import re
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

import psutil
from sqlalchemy import text

from app.db import Database, connect
from app.settings import Settings
from benchmarks.dispatches import Desk
from benchmarks.suite import Aim, Given, Postgres, Report, Running, database, finish, parser, postgres, service
from benchmarks.verdicts import percentile

RATE: Final = 50.0
QUESTIONS: Final = 20.0
SHORTEST: Final = 30.0
WARM: Final = 20
CONNECTIONS: Final = 24
IDLE: Final = 2.0
WAITING: Final = 20
"""One article in so many waits to be stored."""
DAY: Final = 86_400
WORLD: Final = 3_000_000
FLAT: Final = 1.15
LENGTH: Final = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
DEPTH: Final = text("SELECT count(*) FROM submissions WHERE state = 'queued'")
SLUGS: Final = text("SELECT slug FROM topics ORDER BY id LIMIT 200")
IDS: Final = text("SELECT id::text FROM articles ORDER BY received_at DESC LIMIT 50")
ASKED: Final[tuple[Callable[["Known"], str], ...]] = (
    lambda _: "/v1/articles?limit=50",
    lambda known: f"/v1/articles?topic={known.pick(known.slugs)}",
    lambda known: f"/v1/articles?source=paper-{known.chance.randrange(200)}.example&limit=20",
    lambda known: f"/v1/articles?q={known.pick(known.words)}",
    lambda known: f"/v1/articles/{known.pick(known.ids)}",
    lambda _: "/v1/topics?limit=50",
    lambda known: f"/v1/topics/{known.pick(known.slugs)}",
    lambda _: "/v1/stories",
    lambda _: "/v1/sources?limit=50",
)


@dataclass(slots=True)
class Known:
    """What questions may be about."""

    chance: random.Random
    slugs: list[str] = field(default_factory=lambda: ["winter-pay"])
    ids: list[str] = field(default_factory=lambda: ["00000000-0000-7000-8000-000000000000"])
    words: tuple[str, ...] = ("harbour", "ferry", "reactor", "orchestra", "minister", "referee")

    def pick(self, of: Sequence[str]) -> str:
        """Draw one."""
        return self.chance.choice(of)


@dataclass(slots=True)
class Seen:
    """What was measured: milliseconds by kind, answers that were none, the queue each second, megabytes by process."""

    times: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failed: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    queue: list[int] = field(default_factory=list)
    memory: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True, slots=True)
class Line:
    """A keep-alive connection, and when it was last used."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    used: float


class Lines:
    """Connections to the service; each request takes one that is free, and waits where none is."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.free: asyncio.LifoQueue[Line | None] = asyncio.LifoQueue()
        for _ in range(CONNECTIONS):
            self.free.put_nowait(None)

    async def ask(self, request: bytes) -> int:
        """Send a request and take its answer whole; give its status."""
        line = await self.free.get()
        if line is not None and time.monotonic() - line.used > IDLE:  # the service closes what is idle
            line.writer.close()
            line = None
        try:
            if line is None:
                line = Line(*await asyncio.open_connection("127.0.0.1", self.port, limit=16_000_000), 0.0)
            line.writer.write(request)
            head = await line.reader.readuntil(b"\r\n\r\n")
            length = LENGTH.search(head)
            await line.reader.readexactly(int(length[1]) if length else 0)
            line = replace(line, used=time.monotonic())
            return int(head[9:12])
        except (OSError, asyncio.IncompleteReadError):
            line = None
            raise
        finally:
            self.free.put_nowait(line)


def article(desk: Desk, number: int) -> tuple[str, bytes]:
    """Give the kind and the request of the next article."""
    [one] = desk.articles(1)
    body = f"{one.text}\nDispatch {number:x}.\n".encode()
    waits = number % WAITING == 0
    prefer = "Prefer: wait=20\r\n" if waits else ""
    head = (
        f"POST /v1/articles?source={one.source}&url=https://{one.source}/{number:x} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: text/plain\r\n{prefer}Content-Length: {len(body)}\r\n\r\n"
    )
    return "POST to stored" if waits else "POST", head.encode() + body


def question(known: Known, number: int) -> tuple[str, bytes]:
    """Give the kind and the request of the next question."""
    path = ASKED[number % len(ASKED)](known)
    return "query", f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


async def one(lines: Lines, seen: Seen, kind: str, request: bytes, due: float) -> None:
    """Send one request and note what came of it."""
    try:
        status = await lines.ask(request)
    except (OSError, asyncio.IncompleteReadError) as error:
        seen.failed[type(error).__name__] += 1
        return
    seen.times[kind].append((time.perf_counter() - due) * 1000)
    if status >= 400 and status != 404:
        seen.failed[f"{kind} {status}"] += 1


async def stream(lines: Lines, seen: Seen, rate: float, until: float, make: Callable[[int], tuple[str, bytes]]) -> int:
    """Send requests at even times; give how many."""
    began, number = time.perf_counter(), 0
    async with asyncio.TaskGroup() as group:
        while (due := began + number / rate) < until:
            kind, request = make(number)
            await asyncio.sleep(due - time.perf_counter())
            group.create_task(one(lines, seen, kind, request, due))
            number += 1
    return number


def name_of(process: psutil.Process, running: psutil.Process) -> str:
    """Say what a process of the service is."""
    command = " ".join(process.cmdline())
    if process.pid == running.pid:
        return "HTTP"
    if "forkserver" in command:
        parent = process.parent()
        return "extraction" if parent and "forkserver" in " ".join(parent.cmdline()) else "fork server"
    return "worker" if " work" in command else "other"


async def watch(store: Database, running: psutil.Process, server: Postgres, seen: Seen, known: Known) -> None:
    """Count the queue each second and look at memory every five; without end."""
    for second in range(1_000_000):
        async with store.reading() as connection:
            seen.queue.append(int(await connection.scalar(DEPTH) or 0))
            if second % 10 == 5:
                known.slugs = list(await connection.scalars(SLUGS)) or known.slugs
                known.ids = list(await connection.scalars(IDS)) or known.ids
        if second % 5 == 0:
            for name, megabytes in memory(running, server).items():
                seen.memory[name].append(megabytes)
        await asyncio.sleep(1)


def memory(running: psutil.Process, server: Postgres) -> dict[str, float]:
    """Give the megabytes of each kind of process that are its own share (PSS)."""
    found: defaultdict[str, float] = defaultdict(float)
    processes = [(name_of(each, running), each) for each in (running, *running.children(recursive=True))]
    if server.process is not None:
        processes += [("Postgres", each) for each in (server.process, *server.process.children())]
    for name, process in processes:
        with suppress(psutil.NoSuchProcess):
            found[name] += process.memory_full_info().pss / 1e6
    return dict(found)


async def warm_up(lines: Lines, desk: Desk, store: Database) -> None:
    """Wait until the worker has loaded its libraries and processed some articles."""
    for number in range(WARM):
        await lines.ask(article(desk, WAITING * (1_000_000 + number))[1])
    while True:
        async with store.reading() as connection:
            if not await connection.scalar(DEPTH):
                return
        await asyncio.sleep(0.2)


async def load(
    running: Running, url: str, server: Postgres, given: Given, rates: tuple[float, float]
) -> tuple[Seen, int]:
    """Load the service for so long; give what was seen and how many articles were posted."""
    store = connect(url, Settings(database_url=url))
    lines, seen, known, desk = Lines(running.port), Seen(), Known(random.Random(3)), Desk(31)  # noqa: S311 - repeatable
    await warm_up(lines, desk, store)
    watching = asyncio.create_task(watch(store, running.process, server, seen, known))
    until = time.perf_counter() + max(SHORTEST, given.seconds)
    sending: list[Coroutine[Any, Any, int]] = [
        stream(lines, seen, rates[0], until, partial(article, desk)),
        stream(lines, seen, rates[1], until, partial(question, known)),
    ]
    try:
        posted, _ = await asyncio.gather(*sending)
    finally:
        watching.cancel()
        await asyncio.wait([watching])
        await store.close()
    return seen, posted


def measure(given: Given, rate: float = RATE, questions: float = QUESTIONS) -> Report:
    """Load a service of its own and report."""
    with (
        postgres(given.postgres) as server,
        database(server.url, "dateline_benchmark_end_to_end") as url,
        service(url, 1) as running,
    ):
        seen, posted = asyncio.run(load(running, url, server, given, (rate, questions)))
    return reported(seen, posted, rate)


def growth(values: Sequence[float]) -> float:
    """Give the last quarter's median over the second quarter's: 1 is flat."""
    quarter = max(1, len(values) // 4)
    return statistics.median(values[-quarter:]) / max(1e-9, statistics.median(values[quarter : 2 * quarter] or values))


def reported(seen: Seen, posted: int, rate: float) -> Report:
    """Make rows and aims of what was seen."""
    rows: list[dict[str, Any]] = [
        {"what": f"{kind}, ms", "number": len(times)}
        | {"median": statistics.median(times), "p99": percentile(times, 0.99), "last": max(times)}
        for kind, times in sorted(seen.times.items())
    ]
    depth = [float(queued) for queued in seen.queue]
    rows.append(
        {"what": "queue", "number": len(depth), "median": statistics.median(depth)}
        | {"p99": percentile(depth, 0.99), "last": depth[-1]}
    )
    rows += [
        {"what": f"memory of {name}, MB", "number": len(used), "median": statistics.median(used)}
        | {"p99": max(used), "last": used[-1]}
        for name, used in sorted(seen.memory.items())
    ]
    waiting = statistics.median(depth[-max(1, len(depth) // 4) :])
    aims = [
        Aim("requests that were not answered, or with an error", float(sum(seen.failed.values())), most=0),
        Aim("seconds of work in the queue in the last quarter", waiting / rate, most=2),
        Aim("articles a day, of the world's 3 million", rate * DAY / WORLD, least=1),
        *(
            Aim(f"memory of {name} at the end over that at the beginning", growth(used), most=FLAT)
            for name, used in seen.memory.items()
            if name != "Postgres"
        ),
    ]
    others = {"posted": posted, "failed": dict(seen.failed), "a day": rate * DAY, "queue": seen.queue}
    return Report("end to end", rows, aims, others | {"memory": json.loads(json.dumps(seen.memory))})


def main() -> None:
    """Measure and print."""
    arguments = parser(__doc__)
    arguments.add_argument("--rate", type=float, default=RATE, help="articles a second")
    arguments.add_argument("--questions", type=float, default=QUESTIONS, help="queries a second")
    options = arguments.parse_args()
    given = Given(options.seconds, options.postgres)
    finish([measure(given, options.rate, options.questions)], options.json)


if __name__ == "__main__":
    main()
