"""Receipts: what became of a submission, read, listed, waited for and replayed."""

import asyncio
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import Database

ITEMS_SHOWN = 200
POLL_SECONDS = 1.0
"""How often a waiting request looks by itself, should a notification have been missed."""
ENDED = frozenset({"done", "quarantined"})

READ = text(
    """
    SELECT s.id, s.state, s.received_at, s.attempts, s.error,
           coalesce((SELECT jsonb_agg(jsonb_build_object('position', i.position, 'outcome', i.outcome,
                                                         'article_id', i.article_id, 'reason', i.reason)
                                      ORDER BY i.position)
                     FROM (SELECT * FROM submission_items WHERE submission_id = s.id AND position >= :after
                           ORDER BY position LIMIT :most) AS i), '[]') AS items
    FROM submissions s WHERE s.id = :id
    """
)


async def read(connection: AsyncConnection, receipt_id: UUID, *, after: int = 0) -> dict[str, Any] | None:
    """Give a receipt with its items from position `after` on, one more than are shown; None where there is no such."""
    row = (
        (await connection.execute(READ, {"id": receipt_id, "after": after, "most": ITEMS_SHOWN + 1})).mappings().first()
    )
    return dict(row) if row else None


def unread(receipt_id: UUID) -> dict[str, Any]:
    """Give the receipt of what was just committed, as far as it is known without the store."""
    received_at = datetime.fromtimestamp((receipt_id.int >> 80) / 1000, UTC)  # a UUIDv7 begins with its milliseconds
    return {
        "id": receipt_id, "state": "queued", "received_at": received_at, "attempts": 0, "error": None, "items": [],
    }  # fmt: skip


class Waiters:
    """Requests that wait for receipts to end; woken by the worker's notification, or by their own look every second."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.events: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)

    def finished(self, payload: str) -> None:
        """Wake who waits for the receipts that a notification names."""
        for receipt_id in payload.split():
            for event in self.events.get(UUID(receipt_id), ()):
                event.set()

    def look_again(self) -> None:
        """Wake everybody: some notifications may have been missed."""
        for events in self.events.values():
            for event in events:
                event.set()

    async def wait(self, receipt_id: UUID, seconds: float) -> dict[str, Any] | None:
        """Give the receipt once it has ended, or as it stands when the time is over."""
        event = asyncio.Event()
        self.events[receipt_id].add(event)
        deadline = asyncio.get_running_loop().time() + seconds
        try:
            while True:
                async with self.database.reading() as connection:
                    receipt = await read(connection, receipt_id)
                left = deadline - asyncio.get_running_loop().time()
                if receipt is None or receipt["state"] in ENDED or left <= 0:
                    return receipt
                await self.pause(event, min(left, POLL_SECONDS))
        finally:
            self.events[receipt_id].discard(event)
            if not self.events[receipt_id]:
                del self.events[receipt_id]

    async def pause(self, event: asyncio.Event, seconds: float) -> None:
        """Sleep until woken, but no longer than that."""
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return
        event.clear()


LIST = text(
    """
    SELECT s.id, s.state, s.received_at, s.attempts, s.source, s.content_type, s.body_bytes AS bytes, s.error
    FROM submissions s
    WHERE (CAST(:state AS text) IS NULL OR s.state = :state)
      AND (CAST(:source AS text) IS NULL OR s.source = :source)
      AND (CAST(:before AS timestamptz) IS NULL OR (s.received_at, s.id) < (:before, CAST(:before_id AS uuid)))
    ORDER BY s.received_at DESC, s.id DESC LIMIT :most
    """
)
COUNT = text(
    """
    SELECT count(*) FROM submissions
    WHERE (CAST(:state AS text) IS NULL OR state = :state) AND (CAST(:source AS text) IS NULL OR source = :source)
    """
)
QUARANTINE = text(
    """
    SELECT receipt_id, position, error, state, received_at, attempts, source FROM (
        SELECT s.id AS receipt_id, NULL AS position, -1 AS place, s.error, s.state, s.received_at, s.attempts, s.source
        FROM submissions s WHERE s.state = 'quarantined'
        UNION ALL
        SELECT s.id, i.position, i.position, i.reason, s.state, s.received_at, s.attempts, s.source
        FROM submission_items i JOIN submissions s ON s.id = i.submission_id WHERE i.outcome = 'failed'
    ) AS held
    WHERE CAST(:after AS uuid) IS NULL OR (receipt_id, place) > (:after, CAST(:after_place AS integer))
    ORDER BY receipt_id, place LIMIT :most
    """
)
COUNT_QUARANTINE = text(
    """
    SELECT (SELECT count(*) FROM submissions WHERE state = 'quarantined')
         + (SELECT count(*) FROM submission_items WHERE outcome = 'failed')
    """
)
