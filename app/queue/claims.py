"""The queue's moves, one SQL statement each, on the submissions table itself.

    queued ──claim──▶ processing ──finish──▶ done | quarantined
      ▲                   │ finish (retry)  │
      └──────rescue───────┴─────────────────┘◀──replay

Times are the database's clock alone. A claim counts an attempt; a lost lease does not count as a failure unless the
submission was claimed alone, so that the innocents of a killed batch are never quarantined. What has broken something, or
perhaps has, is `alone` from then on, and is claimed apart from the others.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import TextClause

from app.queue.turns import CLAIM, CLAIM_ALONE, CLAIM_OF, FIRST, Lane, Turn
from app.store import source_counts

QUEUED_CHANNEL = "dateline_queued"
QUEUED_ALONE = "alone"
"""What is said there with what must be alone."""
FINISHED_CHANNEL = "dateline_finished"

HOLD = text(
    """
    SELECT id FROM submissions WHERE id = ANY(:ids) AND lease_token = :token ORDER BY id FOR UPDATE
    """
)
EXTEND = text(
    """
    UPDATE submissions SET lease_until = clock_timestamp() + :lease WHERE id = ANY(:ids) AND lease_token = :token
    """
)
FINISH = text(
    """
    UPDATE submissions s SET
        state = v.state, failures = v.failures, error = v.error, alone = v.state = 'queued' AND (s.alone OR v.alone),
        pending = string_to_array(v.pending, ',')::integer[], lease_token = NULL, lease_until = NULL,
        run_at = CASE WHEN v.state = 'queued' AND v.begun THEN clock_timestamp() + v.pause ELSE s.run_at END,
        attempts = s.attempts - (NOT v.begun)::integer,
        finished_at = CASE WHEN v.state = 'queued' THEN NULL ELSE clock_timestamp() END
    FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:failures AS integer[]), CAST(:errors AS text[]),
                CAST(:pauses AS interval[]), CAST(:pendings AS text[]), CAST(:begun AS boolean[]), CAST(:alone AS boolean[]))
        AS v(id, state, failures, error, pause, pending, begun, alone)
    WHERE s.id = v.id AND s.lease_token = :token
    """
)
KEEP_ITEMS = text(
    """
    INSERT INTO submission_items (submission_id, position, outcome, article_id, reason, span_start, span_end)
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:positions AS integer[]), CAST(:outcomes AS text[]),
                         CAST(:articles AS uuid[]), CAST(:reasons AS text[]), CAST(:starts AS integer[]),
                         CAST(:ends AS integer[]))
    ON CONFLICT (submission_id, position) DO UPDATE SET
        outcome = excluded.outcome, article_id = excluded.article_id, reason = excluded.reason,
        span_start = excluded.span_start, span_end = excluded.span_end
    """
)
RESCUE = text(
    """
    WITH lost AS (
        SELECT id FROM submissions WHERE state = 'processing' AND lease_until < clock_timestamp()
        ORDER BY lease_until LIMIT 1000 FOR UPDATE SKIP LOCKED
    )
    UPDATE submissions s SET
        state = CASE WHEN s.alone AND s.failures + 1 >= :most THEN 'quarantined' ELSE 'queued' END,
        finished_at = CASE WHEN s.alone AND s.failures + 1 >= :most THEN clock_timestamp() END,
        error = CASE WHEN s.alone THEN 'Its worker died or hung while it had this submission alone.' ELSE s.error END,
        failures = s.failures + s.alone::integer, alone = true, run_at = clock_timestamp(),
        lease_token = NULL, lease_until = NULL
    FROM lost WHERE s.id = lost.id
    RETURNING s.id, s.state
    """
)
REPLAY = text(
    """
    UPDATE submissions s SET
        state = 'queued', failures = 0, error = NULL, finished_at = NULL, run_at = clock_timestamp(), alone = true,
        pending = CASE WHEN s.state = 'done' THEN
            (SELECT array_agg(position) FROM submission_items i WHERE i.submission_id = s.id AND i.outcome = 'failed')
        END
    WHERE s.id = :id AND s.body IS NOT NULL AND (s.state = 'quarantined' OR s.state = 'done' AND EXISTS
        (SELECT FROM submission_items i WHERE i.submission_id = s.id AND i.outcome = 'failed'))
    RETURNING s.id
    """
)
FIRST_PARTY, LAST_PARTY = -(2**63), 2**63 - 1
State = Literal["queued", "done", "quarantined"]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A submission that this worker holds until its lease ends.

    `pending` are the items still to do, None for all; `partly_done` says that others were processed before;
    `first` is where to begin with them, `claimed_at` the database's clock, `party` who sent it (`turns.PARTY`).
    """

    id: UUID
    received_at: datetime
    claimed_at: datetime
    content_type: str
    body: bytes
    hints: dict[str, str]
    failures: int
    alone: bool
    pending: frozenset[int] | None
    partly_done: bool = False
    first: int = 0
    lane: Lane = "live"
    party: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is claimed at once, of submissions and of bytes of their bodies, and how long that claim holds."""

    most: int
    bytes: int
    lease: timedelta


@dataclass(frozen=True, slots=True)
class Item:
    """What became of one item."""

    submission_id: UUID
    position: int
    outcome: str
    article_id: UUID | None = None
    reason: str | None = None
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt at a submission ends; back to `queued` with a pause and the items still to do, or for good.

    One that was not `begun` keeps its place, and the attempt does not count. `alone` keeps it from company from now on.
    """

    id: UUID
    state: State
    failures: int
    error: str | None = None
    pause: timedelta = timedelta()
    pending: tuple[int, ...] | None = None
    begun: bool = True
    alone: bool = False


