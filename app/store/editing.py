"""Writes down what an editor says of an article: as a revision where clients see it change, else in place."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.pipeline.corrections import Wish, amended
from app.store import rows, topic_counts
from app.store.candidates import Candidate
from app.store.corrections import drop_correction, read_corrections, write_corrections
from app.store.differences import differences
from app.store.plan import Arrival
from app.store.printed_topics import printed_now, printed_then, stored_topics
from app.store.read_back import article_of
from app.store.renewal import STORED, Result, carry_out, outcome_of
from app.store.tables import articles
from app.store.tally import Finding


async def hold(connection: AsyncConnection, article_id: UUID) -> Mapping[str, Any] | None:
    """Lock an article and give its row; None where there is none."""
    statement = STORED.where(articles.c.id == article_id).with_for_update(key_share=True)
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else dict(row)


async def amend(connection: AsyncConnection, row: Mapping[str, Any], wish: Wish, *, kept_revisions: int) -> None:
    """Fulfil an editor's wish about an article that the caller holds, inside the caller's transaction.

    The article keeps the item that it came in and how new that is, so that later arrivals are judged as before.
    """
    article_id: UUID = row["id"]
    await topic_counts.hold_aliases(connection)
    before = (await read_corrections(connection, [article_id])).get(article_id)
    shown, correction = amended(article_of(row, await stored_topics(connection, article_id)), before, wish)
    arrival = Arrival(row["submission_id"], row["position"], row["current_since"], shown)
    was = (await printed_then(connection, [article_id])).get(article_id, ())
    [now] = await printed_now(connection, [shown])
    found = differences(row, was, rows.columns_of(article_id, row["revision"], arrival), now)
    candidate = Candidate(article_id, row["revision"], row["submission_id"], row["position"], 0, shared=False)
    finding = Finding(article_id, outcome_of(found), found)
    await carry_out(connection, [(Result(candidate, arrival), finding)], {article_id: row}, kept_revisions)
    if correction is None:
        await drop_correction(connection, article_id)
    elif correction != before:
        await write_corrections(connection, {article_id: correction})
