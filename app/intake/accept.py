"""Group commit: submissions that arrive together are written in one statement and one commit, each answered after it.

A group that fails for a reason in its data is written again one by one, so that the culprit fails alone.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy.exc
import structlog
import xxhash
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from app.db import STORE_ERRORS, Database, to_json
from app.errors import Fault, InvalidRequest
from app.intake.room import Room
from app.queue.claims import QUEUED_CHANNEL
from app.queue.turns import Lane
from app.settings import Settings

log = structlog.get_logger()

GROUP_ROWS = 256
GROUP_BYTES = 16_000_000

KEEP = text(
    """
    INSERT INTO submissions (id, content_type, body, body_bytes, source, hints, sender, lane)
    SELECT id, content_type, body, length(body), source, hints::jsonb, sender, lane
    FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:bodies AS bytea[]), CAST(:sources AS text[]),
                CAST(:hints AS text[]), CAST(:senders AS text[]), CAST(:lanes AS text[]))
        AS v(id, content_type, body, source, hints, sender, lane)
    """
)
TAKE_KEYS = text(
    """
    INSERT INTO idempotency_keys AS k (principal, key, digest, submission_id)
    SELECT sender, key, digest, id
    FROM unnest(CAST(:senders AS text[]), CAST(:keys AS text[]), CAST(:digests AS bytea[]), CAST(:ids AS uuid[]))
        AS v(sender, key, digest, id)
    ORDER BY sender, key
    ON CONFLICT (principal, key) DO UPDATE SET
        digest = excluded.digest, submission_id = excluded.submission_id, created_at = clock_timestamp()
        WHERE k.created_at < clock_timestamp() - make_interval(hours => :hours)
    RETURNING key, submission_id
    """
)
READ_KEYS = text(
    """
    SELECT principal, key, digest, submission_id FROM idempotency_keys
    JOIN unnest(CAST(:senders AS text[]), CAST(:keys AS text[])) AS v(principal, key) USING (principal, key)
    """
)
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
    """A checked request body that waits to be accepted; `sender` is whom it is from, empty where nobody is asked."""

    body: bytes
    content_type: str
    hints: dict[str, str]
    key: str | None = None
    sender: str = ""
    lane: Lane = "live"
    id: UUID = field(default_factory=uuid7)

    @property
    def party(self) -> str:
        """Who takes turns with others: the sender, else the source, as far as the query names it."""
        return self.sender or self.hints.get("source", "")

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
        self.room = Room(database, settings.queue_high_water)
        self.waiting: asyncio.Queue[Waiting] = asyncio.Queue()

    async def accept(self, submission: Submission) -> UUID:
        """Give the receipt's id once the submission is committed; an earlier one's where its Idempotency-Key says so.

        Raises InvalidRequest for a key that stands for something else, Unavailable while the queue is full, and the
        driver's errors where the commit failed: then nothing is stored.
        """
        accepted: asyncio.Future[UUID] = asyncio.get_running_loop().create_future()
        with self.room.admitted(submission.lane, submission.party):
            self.waiting.put_nowait(Waiting(submission, accepted))
            return await accepted

    async def run(self) -> None:
        """Commit what waits, group after group, until cancelled."""
        while True:
            group = [await self.waiting.get()]
            size = len(group[0].submission.body)
            while not self.waiting.empty() and len(group) < GROUP_ROWS and size < GROUP_BYTES:
                group.append(self.waiting.get_nowait())
                size += len(group[-1].submission.body)
            await self.commit(group)

    async def commit(self, group: Sequence[Waiting]) -> None:
        """Commit a group and answer it; on failure its members one by one."""
        try:
            async with self.database.transaction() as connection:
                receipts = await self.keep(connection, [waiting.submission for waiting in group])
        except STORE_ERRORS as error:
            if len(group) > 1 and isinstance(error, sqlalchemy.exc.DBAPIError) and not error.connection_invalidated:
                for waiting in group:
                    await self.commit([waiting])
                return
            answer(group, [error] * len(group))
        else:
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
                    "senders": [submission.sender for submission in new],
                    "lanes": [submission.lane for submission in new],
                },
            )
            await connection.execute(NOTIFY, {"channel": QUEUED_CHANNEL})
        return [receipts.get(submission.id, submission.id) for submission in group]

    async def settle_keys(
        self, connection: AsyncConnection, group: Sequence[Submission]
    ) -> dict[UUID, UUID | Exception]:
        """Give the receipt that each keyed submission of a group gets: its own, an earlier one's, or an error."""
        first: dict[tuple[str, str], Submission] = {}
        for submission in group:
            if submission.key is not None:
                first.setdefault((submission.sender, submission.key), submission)
        if not first:
            return {}
        ordered = sorted(first)
        named = {"senders": [sender for sender, _ in ordered], "keys": [key for _, key in ordered]}
        await connection.execute(
            TAKE_KEYS,
            named
            | {
                "digests": [first[key].digest for key in ordered],
                "ids": [first[key].id for key in ordered],
                "hours": self.hours,
            },
        )
        rows = await connection.execute(READ_KEYS, named)
        owners = {(row.principal, row.key): (bytes(row.digest), row.submission_id) for row in rows}
        return {
            submission.id: settle(submission, *owners[submission.sender, submission.key])
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
        if waiting.accepted.cancelled():
            continue
        if isinstance(result, Exception):
            waiting.accepted.set_exception(result)
        else:
            waiting.accepted.set_result(result)
