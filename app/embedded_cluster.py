"""The folder of the embedded Postgres: who owns it, its password, and its data, which is made once and never half made."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.embedded_address import DATABASE, USER
from app.embedded_binaries import (
    Account,
    Binaries,
    EmbeddedPostgresError,
    as_account,
    clean_environment,
    closed_parent,
    server_account,
)
from app.processes import end_with_parent

if sys.platform != "win32":
    import fcntl

FOREIGN = frozenset({"lost+found", ".DS_Store"})
"""What a file system puts into an empty folder by itself."""


@dataclass(frozen=True, slots=True)
class Home:
    """The folder, and the account that the server in it runs as (None: our own)."""

    folder: Path
    account: Account | None

    def at(self, name: str) -> Path:
        """Give the path of one of its files: `data`, `run`, `log`, `password`, `port`, `owner` or `owner.lock`."""
        return self.folder / name

    def major(self) -> int | None:
        """Give the major version of the Postgres that made the data; None where there is none yet."""
        try:
            return int((self.at("data") / "PG_VERSION").read_text())
        except (OSError, ValueError):
            return None


def prepare(folder: Path) -> Home:
    """Make the folder, closed to all but the server's account; raises EmbeddedPostgresError where it cannot be used."""
    try:
        folder = folder.resolve()  # two names of one folder are one server
        home = Home(folder, server_account(folder / "data"))
        check_reachable(home)
        folder.mkdir(parents=True, exist_ok=True)
        check_reachable(home)  # our umask may have closed what we have made
        lock = folder / "owner.lock"
        if not lock.exists() and any(path.name not in FOREIGN for path in folder.iterdir()):
            raise EmbeddedPostgresError(f"{folder} holds something else. DATELINE_DATA_DIR wants a folder of its own.")
        lock.touch(0o600)
        (folder / "run").mkdir(exist_ok=True)
        for path in (folder, folder / "run"):
            path.chmod(0o700)
            hand_over(path, home.account)
    except OSError as error:
        raise EmbeddedPostgresError(
            f"The data folder {folder} cannot be used: {error.filename or folder}: {error.strerror}. "
            "It has to belong to the user that runs Dateline; DATELINE_DATA_DIR names another one."
        ) from error
    return home


def check_reachable(home: Home) -> None:
    """Refuse a folder that the server's account cannot reach; what lies above it is not ours to open."""
    closed = closed_parent(home.folder, home.account)
    if closed is not None and home.account is not None:
        raise EmbeddedPostgresError(
            f"Postgres refuses to run as root, so it runs as user {home.account.uid}, who may not pass through {closed} "
            f"to {home.folder}. Name another folder with DATELINE_DATA_DIR, or let others pass (chmod o+x {closed}), "
            "or run Dateline as a user other than root."
        )


def hand_over(path: Path, account: Account | None) -> None:
    """Give a file to the account that the server runs as."""
    if account is not None:
        os.chown(path, account.uid, account.gid)


def take_lock(home: Home) -> int | None:
    """Become the owner until the returned descriptor is closed or this process is gone; None where somebody else is."""
    lock = os.open(home.at("owner.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    except OSError as error:
        os.close(lock)
        raise EmbeddedPostgresError(
            f"{home.folder} is on a file system without locks ({error.strerror}); keep it on a local disk."
        ) from error
    return lock


def write_owner(home: Home, url: str) -> None:
    """Say who owns the server and where it is, for those who attach and for whoever looks into the folder."""
    write_whole(home.at("owner"), json.dumps({"pid": os.getpid(), "url": url}), home.account)


def owner_url(home: Home) -> str | None:
    """Read where the owner's server is; None where nobody owns one."""
    try:
        return str(json.loads(home.at("owner").read_text())["url"])
    except FileNotFoundError:
        return None


def write_whole(path: Path, text: str, account: Account | None) -> None:
    """Write a file that only its owner may read, so that no crash and no reader ever finds a part of it."""
    number, name = tempfile.mkstemp(prefix=f"{path.name}.new-", dir=path.parent)
    with os.fdopen(number, "w") as making:
        making.write(text)
        making.flush()
        os.fsync(making.fileno())
    hand_over(Path(name), account)
    Path(name).replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder survive a power cut."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def initialise(home: Home, binaries: Binaries, *, fast: bool = False) -> None:
    """Make the data once, and a password where there is none; called by the owner, while no server runs."""
    for left in home.folder.glob("*.new-*"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)
    data = home.at("data")
    if home.major() is None:
        if data.exists() and any(data.iterdir()):
            raise EmbeddedPostgresError(
                f"{data} is no Postgres data (no PG_VERSION in it). Move it away, or restore it."
            )
        make_cluster(home, binaries, fast=fast)
    elif not home.at("password").exists():
        secret = new_password(home)
        single_user(data, home, binaries, f"ALTER ROLE {USER} PASSWORD '{secret}'", fast=fast)


def new_password(home: Home) -> str:
    """Keep a random password of 192 bits in the folder, in letters that need no quoting, and give it."""
    secret = secrets.token_hex(24)
    write_whole(home.at("password"), secret, home.account)
    return secret


def make_cluster(home: Home, binaries: Binaries, *, fast: bool) -> None:
    """Make the data beside its place, with the database in it, and rename it there: a kill leaves nothing half made."""
    new_password(home)
    making = Path(tempfile.mkdtemp(prefix="data.new-", dir=home.folder))
    try:
        hand_over(making, home.account)
        command = [binaries.program("initdb"), "-D", str(making), "-U", USER, "--pwfile", str(home.at("password"))]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums"]
        command += [*binaries.locale_options(), "--no-instructions", *(["--no-sync"] if fast else [])]
        run(home, command, "make its data")
        # in single-user mode the database is there before the server is, and before the data has its name
        single_user(making, home, binaries, f"CREATE DATABASE {DATABASE}", fast=fast)
        making.rename(home.at("data"))
    finally:
        shutil.rmtree(making, ignore_errors=True)
    sync_folder(home.folder)


def single_user(data: Path, home: Home, binaries: Binaries, statement: str, *, fast: bool) -> None:
    """Run one statement without a server; it must not run on the same data."""
    command = [binaries.program("postgres"), "--single", *(["-F"] if fast else []), "-D", str(data)]
    run(home, [*command, "-c", "exit_on_error=on", "postgres"], "prepare its database", said=f"{statement}\n")


def run(home: Home, command: Sequence[str], purpose: str, *, said: str = "") -> None:
    """Run a program of Postgres to its end as the server's account; raises EmbeddedPostgresError with its last words."""
    parent = os.getpid()
    done = subprocess.run(  # noqa: S603 - our own binaries
        command,
        input=said.encode(),
        env=clean_environment(),
        cwd="/",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        preexec_fn=lambda: end_with_parent(parent, signal.SIGKILL),
        **as_account(home.account),
    )
    if done.returncode != 0:
        words = "\n".join(done.stdout.decode(errors="replace").strip().splitlines()[-12:])
        raise EmbeddedPostgresError(f"Postgres cannot {purpose} in {home.folder}; it says:\n{words}")
