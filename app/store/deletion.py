"""Deletes an article for good: a tombstone stays, its bytes go once no live article shares them."""

from typing import Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import author_counts, source_counts, topic_counts
from app.store.changes import Change, note

LOCK_SUBMISSIONS = text(
    """
    SELECT s.id FROM submissions s
    WHERE s.id IN (SELECT submission_id FROM submission_items WHERE article_id = :id) ORDER BY s.id FOR UPDATE
    """
)
LOCK_ARTICLE = text("SELECT id FROM articles WHERE id = :id FOR UPDATE")
BURIED = text("SELECT article_id FROM tombstones WHERE article_id = :id")
BURY = text("INSERT INTO tombstones (article_id) VALUES (:id)")
DELETE = text("DELETE FROM articles WHERE id = :id")
DROP_BODIES = text(
    """
    UPDATE submissions s SET body = NULL
    WHERE s.id = ANY(:submissions) AND s.state IN ('done', 'quarantined')
      AND NOT EXISTS (SELECT FROM submission_items i JOIN articles a ON a.id = i.article_id
                      WHERE i.submission_id = s.id)
    """
)


async def delete_article(
    connection: AsyncConnection, article_id: UUID, kind: Literal["deleted", "retracted"] = "deleted"
) -> Literal["deleted", "gone", "unknown"]:
    """Delete an article inside the caller's transaction; `gone` where it was deleted before. `kind` is told in the feed.

    Locks submissions before the article, as a worker does, so that the two wait and never deadlock. A submission
    that sights the article after that finds the tombstone.
    """
    submissions: list[UUID] = list(await connection.scalars(LOCK_SUBMISSIONS, {"id": article_id}))
    if await connection.scalar(LOCK_ARTICLE, {"id": article_id}) is None:
        return "gone" if await connection.scalar(BURIED, {"id": article_id}) else "unknown"
    await connection.execute(BURY, {"id": article_id})
    await topic_counts.hold_aliases(connection)
    await topic_counts.count(connection, [article_id], -1)
    await author_counts.count(connection, [article_id], -1)
    await source_counts.forget_sightings(connection, [article_id])
    await connection.execute(DELETE, {"id": article_id})
    await connection.execute(DROP_BODIES, {"submissions": submissions})
    await note(connection, [Change(kind, article_id)])
    return "deleted"
