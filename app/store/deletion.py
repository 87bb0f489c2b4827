"""Deletes articles for good: tombstones stay, bytes go once no live article shares them.

A batch takes the same number of statements as one article, and the same locks in the same order: submissions, then
articles, each sorted by id, as a worker does; so they wait for each other and do not deadlock.
"""

from collections.abc import Collection
from typing import Literal
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import author_counts, holders, source_counts, topic_counts
from app.store.changes import Change, note
from app.store.remains import as_remains

IDS = bindparam("ids", type_=ARRAY(Uuid))
LOCK_SUBMISSIONS = text(
    """
    SELECT s.id FROM submissions s
    WHERE s.id IN (SELECT submission_id FROM submission_items WHERE article_id = ANY(:ids)) AND s.body IS NOT NULL
    ORDER BY s.id FOR UPDATE
    """
).bindparams(IDS)
"""Those whose bytes may have to go; of what is sent again and again there may be very many that have none any more."""
BURIED = text("SELECT article_id FROM tombstones WHERE article_id = ANY(:ids)").bindparams(IDS)
BURY = text(
    """
    INSERT INTO tombstones (article_id, last_sent_at, remains)
    SELECT id, CASE WHEN :by_age THEN now() END, remains FROM unnest(:ids, :remains) AS gone (id, remains)
    """
).bindparams(IDS, bindparam("by_age", type_=Boolean), bindparam("remains", type_=ARRAY(JSONB)))
SEAL = text(
    "UPDATE tombstones SET last_sent_at = NULL WHERE article_id = ANY(:ids) AND last_sent_at IS NOT NULL"
).bindparams(IDS)
DELETE = text("DELETE FROM articles WHERE id = ANY(:ids)").bindparams(IDS)
DROP_BODIES = text(
    """
    UPDATE submissions s SET body = NULL
    WHERE s.id = ANY(:submissions) AND s.state IN ('done', 'quarantined')
      AND NOT EXISTS (SELECT FROM submission_items i JOIN articles a ON a.id = i.article_id
                      WHERE i.submission_id = s.id)
    """
).bindparams(bindparam("submissions", type_=ARRAY(Uuid)))

Kind = Literal["deleted", "retracted"]


async def delete_article(
    connection: AsyncConnection, article_id: UUID, kind: Kind = "deleted"
) -> Literal["deleted", "gone", "unknown"]:
    """Delete an article inside the caller's transaction; `gone` where it was deleted before. `kind` is told in the feed.

    One that went by its age before is gone for good from now on. A submission that sights the article after that finds
    the tombstone.
    """
    if await delete_articles(connection, [article_id], kind):
        return "deleted"
    if await connection.scalar(BURIED, {"ids": [article_id]}) is None:
        return "unknown"
    await connection.execute(SEAL, {"ids": [article_id]})
    return "gone"


async def lock_submissions(connection: AsyncConnection, articles: Collection[UUID]) -> list[UUID]:
    """Lock the submissions that articles came in and whose bytes are kept; before the articles are locked."""
    return list(await connection.scalars(LOCK_SUBMISSIONS, {"ids": list(articles)}))


async def delete_articles(
    connection: AsyncConnection, articles: Collection[UUID], kind: Kind = "deleted", *, by_age: bool = False
) -> list[UUID]:
    """Delete those of these articles that are there, inside the caller's transaction, and give them.

    What goes by its age leaves a tombstone that is forgotten once the article has not been sent for long.
    """
    submissions = await lock_submissions(connection, articles)
    held = await holders.hold(connection, articles, for_good=True)
    ids = list(held)
    if not ids:
        return []
    remains = [as_remains(known.profile) for known in held.values()]
    await connection.execute(BURY, {"ids": ids, "by_age": by_age, "remains": remains})
    await topic_counts.hold_aliases(connection)
    await topic_counts.count(connection, ids, -1)
    await author_counts.count(connection, ids, -1)
    await source_counts.forget_sightings(connection, ids)
    await connection.execute(DELETE, {"ids": ids})
    await connection.execute(DROP_BODIES, {"submissions": submissions})
    await note(connection, [Change(kind, article_id) for article_id in ids])
    return ids
