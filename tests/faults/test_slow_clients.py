"""Clients that are slow, silent, deaf or many, on raw sockets: each is bounded, and none keeps another from its answer."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from sqlalchemy import text

from app import wire
from app.db import Database
from tests.running import listening

SOON = {"head_seconds": 1.0, "body_seconds": 1.0, "body_bytes_a_second": 2000, "unread_seconds": 1.0}
"""Limits that are kept to the second, so that a test need not wait longer."""
PATIENCE = 30.0
"""Seconds after which a connection that should have been ended was not."""

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def connect(client: httpx.AsyncClient) -> Connection:
    """Open a connection to the server."""
    return await asyncio.open_connection(client.base_url.host, client.base_url.port, limit=2**24)


async def closed(writer: asyncio.StreamWriter) -> None:
    """Close a connection, whatever became of it, and wait until it is."""
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def rest(connection: Connection) -> bytes:
    """Give what a connection still says until the server ends it; a reset is an end."""
    reader, writer = connection
    try:
        return await asyncio.wait_for(reader.read(), PATIENCE)
    except ConnectionError:
        return b""
    finally:
        await closed(writer)


async def trickle(connection: Connection, data: bytes, seconds: float = 0.1) -> None:
    """Send bytes one by one until the server has had enough."""
    _, writer = connection
    deadline = time.monotonic() + PATIENCE
    for number in range(10**6):
        if writer.is_closing() or connection[0].at_eof() or time.monotonic() > deadline:
            return
        writer.write(data[number : number + 1] or b"x")
        await asyncio.sleep(seconds)


async def deaf(writer: asyncio.StreamWriter, request: bytes) -> None:
    """Ask and read nothing until the server ends the connection; fails where it does not."""
    deadline = time.monotonic() + PATIENCE
    while not writer.is_closing():
        assert time.monotonic() < deadline
        with contextlib.suppress(ConnectionError, TimeoutError):
            writer.write(request)
            await asyncio.wait_for(writer.drain(), 0.2)
        await asyncio.sleep(0.05)
    await closed(writer)


async def ended_while(connection: Connection, work: Callable[[], Awaitable[None]]) -> bytes:
    """Give what the server says until it ends the connection, while the client goes on."""
    working = asyncio.ensure_future(work())
    try:
        return await rest(connection)
    finally:
        working.cancel()


@asynccontextmanager
async def serving(url: str, **limits: float) -> AsyncIterator[httpx.AsyncClient]:
    """Open the application on a port, and see that it answers honest clients afterwards."""
    async with listening(url, **(SOON | limits)) as client:
        yield client
        assert (await client.get("/livez")).status_code == 200


async def test_a_head_that_never_ends_is_answered_408_and_one_that_never_begins_is_closed(database_url: str) -> None:
    async with serving(database_url) as client:
        dripping, silent, kept = [await connect(client) for _ in range(3)]
        kept[1].write(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b"200 OK" in await kept[0].readuntil(b"true}")
        kept[1].write(b"\r\n")  # no head, and yet no pause between requests either
        answers = await asyncio.gather(
            ended_while(dripping, lambda: trickle(dripping, b"GET /livez HTTP/1.1\r\nHost: " + b"a" * 10_000)),
            rest(silent),
            rest(kept),
        )
    for answer in answers:
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"application/problem+json" in answer


@pytest.mark.parametrize("head", [b"Content-Length: 5000", b"Transfer-Encoding: chunked"], ids=["stated", "chunked"])
async def test_a_body_that_comes_by_the_byte_is_answered_408_and_nothing_is_kept(
    database_url: str, head: bytes
) -> None:
    request = b"POST /v1/articles HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n" + head + b"\r\n\r\n"
    async with serving(database_url) as client:
        connection = await connect(client)
        connection[1].write(request)
        body = b"A calm day" if b"Length" in head else b"1\r\nA\r\n" * 10_000
        answer = await ended_while(connection, lambda: trickle(connection, body))
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b'"type":"urn:dateline:problem:request-timeout"' in answer
        assert (await client.get("/v1/receipts")).json()["items"] == []


@pytest.mark.parametrize("ends", [True, False])
async def test_who_sends_on_behind_a_refusal_reads_it_all_the_same_and_is_ended_in_the_end(
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    ends: bool,  # noqa: FBT001 - whether the client does
) -> None:
    monkeypatch.setattr(wire, "LINGER_SECONDS", 5.0 if ends else 1.0)
    async with serving(database_url) as client:
        reader, writer = connection = await connect(client)
        writer.write(
            b"POST /v1/articles HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 900000\r\n\r\n"
        )
        while not reader._buffer:  # type: ignore[attr-defined]  # noqa: SLF001, ASYNC110 - to look without reading
            await asyncio.sleep(0.05)
        if ends:
            await send_on(writer)
            assert (await rest(connection)).startswith(b"HTTP/1.1 408 ")
        else:
            with pytest.raises(ConnectionError):
                await trickle_on(writer)
            await closed(writer)


async def send_on(writer: asyncio.StreamWriter) -> None:
    """Send some more of a body."""
    for _ in range(10):
        writer.write(b"A calm day. " * 1000)
        await writer.drain()
        await asyncio.sleep(0.02)


async def trickle_on(writer: asyncio.StreamWriter) -> None:
    """Send for as long as the connection is there, whatever the server said."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.1)


