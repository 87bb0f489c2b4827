"""Keeps the history of a page that never stops changing short: its first revision and its newest stay, the middle goes."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.plan import Revision

DROP_MIDDLE = text(
    """
    DELETE FROM article_revisions r USING unnest(:ids, :lasts) AS crowded (article_id, last)
    WHERE r.article_id = crowded.article_id AND r.revision > 1 AND r.revision <= crowded.last
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)), bindparam("lasts", type_=ARRAY(Integer)))


async def drop_middle(connection: AsyncConnection, revisions: Mapping[UUID, Revision], kept: int) -> None:
    """Drop what revisions that were just written leave over: of each article `kept` stay, the current one among them.

    Their numbers are not given again. Asks nothing of the store where no article has so many.
    """
    crowded = {article_id: new.number - kept + 1 for article_id, new in revisions.items() if new.number > kept}
    if crowded:
        await connection.execute(DROP_MIDDLE, {"ids": list(crowded), "lasts": list(crowded.values())})
