"""The embedded Postgres comes back from the death of its owner, of its server, and of both, at any moment."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import asyncpg
import psutil
import pytest

from app import embedded
from tests.embedded.looking import as_server, ask, keep, kept, pid_of, said, servers, wait


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends a child with its parent")
async def test_the_server_ends_with_an_owner_that_is_killed(
    folder: Path, owner: Callable[[], subprocess.Popen[str]], start: Callable[[], embedded.Server]
) -> None:
    process = owner()
    url = said(process)[0]
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
    await keep(said(process)[0], "quay")
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
    await keep(said(process)[0], "dune")
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
