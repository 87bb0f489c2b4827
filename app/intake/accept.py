"""Group commit: submissions that arrive together are written in one statement and one commit, each answered after it.

A group that fails for a reason in its data is written again one by one, so that the culprit fails alone.
"""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import text

from app.db import SINGLE_CONNECTIONS, STORE_ERRORS, Database, driver, of_a_row, to_json
from app.errors import Unavailable
from app.intake.idempotency import keyed, receipt, settle_keys
from app.intake.room import Room
from app.intake.submitted import Accepted, Submission
from app.outage import Outage
from app.queue.claims import QUEUED_CHANNEL
from app.settings import Settings

log = structlog.get_logger()

GROUP_ROWS = 256
GROUP_BYTES = 16_000_000
COMMITTERS = SINGLE_CONNECTIONS
RETRY_AFTER_SECONDS = 10
MOST_WAITING = 4096
MOST_WAITING_BYTES = 4 * GROUP_BYTES
"""Submissions, and their bytes, that may wait for a commit; more are refused at once, as the store does not keep up."""
PROBE_SECONDS = 1.0
PROBE_BYTES = 64_000
"""What is written to find out whether there is room for submissions again: more than a page may have left."""

KEEP = """
    WITH kept AS (
        INSERT INTO submissions (id, content_type, body, body_bytes, source, hints, sender, lane)
        SELECT id, content_type, body, length(body), source, hints::jsonb, sender, lane
        FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::text[])
            AS v(id, content_type, body, source, hints, sender, lane)
        RETURNING received_at
    )
    SELECT max(received_at), pg_notify($8, '') FROM kept
"""
"""Keeps a group and announces it; all of a group arrived when its transaction began."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A submission with the future of its answer."""

    submission: Submission
    accepted: asyncio.Future[Accepted]


