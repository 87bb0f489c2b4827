"""Bounds on a request's head, as pure ASGI: what is over them is refused before anything else looks at it."""

from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import BadRequest, Fault, FieldsTooLarge, InvalidRequest, Problem, UriTooLong, problem_response
from app.query.cursor import MAX_CHARACTERS
from app.settings import Settings

MOST_PARAMETERS: Final = 100
"""Query parameters of a request, those that are repeated each counted."""

ONCE: Final = frozenset({b"content-type", b"idempotency-key"})
"""Fields that two readers could read differently if they were there twice."""


class Bounds:
    """Middleware that refuses a head which is too large, or says twice what may be said once."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        wrong = fault_of(scope, self.settings) if scope["type"] == "http" else None
        if wrong is None:
            await self.app(scope, receive, send)
        else:
            await problem_response(Request(scope), wrong)(scope, receive, send)


def fault_of(scope: Scope, settings: Settings) -> Problem | None:
    """Give what a request's head is refused with; None where it is within its bounds."""
    return uri_fault(scope, settings) or fields_fault(scope, settings)


def uri_fault(scope: Scope, settings: Settings) -> Problem | None:
    """Judge path and query; a cursor, which is ours, does not count, so that no walk outgrows the limit it began within."""
    query: bytes = scope["query_string"]
    most = settings.max_uri_bytes + (MAX_CHARACTERS if b"cursor=" in query else 0)
    size = len(scope.get("raw_path") or scope["path"].encode("utf-8", "replace")) + len(query)
    if size > most:
        return UriTooLong(f"Path and query have {size} bytes; {most} are taken.")
    if query.count(b"&") >= MOST_PARAMETERS:
        detail = f"more than {MOST_PARAMETERS} parameters"
        return InvalidRequest(f"The query has {detail}.", faults=[Fault("/query", detail)])
    return None


def fields_fault(scope: Scope, settings: Settings) -> Problem | None:
    """Judge the header fields: their number, their size, and that Host is there once (RFC 9112, section 3.2)."""
    fields: list[tuple[bytes, bytes]] = scope["headers"]
    if len(fields) > settings.max_headers:
        return FieldsTooLarge(f"There are {len(fields)} header fields; {settings.max_headers} are taken.")
    size = hosts = 0
    seen: set[bytes] = set()
    for name, value in fields:
        size += len(name) + len(value)
        hosts += name == b"host"
        if name in ONCE:
            if name in seen:
                return BadRequest(f"A request has one {name.decode().title()}; this one has several.")
            seen.add(name)
        elif name == b"transfer-encoding" and value.strip().lower() != b"chunked":
            return BadRequest("The only Transfer-Encoding that is read is chunked; gzip goes into Content-Encoding.")
    if size > settings.max_header_bytes:
        return FieldsTooLarge(f"The header fields have {size} bytes; {settings.max_header_bytes} are taken.")
    if hosts > 1 or (hosts == 0 and scope["http_version"] == "1.1"):
        return BadRequest(f"A request names one Host; this one names {hosts}.")
    return None
