"""The embedded Postgres, with real processes: it starts, keeps, attaches, ends, and comes back from any kill."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from app import embedded
from app.embedded_binaries import EmbeddedPostgresError, as_account, server_account

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


def servers(folder: Path) -> list[psutil.Process]:
    """Give the server processes (not their children) whose data is under a folder."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if (words := process.info["cmdline"] or [""])[0].endswith("postgres") and f"-D {folder}" in " ".join(words)
    ]


def pid_of(folder: Path) -> int:
    """Give the number of the process that serves a folder."""
    return int((folder / "data" / "postmaster.pid").read_text().split("\n")[0])


def as_server(folder: Path, command: list[str]) -> subprocess.Popen[bytes]:
    """Start a process as the account that a folder's server runs as."""
    account = server_account(folder / "data")
    return subprocess.Popen(command, cwd="/", stderr=subprocess.DEVNULL, **as_account(account))


def wait(true: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Say whether something came true in time."""
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    return true()


async def ask(url: str, statement: str) -> Any:
    """Run one statement and give its first value."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def keep(url: str, word: str) -> None:
    """Commit one row."""
    await ask(url, "CREATE TABLE IF NOT EXISTS kept (word text)")
    await ask(url, f"INSERT INTO kept VALUES ('{word}')")  # noqa: S608 - a word of the test


async def kept(url: str) -> str:
    """Give all rows that were committed."""
    return str(await ask(url, "SELECT string_agg(word, ' ' ORDER BY word) FROM kept"))


async def test_what_was_committed_is_there_after_a_stop_and_a_start(start: Callable[[], embedded.Server]) -> None:
    first = start()
    await keep(first.url, "tide")
    first.stop()
    assert not first.alive()
    second = start()
    assert second.alive()
    assert second.url == first.url
    assert await kept(second.url) == "tide"


async def test_sqlalchemy_takes_the_url(start: Callable[[], embedded.Server]) -> None:
    engine = create_async_engine(start().url.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT current_database()"))).scalar_one() == "dateline"
    await engine.dispose()


async def test_a_stop_cuts_open_connections_and_may_come_twice(start: Callable[[], embedded.Server]) -> None:
    server = start()
    connection = await asyncpg.connect(server.url)
    server.stop()
    server.stop()
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await connection.fetchval("SELECT 1")
    connection.terminate()


async def test_a_second_start_attaches_and_its_stop_leaves_the_server(
    folder: Path, start: Callable[[], embedded.Server]
) -> None:
    first, second = start(), start()
    assert (first.lock is not None, second.lock is not None) == (True, False)
    assert second.url == first.url
    second.stop()
    assert len(servers(folder)) == 1
    assert first.alive()
    assert await ask(first.url, "SELECT 1") == 1


async def test_an_attached_server_takes_the_place_of_an_owner_that_has_gone(
    start: Callable[[], embedded.Server],
) -> None:
    first, second = start(), start()
    await keep(first.url, "ebb")
    assert second.alive()
    first.stop()
    assert not second.alive()
    second.restart()
    assert (second.lock is not None, second.url) == (True, first.url)
    assert await kept(second.url) == "ebb"


async def test_of_many_that_start_at_once_on_an_empty_folder_one_becomes_the_owner(
    owner: Callable[[], subprocess.Popen[str]],
) -> None:
    processes = [owner() for _ in range(3)]
    said = [str(process.stdout and process.stdout.readline()).split() for process in processes]
    assert len({url for url, _ in said}) == 1
    assert sorted(owns for _, owns in said) == ["False", "False", "True"]
    assert await ask(said[0][0], "SELECT 1") == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends a child with its parent")
async def test_the_server_ends_with_an_owner_that_is_killed(
    folder: Path, owner: Callable[[], subprocess.Popen[str]], start: Callable[[], embedded.Server]
) -> None:
    process = owner()
    url = str(process.stdout and process.stdout.readline()).split()[0]
    await keep(url, "reef")
    process.kill()
    assert wait(lambda: servers(folder) == [])
    server = start()
    assert server.url == url
    assert await kept(server.url) == "reef"


async def test_a_start_right_after_the_owner_was_killed_finds_everything(
    owner: Callable[[], subprocess.Popen[str]], start: Callable[[], embedded.Server]
) -> None:
    process = owner()
    await keep(str(process.stdout and process.stdout.readline()).split()[0], "quay")
    process.kill()
    process.wait()
    assert await kept(start().url) == "quay"


async def test_a_server_that_nobody_owns_is_ended_and_replaced(
    folder: Path, start: Callable[[], embedded.Server]
) -> None:
    first = start()
    command = psutil.Process(pid_of(folder)).cmdline()
    await keep(first.url, "pier")
    first.stop()
    orphan = as_server(folder, command)
    assert wait((folder / "run" / ".s.PGSQL.5432").exists)
    second = start()
    assert orphan.wait(timeout=5) is not None
    assert pid_of(folder) != orphan.pid
    assert await kept(second.url) == "pier"


async def test_a_killed_server_comes_back_under_its_url_though_a_backend_is_busy(
    folder: Path, start: Callable[[], embedded.Server]
) -> None:
    server = start()
    await keep(server.url, "sand")
    busy = asyncio.create_task(ask(server.url, "SELECT count(*) FROM generate_series(1, 1000000000)"))
    await asyncio.sleep(0.3)
    os.kill(pid_of(folder), signal.SIGKILL)
    assert wait(lambda: not server.alive())
    url = server.url
    server.restart()
    assert (server.alive(), server.url) == (True, url)
    assert await kept(server.url) == "sand"
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await busy


async def test_everything_killed_at_once_is_recovered_at_the_next_start(
    folder: Path, owner: Callable[[], subprocess.Popen[str]], start: Callable[[], embedded.Server]
) -> None:
    process = owner()
    await keep(str(process.stdout and process.stdout.readline()).split()[0], "dune")
    postmaster = psutil.Process(pid_of(folder))
    for victim in (psutil.Process(process.pid), postmaster, *postmaster.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            victim.kill()
    process.wait()
    assert await kept(start().url) == "dune"


async def test_the_number_of_a_dead_server_may_be_another_process_by_now(
    folder: Path, start: Callable[[], embedded.Server]
) -> None:
    first = start()
    os.kill(pid_of(folder), signal.SIGKILL)
    assert wait(lambda: not first.alive())
    stranger = as_server(folder, ["sleep", "60"])
    stale = folder / "data" / "postmaster.pid"
    stale.write_text(stale.read_text().replace(stale.read_text().split("\n")[0], str(stranger.pid), 1))
    first.stop()
    second = start()
    assert await ask(second.url, "SELECT 1") == 1
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


@pytest.mark.parametrize("pause", [0.05, 0.15, 0.3])
async def test_a_start_that_is_killed_halfway_leaves_nothing_in_the_way(
    folder: Path, owner: Callable[[], subprocess.Popen[str]], start: Callable[[], embedded.Server], pause: float
) -> None:
    process = owner()
    assert wait(lambda: any(folder.glob("data.new-*")))
    await asyncio.sleep(pause)
    process.kill()
    process.wait()
    server = start()
    assert await ask(server.url, "SELECT current_database()") == "dateline"


def test_what_a_killed_start_left_half_made_is_swept_out(folder: Path, start: Callable[[], embedded.Server]) -> None:
    start().stop()
    (folder / "data.new-half" / "base").mkdir(parents=True)
    (folder / "password.new-half").touch()
    start()
    assert list(folder.glob("*.new-*")) == []


async def test_a_lost_password_is_replaced_by_a_new_one(folder: Path, start: Callable[[], embedded.Server]) -> None:
    first = start()
    first.stop()
    (folder / "password").unlink()
    second = start()
    assert second.url != first.url
    assert await ask(second.url, "SELECT 1") == 1


async def test_a_wrong_password_is_refused(start: Callable[[], embedded.Server]) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(start().url, password="guess")


async def test_the_server_runs_unprivileged_and_listens_on_no_network(
    folder: Path, start: Callable[[], embedded.Server]
) -> None:
    server = start()
    process = psutil.Process(pid_of(folder))
    assert process.uids().real != 0
    assert process.net_connections("inet") == []
    assert await ask(server.url, "SHOW listen_addresses") == ""
    assert {name: (folder / name).stat().st_mode & 0o777 for name in ("", "run", "data", "password", "owner")} == {
        "": 0o700,
        "run": 0o700,
        "data": 0o700,
        "password": 0o600,
        "owner": 0o600,
    }


@pytest.mark.parametrize("name", ["long" * 30, "comma,comma", "100% züri & søn"])
async def test_a_folder_of_any_name_works_and_is_reached_from_this_machine_alone(folder: Path, name: str) -> None:
    server = embedded.start(folder.parent / name, fast=True)
    try:
        listening = psutil.Process(pid_of(folder.parent / name)).net_connections("inet")
        assert {connection.laddr[0] for connection in listening} <= {"127.0.0.1"}
        assert await ask(server.url, "SELECT current_database()") == "dateline"
        url = server.url
        server.stop()
        server = embedded.start(folder.parent / name, fast=True)
        assert server.url == url
    finally:
        server.stop()


async def test_commits_reach_the_disk_unless_a_test_asks_otherwise(folder: Path) -> None:
    server = embedded.start(folder)
    try:
        names = ("fsync", "full_page_writes", "synchronous_commit", "data_checksums")
        assert [await ask(server.url, f"SHOW {name}") for name in names] == ["on"] * 4
        assert await ask(server.url, "SHOW timezone") == "UTC"
        assert await ask(server.url, "SHOW server_encoding") == "UTF8"
        assert await ask(server.url, "SELECT lower('ÄŁ') || upper('ж')") == "äłЖ"
    finally:
        server.stop()


def test_a_broken_configuration_is_told_with_the_end_of_the_log(
    folder: Path, start: Callable[[], embedded.Server]
) -> None:
    start().stop()
    (folder / "data" / "postgresql.conf").write_text("this is = = no setting\n")
    with pytest.raises(EmbeddedPostgresError, match=r"(?s)syntax error.*the whole log: .*/store/log"):
        start()
    assert wait(lambda: servers(folder) == [])


def test_data_of_another_version_is_left_alone(folder: Path, start: Callable[[], embedded.Server]) -> None:
    start().stop()
    (folder / "data" / "PG_VERSION").write_text("7\n")
    with pytest.raises(EmbeddedPostgresError, match=r"no Postgres 7, which made the data in .*DATABASE_URL"):
        start()
    assert (folder / "data" / "PG_VERSION").read_text() == "7\n"


def test_a_long_log_is_put_aside_at_a_start(folder: Path, start: Callable[[], embedded.Server]) -> None:
    start().stop()
    (folder / "log").write_bytes(b"old line\n" * 1_200_000)
    start()
    assert (folder / "log.old").stat().st_size == 9 * 1_200_000
    assert (folder / "log").stat().st_size < 10_000


def test_only_the_main_thread_may_start_a_server(folder: Path) -> None:
    said: list[Exception] = []

    def elsewhere() -> None:
        try:
            embedded.start(folder, fast=True)
        except EmbeddedPostgresError as error:
            said.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert "main" in str(said[0])
    embedded.start(folder, fast=True).stop()
