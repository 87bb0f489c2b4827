"""How the tests of the embedded Postgres look at its processes and its rows."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from app.embedded_binaries import as_account, server_account


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


def said(process: subprocess.Popen[str]) -> tuple[str, bool]:
    """Give the URL that an owning process says, and whether it owns the server; waits for it."""
    if process.stdout is None:
        raise ValueError("its output goes elsewhere")
    url, owns = process.stdout.readline().split()
    return url, owns == "True"
