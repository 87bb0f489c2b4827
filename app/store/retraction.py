"""Takes back what an agency cancels or withholds: the article goes, and stays away if it was canceled."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from app.pipeline.changes import named_keys
from app.store import holders
from app.store.deletion import delete_article
from app.store.plan import Recall

OWNER = text(
    """
    SELECT k.article_id FROM (
        SELECT article_id FROM article_keys WHERE scope = :scope AND key = :key
        UNION SELECT article_id FROM key_sharers WHERE scope = :scope AND key = :key
    ) k LEFT JOIN articles a ON a.id = k.article_id
    WHERE a.id IS NULL OR a.source IS NOT DISTINCT FROM CAST(:source AS text)
    """
)
KEEP_KEY = text(
    """
    INSERT INTO article_keys (scope, key, article_id) VALUES (:scope, :key, :id)
    ON CONFLICT (scope, key) DO UPDATE SET article_id = excluded.article_id
    """
)
"""Who holds a source's guid without being its article is another's, which had a copy under it."""
BURY = text("INSERT INTO tombstones (article_id) VALUES (:id) ON CONFLICT DO NOTHING")
UNBURY = text("DELETE FROM tombstones WHERE article_id = :id")


async def retract(connection: AsyncConnection, recalls: Sequence[Recall]) -> list[UUID | None]:
    """Carry retractions out in the caller's transaction; give the article of each, None where nothing was there to go.

    Only the source that published an article retracts it. A cancel that comes before its article keeps it out; what
    is withheld comes back when it is sent as usable, but never what was deleted or canceled before.
    """
    return [await retract_one(connection, recall) for recall in recalls]


async def retract_one(connection: AsyncConnection, recall: Recall) -> UUID | None:
    """Carry one retraction out; a key that several articles share names none of them, but for one that another key names."""
    wanted = recall.retraction
    found: list[UUID] = []
    for key in named_keys(wanted):
        asked = {"scope": key.scope, "key": key.value, "source": wanted.source}
        held = list(await connection.scalars(OWNER, asked))
        found += held if len(held) == 1 else [one for one in held if one in found]
    for article_id in dict.fromkeys(found):
        gone = await delete_article(connection, article_id, "retracted")
        if gone == "deleted" and wanted.status == "withheld":
            await connection.execute(UNBURY, {"id": article_id})
            await holders.give_up(connection, [article_id])
    return found[0] if found else await keep_out(connection, recall)


async def keep_out(connection: AsyncConnection, recall: Recall) -> UUID | None:
    """Bury an article that is canceled before it came, under its source's own id; a URL may be another source's."""
    named = [key for key in named_keys(recall.retraction) if key.scope == "guid"]
    if recall.retraction.status != "canceled" or not named:
        return None
    kept_out = uuid7()
    for key in named:
        await connection.execute(KEEP_KEY, {"scope": key.scope, "key": key.value, "id": kept_out})
    await connection.execute(BURY, {"id": kept_out})
    return kept_out
