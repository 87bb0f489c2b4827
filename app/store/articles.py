"""Writes a batch of arrivals: claims their keys, locks what they meet, has each decided, carries it all out.

One transaction, a constant number of statements whatever the size of the batch. Everything is locked in one order
(keys sorted, then articles by id, then topics by fold), so that concurrent workers wait and never deadlock.
"""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from app.settings import KEPT_REVISIONS
from app.store import history, holders, rows, source_counts
from app.store.changes import Change, note
from app.store.corrections import write_corrections
from app.store.identity import decide
from app.store.meeting import candidates, meet
from app.store.merging import merge
from app.store.plan import Arrival, Plan, Saved


async def save(
    connection: AsyncConnection, arrivals: Sequence[Arrival], *, kept_revisions: int = KEPT_REVISIONS
) -> list[Saved]:
    """Store a batch inside the caller's transaction; give each arrival's outcome, in order."""
    batch = candidates(arrivals, (uuid7() for _ in arrivals))
    saved: list[Saved] = []
    if not batch:
        return saved
    met = await meet(connection, batch)
    while len(saved) < len(batch):
        plan = decide(batch[len(saved) :], met)
        await carry_out(connection, plan, kept_revisions)
        saved += plan.saved
        if plan.one is not None:
            await merge(connection, met, plan.one, kept_revisions)
    return [Saved(one.outcome, met.now(one.article_id)) for one in saved]


async def carry_out(connection: AsyncConnection, plan: Plan, kept_revisions: int) -> None:
    """Write what was decided."""
    await rows.repoint_keys(connection, list(plan.merged.items()))
    await rows.insert_articles(connection, plan.inserts)
    await rows.revise_articles(connection, plan.revisions)
    await history.drop_middle(connection, plan.revisions, kept_revisions)
    await rows.write_authors(connection, plan.written)
    await rows.write_topics(connection, plan.written)
    await rows.write_sightings(connection, plan.sightings)
    await holders.share(connection, plan.shared)
    await holders.hand_over(connection, [(key, owner) for owner, (keys, _) in plan.split.items() for key in keys])
    await note(connection, told(plan))
    await source_counts.count_sightings(connection, plan.sightings.values())
    await rows.name_articles(connection, plan.named)
    await rows.follow_arrivals(connection, plan.followed)
    await write_corrections(connection, plan.corrections)


def told(plan: Plan) -> list[Change]:
    """Give what a plan tells the change feed."""
    split = [(one, left) for one, (_, left) in plan.split.items() if one in plan.inserts]
    return [
        *(Change("created", article_id, 1) for article_id in plan.inserts),
        *(Change("split", one, 1, other_id=left) for one, left in split),
        *(Change("revised", article_id, new.number) for article_id, new in plan.revisions.items()),
    ]
