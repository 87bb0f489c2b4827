"""The server's process: how it is set and started, found again, and ended."""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.embedded_address import Address
from app.embedded_binaries import Binaries, EmbeddedPostgresError, as_account, clean_environment
from app.embedded_cluster import Home, hand_over
from app.embedded_memory import memory, shared_buffers
from app.processes import end_with_parent

LINUX: bool = sys.platform.startswith("linux")
START_SECONDS = 600.0
"""A server that lives and does not answer yet is recovering from a crash; a slow disk may need minutes for that."""
FAST_STOP_SECONDS, IMMEDIATE_STOP_SECONDS, KILL_SECONDS = 20.0, 5.0, 5.0
"""What each way to end the server is given, from the gentlest on; after all but the first the next start recovers."""
LEFTOVER_STOP_SECONDS = 5.0
"""The same for one whose owner was killed: it was told to end before, and may never end while it recovers from a crash."""
LOOK_SECONDS = 0.01
LOG_BYTES = 10_000_000
TAIL_BYTES, TAIL_LINES = 4000, 12

SETTINGS = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "max_connections": "100",
    "huge_pages": "try",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_destination": "stderr",
    "logging_collector": "off",
    "unix_socket_permissions": "0700",
}
"""For one machine and a news store: what is committed is on the disk. They overrule the data's own configuration."""
ADVICE = {
    "No space left on device": (
        "The disk of {folder} is full: free some of it (not in that folder, whose files all are needed), or give it a "
        "larger one. Nothing that was accepted is lost, and the server comes back by itself once there is room."
    ),
    "could not locate a valid checkpoint record": (
        "Its data is damaged, which only a failing disk or a stranger's hand does: keep a copy of {folder}, and restore a "
        "backup."
    ),
    "Cannot allocate memory": "The machine has too little memory for it: end something else, or add some.",
    "Permission denied": (
        "Something in {folder} changed its owner or its rights: give all of it back to the owner of its data."
    ),
    "Read-only file system": (
        "The file system of {folder} takes no writes any more, as one on a failing disk does: see the system's log."
    ),
}
"""What to do at three in the morning, by words of the server's log."""
if LINUX:
    SETTINGS["recovery_init_sync_method"] = (
        "syncfs"  # elsewhere unknown; file by file it takes seconds after each crash
    )
FAST = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "32MB"}
"""For tests alone: a power cut would lose the data."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a server says of itself in `postmaster.pid`: its process, where it listens, whether it takes connections."""

    pid: int
    address: Address
    ready: bool


def read_pid_file(home: Home) -> Found | None:
    """Read what the server of the data says, or said before it was killed; None where none does."""
    try:
        lines = (home.at("data") / "postmaster.pid").read_text().split("\n")
        pid, _, _, port, folder, _, _, status = lines[:8]
        return Found(int(pid), Address(Path(folder) if folder else None, int(port)), status.strip() == "ready")
    except (OSError, ValueError):
        return None


def title(home: Home) -> str:
    """Give the name that all processes of this folder's server carry in their command lines."""
    return f"dateline-{hashlib.sha256(os.fsencode(home.folder)).hexdigest()[:12]}"


def command_of(pid: int) -> str:
    """Give a process's command line; empty where there is no such process, or only what is left of it."""
    if not LINUX:
        command = ["/bin/ps", "-ww", "-o", "args=", "-p", str(pid)]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603 - a number
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return ""


def serving(home: Home) -> Found | None:
    """Find the server that runs on the data right now; its number may long have gone to another process."""
    found = read_pid_file(home)
    return found if found is not None and title(home) in command_of(found.pid) else None


def backends(home: Home) -> list[int]:
    """Find the server's processes that outlived their killed parent (Linux; elsewhere they end by themselves)."""
    pids = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
    return [pid for pid in pids if command_of(pid).startswith(f"postgres: {title(home)}")]


