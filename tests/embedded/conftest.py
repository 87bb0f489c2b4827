"""Folders, servers and owning processes for the tests of the embedded Postgres; none outlives its test."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from app import embedded
from tests.embedded.looking import servers

OWNER = """
import sys, time
from pathlib import Path
from app import embedded
server = embedded.start(Path(sys.argv[1]))
print(server.url, server.lock is not None, flush=True)
sys.stdin.read()
server.stop()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder as an operator would make one: open to pass through, above a folder that is not there yet."""
    above = Path(tempfile.mkdtemp(prefix="dateline-"))
    above.chmod(0o755)
    yield above / "store"
    left = servers(above)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    shutil.rmtree(above)
    assert left == []


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[[], embedded.Server]]:
    """Starts servers in the folder; all of them are stopped at the end."""
    started: list[embedded.Server] = []

    def started_here() -> embedded.Server:
        started.append(embedded.start(folder, fast=True))
        return started[-1]

    yield started_here
    for server in started:
        server.stop()


@pytest.fixture
def owner(folder: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts processes that own or attach to the folder's server until their standard input is closed."""
    started: list[subprocess.Popen[str]] = []

    def process() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", OWNER, str(folder)]
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield process
    for child in started:
        child.communicate(timeout=30)
