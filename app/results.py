"""Stores what came of a batch, in one transaction with the ends of its jobs."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import Database, refused
from app.extractor import Extractor
from app.pipeline.article import Article
from app.queue import claims
from app.queue.claims import Item
from app.queue.retry import RetryPolicy
from app.store import graves
from app.store.articles import save
from app.store.background import Lessons
from app.store.retraction import retract
from app.verdict import Verdict, not_stored

log = structlog.get_logger()


class Results:
    """Where a worker's batches end; `stored` is set after each, and what their articles teach is in `lessons`."""

    def __init__(self, database: Database, extractor: Extractor, policy: RetryPolicy, kept_revisions: int) -> None:
        self.database = database
        self.extractor = extractor
        self.policy = policy
        self.kept_revisions = kept_revisions
        self.stored = asyncio.Event()
        self.lessons = Lessons()

    async def store(self, token: UUID, verdicts: Sequence[Verdict]) -> None:
        """Store a batch; where that fails for a reason in the data, one by one, so that only the culprit is held back."""
        try:
            await self.store_together(token, verdicts)
        except DBAPIError as error:
            if not refused(error):
                raise
            log.warning("batch_not_stored", error=str(error.orig), submissions=len(verdicts))
            for verdict in verdicts:
                await self.store_alone(token, verdict)

    async def store_alone(self, token: UUID, verdict: Verdict) -> None:
        """Store one submission; where that fails, end its attempt as a failure."""
        try:
            await self.store_together(token, [verdict])
        except DBAPIError as error:
            if not refused(error):
                raise
            await self.store_together(token, [not_stored(verdict, str(error.orig), self.policy)])

    async def store_together(self, token: UUID, verdicts: Sequence[Verdict]) -> None:
        """Write the results and the ends of a batch in one transaction; again where it collided with another worker's."""

        async def written(connection: AsyncConnection) -> list[Article]:
            held = await claims.hold(connection, token, [verdict.ending.id for verdict in verdicts])
            kept = [verdict for verdict in verdicts if verdict.ending.id in held]
            arrivals = [arrival for verdict in kept for arrival in verdict.arrivals]
            await graves.hold_keys(connection)
            saved = await save(connection, arrivals, kept_revisions=self.kept_revisions)
            pairs = list(zip(arrivals, saved, strict=True))
            items = [item for verdict in kept for item in verdict.items]
            items += [
                Item(arrival.submission_id, arrival.position, one.outcome, one.article_id, None, arrival.span)
                for arrival, one in pairs
            ]
            recalls = [recall for verdict in kept for recall in verdict.recalls]
            items += [
                Item(recall.submission_id, recall.position, "retracted", article_id, None, recall.span)
                for recall, article_id in zip(recalls, await retract(connection, recalls), strict=True)
            ]
            await claims.finish(connection, token, [verdict.ending for verdict in kept], items)
            return [arrival.article for arrival, one in pairs if one.outcome == "stored"]

        new = await self.database.commit(written)
        self.stored.set()
        self.lessons.add(new, self.extractor.inference.background)
