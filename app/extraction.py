"""The walled-off place where strangers' text is worked on: processes with a limit of time and memory.

A crash, a hang or a leak there costs one item and nothing else: what broke a batch is tried again job by job, then
item by item, then with the poorer fallback; only what breaks even that is given up. The text libraries are loaded
there alone.
"""

import asyncio
import contextlib
import math
import os
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from app.formats.read import read
from app.formats.unreadable import UnknownType, Unreadable
from app.pipeline.article import Article, RawItem, Rejected, Retraction, Stated
from app.pipeline.background import DEFAULT, Background, Inference
from app.settings import Settings
from app.walled import Breach, WalledOff

Process = Callable[[RawItem, datetime, Inference], Article | Rejected | Retraction]
NONE_LEFT: frozenset[int] = frozenset()
WARM_UP = (
    "A calm day\nBy Maren Holt\n14 March 2026\nThe harbour of Port Ellery was calm, said the keeper of its lighthouse."
)


@dataclass(frozen=True, slots=True)
class Job:
    """One submission's body; `positions` are the items wanted, None for all, and `now` is when it arrived.

    Those before `first` come last.
    """

    body: bytes
    content_type: str
    hints: Stated
    now: datetime
    positions: frozenset[int] | None = None
    first: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """An item became an article."""

    position: int
    span: tuple[int, int] | None
    article: Article


@dataclass(frozen=True, slots=True)
class Refused:
    """An item is no article, for a reason that its sender can act on."""

    position: int
    span: tuple[int, int] | None
    reason: str


@dataclass(frozen=True, slots=True)
class Broken:
    """An item broke the pipeline."""

    position: int
    span: tuple[int, int] | None
    error: str


@dataclass(frozen=True, slots=True)
class Recalled:
    """An item says that an article must not be used."""

    position: int
    span: tuple[int, int] | None
    retraction: Retraction


Extracted = Done | Refused | Broken | Recalled


@dataclass(frozen=True, slots=True)
class Part:
    """What a call made of one job: items that are done, and the positions that it had no time for (None for all)."""

    found: list[Extracted]
    left: frozenset[int] | None


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The two ways to process an item, as import paths `module:function`, so that the calling process loads neither."""

    full: str = "app.pipeline.run:process"
    fallback: str = "app.pipeline.run:fallback"


def load(path: str) -> Process:
    """Give the function at an import path."""
    module, _, name = path.partition(":")
    found: Process = getattr(__import__(module, fromlist=[name]), name)
    return found


@dataclass(slots=True)
class Learned:
    """What a walled-off process infers topics by: the archive's background as it was last told, by `learn` alone."""

    inference: Inference = DEFAULT


LEARNED = Learned()


def warm_up(path: str, inference: Inference, niceness: int = 0) -> None:
    """Load what the pipeline loads late, so that no item's time is spent on it; yield to others as far as that says."""
    learn(inference)
    load(path)(RawItem(0, WARM_UP), datetime(2026, 3, 14, tzinfo=UTC), inference)
    os.nice(niceness)


def learn(inference: Inference) -> None:
    """Have this process infer topics by that from now on; runs in the walled-off process."""
    LEARNED.inference = inference


def run_jobs(jobs: Sequence[Job], path: str, max_items: int, seconds: float) -> list[Part]:
    """Process jobs, beginning no item after so many seconds but the first; runs in the walled-off process.

    Many good items are no breach of a time limit: they go on in the next call.
    """
    process, ends = load(path), time.monotonic() + seconds
    parts: list[Part] = []
    for job in jobs:
        late = bool(parts) and time.monotonic() > ends
        parts.append(Part([], job.positions) if late else run_job(job, process, max_items, ends))
    return parts


def run_job(job: Job, process: Process, max_items: int, ends: float) -> Part:
    """Read a job's items and process those that are wanted, as far as the time goes."""
    try:
        items = wanted(job, max_items)
    except (UnknownType, Unreadable) as error:
        return Part([Refused(0, None, str(error))], NONE_LEFT)
    found: list[Extracted] = []
    for number, item in enumerate(items):
        if found and time.monotonic() > ends:
            return Part(found, frozenset(later.position for later in items[number:]))
        found.append(run_item(item, job.now, process))
    return Part(found, NONE_LEFT)


def wanted(job: Job, max_items: int) -> list[RawItem]:
    """Read the items of a job that are wanted, in the order in which they are; raises UnknownType and Unreadable."""
    items = read(job.body, job.content_type, job.hints, max_items=max_items)
    those = [item for item in items if job.positions is None or item.position in job.positions]
    return sorted(those, key=lambda item: item.position < job.first)


def run_alone(item: RawItem, now: datetime, path: str) -> Extracted:
    """Process a single item; runs in the walled-off process."""
    return run_item(item, now, load(path))


def run_item(item: RawItem, now: datetime, process: Process) -> Extracted:
    """Process one item; whatever it raises is that item's own failure, save MemoryError, which is the process's end."""
    try:
        result = process(item, now, LEARNED.inference)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a bug in a stage must not cost the item's mates; it is told and stored
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(frame.filename)}:{frame.lineno}"  # noqa: PTH119 - a name in a traceback
        return Broken(item.position, item.span, f"{type(error).__name__}: {error} ({where})")
    if isinstance(result, Rejected):
        return Refused(item.position, item.span, result.reason)
    if isinstance(result, Retraction):
        return Recalled(item.position, item.span, result)
    return Done(item.position, item.span, result)


