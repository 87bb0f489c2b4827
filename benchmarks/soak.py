"""Kills everything that can be killed, under load, and audits what is left: `python -m benchmarks.soak [--kills 100] [--seconds 500]`.

Starts `dateline serve` with a Postgres of its own in a temporary folder; SIGKILLs workers, extraction processes, Postgres's
backends, its postmaster, and `serve` itself at moments that the printed seed decides; then waits until all work is done and holds
the store against what senders were answered. Ends with code 1 where anything is lost, doubled, stuck or left running.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
import psutil

from app import embedded
from benchmarks.soak_audit import audit, left_of, processes_of, segments
from benchmarks.soak_load import Ledger, Target, load

KINDS: Final = {"worker": 30, "extraction": 15, "backend": 20, "postmaster": 18, "serve": 17}
"""What is killed, and how often of a hundred times."""
START_SECONDS: Final = 120.0
RECOVERY_SECONDS: Final = 120.0
"""After so long without an answer the service counts as stuck."""
LEASE_SECONDS: Final = 5


def free_port() -> int:
    """Take a port that is free now; the service keeps it over its restarts."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Served:
    """`dateline serve` in a folder, started again whenever it is told to."""

    folder: Path
    workers: int
    token: str = field(default_factory=lambda: f"soak-{uuid4().hex}")
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None
    shared: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it; the caller waits until it answers."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DATELINE_")}
        kept.pop("DATABASE_URL", None)
        kept |= {"DATELINE_DATA_DIR": str(self.folder / "data"), "DATELINE_LEASE_SECONDS": str(LEASE_SECONDS)}
        command = [sys.executable, "-m", "app", "serve", "--port", str(self.port), "--workers", str(self.workers)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, env=kept | {"DATELINE_SOAK": self.token}, stdout=subprocess.DEVNULL, stderr=log
            )

    def postmaster(self) -> psutil.Process | None:
        """Give the server's first process, if it runs."""
        try:
            return psutil.Process(int((self.folder / "data/data/postmaster.pid").read_text().split("\n")[0]))
        except (OSError, ValueError, psutil.Error):
            return None

    def victims(self, kind: str) -> list[psutil.Process]:
        """Give the living processes of a kind."""
        if kind == "serve":
            return [psutil.Process(self.process.pid)] if self.process else []
        if kind in {"postmaster", "backend"}:
            found = self.postmaster()
            return [] if found is None else [found] if kind == "postmaster" else found.children()
        workers = [
            child
            for child in (psutil.Process(self.process.pid).children() if self.process else ())
            if "work" in child.cmdline()
        ]
        return workers if kind == "worker" else [one for worker in workers for one in worker.children(recursive=True)]

    def kill(self, kind: str, chance: random.Random) -> bool:
        """Kill one process of a kind; False where there is none right now."""
        try:
            if (server := self.postmaster()) is not None:
                self.shared |= segments(server.pid)
            found = sorted(self.victims(kind), key=lambda process: process.pid)
            if not found:
                return False
            chance.choice(found).kill()
        except psutil.Error:
            return False
        if kind == "serve" and self.process:
            self.process.wait()
            self.start()
        return True

    def stop(self) -> int:
        """Have it end cleanly, and give its code."""
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(120)


async def answering(url: str, seconds: float) -> float:
    """Wait until articles are taken again; give the seconds that it took."""
    began = time.monotonic()
    async with httpx.AsyncClient(base_url=url, timeout=5) as client:
        while True:
            try:
                if (await client.get("/readyz")).status_code == 200:
                    return time.monotonic() - began
            except httpx.HTTPError:
                pass
            if time.monotonic() - began > seconds:
                raise SystemExit(f"MISSED: nothing is served {seconds:.0f} s after a kill.")
            await asyncio.sleep(0.05)


