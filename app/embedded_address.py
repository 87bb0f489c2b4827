"""Where the embedded Postgres listens: a socket in a folder of its own, or loopback where that cannot be; never the network."""

import contextlib
import os
import re
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

DATABASE = "dateline"
USER = "dateline"
LOOPBACK = "127.0.0.1"
SOCKET_PORT = 5432
SOCKET_PATH_BYTES = 107 if sys.platform.startswith("linux") else 103
"""What `sun_path` holds beside its final zero."""
AWKWARD_IN_A_SOCKET_PATH = re.compile(r"[^\w /.+@~-]")
"""Drivers take a comma for a second host, and Postgres for a second folder."""
ANSWER_SECONDS = 5.0
QUESTION = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")
"""The protocol's SSLRequest: the shortest question that a server answers (S or N), before it asks who we are."""


@dataclass(frozen=True, slots=True)
class Address:
    """A socket in a folder, or a port of 127.0.0.1 where there is no folder."""

    folder: Path | None
    port: int

    def socket_path(self) -> str:
        """Give the path of the socket that Postgres makes in the folder."""
        return f"{self.folder}/.s.PGSQL.{self.port}"

    def settings(self) -> dict[str, str]:
        """Give the settings that have the server listen here and nowhere else."""
        return {
            "listen_addresses": LOOPBACK if self.folder is None else "",
            "unix_socket_directories": "" if self.folder is None else str(self.folder),
            "port": str(self.port),
        }

    def url(self, password: str) -> str:
        """Give the URL of our database, for libpq, asyncpg and SQLAlchemy alike."""
        if self.folder is None:
            return f"postgresql://{USER}:{password}@{LOOPBACK}:{self.port}/{DATABASE}"
        return f"postgresql://{USER}:{password}@/{DATABASE}?host={quote(str(self.folder), safe='/')}"

    def answers(self) -> bool:
        """Say whether a server answers here, be it only that it is still starting."""
        family = socket.AF_INET if self.folder is None else socket.AF_UNIX
        with socket.socket(family) as client:
            client.settimeout(ANSWER_SECONDS)
            try:
                client.connect((LOOPBACK, self.port) if self.folder is None else self.socket_path())
                client.sendall(QUESTION)
                return client.recv(1) in {b"N", b"S"}
            except OSError:
                return False


def choose_address(folder: Path, kept_port: Path) -> Address:
    """Choose the socket in a folder, or a loopback port where its path is too long or drivers would misread it."""
    address = Address(folder, SOCKET_PORT)
    path = address.socket_path()
    if len(os.fsencode(path)) <= SOCKET_PATH_BYTES and not AWKWARD_IN_A_SOCKET_PATH.search(path):
        return address
    return Address(None, free_port(kept_port))


def free_port(kept: Path) -> int:
    """Take the port that the run before kept in a file, so that the URL stays, or a free one where that is taken."""
    with contextlib.suppress(OSError, ValueError), socket.create_server((LOOPBACK, int(kept.read_text()))) as probe:
        return int(probe.getsockname()[1])
    with socket.create_server((LOOPBACK, 0)) as probe:
        port = int(probe.getsockname()[1])
    kept.write_text(str(port))
    return port