def dealt(jobs: Sequence[Job], hands: int) -> Iterator[Sequence[Job]]:
    """Part jobs into runs of about as many bytes each, one for each process at most."""
    share = sum(len(job.body) for job in jobs) / hands
    start = size = 0
    for number, job in enumerate(jobs, 1):
        size += len(job.body)
        if (size and size >= share) or number == len(jobs):
            yield jobs[start:number]
            start, size = number, 0


class Extractor:
    """The walled-off processes; a context, as they must end. Nice ones leave the processor to others.

    Those that are lent run already, are whoever's they were, and go on when the context ends.
    """

    def __init__(
        self,
        settings: Settings,
        pipeline: Pipeline | None = None,
        *,
        niceness: int = 0,
        lent: Sequence[WalledOff] = (),
    ) -> None:
        self.settings = settings
        self.pipeline = pipeline or Pipeline()
        self.niceness = niceness
        self.inference = Inference(most=settings.inferred_topics)
        self.own = [
            WalledOff(settings.item_memory_bytes, *self.preparation())
            for _ in range(0 if lent else settings.extract_processes)
        ]
        self.processes = [*self.own, *lent]
        self.told = dict.fromkeys(self.own, self.inference)
        self.idle: asyncio.LifoQueue[WalledOff] = asyncio.LifoQueue()

    async def __aenter__(self) -> Self:
        """Start the processes now, so that the first item does not wait for the libraries."""
        for process in self.own:
            process.start()
        for process in self.processes:
            self.idle.put_nowait(process)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes, whatever they are at."""
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
        """Process jobs to their end; give each one's items."""
        return [part.found for part in await self.extract_for(math.inf, jobs)]

    async def extract_for(self, seconds: float, jobs: Sequence[Job]) -> list[Part]:
        """Process jobs, together where they behave; give each one's items, and those that so much time was too short for.

        Each process does one item at least, and ends the one that it has begun. Raises NotStarted where no process can
        be had.
        """
        hands = await asyncio.gather(*(self.together(hand, seconds) for hand in dealt(jobs, len(self.processes))))
        return [part for hand in hands for part in hand]

    async def together(self, jobs: Sequence[Job], seconds: float, *, suspect: bool = False) -> list[Part]:
        """Process jobs in as few calls as their time allows; where one breaks its call, those that are left alone.

        Alone each has that time anew, as otherwise one that hangs would leave none to its mates, again and again. A suspect
        was in a call that broke before: if it breaks one alone, that was its second time.
        """
        ends = time.monotonic() + seconds
        parts = [Part([], job.positions) for job in jobs]
        while left := {number: job for number, job in enumerate(jobs) if parts[number].left != NONE_LEFT}:
            rest = {number: replace(job, positions=parts[number].left) for number, job in left.items()}
            try:
                made = await self.call(list(rest.values()), ends - time.monotonic())
            except Breach:
                made = [await self.alone(job, seconds, again=len(rest) > 1, suspect=suspect) for job in rest.values()]
                ends = 0.0
            for number, part in zip(rest, made, strict=True):
                parts[number] = Part(parts[number].found + part.found, part.left)
            if time.monotonic() > ends:
                break
        return parts

    async def alone(self, job: Job, seconds: float, *, again: bool, suspect: bool) -> Part:
        """Process one job that has perhaps broken a call: `again` as it is, else item by item."""
        if again:
            return (await self.together([job], seconds, suspect=True))[0]
        try:
            items = await asyncio.to_thread(wanted, job, self.settings.max_items)
        except (UnknownType, Unreadable) as error:
            return Part([Refused(0, None, str(error))], NONE_LEFT)
        ends, guilty = time.monotonic() + seconds, suspect and len(items) == 1
        found: list[Extracted] = []
        for number, item in enumerate(items):
            if found and time.monotonic() > ends:
                return Part(found, frozenset(later.position for later in items[number:]))
            found.append(await self.item(item, job.now, guilty=guilty))
        return Part(found, NONE_LEFT)

    async def item(self, item: RawItem, now: datetime, *, guilty: bool) -> Extracted:
        """Process a single item; with the fallback where it breaks its process, given up where it breaks that too.

        A guilty one has broken a process alone, beside one in company: a third would only cost the others time.
        """
        for path in (self.pipeline.fallback,) if guilty else (self.pipeline.full, self.pipeline.fallback):
            try:
                async with self.process() as process:
                    return await process.run(self.settings.item_seconds, run_alone, item, now, path)
            except Breach as breach:
                error = f"extraction {breach}"
        return Broken(item.position, item.span, error)

    async def call(self, jobs: Sequence[Job], seconds: float) -> list[Part]:
        """Have a process run jobs within the time limit of one item, half of it for what may wait; raises Breach."""
        limit = self.settings.item_seconds
        most = min(limit / 2, seconds)
        async with self.process() as process:
            return await process.run(limit, run_jobs, jobs, self.pipeline.full, self.settings.max_items, most)

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
