"""The second door: claim a batch, run it, store it, finish it; the only file that knows all of these.

While a batch is stored the next one is extracted: the two take about as long, and neither needs the other's processor.
A worker holds nothing that matters: what it has claimed comes back by itself when its lease ends, and results are
committed together with the end of their job or not at all.
"""

import asyncio
import contextlib
import itertools
import signal
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import structlog
from sqlalchemy.exc import DBAPIError

from app import learning
from app.beside import beside, happened
from app.db import COLLISIONS, STORE_ERRORS, Database, closed, collided, connect, refused
from app.extraction import Extractor, Job
from app.formats.read import hints_of
from app.health import beat, leave
from app.intake.accept import forget_keys
from app.linker import Linker
from app.outage import FIRST_PAUSE, Outage
from app.processes import collect_rarely
from app.queue import claims, turns, wake
from app.queue.claims import Claimed, Item
from app.queue.retry import RetryPolicy
from app.reprocessor import Reprocessor
from app.retention import Retention
from app.settings import Settings
from app.store import changes, graves, topic_counts
from app.store.articles import save
from app.store.background import Lessons
from app.store.retraction import retract
from app.verdict import Processed, Verdict, judge, not_stored

log = structlog.get_logger()

BEAT_SECONDS = 5.0
FOLD_SECONDS = 2.0
FEED_SECONDS = 0.5
"""How often a worker looks for changes to number that others made, over HTTP or in another worker."""
STORE_TRIES = 5
"""How often in a row the results of a batch may lose the store halfway before they count as the reason for it."""


