"""The walled-off processes, with a limit of time and memory, and how they are given work.

A crash, a hang or a leak there costs one item and nothing else. A process says which job it is at, so that the one that
breaks it is known; that one is tried again item by item, then with the poorer fallback; only what breaks even that is
given up.
"""

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from types import TracebackType
from typing import Final, Self

from app.extraction import (
    NONE_LEFT,
    Broken,
    Extracted,
    Job,
    Part,
    Pipeline,
    Refused,
    items_of,
    learn,
    run_alone,
    run_jobs,
    warm_up,
)  # fmt: skip
from app.pipeline.article import RawItem
from app.pipeline.background import Background, Inference
from app.settings import Settings
from app.walled import Breach, WalledOff

NICENESS: Final = 5
"""How far processes give way whose work nobody waits for."""
PATIENCE: Final = 4
"""Times the usual limit that an item may take there, as who leaves the processor to others is slow on a busy machine."""


def dealt(jobs: Sequence[Job], hands: int) -> Iterator[Sequence[Job]]:
    """Part jobs into runs of about as many bytes each, one for each process at most."""
    share = sum(len(job.body) for job in jobs) / hands
    start = size = 0
    for number, job in enumerate(jobs, 1):
        size += len(job.body)
        if (size and size >= share) or number == len(jobs):
            yield jobs[start:number]
            start, size = number, 0


def patient(settings: Settings, **others: int) -> Settings:
    """Give the settings of an extractor that gives way, with others than everybody's."""
    return settings.model_copy(update={"item_seconds": settings.item_seconds * PATIENCE, **others})


