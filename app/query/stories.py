"""`GET /v1/stories` and `/v1/stories/{id}`: articles that tell the same text, with who told it first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import NotFound
from app.pipeline.likeness import Rule
from app.query import cursor, examples
from app.query.answers import answer, database_of, only_known_parameters, reads
from app.query.filters import EARLIEST, LATEST, From, Name, To
from app.query.pages import WalkQuery, page
from app.query.schemas import Page, TopicName
from app.query.topic_names import printed

router = APIRouter(prefix="/v1", tags=["stories"], dependencies=[Depends(only_known_parameters)])

SHOWN_MEMBERS: Final = 200
SHOWN_SOURCES: Final = 50
SHOWN_TOPICS: Final = 10
ORDERS: Final = {"-last_at": "s.last_at", "-size": "s.size"}
KEYS: Final[dict[str, tuple[type[cursor.Key], ...]]] = {"-last_at": (datetime, UUID), "-size": (int, UUID)}
WITH_TOPIC: Final = """
    AND EXISTS (SELECT FROM story_members m JOIN article_topics x ON x.article_id = m.article_id
                WHERE m.story_id = s.id AND x.topic_id = ANY(:topics) OFFSET 0)
"""
WITH_SOURCE: Final = "AND EXISTS (SELECT FROM story_members m WHERE m.story_id = s.id AND m.source = :source OFFSET 0)"
FOUND: Final = "FROM stories s WHERE s.last_at BETWEEN :first AND :last {topic} {source}"
DESCRIBED = text(
    """
    SELECT s.id, s.size, s.sources AS source_count, s.first_at, s.last_at, s.original_id, a.title, a.url,
           a.source, a.published_at, a.published_offset,
           array(SELECT DISTINCT m.source FROM story_members m WHERE m.story_id = s.id AND m.source IS NOT NULL
                 ORDER BY 1 LIMIT :most_sources) AS sources,
           coalesce((SELECT jsonb_agg(jsonb_build_object('slug', each.slug, 'label', each.label, 'articles', each.articles)
                                      ORDER BY each.articles DESC, each.slug)
            FROM (
                SELECT c.slug, c.label, count(DISTINCT m.article_id) AS articles
                FROM story_members m JOIN article_topics x ON x.article_id = m.article_id
                JOIN topics t ON t.id = x.topic_id JOIN topics c ON c.id = coalesce(t.canonical_id, t.id)
                WHERE m.story_id = s.id GROUP BY c.id, c.slug, c.label
                ORDER BY articles DESC, c.slug LIMIT :most_topics
            ) each), '[]') AS topics
    FROM stories s LEFT JOIN articles a ON a.id = s.original_id WHERE s.id = ANY(:ids)
    """
)
MEMBERS = text(
    """
    SELECT a.id, a.title, a.url, a.source, a.published_at, a.received_at, m.duplicate_of, m.rule, m.score
    FROM story_members m JOIN articles a ON a.id = m.article_id WHERE m.story_id = :id
    ORDER BY (m.duplicate_of IS NOT NULL), coalesce(a.published_at, a.received_at), a.id LIMIT :most
    """
)


class StoryTopic(TopicName):
    """A subject of a story."""

    articles: int = Field(ge=1, description="Its articles on that subject.")


class Telling(BaseModel):
    """One article of a story."""

    id: UUID
    title: str | None
    url: str | None
    source: str | None
    published_at: datetime | None
    received_at: datetime
    duplicate_of: UUID | None = Field(description="The article that was published first; null for that one.")
    rule: Rule | None = Field(
        description="`copy`: the same text. `rewrite`: reworded in part. `extended`: one holds most of the other."
    )
    score: float | None = Field(ge=0, le=1, description="How alike the two texts are.")


class Story(BaseModel):
    """Articles that tell the same text."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.STORY]})

    id: UUID
    title: str | None = Field(description="The headline of the article that was published first.")
    original: UUID = Field(description="The article that was published first.")
    size: int = Field(ge=1, description="Its articles.")
    source_count: int = Field(ge=0)
    sources: list[str] = Field(description="Who tells it, 50 at most.")
    first_at: datetime = Field(description="Publication of its first article, else its arrival.")
    last_at: datetime = Field(description="Publication of its last article, else its arrival.")
    topics: list[StoryTopic] = Field(description="Its subjects, 10 at most, those of most of its articles first.")


