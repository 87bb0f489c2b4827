"""The second door: the worker's lines and all that goes on beside them; the only file that knows all of these.

A worker holds nothing that matters: what it has claimed comes back by itself when its lease ends, and results are
committed together with the end of their job or not at all.
"""

import asyncio
import signal
from uuid import uuid4

import structlog

from app import learning
from app.beside import happened
from app.db import STORE_ERRORS, Database, connect
from app.extractor import NICENESS, Extractor, patient
from app.health import beat, leave
from app.intake.idempotency import forget_keys
from app.line import Line, LineApart
from app.linker import Linker
from app.outage import Outage
from app.processes import collect_rarely
from app.queue import claims, wake
from app.queue.retry import RetryPolicy
from app.reprocessor import Reprocessor
from app.results import Results
from app.retention import Retention
from app.settings import Settings
from app.store import changes, topic_counts
from app.suspects import Suspects

log = structlog.get_logger()

BEAT_SECONDS = 5.0
FOLD_SECONDS = 2.0
FEED_SECONDS = 0.5
"""How often a worker looks for changes to number that others made, over HTTP or in another worker."""


class Worker:
    """Claims, processes and stores until it is told to stop; then it ends what it has in hand."""

    def __init__(self, database: Database, extractor: Extractor, settings: Settings) -> None:
        self.database = database
        self.extractor = extractor
        self.extractor_apart = Extractor(patient(settings), extractor.pipeline, niceness=NICENESS, waiting=True)
        self.settings = settings
        self.id = uuid4()
        self.stopping = asyncio.Event()
        self.policy = RetryPolicy(settings.retry_base_seconds, settings.retry_cap_seconds, settings.max_failures)
        self.results = Results(database, extractor, self.policy, settings.kept_revisions)
        self.lessons, self.stored = self.results.lessons, self.results.stored
        self.suspects = Suspects()
        self.line = Line(settings, extractor, self.results, self.suspects, self.stopping)
        self.apart = LineApart(settings, self.extractor_apart, self.results, self.suspects, self.stopping)
        self.line.broken = self.apart.woken
        self.linker = Linker()

    def stop(self) -> None:
        """Have the worker end after the batches that it has in hand."""
        self.stopping.set()
        self.wake()

    def wake(self) -> None:
        """Have both lines look for work."""
        self.line.woken.set()
        self.apart.woken.set()

    def wake_for(self, queued: str) -> None:
        """Have whoever may have the turn of what was just queued look for it: new submissions, or one that must be alone."""
        self.line.woken.set()
        if queued == claims.QUEUED_ALONE or self.suspects.parties():
            self.apart.woken.set()

    async def run(self) -> None:
        """Work until stopped; the store's absence is waited out."""
        async with self.extractor_apart, asyncio.TaskGroup() as group:
            helpers = [
                group.create_task(wake.listen(self.database.url, claims.QUEUED_CHANNEL, self.wake_for, self.wake)),
                group.create_task(self.keep_house()),
                group.create_task(self.keep_counts()),
                group.create_task(self.keep_feed()),
                group.create_task(Reprocessor(self.database, self.settings, self.extractor.pipeline).run()),
                group.create_task(Retention(self.database, self.settings).keep()),
                group.create_task(learning.keep(self.database, self.lessons)),
                group.create_task(learning.follow(self.database, self.extractor, self.extractor_apart)),
            ]
            apart = group.create_task(self.apart.run(group))
            await self.line.run(group)
            await apart
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
                    self.wake()
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
