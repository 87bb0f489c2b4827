"""What keeps an article away that went by its age: its tombstone and keys, until it has not been sent for long.

A feed goes on listing what is old. Its items find the tombstone for as long as they come, and leave their outcomes;
from those it is read, when a tombstone is about to be forgotten, how long ago the article was last sent. So nothing is
written while items come, and what nobody sends any more takes no place for ever.
"""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import holders

KEYS_LOCK: Final = 0x64617465_0008
SHARE_KEYS = text("SELECT pg_advisory_xact_lock_shared(:lock)").bindparams(lock=KEYS_LOCK)
TAKE_KEYS = text("SELECT pg_advisory_xact_lock(:lock)").bindparams(lock=KEYS_LOCK)
IDS = bindparam("ids", type_=ARRAY(Uuid))
SILENT = text(
    """
    SELECT article_id FROM tombstones WHERE last_sent_at < now() - make_interval(days => :days)
    ORDER BY last_sent_at LIMIT :most
    """
)
RENEW = text(
    """
    UPDATE tombstones t SET last_sent_at = met.at
    FROM (SELECT i.article_id, max(s.received_at) AS at
          FROM submission_items i JOIN submissions s ON s.id = i.submission_id
          WHERE i.article_id = ANY(:ids) AND i.outcome = 'deleted' GROUP BY i.article_id) met
    WHERE t.article_id = met.article_id AND met.at > t.last_sent_at RETURNING t.article_id
    """
).bindparams(IDS)
RENEW_FROM = text(
    """
    UPDATE tombstones t SET last_sent_at = met.at
    FROM (SELECT i.article_id, max(s.received_at) AS at
          FROM submission_items i JOIN submissions s ON s.id = i.submission_id
          WHERE i.submission_id = ANY(:ids) AND i.outcome = 'deleted' GROUP BY i.article_id) met
    WHERE t.article_id = met.article_id AND met.at > t.last_sent_at
    """
).bindparams(IDS)
FORGET = text(
    """
    DELETE FROM tombstones WHERE article_id IN (
        SELECT article_id FROM tombstones
        WHERE article_id = ANY(:ids) AND last_sent_at < now() - make_interval(days => :days)
        ORDER BY article_id FOR UPDATE)
    RETURNING article_id
    """
).bindparams(IDS)


async def hold_keys(connection: AsyncConnection) -> None:
    """Keep keys and tombstones from being forgotten until the transaction ends; for whoever stores, before it reads them.

    Between the reading of a key and that of its owner's tombstone, both would be gone: the article would come without
    a key, and twice the next time.
    """
    await connection.execute(SHARE_KEYS)


async def silent(connection: AsyncConnection, days: int, most: int) -> tuple[list[UUID], bool]:
    """Give articles that went by their age and were not sent for so many days, and whether any had to be looked at.

    Those that turn out to have been sent since are noted as such, and stay away.
    """
    ids: list[UUID] = list(await connection.scalars(SILENT, {"days": days, "most": most}))
    sent = set(await connection.scalars(RENEW, {"ids": ids})) if ids else set()
    return [one for one in ids if one not in sent], bool(ids)


async def renew_from(connection: AsyncConnection, submissions: Collection[UUID]) -> None:
    """Note what submissions that are about to be forgotten tell of articles that are kept away."""
    await connection.execute(RENEW_FROM, {"ids": list(submissions)})


async def forget(connection: AsyncConnection, articles: Collection[UUID], days: int) -> int:
    """Forget the tombstones and keys of articles that were not sent for so many days; give how many.

    Waits for those who store, and they for it: a moment, as a batch is small.
    """
    await connection.execute(TAKE_KEYS)
    gone: list[UUID] = list(await connection.scalars(FORGET, {"ids": list(articles), "days": days}))
    await holders.give_up(connection, gone)
    return len(gone)
