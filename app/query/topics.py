"""Subjects over HTTP: all with their counts, one with its spellings, and the articles on one."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import Field
from sqlalchemy import ColumnElement, Subquery, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import NotFound
from app.query.answers import answer, database_of, only_known_parameters, reads
from app.query.counts import Counted, counted_page
from app.query.filters import ArticleQuery, From, Name, To
from app.query.listing import articles_page
from app.query.pages import WalkQuery, page
from app.query.schemas import ArticlePage, TopicDetail, TopicPage
from app.store.search import prefix_query
from app.store.tables import article_topics, articles, topic_spellings, topics
from app.store.topics import known

router = APIRouter(prefix="/v1", tags=["topics"], dependencies=[Depends(only_known_parameters)])

Slug = Annotated[Name, Path(description="The topic's slug, or any other under which it was printed.")]
SHOWN = ("slug", "label", "articles", "first_seen", "last_seen")
UNKNOWN = "There is no such topic."


class TopicQuery(WalkQuery):
    """Filters of topics; `from`, `to` and `source` say which articles count."""

    q: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None,
        description="Beginnings of words of the label, in any order; blind to case and accents.",
        examples=["cran"],
    )
    since: From | None = Field(
        None, alias="from", description="Count articles published then or later. A date is that day in UTC."
    )
    until: To | None = Field(
        None, alias="to", description="Count articles published then or earlier. A date includes that day in UTC."
    )
    source: Name | None = Field(None, description="Count articles of this source.")
    sort: Literal["-articles", "label"] = Field("-articles", description="By the number of articles, or by label.")


def counts(conditions: Sequence[ColumnElement[bool]], *, by_article: bool) -> Subquery:
    """Give number, first and last arrival of each topic's articles; `by_article` where a condition asks them."""
    received = article_topics.c.received_at
    found = select(
        article_topics.c.topic_id,
        func.count().label("articles"),
        func.min(received).label("first_seen"),
        func.max(received).label("last_seen"),
    ).select_from(article_topics.join(articles) if by_article else article_topics)
    return found.where(*conditions).group_by(article_topics.c.topic_id).subquery("counts")


def counted_topics(query: TopicQuery) -> Counted:
    """Give the topics that have articles within the filters."""
    published = article_topics.c.published_at
    conditions: list[ColumnElement[bool]] = []
    if query.since:
        conditions.append(published >= query.since)
    if query.until:
        conditions.append(published <= query.until)
    if query.source:
        conditions.append(articles.c.source == query.source)
    found = counts(conditions, by_article=query.source is not None)
    rows = select(topics.c.slug, topics.c.label, *found.c["articles", "first_seen", "last_seen"]).join_from(
        topics, found, found.c.topic_id == topics.c.id
    )
    if query.q is not None:
        rows = rows.where(topics.c.search.bool_op("@@")(func.to_tsquery("simple", prefix_query(query.q))))
    return Counted(rows.subquery("topics_counted"), SHOWN, "label", "slug", query.sort == "-articles")


async def topic_detail(connection: AsyncConnection, slug: str) -> dict[str, Any]:
    """Give a topic with its other spellings; raises NotFound."""
    topic_id = (await known(connection, [slug])).get(slug)
    if topic_id is None:
        raise NotFound(UNKNOWN)
    found = counts([article_topics.c.topic_id == topic_id], by_article=False)
    spelled = (
        select(func.array_agg(topic_spellings.c.slug))
        .where(topic_spellings.c.topic_id == topics.c.id, topic_spellings.c.slug != topics.c.slug)
        .scalar_subquery()
    )
    statement = (
        select(
            topics.c.slug,
            topics.c.label,
            func.coalesce(found.c.articles, 0).label("articles"),
            found.c.first_seen,
            found.c.last_seen,
            spelled.label("aliases"),
        )
        .join_from(topics, found, found.c.topic_id == topics.c.id, isouter=True)
        .where(topics.c.id == topic_id)
    )
    row = (await connection.execute(statement)).mappings().one()
    return {name: row[name] for name in SHOWN} | {"aliases": sorted(row["aliases"] or [])}


@router.get("/topics", summary="List topics", response_model=TopicPage, responses=reads(422))
async def list_topics(request: Request, query: Annotated[TopicQuery, Query()]) -> Response:
    """Answer `200` with a page of the topics that have articles within the filters."""
    if query.q is not None and not prefix_query(query.q):
        return answer(request, page(request, [], None, (0, True) if query.total else None))
    async with database_of(request).reading() as connection:
        found = await counted_page(request, connection, counted_topics(query), query, query.walk("topics"))
    return answer(request, found)


@router.get("/topics/{slug}", summary="Read a topic", response_model=TopicDetail, responses=reads(404, 422))
async def read_topic(request: Request, slug: Slug) -> Response:
    """Answer `200` with the topic; any of its spellings answers the same."""
    async with database_of(request).reading() as connection:
        found = await topic_detail(connection, slug)
    return answer(request, found)


@router.get(
    "/topics/{slug}/articles",
    summary="List a topic's articles",
    response_model=ArticlePage,
    responses=reads(404, 422),
)
async def list_topic_articles(request: Request, slug: Slug, query: Annotated[ArticleQuery, Query()]) -> Response:
    """Answer `200` with a page as of `/v1/articles?topic=`, with its filters; a `404` says that the topic is unknown."""
    async with database_of(request).reading() as connection:
        if not await known(connection, [slug]):
            raise NotFound(UNKNOWN)
    on_topic = query.model_copy(update={"topic": [slug, *query.topic]})
    return answer(request, await articles_page(request, on_topic))
