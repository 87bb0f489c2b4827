"""A way to Postgres that can be closed, stalled, or cut at a commit, as networks and servers do to their clients."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal
from urllib.parse import parse_qs, urlsplit

Cut = Literal["before its answer", "behind its answer"]
KEEPS = b"INSERT INTO submissions"
SENT_SECONDS = 0.01
COMMITTED = b"C\x00\x00\x00\x0bCOMMIT\x00"
"""The server's word for a commit that is done (CommandComplete)."""


class Proxy:
    """Passes bytes between clients and a server, as long as it is `open`; not `open`, it keeps them waiting."""

    def __init__(self, url: str) -> None:
        self.parts = urlsplit(url)
        self.open = asyncio.Event()
        self.open.set()
        self.refusing = False
        self.cut: Cut | None = None
        self.writers: set[asyncio.StreamWriter] = set()
        self.keeping: set[asyncio.StreamWriter] = set()
        self.port = 0

    @property
    def url(self) -> str:
        """The database's URL through here."""
        return f"postgresql://{self.parts.username}:{self.parts.password}@127.0.0.1:{self.port}{self.parts.path}"

    async def server(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to the server itself."""
        if host := parse_qs(self.parts.query).get("host"):
            return await asyncio.open_unix_connection(f"{host[0]}/.s.PGSQL.5432")
        return await asyncio.open_connection(self.parts.hostname, self.parts.port or 5432)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection on, in both directions, until either side ends it."""
        if self.refusing:
            writer.transport.abort()
            return
        theirs, ours = await self.server()
        self.writers |= {writer, ours}
        await asyncio.gather(self.asked(reader, ours), self.answered(theirs, writer, ours))
        self.writers -= {writer, ours}

    async def asked(self, client: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
        """Pass on what the client says."""
        with contextlib.suppress(OSError):
            while data := await client.read(65536):
                await self.open.wait()
                if KEEPS in data:
                    self.keeping.add(server)
                server.write(data)
                await server.drain()
        server.transport.abort()

    async def answered(
        self, server: asyncio.StreamReader, client: asyncio.StreamWriter, connection: asyncio.StreamWriter
    ) -> None:
        """Pass on what the server answers; cut at the commit of a submission, where that is asked for."""
        with contextlib.suppress(OSError):
            while data := await server.read(65536):
                await self.open.wait()
                cut = self.cut if connection in self.keeping and COMMITTED in data else None
                if cut != "before its answer":
                    client.write(data)
                    await client.drain()
                if cut:
                    self.drop(SENT_SECONDS)
        client.transport.abort()

    def drop(self, seconds: float = 0.0) -> None:
        """Break every connection, now or once what is written is out, and let none in until `refusing` is taken back."""
        self.refusing, self.cut = True, None
        for writer in self.writers:
            if seconds:
                asyncio.get_running_loop().call_later(seconds, writer.transport.abort)
            else:
                writer.transport.abort()


@asynccontextmanager
async def proxied(url: str) -> AsyncIterator[Proxy]:
    """Open a proxy to a database."""
    proxy = Proxy(url)
    async with await asyncio.start_server(proxy.serve, "127.0.0.1", 0) as server:
        proxy.port = server.sockets[0].getsockname()[1]
        yield proxy
        proxy.open.set()
        proxy.drop()
        await asyncio.sleep(0.05)
