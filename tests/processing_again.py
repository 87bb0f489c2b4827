"""Stores articles as an older pipeline would have made them, and runs them through today's in this process."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text
from uuid_utils.compat import uuid7

from app.db import Database
from app.extraction import Done, Extracted, Pipeline, run_jobs
from app.pipeline.article import Article
from app.reprocessor import job, result_of
from app.store.articles import save
from app.store.candidates import Body, Candidate, Filters, Walk, bodies, extent, following
from app.store.plan import Arrival
from app.store.renewal import Result, renew
from app.store.tables import submission_items, submissions
from app.store.tally import Finding
from tests.builders import NOON

Older = Callable[[Article], Article]


def story(number: int) -> str:
    """Give an article that no other is like, with a list of topics."""
    return (
        f"Report number {number} from the coast\nBy Maren Holt\n2025-03-{number % 28 + 1:02d}\n\n"
        f"The lighthouse keeper counted {number} ships and {number * 7} gulls before noon, more than usual.\n\n"
        "The plan covers:\nNight shifts: No crew works more than three nights.\nWinter pay: The bonus rises.\n"
    )


def ran(body: Body, positions: set[int] | None = None, pipeline: str = Pipeline().full) -> list[Extracted]:
    """Run a submission through the pipeline in this process."""
    asked = job(body, positions or range(1000))
    [part] = run_jobs([asked], pipeline, 1000, 60)
    return part.found


async def taken_in(
    database: Database,
    body: str | bytes,
    content_type: str = "text/plain",
    *,
    older: Older = lambda article: article,
    **hints: str,
) -> list[UUID]:
    """Store a submission and its articles as an older pipeline made them; give their ids."""
    sent = Body(NOON, content_type, body.encode() if isinstance(body, str) else body, hints)
    submission_id = uuid7()
    row = {
        "id": submission_id, "received_at": NOON, "content_type": content_type, "body": sent.body,
        "body_bytes": len(sent.body), "hints": hints, "state": "done",
    }  # fmt: skip
    done = [found for found in ran(sent) if isinstance(found, Done)]
    arrivals = [Arrival(submission_id, one.position, NOON, older(one.article), one.span) for one in done]
    async with database.transaction() as connection:
        await connection.execute(insert(submissions).values(row))
        saved = await save(connection, arrivals)
        items = [
            {"submission_id": submission_id, "position": a.position, "outcome": s.outcome, "article_id": s.article_id}
            for a, s in zip(arrivals, saved, strict=True)
        ]
        await connection.execute(insert(submission_items), items)
    return [one.article_id for one in saved]


async def results(database: Database, filters: Filters | None = None, pipeline: str = Pipeline().full) -> list[Result]:
    """Give what today's pipeline makes of everything that is stored."""
    async with database.reading() as connection:
        _, until = await extent(connection, filters or Filters())
        assert until is not None
        walk = Walk(filters or Filters(), None, until)
        found: list[Candidate] = await following(connection, walk, most=1000, most_bytes=10**9)
        there = await bodies(connection, {one.submission_id for one in found})
    items = {(id_, item.position): item for id_, body in there.items() for item in ran(body, None, pipeline)}
    return [result_of(one, there, items) for one in found]


async def renewed(database: Database, made: list[Result], *, dry_run: bool = False) -> list[Finding]:
    """Hold results against what is stored, and store them unless it is a dry run."""
    async with database.transaction() as connection:
        return await renew(connection, made, NOON, dry_run=dry_run)


async def again(database: Database, *, dry_run: bool = False, pipeline: str = Pipeline().full) -> list[Finding]:
    """Run everything through today's pipeline."""
    return await renewed(database, await results(database, None, pipeline), dry_run=dry_run)


async def asked(database: Database, statement: str, **given: Any) -> Any:
    """Give the one value that a statement asks for."""
    async with database.reading() as connection:
        return await connection.scalar(text(statement), given)


__all__ = ["again", "asked", "ran", "renewed", "results", "story", "taken_in"]
