"""Every way to say no, and the one handler that says it as `application/problem+json` (RFC 9457).

DatelineError
├── Problem                     answered to a client, with its HTTP status
│   ├── Moved             308   with Location
│   ├── BadRequest        400   no request that HTTP knows
│   ├── InvalidRequest    422   which part, and why
│   ├── Unauthorized      401   with WWW-Authenticate   (these three in access/refusal.py)
│   ├── Forbidden         403   with WWW-Authenticate where a scope is missing
│   ├── TooManyRequests   429   with Retry-After and RateLimit
│   ├── NotFound          404
│   ├── Gone              410
│   ├── Conflict          409
│   ├── PreconditionFailed 412
│   ├── TooSlow           408
│   ├── BodyTooLarge      413
│   ├── UriTooLong        414
│   ├── UnsupportedType   415
│   ├── UnsupportedCoding 415   with Accept-Encoding
│   ├── FieldsTooLarge    431
│   └── Unavailable       503   with Retry-After
└── StartError                  the process cannot start; its message says what to do
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import quote
from uuid import UUID

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match, Route

from app.db import STORE_ERRORS
from app.outage import Outage

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
UNQUOTED = "/~!$&'()*+,;=:@"
"""Characters that stand for themselves in a path, and with `%` and `?` in a query (RFC 3986)."""
FAULTS_SHOWN = 20
"""Wrong parts that an answer names: there may be as many as a sender likes."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong part of a request: a JSON pointer (RFC 6901) to it, or `/query/name`, `/header/name`, and what is wrong."""

    pointer: str
    detail: str


class DatelineError(Exception):
    """The root of all errors that Dateline raises itself."""


class StartError(DatelineError):
    """The process cannot start; the message is for whoever started it."""


class Problem(DatelineError):  # noqa: N818 - the word of RFC 9457
    """An answer other than success; `detail` says which part and why, `headers` go out with it."""

    status: ClassVar[int] = 500
    kind: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str, *, faults: Iterable[Fault] = (), headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = tuple(faults)
        self.headers = dict(headers or {})


class InvalidRequest(Problem):
    """The request does not fit the contract."""

    status, kind, title = 422, "invalid-request", "Invalid request"


class NotFound(Problem):
    """There is no such resource."""

    status, kind, title = 404, "not-found", "Not found"


class Moved(Problem):
    """The article turned out to be another one, which Location leads to."""

    status, kind, title = 308, "moved", "Permanent redirect"

    def __init__(self, detail: str, *, gone: UUID, kept: UUID) -> None:
        super().__init__(detail)
        self.gone, self.kept = str(gone), str(kept)


class Gone(Problem):
    """There was such a resource, and it was deleted, or is no longer kept."""

    status, kind, title = 410, "gone", "Gone"


class Conflict(Problem):
    """The resource's state does not allow that."""

    status, kind, title = 409, "conflict", "Conflict"


class PreconditionFailed(Problem):
    """The resource is not, or no longer, in the state that the request asks for."""

    status, kind, title = 412, "precondition-failed", "Precondition failed"


class TooSlow(Problem):
    """The body did not come in the time that it has; `app.pace` says so."""

    status, kind, title = 408, "request-timeout", "Request Timeout"


class BodyTooLarge(Problem):
    """The body is over the limit, as sent or decompressed."""

    status, kind, title = 413, "body-too-large", "Body too large"


class BadRequest(Problem):
    """The request is none that HTTP knows."""

    status, kind, title = 400, "bad-request", "Bad request"


class UriTooLong(Problem):
    """Path and query are over the limit."""

    status, kind, title = 414, "uri-too-long", "URI too long"


class FieldsTooLarge(Problem):
    """The header fields are over the limit, in number or in size."""

    status, kind, title = 431, "request-header-fields-too-large", "Request header fields too large"


class UnsupportedType(Problem):
    """There is no reader for the body's Content-Type."""

    status, kind, title = 415, "unsupported-type", "Unsupported media type"


class UnsupportedCoding(Problem):
    """The body's Content-Encoding is not taken."""

    status, kind, title = 415, "unsupported-coding", "Unsupported content coding"


class Unavailable(Problem):
    """The service cannot take that now; Retry-After says when to come back."""

    status, kind, title = 503, "unavailable", "Service unavailable"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


def problem_body(  # noqa: PLR0913 - the members of RFC 9457
    *, status: int, kind: str, title: str, detail: str, instance: str, faults: Iterable[Fault] = ()
) -> dict[str, Any]:
    """Give the members of a problem document; `errors` only where there are some."""
    body: dict[str, Any] = {
        "type": f"urn:dateline:problem:{kind}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": instance,
    }
    if errors := [{"pointer": fault.pointer, "detail": fault.detail} for fault in faults]:
        body["errors"] = errors
    return body


def asked_for(request: Request) -> str:
    """Give the request's own path and query, whatever Host it names: where that leads is not for a stranger to say."""
    path = "/" + quote(request.scope["path"], safe=UNQUOTED).lstrip("/")
    query = request.scope["query_string"].decode("latin-1")
    return f"{path}?{quote(query, safe=UNQUOTED + '%?')}" if query else path