async def test_a_body_that_comes_steadily_may_take_longer(database_url: str) -> None:
    async with serving(database_url) as client:
        reader, writer = connection = await connect(client)
        writer.write(b"POST /v1/articles HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 16000\r\n")
        writer.write(b"Connection: close\r\n\r\n")
        for _ in range(16):
            writer.write(b"A calm day at the harbour. " * 37 + b"x")
            await asyncio.sleep(0.15)
        assert (await rest(connection)).startswith(b"HTTP/1.1 202 ")
        assert reader.at_eof()


async def test_an_answer_that_nobody_reads_is_cut_off(database_url: str) -> None:
    async with serving(database_url) as client:
        _, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port, limit=1)
        await deaf(writer, b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 10)


async def test_a_stream_that_nobody_reads_is_cut_off(database_url: str, database: Database) -> None:
    async with database.transaction() as connection:
        many = text(
            "INSERT INTO changes (seq, kind, article_id, revision, at) "
            "SELECT n, 'created', gen_random_uuid(), 1, now() FROM generate_series(1, 100000) AS n"
        )
        await connection.execute(many)
        await connection.execute(text("UPDATE change_feed SET last_seq = 100000, linked_seq = 100000"))
    async with serving(database_url) as client:
        _, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port, limit=1)
        writer.write(b"GET /v1/changes/stream?since=0 HTTP/1.1\r\nHost: a\r\n\r\n")
        await deaf(writer, b"\r\n")


def is_open(silent: socket.socket) -> bool:
    """Say whether the server has left a connection open that says nothing."""
    try:
        silent.recv(1)
    except BlockingIOError:
        return True
    except ConnectionError:
        return False
    return False


async def test_silent_connections_make_room_for_those_that_speak(database_url: str) -> None:
    async with serving(database_url, max_connections=100, head_seconds=60) as client:
        with contextlib.ExitStack() as opened:
            address = (client.base_url.host, client.base_url.port)
            silent = [opened.enter_context(socket.create_connection(address)) for _ in range(1000)]
            for one in silent:
                one.setblocking(False)
            assert (await client.get("/livez")).status_code == 200
            still = [is_open(one) for one in silent]
    assert 89 <= still.count(True) <= 100
    assert still == sorted(still)  # those that waited longest have gone


async def test_where_all_connections_are_at_work_one_more_is_told_so(database_url: str) -> None:
    async with serving(database_url, max_connections=3) as client:
        waiting = [await connect(client) for _ in range(3)]
        for _, writer in waiting:
            writer.write(b"GET /v1/changes?wait=4 HTTP/1.1\r\nHost: a\r\n\r\n")
        await asyncio.sleep(0.5)
        answer = await rest(await connect(client))
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 1" in answer
        for one in waiting:
            assert b"200 OK" in await one[0].readline()
            await closed(one[1])