async def claim(
    connection: AsyncConnection, token: UUID, limits: Limits, turn: Turn = FIRST, *, apart: Sequence[int] = ()
) -> list[Claimed]:
    """Take what is due in the first lane that has any, up to the limits, in the order of turns, of all who are not apart.

    One that is larger than the limit of bytes comes alone. What must be alone is left to `claim_alone`.
    """
    start = random.getrandbits(64) + FIRST_PARTY  # where the walk among the senders begins
    asked = [{**one, "start": start} for one in by_lanes(turn, apart)]
    return await claim_by(connection, CLAIM, token, limits, asked)


async def claim_of(
    connection: AsyncConnection, token: UUID, limits: Limits, turn: Turn, *, apart: Sequence[int]
) -> list[Claimed]:
    """Take the same of those who are apart; where they are more than the limit, of some of them, as chance has it."""
    shuffled = random.sample(apart, len(apart))
    return await claim_by(connection, CLAIM_OF, token, limits, by_lanes(turn, shuffled)) if apart else []


async def claim_alone(
    connection: AsyncConnection, token: UUID, limits: Limits, turn: Turn, *, after: int
) -> list[Claimed]:
    """Take one that must be alone, if any is due: of the first sender after that one, around the circle."""
    start = after + 1 if after < LAST_PARTY else FIRST_PARTY
    asked = [{"lane": lane, "start": start, "single_first": False} for lane in turn.lanes]
    return await claim_by(connection, CLAIM_ALONE, token, replace(limits, most=1), asked)


def by_lanes(turn: Turn, apart: Sequence[int]) -> list[dict[str, Any]]:
    """Give what a claim asks for, a lane after the other."""
    return [{"lane": lane, "apart": list(apart), "single_first": turn.single_first} for lane in turn.lanes]


async def claim_by(
    connection: AsyncConnection, statement: TextClause, token: UUID, limits: Limits, asked: Sequence[dict[str, Any]]
) -> list[Claimed]:
    """Take what a statement finds at the first time of asking that finds something."""
    limited: dict[str, Any] = {"token": token, "most": limits.most, "bytes": limits.bytes, "lease": limits.lease}
    for one in asked:
        if rows := (await connection.execute(statement, limited | one)).all():
            return claimed(rows)
    return []


