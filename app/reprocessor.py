"""Runs stored submissions through today's pipeline in the background of a worker, one slice of articles after the other.

It has an extraction process of its own, with a low priority, for as long as a run is on, and rests while live
submissions wait: what arrives goes first. Each slice is committed together with how far the walk has come, or not at all.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.beside import beside
from app.db import STORE_ERRORS, Database, refused
from app.extraction import Broken, Done, Extracted, Job, Pipeline, Recalled, Refused
from app.extractor import NICENESS, Extractor, patient
from app.formats.read import hints_of
from app.giving_way import give_way
from app.outage import Outage
from app.pipeline.run import PIPELINE_VERSION
from app.queue import reprocessings
from app.queue.reprocessings import CAREFUL, STRIKES, Reprocessing
from app.settings import Settings
from app.store import background
from app.store.candidates import Body, Candidate, Walk, bodies, following
from app.store.plan import Arrival
from app.store.renewal import Result, renew
from app.store.tally import added
from app.verdict import printable
from app.walled import NotStarted

log = structlog.get_logger()

LARGEST_SLICE: Final = CAREFUL
"""Few, as a worker that builds and stores a slice does nothing else for that moment."""
SLICE_SECONDS: Final = 0.25
"""Of a limited rate a slice holds the articles of so much time, so that the load is even."""
NO_SUCH_ITEM: Final = "The submission holds no such item any more."
STRUCK: Final = "Its worker died or hung each time that it was tried."


class Reprocessor:
    """Takes the run that is on whenever nobody has it, and walks it until it ends, is cancelled or lost."""

    def __init__(self, database: Database, settings: Settings, pipeline: Pipeline) -> None:
        self.database = database
        self.settings = patient(settings, extract_processes=1)
        self.pipeline = pipeline
        self.lease = timedelta(seconds=settings.lease_seconds)

    async def run(self) -> None:
        """Look for a run and walk it, again and again; nothing that goes wrong here ends the worker.

        Where the store or a fault of ours ended a walk, its lease is left to run out: whoever comes next goes on
        carefully, and so past an article that the store cannot cope with.
        """
        outage = Outage("reprocessing_interrupted")
        while True:
            try:
                await self.look()
                outage.over()
            except (*STORE_ERRORS, NotStarted) as error:
                await asyncio.sleep(outage.failed(error))
            except Exception:
                log.exception("reprocessing_failed")
            await asyncio.sleep(self.settings.poll_seconds)

    async def look(self) -> None:
        """Take the run that is on, if nobody has it, and walk it."""
        token = uuid4()
        async with self.database.transaction() as connection:
            run = await reprocessings.claim(connection, token, PIPELINE_VERSION, self.lease)
        if run is None:
            return
        log.info("reprocessing_taken", run=str(run.id), seen=run.tally.seen, of=run.articles)
        async with beside(self.keep_lease(token)):
            try:
                async with Extractor(self.settings, self.pipeline, niceness=NICENESS) as extractor:
                    async with self.database.reading() as connection:
                        extractor.use(await background.numbered(connection, run.wish.background or 0))
                    await self.walk(run, token, extractor)
            except (asyncio.CancelledError, NotStarted):
                await self.release(token)
                raise

    async def keep_lease(self, token: UUID) -> None:
        """Extend the lease while the run is in hand."""
        while True:
            await asyncio.sleep(self.settings.lease_seconds / 3)
            try:
                async with self.database.transaction() as connection:
                    await reprocessings.extend(connection, token, self.lease)
            except STORE_ERRORS as error:
                log.warning("lease_not_extended", error=str(error))

    async def release(self, token: UUID) -> None:
        """Leave the run to another worker at once."""
        try:
            async with self.database.transaction() as connection:
                await reprocessings.release(connection, token)
        except STORE_ERRORS as error:
            log.warning("lease_not_released", error=str(error))

    async def walk(self, run: Reprocessing, token: UUID, extractor: Extractor) -> None:
        """Take slice after slice at the run's rate, until there is none left or the run is no longer ours."""
        current: Reprocessing | None = run
        while current is not None:
            began, rate = time.monotonic(), current.wish.rate
            await give_way(self.database)
            found = await self.next_slice(current)
            if not found:
                async with self.database.transaction() as connection:
                    await reprocessings.finish(connection, token)
                return
            current = await self.step(current, token, extractor, found)
            if rate:
                await asyncio.sleep(began + len(found) / rate - time.monotonic())

    async def next_slice(self, run: Reprocessing) -> list[Candidate]:
        """Give the next articles of the walk."""
        if run.until_id is None:
            return []
        async with self.database.reading() as connection:
            walk = Walk(run.wish.filters, run.after_id, run.until_id)
            return await following(connection, walk, most=slice_size(run), most_bytes=self.settings.claim_bytes)

    async def step(
        self, run: Reprocessing, token: UUID, extractor: Extractor, found: Sequence[Candidate]
    ) -> Reprocessing | None:
        """See one slice through; where the store refuses it, article by article. None where the run is no longer ours."""
        if run.strikes >= STRIKES:
            return await self.store(token, [Result(candidate, reason=STRUCK) for candidate in found])
        results = await self.results(extractor, found)
        try:
            return await self.store(token, results)
        except DBAPIError as error:
            if not refused(error):
                raise
            log.warning("slice_not_stored", error=str(error.orig), articles=len(results))
        current: Reprocessing | None = run
        for result in results:
            current = await self.store_alone(token, result) if current is not None else None
        return current

    async def store_alone(self, token: UUID, result: Result) -> Reprocessing | None:
        """Store one article's result; where the store refuses that, leave the article as it is."""
        try:
            return await self.store(token, [result])
        except DBAPIError as error:
            if not refused(error):
                raise
            return await self.store(token, [Result(result.candidate, reason=printable(str(error.orig)))])

    async def results(self, extractor: Extractor, found: Sequence[Candidate]) -> list[Result]:
        """Run the items that articles came in through the pipeline, each submission once."""
        wanted: dict[UUID, set[int]] = {}
        for candidate in found:
            wanted.setdefault(candidate.submission_id, set()).add(candidate.position)
        async with self.database.reading() as connection:
            there = await bodies(connection, wanted)
        jobs = [job(body, wanted[submission_id]) for submission_id, body in there.items()]
        extracted = await extractor.extract(jobs)
        items = {
            (submission_id, item.position): item
            for submission_id, made in zip(there, extracted, strict=True)
            for item in made
        }
        return [result_of(candidate, there, items) for candidate in found]

    async def store(self, token: UUID, results: Sequence[Result]) -> Reprocessing | None:
        """Write results and how far the walk has come in one transaction; again where it collided with live work.

        None where the run was cancelled or another worker has it: then nothing is written.
        """

        async def written(connection: AsyncConnection) -> Reprocessing | None:
            run = await reprocessings.hold(connection, token)
            if run is None:
                return None
            findings = await renew(
                connection,
                results,
                await clock(connection),
                dry_run=run.wish.dry_run,
                kept_revisions=self.settings.kept_revisions,
            )
            so_far = added(run.tally, findings, run.wish.most_examples)
            return await reprocessings.advance(connection, token, results[-1].candidate.article_id, so_far)

        return await self.database.commit(written)


