"""What is old enough to go, by each kind's own measure; every function takes one small batch in the caller's transaction.

Ages are counted by the database's clock. Nothing that is queued or being processed is touched: of submissions only
those that have ended are looked at, and those that somebody holds are passed over until the next time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Integer, Text, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import graves, source_counts
from app.store.deletion import delete_articles, lock_submissions

RETENTION_LOCK: Final = 0x64617465_0009
MOST_ARTICLES: Final = 200
MOST_ARRIVALS: Final = 10_000
"""Arrivals of the articles of a batch, as each has left an item that is looked at; one article always goes."""
MOST_BODIES: Final = 200
MOST_BYTES: Final = 50_000_000
"""Bytes of the bodies of a batch, whether they are dropped, or tell how many items a receipt may have."""
MOST_RECEIPTS: Final = 1_000
"""Receipts that are looked at in one transaction; most of them may still be needed."""

BEGIN_ROUND = text(
    """
    INSERT INTO retention_rounds AS last (id, begun_at) VALUES (1, now())
    ON CONFLICT (id) DO UPDATE SET begun_at = excluded.begun_at
    WHERE last.begun_at < now() - make_interval(secs => :seconds) RETURNING id
    """
)
TRY_ALONE = text("SELECT pg_try_advisory_xact_lock(:lock)").bindparams(lock=RETENTION_LOCK)
LIMITS: Final = """
    limits AS (
        SELECT s.source, now() - make_interval(days => coalesce(o.days, :days)) AS before
        FROM sources s LEFT JOIN unnest(:sources, :own) AS o (source, days) ON o.source = s.source
        WHERE coalesce(o.days, :days) > 0
    )
"""
"""Of each source, '' being none: what arrived before when is too old."""
RULES = (
    bindparam("days", type_=Integer),
    bindparam("sources", type_=ARRAY(Text)),
    bindparam("own", type_=ARRAY(Integer)),
)
DUE = text(
    f"""
    WITH {LIMITS}
    SELECT old.id, l.before, (SELECT sum(count) FROM sightings x WHERE x.article_id = old.id)::bigint AS arrivals
    FROM limits l CROSS JOIN LATERAL (
        SELECT a.id FROM articles a
        WHERE coalesce(a.source, '') = l.source COLLATE "default" AND a.current_since < l.before
        ORDER BY a.current_since LIMIT :most
    ) old LIMIT :most
    """  # noqa: S608 - of constants alone
).bindparams(*RULES)
STILL_DUE = text(
    """
    SELECT a.id FROM articles a JOIN unnest(:ids, :limits) AS due (id, before) ON due.id = a.id
    WHERE a.current_since < due.before ORDER BY a.id FOR UPDATE OF a
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)), bindparam("limits", type_=ARRAY(DateTime(timezone=True))))
DROP_BODIES = text(
    """
    WITH old AS MATERIALIZED (
        SELECT id, body_bytes, finished_at FROM submissions
        WHERE body IS NOT NULL AND finished_at IS NOT NULL AND finished_at < now() - make_interval(days => :days)
        ORDER BY finished_at, id LIMIT :most FOR UPDATE SKIP LOCKED
    ), fitting AS (
        SELECT id, sum(body_bytes) OVER (ORDER BY finished_at, id) - body_bytes AS bytes_before FROM old
    )
    UPDATE submissions SET body = NULL WHERE id IN (SELECT id FROM fitting WHERE bytes_before < :bytes) RETURNING id
    """
)
FREE: Final = """
    s.state IN ('done', 'quarantined') AND s.finished_at < now() - make_interval(days => :days)
    AND (s.body IS NULL OR s.state = 'done'
         AND NOT EXISTS (SELECT FROM submission_items i WHERE i.submission_id = s.id AND i.outcome = 'failed'))
    AND NOT EXISTS (SELECT FROM articles a WHERE a.submission_id = s.id)
    AND NOT EXISTS (SELECT FROM sightings x WHERE x.submission_id = s.id)
    AND NOT EXISTS (SELECT FROM idempotency_keys k WHERE k.submission_id = s.id)
"""
"""Nothing needs the submission any more: no article or sighting, no replay of what failed, no Idempotency-Key."""
LOOK_AT = text(
    """
    SELECT id, received_at FROM (
        SELECT id, received_at, sum(body_bytes) OVER (ORDER BY received_at, id) - body_bytes AS bytes_before FROM (
            SELECT id, received_at, body_bytes FROM submissions
            WHERE (received_at, id) > (coalesce(:after_at, '-infinity'::timestamptz), :after_id)
              AND received_at < now() - make_interval(days => :days)
            ORDER BY received_at, id LIMIT :most
        ) next
    ) fitting WHERE bytes_before < :bytes ORDER BY received_at, id
    """
).bindparams(bindparam("after_at", type_=DateTime(timezone=True)), bindparam("after_id", type_=Uuid))
LOCK_FREE = text(
    f"SELECT s.id FROM submissions s WHERE s.id = ANY(:ids) AND {FREE} ORDER BY s.id FOR UPDATE OF s SKIP LOCKED"  # noqa: S608 - of constants alone
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
FORGET_RECEIPTS = text("DELETE FROM submissions WHERE id = ANY(:ids)").bindparams(bindparam("ids", type_=ARRAY(Uuid)))

Place = tuple[datetime | None, UUID]
"""How far a walk over receipts has come, in the order of their arrival."""
BEGINNING: Final[Place] = (None, UUID(int=0))


@dataclass(frozen=True, slots=True)
class Ages:
    """For how many days articles are kept, and those of some sources ('' for none); 0 is for ever."""

    days: int = 0
    by_source: Mapping[str, int] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, object]:
        """What the statements ask for."""
        return {"days": self.days, "sources": list(self.by_source), "own": list(self.by_source.values())}


