"""Signs of life: what a worker leaves in the store, and what `/readyz` makes of the store's state."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

import app
from app import migrate
from app.db import STORE_ERRORS, Database
from app.settings import worker_name

DEPTH_SEEN = 1_000_000
"""Queued submissions are counted up to here; beyond it the number says "at least"."""
BEAT = text(
    """
    INSERT INTO workers (id, name, version) VALUES (:id, :name, :version)
    ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp()
    """
)
FORGET = text("DELETE FROM workers WHERE seen_at < clock_timestamp() - interval '1 hour'")
LEAVE = text("DELETE FROM workers WHERE id = :id")
DEPTH = text(
    "SELECT count(*) AS all, count(*) FILTER (WHERE lane = 'backfill') AS backfill "
    "FROM (SELECT lane FROM submissions WHERE state = 'queued' LIMIT :most) AS queued"
)
BEHIND = text(
    """
    SELECT (SELECT count(*) FROM (SELECT FROM change_outbox LIMIT :most) AS waiting) AS unnumbered,
           last_seq - linked_seq AS unlinked,
           (SELECT count(*) FROM reprocessings WHERE state = 'running') AS reprocessings
    FROM change_feed
    """
)
WORKERS = text(
    """
    SELECT name, version, extract(epoch FROM clock_timestamp() - seen_at)::float AS silent_seconds
    FROM workers WHERE seen_at > clock_timestamp() - interval '5 minutes' ORDER BY name
    """
)


@dataclass(frozen=True, slots=True)
class Behind:
    """What workers have still to do beside the queue: changes without a number, changes not linked yet, runs that are on."""

    unnumbered: int
    unlinked: int
    reprocessings: int


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether requests can be served, why not, and how the queue and the workers are (which does not decide it)."""

    ready: bool
    problems: tuple[str, ...]
    queued: int | None
    workers: tuple[dict[str, Any], ...]
    behind: Behind | None = None
    backfill: int | None = None


async def beat(connection: AsyncConnection, worker_id: UUID) -> None:
    """Leave a worker's sign of life, and forget the ones that have been silent for an hour."""
    await connection.execute(BEAT, {"id": worker_id, "name": worker_name(), "version": app.__version__})
    await connection.execute(FORGET)


async def leave(connection: AsyncConnection, worker_id: UUID) -> None:
    """Take a worker that ends off the list."""
    await connection.execute(LEAVE, {"id": worker_id})


async def queue_depth(connection: AsyncConnection, most: int = DEPTH_SEEN) -> tuple[int, int]:
    """Count the queued submissions, and those of the backfill among them, up to a number."""
    row = (await connection.execute(DEPTH, {"most": most})).one()
    return row.all, row.backfill


async def readiness(database: Database) -> Readiness:
    """Ask the store whether it is there and at this program's schema."""
    try:
        async with database.reading() as connection:
            if not migrate.fits(found := await migrate.current(connection)):
                problem = f"The schema is at {found}, this program needs {migrate.newest()}: run `dateline migrate`."
                return Readiness(ready=False, problems=(problem,), queued=None, workers=())
            queued, backfill = await queue_depth(connection)
            workers = tuple(dict(row) for row in (await connection.execute(WORKERS)).mappings())
            behind = Behind(*(await connection.execute(BEHIND, {"most": DEPTH_SEEN})).one())
            return Readiness(ready=True, problems=(), queued=queued, workers=workers, behind=behind, backfill=backfill)
    except STORE_ERRORS as error:
        problem = f"The store does not answer: {type(error).__name__}: {error}"
        return Readiness(ready=False, problems=(problem,), queued=None, workers=())
