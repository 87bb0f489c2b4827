"""Makes the article again that a row holds, so that what is pure can go on with it; the other way round than `rows.py`.

Not in a row are the codes that an agency stated (their topics are), and what only a new article is learned from.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from app.pipeline.article import (
    Article,
    Block,
    Evidence,
    Heading,
    ListBlock,
    ListItem,
    Paragraph,
    Table,
    Topic,
    TopicEntry,
    TopicList,
)
from app.pipeline.fingerprint import content_hash

SAME = (
    "url", "guid", "source", "title", "lead", "language", "agency", "published_precision", "published_zone",
    "dateline_place", "rights", "text", "word_count", "repairs", "content_hash", "field_hash", "processing",
    "pipeline_version", "version", "urgency", "truncated", "background",
)  # fmt: skip


def article_of(row: Mapping[str, Any], topics: Sequence[Topic]) -> Article:
    """Give the article of a row of `articles` and its topics."""
    return Article(
        **{name: row[name] for name in SAME},
        authors=tuple(row["authors"]),
        published_at=at_offset(row["published_at"], row["published_offset"]),
        modified_at=at_offset(row["modified_at"], row["modified_offset"]),
        topics=tuple(topics),
        topic_lists=topic_lists_of(row["topic_lists"]),
        blocks=tuple(map(block_of, row["blocks"])),
        evidence=evidence_of(row["evidence"]),
        text_hash=content_hash(None, row["text"]),
    )


def at_offset(at: datetime | None, minutes: int | None) -> datetime | None:
    """Give an instant at the offset that it is shown at."""
    return at.astimezone(timezone(timedelta(minutes=minutes or 0))) if at else None


def block_of(shown: Mapping[str, Any]) -> Block:
    """Give the block that an object is."""
    match shown["type"]:
        case "heading":
            return Heading(shown["level"], shown["text"])
        case "paragraph":
            return Paragraph(shown["text"])
        case "list":
            return ListBlock(tuple(ListItem(item["label"], item["text"]) for item in shown["items"]))
        case _:
            return Table(tuple(shown["header"]), tuple(map(tuple, shown["rows"])))


def topic_lists_of(shown: Iterable[Mapping[str, Any]]) -> tuple[TopicList, ...]:
    """Give the topic lists of a document."""
    return tuple(
        TopicList(
            one["lead_in"],
            one["block"],
            tuple(TopicEntry(entry["topic"], entry["label"], entry["detail"]) for entry in one["entries"]),
        )
        for one in shown
    )


def evidence_of(shown: Mapping[str, Iterable[Mapping[str, Any]]]) -> tuple[Evidence, ...]:
    """Give the evidence of a document."""
    return tuple(
        Evidence(
            field,
            one["value"],
            one["from"],
            one["quote"],
            one["confidence"],
            one.get("precision"),
            one.get("zone"),
            chosen=one["chosen"],
        )
        for field, claims in shown.items()
        for one in claims
    )
