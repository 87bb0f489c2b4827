"""The second door: claim a batch, run it, store it, finish it; the only file that knows all of these.

A worker holds nothing that matters: what it has claimed comes back by itself when its lease ends, and results are
committed together with the end of their job or not at all.
"""

import asyncio
import contextlib
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import sqlalchemy.exc
import structlog

from app.db import STORE_ERRORS, Database, connect
from app.extraction import Broken, Done, Extracted, Extractor, Job, Recalled, Refused
from app.health import beat, leave
from app.intake.accept import forget_keys
from app.pipeline.article import Stated
from app.queue import claims, wake
from app.queue.claims import Claimed, Ending, Item
from app.queue.retry import RetryPolicy, pause
from app.settings import Settings
from app.store.articles import save
from app.store.plan import Arrival, Recall
from app.store.retraction import retract

log = structlog.get_logger()

DATA_ERRORS = (sqlalchemy.exc.DataError, sqlalchemy.exc.IntegrityError, sqlalchemy.exc.ProgrammingError)
"""What Postgres says of a row that it will never take."""
COLLIDED = frozenset({"40001", "40P01", "55P03"})
"""SQLSTATEs of a transaction that met another one: serialization, deadlock, lock not available."""
COLLISIONS = 3
"""How often a batch that collided with another worker's is tried again at once."""
BEAT_SECONDS = 5.0
LONGEST_EMBARGO_WAIT = timedelta(days=30)
"""After which an embargoed item is looked at again, and put back."""
TROUBLE_SECONDS = 1.0
"""Pause after the store did not answer."""


@dataclass(frozen=True, slots=True)
class Processed:
    """One claimed submission with what extraction made of its items."""

    submission: Claimed
    results: Sequence[Extracted]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an attempt ends: the submission's state, and the articles and item outcomes to write with it."""

    ending: Ending
    arrivals: tuple[Arrival, ...]
    items: tuple[Item, ...]
    recalls: tuple[Recall, ...] = ()


def judge(processed: Processed, policy: RetryPolicy, now: datetime) -> Verdict:
    """Decide how an attempt ends: what came out is stored now, what broke is tried again until the policy gives up.

    An article under embargo is not stored before its time: its item stays in the queue until then.
    """
    submission = processed.submission
    done = [found for found in processed.results if isinstance(found, Done)]
    held = [found for found in done if is_held(found, now)]
    arrivals = tuple(
        Arrival(submission.id, found.position, submission.received_at, found.article, found.span)
        for found in done
        if found not in held
    )
    recalls = tuple(
        Recall(submission.id, found.position, found.retraction, found.span)
        for found in processed.results
        if isinstance(found, Recalled)
    )
    refused = [found for found in processed.results if isinstance(found, Refused)]
    broken = [found for found in processed.results if isinstance(found, Broken)]
    items = [Item(submission.id, found.position, "rejected", None, found.reason, found.span) for found in refused]
    if not broken:
        ending = waiting(submission, held, now) if held else Ending(submission.id, "done", submission.failures)
        return Verdict(ending, arrivals, tuple(items), recalls)
    failures = submission.failures + 1
    error = printable(broken[0].error)
    wait = pause(policy, failures, spread=submission.id.int % 100 / 100)
    if wait is not None:
        pending = (*(found.position for found in broken), *(found.position for found in held))
        return Verdict(Ending(submission.id, "queued", failures, error, wait, pending), arrivals, tuple(items), recalls)
    items += [
        Item(submission.id, found.position, "failed", None, printable(found.error), found.span) for found in broken
    ]
    if held:
        return Verdict(waiting(submission, held, now), arrivals, tuple(items), recalls)
    some_processed = arrivals or refused or recalls or submission.partly_done
    state: claims.State = "done" if some_processed else "quarantined"
    return Verdict(Ending(submission.id, state, failures, error), arrivals, tuple(items), recalls)


def is_held(found: Done, now: datetime) -> bool:
    """Say whether an article may not be used yet."""
    until = found.article.embargoed_until
    return until is not None and until > now


def waiting(submission: Claimed, held: Sequence[Done], now: datetime) -> Ending:
    """Put a submission back until the first of its embargoes ends."""
    first = min(found.article.embargoed_until or now for found in held)
    pause = min(first - now, LONGEST_EMBARGO_WAIT)
    return Ending(submission.id, "queued", 0, None, pause, tuple(found.position for found in held))


def printable(error: str) -> str:
    """Make an error's text fit for Postgres, which takes no NUL and no lone surrogate, and for a reader."""
    return error.replace("\x00", "").encode("utf-8", "replace").decode()[:2000]