def problem_response(request: Request, problem: Problem) -> Response:
    """Give the response that a problem is answered with."""
    if isinstance(problem, Moved):
        problem.headers["Location"] = asked_for(request).replace(problem.gone, problem.kept, 1)
    body = problem_body(
        status=problem.status,
        kind=problem.kind,
        title=problem.title,
        detail=problem.detail,
        instance=request.scope["path"],
        faults=problem.faults,
    )
    return Response(orjson.dumps(body), problem.status, problem.headers, MEDIA_TYPE)


def pointer_of(location: Iterable[int | str]) -> str:
    """Turn pydantic's error location into a JSON pointer; the leading `body` is the document itself."""
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in location]
    return "/" + "/".join(parts[1:] if parts[:1] == ["body"] else parts)


async def on_problem(request: Request, problem: Exception) -> Response:
    """Answer a problem of our own."""
    if not isinstance(problem, Problem):
        raise problem
    return problem_response(request, problem)


async def on_validation_error(request: Request, error: Exception) -> Response:
    """Answer a request that FastAPI found not to fit, part by part."""
    if not isinstance(error, RequestValidationError):
        raise error
    faults = [Fault(pointer_of(found["loc"]), str(found["msg"])) for found in error.errors()[:FAULTS_SHOWN]]
    detail = "; ".join(f"{fault.pointer}: {fault.detail}" for fault in faults[:3])
    return problem_response(request, InvalidRequest(detail, faults=faults))


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answer what the router itself refuses: an unknown path, a wrong method."""
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    kind = status.phrase.lower().replace(" ", "-")
    detail = error.detail if error.detail != status.phrase else status.description or status.phrase
    headers = dict(error.headers or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(methods_of(request)))
    body = problem_body(status=status, kind=kind, title=status.phrase, detail=detail, instance=request.scope["path"])
    return Response(orjson.dumps(body), status, headers, MEDIA_TYPE)


def methods_of(request: Request) -> set[str]:
    """Give the methods that the request's path takes; the router itself names those of one route alone."""
    found = {
        method
        for route in request.app.state.routes
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE
        for method in route.methods or ()
    }
    return found | {"HEAD"} if "GET" in found else found


async def on_hang_up(request: Request, _: Exception) -> Response:
    """End a request whose sender went away; the answer reaches nobody, and the log need not know."""
    return problem_response(request, BadRequest("The connection ended before the body was whole."))


OUTAGE = Outage("store_unavailable")
NOT_READ = "The store does not answer now."
NOT_KEPT = (
    "The store does not answer now. Most likely nothing of this request was kept; if the connection was lost at the very "
    "commit, it was: send it again, with the Idempotency-Key that it had."
)


async def on_store_error(request: Request, error: Exception) -> Response:
    """Answer 503 while Postgres is away, slow, full, read-only or out of connections; log which."""
    OUTAGE.failed(error)
    detail = NOT_READ if request.method in {"GET", "HEAD"} else NOT_KEPT
    return problem_response(request, Unavailable(detail, retry_after=5))


async def on_crash(request: Request, error: Exception) -> Response:
    """Answer 500 without a word about the inside, and log the whole of it."""
    log.error("request_crashed", path=request.scope["path"], exc_info=error)
    headers = {"X-Content-Type-Options": "nosniff"}  # no middleware of ours sees this answer
    return problem_response(
        request, Problem("Something went wrong here; the log has it under this path.", headers=headers)
    )


class FaultShown(BaseModel):
    """One wrong part of a request."""

    pointer: str = Field(description="JSON pointer (RFC 6901) into the body, or `/query/name`, `/header/name`.")
    detail: str = Field(description="What is wrong with it.")


class ProblemShown(BaseModel):
    """A problem document (RFC 9457)."""

    type: str = Field(description="A URN for this kind of problem.")
    title: str = Field(description="The kind in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What went wrong this time.")
    instance: str = Field(description="The path that was asked for.")
    errors: list[FaultShown] | None = Field(default=None, description="The wrong parts, where the request is at fault.")


PROBLEM_SCHEMA = {"$ref": "#/components/schemas/ProblemShown"}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Give the OpenAPI `responses` of the problems that a route can answer with, and of the 500 that any can."""
    kinds = {
        kind.status: kind
        for kind in (
            Moved,
            BadRequest,
            NotFound,
            Conflict,
            Gone,
            PreconditionFailed,
            TooSlow,
            BodyTooLarge,
            UriTooLong,
            UnsupportedType,
            InvalidRequest,
            FieldsTooLarge,
            Unavailable,
        )
    }
    described: dict[int | str, dict[str, Any]] = {}
    for status in (*statuses, 500):
        kind = kinds.get(status, Problem)
        detail = (kind.__doc__ or "").strip() if kind is not Problem else "Something went wrong here."
        example = problem_body(
            status=status,
            kind=kind.kind,
            title=kind.title,
            detail=detail,
            instance="/v1/articles",
            faults=[Fault("/query/limit", "Input should be less than or equal to 200")] if status == 422 else (),
        )
        described[status] = {
            "description": detail,
            "content": {MEDIA_TYPE: {"schema": PROBLEM_SCHEMA, "example": example}},
        }
    return described


def install(app: FastAPI) -> None:
    """Have every error that leaves a route answered as a problem."""
    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_validation_error)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(ClientDisconnect, on_hang_up)
    for unavailable in STORE_ERRORS:
        app.add_exception_handler(unavailable, on_store_error)
    app.add_exception_handler(Exception, on_crash)
