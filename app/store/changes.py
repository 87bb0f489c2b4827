"""The change feed: writers leave entries in an outbox, and one at a time numbers them once they are committed.

A number handed out by the writer would be read past while its transaction is still open. So the numbers are made here,
consecutive, over what is committed, under a lock that is held until they are committed too: what a reader has read up
to is complete for ever.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

CHANGED_CHANNEL: Final = "dateline_changed"
NUMBER_LOCK: Final = 0x64617465_000A
MOST_NUMBERED: Final = 10_000
"""Entries that are numbered in one transaction."""
MOST_COMPACTED: Final = 10_000
"""Entries that are dropped in one transaction."""

Kind = Literal["created", "revised", "merged", "split", "linked", "retopiced", "aliased", "retracted", "deleted"]

NOTE = text(
    """
    INSERT INTO change_outbox (kind, article_id, revision, other_id, story_id, topic, alias)
    SELECT * FROM unnest(CAST(:kinds AS text[]), CAST(:articles AS uuid[]), CAST(:revisions AS integer[]),
                         CAST(:others AS uuid[]), CAST(:stories AS uuid[]), CAST(:topics AS text[]),
                         CAST(:aliases AS text[]))
    """
)
TRY_NUMBER = text("SELECT pg_try_advisory_xact_lock(:lock)").bindparams(lock=NUMBER_LOCK)
TAKE_NUMBER = text("SELECT pg_advisory_xact_lock(:lock)").bindparams(lock=NUMBER_LOCK)
NUMBER = text(
    """
    WITH taken AS (
        DELETE FROM change_outbox WHERE id IN (SELECT id FROM change_outbox ORDER BY id LIMIT :most)
        RETURNING id, kind, article_id, revision, other_id, story_id, topic, alias, at
    ), fed AS (
        UPDATE change_feed SET last_seq = last_seq + (SELECT count(*) FROM taken)
        WHERE EXISTS (SELECT FROM taken) RETURNING last_seq - (SELECT count(*) FROM taken) AS before
    ), numbered AS (
        INSERT INTO changes (seq, kind, article_id, revision, other_id, story_id, topic, alias, at)
        SELECT fed.before + row_number() OVER (ORDER BY taken.id), kind, article_id, revision, other_id, story_id,
               topic, alias, at FROM taken CROSS JOIN fed
        RETURNING seq
    )
    SELECT count(*) FROM numbered
    """
)
TELL = text("SELECT pg_notify(:channel, '')").bindparams(channel=CHANGED_CHANNEL)
COMPACT = text(
    """
    WITH oldest AS (
        SELECT seq, at < clock_timestamp() - make_interval(days => :days) AS old FROM changes
        WHERE seq <= (SELECT linked_seq FROM change_feed) ORDER BY seq LIMIT :most
    ), last AS (SELECT coalesce(min(seq) FILTER (WHERE NOT old) - 1, max(seq)) AS seq FROM oldest), gone AS (
        DELETE FROM changes WHERE seq <= (SELECT seq FROM last) RETURNING seq
    ), kept AS (
        UPDATE change_feed SET horizon = (SELECT seq FROM last) WHERE EXISTS (SELECT FROM gone) RETURNING horizon
    )
    SELECT count(*) FROM gone
    """
)


@dataclass(frozen=True, slots=True)
class Change:
    """One entry. `other_id` is the article that one was merged into, split off, or is a duplicate of.

    `linked` has the story and the article that it is a duplicate of, None where it is none's any more; `aliased` the
    topic (a slug) that `alias` counts as from now on, itself where it was taken back; `retopiced` an article whose
    topics changed without a revision, or a `topic` whose place among others did.
    """

    kind: Kind
    article_id: UUID | None = None
    revision: int | None = None
    other_id: UUID | None = None
    story_id: UUID | None = None
    topic: str | None = None
    alias: str | None = None


async def note(connection: AsyncConnection, entries: Iterable[Change]) -> None:
    """Leave entries in the outbox, inside the transaction that makes the changes.

    Where one article's changes must stay in their order, the caller holds the article, so that the later ids are later.
    """
    found = list(entries)
    if found:
        await connection.execute(
            NOTE,
            {
                "kinds": [one.kind for one in found],
                "articles": [one.article_id for one in found],
                "revisions": [one.revision for one in found],
                "others": [one.other_id for one in found],
                "stories": [one.story_id for one in found],
                "topics": [one.topic for one in found],
                "aliases": [one.alias for one in found],
            },
        )


async def number(connection: AsyncConnection) -> bool:
    """Give what is committed its numbers, up to 10,000 entries; True where there may be more, False where another does it."""
    if not await connection.scalar(TRY_NUMBER):
        return False
    numbered: int = await connection.scalar(NUMBER, {"most": MOST_NUMBERED})
    if numbered:
        await connection.execute(TELL)
    return numbered == MOST_NUMBERED


async def compact(connection: AsyncConnection, days: int) -> bool:
    """Drop entries that are older than so many days and were linked, up to 10,000 of the oldest; True where there may be more.

    Only the feed's beginning goes, so that what is kept has no gap; `horizon` says up to where.
    """
    await connection.execute(TAKE_NUMBER)
    dropped: int = await connection.scalar(COMPACT, {"days": days, "most": MOST_COMPACTED})
    return dropped >= MOST_COMPACTED
