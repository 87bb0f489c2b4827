"""Makes one article of two that an arrival showed to be one: the older stays, with what both were known by and seen as.

What the newer of the two said is current after it, as if all had been known as one from the beginning.
"""

from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.pipeline.changes import supersedes
from app.store import author_counts, history, rows, topic_counts
from app.store.changes import Change, note
from app.store.meeting import Met
from app.store.plan import Arrival, Revision
from app.store.printed_topics import stored_topics
from app.store.read_back import article_of
from app.store.renewal import STORED
from app.store.tables import articles

PARTED: Final = text("SELECT EXISTS (SELECT FROM partings WHERE article_id = :one AND other_id = :other)")
MOVE: Final = tuple(
    text(statement)
    for statement in (
        """
        INSERT INTO sightings AS s (article_id, route, source, url, submission_id, received_at, last_at, count, said)
        SELECT :kept, route, source, url, submission_id, received_at, last_at, count, said FROM sightings
        WHERE article_id = :gone ORDER BY route
        ON CONFLICT (article_id, route) DO UPDATE SET
            submission_id = CASE WHEN excluded.received_at < s.received_at THEN excluded.submission_id
                            ELSE s.submission_id END,
            received_at = least(s.received_at, excluded.received_at),
            said = CASE WHEN excluded.last_at >= s.last_at THEN excluded.said ELSE s.said END,
            last_at = greatest(s.last_at, excluded.last_at), count = s.count + excluded.count
        """,
        "UPDATE article_keys SET article_id = :kept WHERE article_id = :gone",
        """
        INSERT INTO key_sharers (scope, key, article_id)
        SELECT scope, key, :kept FROM key_sharers WHERE article_id = :gone ON CONFLICT DO NOTHING
        """,
        "DELETE FROM key_sharers WHERE article_id = :gone",
        "UPDATE submission_items SET article_id = :kept WHERE article_id = :gone",
        """
        UPDATE corrections SET article_id = :kept
        WHERE article_id = :gone AND NOT EXISTS (SELECT FROM corrections WHERE article_id = :kept)
        """,
        """
        INSERT INTO partings (article_id, other_id, at)
        SELECT least(other, :kept), greatest(other, :kept), at FROM (
            SELECT CASE WHEN article_id = :gone THEN other_id ELSE article_id END AS other, at
            FROM partings WHERE :gone IN (article_id, other_id)
        ) parted WHERE other <> :kept ON CONFLICT DO NOTHING
        """,
        "UPDATE merged_articles SET into_id = :kept WHERE into_id = :gone",
        "INSERT INTO merged_articles (article_id, into_id) VALUES (:gone, :kept)",
        "DELETE FROM articles WHERE id = :gone",
    )
)
"""What was known of the one that goes becomes known of the one that stays; the rest goes with it."""


async def merge(connection: AsyncConnection, met: Met, pair: tuple[UUID, UUID], kept_revisions: int) -> None:
    """Merge two articles that the caller holds, and let `met` know of it; two that somebody told apart stay two."""
    if await connection.scalar(PARTED, {"one": min(pair), "other": max(pair)}):
        met.parted.add(frozenset(pair))
        return
    kept, gone = sorted(pair, key=lambda one: (met.known[one].received_at, one))
    await topic_counts.hold_aliases(connection)
    stays, goes = met.known[kept], met.known.pop(gone)
    arrival = await as_arrival(connection, gone)
    if goes.field_hash != stays.field_hash and supersedes(arrival.article, goes.current_since, stays):
        new = Revision(stays.revision + 1, arrival, stays.received_at)
        await take_over(connection, kept, new, kept_revisions)
        met.known[kept] = replace(goes, revision=new.number, received_at=stays.received_at)
    elif goes.field_hash == stays.field_hash and goes.source == stays.source:
        met.known[kept] = replace(stays, current_since=max(stays.current_since, goes.current_since))
    await topic_counts.count(connection, [gone], -1)
    await author_counts.count(connection, [gone], -1)
    for statement in MOVE:
        await connection.execute(statement, {"kept": kept, "gone": gone})
    await note(connection, [Change("merged", gone, other_id=kept)])
    met.merged[gone] = kept
    for route, word in [(route, word) for (owner, route), word in met.routes.items() if owner == gone]:
        met.routes[kept, route] = max(word, met.routes.get((kept, route), word), key=lambda one: one.at)
    if gone in met.corrections:
        met.corrections.setdefault(kept, met.corrections.pop(gone))


async def as_arrival(connection: AsyncConnection, article_id: UUID) -> Arrival:
    """Give the arrival that an article shows."""
    row: dict[str, Any] = dict((await connection.execute(STORED.where(articles.c.id == article_id))).mappings().one())
    article = article_of(row, await stored_topics(connection, article_id))
    return Arrival(row["submission_id"], row["position"], row["current_since"], article)


async def take_over(connection: AsyncConnection, kept: UUID, new: Revision, kept_revisions: int) -> None:
    """Make what the one that goes says a revision of the one that stays."""
    await rows.revise_articles(connection, {kept: new})
    await history.drop_middle(connection, {kept: new}, kept_revisions)
    await rows.write_authors(connection, {kept: (new.arrival, new.received_at)})
    await rows.write_topics(connection, {kept: (new.arrival, new.received_at)})
    await note(connection, [Change("revised", kept, new.number)])