class StoryDetail(Story):
    """A story with its articles."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.STORY_DETAIL]})

    articles: list[Telling] = Field(
        description="The original, then by publication, 200 at most; `/v1/articles?story=` walks them all."
    )


class StoryPage(Page[Story]):
    """A page of stories."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.page("/v1/stories", examples.STORY)]})


class StoryQuery(WalkQuery):
    """Filters of stories."""

    topic: Name | None = Field(None, description="Slug: stories with an article on it.")
    source: Name | None = Field(None, description="Stories that this source tells too.")
    from_: From | None = Field(None, alias="from", description="Told last then or later.")
    to: To | None = Field(None, description="Told last then or earlier. A date includes that day in UTC.")
    sort: Literal["-last_at", "-size"] = Field("-last_at", description="Those told last, or the largest, first.")


@dataclass(frozen=True, slots=True)
class Picked:
    """A story on a page, with its place in the walk."""

    id: UUID
    key: datetime | int


async def conditions(connection: AsyncConnection, query: StoryQuery) -> tuple[str, dict[str, Any]] | None:
    """Give the rest of the statement and its values; None where nothing can be found."""
    values: dict[str, Any] = {"first": query.from_ or EARLIEST, "last": query.to or LATEST}
    if query.topic is not None:
        topics = (await printed(connection, {query.topic}, narrower=False)).get(query.topic)
        if not topics:
            return None
        values["topics"] = list(topics)
    if query.source is not None:
        values["source"] = query.source
    rest = FOUND.format(topic=WITH_TOPIC if query.topic else "", source=WITH_SOURCE if query.source else "")
    return rest, values


async def pick(
    connection: AsyncConnection, query: StoryQuery, walk: str, rest: str, values: dict[str, Any]
) -> list[Picked]:
    """Give the stories of a page, and one more where there are more."""
    key = ORDERS[query.sort]
    behind = ""
    if query.cursor:
        last, tie = cursor.decode(walk, query.cursor, KEYS[query.sort])
        behind, values = f"AND ({key}, s.id) < (:key, :tie)", values | {"key": last, "tie": tie}
    sql = f"SELECT s.id, {key} AS key {rest} {behind} ORDER BY {key} DESC, s.id DESC LIMIT :most"
    rows = await connection.execute(text(sql), values | {"most": query.limit + 1})
    return [Picked(row.id, row.key) for row in rows]


async def described(connection: AsyncConnection, ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    """Give stories as they are served."""
    rows = await connection.execute(DESCRIBED, {"ids": ids, "most_sources": SHOWN_SOURCES, "most_topics": SHOWN_TOPICS})
    return {
        row.id: {
            "id": row.id,
            "title": row.title,
            "original": row.original_id,
            "size": row.size,
            "source_count": row.source_count,
            "sources": list(row.sources),
            "first_at": row.first_at,
            "last_at": row.last_at,
            "topics": row.topics,
        }
        for row in rows
    }


@router.get("/stories", summary="List stories", response_model=StoryPage, responses=reads(422))
async def list_stories(request: Request, query: Annotated[StoryQuery, Query()]) -> Response:
    """Answer `200` with a page of the texts that two or more articles tell: syndicated copies, rewrites, extended versions."""
    walk = query.walk("stories")
    async with database_of(request).reading() as connection:
        asked = await conditions(connection, query)
        if asked is None:
            return answer(request, page(request, [], None, (0, True) if query.total else None))
        picked = await pick(connection, query, walk, *asked)
        shown = picked[: query.limit]
        found = await described(connection, [one.id for one in shown])
        count = None
        if query.total:
            rest, values = asked
            count = (await connection.scalar(text(f"SELECT count(*) {rest}"), values), True)
    more = cursor.encode(walk, (shown[-1].key, shown[-1].id)) if len(picked) > query.limit else None
    return answer(request, page(request, [found[one.id] for one in shown if one.id in found], more, count))


@router.get("/stories/{story_id}", summary="Read a story", response_model=StoryDetail, responses=reads(404, 422))
async def read_story(request: Request, story_id: UUID) -> Response:
    """Answer `200` with a story and its articles; `404` also once its articles are in other stories."""
    async with database_of(request).reading() as connection:
        found = (await described(connection, [story_id])).get(story_id)
        if found is None:
            raise NotFound("There is no such story.")
        rows = await connection.execute(MEMBERS, {"id": story_id, "most": SHOWN_MEMBERS})
        articles = [dict(row) for row in rows.mappings()]
    return answer(request, found | {"articles": articles})
