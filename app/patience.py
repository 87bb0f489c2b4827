"""The wire with limits for clients that are slow, silent or too many: none of them holds a connection for ever.

uvicorn itself limits the pause between two requests of a connection, and nothing else. Bodies are limited by `app.pace`,
which can answer in the contract's form.
"""

import asyncio
import socket
from http import HTTPStatus
from typing import ClassVar, Final

import structlog
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from app.settings import Settings
from app.wire import Wire

log = structlog.get_logger()

LOOK_SECONDS: Final = 1.0
"""How often a connection is looked at; its limits are kept as exactly as that."""
READ_BYTES: Final = 16_384
"""A client that reads so much of an answer within the limit reads; one that does not has stopped."""


class PatientWire(Wire):
    """One connection; the limits are those of `settings`, which a subclass made by `limited` brings.

    A request's head must be there `head_seconds` after its first byte or the connection's beginning. An answer that
    nobody reads for `unread_seconds` is cut off. Above `max_connections` those that have waited longest without a
    request make room for the newest, which is answered 503 where all are at work.
    """

    settings: ClassVar[Settings]
    head_since: float | None
    last_data: float
    unread: tuple[int, float]
    looking: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Begin to wait for a head."""
        super().connection_made(transport)
        now = self.loop.time()
        self.head_since, self.last_data, self.unread = now, now, (0, now)
        self.looking = self.loop.call_later(LOOK_SECONDS, self.look)
        if len(self.connections) > self.settings.max_connections:
            self.make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop looking."""
        self.looking.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; the first of it begins a head where no request is being answered."""
        self.last_data = self.loop.time()
        if self.head_since is None and self.at_rest():
            self.head_since = self.last_data
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """Wait for a head no longer."""
        self.head_since = None
        super().on_headers_complete()

    def at_rest(self) -> bool:
        """Say whether no request is being answered."""
        cycle: RequestResponseCycle | None = self.cycle  # None before the first, whatever uvicorn's annotation says
        return cycle is None or cycle.response_complete

    def look(self) -> None:
        """Keep the limits, and look again."""
        now, size = self.loop.time(), self.transport.get_write_buffer_size()
        before, since = self.unread
        if size == 0 or before == 0 or size <= before - READ_BYTES:
            self.unread = (size, now)
        elif now - since > self.settings.unread_seconds:
            log.info("answer_not_read", client=self.client, bytes=size)
            self.transport.abort()
            return
        late = self.head_since is not None and now - self.head_since > self.settings.head_seconds
        if late and self.at_rest() and not self.transport.is_closing():
            self.refuse(HTTPStatus.REQUEST_TIMEOUT, "The head of a request did not come in time.")
        self.looking = self.loop.call_later(LOOK_SECONDS, self.look)

    def make_room(self) -> None:
        """End some connections that wait for a request, those first that never made one, then by age; else refuse this one.

        A tenth of all at once, as to choose them takes a look at each.
        """
        open_ones = [one for one in self.connections if isinstance(one, PatientWire) and not one.transport.is_closing()]
        over = len(open_ones) - self.settings.max_connections
        if over <= 0:
            return
        resting = [one for one in open_ones if one is not self and one.at_rest()]
        resting.sort(key=lambda one: (one.cycle is not None, one.last_data))
        for one in resting[: max(over, self.settings.max_connections // 10)]:
            one.transport.abort()
        if not resting:
            detail = "There are too many connections; come back in a moment."
            self.refuse(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after="1")


def limited(settings: Settings) -> type[PatientWire]:
    """Give the protocol with an installation's limits."""
    return type("LimitedWire", (PatientWire,), {"settings": settings})


def give_up_lost_peers(listener: socket.socket, seconds: float) -> None:
    """Have the system end connections whose peer acknowledges nothing for so long (RFC 5482), where it can (Linux)."""
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if option is not None:
        listener.setsockopt(socket.IPPROTO_TCP, option, int(seconds * 1000))
