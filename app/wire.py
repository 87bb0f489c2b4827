"""uvicorn's HTTP/1.1 with a bound on what it keeps before a request is whole, and every refusal a problem document.

uvicorn sets none: a head that never ends is kept in memory as far as the sender likes. Nor does it tell fields that
follow a body (trailers) from the ones that came in front of it, where a gateway has looked at them (RFC 9110, 6.5.1).
"""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from app.errors import MEDIA_TYPE, problem_body

MOST_HEAD_BYTES: Final = 65_536
"""Bytes that may arrive without a head, a part of a body or the end of one being whole."""
LINGER_SECONDS: Final = 5.0
LINGER_BYTES: Final = 4_000_000
"""How long, and how much of, what a client still sends is taken and dropped after an answer that ends its connection."""


class Lingering:
    """A connection's transport that ends without a reset in front of its last answer (RFC 9112, section 9.6).

    To close while a client still sends has the system tell it at once that all is lost, often before it has read why. So
    its own side is ended first, and the client's when it is done, or its time is over.
    """

    def __init__(self, transport: asyncio.Transport, wire: "Wire") -> None:
        self.transport = transport
        self.wire = wire
        self.over: asyncio.TimerHandle | None = None
        self.dropped = 0
        self.write = transport.write
        self.abort = transport.abort
        self.get_extra_info = transport.get_extra_info
        self.get_write_buffer_size = transport.get_write_buffer_size
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading

    def is_closing(self) -> bool:
        """Say whether nothing more may be written."""
        return self.over is not None or self.transport.is_closing()

    def close(self) -> None:
        """End the connection: at once where a request is whole, else once its client is done with it."""
        if self.is_closing():
            return
        if self.wire.whole or not self.transport.can_write_eof():
            self.transport.close()
            return
        self.over = self.wire.loop.call_later(LINGER_SECONDS, self.transport.abort)
        self.transport.write_eof()
        self.transport.resume_reading()

    def drop(self, data: bytes) -> None:
        """Let go of what came behind the last answer."""
        self.dropped += len(data)
        if self.dropped > LINGER_BYTES:
            self.transport.abort()


class Wire(HttpToolsProtocol):
    """One connection; it is closed after a refusal, as nothing is known of what its next bytes mean."""

    quiet = 0
    refusal = HTTPStatus.BAD_REQUEST
    in_head = True
    whole = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Begin; the connection will not end before its last answer is read."""
        super().connection_made(Lingering(transport, self))  # type: ignore[arg-type] # it has all that uvicorn asks for

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        if isinstance(self.transport, Lingering) and self.transport.over is not None:
            self.transport.over.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes off the wire; only those that lead nowhere are counted, and those behind the last answer are dropped."""
        if isinstance(self.transport, Lingering) and self.transport.is_closing():
            self.transport.drop(data)
            return
        self.quiet += len(data)
        super().data_received(data)
        if self.quiet > MOST_HEAD_BYTES and not self.transport.is_closing():
            self.refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        """Begin a head."""
        self.quiet, self.in_head, self.whole = 0, True, False
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take a part of the request's target; httptools reads none that is longer than 64 KiB."""
        super().on_url(url)
        if len(self.url) >= MOST_HEAD_BYTES:
            self.refusal = HTTPStatus.REQUEST_URI_TOO_LONG
            raise ValueError  # httptools gives up, and `send_400_response` is called

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field of the head; those behind a body are dropped."""
        if self.in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """End a head."""
        self.quiet, self.in_head = 0, False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of a body."""
        self.quiet = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self.quiet, self.whole = 0, True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what could not be parsed, and close."""
        self.refuse(self.refusal, msg if self.refusal is HTTPStatus.BAD_REQUEST else None)

    @property
    def answering(self) -> bool:
        """Whether an answer is under way, into which no other may be written."""
        cycle: RequestResponseCycle | None = self.cycle
        return bool(self.pipeline) or (cycle is not None and cycle.response_started and not cycle.response_complete)

    def refuse(self, status: HTTPStatus, detail: str | None = None, **fields: str) -> None:
        """Answer a problem, with more fields of its head, and close; where an answer is under way, close alone."""
        if not self.answering:
            self.transport.write(refused(status, detail or f"{status.description}.", fields))
        self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Pass over a wish for another protocol, as RFC 9110, section 7.8 has it; the connection ends with the answer."""
        self.cycle.keep_alive = False


def refused(status: HTTPStatus, detail: str, more: Mapping[str, str]) -> bytes:
    """Give a whole answer to a request that was none."""
    kind = status.phrase.lower().replace(" ", "-")
    body: dict[str, Any] = problem_body(status=status, kind=kind, title=status.phrase, detail=detail, instance="/")
    content = orjson.dumps(body)
    fields = {name.replace("_", "-"): value for name, value in more.items()} | {
        "content-type": MEDIA_TYPE,
        "content-length": str(len(content)),
        "x-content-type-options": "nosniff",
        "connection": "close",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return STATUS_LINE[status] + head.encode("ascii") + b"\r\n" + content
