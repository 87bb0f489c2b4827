"""`GET /v1/authors`."""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.query import cursor
from app.query.answers import answer, database_of, reads
from app.query.filters import Name
from app.query.pages import WalkQuery, page
from app.query.schemas import AuthorPage
from app.store.folding import author_fold

router = APIRouter(prefix="/v1", tags=["topics"])

PENDING: Final = "WITH pending AS (SELECT fold, sum(change) AS change FROM author_deltas GROUP BY fold)"
COUNTED: Final = """
    (SELECT c.fold, c.articles::bigint AS articles FROM author_counts c
     WHERE c.name = '' AND NOT EXISTS (SELECT FROM pending p WHERE p.fold = c.fold) {these} {first})
    UNION ALL
    (SELECT p.fold, p.change + coalesce(c.articles, 0) FROM pending p
     LEFT JOIN author_counts c ON c.fold = p.fold AND c.name = '')
"""
"""The roll-up, and one by one those with changes that are not folded yet."""
BEGINNING: Final = "strpos(' ' || fold, :beginning) > 0"
FIRST: Final = {
    "-articles": "ORDER BY c.articles DESC, c.fold LIMIT :limit",
    "name": "ORDER BY c.fold LIMIT :limit",
}
BEHIND: Final = {
    "-articles": "AND c.articles <= :most AND (c.articles < :most OR c.fold > :tie)",
    "name": "AND c.fold > :tie",
}
KEY: Final = {"-articles": "-articles", "name": "0::bigint"}
DESCRIBED: Final = text(
    """
    SELECT fold, (
        SELECT printed.name FROM (
            SELECT name, articles FROM author_counts c WHERE c.fold = asked.fold AND c.name <> ''
            UNION ALL SELECT name, change FROM author_deltas d WHERE d.fold = asked.fold
        ) printed GROUP BY printed.name ORDER BY sum(printed.articles) DESC, printed.name COLLATE "C" LIMIT 1
    ) AS name,
    (SELECT min(received_at) FROM article_authors x WHERE x.fold = asked.fold) AS first_seen,
    (SELECT max(received_at) FROM article_authors x WHERE x.fold = asked.fold) AS last_seen
    FROM unnest(CAST(:folds AS text[])) AS asked (fold)
    """
)


class AuthorQuery(WalkQuery):
    """Filters of authors."""

    q: Name | None = Field(
        None, description="Beginning of any word of the name, blind to case and accents.", examples=["hol"]
    )
    sort: Literal["-articles", "name"] = Field("-articles", description="By the number of articles, or by name.")


@dataclass(frozen=True, slots=True)
class Picked:
    """An author in order: the folded name, the number of articles, and the place in the walk."""

    fold: str
    articles: int
    place: tuple[int, str]


async def pick(connection: AsyncConnection, query: AuthorQuery, walk: str) -> list[Picked]:
    """Give a page of authors, and one more where there are more."""
    params: dict[str, Any] = {"limit": query.limit + 1}
    these, conditions = "", ["articles > 0"]
    if query.q is not None:
        these, params["beginning"] = f"AND {BEGINNING.replace('fold', 'c.fold')} ", f" {author_fold(query.q)}"
        conditions.append(BEGINNING)
    if query.cursor:
        params["key"], params["tie"] = cursor.decode(walk, query.cursor, (int, str))
        params |= {"most": -params["key"]} if query.sort == "-articles" else {}
        these += BEHIND[query.sort]
        conditions.append(f"({KEY[query.sort]}, fold) > (:key, :tie)")
    counted = COUNTED.format(these=these, first=FIRST[query.sort])
    sql = (
        f"{PENDING} SELECT fold, articles, {KEY[query.sort]} AS key FROM ({counted}) counted "  # noqa: S608 - values are bound
        f"WHERE {' AND '.join(conditions)} ORDER BY key, fold LIMIT :limit"
    )
    rows = (await connection.execute(text(sql), params)).all()
    return [Picked(row.fold, row.articles, (row.key, row.fold)) for row in rows]


async def total(connection: AsyncConnection, query: AuthorQuery) -> int:
    """Count the authors asked for."""
    counted = COUNTED.format(these="", first="")
    condition = f" AND {BEGINNING}" if query.q is not None else ""
    sql = f"{PENDING} SELECT count(*) FROM ({counted}) counted WHERE articles > 0{condition}"  # noqa: S608 - values are bound
    params = {"beginning": f" {author_fold(query.q)}"} if query.q is not None else {}
    found: int = await connection.scalar(text(sql), params)
    return found


@router.get("/authors", summary="List authors", response_model=AuthorPage, responses=reads(422))
async def list_authors(request: Request, query: Annotated[AuthorQuery, Query()]) -> Response:
    """Answer `200` with a page of the persons that articles name as their authors.

    Printings that differ in case or accents only are one person here, under the printing that most articles use.
    """
    if query.q is not None and not author_fold(query.q):
        return answer(request, page(request, [], None, (0, True) if query.total else None))
    walk = query.walk("authors")
    async with database_of(request).reading() as connection:
        picked = await pick(connection, query, walk)
        shown = picked[: query.limit]
        rows = await connection.execute(DESCRIBED, {"folds": [one.fold for one in shown]})
        found = {row.fold: row for row in rows}
        count = (await total(connection, query), True) if query.total else None
    items = [
        {
            "name": found[one.fold].name,
            "articles": one.articles,
            "first_seen": found[one.fold].first_seen,
            "last_seen": found[one.fold].last_seen,
        }
        for one in shown
    ]
    more = cursor.encode(walk, shown[-1].place) if len(picked) > query.limit else None
    return answer(request, page(request, items, more, count))
