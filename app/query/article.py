"""One article: as it stands, and as it stood."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy import DateTime, Select, cast, false, func, literal, null, select, true, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import Gone, Moved, NotFound
from app.query import cursor
from app.query.answers import answer, database_of, only_known_parameters, reads
from app.query.columns import (
    FIELDS,
    OF_STORY,
    OFFSETS,
    columns,
    count_of,
    rfc3339,
    shown,
    sightings_shown,
    story_shown,
)
from app.query.filters import To
from app.query.pages import WalkQuery, page
from app.query.schemas import Article, RevisionPage
from app.store.tables import article_revisions, articles, merged_articles, tombstones

router = APIRouter(prefix="/v1", tags=["articles"], dependencies=[Depends(only_known_parameters)])

MAX_REVISION = 2**31 - 1
RevisionNumber = Annotated[int, Path(ge=1, le=MAX_REVISION, description="A revision's number, from 1.")]
AsOf = Annotated[
    To | None,
    Query(description="What the article said then: an RFC 3339 time, or a date for the end of that day in UTC."),
]
MOMENTS = ("published_at", "modified_at", "received_at", "updated_at")


async def missing(connection: AsyncConnection, article_id: UUID) -> NotFound | Gone | Moved:
    """Tell an article that was deleted, or merged into another, from one that never was."""
    into = select(merged_articles.c.into_id).where(merged_articles.c.article_id == article_id)
    if (kept := await connection.scalar(into)) is not None:
        return Moved(f"This article turned out to be the article {kept}.", gone=article_id, kept=kept)
    grave = select(tombstones.c.article_id).where(tombstones.c.article_id == article_id)
    if await connection.scalar(grave) is None:
        return NotFound("There is no such article.")
    return Gone("This article was deleted.")


async def current_article(connection: AsyncConnection, article_id: UUID) -> dict[str, Any]:
    """Give an article as it stands; raises NotFound, or Gone where it was deleted."""
    row = (await connection.execute(select(*columns(FIELDS)).where(articles.c.id == article_id))).first()
    if row is None:
        raise await missing(connection, article_id)
    return shown(row, FIELDS)


def stood(document: dict[str, Any]) -> dict[str, Any]:
    """Turn a revision's stored document into what was served: topics' origins are `from`, times are RFC 3339."""
    topics = [
        {"boilerplate": False} | {"from" if name == "origins" else name: value for name, value in topic.items()}
        for topic in document["topics"]
    ]
    times = {
        name: rfc3339(document[name], document.get(OFFSETS.get(name, ""))) if document[name] else None
        for name in MOMENTS
    }
    served = dict.fromkeys(FIELDS) | {"truncated": False} | document | times | {"topics": topics}
    return {name: served[name] for name in FIELDS}


def no_revision(number: int, current: int) -> NotFound | Gone:
    """Tell a revision that was dropped from one that never was: their numbers have no gaps."""
    if number < current:
        return Gone(
            f"Revision {number} is no longer kept: of an article that keeps changing the first revision and the newest "
            f"ones are. `/revisions` lists them."
        )
    return NotFound(f"The article has no revision {number}; its current one is {current}.")


async def article_revision(connection: AsyncConnection, article_id: UUID, number: int) -> dict[str, Any]:
    """Give an article as it stood in a revision, with its sightings and its story of today; raises NotFound or Gone."""
    today = (sightings_shown(), *(story_shown(name) for name in OF_STORY))
    statement = (
        select(articles.c.revision, article_revisions.c.article, *today)
        .outerjoin_from(
            articles,
            article_revisions,
            (article_revisions.c.article_id == articles.c.id) & (article_revisions.c.revision == number),
        )
        .where(articles.c.id == article_id)
    )
    row = (await connection.execute(statement)).first()
    if row is None:
        raise await missing(connection, article_id)
    if row.article is not None:
        return stood(row.article | shown(row[2:], ["sightings", *OF_STORY]))
    if row.revision != number:
        raise no_revision(number, row.revision)
    return await current_article(connection, article_id)


def history(article_id: UUID) -> Select[Any]:
    """Give every revision of an article."""
    kept = select(
        article_revisions.c.revision, article_revisions.c.at, article_revisions.c.until, false().label("current")
    )
    never = cast(null(), DateTime(timezone=True)).label("until")
    last = select(articles.c.revision, articles.c.updated_at.label("at"), never, true().label("current"))
    both = union_all(
        kept.where(article_revisions.c.article_id == article_id), last.where(articles.c.id == article_id)
    ).subquery("history")
    return select(both)


async def article_as_of(connection: AsyncConnection, article_id: UUID, moment: datetime) -> dict[str, Any]:
    """Give an article as it stood at a moment; raises NotFound before its first revision, Gone where that was dropped."""
    revisions = history(article_id)
    at, revision = revisions.selected_columns.at, revisions.selected_columns.revision
    then = revisions.where(at <= moment).order_by(revision.desc()).limit(1)
    found = (await connection.execute(then)).first()
    if found is None:
        every = revisions.subquery("every")
        first = await connection.scalar(select(func.min(every.c.at)))
        if first is None:
            raise await missing(connection, article_id)
        raise NotFound(f"The article was not there then; its first revision is of {rfc3339(first.isoformat())}.")
    if found.until is not None and found.until <= moment:
        raise Gone("The revision that was current then is no longer kept; `/revisions` lists those that are.")
    return await article_revision(connection, article_id, found.revision)


async def revisions_page(request: Request, article_id: UUID, query: WalkQuery) -> dict[str, Any]:
    """Give a page of an article's revisions, the newest first; raises NotFound or Gone."""
    walk = query.walk(f"revisions/{article_id}")
    [before] = cursor.decode(walk, query.cursor, (int,)) if query.cursor else [MAX_REVISION]
    revisions = history(article_id)
    revision = revisions.selected_columns.revision
    newest = revisions.where(revision < literal(before)).order_by(revision.desc()).limit(query.limit + 1)
    async with database_of(request).reading() as connection:
        found = (await connection.execute(newest)).mappings().all()
        if not found and not query.cursor:
            raise await missing(connection, article_id)
        total = (await connection.scalar(count_of(revisions)), True) if query.total else None
    items = [{name: row[name] for name in ("revision", "at", "current")} for row in found[: query.limit]]
    more = cursor.encode(walk, [items[-1]["revision"]]) if len(found) > query.limit else None
    return page(request, items, more, total)


