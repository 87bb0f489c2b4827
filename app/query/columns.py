"""What is shown of an article: the columns for each field, and rows turned into answers."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from orjson import Fragment, loads
from sqlalchemy import ColumnElement, Integer, Text, cast, func, literal_column, select, type_coerce
from sqlalchemy.types import NULLTYPE

from app.pipeline.slug import slug
from app.query.examples import ASKED_FOR
from app.query.schemas import ExtractedArticle
from app.store.tables import articles, story_members

FIELDS: Final = (
    "id", "revision", *ExtractedArticle.model_fields, "story_id", "duplicate_of", "sightings", "received_at",
    "updated_at",
)  # fmt: skip
SUMMARY: Final = tuple(name for name in FIELDS if name not in ASKED_FOR)
OFFSETS: Final = {"published_at": "published_offset", "modified_at": "modified_offset"}
"""The columns that say at which offset from UTC an instant is shown, in minutes; null in UTC."""
STORED_JSON: Final = ("topic_lists", "blocks", "repairs", "evidence")
WRITTEN: Final = frozenset({*STORED_JSON, "topics", "sightings"})
"""The fields that come as the text of JSON, which nobody needs to read and write again."""
OF_STORY: Final = ("story_id", "duplicate_of")
"""Fields that the linker decides, of the article as it is today."""
TOPICS_SHOWN: Final = """
    (SELECT CAST(coalesce(json_agg(json_build_object(
         'slug', each.slug, 'label', each.label, 'score', each.score, 'from', each.origins, 'mentions', each.mentions,
         'boilerplate', each.usual
     ) ORDER BY each.position), '[]') AS text)
     FROM (
        SELECT DISTINCT ON (coalesce(t.canonical_id, t.id)) coalesce(c.slug, t.slug) AS slug,
               x.label, x.score, x.origins, x.mentions, x.position, EXISTS (
                   SELECT FROM source_boilerplate p
                   WHERE p.source = articles.source AND p.topic_id = coalesce(t.canonical_id, t.id)
               ) AS usual
        FROM article_topics x JOIN topics t ON t.id = x.topic_id LEFT JOIN topics c ON c.id = t.canonical_id
        WHERE x.article_id = articles.id ORDER BY coalesce(t.canonical_id, t.id), x.position
     ) each)
"""
"""An article's topics in their order, under their canonical slugs; of two labels that an alias made one topic, the first."""
SIGHTINGS_SHOWN: Final = """
    (SELECT CAST(coalesce(json_agg(json_build_object(
         'submission_id', s.submission_id, 'source', s.source, 'url', s.url, 'received_at', {received_at},
         'last_at', {last_at}, 'count', s.count
     ) ORDER BY s.last_at DESC, s.route), '[]') AS text)
     FROM (
        SELECT * FROM sightings x WHERE x.article_id = articles.id ORDER BY x.last_at DESC, x.route LIMIT 20
     ) s)
"""
"""An article's last 20 sightings, the latest first."""
STAMP: Final = """
    to_char({0} AT TIME ZONE 'UTC', CASE WHEN date_trunc('second', {0}) = {0} THEN 'YYYY-MM-DD"T"HH24:MI:SS"Z"'
                                         ELSE 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"' END)
"""
"""A time as all others are written: in UTC, microseconds whole or none."""


def written(sql: str, name: str) -> ColumnElement[str]:
    """Give what Postgres writes as text under a name; one element of a statement however much it says."""
    return literal_column(sql, Text).label(name)


def topics_shown() -> ColumnElement[str]:
    """Give the topics of the row of `articles`, as JSON."""
    return written(TOPICS_SHOWN, "topics")


def story_shown(name: str) -> ColumnElement[UUID]:
    """Give what the row of `articles` is in a story: the story, or the article that it is a duplicate of."""
    found = select(story_members.c[name]).where(story_members.c.article_id == articles.c.id)
    return found.correlate(articles).scalar_subquery().label(name)


def sightings_shown() -> ColumnElement[str]:
    """Give the sightings of the row of `articles`, as JSON."""
    stamps = {name: STAMP.format(f"s.{name}") for name in ("received_at", "last_at")}
    return written(SIGHTINGS_SHOWN.format(**stamps), "sightings")


@lru_cache(maxsize=256)
def needed(fields: tuple[str, ...]) -> tuple[str, ...]:
    """Give the fields, and behind them the columns that they need besides."""
    offsets = [OFFSETS[name] for name in fields if name in OFFSETS]
    topics_too = ["topics"] if "topic_lists" in fields and "topics" not in fields else []
    return (*fields, *offsets, *topics_too)


def columns(fields: Sequence[str]) -> Sequence[ColumnElement[Any]]:
    """Give the columns that show these fields, and behind them what they need besides."""
    return columns_of(tuple(fields))


@lru_cache(maxsize=256)
def columns_of(fields: tuple[str, ...]) -> Sequence[ColumnElement[Any]]:
    """Make those columns; most requests ask for the same."""
    special: dict[str, ColumnElement[Any]] = {"topics": topics_shown(), "sightings": sightings_shown()}
    special |= {name: story_shown(name) for name in OF_STORY}
    special |= {name: cast(articles.c[name], Text).label(name) for name in ("id", *STORED_JSON)}
    special["authors"] = type_coerce(articles.c.authors, NULLTYPE).label(
        "authors"
    )  # a list of texts as the driver gives it
    return [special[name] if name in special else articles.c[name] for name in needed(fields)]


def at_offset(at: datetime, minutes: int | None) -> datetime:
    """Give an instant at an offset from UTC."""
    return at.astimezone(timezone(timedelta(minutes=minutes))) if minutes else at


def rfc3339(stamp: str, minutes: int | None = None) -> str:
    """Give a time as Postgres writes it into JSON in the form of all others: at its offset, microseconds whole or none."""
    return at_offset(datetime.fromisoformat(stamp).astimezone(UTC), minutes).isoformat().replace("+00:00", "Z")


def shown(values: Sequence[Any], fields: Sequence[str]) -> dict[str, Any]:
    """Turn the values of `columns(fields)` into what is served; what Postgres wrote as JSON goes out as it wrote it."""
    found = dict(zip(needed(tuple(fields)), values, strict=True))
    served = {name: Fragment(found[name]) if name in WRITTEN else found[name] for name in fields}
    for name, offset in OFFSETS.items():
        if found.get(offset) and found.get(name) is not None:
            served[name] = at_offset(found[name], found[offset])
    if "topic_lists" in served:
        served["topic_lists"] = canonical_lists(loads(found["topic_lists"]), loads(found["topics"]))
    return served


def canonical_lists(lists: Iterable[dict[str, Any]], found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Let the entries of topic lists name their topics by the slugs under which the article shows them."""
    slugs = {slug(topic["label"]): topic["slug"] for topic in found}
    return [
        one | {"entries": [entry | {"topic": slugs.get(entry["topic"], entry["topic"])} for entry in one["entries"]]}
        for one in lists
    ]


def count_of(rows: Any, cap: int | None = None) -> Any:
    """Give the statement that counts the rows of another, up to a cap."""
    counted = (rows.limit(cap) if cap else rows).subquery("counted")
    return select(func.count(type_=Integer)).select_from(counted)
