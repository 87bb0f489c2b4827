"""Postgres for a single machine: started in a folder of ours with a password, off the network, and ended with us.

`start` owns the server of a folder under a lock, or attaches to the one that another process owns.
"""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from app.embedded_address import Address, choose_address
from app.embedded_binaries import Binaries, EmbeddedPostgresError, find_binaries
from app.embedded_cluster import Home, initialise, owner_url, prepare, take_lock, write_owner
from app.embedded_process import clear_leftovers, end, log_tail, serving, settle, spawn

ATTACH_SECONDS = 60.0
"""How long an owner may take to have its server ready for those who attach."""
LOOK_SECONDS = 0.05


def default_folder() -> Path:
    """Give the folder used when none is named; root's own data folder is closed to the account the server runs as."""
    if sys.platform != "win32" and os.geteuid() == 0:
        return Path("/var/lib/dateline")
    return Path(platformdirs.user_data_dir("dateline", appauthor=False))


@dataclass(slots=True)
class Server:
    """A running server that we own, where we hold its lock and process, or have attached to, where we hold neither."""

    url: str
    home: Home
    fast: bool
    lock: int | None = None
    process: subprocess.Popen[bytes] | None = None
    stopped: bool = False

    def alive(self) -> bool:
        """Say whether the server's process lives, at the cost of one system call for its owner; asks it nothing."""
        if self.stopped:
            return False
        return serving(self.home) is not None if self.process is None else self.process.poll() is None

    def restart(self) -> None:
        """Bring a server that died back under the same URL, in the place of its owner if that has gone.

        Does nothing for one that lives or was stopped; raises EmbeddedPostgresError where it does not come back.
        """
        if self.stopped or self.alive():
            return
        with in_plain_words(self.home.folder):
            if self.lock is None:
                again = start(self.home.folder, fast=self.fast)
                self.url, self.lock, self.process = again.url, again.lock, again.process
            else:
                self.url, self.process = run_server(self.home, fast=self.fast)

    async def restart_beside(self) -> None:
        """Do the same while this process does other things: a server that recovers from a crash may take minutes.

        Called in the main thread; one that is cancelled ends the server that it started.
        """
        if self.lock is None:
            self.restart()
            return
        if self.stopped or self.alive():
            return
        with in_plain_words(self.home.folder):
            binaries, address, self.url = await asyncio.to_thread(plan, self.home, fast=self.fast)
            self.process = process = spawn(self.home, binaries, address, fast=self.fast)
            try:
                await asyncio.to_thread(settle, self.home, process, address)
            except asyncio.CancelledError:
                process.send_signal(signal.SIGQUIT)  # one that recovers does not heed the gentler ones
                raise

    def stop(self) -> None:
        """End the server if it is ours, within 30 seconds, and let the folder go; a second call does nothing."""
        self.stopped = True
        if (process := self.process) is not None:
            end(process.pid, lambda: process.poll() is not None)
            self.home.at("owner").unlink(missing_ok=True)
        if self.lock is not None:
            os.close(self.lock)
        self.process = self.lock = None


def start(folder: Path, *, fast: bool = False) -> Server:
    """Start the server of a folder, or attach to the one that another process owns, once that is ready.

    `fast` is for tests alone: it survives the death of any process, but not that of the machine. Raises
    EmbeddedPostgresError in plain words. An owner's server is started from the main thread, whose end is its end.
    """
    if sys.platform == "win32":
        raise EmbeddedPostgresError("There is no embedded Postgres on Windows; set DATABASE_URL to a server.")
    with in_plain_words(folder):
        home = prepare(folder)
        deadline = time.monotonic() + ATTACH_SECONDS
        while True:
            if (lock := take_lock(home)) is not None:
                return own(home, lock, fast=fast)
            if (url := running_url(home)) is not None:
                return Server(url, home, fast)
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(
                    f"Another process owns {home.folder} (see {home.at('owner')}), but no Postgres answered there for "
                    f"{ATTACH_SECONDS:.0f} s. Stop that process and start again. Its log says:\n{log_tail(home)}"
                )
            time.sleep(LOOK_SECONDS)


def own(home: Home, lock: int, *, fast: bool) -> Server:
    """Start the server under a lock that we hold; the lock is let go where it does not start."""
    try:
        url, process = run_server(home, fast=fast)
    except BaseException:
        os.close(lock)
        raise
    return Server(url, home, fast, lock, process)


def run_server(home: Home, *, fast: bool) -> tuple[str, subprocess.Popen[bytes]]:
    """Start a server on the folder's data, made now if there is none, and say where; called by the folder's owner."""
    if threading.current_thread() is not threading.main_thread():
        raise EmbeddedPostgresError(
            "The embedded Postgres ends with the thread that starts it: start it from the main one."
        )
    binaries, address, url = plan(home, fast=fast)
    process = spawn(home, binaries, address, fast=fast)
    settle(home, process, address)
    return url, process


def plan(home: Home, *, fast: bool) -> tuple[Binaries, Address, str]:
    """Clear the way for a server, and say what is to run, where, and under which URL; called by the folder's owner."""
    clear_leftovers(home)
    binaries = find_binaries(home.folder, home.account, home.major())
    initialise(home, binaries, fast=fast)
    address = choose_address(home.at("run"), home.at("port"))
    url = address.url(home.at("password").read_text())
    write_owner(home, url)
    return binaries, address, url


def running(folder: Path) -> str | None:
    """Give the URL of the server that runs in a folder right now, for a command beside it; None where none does."""
    if not (folder / "owner.lock").exists():
        return None
    with in_plain_words(folder):
        return running_url(Home(folder.resolve(), None))  # looked at, and nothing of it made or changed


def running_url(home: Home) -> str | None:
    """Give the URL of the owner's server once it takes connections."""
    found = serving(home)
    return owner_url(home) if found is not None and found.ready and found.address.answers() else None


@contextmanager
def in_plain_words(folder: Path) -> Iterator[None]:
    """Turn what the system refuses (a full disk, a missing right) into the error that says where."""
    try:
        yield
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedPostgresError(f"The embedded Postgres in {folder} cannot run: {error}.") from error