class Extractor:
    """The walled-off processes; a context, as they must end. Nice ones leave the processor to others.

    Those that are waiting start when they are first needed. Those that are lent run already, are whoever's they were, and
    go on when the context ends.
    """

    def __init__(
        self,
        settings: Settings,
        pipeline: Pipeline | None = None,
        *,
        niceness: int = 0,
        waiting: bool = False,
        lent: Sequence[WalledOff] = (),
    ) -> None:
        self.settings = settings
        self.pipeline = pipeline or Pipeline()
        self.niceness = niceness
        self.waiting = waiting
        self.inference = Inference(most=settings.inferred_topics)
        self.own = [
            WalledOff(settings.item_memory_bytes, *self.preparation())
            for _ in range(0 if lent else settings.extract_processes)
        ]
        self.processes = [*self.own, *lent]
        self.told = dict.fromkeys(self.own, self.inference)
        self.idle: asyncio.LifoQueue[WalledOff] = asyncio.LifoQueue()

    async def __aenter__(self) -> Self:
        """Start the processes now, so that the first item does not wait for the libraries; those that wait start with it."""
        for process in () if self.waiting else self.own:
            process.start()
        for process in self.processes:
            self.idle.put_nowait(process)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes, whatever they are at."""
        await self.stop()

    async def stop(self) -> None:
        """End the processes; the next call starts them again."""
        await asyncio.gather(*(process.stop() for process in self.own))

    def preparation(self) -> tuple[Callable[..., None], str, Inference, int]:
        """Give what is run first in a process, with its arguments."""
        return warm_up, self.pipeline.full, self.inference, self.niceness

    def use(self, background: Background) -> None:
        """Have all processes infer topics by a snapshot of the archive, each from its next call on."""
        self.inference = replace(self.inference, background=background)
        for process in self.processes:
            process.prepare = self.preparation()

    async def extract(self, jobs: Sequence[Job]) -> list[list[Extracted]]:
        """Process jobs to their end, whatever they break; give each one's items."""
        return [
            await self.to_the_end(job, part)
            for job, part in zip(jobs, await self.extract_for(math.inf, jobs), strict=True)
        ]

    async def to_the_end(self, job: Job, part: Part) -> list[Extracted]:
        """Give a part's items, with those of what it left when its job broke a process."""
        if part.broke is None:
            return part.found
        rest = await self.extract_alone(math.inf, replace(job, positions=part.left))
        unread = [] if rest.broke is None else [Broken(one, None, rest.broke) for one in sorted(rest.left or {0})]
        return [*part.found, *rest.found, *unread]

    async def extract_for(self, seconds: float, jobs: Sequence[Job]) -> list[Part]:
        """Process jobs, together where they behave; give each one's items, and those that so much time was too short for.

        Each process does one item at least, and ends the one that it has begun. A job that breaks its process is tried no
        further. Raises NotStarted where no process can be had.
        """
        hands = await asyncio.gather(*(self.together(hand, seconds) for hand in dealt(jobs, len(self.processes))))
        return [part for hand in hands for part in hand]

    async def together(self, jobs: Sequence[Job], seconds: float) -> list[Part]:
        """Process jobs in as few calls as their time allows."""
        ends = time.monotonic() + seconds
        parts = [Part([], job.positions) for job in jobs]
        while left := {
            number: job
            for number, job in enumerate(jobs)
            if parts[number].left != NONE_LEFT and parts[number].broke is None
        }:
            rest = {number: replace(job, positions=parts[number].left) for number, job in left.items()}
            made = await self.call(list(rest.values()), ends - time.monotonic(), seconds)
            for number, part in zip(rest, made, strict=True):
                parts[number] = Part(parts[number].found + part.found, part.left, part.broke)
            if time.monotonic() > ends:
                break
        return parts

    async def call(self, jobs: Sequence[Job], seconds: float, anew: float) -> list[Part]:
        """Have a process run jobs within the time limit of one item, half of it for what may wait.

        Where one breaks it, those before that one are run again, as they behaved and nothing else is left of them; they have
        so much time `anew`, as it has perhaps taken all of theirs. Those behind it are left.
        """
        limit = self.settings.item_seconds
        most = min(limit / 2, seconds)
        try:
            async with self.process() as process:
                return await process.run(limit, run_jobs, jobs, self.pipeline.full, self.settings.max_items, most)
        except Breach as breach:
            number = min(breach.reached, len(jobs) - 1)  # a call that was given up may still write, until it is ended
            before, behind = jobs[:number], jobs[number + 1 :]
            culprit = Part([], jobs[number].positions, f"extraction {breach}")
        made = await self.together(before, anew) if before else []
        return [*made, culprit, *(Part([], job.positions) for job in behind)]

    async def extract_alone(self, seconds: float, job: Job) -> Part:
        """Process one job that has broken a process, or perhaps has, item by item; `broke` where it cannot even be read."""
        try:
            async with self.process() as process:
                items = await process.run(self.settings.item_seconds, items_of, job, self.settings.max_items)
        except Breach as breach:
            return Part([], job.positions, f"extraction {breach}")
        if isinstance(items, str):
            return Part([Refused(0, None, items)], NONE_LEFT)
        ends = time.monotonic() + seconds
        found: list[Extracted] = []
        for number, item in enumerate(items):
            if found and time.monotonic() > ends:
                return Part(found, frozenset(later.position for later in items[number:]))
            found.append(await self.item(item, job))
        return Part(found, NONE_LEFT)

    async def item(self, item: RawItem, job: Job) -> Extracted:
        """Process a single item; with the fallback where it breaks its process, given up where it breaks that too."""
        for path in (self.pipeline.full, self.pipeline.fallback):
            try:
                async with self.process() as process:
                    return await process.run(self.settings.item_seconds, run_alone, item, job.now, path)
            except Breach as breach:
                error = f"extraction {breach}"
        return Broken(item.position, item.span, error)

    @asynccontextmanager
    async def process(self) -> AsyncIterator[WalledOff]:
        """Lend a process that nobody else uses; waits for one."""
        process = await self.idle.get()
        try:
            if self.told.get(process) is not self.inference:
                self.told[process] = self.inference
                with contextlib.suppress(Breach):  # it starts anew, and is prepared with the same
                    await process.run(self.settings.item_seconds, learn, self.inference)
            yield process
        finally:
            self.idle.put_nowait(process)
