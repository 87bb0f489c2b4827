"""The shapes of what is read: articles, topics, authors, as the OpenAPI document shows them."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.pipeline import article as values
from app.store.documents import blocks_json, evidence_json, topic_lists_json


class HeadingShown(BaseModel):
    """A heading."""

    type: Literal["heading"]
    level: int
    text: str


class ParagraphShown(BaseModel):
    """A paragraph."""

    type: Literal["paragraph"]
    text: str


class ListItemShown(BaseModel):
    """A list item, with its label if it has one."""

    label: str | None
    text: str


class ListShown(BaseModel):
    """A list."""

    type: Literal["list"]
    items: list[ListItemShown]


class TableShown(BaseModel):
    """A table."""

    type: Literal["table"]
    header: list[str]
    rows: list[list[str]]


BlockShown = Annotated[HeadingShown | ParagraphShown | ListShown | TableShown, Field(discriminator="type")]


class TopicShown(BaseModel):
    """A subject of an article."""

    slug: str = Field(description="The canonical slug.")
    label: str = Field(description="As this article prints it.")
    score: float = Field(description="0 to 1.")
    from_: list[values.TopicOrigin] = Field(alias="from", description="Where it was read.")
    mentions: int = Field(description="How often the text prints it.")


class EntryShown(BaseModel):
    """One entry of a topic list."""

    topic: str | None = Field(description="The slug of the topic that it names; null if it names none.")
    label: str
    detail: str | None


class TopicListShown(BaseModel):
    """A list or table in which the article enumerates subjects."""

    lead_in: str | None = Field(description="The sentence that announces it.")
    block: int = Field(description="0-based index into `blocks`.")
    entries: list[EntryShown]


class EvidenceShown(BaseModel):
    """A value that the input offers for a field."""

    value: str
    from_: values.Origin = Field(alias="from")
    quote: str = Field(description="The words that it was read from.")
    confidence: float
    chosen: bool
    precision: values.Precision | None = None
    zone: values.Zone | None = None


class SightingShown(BaseModel):
    """Arrivals of an article by one route."""

    submission_id: UUID = Field(description="The first one's submission.")
    source: str | None
    url: str | None
    received_at: datetime = Field(description="When it first came by this route.")
    last_at: datetime = Field(description="When it last did.")
    count: int = Field(description="How often it did.")


EXAMPLE: dict[str, Any] = {
    "id": "019a1b2c-3d62-7c11-9e0f-5a6b7c8d9e0f",
    "revision": 1,
    "url": "https://harbour-post.example/quay",
    "source": "harbour-post.example",
    "title": "Northern quay reopens",
    "lead": "The northern quay of Port Ellery reopened on Saturday after repairs to:",
    "language": "en",
    "authors": ["Maren Holt"],
    "agency": None,
    "published_at": "2026-03-14T08:30:00Z",
    "published_precision": "minute",
    "published_zone": "stated",
    "modified_at": None,
    "dateline_place": None,
    "rights": None,
    "topics": [{"slug": "tide-gates", "label": "Tide gates", "score": 0.806, "from": ["list"], "mentions": 1}],
    "topic_lists": [
        {
            "lead_in": "The northern quay of Port Ellery reopened on Saturday after repairs to:",
            "block": 2,
            "entries": [{"topic": "tide-gates", "label": "Tide gates", "detail": "Two of four were replaced."}],
        }
    ],
    "blocks": [
        {"type": "heading", "level": 1, "text": "Northern quay reopens"},
        {"type": "paragraph", "text": "The northern quay of Port Ellery reopened on Saturday after repairs to:"},
        {"type": "list", "items": [{"label": "Tide gates", "text": "Two of four were replaced."}]},
    ],
    "text": "Northern quay reopens\n\nThe northern quay of Port Ellery reopened on Saturday after repairs to:\n\n"
    "Tide gates: Two of four were replaced.",
    "word_count": 22,
    "repairs": {"joined_sentences": 1},
    "evidence": {
        "authors": [
            {"value": "Maren Holt", "from": "text.byline", "quote": "By Maren Holt", "confidence": 0.95, "chosen": True}
        ]
    },
    "story_id": None,
    "duplicate_of": None,
    "sightings": [
        {
            "submission_id": "019a1b2c-3d4e-7f60-8a9b-0c1d2e3f4a5b",
            "source": "harbour-post.example",
            "url": "https://harbour-post.example/quay",
            "received_at": "2026-03-14T08:31:07.120000Z",
            "last_at": "2026-03-14T08:31:07.120000Z",
            "count": 1,
        }
    ],
    "processing": "full",
    "pipeline_version": "1",
    "received_at": "2026-03-14T08:31:07.120000Z",
    "updated_at": "2026-03-14T08:31:07.310000Z",
}
ONLY_STORED = ("id", "revision", "story_id", "duplicate_of", "sightings", "received_at", "updated_at")
HEAVY = ("blocks", "text", "evidence", "topic_lists")
"""Fields that lists leave out unless they are asked for."""


class ExtractedArticle(BaseModel):
    """A normalised article, without what only the store knows."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{k: v for k, v in EXAMPLE.items() if k not in ONLY_STORED}]}
    )

    url: str | None = Field(description="Without tracking parameters.")
    source: str | None
    title: str | None = Field(description="The headline as stated, else the first heading.")
    lead: str | None = Field(description="The first paragraph.")
    language: str | None = Field(description="ISO 639 code.")
    authors: list[str] = Field(description="Persons, in order; no agencies.")
    agency: str | None
    published_at: datetime | None
    published_precision: values.Precision | None
    published_zone: values.Zone | None
    modified_at: datetime | None
    dateline_place: str | None
    rights: str | None
    topics: list[TopicShown]
    topic_lists: list[TopicListShown]
    blocks: list[BlockShown]
    text: str = Field(description="All blocks, a blank line between them.")
    word_count: int
    repairs: dict[str, int] = Field(description="How often each kind of damage was mended.")
    evidence: dict[str, list[EvidenceShown]] = Field(description="By field; what was chosen comes first.")
    processing: values.Processing
    pipeline_version: str


