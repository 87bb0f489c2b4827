"""Takes back what an agency cancels or withholds: the article goes, and stays away if it was canceled."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from app.pipeline.changes import named_keys
from app.store.deletion import delete_article
from app.store.plan import Recall

OWNER = text(
    """
    SELECT k.article_id FROM article_keys k LEFT JOIN articles a ON a.id = k.article_id
    WHERE k.scope = :scope AND k.key = :key
      AND (a.id IS NULL OR a.source IS NOT DISTINCT FROM CAST(:source AS text))
    """
)
KEEP_KEY = text("INSERT INTO article_keys (scope, key, article_id) VALUES (:scope, :key, :id) ON CONFLICT DO NOTHING")
BURY = text("INSERT INTO tombstones (article_id) VALUES (:id) ON CONFLICT DO NOTHING")
UNBURY = text("DELETE FROM tombstones WHERE article_id = :id")
FORGET_KEYS = text("DELETE FROM article_keys WHERE article_id = :id")


async def retract(connection: AsyncConnection, recalls: Sequence[Recall]) -> list[UUID | None]:
    """Carry retractions out in the caller's transaction; give the article of each, None where nothing was there to go.

    Only the source that published an article retracts it. A cancel that comes before its article keeps it out; what
    is withheld comes back when it is sent as usable.
    """
    return [await retract_one(connection, recall) for recall in recalls]


async def retract_one(connection: AsyncConnection, recall: Recall) -> UUID | None:
    """Carry one retraction out."""
    wanted = recall.retraction
    keys = named_keys(wanted)
    found: list[UUID] = []
    for key in keys:
        asked = {"scope": key.scope, "key": key.value, "source": wanted.source}
        found += await connection.scalars(OWNER, asked)
    for article_id in dict.fromkeys(found):
        await delete_article(connection, article_id)
        if wanted.status == "withheld":
            await connection.execute(UNBURY, {"id": article_id})
            await connection.execute(FORGET_KEYS, {"id": article_id})
        else:
            await connection.execute(BURY, {"id": article_id})
    if not found and wanted.status == "canceled" and keys:
        kept_out = uuid7()
        for key in keys:
            await connection.execute(KEEP_KEY, {"scope": key.scope, "key": key.value, "id": kept_out})
        await connection.execute(BURY, {"id": kept_out})
        return kept_out
    return found[0] if found else None