def clear_leftovers(home: Home) -> None:
    """End what a killed owner or a killed server left running, and its files; only the owner may call this.

    Postgres itself would refuse to start where the number that such a file holds is by now some other process's.
    """
    if (found := serving(home)) is not None:
        server = found.pid
        end(server, lambda: title(home) not in command_of(server), gently=LEFTOVER_STOP_SECONDS)
    deadline = time.monotonic() + KILL_SECONDS
    while left := backends(home):
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(f"Processes {left} of a killed Postgres on {home.folder} cannot be ended.")
        time.sleep(LOOK_SECONDS)
    if (found := read_pid_file(home)) is not None and found.address.folder is not None and found.address.answers():
        raise EmbeddedPostgresError(
            f"A Postgres that this process cannot see (in another container?) uses {home.folder}."
        )
    for path in (home.at("data") / "postmaster.pid", *home.at("run").iterdir()):
        path.unlink(missing_ok=True)


def end(pid: int, gone: Callable[[], bool], *, gently: float = FAST_STOP_SECONDS) -> None:
    """End a server: open transactions are cut, what is committed is kept; harsher where it does not follow in time."""
    stops = (
        (signal.SIGINT, gently),
        (signal.SIGQUIT, IMMEDIATE_STOP_SECONDS),
        (signal.SIGKILL, KILL_SECONDS),
    )
    for number, seconds in stops:
        if gone():
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while not gone() and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)


def spawn(home: Home, binaries: Binaries, address: Address, *, fast: bool) -> subprocess.Popen[bytes]:
    """Start the process, which does not serve yet; on Linux it ends by itself when this thread or process is killed."""
    own = {"cluster_name": title(home), "shared_buffers": shared_buffers(memory())}
    settings = SETTINGS | own | (FAST if fast else {}) | address.settings()
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    parent = os.getpid()
    with open_log(home) as log:
        return subprocess.Popen(  # noqa: S603 - our own binaries
            [binaries.program("postgres"), "-D", str(home.at("data")), *options],
            env=clean_environment(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C in a terminal is for us: we end it when its clients are gone
            # it runs after the change of account, which would undo it
            preexec_fn=lambda: end_with_parent(parent, signal.SIGINT),  # noqa: PLW1509 - takes no lock of ours
            **as_account(home.account),
        )


def settle(home: Home, process: subprocess.Popen[bytes], address: Address) -> None:
    """Wait until a started process serves, and end it where it does not; raises EmbeddedPostgresError."""
    try:
        wait_until_ready(home, process, address)
    except BaseException:
        end(process.pid, lambda: process.poll() is not None)
        raise


def wait_until_ready(home: Home, process: subprocess.Popen[bytes], address: Address) -> None:
    """Wait until the server takes connections; raises EmbeddedPostgresError with the end of its log where it does not."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        found = read_pid_file(home)
        if found is not None and found.pid == process.pid and found.ready and address.answers():
            return
        if process.poll() is not None:
            tail = log_tail(home)
            raise EmbeddedPostgresError(
                f"Postgres ended as soon as it was started. {advice(tail, home)}Its log says:\n{tail}"
            )
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(
                f"Postgres runs, but takes no connections after {START_SECONDS:.0f} s. Its log says:\n{log_tail(home)}"
            )
        time.sleep(LOOK_SECONDS)


def open_log(home: Home) -> IO[bytes]:
    """Open the log to write on; a long one is put aside first, in the place of the one put aside before."""
    path = home.at("log")
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(home.at("log.old"))
    log = path.open("ab")
    hand_over(path, home.account)
    return log


def log_tail(home: Home) -> str:
    """Give the last lines of the server's log, and where the rest is."""
    path = home.at("log")
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()[-TAIL_LINES:]
    except OSError as error:
        return f"(no log at {path}: {error.strerror})"
    return "\n".join([*lines, f"(the whole log: {path})"])


def advice(tail: str, home: Home) -> str:
    """Say what to do about what the last lines of the server's log complain of; empty where we know nothing better."""
    for words, what in ADVICE.items():
        if words in tail:
            return f"{what.format(folder=home.folder)} "
    return ""
