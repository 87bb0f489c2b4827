"""`GET /v1/sources` and `GET /v1/sources/{source}`."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import NotFound
from app.query import cursor
from app.query.answers import answer, database_of, only_known_parameters, reads
from app.query.cursor import Key
from app.query.filters import Name
from app.query.pages import WalkQuery, page
from app.query.scorecards import scorecards
from app.query.source_schemas import Scorecard, ScorecardPage

router = APIRouter(prefix="/v1", tags=["sources"], dependencies=[Depends(only_known_parameters)])

UNKNOWN: Final = "Nothing has come from this source."
PENDING: Final = """
    WITH pending AS (
        SELECT source, coalesce(sum(change) FILTER (WHERE figure = 'articles'), 0) AS articles, max(at) AS last_at
        FROM source_deltas GROUP BY source
    )
"""
HEARD: Final = """
    (SELECT s.source, s.articles, s.last_seen FROM sources s
     WHERE NOT EXISTS (SELECT FROM pending p WHERE p.source = s.source) {these} {first})
    UNION ALL
    (SELECT p.source, (p.articles + coalesce(s.articles, 0))::bigint, greatest(p.last_at, s.last_seen)
     FROM pending p LEFT JOIN sources s ON s.source = p.source)
"""
"""The roll-up, and one by one those with changes that are not folded yet."""
CONDITIONS: Final = ("source <> ''", "last_seen IS NOT NULL")
"""Articles without a source are nobody's."""
BEGINNING: Final = "starts_with(lower(source), lower(CAST(:beginning AS text)))"
ORDER: Final = {"-articles": "articles DESC, source", "name": "source", "-last_seen": "last_seen DESC, source"}
BEHIND: Final = {
    "-articles": "articles <= :key AND (articles < :key OR source > :tie)",
    "name": "source > :tie",
    "-last_seen": "last_seen <= :key AND (last_seen < :key OR source > :tie)",
}


class SourceQuery(WalkQuery):
    """Filters of sources."""

    q: Name | None = Field(
        None, description="Beginning of the name or domain, blind to the case of A to Z.", examples=["harbour"]
    )
    sort: Literal["-articles", "name", "-last_seen"] = Field(
        "-articles", description="By the number of articles, by name, or the one that was heard last first."
    )


@dataclass(frozen=True, slots=True)
class Picked:
    """A source in order, with its place in the walk."""

    source: str
    place: tuple[Key, ...]


def place(sort: str, source: str, articles: int, last_seen: datetime) -> tuple[Key, ...]:
    """Give what a cursor holds of a source."""
    if sort == "name":
        return (source,)
    return (articles if sort == "-articles" else last_seen, source)


def behind(query: SourceQuery, walk: str) -> dict[str, Any]:
    """Give the place that the query's cursor names; nothing without one."""
    if query.cursor is None:
        return {}
    if query.sort == "name":
        [tie] = cursor.decode(walk, query.cursor, (str,))
        return {"tie": tie}
    kind: type[Key] = int if query.sort == "-articles" else datetime
    key, tie = cursor.decode(walk, query.cursor, (kind, str))
    return {"key": key, "tie": tie}


async def pick(connection: AsyncConnection, query: SourceQuery, walk: str) -> list[Picked]:
    """Give a page of sources, and one more where there are more."""
    after = behind(query, walk)
    params: dict[str, Any] = {"limit": query.limit + 1} | after
    conditions = [*CONDITIONS]
    if query.q is not None:
        conditions.append(BEGINNING)
        params["beginning"] = query.q
    if after:
        conditions.append(BEHIND[query.sort])
    these, order = " AND ".join(conditions), ORDER[query.sort]
    heard = HEARD.format(these=f"AND {these}", first=f"ORDER BY {order} LIMIT :limit")
    sql = f"{PENDING} SELECT * FROM ({heard}) heard WHERE {these} ORDER BY {order} LIMIT :limit"  # noqa: S608 - values are bound
    rows = (await connection.execute(text(sql), params)).all()
    return [Picked(row.source, place(query.sort, row.source, row.articles, row.last_seen)) for row in rows]


async def total(connection: AsyncConnection, query: SourceQuery) -> int:
    """Count the sources asked for."""
    conditions = [*CONDITIONS, *([BEGINNING] if query.q is not None else [])]
    heard = HEARD.format(these="", first="")
    sql = f"{PENDING} SELECT count(*) FROM ({heard}) heard WHERE {' AND '.join(conditions)}"  # noqa: S608 - values are bound
    found: int = await connection.scalar(text(sql), {} if query.q is None else {"beginning": query.q})
    return found


@router.get("/sources", summary="List sources", response_model=ScorecardPage, responses=reads(422))
async def list_sources(request: Request, query: Annotated[SourceQuery, Query()]) -> Response:
    """Answer `200` with a page of the sources that anything has come from, each with its scorecard.

    Those of which no article is left, or never was one, are listed too. What came without a source is nobody's, and
    is in no scorecard.
    """
    walk = query.walk("sources")
    async with database_of(request).reading() as connection:
        picked = await pick(connection, query, walk)
        shown = picked[: query.limit]
        items = await scorecards(connection, [one.source for one in shown], datetime.now(UTC))
        count = (await total(connection, query), True) if query.total else None
    more = cursor.encode(walk, shown[-1].place) if len(picked) > query.limit else None
    return answer(request, page(request, items, more, count))


@router.get("/sources/{source:path}", summary="Read a source", response_model=Scorecard, responses=reads(404, 422))
async def read_source(
    request: Request,
    source: Annotated[Name, Path(description="Name or domain of the source as stored, percent-encoded.")],
) -> Response:
    """Answer `200` with the scorecard of a source, exact but for pauses, which count seconds later."""
    async with database_of(request).reading() as connection:
        found = await scorecards(connection, [source], datetime.now(UTC))
    if not found:
        raise NotFound(UNKNOWN)
    return answer(request, found[0])
