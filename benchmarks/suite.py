"""What the parts of the suite share: their arguments, a Postgres, services to measure, and a report as JSON and as a table.

A part is a module with `measure(Given) -> Report`, and `main()`, which is `run_part(__doc__, measure)`.
"""

import argparse
import asyncio
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import asyncpg
import psutil

from app import embedded, migrate
from app.settings import Settings

READY: Final = re.compile(r"http://127\.0\.0\.1:(\d+)")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """What every part is told: for how many seconds each thing is measured, and on which server (None: one is made)."""

    seconds: float
    postgres: str | None


@dataclass(frozen=True, slots=True)
class Aim:
    """A figure that is to be reached, or not to be passed."""

    name: str
    value: float
    least: float = -math.inf
    most: float = math.inf

    @property
    def held(self) -> bool:
        """Whether it is."""
        return self.least <= self.value <= self.most

    def told(self) -> str:
        """Say whether it is."""
        bound = f"at least {self.least:g}" if self.most == math.inf else f"at most {self.most:g}"
        return f"{'held' if self.held else 'MISSED'}: {self.name}: {self.value:.2f} ({bound})"


@dataclass(frozen=True, slots=True)
class Report:
    """What a part measured: rows of one table, and its aims; `others` are figures that only the JSON has."""

    part: str
    rows: Sequence[Row]
    aims: Sequence[Aim]
    others: Mapping[str, Any] = field(default_factory=dict)


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Give rows that have the same columns as a Markdown table."""
    if rows:
        yield "| " + " | ".join(rows[0]) + " |"
        yield "|---" * len(rows[0]) + "|"
    for row in rows:
        yield (
            "| "
            + " | ".join(f"{value:,.2f}" if isinstance(value, float) else str(value) for value in row.values())
            + " |"
        )


def told(report: Report) -> str:
    """Give a report to read."""
    return "\n".join([f"## {report.part}", "", *table(report.rows), "", *(aim.told() for aim in report.aims)])


@dataclass(frozen=True, slots=True)
class Postgres:
    """The server under a benchmark; its process where it runs on this machine."""

    url: str
    process: psutil.Process | None

    def cpu(self) -> float:
        """Give the CPU seconds that its processes have taken so far; nan for a server elsewhere."""
        if self.process is None:
            return math.nan
        times = self.process.cpu_times()
        total = times.user + times.system + times.children_user + times.children_system
        for child in self.process.children():
            with suppress(psutil.NoSuchProcess):
                own = child.cpu_times()
                total += own.user + own.system
        return float(total)


@contextmanager
def postgres(given: str | None) -> Iterator[Postgres]:
    """Give a server: the one that is named, or one of our own in a folder that goes afterwards."""
    if given is not None:
        yield Postgres(given, None)
        return
    folder = Path(tempfile.mkdtemp(prefix="dateline-benchmark-"))
    folder.chmod(0o755)  # the server runs as another user where we are root
    made = embedded.start(folder / "postgres")
    try:
        yield Postgres(made.url, psutil.Process(made.process.pid) if made.process else None)
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def database(url: str, name: str) -> Iterator[str]:
    """Make a database at this program's schema on a server, give its URL, and drop it afterwards."""

    async def on_server(*statements: str) -> None:
        connection = await asyncpg.connect(url)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    made = re.sub(r"^(postgresql://[^/]*/)[^?]*", rf"\g<1>{name}", url)
    drop = f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"
    asyncio.run(on_server(drop, f"CREATE DATABASE {name}"))
    try:
        migrate.run(made, Settings())
        yield made
    finally:
        asyncio.run(on_server(drop))


@dataclass(frozen=True, slots=True)
class Running:
    """A process of ours that serves HTTP on a port."""

    process: psutil.Process
    port: int

    def cpu(self) -> float:
        """Give the CPU seconds that it has taken so far, without those of its children."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


@contextmanager
def serving(module: str, *arguments: str, **environment: str) -> Iterator[Running]:
    """Run a module of ours that says on which port it serves once it does, until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"DATELINE_LOG_LEVEL": "error"} | environment,
    )
    try:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        for line in process.stdout:
            if found := READY.search(line):
                yield Running(psutil.Process(process.pid), int(found[1]))
                break
        else:
            raise SystemExit(f"{module} {' '.join(arguments)} ended before it was ready")
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def service(url: str, workers: int) -> Iterator[Running]:
    """Run the service on a database; its queue takes what a benchmark sends."""
    arguments = ("serve", "--port", "0", "--workers", str(workers), "--database-url", url)
    with serving("app", *arguments, DATELINE_QUEUE_HIGH_WATER="100000000") as running:
        yield running


def parser(description: str | None) -> argparse.ArgumentParser:
    """Give the arguments that every part takes."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--seconds", type=float, default=5.0, help="how long each thing is measured at a time")
    made.add_argument(
        "--postgres", help="URL of a database on a server where databases may be made; else one is started"
    )
    made.add_argument("--json", type=Path, help="write all figures to this file too")
    return made


def run_part(description: str | None, measure: Callable[[Given], Report]) -> None:
    """Run one part by itself."""
    options = parser(description).parse_args()
    finish([measure(Given(options.seconds, options.postgres))], options.json)


def finish(reports: Sequence[Report], file: Path | None) -> None:
    """Print reports, write them down, and exit with 1 where an aim is missed."""
    print("\n\n".join(told(report) for report in reports))
    if file is not None:
        file.write_text(json.dumps([asdict(report) for report in reports], indent=1))
    sys.exit(0 if all(aim.held for report in reports for aim in report.aims) else 1)