async def kill_all(served: Served, kills: int, seconds: float, seed: int) -> dict[str, Any]:
    """Kill, evenly spread over the time but at moments of chance; give what was killed and how long recoveries took."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated
    done: Counter[str] = Counter()
    recoveries: list[float] = []
    ends = time.monotonic() + seconds
    while sum(done.values()) < kills:
        left = kills - sum(done.values())
        await asyncio.sleep(max(0.0, (ends - time.monotonic()) / left) * 2 * chance.random())
        kind = chance.choices(list(KINDS), list(KINDS.values()))[0]
        if not served.kill(kind, chance):
            await asyncio.sleep(0.2)
            continue
        done[kind] += 1
        if kind in {"postmaster", "serve"} and chance.random() < 0.7:  # the others are killed into the recovery
            recoveries.append(await answering(served.url, RECOVERY_SECONDS))
    recoveries.append(await answering(served.url, RECOVERY_SECONDS))
    return {"kills": dict(done), "slowest recovery, s": round(max(recoveries), 1)}


def said(log: Path) -> dict[str, int]:
    """Count the messages of the service's log."""
    events: Counter[str] = Counter()
    for line in log.read_text(errors="replace").splitlines():
        try:
            events[json.loads(line)["event"]] += 1
        except (ValueError, KeyError, TypeError):
            events["(no message of ours)"] += 1
    return dict(events.most_common())


async def soak(served: Served, options: argparse.Namespace) -> tuple[list[str], dict[str, Any]]:
    """Load, kill, wait and audit; give what is wrong, and the figures."""
    served.start()
    await answering(served.url, START_SECONDS)
    ledger, over = Ledger(), asyncio.Event()
    tasks = load(Target(served.url, ledger, over, options.pause), options.seed)
    try:
        figures = await kill_all(served, options.kills, options.seconds, options.seed)
    finally:
        over.set()
        await asyncio.wait(tasks, timeout=RECOVERY_SECONDS)
    wrong = [f"a sender broke: {task.exception()!r}" for task in tasks if task.done() and task.exception()]
    wrong += (
        [f"{sum(not task.done() for task in tasks)} clients hang"] if not all(task.done() for task in tasks) else []
    )
    store = embedded.running(served.folder / "data")
    if store is None:
        return [*wrong, "no Postgres runs at the end"], figures
    found, audited = await audit(served.url, store, ledger, options.drain)
    answers = {"answers": dict(sorted(ledger.answers.items())), "slowest answer, s": round(ledger.slowest, 1)}
    return wrong + found, figures | audited | answers


def ended(served: Served, seconds: float = 20.0) -> list[str]:
    """Stop the service; give what is left of it that should have ended."""
    code = served.stop()
    wrong = [f"serve ended with code {code}"] if code else []
    deadline = time.monotonic() + seconds
    look: tuple[Callable[[], Any], ...] = (
        lambda: [process.pid for process in processes_of(served.token, served.folder)],
        lambda: sorted(left_of(served.shared)),
    )
    while any(there() for there in look) and time.monotonic() < deadline:
        time.sleep(0.2)
    return wrong + [f"left behind: {there()}" for there in look if there()]


def main() -> None:
    """Run, print, and end with code 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=500, help="over which the kills are spread")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--pause", type=float, default=0.3, help="seconds between two posts of each of six senders")
    parser.add_argument("--drain", type=float, default=300, help="seconds that the work left may take")
    parser.add_argument("--json", type=Path, help="where the figures go")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    above = Path(tempfile.mkdtemp(prefix="dateline-soak-"))
    above.chmod(0o755)
    served = Served(above, options.workers)
    try:
        wrong, figures = asyncio.run(soak(served, options))
        wrong += ended(served)
        figures |= {"log": said(above / "log"), "seed": options.seed}
    finally:
        for process in processes_of(served.token, served.folder):
            process.kill()
    for name, value in figures.items():
        print(f"{name:24s} {value}")
    print(
        f"MISSED: {len(wrong)} things are wrong"
        if wrong
        else "held: all that was accepted is there, once, and nothing is left"
    )
    for line in wrong[:50]:
        print(f"  {line}")
    if options.json:
        options.json.write_text(json.dumps(figures | {"wrong": wrong}, indent=2))
        shutil.copy(above / "log", options.json.with_suffix(".log"))
    if wrong:
        print(f"The log and the data are in {above}.")
        sys.exit(1)
    shutil.rmtree(above, ignore_errors=True)


if __name__ == "__main__":
    main()