class Article(ExtractedArticle):
    """A stored article."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: UUID
    revision: int
    story_id: UUID | None
    duplicate_of: UUID | None
    sightings: list[SightingShown] = Field(description="The last 20 routes that it came by, newest first.")
    received_at: datetime
    updated_at: datetime


ARTICLE_FIELDS = frozenset(Article.model_fields)
USUAL_FIELDS = ARTICLE_FIELDS - set(HEAVY)


class Total(BaseModel):
    """How many rows the whole walk has."""

    count: int
    exact: bool


def a_page(*items: dict[str, Any]) -> ConfigDict:
    """Give the configuration of a page model with an example."""
    return ConfigDict(json_schema_extra={"examples": [{"items": list(items), "next": None, "total": None}]})


class ArticleListed(BaseModel):
    """An article in a list: every field unless `fields` names some, but for the heavy ones, which must be named."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [EXAMPLE]})

    id: UUID


class ArticlePage(BaseModel):
    """A page of articles."""

    model_config = a_page({name: value for name, value in EXAMPLE.items() if name not in HEAVY})

    items: list[ArticleListed]
    next: str | None = Field(description="URL path and query of the next page; null on the last.")
    total: Total | None


class RevisionBrief(BaseModel):
    """A revision in a list."""

    revision: int
    at: datetime = Field(description="When it became the current one.")
    current: bool


class RevisionPage(BaseModel):
    """An article's revisions, newest first."""

    model_config = a_page({"revision": 1, "at": EXAMPLE["updated_at"], "current": True})

    items: list[RevisionBrief]
    next: str | None
    total: Total | None


TOPIC_EXAMPLE: dict[str, Any] = {
    "slug": "tide-gates",
    "label": "Tide gates",
    "articles": 12,
    "first_seen": "2026-01-03T06:00:00Z",
    "last_seen": "2026-03-14T08:30:00Z",
}


class TopicBrief(BaseModel):
    """A topic in a list; first and last seen are publication times, arrival times for articles without date."""

    slug: str
    label: str
    articles: int
    first_seen: datetime | None
    last_seen: datetime | None


class TopicPage(BaseModel):
    """A page of topics."""

    model_config = a_page(TOPIC_EXAMPLE)

    items: list[TopicBrief]
    next: str | None
    total: Total | None


class TopicDetail(TopicBrief):
    """One topic."""

    model_config = ConfigDict(json_schema_extra={"examples": [TOPIC_EXAMPLE | {"aliases": ["tide-gate"]}]})

    aliases: list[str] = Field(description="Other slugs that lead to it.")


class AuthorBrief(BaseModel):
    """An author in a list."""

    name: str = Field(description="As printed most recently.")
    articles: int
    first_seen: datetime | None
    last_seen: datetime | None


class AuthorPage(BaseModel):
    """A page of authors."""

    model_config = a_page(
        {
            "name": "Maren Holt",
            "articles": 4,
            "first_seen": TOPIC_EXAMPLE["first_seen"],
            "last_seen": TOPIC_EXAMPLE["last_seen"],
        }
    )

    items: list[AuthorBrief]
    next: str | None
    total: Total | None


def article_json(article: values.Article) -> dict[str, Any]:
    """Give an article that is not stored in the contract's shape."""
    return {
        "url": article.url,
        "source": article.source,
        "title": article.title,
        "lead": article.lead,
        "language": article.language,
        "authors": list(article.authors),
        "agency": article.agency,
        "published_at": utc(article.published_at),
        "published_precision": article.published_precision,
        "published_zone": article.published_zone,
        "modified_at": utc(article.modified_at),
        "dateline_place": article.dateline_place,
        "rights": article.rights,
        "topics": [
            {
                "slug": topic.slug,
                "label": topic.label,
                "score": topic.score,
                "from": list(topic.origins),
                "mentions": topic.mentions,
            }
            for topic in article.topics
        ],
        "topic_lists": topic_lists_json(article.topic_lists),
        "blocks": blocks_json(article.blocks),
        "text": article.text,
        "word_count": article.word_count,
        "repairs": dict(article.repairs),
        "evidence": evidence_json(article.evidence),
        "processing": article.processing,
        "pipeline_version": article.pipeline_version,
    }


def utc(at: datetime | str | None) -> str | None:
    """Write a time as RFC 3339 in UTC, with Z."""
    if at is None:
        return None
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
