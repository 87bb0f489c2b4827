"""The shapes of what is read: what each field means, for clients and for `/docs`."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.pipeline import article as values
from app.query import examples
from app.store.documents import blocks_json, evidence_json, topic_lists_json

Item = TypeVar("Item")


def example(shown: dict[str, Any], *, only_required: str | None = None) -> ConfigDict:
    """Give a model's configuration: its example, and the one field that is always there where `fields` may thin it."""

    def thin(schema: dict[str, Any]) -> None:
        schema["examples"] = [shown]
        if only_required:
            schema["required"] = [only_required]

    extra: Callable[[dict[str, Any]], None] = thin
    return ConfigDict(json_schema_extra=extra, populate_by_name=True)


class Heading(BaseModel):
    """A heading."""

    type: Literal["heading"]
    level: int = Field(ge=1, le=6, description="1 is the headline, 2 a section.")
    text: str


class Paragraph(BaseModel):
    """A paragraph of running text."""

    type: Literal["paragraph"]
    text: str


class ListItem(BaseModel):
    """An item of a list."""

    label: str | None = Field(description="What stood before the item's colon, if anything did.")
    text: str


class ListBlock(BaseModel):
    """A bulleted, numbered or bare list."""

    type: Literal["list"]
    items: list[ListItem]


class Table(BaseModel):
    """A table."""

    type: Literal["table"]
    header: list[str]
    rows: list[list[str]] = Field(description="Rows of as many cells as the header has.")


Block = Annotated[Heading | Paragraph | ListBlock | Table, Field(discriminator="type")]


class Topic(BaseModel):
    """A subject of an article."""

    model_config = example(examples.TOPIC)

    slug: str = Field(description="The canonical slug.")
    label: str = Field(description="As this article prints it.")
    score: float = Field(ge=0, le=1)
    origins: list[values.TopicOrigin] = Field(alias="from", description="Where it was read; a set.")
    mentions: int = Field(ge=0, description="How often the article names it.")
    boilerplate: bool = Field(
        False, description="Whether most articles of the source are on it, so that it says little of this one."
    )


class TopicEntry(BaseModel):
    """An entry of a topic list."""

    topic: str | None = Field(description="Slug of the topic that it names, as in `topics`; null where it names none.")
    label: str
    detail: str | None


class TopicList(BaseModel):
    """A list or table that enumerates subjects."""

    model_config = example(examples.TOPIC_LIST)

    lead_in: str | None = Field(description="The sentence that announces it, as printed.")
    block: int = Field(ge=0, description="0-based index into `blocks`.")
    entries: list[TopicEntry]


class Evidence(BaseModel):
    """A value that the input offers for a field."""

    model_config = example(examples.EVIDENCE)

    value: str = Field(description="What is served where it is chosen.")
    origin: values.Origin = Field(alias="from", description="Where it was read.")
    quote: str = Field(description="The words that it was read from.")
    confidence: float = Field(ge=0, le=1)
    chosen: bool
    precision: values.Precision | None = Field(default=None, description="Dates only: what was printed.")
    zone: values.Zone | None = Field(default=None, description="Dates only: where the offset is from.")


class Sighting(BaseModel):
    """Arrivals of an article by one route (source and URL)."""

    model_config = example(examples.SIGHTING)

    submission_id: UUID = Field(description="The submission that brought the first.")
    source: str | None
    url: str | None
    received_at: datetime = Field(description="When the first arrived.")
    last_at: datetime = Field(description="When the last arrived.")
    count: int = Field(ge=1)


class ExtractedArticle(BaseModel):
    """An article without what only the store knows."""

    model_config = example(examples.EXTRACTED)

    url: str | None
    source: str | None = Field(description="Name or domain of the publisher, as the sender states it.")
    title: str | None = Field(description="The headline without the site's name.")
    lead: str | None = Field(description="The first paragraph.")
    language: str | None = Field(description="ISO 639-1.")
    authors: list[str] = Field(description="Persons in order, without roles; empty where none is given.")
    agency: str | None = Field(description="Agency or desk of the byline.")
    published_at: datetime | None = Field(description="The stated instant; null where none is given.")
    published_precision: values.Precision | None
    published_zone: values.Zone | None = Field(description="Where the offset is from; null only without a date.")
    modified_at: datetime | None
    dateline_place: str | None = Field(description="The place that the dateline names.")
    rights: str | None
    topics: list[Topic]
    topic_lists: list[TopicList]
    blocks: list[Block] = Field(description="The body.")
    text: str = Field(description="The whole body, a blank line between blocks.")
    word_count: int = Field(ge=0)
    repairs: dict[str, int] = Field(description="How often each kind of damage was mended.")
    evidence: dict[str, list[Evidence]] = Field(description="For each field what the input offers, the chosen first.")
    processing: values.Processing = Field(description="`fallback`: a poorer result, because the full one broke.")
    pipeline_version: str
    background: int | None = Field(
        description="The snapshot of the archive's words that topics were inferred by, 0 before the first; null where none were."
    )
    version: str | None = Field(description="The agency's own version of its item.")
    urgency: int | None = Field(description="The agency's urgency, 1 the most urgent.")
    truncated: bool = Field(description="Whether the input declares its text to be a part only, as paywalls do.")


