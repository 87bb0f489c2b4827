"""Has go what is older than the settings keep it, in the background of a worker: one of them at a time, in small batches.

Each batch is a transaction of its own that says what went, to counts and change feed too, or leaves everything. Between
two of them it rests for as long as the last one took, and while live submissions wait: what arrives goes first.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import STORE_ERRORS, Database
from app.giving_way import give_way
from app.settings import Settings
from app.store import changes, graves, retention
from app.store.retention import BEGINNING, Ages, Place

log = structlog.get_logger()

EVERY_SECONDS: Final = 3600.0
"""From the beginning of one round to that of the next, whoever makes it; ages are days."""
LOOK_SECONDS: Final = 60.0
"""How often a worker looks whether the next round is due."""
SHORTEST_PAUSE: Final = 0.05
MOST_GRAVES: Final = 100
HORIZON: Final = text("SELECT horizon FROM change_feed")

Step = Callable[[AsyncConnection], Awaitable[bool]]
"""One batch of one kind, True where there may be more."""


def ages_of(settings: Settings) -> Ages:
    """Give for how long articles are kept, as the settings say."""
    by_source = {source: days or 0 for source, days in settings.keep_articles_days_by_source.items()}
    return Ages(settings.keep_articles_days, by_source)


@dataclass(slots=True)
class Retention:
    """Applies what the settings say of ages, again and again; what it remembers is how far a round has come."""

    database: Database
    settings: Settings
    gone: Counter[str] = field(default_factory=Counter)
    receipts_after: Place = BEGINNING
    silent: list[UUID] = field(default_factory=list)

    async def keep(self) -> None:
        """Go round after round; nothing that goes wrong here ends the worker."""
        while True:
            try:
                async with self.database.transaction() as connection:
                    due = await retention.begin_round(connection, EVERY_SECONDS)
                if due:
                    await self.go_round()
            except STORE_ERRORS as error:
                log.warning("retention_interrupted", error=str(error), kind=type(error).__name__)
            except Exception:
                log.exception("retention_failed")
            await asyncio.sleep(LOOK_SECONDS)

    @property
    def steps(self) -> tuple[Step, ...]:
        """What the settings ask for. Bytes and receipts go first, so that articles have less hanging on them."""
        wanted: tuple[tuple[Step, bool], ...] = (
            (self.drop_bodies, self.settings.keep_bodies_days > 0),
            (self.forget_receipts, self.settings.keep_receipts_days > 0),
            (self.delete_old, self.settings.keep_articles_days > 0 or any(ages_of(self.settings).by_source.values())),
            (self.compact, self.settings.keep_changes_days > 0),
        )
        return tuple(step for step, asked in wanted if asked)

    async def go_round(self) -> None:
        """Take batch after batch of every kind until none is left, or somebody else is at it."""
        self.gone.clear()
        self.receipts_after = BEGINNING
        for step in self.steps:
            while await self.take(step):
                pass
        if self.settings.keep_away_days:
            while await self.take(self.find_silent):
                await self.take(self.forget_graves)
        if self.gone:
            log.info("retention_applied", **self.gone)

    async def take(self, step: Step) -> bool:
        """Take one batch when nothing live waits, in a transaction of its own, and rest; again where it collided."""
        await give_way(self.database)
        began = time.monotonic()

        async def batch(connection: AsyncConnection) -> bool:
            return await retention.try_alone(connection) and await step(connection)

        more = await self.database.commit(batch)
        await asyncio.sleep(max(SHORTEST_PAUSE, time.monotonic() - began))
        return more

    async def drop_bodies(self, connection: AsyncConnection) -> bool:
        """Drop bytes."""
        dropped = await retention.drop_bodies(connection, self.settings.keep_bodies_days)
        self.gone["bodies"] += dropped
        return dropped > 0

    async def forget_receipts(self, connection: AsyncConnection) -> bool:
        """Forget receipts, and go on with those that came later."""
        days = self.settings.keep_receipts_days
        forgotten, following = await retention.forget_receipts(connection, days, self.receipts_after)
        self.gone["receipts"] += forgotten
        self.receipts_after = following or BEGINNING
        return following is not None

    async def delete_old(self, connection: AsyncConnection) -> bool:
        """Delete articles."""
        deleted = await retention.delete_old(connection, ages_of(self.settings))
        self.gone["articles"] += len(deleted)
        return bool(deleted)

    async def compact(self, connection: AsyncConnection) -> bool:
        """Drop the beginning of the change feed."""
        before = await connection.scalar(HORIZON)
        more = await changes.compact(connection, self.settings.keep_changes_days)
        self.gone["changes"] += await connection.scalar(HORIZON) - before
        return more

    async def find_silent(self, connection: AsyncConnection) -> bool:
        """Find tombstones to forget; apart from the forgetting, which those who store wait for."""
        self.silent, looked = await graves.silent(connection, self.settings.keep_away_days, MOST_GRAVES)
        return looked

    async def forget_graves(self, connection: AsyncConnection) -> bool:
        """Forget tombstones and keys."""
        self.gone["graves"] += await graves.forget(connection, self.silent, self.settings.keep_away_days)
        return False
