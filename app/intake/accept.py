"""Group commit: submissions that arrive together are written in one statement and one commit, each answered after it.

A group that fails for a reason in its data is written again one by one, so that the culprit fails alone.
"""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy.exc
import structlog
import xxhash
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from app.db import STORE_ERRORS, Database, refused, to_json
from app.errors import Fault, InvalidRequest, Unavailable
from app.health import queue_depth
from app.outage import Outage
from app.queue.claims import QUEUED_CHANNEL
from app.settings import Settings

log = structlog.get_logger()

GROUP_ROWS = 256
GROUP_BYTES = 16_000_000
DEPTH_SECONDS = 1.0
LOW_WATER = 0.8
RETRY_AFTER_SECONDS = 10
MOST_WAITING = 4096
MOST_WAITING_BYTES = 4 * GROUP_BYTES
"""Submissions, and their bytes, that may wait for a commit; more are refused at once, as the store does not keep up."""
PROBE_SECONDS = 1.0
PROBE_BYTES = 64_000
"""What is written to find out whether there is room for submissions again: more than a page may have left."""

KEEP = text(
    """
    INSERT INTO submissions (id, content_type, body, body_bytes, source, hints)
    SELECT id, content_type, body, length(body), source, hints::jsonb
    FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:bodies AS bytea[]), CAST(:sources AS text[]),
                CAST(:hints AS text[])) AS v(id, content_type, body, source, hints)
    """
)
TAKE_KEYS = text(
    """
    INSERT INTO idempotency_keys AS k (principal, key, digest, submission_id)
    SELECT '', key, digest, id
    FROM unnest(CAST(:keys AS text[]), CAST(:digests AS bytea[]), CAST(:ids AS uuid[])) AS v(key, digest, id)
    ORDER BY key
    ON CONFLICT (principal, key) DO UPDATE SET
        digest = excluded.digest, submission_id = excluded.submission_id, created_at = clock_timestamp()
        WHERE k.created_at < clock_timestamp() - make_interval(hours => :hours)
    RETURNING key, submission_id
    """
)
READ_KEYS = text("SELECT key, digest, submission_id FROM idempotency_keys WHERE principal = '' AND key = ANY(:keys)")
FORGET_KEYS = text(
    """
    DELETE FROM idempotency_keys WHERE (principal, key) IN (
        SELECT principal, key FROM idempotency_keys
        WHERE created_at < clock_timestamp() - make_interval(hours => :hours) ORDER BY created_at LIMIT 1000
        FOR UPDATE SKIP LOCKED)
    """
)
NOTIFY = text("SELECT pg_notify(:channel, '')")


@dataclass(frozen=True, slots=True)
class Submission:
    """A checked request body that waits to be accepted."""

    body: bytes
    content_type: str
    hints: dict[str, str]
    key: str | None = None
    id: UUID = field(default_factory=uuid7)

    @property
    def digest(self) -> bytes:
        """What an Idempotency-Key stands for: type, query and body."""
        head = f"{self.content_type}\x00{to_json(sorted(self.hints.items()))}\x00".encode()
        return xxhash.xxh3_128_digest(head + self.body)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A submission with the future of its receipt's id."""

    submission: Submission
    accepted: asyncio.Future[UUID]


