"""Writes a batch of arrivals: claims their keys, locks what they meet, has each decided, carries it all out.

One transaction, a constant number of statements whatever the size of the batch. Everything is locked in one order
(keys sorted, then articles by id, then topics by fold), so that concurrent workers wait and never deadlock.
"""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from app.pipeline import changes
from app.settings import KEPT_REVISIONS
from app.store import history, rows
from app.store.corrections import write_corrections
from app.store.identity import Candidate, decide, meet
from app.store.plan import Arrival, Plan, Saved


async def save(
    connection: AsyncConnection, arrivals: Sequence[Arrival], *, kept_revisions: int = KEPT_REVISIONS
) -> list[Saved]:
    """Store a batch inside the caller's transaction; give each arrival's outcome, in order."""
    batch = [Candidate(uuid7(), arrival, changes.keys(arrival.article)) for arrival in arrivals]
    saved: list[Saved] = []
    if not batch:
        return saved
    met = await meet(connection, batch)
    while len(saved) < len(batch):
        plan = decide(batch[len(saved) :], met)
        await carry_out(connection, plan, kept_revisions)
        saved += plan.saved
    return saved


async def carry_out(connection: AsyncConnection, plan: Plan, kept_revisions: int) -> None:
    """Write what was decided."""
    await rows.repoint_keys(connection, list(plan.merged.items()))
    await rows.insert_articles(connection, plan.inserts)
    await rows.revise_articles(connection, plan.revisions)
    await history.drop_middle(connection, plan.revisions, kept_revisions)
    await rows.write_authors(connection, plan.written)
    await rows.write_topics(connection, plan.written)
    await rows.write_sightings(connection, plan.sightings)
    await rows.follow_arrivals(connection, plan.followed)
    await write_corrections(connection, plan.corrections)
