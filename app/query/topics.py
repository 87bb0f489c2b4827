"""Subjects over HTTP: all with their counts, one with its names and kin, its timeline, and the articles on it."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import NotFound
from app.query import cursor
from app.query.answers import answer, database_of, only_known_parameters, reads
from app.query.filters import ArticleQuery, Name
from app.query.listing import articles_page
from app.query.pages import page
from app.query.related import Related
from app.query.schemas import ArticlePage, Timeline, TopicDetail, TopicPage
from app.query.spans import Span
from app.query.timeline import TimelineQuery, timeline
from app.query.topic_detail import described, detail
from app.query.topic_list import WINDOW, TopicQuery, pick, total
from app.query.topic_names import UNKNOWN, Named, canonical
from app.store.search import prefix_query

router = APIRouter(prefix="/v1", tags=["topics"], dependencies=[Depends(only_known_parameters)])

Slug = Annotated[Name, Path(description="The topic's slug, or any other of its names.")]


async def topic_named(connection: AsyncConnection, slug: str) -> Named:
    """Give the canonical topic of a slug; raises NotFound."""
    found = (await canonical(connection, [slug])).get(slug)
    if found is None:
        raise NotFound(UNKNOWN)
    return found


@router.get("/topics", summary="List topics", response_model=TopicPage, responses=reads(422))
async def list_topics(request: Request, query: Annotated[TopicQuery, Query()]) -> Response:
    """Answer `200` with a page of the topics that have articles within the filters."""
    if query.q is not None and not prefix_query(query.q):
        return answer(request, page(request, [], None, (0, True) if query.total else None))
    now, walk = datetime.now(UTC), query.walk("topics")
    async with database_of(request).reading() as connection:
        picked = await pick(connection, query, now, walk)
        shown = picked.ids[: query.limit]
        items = await described(connection, shown, query.asked(), query.window(now))
        count = (await total(connection, query, now), True) if query.total else None
    more = cursor.encode(walk, picked.places[query.limit - 1]) if len(picked.ids) > query.limit else None
    return answer(request, page(request, items, more, count))


@router.get("/topics/{slug}", summary="Read a topic", response_model=TopicDetail, responses=reads(404, 422))
async def read_topic(request: Request, slug: Slug) -> Response:
    """Answer `200` with the topic; any of its names answers the same."""
    now = datetime.now(UTC)
    related: Related = request.app.state.related
    async with database_of(request).reading() as connection:
        topic = await topic_named(connection, slug)
        found = await detail(connection, topic.id, Span(now - WINDOW, now))
        found["related"] = await related.of(connection, topic.id, found["articles"])
    return answer(request, found)


@router.get(
    "/topics/{slug}/timeline",
    summary="Count a topic's articles over time",
    response_model=Timeline,
    responses=reads(404, 422),
)
async def read_timeline(request: Request, slug: Slug, query: Annotated[TimelineQuery, Query()]) -> Response:
    """Answer `200` with the articles on a topic, by when they were published; those without a date are in no bucket."""
    span = query.span(datetime.now(UTC))
    async with database_of(request).reading() as connection:
        topic = await topic_named(connection, slug)
        items = await timeline(connection, topic.id, span, query.bucket)
    return answer(request, {"slug": topic.slug, "label": topic.label, "bucket": query.bucket, "items": items})


@router.get(
    "/topics/{slug}/articles",
    summary="List a topic's articles",
    response_model=ArticlePage,
    responses=reads(404, 422),
)
async def list_topic_articles(request: Request, slug: Slug, query: Annotated[ArticleQuery, Query()]) -> Response:
    """Answer `200` with a page as of `/v1/articles?topic=`, with its filters; a `404` says that the topic is unknown."""
    on_topic = query.model_copy(update={"topic": [slug, *query.topic]})
    return answer(request, await articles_page(request, on_topic, subject=slug))