@router.get(
    "/articles/{article_id}", summary="Read an article", response_model=Article, responses=reads(308, 404, 410, 422)
)
async def read_article(request: Request, article_id: UUID, as_of: AsOf = None) -> Response:
    """Answer `200` with the whole article in its current revision; `410` once it was deleted.

    With `as_of` it is the revision that was current then; `404` before the first, `410` where it is no longer kept.
    """
    async with database_of(request).reading() as connection:
        if as_of is None:
            found = await current_article(connection, article_id)
        else:
            found = await article_as_of(connection, article_id, as_of)
    return answer(request, found)


@router.get(
    "/articles/{article_id}/revisions",
    summary="List an article's revisions",
    response_model=RevisionPage,
    responses=reads(308, 404, 410, 422),
)
async def list_revisions(request: Request, article_id: UUID, query: Annotated[WalkQuery, Query()]) -> Response:
    """Answer `200` with the article's revisions that are kept, the newest first.

    Of an article that keeps changing those are the first and the newest (100 in all unless set otherwise).
    """
    return answer(request, await revisions_page(request, article_id, query))


@router.get(
    "/articles/{article_id}/revisions/{revision}",
    summary="Read a revision",
    response_model=Article,
    responses=reads(308, 404, 410, 422),
)
async def read_revision(request: Request, article_id: UUID, revision: RevisionNumber) -> Response:
    """Answer `200` with the article as it stood in that revision; `sightings` and story are today's. `410` where it is not kept."""
    async with database_of(request).reading() as connection:
        found = await article_revision(connection, article_id, revision)
    return answer(request, found)
