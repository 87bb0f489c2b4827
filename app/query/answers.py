"""How reads are answered: JSON with a strong ETag, 304 where the client has it already, nothing unknown ignored."""

from collections import Counter
from typing import Any, Final, get_origin

import xxhash
from fastapi import Request, Response
from pydantic import BaseModel

from app.db import Database, to_json
from app.errors import FAULTS_SHOWN, Fault, InvalidRequest, problems

ETAG: Final = {
    "description": "Strong; of the whole body.",
    "schema": {"type": "string"},
    "example": '"3f1c9a0be27d4456"',
}
CACHING: Final = {
    "description": "May be stored, and is asked for again with If-None-Match.",
    "schema": {"type": "string"},
    "example": "public, no-cache",
}
NOT_MODIFIED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"headers": {"ETag": ETAG, "Cache-Control": CACHING}},
    304: {"description": "The client has it already (If-None-Match).", "headers": {"ETag": ETAG}},
}


def reads(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Give the OpenAPI `responses` of a route that reads: 304, and the problems with these statuses."""
    return NOT_MODIFIED | problems(*statuses, 503)


def database_of(request: Request) -> Database:
    """Give the application's database."""
    database: Database = request.app.state.database
    return database


def etag(body: bytes) -> str:
    """Give the strong ETag of a body."""
    return f'"{xxhash.xxh3_64_hexdigest(body)}"'


def has_it(request: Request, tag: str) -> bool:
    """Say whether If-None-Match names this ETag, compared weakly (RFC 9110, section 13.1.2)."""
    named = [one.strip() for line in request.headers.getlist("if-none-match") for one in line.split(",")]
    return "*" in named or tag in [one.removeprefix("W/") for one in named]


def respond(request: Request, body: bytes, headers: dict[str, str], *, max_age: int = 0) -> Response:
    """Answer a body, or 304 to who has it; `max_age` in seconds, 0 for `ask again every time`."""
    tag = etag(body)
    caching = {"ETag": tag, "Cache-Control": f"public, max-age={max_age}" if max_age else "public, no-cache"}
    if has_it(request, tag):
        return Response(status_code=304, headers=caching)
    return Response(body, headers=headers | caching)


def answer(request: Request, payload: Any, *, max_age: int = 0) -> Response:
    """Answer a payload as JSON, or 304 to who has it; aware datetimes become RFC 3339."""
    body = to_json(payload).encode()
    return respond(request, body, {"Content-Type": "application/json"}, max_age=max_age)


def known_parameters(request: Request) -> dict[str, bool]:
    """Give the names of the query parameters that the request's route takes, and whether each may be repeated."""
    names: dict[str, bool] = {}
    for parameter in request.scope["route"].dependant.query_params:
        shape = parameter.field_info.annotation
        if isinstance(shape, type) and issubclass(shape, BaseModel):
            fields = shape.model_fields.items()
            names |= {field.alias or name: get_origin(field.annotation) is list for name, field in fields}
        else:
            names[parameter.alias] = get_origin(shape) is list
    return names


async def each_once(request: Request) -> None:
    """Refuse a parameter that is given twice where one value is meant: a gateway may have judged by the other one.

    Asynchronous, as FastAPI takes a thread for any other dependency.
    """
    if b"&" not in request.scope["query_string"]:
        return
    given = Counter(name for name, _ in request.query_params.multi_items())
    several = [name for name, times in given.items() if times > 1]
    if not several:
        return
    lists = known_parameters(request)
    faults = [
        Fault(f"/query/{name}", "This parameter is given more than once.") for name in several if not lists.get(name)
    ]
    if faults:
        raise InvalidRequest("There are parameters that are given more than once.", faults=faults[:FAULTS_SHOWN])


async def only_known_parameters(request: Request) -> None:
    """Refuse query parameters that the route does not take, so that a typo is an error and not another answer."""
    known = known_parameters(request)
    faults = [
        Fault(f"/query/{name}", "This parameter is not known here.")
        for name in request.query_params
        if name not in known
    ]
    if faults:
        raise InvalidRequest("There are unknown query parameters.", faults=faults[:FAULTS_SHOWN])