class Worker:
    """Claims, processes and stores until it is told to stop; then it ends what it has in hand."""

    def __init__(self, database: Database, extractor: Extractor, settings: Settings) -> None:
        self.database = database
        self.extractor = extractor
        self.settings = settings
        self.id = uuid4()
        self.policy = RetryPolicy(settings.retry_base_seconds, settings.retry_cap_seconds, settings.max_failures)
        self.lease = timedelta(seconds=settings.lease_seconds)
        self.stopping = asyncio.Event()
        self.woken = asyncio.Event()

    def stop(self) -> None:
        """Have the worker end after the batch that it has in hand."""
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
            ]
            while not self.stopping.is_set():
                try:
                    worked = await self.work_once()
                except STORE_ERRORS as error:
                    log.warning("store_unavailable", error=str(error), kind=type(error).__name__)
                    await self.rest(TROUBLE_SECONDS)
                else:
                    if not worked:
                        await self.rest(self.settings.poll_seconds)
            for helper in helpers:
                helper.cancel()
        await self.say_goodbye()

    async def say_goodbye(self) -> None:
        """Take this worker off the list of those that are expected to give signs of life."""
        try:
            async with self.database.transaction() as connection:
                await leave(connection, self.id)
        except STORE_ERRORS as error:
            log.warning("goodbye_not_said", error=str(error))

    async def rest(self, seconds: float) -> None:
        """Wait until something is announced, but no longer than that."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.woken.wait(), seconds)
        if not self.stopping.is_set():
            self.woken.clear()

    async def keep_house(self) -> None:
        """Give signs of life, take back what dead workers held, forget keys whose time is over."""
        while True:
            try:
                async with self.database.transaction() as connection:
                    await beat(connection, self.id)
                    rescued = await claims.rescue(connection, most_failures=self.policy.most)
                    await forget_keys(connection, self.settings.idempotency_hours)
            except STORE_ERRORS as error:
                log.warning("housekeeping_failed", error=str(error))
            else:
                for submission_id, state in rescued:
                    log.warning("lease_lost", submission_id=str(submission_id), now=state)
                if rescued:
                    self.woken.set()
            await asyncio.sleep(min(BEAT_SECONDS, self.settings.lease_seconds / 2))

    async def work_once(self) -> bool:
        """Claim one batch and see it through; False where nothing was due."""
        token = uuid4()
        async with self.database.transaction() as connection:
            batch = await claims.claim(
                connection,
                token,
                most=self.settings.claim_batch,
                most_bytes=self.settings.claim_bytes,
                lease=self.lease,
            )
        if not batch:
            return False
        keeping = asyncio.create_task(self.keep_lease(token, [submission.id for submission in batch]))
        try:
            results = await self.extractor.extract([job(submission) for submission in batch])
            processed = [Processed(*pair) for pair in zip(batch, results, strict=True)]
            now = datetime.now(UTC)
            await self.store(token, [judge(one, self.policy, now) for one in processed])
        finally:
            keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeping
        return True

    async def keep_lease(self, token: UUID, ids: Sequence[UUID]) -> None:
        """Extend the lease while the batch is in hand."""
        while True:
            await asyncio.sleep(self.settings.lease_seconds / 3)
            try:
                async with self.database.transaction() as connection:
                    await claims.extend(connection, token, ids, self.lease)
            except STORE_ERRORS as error:
                log.warning("lease_not_extended", error=str(error))

    async def store(self, token: UUID, verdicts: Sequence[Verdict]) -> None:
        """Store a batch; where that fails for a reason in the data, one by one, so that only the culprit is held back."""
        try:
            await self.store_together(token, verdicts)
        except DATA_ERRORS as error:
            log.warning("batch_not_stored", error=str(error.orig), submissions=len(verdicts))
            for verdict in verdicts:
                await self.store_alone(token, verdict)

    async def store_alone(self, token: UUID, verdict: Verdict) -> None:
        """Store one submission; where that fails, end its attempt as a failure."""
        try:
            await self.store_together(token, [verdict])
        except DATA_ERRORS as error:
            await self.store_together(token, [not_stored(verdict, str(error.orig), self.policy)])

    async def store_together(self, token: UUID, verdicts: Sequence[Verdict]) -> None:
        """Write the results and the ends of a batch in one transaction; again where it collided with another worker's."""
        for attempt in range(COLLISIONS + 1):
            try:
                async with self.database.transaction() as connection:
                    held = await claims.hold(connection, token, [verdict.ending.id for verdict in verdicts])
                    kept = [verdict for verdict in verdicts if verdict.ending.id in held]
                    arrivals = [arrival for verdict in kept for arrival in verdict.arrivals]
                    saved = await save(connection, arrivals)
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
            except sqlalchemy.exc.DBAPIError as error:
                if attempt == COLLISIONS or getattr(error.orig, "sqlstate", None) not in COLLIDED:
                    raise
                log.info("batch_collided", attempt=attempt + 1)
            else:
                return


def job(submission: Claimed) -> Job:
    """Give what extraction needs of a submission; `now` is its arrival, so that a run can be repeated."""
    return Job(
        body=submission.body,
        content_type=submission.content_type,
        hints=hints_of(submission.hints),
        now=submission.received_at,
        positions=submission.pending,
    )


def hints_of(hints: Mapping[str, str]) -> Stated:
    """Give what the query said of a submission."""
    return Stated(
        url=hints.get("url"),
        source=hints.get("source"),
        timezone=hints.get("timezone"),
        language=hints.get("language"),
    )


def not_stored(verdict: Verdict, error: str, policy: RetryPolicy) -> Verdict:
    """Turn a verdict that the store refused into a failure of all its articles."""
    failures = verdict.ending.failures + (verdict.ending.state != "queued")
    positions = (
        *(arrival.position for arrival in verdict.arrivals),
        *(recall.position for recall in verdict.recalls),
        *(verdict.ending.pending or ()),
    )
    message = printable(error)
    wait = pause(policy, failures, spread=verdict.ending.id.int % 100 / 100)
    if wait is not None:
        return Verdict(Ending(verdict.ending.id, "queued", failures, message, wait, positions), (), verdict.items)
    failed = tuple(Item(verdict.ending.id, position, "failed", None, message) for position in positions)
    state: claims.State = "done" if verdict.items else "quarantined"
    return Verdict(Ending(verdict.ending.id, state, failures, message), (), verdict.items + failed)


async def work(url: str, settings: Settings) -> None:
    """Run one worker until SIGTERM or SIGINT; it drains first."""
    database = connect(url, settings)
    try:
        async with Extractor(settings) as extractor:
            worker = Worker(database, extractor, settings)
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, worker.stop)
            log.info("worker_started", worker=str(worker.id))
            await worker.run()
            log.info("worker_drained")
    finally:
        await database.close()
