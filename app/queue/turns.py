"""Whose turn it is: the statements that claim a batch, in which every sender has a share.

The index `ix_submissions_turns` holds what is queued by lane, by whether it must be alone, then by sender. The claim leaps along it from one sender to
the next (a loose index scan), so that it costs the same whether a sender has one submission queued or a hundred thousand.
It begins at a point of chance and goes around, so that where there are more senders than a batch has places each is met
as often as any other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import text
from sqlalchemy.sql.elements import TextClause

from app.store.tables import PARTY

Lane = Literal["live", "backfill"]
LANES: Final[tuple[Lane, ...]] = ("live", "backfill")
SINGLE_EVERY: Final = 4
"""Claims of which one looks first at what is larger than a batch, as it takes long: however much of it there is, it stops no other."""
BACKFILL_EVERY: Final = 8
"""Claims of which one looks at the backfill first, so that it goes on also where live work never ends."""
SHARES: Final[Mapping[Lane, float]] = {"live": 1.0, "backfill": 0.25}
"""Of the time that a batch may take, what one of a lane gets: what arrives while a backfill is worked on waits that long."""
SHARE_OF_LARGE: Final = 0.5
"""Of that, what a slice of a submission gets that is larger than a batch: it comes first by every fourth claim, whoever waits."""

DUE: Final = "run_at <= statement_timestamp()"
"""Not `clock_timestamp()`, which may change within a statement and is thus looked up in no index."""


def around(queued: str) -> str:
    """Give the statement's part that finds who has something queued: `behind` a point in the circle of senders, then `before` it."""
    return f"""
    behind (party) AS (
        (SELECT {PARTY} FROM submissions WHERE {queued} AND {PARTY} >= :start ORDER BY {PARTY} LIMIT 1)
        UNION ALL
        SELECT (SELECT {PARTY} FROM submissions WHERE {queued} AND {PARTY} > behind.party ORDER BY {PARTY} LIMIT 1)
        FROM behind WHERE behind.party IS NOT NULL
    ), before (party) AS (
        (SELECT {PARTY} FROM submissions WHERE {queued} AND {PARTY} < :start ORDER BY {PARTY} LIMIT 1)
        UNION ALL
        SELECT (SELECT {PARTY} FROM submissions WHERE {queued} AND {PARTY} > before.party AND {PARTY} < :start
                ORDER BY {PARTY} LIMIT 1)
        FROM before WHERE before.party IS NOT NULL
    ), everybody (party) AS (
        SELECT party FROM behind UNION ALL SELECT party FROM before
    )"""  # noqa: S608 - of constants alone


def claiming(queued: str, everybody: str, those: str) -> TextClause:
    """Give the statement that claims a batch of what is `queued` so, of `those` among `everybody` who have something due.

    Many may have something queued whose time comes later: an embargo, a pause after a failure. `fair` has an equal share of the batch for each sender; what the others leave of theirs goes to `more` of one who has it.
    In the batch the order is that of what a sender has had before in it, in bytes, then of age. One that is larger than
    `bytes` comes alone, first or last as `single_first` says, as it takes long.
    """
    return text(
        f"""
    WITH RECURSIVE {everybody}, parties AS MATERIALIZED (
        SELECT party FROM everybody WHERE {those}
            AND (SELECT true FROM submissions WHERE {queued} AND {DUE} AND {PARTY} = everybody.party LIMIT 1)
        LIMIT :most
    ), share AS MATERIALIZED (
        SELECT ceil(CAST(:most AS float) / greatest(count(*), 1))::bigint AS each FROM parties
    ), fair AS MATERIALIZED (
        SELECT party, mine.* FROM parties CROSS JOIN LATERAL (
            SELECT id, run_at, body_bytes FROM submissions
            WHERE {queued} AND {DUE} AND {PARTY} = parties.party
            ORDER BY run_at, id LIMIT (SELECT each FROM share) FOR UPDATE SKIP LOCKED
        ) AS mine
    ), largest AS (
        SELECT party FROM fair GROUP BY party
        HAVING count(*) = (SELECT each FROM share) AND (SELECT count(*) FROM fair) < :most
        ORDER BY max(run_at) LIMIT 1
    ), more AS MATERIALIZED (
        SELECT {PARTY} AS party, id, run_at, body_bytes FROM submissions
        WHERE {queued} AND {DUE} AND {PARTY} = (SELECT party FROM largest)
        ORDER BY run_at, id LIMIT :most FOR UPDATE SKIP LOCKED
    ), due AS MATERIALIZED (
        SELECT id, run_at, body_bytes, body_bytes > :bytes AS single, coalesce(sum(body_bytes) OVER (
            PARTITION BY party ORDER BY run_at, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0) AS had
        FROM (SELECT * FROM fair UNION SELECT * FROM more) AS found
    ), first AS MATERIALIZED (
        SELECT id, single FROM due ORDER BY single <> :single_first, had, run_at, id LIMIT 1
    ), mates AS (
        SELECT id, row_number() OVER turns AS place, sum(body_bytes) OVER turns AS bytes
        FROM due WHERE NOT single AND EXISTS (SELECT FROM first WHERE NOT first.single)
        WINDOW turns AS (ORDER BY had, run_at, id)
    ), chosen AS (
        SELECT id, 1 AS place FROM first UNION SELECT id, place FROM mates WHERE place <= :most AND bytes <= :bytes
    )
    UPDATE submissions SET
        state = 'processing', attempts = attempts + 1, lease_token = :token,
        lease_until = clock_timestamp() + :lease
    FROM chosen WHERE submissions.id = chosen.id
    RETURNING submissions.id, place, lane, {PARTY} AS party, received_at, content_type, body, hints, failures, alone, pending,
        clock_timestamp() AS claimed_at,
        pending IS NOT NULL AND EXISTS (
            SELECT FROM submission_items i WHERE i.submission_id = submissions.id AND i.outcome <> 'failed'
        ) AS partly_done
    """  # noqa: S608 - of constants alone
    )


IN_COMPANY: Final = "state = 'queued' AND lane = :lane AND NOT alone"
ALONE: Final = "state = 'queued' AND lane = :lane AND alone"
NAMED: Final = "everybody (party) AS (SELECT unnest(CAST(:apart AS bigint[])))"

CLAIM: Final = claiming(IN_COMPANY, around(IN_COMPANY), "party IS NOT NULL AND party <> ALL(CAST(:apart AS bigint[]))")
"""What is queued in a lane, of everybody but those who are apart."""
CLAIM_OF: Final = claiming(IN_COMPANY, NAMED, "true")
"""The same of those who are apart, in the order in which they are named."""
CLAIM_ALONE: Final = claiming(ALONE, around(ALONE), "party IS NOT NULL")
"""What has broken something, or perhaps has."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a claim looks at first; `number` is which of its worker's claims it is."""

    lanes: tuple[Lane, ...] = LANES
    single_first: bool = False
    number: int = 0


FIRST: Final = Turn()


def turn(number: int) -> Turn:
    """Give what a worker's claim of that number looks at first."""
    lanes = LANES if number % BACKFILL_EVERY else LANES[::-1]
    return Turn(lanes, number % SINGLE_EVERY == SINGLE_EVERY - 1, number)