class Intake:
    """Takes submissions in groups; `run` must be running for `accept` to answer."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.hours = settings.idempotency_hours
        self.high_water = settings.queue_high_water
        self.seconds = settings.store_seconds
        self.waiting: asyncio.Queue[Waiting] = asyncio.Queue()
        self.waiting_bytes = 0
        self.full = False
        self.trouble: str | None = None
        self.outage = Outage("submissions_not_kept")

    async def accept(self, submission: Submission) -> UUID:
        """Give the receipt's id once the submission is committed; an earlier one's where its Idempotency-Key says so.

        Raises InvalidRequest for a key that stands for something else, Unavailable while the queue is full or the store
        does not keep up, and the driver's errors where the commit failed; TimeoutError where it did not end in time. What
        those three kept is not known only where the connection was lost at the very commit.
        """
        if self.full:
            raise Unavailable(
                "The queue is over its high-water mark; come back later.", retry_after=RETRY_AFTER_SECONDS
            )
        size = len(submission.body)
        if self.waiting.qsize() >= MOST_WAITING or self.waiting_bytes + size > MOST_WAITING_BYTES:
            raise Unavailable(
                "The store does not keep up; nothing of this request was kept.", retry_after=RETRY_AFTER_SECONDS
            )
        accepted: asyncio.Future[UUID] = asyncio.get_running_loop().create_future()
        self.waiting.put_nowait(Waiting(submission, accepted))
        self.waiting_bytes += size
        async with asyncio.timeout(self.seconds):
            return await accepted

    async def watch_depth(self) -> None:
        """Close intake above the high-water mark, open it again below four fifths of it; looks every second."""
        outage = Outage("queue_depth_unknown")
        while True:
            try:
                async with self.database.reading() as connection:
                    depth = await queue_depth(connection, self.high_water + 1)
            except STORE_ERRORS as error:
                outage.failed(error)
            else:
                outage.over()
                self.full = depth > self.high_water * (LOW_WATER if self.full else 1)
            await asyncio.sleep(DEPTH_SECONDS)

    async def watch_trouble(self) -> None:
        """While commits fail, try every second one that is taken back, so that readiness returns without a request."""
        while True:
            await asyncio.sleep(PROBE_SECONDS)
            if self.trouble is not None:
                probe = Submission(os.urandom(PROBE_BYTES), "text/plain", {})
                try:
                    async with self.database.engine.connect() as connection, asyncio.timeout(self.seconds):
                        await self.keep(connection, [probe])
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
        """Commit what waits, group after group, until cancelled; nothing that goes wrong in one group ends it."""
        while True:
            group = [await self.waiting.get()]
            size = len(group[0].submission.body)
            while not self.waiting.empty() and len(group) < GROUP_ROWS and size < GROUP_BYTES:
                group.append(self.waiting.get_nowait())
                size += len(group[-1].submission.body)
            self.waiting_bytes -= size
            wanted = [waiting for waiting in group if not waiting.accepted.done()]  # the others were told 503 by now
            try:
                await self.commit(wanted)
            except Exception as error:
                log.exception("group_not_committed", submissions=len(wanted))
                answer(wanted, [error] * len(wanted))

    async def commit(self, group: Sequence[Waiting]) -> None:
        """Commit a group and answer it; where that fails for a reason in the data, its members one by one."""
        if not group:
            return
        try:
            async with self.database.transaction() as connection:
                receipts = await self.keep(connection, [waiting.submission for waiting in group])
        except STORE_ERRORS as error:
            if isinstance(error, sqlalchemy.exc.DBAPIError) and refused(error):
                for waiting in group if len(group) > 1 else ():
                    await self.commit([waiting])
            else:
                self.ill(error)
            answer(group, [error] * len(group))
        else:
            self.well()
            answer(group, receipts)

    async def keep(self, connection: AsyncConnection, group: Sequence[Submission]) -> list[UUID | Exception]:
        """Write a group inside a transaction; give each one's receipt id, or the reason why it has none."""
        receipts = await self.settle_keys(connection, group)
        new = [submission for submission in group if receipts.get(submission.id, submission.id) == submission.id]
        if new:
            await connection.execute(
                KEEP,
                {
                    "ids": [submission.id for submission in new],
                    "types": [submission.content_type for submission in new],
                    "bodies": [submission.body for submission in new],
                    "sources": [submission.hints.get("source") for submission in new],
                    "hints": [to_json(submission.hints) for submission in new],
                },
            )
            await connection.execute(NOTIFY, {"channel": QUEUED_CHANNEL})
        return [receipts.get(submission.id, submission.id) for submission in group]

    async def settle_keys(
        self, connection: AsyncConnection, group: Sequence[Submission]
    ) -> dict[UUID, UUID | Exception]:
        """Give the receipt that each keyed submission of a group gets: its own, an earlier one's, or an error."""
        first: dict[str, Submission] = {}
        for submission in group:
            if submission.key is not None:
                first.setdefault(submission.key, submission)
        if not first:
            return {}
        ordered = sorted(first)
        await connection.execute(
            TAKE_KEYS,
            {
                "keys": ordered,
                "digests": [first[key].digest for key in ordered],
                "ids": [first[key].id for key in ordered],
                "hours": self.hours,
            },
        )
        rows = await connection.execute(READ_KEYS, {"keys": ordered})
        owners = {row.key: (bytes(row.digest), row.submission_id) for row in rows}
        return {
            submission.id: settle(submission, *owners[submission.key])
            for submission in group
            if submission.key is not None
        }


async def forget_keys(connection: AsyncConnection, hours: int) -> None:
    """Delete Idempotency-Keys whose time is over, a thousand at most."""
    await connection.execute(FORGET_KEYS, {"hours": hours})


def settle(submission: Submission, digest: bytes, owner: UUID) -> UUID | Exception:
    """Give the receipt of the key's owner, or an error where the key stands for another request."""
    if submission.digest == digest:
        return owner
    detail = "This Idempotency-Key was used with another body, type or query; use a new key for a new request."
    return InvalidRequest(detail, faults=[Fault("/header/Idempotency-Key", detail)])


def answer(group: Sequence[Waiting], answers: Sequence[UUID | Exception]) -> None:
    """Resolve what a group's requests wait for; one whose client has gone is committed all the same."""
    for waiting, result in zip(group, answers, strict=True):
        if waiting.accepted.done():
            continue
        if isinstance(result, Exception):
            waiting.accepted.set_exception(result)
        else:
            waiting.accepted.set_result(result)
