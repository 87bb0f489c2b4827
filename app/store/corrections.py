"""Reads and writes what editors say of articles, with what was last read for it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, delete, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.pipeline.article import Code, Topic
from app.pipeline.corrections import Correction, Published, Read, Said
from app.pipeline.identity import Profile
from app.store.documents import evidence_json, topic_lists_json
from app.store.read_back import evidence_of, topic_lists_of
from app.store.remains import remembered
from app.store.tables import corrections

GRAVES_AND_CORRECTIONS = text(
    """
    SELECT article_id, NULL::jsonb AS said, NULL::jsonb AS read, NULL::bytea AS read_hash, remains
    FROM tombstones WHERE article_id = ANY(:ids)
    UNION ALL SELECT article_id, said, read, read_hash, NULL FROM corrections WHERE article_id = ANY(:ids)
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))


async def graves_and_corrections(
    connection: AsyncConnection, ids: Collection[UUID]
) -> tuple[dict[UUID, Profile | None], dict[UUID, Correction]]:
    """Give which articles were deleted with what is remembered of them, and what editors say of the others, in one statement.

    The caller holds the articles: a statement that waited for their locks would see what was there before it waited.
    """
    rows = (await connection.execute(GRAVES_AND_CORRECTIONS, {"ids": list(ids)})).all()
    graves = {row.article_id: remembered(row.remains) for row in rows if row.said is None}
    return graves, {row.article_id: correction_of(row) for row in rows if row.said is not None}


async def read_corrections(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Correction]:
    """Give what editors say of articles, which the caller holds."""
    rows = await connection.execute(select(corrections).where(corrections.c.article_id.in_(list(ids))))
    return {row.article_id: correction_of(row) for row in rows}


async def write_corrections(connection: AsyncConnection, found: Mapping[UUID, Correction]) -> None:
    """Write corrections in place of those that are there."""
    if not found:
        return
    statement = upsert(corrections)
    written = {name: statement.excluded[name] for name in ("said", "read", "read_hash")}
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["article_id"], set_=written),
        [
            {
                "article_id": article_id,
                "said": said_json(one.said),
                "read": read_json(one.read),
                "read_hash": one.read_hash,
            }
            for article_id, one in sorted(found.items())
        ],
    )


async def drop_correction(connection: AsyncConnection, article_id: UUID) -> None:
    """Forget what an editor said of an article."""
    await connection.execute(delete(corrections).where(corrections.c.article_id == article_id))


def correction_of(row: Any) -> Correction:
    """Give the correction of a row."""
    return Correction(said_of(row.said), read_of(row.read), bytes(row.read_hash))


def said_json(said: Said) -> dict[str, Any]:
    """Give what an editor says as an object: the fields that they speak of."""
    date = said.published_at
    found = {
        "authors": said.authors,
        "published_at": date
        and {"at": date.at.isoformat(), "precision": date.precision, "zone": date.zone, "quote": date.quote},
        "topics": said.topics,
    }
    return {name: value for name, value in found.items() if value is not None}


def said_of(shown: Mapping[str, Any]) -> Said:
    """Give what an editor says of an object."""
    date, authors, topics = shown.get("published_at"), shown.get("authors"), shown.get("topics")
    return Said(
        authors=None if authors is None else tuple(authors),
        published_at=date and Published(**date | {"at": datetime.fromisoformat(date["at"])}),
        topics=None if topics is None else tuple(topics),
    )


def read_json(read: Read) -> dict[str, Any]:
    """Give what was read as an object."""
    return {
        "authors": read.authors,
        "published_at": read.published_at and read.published_at.isoformat(),
        "published_precision": read.published_precision,
        "published_zone": read.published_zone,
        "topics": [
            {
                "slug": t.slug,
                "label": t.label,
                "score": t.score,
                "origins": t.origins,
                "mentions": t.mentions,
                "fold": t.fold,
            }
            for t in read.topics
        ],
        "topic_lists": topic_lists_json(read.topic_lists),
        "codes": [{"scheme": code.scheme, "code": code.code, "slug": code.slug} for code in read.codes],
        "evidence": evidence_json(read.evidence),
    }


def read_of(shown: Mapping[str, Any]) -> Read:
    """Give what was read of an object."""
    at = shown["published_at"]
    return Read(
        authors=tuple(shown["authors"]),
        published_at=at and datetime.fromisoformat(at),
        published_precision=shown["published_precision"],
        published_zone=shown["published_zone"],
        topics=tuple(Topic(**topic | {"origins": tuple(topic["origins"])}) for topic in shown["topics"]),
        topic_lists=topic_lists_of(shown["topic_lists"]),
        codes=tuple(Code(**code) for code in shown["codes"]),
        evidence=evidence_of(shown["evidence"]),
    )
