"""How every read is answered: JSON with an ETag, 304 where the reader has it already, pages with their next path."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import xxhash
from fastapi import Request, Response

from app.db import to_json
from app.errors import Fault, InvalidRequest


def etag_of(body: bytes) -> str:
    """Give a strong validator (RFC 9110, 8.8): equal only for the same bytes."""
    return f'"{xxhash.xxh3_128_hexdigest(body)}"'


def has_already(request: Request, etag: str) -> bool:
    """Say whether If-None-Match names what would be answered; compared weakly, as RFC 9110 wants."""
    given = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    return etag in given or "*" in given


def answer(request: Request, payload: Any) -> Response:
    """Answer with JSON; a cache may keep it and asks again before each use, which costs a 304."""
    body = to_json(payload).encode()
    headers = {"ETag": etag_of(body), "Cache-Control": "no-cache"}
    if has_already(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, "application/json")


def path_of(request: Request, path: str) -> str:
    """Give a path as clients see it, with the root path that a gateway shows the service under."""
    return f"{request.scope.get('root_path', '').rstrip('/')}{path}"


def next_path(request: Request, cursor: str) -> str:
    """Give the path and query of the page that follows."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    path = request.url.path
    root = request.scope.get("root_path", "").rstrip("/")
    shown = path if not root or path.startswith(f"{root}/") else root + path
    return f"{shown}?{urlencode([*kept, ('cursor', cursor)])}"


def page(items: Sequence[Mapping[str, Any]], following: str | None, count: int | None) -> dict[str, Any]:
    """Give a page in the contract's shape; `count` is None unless the total was asked for."""
    return {
        "items": list(items),
        "next": following,
        "total": None if count is None else {"count": count, "exact": True},
    }


async def only_known_parameters(request: Request) -> None:
    """Refuse query parameters on routes that have none; the others' models refuse what they do not know."""
    refuse_parameters(request, ())


def refuse_parameters(request: Request, known: Iterable[str]) -> None:
    """Refuse query parameters beside the known ones."""
    strange = sorted(set(request.query_params) - set(known))
    if strange:
        faults = [Fault(f"/query/{name}", "There is no such parameter here.") for name in strange]
        raise InvalidRequest(f"Unknown query parameter: {', '.join(strange)}.", faults=faults)
