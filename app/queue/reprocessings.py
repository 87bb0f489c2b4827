"""The moves of a reprocessing: started by a command, taken under a lease by one worker after the other, ended.

    running ──advance──▶ running ──finish──▶ done
       └──────────────cancel───────────────▶ cancelled

Times are the database's clock alone. A walk is advanced in the transaction of what it wrote, by the holder of its lease
alone; a lease that was lost has its next holder go on carefully, one article at a time, so that one that kills its
worker is found and passed over.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from app.store import tally
from app.store.background import NEWEST_NUMBER
from app.store.candidates import Filters, extent
from app.store.tables import reprocessings
from app.store.tally import Tally

CAREFUL: Final = 16
"""Articles that go one at a time after a lease was lost: as many as a slice may hold."""
STRIKES: Final = 3
"""Leases lost at one article after which it is passed over."""
COLUMNS: Final = """id, created_at, finished_at, state, dry_run, filters, pipeline_version, background, rate, most_examples, articles,
    after_id, until_id, tally, careful, strikes, coalesce(lease_until > clock_timestamp(), false) AS held"""
LAST = text(f"SELECT {COLUMNS} FROM reprocessings ORDER BY state = 'running' DESC, created_at DESC, id DESC LIMIT 1")  # noqa: S608 - of constants alone
ONE = text(f"SELECT {COLUMNS} FROM reprocessings WHERE id = :id")  # noqa: S608 - of constants alone
CLAIM = text(
    f"""
    UPDATE reprocessings SET
        lease_token = :token, lease_until = clock_timestamp() + :lease,
        careful = CASE WHEN lease_token IS NULL THEN careful ELSE {CAREFUL} END,
        strikes = CASE WHEN lease_token IS NULL THEN strikes ELSE strikes + 1 END
    WHERE state = 'running' AND pipeline_version = :version
      AND (lease_token IS NULL OR lease_until < clock_timestamp())
    RETURNING {COLUMNS}
    """  # noqa: S608 - of constants alone
)
EXTEND = text("UPDATE reprocessings SET lease_until = clock_timestamp() + :lease WHERE lease_token = :token")
HOLD = text(f"SELECT {COLUMNS} FROM reprocessings WHERE lease_token = :token FOR UPDATE")  # noqa: S608 - of constants alone
ADVANCE = text(
    f"""
    UPDATE reprocessings SET after_id = :after, tally = :tally, strikes = 0, careful = greatest(careful - 1, 0)
    WHERE lease_token = :token RETURNING {COLUMNS}
    """  # noqa: S608 - of constants alone
).bindparams(bindparam("tally", type_=JSONB))
RELEASE = text("UPDATE reprocessings SET lease_token = NULL, lease_until = NULL WHERE lease_token = :token")
FINISH = text(
    """
    UPDATE reprocessings SET state = 'done', finished_at = clock_timestamp(), lease_token = NULL, lease_until = NULL
    WHERE lease_token = :token
    """
)
CANCEL = text(
    f"""
    UPDATE reprocessings SET state = 'cancelled', finished_at = clock_timestamp(), lease_token = NULL, lease_until = NULL
    WHERE state = 'running' RETURNING {COLUMNS}
    """  # noqa: S608 - of constants alone
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks of a reprocessing; `rate` is articles a second, None as fast as it goes.

    `background` is the snapshot of words that topics are inferred by, None for the newest when the run begins.
    """

    filters: Filters
    pipeline_version: str
    dry_run: bool
    rate: float | None
    most_examples: int
    background: int | None = None


@dataclass(frozen=True, slots=True)
class Reprocessing:
    """A run as it stands; `articles` were to be walked when it began, `held` says that a worker has it now."""

    id: UUID
    created_at: datetime
    finished_at: datetime | None
    state: str
    wish: Wish
    articles: int
    after_id: UUID | None
    until_id: UUID | None
    tally: Tally
    careful: int
    strikes: int
    held: bool


def of_row(row: Any) -> Reprocessing:
    """Give a run as a statement above returns it."""
    return Reprocessing(
        id=row.id,
        created_at=row.created_at,
        finished_at=row.finished_at,
        state=row.state,
        wish=Wish(
            Filters.of_json(row.filters), row.pipeline_version, row.dry_run, row.rate, row.most_examples, row.background
        ),
        articles=row.articles,
        after_id=row.after_id,
        until_id=row.until_id,
        tally=tally.of_json(row.tally),
        careful=row.careful,
        strikes=row.strikes,
        held=row.held,
    )


async def one(connection: AsyncConnection, statement: Any, **given: Any) -> Reprocessing | None:
    """Give the run that a statement returns, if it does."""
    row = (await connection.execute(statement, given)).first()
    return None if row is None else of_row(row)


async def start(connection: AsyncConnection, wish: Wish) -> UUID | None:
    """Make a run over what its filters leave now; None where one runs already."""
    articles, until = await extent(connection, wish.filters)
    row = {
        "id": uuid7(),
        "dry_run": wish.dry_run,
        "filters": wish.filters.as_json(),
        "pipeline_version": wish.pipeline_version,
        "background": await connection.scalar(NEWEST_NUMBER) if wish.background is None else wish.background,
        "rate": wish.rate,
        "most_examples": wish.most_examples,
        "articles": articles,
        "until_id": until,
    }
    made = await connection.scalars(upsert(reprocessings).on_conflict_do_nothing().returning(reprocessings.c.id), [row])
    return made.first()


async def last(connection: AsyncConnection) -> Reprocessing | None:
    """Give the run that runs, else the one that was started last."""
    return await one(connection, LAST)


async def read(connection: AsyncConnection, run_id: UUID) -> Reprocessing | None:
    """Give a run."""
    return await one(connection, ONE, id=run_id)


async def cancel(connection: AsyncConnection) -> Reprocessing | None:
    """End what runs before its time; what it has done stays done. None where nothing runs."""
    return await one(connection, CANCEL)


async def claim(connection: AsyncConnection, token: UUID, version: str, lease: timedelta) -> Reprocessing | None:
    """Take the run that nobody holds, if it is for this version of the pipeline."""
    return await one(connection, CLAIM, token=token, version=version, lease=lease)


async def extend(connection: AsyncConnection, token: UUID, lease: timedelta) -> None:
    """Give a sign of life: the lease runs from now."""
    await connection.execute(EXTEND, {"token": token, "lease": lease})


async def hold(connection: AsyncConnection, token: UUID) -> Reprocessing | None:
    """Lock the run that the token still holds, until the transaction ends; None where it was lost or cancelled."""
    return await one(connection, HOLD, token=token)


async def advance(connection: AsyncConnection, token: UUID, after: UUID, so_far: Tally) -> Reprocessing | None:
    """Say how far the walk has come, in the transaction of what it wrote; give the run as it stands then."""
    return await one(connection, ADVANCE, token=token, after=after, tally=tally.as_json(so_far))


async def release(connection: AsyncConnection, token: UUID) -> None:
    """Let another worker go on at once."""
    await connection.execute(RELEASE, {"token": token})


async def finish(connection: AsyncConnection, token: UUID) -> None:
    """End the run."""
    await connection.execute(FINISH, {"token": token})
