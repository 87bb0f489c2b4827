"""A page of articles: what is asked for made sure of, selected, counted and shown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from fastapi import Request
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import Fault, InvalidRequest, NotFound
from app.query import cursor, ranking
from app.query.answers import database_of
from app.query.columns import FIELDS, SUMMARY, columns, count_of, shown
from app.query.filters import ArticleQuery
from app.query.pages import page
from app.query.selection import After, Wanted, everything, in_order, matching, picked
from app.query.topic_names import UNKNOWN, printed, rarest_first
from app.store.search import search_query
from app.store.tables import articles, story_members

NEAR: Final = 500
"""Articles that are looked at, the first in the order asked for, to see whether a question's words are common there."""
MANY: Final = 10
"""Matches among those that make a question common."""
RARE: Final = 1_000
"""Matches up to which a question's matches are read as a whole and sorted; above, articles are walked in their order."""
COUNT_CAP: Final = 100_000
"""Matches of a common word are counted up to here; more are told as `at least so many`."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page's articles, the cursor behind them (None at the end), and the total where it was asked for."""

    items: Sequence[dict[str, Any]]
    cursor: str | None = None
    total: tuple[int, bool] | None = None


async def rare_matches(connection: AsyncConnection, query: ArticleQuery) -> tuple[UUID, ...] | None:
    """Give the ids that `q` matches where they are few, else None.

    The planner would walk an index in order for a rare word too, past millions of rows. The materialised part is
    planned as if it were read whole, and then read only so far.
    """
    matches = select(articles.c.id).where(matching(query)).cte("matches").prefix_with("MATERIALIZED")
    ids = (await connection.scalars(select(matches.c.id).limit(RARE + 1))).all()
    return tuple(ids) if len(ids) <= RARE else None


async def members_of(connection: AsyncConnection, story: UUID) -> tuple[UUID, ...] | None:
    """Give the articles of a story where they are few, else None; no index of articles holds a story's order."""
    statement = select(story_members.c.article_id).where(story_members.c.story_id == story).limit(RARE + 1)
    ids = (await connection.scalars(statement)).all()
    return tuple(ids) if len(ids) <= RARE else None


async def is_common(connection: AsyncConnection, wanted: Wanted) -> bool:
    """Say whether a walk soon meets enough that `q` matches, or soon ends; then nothing else need be known of the words.

    Else they are rare enough for their index: to look up a word that is everywhere reads every article.
    """
    other = replace(wanted, query=wanted.query.model_copy(update={"q": None}))
    near, counted = picked(other, NEAR).subquery("near"), picked(other, NEAR).subquery("near_counted")
    matches = select(near.c.id, near.c.key).join_from(near, articles, articles.c.id == near.c.id)
    first = in_order(matches.where(matching(wanted.query)), wanted.query.sort, MANY).subquery("first_matches")
    many = select(func.count()).select_from(first).scalar_subquery() >= MANY
    few = select(func.count()).select_from(counted).scalar_subquery() < NEAR
    found: bool = (await connection.execute(select(or_(many, few)))).scalar_one()
    return found


async def understood(connection: AsyncConnection, query: ArticleQuery, subject: str | None) -> Wanted | None:
    """Resolve slugs and a rare `q`; None where nothing can be found: an unknown topic, a question without words.

    An unknown `subject` is a NotFound.
    """
    slugs = {*query.topic, *query.any_topic, *query.not_topic}
    topics = await printed(connection, slugs, narrower=query.narrower)
    if subject is not None and subject not in topics:
        raise NotFound(UNKNOWN)
    any_topics = {topic for slug in query.any_topic for topic in topics.get(slug, ())}
    if not topics.keys() >= set(query.topic) or bool(query.any_topic) != bool(any_topics):
        return None
    # no index holds the order of arrival of a source, nor its oldest first
    source = query.source if query.sort in {"-published_at", "relevance"} else None
    asked = dict.fromkeys(topics[slug] for slug in query.topic)
    groups, driver = await rarest_first(connection, asked, source, query.author)
    wanted = Wanted(
        query=query,
        topics=groups,
        any_topics=tuple(sorted(any_topics)),
        not_topics=tuple(sorted({topic for slug in query.not_topic for topic in topics.get(slug, ())})),
        driver=driver,
        members=await members_of(connection, query.story) if query.story is not None else None,
    )
    if query.q is None:
        return wanted
    if not search_query(query.q):
        return None
    return (
        wanted
        if await is_common(connection, wanted)
        else replace(wanted, matched=await rare_matches(connection, query))
    )


async def counted(connection: AsyncConnection, wanted: Wanted) -> tuple[int, bool]:
    """Count what the whole walk returns; exactly, but for a word that is everywhere."""
    common = wanted.query.q is not None and wanted.matched is None
    count: int = await connection.scalar(count_of(everything(wanted), COUNT_CAP + 1 if common else None))
    return (COUNT_CAP, False) if common and count > COUNT_CAP else (count, True)


async def in_time_order(connection: AsyncConnection, wanted: Wanted, fields: Sequence[str], walk: str) -> Found:
    """Give a page of a walk by time."""
    query = wanted.query
    after = After(*cursor.decode(walk, query.cursor, cursor.TIME_ID)) if query.cursor else None
    rows = picked(wanted, query.limit + 1, after).subquery("picked")
    ascending = query.sort == "published_at"
    order = [rows.c.key, rows.c.id] if ascending else [rows.c.key.desc(), rows.c.id.desc()]
    statement = select(rows.c.key.label("sort_key"), rows.c.id.label("sort_id"), *columns(fields))
    found = (
        await connection.execute(statement.join_from(rows, articles, articles.c.id == rows.c.id).order_by(*order))
    ).all()
    more = cursor.encode(walk, found[query.limit - 1][:2]) if len(found) > query.limit else None
    total = await counted(connection, wanted) if query.total else None
    return Found([shown(row[2:], fields) for row in found[: query.limit]], more, total)


async def articles_found(connection: AsyncConnection, query: ArticleQuery, subject: str | None = None) -> Found:
    """Give the page of articles that a query asks for; raises NotFound where there is no topic `subject`."""
    asked = query.shown_fields()
    fields = SUMMARY if asked is None else [name for name in FIELDS if name in asked]
    walk = query.walk("articles")
    wanted = await understood(connection, query, subject)
    if wanted is None:
        return Found([], None, (0, True) if query.total else None)
    if query.sort == "relevance":
        return Found(*await ranking.by_relevance(connection, wanted, fields, walk))
    return await in_time_order(connection, wanted, fields, walk)


async def articles_page(request: Request, query: ArticleQuery, *, subject: str | None = None) -> dict[str, Any]:
    """Give the page as it is served; raises InvalidRequest for a sort by relevance to nothing, NotFound for no `subject`."""
    if query.sort == "relevance" and query.q is None:
        detail = "relevance needs `q`"
        raise InvalidRequest(f"/query/sort: {detail}", faults=[Fault("/query/sort", detail)])
    async with database_of(request).reading() as connection:
        found = await articles_found(connection, query, subject)
    return page(request, found.items, found.cursor, found.total)
