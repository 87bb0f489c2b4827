"""Takes back what an agency cancels or withholds: the article goes, and stays away if it was canceled."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from app.pipeline.article import Retraction
from app.pipeline.changes import Key, named_keys
from app.store import holders
from app.store.deletion import delete_article
from app.store.plan import Recall

OWNER = text(
    """
    SELECT k.article_id, a.id IS NOT NULL AS alive FROM (
        SELECT article_id FROM article_keys WHERE scope = :scope AND key = :key
        UNION SELECT article_id FROM key_sharers WHERE scope = :scope AND key = :key
    ) k LEFT JOIN articles a ON a.id = k.article_id
    WHERE a.id IS NULL OR a.source IS NOT DISTINCT FROM CAST(:source AS text)
    """
)
CLAIM_KEY = text("INSERT INTO article_keys (scope, key, article_id) VALUES (:scope, :key, :id) ON CONFLICT DO NOTHING")
TAKE_KEY = text("UPDATE article_keys SET article_id = :id WHERE scope = :scope AND key = :key AND article_id <> :id")
"""For a source's own guid that leads to another's article, which had a copy under it."""
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
    found, several = await named(connection, wanted)
    if not found and not several:
        kept_out = await claim(connection, wanted)
        found, several = await named(connection, wanted, but=kept_out)  # whoever claimed it meanwhile is there by now
        if kept_out is not None and not found and not several:
            for key in guids(wanted):
                await connection.execute(TAKE_KEY, {"scope": key.scope, "key": key.value, "id": kept_out})
            return kept_out
    for article_id in found:
        gone = await delete_article(connection, article_id, "retracted")
        if gone == "deleted" and wanted.status == "withheld":
            await connection.execute(UNBURY, {"id": article_id})
            await holders.give_up(connection, [article_id])
    return found[0] if found else None


async def named(connection: AsyncConnection, wanted: Retraction, but: UUID | None = None) -> tuple[list[UUID], bool]:
    """Give the articles that a retraction names, living ones before those that are gone; and whether its guid names several."""
    found: list[UUID] = []
    several = False
    for key in named_keys(wanted):
        asked = {"scope": key.scope, "key": key.value, "source": wanted.source}
        rows = [row for row in await connection.execute(OWNER, asked) if row.article_id != but]
        held = [row.article_id for row in rows if row.alive] or [row.article_id for row in rows]
        several = several or (key.scope == "guid" and len(held) > 1)
        found += held if len(held) == 1 else [one for one in held if one in found]
    return list(dict.fromkeys(found)), several


def guids(wanted: Retraction) -> list[Key]:
    """Give the guid of a retraction as a key; a URL may be another source's."""
    return [key for key in named_keys(wanted) if key.scope == "guid"]


async def claim(connection: AsyncConnection, wanted: Retraction) -> UUID | None:
    """Claim the guid of an article that is canceled before it came, and bury it; None where there is none to keep out."""
    if wanted.status != "canceled" or not guids(wanted):
        return None
    kept_out = uuid7()
    await connection.execute(BURY, {"id": kept_out})
    for key in guids(wanted):
        await connection.execute(CLAIM_KEY, {"scope": key.scope, "key": key.value, "id": kept_out})
    return kept_out
