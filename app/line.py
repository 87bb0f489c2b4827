"""The worker's lines: each claims batch after batch, has it extracted, and extracts the next one while it stores that.

One line is for everybody; what has broken extraction, and senders whose items do, are on a line of their own, where
nobody else waits for them.
"""

import asyncio
import contextlib
import itertools
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from app.beside import beside, happened, unless
from app.db import STORE_ERRORS, closed
from app.extraction import Broken, Done, Job, Part
from app.extractor import Extractor
from app.formats.read import hints_of
from app.outage import FIRST_PAUSE, Outage
from app.queue import claims, turns
from app.queue.claims import Claimed, Limits
from app.results import Results
from app.settings import Settings
from app.suspects import SECONDS, Suspects
from app.verdict import Processed, judge
from app.walled import NotStarted

log = structlog.get_logger()

STORE_TRIES: Final = 5
"""How often in a row the results of a batch may lose the store halfway before they count as the reason for it."""
NOT_STARTED_SECONDS: Final = 10.0
"""After which processes that could not be started are tried again."""
APART_SHARE: Final = 4.0
"""Of the time that a batch may take, what one gets where nobody else waits: larger slices, as each reads its document anew."""


class Line:
    """Works off what everybody has queued, but for what is apart, until it is told to stop; then it ends what it has in hand."""

    shares: Mapping[turns.Lane, float] = turns.SHARES

    def __init__(
        self, settings: Settings, extractor: Extractor, results: Results, suspects: Suspects, stopping: asyncio.Event
    ) -> None:
        self.database = results.database
        self.settings = settings
        self.extractor = extractor
        self.results = results
        self.suspects = suspects
        self.stopping = stopping
        self.limits = Limits(settings.claim_batch, settings.claim_bytes, timedelta(seconds=settings.lease_seconds))
        self.claims = itertools.count(1)
        self.woken = asyncio.Event()
        self.broken = self.woken
        self.storing: asyncio.Task[None] | None = None

    async def run(self, group: asyncio.TaskGroup) -> None:
        """Work until stopped; the store's absence is waited out."""
        outage = Outage("store_unavailable")
        while not self.stopping.is_set():
            try:
                worked = await self.work_once(group)
            except STORE_ERRORS as error:
                pause = outage.failed(error)
                await happened(self.stopping, FIRST_PAUSE)  # whatever is announced meanwhile
                await self.rest(pause - FIRST_PAUSE)
            else:
                outage.over()
                if not worked:
                    await self.rest(self.settings.poll_seconds)
        await self.stored_before()

    async def rest(self, seconds: float) -> None:
        """Wait until something is announced, but no longer than that."""
        await happened(self.woken, seconds)
        if not self.stopping.is_set():
            self.woken.clear()

    async def claim(self, connection: AsyncConnection, token: UUID, turn: turns.Turn) -> list[Claimed]:
        """Claim a batch of this line's."""
        return await claims.claim(connection, token, self.limits, turn, apart=self.suspects.parties())

    async def extract(self, batch: Sequence[Claimed]) -> list[Part]:
        """Extract a batch, or what there is time for."""
        seconds = self.settings.batch_seconds * self.shares[batch[0].lane]
        if len(batch[0].body) > self.limits.bytes:
            seconds *= turns.SHARE_OF_LARGE
        return await self.extractor.extract_for(seconds, [job(submission) for submission in batch])

    async def work_once(self, group: asyncio.TaskGroup) -> bool:
        """Claim one batch, extract it, and leave it to be stored; False where nothing was due."""
        token = uuid4()
        async with self.database.transaction() as connection:
            batch = await self.claim(connection, token, turns.turn(next(self.claims)))
        if not batch:
            return False
        async with contextlib.AsyncExitStack() as held:
            await held.enter_async_context(beside(self.keep_lease(token, [submission.id for submission in batch])))
            parts = await self.extract(batch)
            processed = [
                Processed(one, part.found, part.left, part.broke) for one, part in zip(batch, parts, strict=True)
            ]
            self.set_apart(processed)
            await self.stored_before()
            self.storing = group.create_task(self.put_away(token, processed, held.pop_all()))
        return True

    def set_apart(self, processed: Sequence[Processed]) -> None:
        """Remember whose submissions broke their processes."""
        for one in processed:
            error = breach_of(one)
            if error is not None and self.suspects.accuse(one.submission.party):
                log.warning("sender_set_apart", submission_id=str(one.submission.id), error=error, seconds=SECONDS)

    async def stored_before(self) -> None:
        """Wait until no batch is being stored."""
        if self.storing is not None:
            await self.storing

    async def put_away(self, token: UUID, processed: Sequence[Processed], held: contextlib.AsyncExitStack) -> None:
        """Store a batch under its lease, which `held` keeps; a store that takes nothing is waited out for as long as that lasts.

        A batch that loses the store halfway again and again may be the reason; it is given up then, as when this worker is
        told to stop, and comes back by itself, as from a worker that died.
        """
        outage, tries = Outage("results_wait_for_the_store"), 0
        async with held:
            verdicts = [judge(one, self.results.policy, one.submission.claimed_at) for one in processed]
            while True:
                try:
                    await self.results.store(token, verdicts)
                except STORE_ERRORS as error:
                    tries += not closed(error)
                    pause = outage.failed(error)
                    if tries >= STORE_TRIES or self.stopping.is_set():
                        log.warning("batch_left_to_its_lease", submissions=len(verdicts), tries=tries)
                        return
                    await happened(self.stopping, pause)
                else:
                    outage.over()
                    if any(verdict.ending.alone for verdict in verdicts):
                        self.broken.set()
                    if any(verdict.ending.state == "queued" and not verdict.ending.pause for verdict in verdicts):
                        self.woken.set()
                    return

    async def keep_lease(self, token: UUID, ids: Sequence[UUID]) -> None:
        """Extend the lease while the batch is in hand."""
        outage, every = Outage("lease_not_extended"), self.settings.lease_seconds / 3
        pause = every
        while True:
            await asyncio.sleep(pause)
            try:
                async with self.database.transaction() as connection:
                    await claims.extend(connection, token, ids, self.limits.lease)
            except STORE_ERRORS as error:
                pause = min(every, outage.failed(error))
            else:
                outage.over()
                pause = every


