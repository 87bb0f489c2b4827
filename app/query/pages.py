"""What every list has in common: limit, cursor and total, and the way to the next page."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import orjson
from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from app.errors import UNQUOTED
from app.query.cursor import MAX_CHARACTERS

MAX_LIMIT = 200


class WalkQuery(BaseModel):
    """How to walk a list."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=MAX_LIMIT, description="Rows of a page.")
    cursor: Annotated[str, Field(min_length=1, max_length=MAX_CHARACTERS)] | None = Field(
        None, description="Where to go on, from a page's `next`; sort and filters must stay the same."
    )
    total: bool = Field(False, description="Count the rows of the whole walk too.")

    def walk(self, route: str) -> str:
        """Name the walk that this query belongs to: route, sort and filters, but not how it is cut into pages."""
        filters = self.model_dump(mode="json", exclude={"limit", "cursor", "total", "fields"}, exclude_none=True)
        return f"{route}?{orjson.dumps(filters, option=orjson.OPT_SORT_KEYS).decode()}"


def under_root(request: Request, path: str) -> str:
    """Give a path as the client's side of the gateway sees it, with `root_path`."""
    root: str = request.scope.get("root_path", "").rstrip("/")
    inside = not root or path == root or path.startswith(f"{root}/")
    return path if inside else root + path


def public_path(request: Request) -> str:
    """Give the request's own path as the client's side of the gateway sees it."""
    return quote(under_root(request, request.scope["path"]), safe=UNQUOTED)


def next_path(request: Request, cursor: str | None) -> str | None:
    """Give path and query of the next page: this request's, with another cursor; None without one."""
    if cursor is None:
        return None
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return f"{public_path(request)}?{urlencode([*kept, ('cursor', cursor)])}"


def page(
    request: Request, items: Sequence[Any], cursor: str | None, total: tuple[int, bool] | None = None
) -> dict[str, Any]:
    """Give a page; `total` is a count and whether it is exact."""
    return {
        "items": items,
        "next": next_path(request, cursor),
        "total": {"count": total[0], "exact": total[1]} if total else None,
    }