class Worker:
    """Claims, processes and stores until it is told to stop; then it ends what it has in hand."""

    def __init__(self, database: Database, extractor: Extractor, settings: Settings) -> None:
        self.database = database
        self.extractor = extractor
        self.settings = settings
        self.id = uuid4()
        self.policy = RetryPolicy(settings.retry_base_seconds, settings.retry_cap_seconds, settings.max_failures)
        self.lease = timedelta(seconds=settings.lease_seconds)
        self.claims = itertools.count(1)
        self.stopping = asyncio.Event()
        self.woken = asyncio.Event()
        self.stored = asyncio.Event()
        self.storing: asyncio.Task[None] | None = None
        self.linker = Linker()
        self.lessons = Lessons()

    def stop(self) -> None:
        """Have the worker end after the batches that it has in hand."""
        self.stopping.set()
        self.woken.set()

    async def run(self) -> None:
        """Work until stopped; the store's absence is waited out."""
        async with asyncio.TaskGroup() as group:
            helpers = [
                group.create_task(
                    wake.listen(self.database.url, claims.QUEUED_CHANNEL, lambda _: self.woken.set(), self.woken.set)
                ),
                group.create_task(self.keep_house()),
                group.create_task(self.keep_counts()),
                group.create_task(self.keep_feed()),
                group.create_task(Reprocessor(self.database, self.settings, self.extractor.pipeline).run()),
                group.create_task(Retention(self.database, self.settings).keep()),
                group.create_task(learning.keep(self.database, self.lessons)),
                group.create_task(learning.follow(self.database, self.extractor)),
            ]
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
            for helper in helpers:
                helper.cancel()
        await self.say_goodbye()

    async def say_goodbye(self) -> None:
        """Write down what was learned, and take this worker off the list of those that are expected to give signs of life."""
        try:
            await learning.write(self.database, self.lessons)
            async with self.database.transaction() as connection:
                await leave(connection, self.id)
        except STORE_ERRORS as error:
            log.warning("goodbye_not_said", error=str(error))

    async def rest(self, seconds: float) -> None:
        """Wait until something is announced, but no longer than that."""
        await happened(self.woken, seconds)
        if not self.stopping.is_set():
            self.woken.clear()

    async def keep_house(self) -> None:
        """Give signs of life, take back what dead workers held, forget keys whose time is over.

        After an outage the living come first: they could not extend their leases either.
        """
        outage, clock = Outage("housekeeping_failed"), asyncio.get_running_loop().time
        rescue_from = clock()
        while True:
            rescued = []
            try:
                async with self.database.transaction() as connection:
                    await beat(connection, self.id)
                    if clock() >= rescue_from:
                        rescued = await claims.rescue(connection, most_failures=self.policy.most)
                    await forget_keys(connection, self.settings.idempotency_hours)
            except STORE_ERRORS as error:
                outage.failed(error)
                rescue_from = clock() + self.settings.lease_seconds
            else:
                outage.over()
                for submission_id, state in rescued:
                    log.warning("lease_lost", submission_id=str(submission_id), now=state)
                if rescued:
                    self.woken.set()
            await asyncio.sleep(min(BEAT_SECONDS, self.settings.lease_seconds / 2))

    async def keep_counts(self) -> None:
        """Fold what articles changed in the counts of topics, one worker at a time."""
        outage = Outage("counts_not_folded")
        while True:
            try:
                more = True
                while more:
                    async with self.database.transaction() as connection:
                        more = await topic_counts.fold(connection)
                outage.over()
            except STORE_ERRORS as error:
                outage.failed(error)
            await asyncio.sleep(FOLD_SECONDS)

    async def keep_feed(self) -> None:
        """Have changes numbered and linked as soon as this worker has stored some, and twice a second whoever made them."""
        outage = Outage("changes_not_followed")
        while True:
            try:
                self.stored.clear()
                await self.bring_up_to_date()
                outage.over()
            except STORE_ERRORS as error:
                await asyncio.sleep(outage.failed(error))
            except Exception:
                log.exception("changes_not_linked")
            await happened(self.stored, FEED_SECONDS)

    async def bring_up_to_date(self) -> None:
        """Have what is committed numbered, link what that changed, and number what linking changed, until there is no more."""
        more = True
        while more:
            async with self.database.transaction() as connection:
                more = await changes.number(connection)
            async with self.database.transaction() as connection:
                more |= await self.linker.link(connection)

    async def work_once(self, group: asyncio.TaskGroup) -> bool:
        """Claim one batch, extract it, and leave it to be stored; False where nothing was due."""
        token = uuid4()
        async with self.database.transaction() as connection:
            batch = await claims.claim(
                connection,
                token,
                most=self.settings.claim_batch,
                most_bytes=self.settings.claim_bytes,
                lease=self.lease,
                turn=turns.turn(next(self.claims)),
            )
        if not batch:
            return False
        async with contextlib.AsyncExitStack() as held:
            await held.enter_async_context(beside(self.keep_lease(token, [submission.id for submission in batch])))
            jobs = [job(submission) for submission in batch]
            seconds = self.settings.batch_seconds * turns.SHARES[batch[0].lane]
            parts = await self.extractor.extract_for(seconds, jobs)
            processed = [Processed(one, part.found, part.left) for one, part in zip(batch, parts, strict=True)]
            await self.stored_before()
            self.storing = group.create_task(self.put_away(token, processed, held.pop_all()))
        return True

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
            verdicts = [judge(one, self.policy, one.submission.claimed_at) for one in processed]
            while True:
                try:
                    await self.store(token, verdicts)
                except STORE_ERRORS as error:
                    tries += not closed(error)
                    pause = outage.failed(error)
                    if tries >= STORE_TRIES or self.stopping.is_set():
                        log.warning("batch_left_to_its_lease", submissions=len(verdicts), tries=tries)
                        return
                    await happened(self.stopping, pause)
                else:
                    outage.over()
                    return

    async def keep_lease(self, token: UUID, ids: Sequence[UUID]) -> None:
        """Extend the lease while the batch is in hand."""
        outage, every = Outage("lease_not_extended"), self.settings.lease_seconds / 3
        pause = every
        while True:
            await asyncio.sleep(pause)
            try:
                async with self.database.transaction() as connection:
                    await claims.extend(connection, token, ids, self.lease)
            except STORE_ERRORS as error:
                pause = min(every, outage.failed(error))
            else:
                outage.over()
                pause = every

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
        for attempt in range(COLLISIONS + 1):
            try:
                async with self.database.transaction() as connection:
                    held = await claims.hold(connection, token, [verdict.ending.id for verdict in verdicts])
                    kept = [verdict for verdict in verdicts if verdict.ending.id in held]
                    arrivals = [arrival for verdict in kept for arrival in verdict.arrivals]
                    await graves.hold_keys(connection)
                    saved = await save(connection, arrivals, kept_revisions=self.settings.kept_revisions)
                    items = [item for verdict in kept for item in verdict.items]
                    items += [
                        Item(arrival.submission_id, arrival.position, one.outcome, one.article_id, None, arrival.span)
                        for arrival, one in zip(arrivals, saved, strict=True)
                    ]
                    recalls = [recall for verdict in kept for recall in verdict.recalls]
                    items += [
                        Item(recall.submission_id, recall.position, "retracted", article_id, None, recall.span)
                        for recall, article_id in zip(recalls, await retract(connection, recalls), strict=True)
                    ]
                    await claims.finish(connection, token, [verdict.ending for verdict in kept], items)
            except DBAPIError as error:
                if attempt == COLLISIONS or not collided(error):
                    raise
                log.info("batch_collided", attempt=attempt + 1)
            else:
                self.stored.set()
                pairs = zip(arrivals, saved, strict=True)
                new = (arrival.article for arrival, one in pairs if one.outcome == "stored")
                self.lessons.add(new, self.extractor.inference.background)
                return


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


async def work(url: str, settings: Settings) -> None:
    """Run one worker until SIGTERM or SIGINT; it drains first."""
    database = connect(url, settings)
    try:
        async with Extractor(settings) as extractor:
            worker = Worker(database, extractor, settings)
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, worker.stop)
            collect_rarely()
            log.info("worker_started", worker=str(worker.id))
            await worker.run()
            log.info("worker_drained")
    finally:
        await database.close()