class LineApart(Line):
    """Works off what has broken a process, one by one, and in between what its senders have queued else.

    Its processes are there while somebody is apart, and it does not end what takes long when it is told to stop.
    """

    shares = dict.fromkeys(turns.LANES, APART_SHARE)
    last = 0

    async def rest(self, seconds: float) -> None:
        """Wait as ever; without processes where there is nobody left who needs them."""
        if not self.suspects.parties():
            await self.extractor.stop()
        await super().rest(seconds)

    async def claim(self, connection: AsyncConnection, token: UUID, turn: turns.Turn) -> list[Claimed]:
        """Claim one that must be alone, or a batch of those who are apart; each comes first by every second claim."""
        turn, of_apart = turns.turn(turn.number // 2), bool(turn.number % 2)
        for _ in range(2):
            if of_apart:
                found = await claims.claim_of(connection, token, self.limits, turn, apart=self.suspects.parties())
            elif found := await claims.claim_alone(connection, token, self.limits, turn, after=self.last):
                self.last = found[0].party
            if found:
                return found
            of_apart = not of_apart
        return []

    async def extract(self, batch: Sequence[Claimed]) -> list[Part]:
        """Extract a batch, or leave it as it is where this line is told to stop, or no process can be had."""
        try:
            parts = await unless(self.stopping, self.extract_apart(batch))
        except NotStarted as error:
            log.error("extraction_apart_not_started", error=str(error), pause=NOT_STARTED_SECONDS)  # noqa: TRY400 - whose fault it is says its text
            await happened(self.stopping, NOT_STARTED_SECONDS)
            parts = None
        return parts or [Part([], submission.pending) for submission in batch]

    async def extract_apart(self, batch: Sequence[Claimed]) -> list[Part]:
        """Extract one that must be alone item by item, others as ever."""
        if not batch[0].alone:
            return await super().extract(batch)
        seconds = self.settings.batch_seconds * APART_SHARE
        return [await self.extractor.extract_alone(seconds, job(submission)) for submission in batch]


def breach_of(processed: Processed) -> str | None:
    """Say how a submission broke a process, whether in company or, item by item, alone."""
    if processed.broke is not None or not processed.submission.alone:
        return processed.broke
    for found in processed.results:
        if isinstance(found, Broken):
            return found.error
        if isinstance(found, Done) and found.article.processing == "fallback":
            return "kept by the fallback alone"
    return None


def job(submission: Claimed) -> Job:
    """Give what extraction needs of a submission; `now` is its arrival, so that a run can be repeated."""
    return Job(
        body=submission.body,
        content_type=submission.content_type,
        hints=hints_of(submission.hints),
        now=submission.received_at,
        positions=submission.pending,
        first=submission.first,
    )
