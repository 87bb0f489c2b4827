"""The embedded Postgres starts, keeps what is committed, is shared, and is closed to everybody else."""

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import asyncpg
import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from app import embedded
from app.embedded_binaries import EmbeddedPostgresError
from tests.embedded.looking import ask, keep, kept, pid_of, said, servers, wait


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
    assert wait(lambda: len(servers(folder)) == 1), "a process that it forked has its name for a moment"
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
    answers = [said(process) for process in processes]
    assert len({url for url, _ in answers}) == 1
    assert sorted(owns for _, owns in answers) == [False, False, True]
    assert await ask(answers[0][0], "SELECT 1") == 1


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
    refused: list[Exception] = []

    def elsewhere() -> None:
        try:
            embedded.start(folder, fast=True)
        except EmbeddedPostgresError as error:
            refused.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert "main" in str(refused[0])
    embedded.start(folder, fast=True).stop()


def test_a_command_finds_the_server_that_runs_in_a_folder(folder: Path, start: Callable[[], embedded.Server]) -> None:
    assert embedded.running(folder) is None
    server = start()
    assert embedded.running(folder) == server.url
    server.stop()
    assert embedded.running(folder) is None
