"""What is shown of an article: the columns for each field, and rows turned into answers."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, exists, func, literal_column, null, select
from sqlalchemy.dialects.postgresql import JSON, aggregate_order_by

from app.pipeline.slug import slug
from app.query.examples import ASKED_FOR
from app.query.schemas import ExtractedArticle
from app.store.tables import CANONICAL, article_topics, articles, sightings, source_boilerplate, topics

SIGHTINGS_SHOWN: Final = 20
FIELDS: Final = (
    "id", "revision", *ExtractedArticle.model_fields, "story_id", "duplicate_of", "sightings", "received_at",
    "updated_at",
)  # fmt: skip
SUMMARY: Final = tuple(name for name in FIELDS if name not in ASKED_FOR)
OFFSETS: Final = {"published_at": "published_offset", "modified_at": "modified_offset"}
"""The columns that say at which offset from UTC an instant is shown, in minutes; null in UTC."""
UNKNOWN_YET: Final = ("story_id", "duplicate_of")
"""Fields that nothing in the store decides yet."""


def gathered(entry: Mapping[str, ColumnElement[Any]], *order: ColumnElement[Any]) -> ColumnElement[Any]:
    """Give the aggregate of rows as a JSON list of objects, empty where there are none."""
    members = [part for name, column in entry.items() for part in (literal_column(f"'{name}'"), column)]
    listed = func.json_agg(aggregate_order_by(func.json_build_object(*members), *order))
    return func.coalesce(listed, literal_column("'[]'::json"), type_=JSON)


def topics_shown() -> ColumnElement[Any]:
    """Give the article's topics in their order, under their canonical slugs; the labels are the article's own."""
    canonical = topics.alias("canonical")
    usual = (
        exists()
        .where(source_boilerplate.c.source == articles.c.source, source_boilerplate.c.topic_id == canonical.c.id)
        .correlate(articles, canonical)
    )
    entry = {
        "slug": canonical.c.slug,
        "label": article_topics.c.label,
        "score": article_topics.c.score,
        "from": article_topics.c.origins,
        "mentions": article_topics.c.mentions,
        "boilerplate": usual,
    }
    found = select(gathered(entry, article_topics.c.position)).select_from(
        article_topics.join(topics, topics.c.id == article_topics.c.topic_id).join(
            canonical, canonical.c.id == CANONICAL
        )
    )
    return found.where(article_topics.c.article_id == articles.c.id).correlate(articles).scalar_subquery()


def sightings_shown() -> ColumnElement[Any]:
    """Give the article's last 20 sightings, the latest first."""
    last = (
        select(sightings)
        .where(sightings.c.article_id == articles.c.id)
        .order_by(sightings.c.last_at.desc(), sightings.c.route)
        .limit(SIGHTINGS_SHOWN)
        .correlate(articles)
        .subquery("last_sightings")
    )
    names = ("submission_id", "source", "url", "received_at", "last_at", "count")
    entry = {name: last.c[name] for name in names}
    return select(gathered(entry, last.c.last_at.desc(), last.c.route)).scalar_subquery()


def columns(fields: Sequence[str]) -> Sequence[ColumnElement[Any]]:
    """Give the columns that show these fields, and behind them what they need besides."""
    return columns_of(tuple(fields))


@lru_cache(maxsize=256)
def columns_of(fields: tuple[str, ...]) -> Sequence[ColumnElement[Any]]:
    """Make those columns; most requests ask for the same."""
    asked = list(fields)
    made = {"topics": topics_shown, "sightings": sightings_shown}
    special = {name: make().label(name) for name, make in made.items()}
    special |= {name: null().label(name) for name in UNKNOWN_YET}
    asked += [OFFSETS[name] for name in asked if name in OFFSETS]
    asked += ["topics"] if "topic_lists" in asked and "topics" not in asked else []
    return [special[name] if name in special else articles.c[name] for name in asked]


def at_offset(at: datetime, minutes: int | None) -> datetime:
    """Give an instant at an offset from UTC."""
    return at.astimezone(timezone(timedelta(minutes=minutes))) if minutes else at


def rfc3339(stamp: str, minutes: int | None = None) -> str:
    """Give a time as Postgres writes it into JSON in the form of all others: at its offset, microseconds whole or none."""
    return at_offset(datetime.fromisoformat(stamp).astimezone(UTC), minutes).isoformat().replace("+00:00", "Z")


def shown(row: Any, fields: Sequence[str]) -> dict[str, Any]:
    """Turn a row of `columns(fields)` into what is served."""
    found = row._mapping  # noqa: SLF001 - the documented way to read a row by name
    served = {name: found[name] for name in fields}
    for name, offset in OFFSETS.items():
        if served.get(name) is not None:
            served[name] = at_offset(served[name], found[offset])
    if "topic_lists" in served:
        served["topic_lists"] = canonical_lists(served["topic_lists"], row.topics)
    if "topics" in served:
        served["topics"] = one_of_each(served["topics"])
    if "sightings" in served:
        served["sightings"] = [
            sighting | {name: rfc3339(sighting[name]) for name in ("received_at", "last_at")}
            for sighting in served["sightings"]
        ]
    return served


def one_of_each(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give each topic once: of two labels that an alias made one, the one that stands first."""
    kept: dict[str, dict[str, Any]] = {}
    for topic in found:
        kept.setdefault(topic["slug"], topic)
    return list(kept.values())


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