async def begin_round(connection: AsyncConnection, seconds: float) -> bool:
    """Begin a round unless somebody began one less than so many seconds ago."""
    return await connection.scalar(BEGIN_ROUND, {"seconds": seconds}) is not None


async def try_alone(connection: AsyncConnection) -> bool:
    """Say whether nobody else applies retention now; others wait for their turn until the transaction ends."""
    return bool(await connection.scalar(TRY_ALONE))


async def delete_old(connection: AsyncConnection, ages: Ages) -> list[UUID]:
    """Delete articles whose text arrived too long ago, up to 200; give them, none where nothing is due.

    The age is that of the current revision: what its publisher changed is new again, what is merely sent again is not.
    """
    due = (await connection.execute(DUE, {**ages.parameters, "most": MOST_ARTICLES})).all()
    limits = fitting([(row.id, row.before, row.arrivals or 0) for row in due])
    if not limits:
        return []
    await lock_submissions(connection, limits)
    still = await connection.scalars(STILL_DUE, {"ids": list(limits), "limits": list(limits.values())})
    return await delete_articles(connection, list(still), by_age=True)


def fitting(due: Sequence[tuple[UUID, datetime, int]]) -> dict[UUID, datetime]:
    """Cut a batch of articles (with what is too old for each, and their arrivals) where those arrivals grow too many."""
    kept: dict[UUID, datetime] = {}
    arrivals = 0
    for article_id, before, came in due:
        arrivals += came
        if kept and arrivals > MOST_ARRIVALS:
            break
        kept[article_id] = before
    return kept


async def drop_bodies(connection: AsyncConnection, days: int) -> int:
    """Drop the bytes of submissions that ended so many days ago, up to 200 or 50 MB; give how many."""
    found = await connection.scalars(DROP_BODIES, {"days": days, "most": MOST_BODIES, "bytes": MOST_BYTES})
    return len(found.all())


async def forget_receipts(connection: AsyncConnection, days: int, after: Place) -> tuple[int, Place | None]:
    """Forget, of the next receipts of a walk (1,000 at most), those that came and ended so many days ago and nothing needs.

    Gives how many went, and where the walk goes on; None at its end.
    """
    asked = {"after_at": after[0], "after_id": after[1], "days": days, "most": MOST_RECEIPTS, "bytes": MOST_BYTES}
    rows = (await connection.execute(LOOK_AT, asked)).all()
    ids = list(await connection.scalars(LOCK_FREE, {"ids": [row.id for row in rows], "days": days}))
    if ids:
        await graves.renew_from(connection, ids)
        await source_counts.forget_items(connection, ids)
        await connection.execute(FORGET_RECEIPTS, {"ids": ids})
    return len(ids), (rows[-1].received_at, rows[-1].id) if rows else None
