"""The embedded Postgres on a full disk, and one that dies again and again: brought back without a hand and without a storm."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import pytest

from app import embedded, migrate, serve
from app.embedded_binaries import EmbeddedPostgresError
from app.embedded_cluster import Home
from app.embedded_process import advice
from tests.faults.test_store_troubles import CALM, is_back, is_not_ready, until
from tests.running import a_worker, ended, http, post, settings_for

SIZE = 150_000_000


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of 150 MB."""
    folder = Path(tempfile.mkdtemp(prefix="dateline-disk-"))
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "tmpfs", str(folder)]
    if sys.platform != "linux" or os.geteuid() != 0 or subprocess.run(mounting, check=False, stderr=-3).returncode != 0:
        folder.rmdir()
        pytest.skip("only root may mount a file system, and not in every container")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
    folder.rmdir()


def fill(folder: Path, left: int) -> Path:
    """Leave so many bytes free on a folder's disk."""
    ballast = folder / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(folder).free - left)
    return ballast


async def test_a_full_disk_loses_nothing_and_is_got_over_once_there_is_room(small_disk: Path) -> None:
    server = embedded.start(small_disk / "store", fast=True)
    try:
        await migrate.migrate_url(server.url, settings_for(server.url))
        keeping = asyncio.create_task(serve.keep_postgres(server))
        async with http(server.url, store_seconds=5) as client, a_worker(server.url):
            taken = [await is_back(client)]
            ballast = fill(small_disk, 3_000_000)
            for number in range(400):
                answer = await post(client, os.urandom(60_000).hex() + f" {CALM} {number}")
                if answer.status_code != 202:
                    break
                taken.append(answer.json()["id"])
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            await is_not_ready(client, "")
            ballast.unlink()
            taken.append(await is_back(client))
            for receipt in taken:
                assert (await ended(client, receipt, 60))["state"] == "done"
        keeping.cancel()
        await asyncio.wait([keeping])
        connection = await asyncpg.connect(server.url)
        assert await connection.fetchval("SELECT count(*) FROM submissions") == len(taken)
        await connection.close()
    finally:
        server.stop()


@dataclass
class Dying:
    """A server that comes back twice, then does not for a while, and dies each time."""

    starts: int = 0
    told: list[float] = field(default_factory=list)

    def alive(self) -> bool:
        return False

    async def restart_beside(self) -> None:
        self.starts += 1
        if self.starts > 2:
            raise EmbeddedPostgresError("The disk is full.")


async def test_a_postgres_that_dies_at_once_is_started_after_growing_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    server, pauses, sleep = Dying(), list[float](), asyncio.sleep

    async def slept(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(0)

    with monkeypatch.context() as patched:
        patched.setattr(asyncio, "sleep", slept)
        keeping = asyncio.create_task(serve.keep_postgres(server))  # type: ignore[arg-type] # as much of one as is used
        while server.starts < 8:
            await sleep(0)
        keeping.cancel()
        await asyncio.wait([keeping])
    waits = [pause for pause in pauses if pause != serve.LOOK_SECONDS]
    assert waits[:7] == [2, 4, 8, 16, 30, 30, 30]


def test_the_log_says_what_to_do_about_what_the_server_complains_of() -> None:
    home = Home(Path("/srv/dateline"), None)
    full = advice('PANIC:  could not write to file "pg_wal/xlogtemp.29": No space left on device', home)
    assert "The disk of /srv/dateline is full" in full
    assert advice("LOG:  database system is ready to accept connections", home) == ""


async def test_a_server_is_brought_back_while_this_process_does_other_things(small_disk: Path) -> None:
    server = embedded.start(small_disk / "store", fast=True)
    try:
        process = server.process
        assert process is not None
        process.kill()
        process.wait()
        turns = 0
        bringing = asyncio.create_task(server.restart_beside())
        while not bringing.done():
            turns += 1
            await asyncio.sleep(0.001)
        await bringing
        assert turns > 5
        assert server.alive()
        process = server.process
        assert process is not None
        process.kill()
        process.wait()
        bringing = asyncio.create_task(server.restart_beside())

        async def started() -> bool:
            return server.process is not process

        await until(started)
        bringing.cancel()
        await asyncio.wait([bringing])
    finally:
        server.stop()
    assert server.process is None