def claimed(rows: Sequence[Row[Any]]) -> list[Claimed]:
    """Give the submissions of a claim's rows, in their order of turns."""
    return [
        Claimed(
            row.id,
            row.received_at,
            row.claimed_at,
            row.content_type,
            bytes(row.body or b""),
            row.hints,
            row.failures,
            row.alone,
            None if row.pending is None else frozenset(row.pending),
            row.partly_done,
            row.pending[0] if row.pending else 0,
            row.lane,
            row.party,
        )
        for row in sorted(rows, key=lambda row: int(row.place))
    ]


async def hold(connection: AsyncConnection, token: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Lock the submissions that the token still holds; what is not among them belongs to somebody else by now."""
    return set(await connection.scalars(HOLD, {"ids": list(ids), "token": token}))


async def extend(connection: AsyncConnection, token: UUID, ids: Sequence[UUID], lease: timedelta) -> None:
    """Give a sign of life: the lease runs from now."""
    await connection.execute(EXTEND, {"ids": list(ids), "token": token, "lease": lease})


async def finish(connection: AsyncConnection, token: UUID, endings: Sequence[Ending], items: Sequence[Item]) -> None:
    """End an attempt at a batch in the transaction of its results, and tell who waits for a receipt."""
    await keep_items(connection, items)
    parameters: dict[str, Any] = {
        "token": token,
        "ids": [ending.id for ending in endings],
        "states": [ending.state for ending in endings],
        "failures": [ending.failures for ending in endings],
        "errors": [ending.error for ending in endings],
        "pauses": [ending.pause for ending in endings],
        "begun": [ending.begun for ending in endings],
        "alone": [ending.alone for ending in endings],
        "pendings": [None if ending.pending is None else ",".join(map(str, ending.pending)) for ending in endings],
    }
    await connection.execute(FINISH, parameters)
    await announce(connection, [ending.id for ending in endings if ending.state != "queued"])


async def keep_items(connection: AsyncConnection, items: Sequence[Item]) -> None:
    """Write the outcomes of items; a later attempt's replaces an earlier one's."""
    if items:
        told = [(item.submission_id, item.position, item.outcome, item.reason) for item in items]
        await source_counts.count_items(connection, told)
        parameters = {
            "ids": [item.submission_id for item in items],
            "positions": [item.position for item in items],
            "outcomes": [item.outcome for item in items],
            "articles": [item.article_id for item in items],
            "reasons": [item.reason for item in items],
            "starts": [item.span[0] if item.span else None for item in items],
            "ends": [item.span[1] if item.span else None for item in items],
        }
        await connection.execute(KEEP_ITEMS, parameters)


async def announce(connection: AsyncConnection, ids: Sequence[UUID]) -> None:
    """Notify, at commit, that receipts have ended; in chunks that fit a notification's 8,000 bytes."""
    for start in range(0, len(ids), 200):
        payload = " ".join(str(id_) for id_ in ids[start : start + 200])
        await connection.execute(
            text("SELECT pg_notify(:channel, :payload)"), {"channel": FINISHED_CHANNEL, "payload": payload}
        )


async def rescue(connection: AsyncConnection, *, most_failures: int) -> list[tuple[UUID, str]]:
    """Take back what expired leases hold; each goes on alone, and is quarantined when it kills its worker again and again."""
    rows = (await connection.execute(RESCUE, {"most": most_failures})).all()
    await announce(connection, [row.id for row in rows if row.state == "quarantined"])
    return [(row.id, row.state) for row in rows]


async def replay(connection: AsyncConnection, submission_id: UUID) -> bool:
    """Queue what failed of a submission again; False where nothing did or the body is gone."""
    done = (await connection.execute(REPLAY, {"id": submission_id})).first() is not None
    if done:
        await connection.execute(
            text("SELECT pg_notify(:channel, :payload)"), {"channel": QUEUED_CHANNEL, "payload": QUEUED_ALONE}
        )
    return done
