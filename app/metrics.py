"""Counts and times requests, as pure ASGI, gives request and trace ids back, and forbids guessing at types; `/metrics` shows it to Prometheus."""

import re
import time
from functools import cache
from uuid import uuid4

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access.principal import Principal

log = structlog.get_logger()

REGISTRY = CollectorRegistry()
REQUESTS = Counter("dateline_http_requests", "Requests answered", ["method", "route", "status"], registry=REGISTRY)
SECONDS = Histogram(
    "dateline_http_request_seconds",
    "Seconds from the request's head to the last byte of its answer",
    ["method", "route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=REGISTRY,
)
QUEUED = Gauge("dateline_queued_submissions", "Submissions that wait for a worker", registry=REGISTRY)
BACKFILL = Gauge("dateline_queued_backfill", "Those of them that are a backfill's", registry=REGISTRY)
WORKERS = Gauge("dateline_workers", "Workers that gave a sign of life in the last five minutes", registry=REGISTRY)
UNNUMBERED = Gauge("dateline_unnumbered_changes", "Changes that are not in the change feed yet", registry=REGISTRY)
UNLINKED = Gauge("dateline_unlinked_changes", "Changes that stories do not know of yet", registry=REGISTRY)
REPROCESSINGS = Gauge(
    "dateline_reprocessings_running", "Runs of stored submissions through the pipeline", registry=REGISTRY
)

REQUEST_ID = re.compile(rb"[\x21-\x7e]{1,128}")
"""What is taken over from a gateway; anything else is replaced, so that no log line can be forged."""
NOSNIFF = (b"x-content-type-options", b"nosniff")
"""No browser takes an answer for anything but what its Content-Type says."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def header(scope: Scope, name: bytes) -> bytes | None:
    """Give a request header's first value."""
    value: bytes | None = next((value for key, value in scope["headers"] if key == name), None)
    return value


class Observe:
    """Middleware that counts each request under its route, and echoes `X-Request-ID` and `traceparent`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; anything but HTTP is passed on untouched."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500
        given = header(scope, b"x-request-id")
        request_id = given if given and REQUEST_ID.fullmatch(given) else uuid4().hex.encode()
        echoed = [(b"x-request-id", request_id)]
        trace = header(scope, b"traceparent")
        if trace and REQUEST_ID.fullmatch(trace):
            echoed.append((b"traceparent", trace))

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                sniffed = any(name == b"x-content-type-options" for name, _ in message["headers"])
                message["headers"] = [*message["headers"], *echoed, *([] if sniffed else [NOSNIFF])]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id.decode("ascii")):
            try:
                await self.app(scope, receive, observed)
            finally:
                count(scope, status, time.perf_counter() - began)


@cache
def series(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Give the counter and the histogram of a kind of request, of which there are few: to look them up takes a lock each time."""
    return REQUESTS.labels(method, route, status), SECONDS.labels(method, route)


def count(scope: Scope, status: int, seconds: float) -> None:
    """Count a request under its route's pattern, so that ids in paths make no new series."""
    route = getattr(scope.get("route"), "path", "unmatched")
    method = scope["method"] if scope["method"] in METHODS else "other"
    requests, durations = series(method, route, status)
    requests.inc()
    durations.observe(seconds)
    asker: Principal | None = scope.get("principal")
    sender = {"sender": asker.label} if asker and asker.label else {}
    log.debug("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1), **sender)
