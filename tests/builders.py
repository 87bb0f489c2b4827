"""Makes the values that tests talk about, with sensible words where a test does not care."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from app.pipeline.article import Article, ListBlock, ListItem, Paragraph, Topic
from app.pipeline.fingerprint import content_hash, field_hash
from app.pipeline.slug import fold, slug
from app.store.plan import Arrival

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
"""The time at which tests take place."""


def a_topic(label: str, score: float = 0.8) -> Topic:
    """Give a topic that was read from a list."""
    return Topic(slug=slug(label), label=label, score=score, origins=("list",), mentions=1, fold=fold(label))


def an_article(
    text: str = "The harbour authority of Port Ellery reopened its northern quay on Saturday after repairs.",
    *,
    title: str | None = "Northern quay reopens",
    authors: Sequence[str] = ("Maren Holt",),
    published_at: datetime | None = NOON,
    modified_at: datetime | None = None,
    source: str | None = "harbour-post.example",
    url: str | None = None,
    guid: str | None = None,
    topics: Sequence[str] = (),
    language: str | None = "en",
    processing: str = "full",
) -> Article:
    """Give an article as the pipeline would make it."""
    found = tuple(a_topic(label) for label in topics)
    items = tuple(ListItem(None, label) for label in topics)
    blocks = (Paragraph(text), ListBlock(items)) if items else (Paragraph(text),)
    return Article(
        url=url,
        guid=guid,
        source=source,
        title=title,
        lead=text,
        language=language,
        authors=tuple(authors),
        agency=None,
        published_at=published_at,
        published_precision="minute" if published_at else None,
        published_zone="assumed_utc" if published_at else None,
        modified_at=modified_at,
        dateline_place=None,
        rights=None,
        topics=found,
        topic_lists=(),
        blocks=blocks,
        text=text,
        word_count=len(text.split()),
        repairs={},
        evidence=(),
        content_hash=content_hash(title, text),
        field_hash=field_hash(
            {
                "title": title,
                "text": text,
                "authors": list(authors),
                "published_at": published_at and published_at.isoformat(),
                "topics": [topic.slug for topic in found],
            }
        ),
        processing="fallback" if processing == "fallback" else "full",
        pipeline_version="test",
        text_hash=content_hash(None, text),
    )


def an_arrival(
    article: Article, submission_id: UUID | None = None, *, minutes: float = 0, position: int = 0
) -> Arrival:
    """Give an article's arrival, some minutes after noon."""
    return Arrival(submission_id or uuid7(), position, NOON + timedelta(minutes=minutes), article)
