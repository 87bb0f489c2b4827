"""Bytes on a real connection: what two parsers could read differently is no request, and nothing endless is kept."""

import asyncio
import contextlib
from urllib.parse import urlsplit

import httpx
import orjson
import pytest
from sqlalchemy import text

from app.db import Database
from app.wire import LINGER_BYTES, MOST_HEAD_BYTES, Wire
from tests.running import listening

POST = b"POST /v1/articles HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
HIDDEN = b"0\r\n\r\nDELETE /v1/articles/019a1b2c-3d62-7c11-9e0f-5a6b7c8d9e0f HTTP/1.1\r\nHost: x\r\n\r\n"
SMUGGLED = {
    "both lengths": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + HIDDEN,
    "both, the other way round": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 99\r\n\r\n" + HIDDEN,
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nwords",
    "a list of lengths": POST + b"Content-Length: 5, 6\r\n\r\nwords",
    "a length with a sign": POST + b"Content-Length: +5\r\n\r\nwords",
    "a length below nothing": POST + b"Content-Length: -5\r\n\r\nwords",
    "a length beyond numbers": POST + b"Content-Length: 99999999999999999999999\r\n\r\nwords",
    "an unknown coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n" + HIDDEN,
    "chunked, but not last": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n" + HIDDEN,
    "a name with a space": POST + b"Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n" + HIDDEN,
    "a folded line": b"GET /livez HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n",
    "bare line feeds": b"GET /livez HTTP/1.1\nHost: x\n\n",
    "a bare carriage return": b"GET /livez HTTP/1.1\r\nHost: x\r\nX: a\rY: b\r\n\r\n",
    "a zero": b"GET /livez HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
    "an escape": b"GET /livez HTTP/1.1\r\nHost: x\r\nX: a\x1bb\r\n\r\n",
    "a chunk's size that is none": POST + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nwords\r\n0\r\n\r\n",
    "chunks with bare line feeds": POST + b"Transfer-Encoding: chunked\r\n\r\n5\nwords\n0\n\n",
    "no host": b"GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n",
    "two hosts": b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
    "bytes in a path": b"GET /v1/topics/\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n",
    "another protocol": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "its successor": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a tunnel": b"CONNECT inside.example:80 HTTP/1.1\r\nHost: inside.example:80\r\n\r\n",
}
MANY = 20_000_000
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
ENDLESS = {
    "a field": (b"GET /livez HTTP/1.1\r\nHost: x\r\nX: " + b"y" * MANY, {431}),
    "fields": (b"GET /livez HTTP/1.1\r\nHost: x\r\n" + b"X: yyyyyyyyyyyyyyyy\r\n" * (MANY // 20), {431}),
    "a path": (b"GET /" + b"a" * MANY, {414}),
    "a query": (b"GET /v1/topics?q=" + b"a" * MANY, {414}),
    "a method": (b"G" * MANY, {400}),
    "trailers": (CHUNKED + b"5\r\nwords\r\n0\r\nX: " + b"y" * MANY, {431}),
    "a chunk's extension": (CHUNKED + b"5;" + b"y" * MANY, {431}),
}


async def exchanged(client: httpx.AsyncClient, data: bytes) -> bytes:
    """Send bytes on a connection of their own; give all that comes back."""
    at = urlsplit(str(client.base_url))
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    answer = bytearray()

    async def send() -> None:
        for start in range(0, len(data), 65_536):
            writer.write(data[start : start + 65_536])
            await writer.drain()

    sending = asyncio.create_task(send())
    with contextlib.suppress(ConnectionResetError):
        while part := await reader.read(65_536):
            answer += part
    await asyncio.gather(sending, return_exceptions=True)
    writer.close()
    return bytes(answer)


def problem_of(answer: bytes) -> int:
    """Give the status of an answer that is one problem document and nothing behind it."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    assert b"x-content-type-options: nosniff" in head
    status = int(head.split(b" ")[1])
    assert orjson.loads(body)["status"] == status
    return status


async def test_what_could_be_read_in_two_ways_is_no_request_and_nothing_behind_it_is_read(
    database_url: str, database: Database
) -> None:
    async with listening(database_url) as client:
        for name, data in SMUGGLED.items():
            answer = await exchanged(client, data)
            assert (name, problem_of(answer)) == (name, 400)
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM submissions")) == 0


async def test_what_never_ends_is_not_kept(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    received: list[int] = []
    take = Wire.data_received

    def counted(wire: Wire, data: bytes) -> None:
        received.append(len(data))
        take(wire, data)

    monkeypatch.setattr(Wire, "data_received", counted)
    async with listening(database_url) as client:
        for name, (data, statuses) in ENDLESS.items():
            received.clear()
            answer = await exchanged(client, data)
            assert MOST_HEAD_BYTES // 2 < sum(received) < MOST_HEAD_BYTES + LINGER_BYTES + 2 * max(received), name
            assert not answer or problem_of(answer) in statuses, name
        assert (await client.get("/livez")).status_code == 200


async def test_fields_behind_a_body_are_none_of_its_head(database_url: str) -> None:
    chunked = (
        b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nwords\r\n0\r\nContent-Type: text/plain\r\n\r\n"
    )
    async with listening(database_url) as client:
        answer = await exchanged(client, b"POST /v1/articles HTTP/1.1\r\nHost: x\r\n" + chunked)
    assert problem_of(answer) == 415


@pytest.mark.parametrize("wanted", [b"websocket", b"h2c"])
async def test_no_other_protocol_is_changed_to(database_url: str, wanted: bytes) -> None:
    upgrade = (
        b"Upgrade: "
        + wanted
        + b"\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n\r\n"
    )
    async with listening(database_url) as client:
        answer = await exchanged(client, b"GET /livez HTTP/1.1\r\nHost: x\r\n" + upgrade)
        body = await exchanged(
            client, POST.replace(b"/articles", b"/receipts") + b"Content-Length: 5\r\n" + upgrade + b"words"
        )
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b'{"alive":true}')
    assert problem_of(body) == 405


async def test_dots_in_a_path_lead_nowhere(database_url: str) -> None:
    async with listening(database_url) as client:
        for path in (
            b"/v1/articles/../receipts",
            b"/docs/../livez",
            b"/static-offline-docs/../../core.py",
            b"/..",
            b"*",
        ):
            answer = await exchanged(client, b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert problem_of(answer) in {400, 404, 422}, path
