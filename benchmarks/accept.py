"""Measures how fast articles are accepted: `python -m benchmarks.accept [--seconds N] [--postgres URL] [--json FILE]`.

64 keep-alive connections of another process post articles of 7 KB, each unlike the others, plain text and article objects in turn.
In rounds, so that what else the machine does meets all alike, they go to

- a bare ASGI application: what the load itself can send, which is far above the rest;
- `checked`: a FastAPI route behind the same middleware that reads and checks the same body and answers the same receipt;
- `inserted`: the same with one INSERT and commit a request, by hand on the driver's pool;
- the service, which answers after its commit; without a worker, and NDJSON bodies of 500 articles each.

Then to the service with a worker that processes them meanwhile. Each answered 202 is looked up in the store. Ratios are
medians over the rounds; CPU milliseconds an article tell more than rates where the machine has other work.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
import httpx

from benchmarks.load import BATCH, Answers, Load
from benchmarks.suite import Aim, Given, Postgres, Report, Running, database, postgres, run_part, service, serving

ROUNDS: Final = 5
CONNECTIONS: Final = 64
BATCH_CONNECTIONS: Final = 4
"""Connections that send NDJSON: each body is 3.5 MB, and one sender has few of them on the way at once."""
WARM_UP: Final = 0.5
OVER_INSERTED, OVER_CHECKED, OVER_SINGLE = 1.4, 0.5, 5.0
NDJSON: Final = f"service, NDJSON of {BATCH}"


@dataclass(frozen=True, slots=True)
class Subject:
    """What articles are posted to, as which kind of body, and the database in which they must be found."""

    name: str
    running: Running
    kind: str = "single"
    url: str | None = None

    @property
    def articles(self) -> int:
        """Articles of one request."""
        return BATCH if self.kind == "ndjson" else 1


@dataclass(frozen=True, slots=True)
class Round:
    """One measurement: what was answered, the CPU milliseconds of an article in the server and in Postgres, rows of the store."""

    answers: Answers
    server_ms: float
    postgres_ms: float
    rows: int | None
    found: int | None


async def stored(url: str, receipts: list[UUID]) -> tuple[int, int]:
    """Count the submissions of a store, and those of them that were answered; then empty it for the next round."""
    connection = await asyncpg.connect(url)
    rows = await connection.fetchval("SELECT count(*) FROM submissions")
    found = await connection.fetchval("SELECT count(*) FROM submissions WHERE id = ANY($1)", receipts)
    await connection.execute("TRUNCATE submissions CASCADE")
    await connection.execute("CHECKPOINT")
    await connection.close()
    return rows, found


def measured(subject: Subject, store: Postgres, seconds: float, *, keep: bool = False) -> Round:
    """Send one load to a subject."""
    with tempfile.NamedTemporaryFile() as receipts:
        connections = CONNECTIONS if subject.articles == 1 else BATCH_CONNECTIONS
        load = Load(subject.running.port, subject.kind, connections, seconds, WARM_UP, receipts.name)
        command = [sys.executable, "-m", "benchmarks.load", *load.arguments()]
        before = subject.running.cpu(), store.cpu()
        sent = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        took = subject.running.cpu() - before[0], store.cpu() - before[1]
        ids = Path(receipts.name).read_text().split()
    answers = Answers(**json.loads(sent.stdout))
    if answers.refused:
        raise SystemExit(f"{subject.name}: {answers.refused} requests were refused")
    articles = answers.accepted * subject.articles / 1000
    rows = found = None
    if subject.url is not None and not keep:
        rows, found = asyncio.run(stored(subject.url, [UUID(one) for one in ids]))
    return Round(answers, took[0] / articles, took[1] / articles, rows, found)


@contextmanager
def subjects(store: Postgres) -> Iterator[tuple[Subject, ...]]:
    """Run everything that is measured in turn."""
    with ExitStack() as open_:
        urls = [open_.enter_context(database(store.url, f"dateline_accept_{name}")) for name in ("inserted", "service")]
        ours = open_.enter_context(service(urls[1], workers=0))
        yield (
            Subject("bare ASGI", open_.enter_context(serving("benchmarks.ceilings", "bare"))),
            Subject("checked", open_.enter_context(serving("benchmarks.ceilings", "checked"))),
            Subject(
                "inserted",
                open_.enter_context(serving("benchmarks.ceilings", "inserted", DATABASE_URL=urls[0])),
                url=urls[0],
            ),
            Subject("service", ours, url=urls[1]),
            Subject(NDJSON, ours, kind="ndjson", url=urls[1]),
        )


def until_it_works(running: Running) -> None:
    """Wait until a worker has loaded its libraries and processed an article."""
    headers = {"Content-Type": "text/plain", "Prefer": "wait=30"}
    while True:
        url = f"http://127.0.0.1:{running.port}/v1/articles"
        if httpx.post(url, content="A calm day at the harbour.", headers=headers, timeout=60).status_code == 200:
            return


def with_worker(store: Postgres, seconds: float) -> tuple[Subject, Round]:
    """Measure the service while one worker processes what comes in."""
    with database(store.url, "dateline_accept_worker") as url:
        with service(url, workers=1) as running:
            until_it_works(running)
            subject = Subject("service, a worker beside it", running, url=url)
            found = measured(subject, store, seconds, keep=True)
        return subject, found


def row(subject: Subject, rounds: list[Round]) -> dict[str, Any]:
    """Give a row of the table: medians over the rounds."""
    return {
        "posted to": subject.name,
        "articles/s": round(statistics.median(one.answers.rate * subject.articles for one in rounds)),
        "p50 ms": statistics.median(one.answers.p50 for one in rounds),
        "p99 ms": statistics.median(one.answers.p99 for one in rounds),
        "server CPU ms": statistics.median(one.server_ms for one in rounds),
        "Postgres CPU ms": statistics.median(one.postgres_ms for one in rounds),
        "answered 202": sum(one.answers.accepted for one in rounds),
        "rows": sum(one.rows or 0 for one in rounds) if rounds[0].rows is not None else "",
    }


def measure(given: Given) -> Report:
    """Measure everything, in rounds."""
    with postgres(given.postgres) as store:
        found: dict[str, list[Round]] = {}
        with subjects(store) as turn:
            for _ in range(ROUNDS):
                for subject in turn:
                    found.setdefault(subject.name, []).append(measured(subject, store, given.seconds))
        worked, beside = with_worker(store, given.seconds)
    rows = [row(subject, found[subject.name]) for subject in turn] + [row(worked, [beside])]
    return Report("accept", rows, aims(found), {name: [asdict(one) for one in some] for name, some in found.items()})


def aims(found: Mapping[str, list[Round]]) -> list[Aim]:
    """Compare rates within each round, and count what was answered against what is stored."""

    def over(name: str, ceiling: str, times: int = 1) -> float:
        pairs = zip(found[name], found[ceiling], strict=True)
        return statistics.median(times * one.answers.rate / other.answers.rate for one, other in pairs)

    kept = [one for rounds in found.values() for one in rounds if one.rows is not None]
    answered = sum(one.answers.accepted for one in kept)
    return [
        Aim("the service over an INSERT a request", over("service", "inserted"), OVER_INSERTED),
        Aim("the service over checking alone", over("service", "checked"), OVER_CHECKED),
        Aim("NDJSON articles over single ones", over(NDJSON, "service", BATCH), OVER_SINGLE),
        Aim("answered articles that are in the store", sum(one.found or 0 for one in kept) / answered, 1),
        Aim("rows of the store that were answered", answered / max(1, sum(one.rows or 0 for one in kept)), 1),
    ]


def main() -> None:
    """Measure, print, write."""
    run_part(__doc__, measure)


if __name__ == "__main__":
    main()