async def clock(connection: AsyncConnection) -> datetime:
    """Give the time by the database's clock, as embargoes end by no other."""
    now: datetime = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
    return now


def slice_size(run: Reprocessing) -> int:
    """Give how many articles are taken at once."""
    if run.careful:
        return 1
    if run.wish.rate is None:
        return LARGEST_SLICE
    return max(1, min(LARGEST_SLICE, int(run.wish.rate * SLICE_SECONDS)))


def job(body: Body, positions: Iterable[int]) -> Job:
    """Give what extraction needs; `now` is the submission's arrival, as it was the first time."""
    return Job(body.body, body.content_type, hints_of(body.hints), body.received_at, frozenset(positions))


def result_of(candidate: Candidate, there: Mapping[UUID, Body], items: Mapping[tuple[UUID, int], Extracted]) -> Result:
    """Give what became of the item that a candidate came in."""
    body = there.get(candidate.submission_id)
    if body is None:
        return Result(candidate, left="overtaken")
    match items.get((candidate.submission_id, candidate.position)):
        case Done(position, span, article):
            return Result(candidate, Arrival(candidate.submission_id, position, body.received_at, article, span))
        case Recalled(retraction=retraction):
            return Result(candidate, left="retracted", reason=f"It reads as {retraction.status}.")
        case Broken(error=error):
            return Result(candidate, left="broken", reason=printable(error))
        case Refused(reason=reason):
            return Result(candidate, left="rejected", reason=reason)
        case None:
            return Result(candidate, left="rejected", reason=NO_SUCH_ITEM)