class Article(ExtractedArticle):
    """An article as it is stored."""

    model_config = example(examples.ARTICLE)

    id: UUID
    revision: int = Field(ge=1)
    story_id: UUID | None = Field(description="The story that it belongs to; null until one is known.")
    duplicate_of: UUID | None
    sightings: list[Sighting] = Field(description="The last 20 routes that it arrived by.")
    received_at: datetime = Field(description="When it first arrived.")
    updated_at: datetime


class ArticleSummary(Article):
    """An article in a list: without `blocks`, `text`, `evidence` and `topic_lists`, or just the `fields` asked for."""

    model_config = example(examples.SUMMARY, only_required="id")


class TopicCount(BaseModel):
    """A subject with its articles."""

    model_config = example(examples.TOPIC_COUNT)

    slug: str
    label: str = Field(description="The canonical label.")
    articles: int = Field(ge=0, description="Articles within the filters.")
    first_seen: datetime | None = Field(description="Arrival of its first article of all; null where it has none.")
    last_seen: datetime | None = Field(description="Arrival of its last article of all.")
    trend: float = Field(
        ge=0,
        description="Articles of the span (the last 7 days where no `from` is given) over those of the span before, "
        "5 added to both: 1 is no change, and from none to two is no sensation.",
    )
    boilerplate: bool = Field(description="Whether most articles of the `source` asked for are on it.")


class TopicName(BaseModel):
    """A subject by its names alone."""

    slug: str
    label: str


class TopicCode(BaseModel):
    """The code of a subject in a taxonomy."""

    scheme: str = Field(description="The taxonomy, such as `medtop` for IPTC Media Topics.")
    code: str


class RelatedTopic(TopicName):
    """A subject that goes with another."""

    articles: int = Field(ge=1, description="Articles on both, of the newest 500 on the one asked about.")
    score: float = Field(ge=0, le=1, description="Cosine of the two sets of articles, estimated on those.")


class TopicDetail(TopicCount):
    """A subject with its other names and its place among others."""

    model_config = example(examples.TOPIC_DETAIL)

    aliases: list[str] = Field(description="Other slugs under which it is printed, or that are its aliases.")
    broader: list[TopicName]
    narrower: list[TopicName]
    codes: list[TopicCode] = Field(description="Its codes in taxonomies, IPTC's among them.")
    related: list[RelatedTopic] = Field(description="Up to 20, those that go best with it first; up to a minute old.")


class Bucket(BaseModel):
    """The articles of one span of a timeline."""

    start: datetime = Field(description="The first instant, UTC.")
    articles: int = Field(ge=0)


class Timeline(BaseModel):
    """When the articles on a subject were published."""

    model_config = example(examples.TIMELINE)

    slug: str
    label: str
    bucket: Literal["hour", "day", "week", "month"]
    items: list[Bucket] = Field(description="Every bucket that the span touches, in order, empty ones too.")


class AuthorCount(BaseModel):
    """A person with their articles."""

    model_config = example(examples.AUTHOR_COUNT)

    name: str = Field(description="The printing that most of the articles use.")
    articles: int = Field(ge=1)
    first_seen: datetime = Field(description="Arrival of the first of them.")
    last_seen: datetime = Field(description="Arrival of the last of them.")


class Revision(BaseModel):
    """An entry in an article's history."""

    model_config = example(examples.REVISION)

    revision: int = Field(ge=1)
    at: datetime = Field(description="When it became current.")
    current: bool


class Total(BaseModel):
    """How many rows the whole walk has."""

    count: int = Field(ge=0)
    exact: bool = Field(description="False: at least so many.")


class Page(BaseModel, Generic[Item]):
    """Some rows, and where the walk goes on."""

    items: list[Item]
    next: str | None = Field(description="URL path and query of the next page; null at the end.")
    total: Total | None = Field(description="Only with `total=true`.")


class ArticlePage(Page[ArticleSummary]):
    """A page of articles."""

    model_config = example(examples.page("/v1/articles", examples.SUMMARY))


class TopicPage(Page[TopicCount]):
    """A page of topics."""

    model_config = example(examples.page("/v1/topics", examples.TOPIC_COUNT))


class AuthorPage(Page[AuthorCount]):
    """A page of authors."""

    model_config = example(examples.page("/v1/authors", examples.AUTHOR_COUNT))


class RevisionPage(Page[Revision]):
    """A page of an article's history."""

    model_config = example(examples.page(f"/v1/articles/{examples.ARTICLE['id']}/revisions", examples.REVISION))


def rfc3339(moment: datetime | None) -> str | None:
    """Give an instant at its offset, UTC as `Z`."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def article_json(article: values.Article) -> dict[str, Any]:
    """Give an article as it is served before it is stored."""
    plain = ("url", "source", "title", "lead", "language", "agency", "published_precision", "published_zone",
             "dateline_place", "rights", "text", "word_count", "processing", "pipeline_version",
             "background",              "version", "urgency", "truncated")  # fmt: skip
    made = {name: getattr(article, name) for name in plain} | {
        "authors": list(article.authors),
        "published_at": rfc3339(article.published_at),
        "modified_at": rfc3339(article.modified_at),
        "topics": [
            {
                "slug": t.slug,
                "label": t.label,
                "score": t.score,
                "from": list(t.origins),
                "mentions": t.mentions,
                "boilerplate": False,
            }
            for t in article.topics
        ],
        "topic_lists": topic_lists_json(article.topic_lists),
        "blocks": blocks_json(article.blocks),
        "repairs": dict(article.repairs),
        "evidence": evidence_json(article.evidence),
    }
    return {name: made[name] for name in ExtractedArticle.model_fields}
