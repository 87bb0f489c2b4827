"""Signs of life: what a worker leaves in the store, and what `/readyz` makes of the store's state."""

import asyncio
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
READY_SECONDS = 2.0
"""Within so long the store answers, or it is not ready: whoever asks does so every few seconds."""
LOOKING: "set[asyncio.Task[Readiness]]" = set()
"""Looks at a store that did not answer in time: they end by themselves, and are kept until then."""
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
READ_ONLY = text("SELECT current_setting('transaction_read_only')::boolean")
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


async def readiness(database: Database, trouble: str | None = None) -> Readiness:
    """Ask the store whether it is there, at this program's schema and takes writes, within two seconds.

    `trouble` is what keeps submissions from being stored, where something does.
    """
    looking = asyncio.create_task(look(database, trouble))
    LOOKING.add(looking)
    looking.add_done_callback(LOOKING.discard)
    done, _ = await asyncio.wait({looking}, timeout=READY_SECONDS)
    if done:
        return looking.result()
    looking.cancel()  # and is not waited for: to take leave of a store that hangs takes seconds as well
    return not_ready(f"The store does not answer within {READY_SECONDS:g} seconds.")


def not_ready(problem: str) -> Readiness:
    """Give the answer that names one problem, where nothing else is known."""
    return Readiness(ready=False, problems=(problem,), queued=None, workers=())


async def look(database: Database, trouble: str | None) -> Readiness:
    """Ask the store, however long it takes."""
    try:
        async with database.reading() as connection:
            if not migrate.fits(found := await migrate.current(connection)):
                return not_ready(
                    f"The schema is at {found}, this program needs {migrate.newest()}: run `dateline migrate`."
                )
            problems = [f"Submissions cannot be stored: {trouble}"] if trouble else []
            if await connection.scalar(READ_ONLY):
                problems.append(
                    "The store is read-only: a standby, or closed to writes by default_transaction_read_only."
                )
            queued, backfill = await queue_depth(connection)
            workers = tuple(dict(row) for row in (await connection.execute(WORKERS)).mappings())
            behind = Behind(*(await connection.execute(BEHIND, {"most": DEPTH_SEEN})).one())
            return Readiness(not problems, tuple(problems), queued, workers, behind, backfill)
    except STORE_ERRORS as error:
        return not_ready(f"The store does not answer: {type(error).__name__}: {error}")
