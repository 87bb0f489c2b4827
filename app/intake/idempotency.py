"""Idempotency-Keys: a request that is sent again under one gets the receipt of the first (draft-ietf-httpapi-idempotency-key-header)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import Fault, InvalidRequest
from app.intake.submitted import Accepted, Submission

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


async def settle_keys(
    connection: AsyncConnection, group: Sequence[Submission], hours: int
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
            "hours": hours,
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


def keyed(submission: Submission) -> bool:
    """Say whether a submission came with an Idempotency-Key."""
    return submission.key is not None


def settle(submission: Submission, digest: bytes, owner: UUID) -> UUID | Exception:
    """Give the receipt of the key's owner, or an error where the key stands for another request."""
    if submission.digest == digest:
        return owner
    detail = "This Idempotency-Key was used with another body, type or query; use a new key for a new request."
    return InvalidRequest(detail, faults=[Fault("/header/Idempotency-Key", detail)])


def receipt(submission: Submission, owner: UUID | Exception, received_at: datetime | None) -> Accepted | Exception:
    """Give what a submission is answered with, by whose the receipt is that it gets."""
    if isinstance(owner, Exception):
        return owner
    return Accepted(owner, received_at if owner == submission.id else None)
