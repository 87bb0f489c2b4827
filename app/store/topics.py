"""Gives each subject its row: spellings meet under one fold, and every slug ever printed leads to it."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ARRAY, Text, bindparam, column, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.pipeline.article import Code, Topic
from app.store.search import search_text
from app.store.tables import topic_codes, topic_spellings, topics


async def known(connection: AsyncConnection, slugs: Iterable[str]) -> dict[str, int]:
    """Give the topic of each slug that has been printed before."""
    rows = await connection.execute(
        select(topic_spellings.c.slug, topic_spellings.c.topic_id).where(topic_spellings.c.slug.in_(list(slugs)))
    )
    return {row.slug: row.topic_id for row in rows}


async def resolve(connection: AsyncConnection, printed: Iterable[Topic]) -> dict[str, int]:
    """Give the topic of each printed slug, making the ones that are new.

    The first spelling that is seen names the topic. Rows are inserted in the order of their folds, so that two workers that meet the same new subjects wait for each
    other instead of deadlocking; the one that waited reads the other's row in a new statement.
    """
    by_slug: dict[str, Topic] = {}
    for topic in printed:
        by_slug.setdefault(topic.slug, topic)
    if not by_slug:
        return {}
    found = await known(connection, by_slug)
    new = sorted((topic for slug, topic in by_slug.items() if slug not in found), key=lambda topic: topic.fold)
    if not new:
        return found
    await connection.execute(
        upsert(topics)
        .values(
            slug=bindparam("slug"),
            label=bindparam("label"),
            fold=bindparam("fold"),
            search=func.to_tsvector("simple", bindparam("words")),
        )
        .on_conflict_do_nothing(),
        [{"slug": t.slug, "label": t.label, "fold": t.fold, "words": search_text(t.label)} for t in new],
    )
    await spell(connection, new)
    return found | await known(connection, [topic.slug for topic in new])


async def spell(connection: AsyncConnection, new: list[Topic]) -> None:
    """Lead each new slug to the topic of its fold; a slug that another topic has taken meanwhile stays with that."""
    slugs = bindparam("slugs", [topic.slug for topic in new], ARRAY(Text))
    folds = bindparam("folds", [topic.fold for topic in new], ARRAY(Text))
    rows = func.unnest(slugs, folds).table_valued(column("slug", Text), column("fold", Text), name="new")
    pairs = rows.render_derived()
    await connection.execute(
        upsert(topic_spellings)
        .from_select(
            ["slug", "topic_id"],
            select(pairs.c.slug, topics.c.id).join(topics, topics.c.fold == pairs.c.fold).order_by(pairs.c.slug),
        )
        .on_conflict_do_nothing()
    )


@dataclass(frozen=True, slots=True)
class Coded:
    """The topic of a code."""

    id: int
    slug: str
    label: str


async def of_codes(connection: AsyncConnection, codes: Iterable[Code]) -> dict[tuple[str, str], Coded]:
    """Give the topic of each code that a taxonomy knows."""
    wanted = list({(code.scheme, code.code) for code in codes})
    if not wanted:
        return {}
    rows = await connection.execute(
        select(topic_codes.c.scheme, topic_codes.c.code, topics.c.id, topics.c.slug, topics.c.label)
        .join(topics, topics.c.id == topic_codes.c.topic_id)
        .where(tuple_(topic_codes.c.scheme, topic_codes.c.code).in_(wanted))
    )
    return {(row.scheme, row.code): Coded(row.id, row.slug, row.label) for row in rows}
