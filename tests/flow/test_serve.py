"""`dateline serve` as whoever installs it meets it: one command, killed and stopped, used from the command line."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

COMMAND = [sys.executable, "-m", "app"]
ARTICLE = "Ferry strike ends\nBy Maren Holt\n3 March 2025\n\nFerries to the outer islands sail again on Tuesday, said the harbour office.\n"


RUNNING: list[subprocess.Popen[str]] = []


@dataclass
class Served:
    """A running `dateline serve`."""

    process: subprocess.Popen[str]
    url: str
    folder: Path

    def children(self) -> list[psutil.Process]:
        """Give all processes below it."""
        return psutil.Process(self.process.pid).children(recursive=True)


def environment(folder: Path) -> dict[str, str]:
    """Give an environment in which nothing but the folder is set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DATELINE_")}
    kept.pop("DATABASE_URL", None)
    return kept | {"DATELINE_DATA_DIR": str(folder), "DATELINE_LEASE_SECONDS": "2"}


def serve(folder: Path, *options: str) -> Served:
    """Start the service and wait until it says where it is."""
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", *options],
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    RUNNING.append(process)
    assert process.stdout
    found = re.search(r"http://\S+", process.stdout.readline())
    assert found, process.wait(10)
    return Served(process, found[0], folder)


def stop(served: Served, number: signal.Signals = signal.SIGTERM) -> int:
    """Send a signal and wait for the end."""
    served.process.send_signal(number)
    code = served.process.wait(60)
    if served.process.stdout:
        served.process.stdout.close()
    return code


def is_program(process: psutil.Process, name: str) -> bool:
    """Say whether a living process is a program of that name."""
    try:
        return any(name in part for part in process.cmdline()[:4])
    except psutil.Error:
        return False


def gone(processes: Sequence[psutil.Process]) -> bool:
    """Wait until processes have ended."""
    return not psutil.wait_procs(list(processes), timeout=20)[1]


def run(folder: Path, *arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command of the program to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        env=environment(folder),
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for the embedded Postgres, where another account may reach it."""
    made = Path(tempfile.mkdtemp(prefix="dateline-serve-"))
    made.chmod(0o755)
    yield made / "data"
    for process in RUNNING:
        if process.poll() is None:  # a test that failed half-way leaves nothing running
            process.kill()
            process.wait(30)
    RUNNING.clear()
    shutil.rmtree(made, ignore_errors=True)


def follow(stream: str, told: threading.Event) -> None:
    """Read a stream of changes to its end, and say when the first came."""
    with httpx.stream("GET", stream, timeout=60) as answer:
        for line in answer.iter_lines():
            if line == "event: created":
                told.set()


def test_one_command_serves_and_ends_cleanly_and_keeps_what_it_took(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "article.txt"
    file.write_text(ARTICLE)
    served = serve(folder)
    done = run(folder, "ingest", str(file), "-", "--url", served.url, "--source", "a.example", text=ARTICLE)
    assert done.returncode == 0, done.stderr
    outcomes = sorted(line.split()[1] for line in done.stdout.splitlines())
    assert outcomes == ["stored", "unchanged"]
    refused = run(folder, "ingest", "-", "--url", served.url, "--content-type", "application/json", text='{"title": 1}')
    assert refused.returncode == 1
    assert "/content: " in refused.stdout
    below = served.children()
    with ThreadPoolExecutor(1) as beside:
        told = threading.Event()
        following = beside.submit(follow, f"{served.url}/v1/changes/stream", told)
        assert told.wait(60)
        assert stop(served) == 0
        following.result()  # whoever follows the feed is answered to the end: no error
    assert gone(below)

    again = serve(folder)
    assert httpx.get(f"{again.url}/v1/articles?total=true").json()["total"]["count"] == 1
    assert stop(again, signal.SIGINT) == 0


def test_after_kill_9_nothing_is_left_and_nothing_is_lost(folder: Path) -> None:
    served = serve(folder)
    ids = [
        httpx.post(
            f"{served.url}/v1/articles", content=f"{ARTICLE} It was trip {n}.", headers={"Content-Type": "text/plain"}
        ).json()["id"]
        for n in range(20)
    ]
    below = served.children()
    stop(served, signal.SIGKILL)
    assert gone(below)

    again = serve(folder)
    deadline = time.monotonic() + 40
    while {httpx.get(f"{again.url}/v1/receipts/{id_}").json()["state"] for id_ in ids} != {"done"}:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert httpx.get(f"{again.url}/v1/articles?total=true").json()["total"]["count"] == 20
    assert stop(again) == 0


def test_a_dead_worker_and_a_dead_postgres_are_started_again(folder: Path) -> None:
    served = serve(folder)
    for name in ("postgres", "work"):
        victim = next(child for child in served.children() if is_program(child, name))
        victim.kill()
    time.sleep(1)
    deadline = time.monotonic() + 40
    while True:
        try:
            answer = httpx.post(
                f"{served.url}/v1/articles", content=ARTICLE, headers={"Content-Type": "text/plain", "Prefer": "wait=5"}
            )
            if answer.status_code == 200:
                break
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline
        time.sleep(0.3)
    assert stop(served) == 0


def test_a_taken_port_and_wrong_settings_are_said_in_a_sentence(folder: Path) -> None:
    served = serve(folder)
    port = served.url.rpartition(":")[2]
    taken = run(folder, "serve", "--port", port)
    assert taken.returncode == 1
    assert "Is another `dateline serve` running?" in taken.stderr
    assert "Traceback" not in taken.stderr
    assert stop(served) == 0
    wrong = run(folder, "serve", "--workers", "-3")
    assert wrong.returncode == 1
    assert "workers" in wrong.stderr
    for command in ("work", "migrate"):
        lost = run(folder, command)
        assert lost.returncode == 1
        assert "DATABASE_URL is not set" in lost.stderr


def test_a_service_that_is_not_there_is_said_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.ingest.TRIES", 1)
    done = run(folder, "ingest", "/nowhere.txt", "--url", "http://127.0.0.1:1")
    assert done.returncode == 1
    assert "Cannot read /nowhere.txt" in done.stderr


def test_the_contract_is_printed(folder: Path) -> None:
    done = run(folder, "openapi")
    assert done.stdout == (Path(__file__).parent.parent.parent / "openapi.yaml").read_text()