class Intake:
    """Takes submissions in groups; `run` must be running for `accept` to answer."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.hours = settings.idempotency_hours
        self.room = Room(database, settings.queue_high_water)
        self.seconds = settings.store_seconds
        self.waiting: asyncio.Queue[Waiting] = asyncio.Queue()
        self.waiting_bytes = 0
        self.idle = 0
        self.trouble: str | None = None
        self.outage = Outage("submissions_not_kept")

    async def accept(self, submission: Submission) -> Accepted:
        """Give the receipt once the submission is committed; an earlier one where its Idempotency-Key says so.

        Raises InvalidRequest for a key that stands for something else, Unavailable while the queue is full or the store
        does not keep up, and the driver's errors where the commit failed; TimeoutError where it did not end in time. What
        those three kept is not known only where the connection was lost at the very commit.
        """
        size = len(submission.body)
        if self.waiting.qsize() >= MOST_WAITING or self.waiting_bytes + size > MOST_WAITING_BYTES:
            raise Unavailable(
                "The store does not keep up; nothing of this request was kept.", retry_after=RETRY_AFTER_SECONDS
            )
        accepted: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
        with self.room.admitted(submission.lane, submission.party):
            self.waiting.put_nowait(Waiting(submission, accepted))
            self.waiting_bytes += size
            async with asyncio.timeout(self.seconds):
                return await accepted

    async def watch_trouble(self) -> None:
        """While commits fail, try every second one that is taken back, so that readiness returns without a request."""
        while True:
            await asyncio.sleep(PROBE_SECONDS)
            if self.trouble is not None:
                probe = Submission(os.urandom(PROBE_BYTES), "text/plain", {})
                try:
                    async with self.database.engine.connect() as connection, asyncio.timeout(self.seconds):
                        await connection.execute(text("SELECT 1"))  # begins the transaction
                        await (await driver(connection)).fetchval(KEEP, *columns([probe]))
                        await connection.rollback()
                except STORE_ERRORS as error:
                    self.ill(error)
                else:
                    self.well()

    def ill(self, error: Exception) -> None:
        """Know that commits fail, for readiness and for the log."""
        self.trouble = f"{type(error).__name__}: {getattr(error, 'orig', None) or error}"
        self.outage.failed(error)

    def well(self) -> None:
        """Know that commits succeed."""
        self.trouble = None
        self.outage.over()

    async def run(self) -> None:
        """Commit what waits, group after group, a few groups at a time, until cancelled; no group that fails ends it."""
        async with asyncio.TaskGroup() as committers:
            for _ in range(COMMITTERS):
                committers.create_task(self.commit_groups())

    async def commit_groups(self) -> None:
        """Commit one group after the other; while this one is on its way to the disk, others are gathered and sent."""
        while True:
            self.idle += 1
            first = await self.waiting.get()
            self.idle -= 1
            group = self.gather(first)
            self.waiting_bytes -= sum(len(waiting.submission.body) for waiting in group)
            wanted = [waiting for waiting in group if not waiting.accepted.done()]  # the others were told 503 by now
            if wanted:
                await self.commit(wanted)

    def gather(self, first: Waiting) -> list[Waiting]:
        """Give a group: this committer's share of what waits, the others that are idle take theirs."""
        group, size = [first], len(first.submission.body)
        rows = min(GROUP_ROWS, -(-(self.waiting.qsize() + 1) // (self.idle + 1)))
        while not self.waiting.empty() and len(group) < rows and size < GROUP_BYTES:
            group.append(self.waiting.get_nowait())
            size += len(group[-1].submission.body)
        return group

    async def commit(self, group: Sequence[Waiting]) -> None:
        """Commit a group and answer it, whatever happens; where one of its members made it fail, all of them one by one."""
        submissions = [waiting.submission for waiting in group]
        try:
            answers = await (self.keep_keyed if any(map(keyed, submissions)) else self.keep)(submissions)
        except Exception as error:
            culprit = of_a_row(error)
            if culprit and len(group) > 1:
                for waiting in group:
                    await self.commit([waiting])
                return
            if not isinstance(error, STORE_ERRORS):
                log.exception("group_not_committed", submissions=len(group))
            elif not culprit:
                self.ill(error)
            answer(group, [error] * len(group))
        else:
            self.well()
            answer(group, answers)

    async def keep(self, group: Sequence[Submission]) -> list[Accepted | Exception]:
        """Write a group in one statement; give each one's receipt."""
        async with self.database.single() as connection:
            received_at = await connection.fetchval(KEEP, *columns(group))
        return [Accepted(submission.id, received_at) for submission in group]

    async def keep_keyed(self, group: Sequence[Submission]) -> list[Accepted | Exception]:
        """Write a group in which some have keys; give each one's receipt, or the reason why it has none."""
        async with self.database.transaction() as connection:
            settled = await settle_keys(connection, group, self.hours)
            new = [submission for submission in group if settled.get(submission.id, submission.id) == submission.id]
            received_at = await (await driver(connection)).fetchval(KEEP, *columns(new)) if new else None
        return [receipt(submission, settled.get(submission.id, submission.id), received_at) for submission in group]


def columns(group: Sequence[Submission]) -> tuple[object, ...]:
    """Give the parameters of KEEP."""
    return (
        [submission.id for submission in group],
        [submission.content_type for submission in group],
        [submission.body for submission in group],
        [submission.hints.get("source") for submission in group],
        [to_json(submission.hints) for submission in group],
        [submission.sender for submission in group],
        [submission.lane for submission in group],
        QUEUED_CHANNEL,
    )


def answer(group: Sequence[Waiting], answers: Sequence[Accepted | Exception]) -> None:
    """Resolve what a group's requests wait for; one whose client has gone is committed all the same."""
    for waiting, result in zip(group, answers, strict=True):
        if waiting.accepted.done():
            continue
        if isinstance(result, Exception):
            waiting.accepted.set_exception(result)
        else:
            waiting.accepted.set_result(result)
