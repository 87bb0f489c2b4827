"""The walled-off place where strangers' text is worked on: processes with a limit of time and memory.

A crash, a hang or a leak there costs one item and nothing else: what broke a batch is tried again job by job, then
item by item, then with the poorer fallback; only what breaks even that is given up. The text libraries are loaded
there alone.
"""

import asyncio
import multiprocessing
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import Self

from pebble import ProcessExpired, ProcessPool

from app.formats.read import read
from app.formats.unreadable import UnknownType, Unreadable
from app.pipeline.article import Article, RawItem, Rejected, Stated
from app.processes import end_with_parent
from app.settings import Settings

Process = Callable[[RawItem, datetime], Article | Rejected]


@dataclass(frozen=True, slots=True)
class Job:
    """One submission's body; `positions` are the items wanted, None for all, and `now` is when it arrived."""

    body: bytes
    content_type: str
    hints: Stated
    now: datetime
    positions: frozenset[int] | None = None


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


Extracted = Done | Refused | Broken


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


def settle_in(parent: int, memory: int, pipeline: Pipeline) -> None:
    """Prepare a process: bound to its parent's life and to its memory, with the libraries loaded before the first item."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us when it is done
    end_with_parent(parent, signal.SIGKILL)
    if sys.platform.startswith("linux"):  # elsewhere the system takes no such limit, or does not keep it
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    load(pipeline.full)


def run_jobs(jobs: Sequence[Job], path: str, max_items: int) -> list[list[Extracted]]:
    """Process jobs; runs in the walled-off process."""
    process = load(path)
    return [run_job(job, process, max_items) for job in jobs]


def run_job(job: Job, process: Process, max_items: int) -> list[Extracted]:
    """Read a job's items and process the wanted ones."""
    try:
        items = read(job.body, job.content_type, job.hints, max_items=max_items)
    except (UnknownType, Unreadable) as error:
        return [Refused(0, None, str(error))]
    return [
        run_item(item, job.now, process) for item in items if job.positions is None or item.position in job.positions
    ]


def run_item(item: RawItem, now: datetime, process: Process) -> Extracted:
    """Process one item; whatever it raises is that item's own failure."""
    try:
        result = process(item, now)
    except Exception as error:  # noqa: BLE001 - a bug in a stage must not cost the item's mates; it is told and stored
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(frame.filename)}:{frame.lineno}"  # noqa: PTH119 - a name in a traceback
        return Broken(item.position, item.span, f"{type(error).__name__}: {error} ({where})")
    if isinstance(result, Rejected):
        return Refused(item.position, item.span, result.reason)
    return Done(item.position, item.span, result)


def positions_of(job: Job, max_items: int) -> list[tuple[int, tuple[int, int] | None]]:
    """Give the positions and spans of a job's items, without processing them."""
    items = read(job.body, job.content_type, job.hints, max_items=max_items)
    return [(item.position, item.span) for item in items if job.positions is None or item.position in job.positions]


class Extractor:
    """A pool of walled-off processes; a context, as the processes must end."""

    def __init__(self, settings: Settings, pipeline: Pipeline | None = None) -> None:
        self.settings = settings
        self.pipeline = pipeline or Pipeline()
        self.pool = ProcessPool(
            max_workers=settings.extract_processes,
            context=multiprocessing.get_context("spawn"),
            initializer=settle_in,
            initargs=(os.getpid(), settings.item_memory_bytes, self.pipeline),
        )

    async def __aenter__(self) -> Self:
        """Start the processes now, so that the first item does not wait for the libraries."""
        self.pool.schedule(run_jobs, ((), self.pipeline.full, 0))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes, whatever they are at."""
        self.pool.stop()  # type: ignore[no-untyped-call]
        await asyncio.to_thread(self.pool.join)

    async def extract(self, jobs: Sequence[Job]) -> list[list[Extracted]]:
        """Process jobs, together where they behave; give each one's items by position."""
        if not jobs:
            return []
        try:
            return await self.call(jobs, self.pipeline.full)
        except (TimeoutError, ProcessExpired, MemoryError):
            if len(jobs) == 1:
                return [await self.extract_items(jobs[0])]
        return [await self.extract_alone(job) for job in jobs]

    async def extract_alone(self, job: Job) -> list[Extracted]:
        """Process one job that has perhaps broken a batch."""
        try:
            return (await self.call([job], self.pipeline.full))[0]
        except (TimeoutError, ProcessExpired, MemoryError):
            return await self.extract_items(job)

    async def extract_items(self, job: Job) -> list[Extracted]:
        """Process a job that broke its process item by item."""
        try:
            positions = await asyncio.to_thread(positions_of, job, self.settings.max_items)
        except (UnknownType, Unreadable) as error:
            return [Refused(0, None, str(error))]
        found: list[Extracted] = []
        for position, span in positions:
            found += await self.extract_item(replace(job, positions=frozenset({position})), position, span)
        return found

    async def extract_item(self, job: Job, position: int, span: tuple[int, int] | None) -> list[Extracted]:
        """Process a single item; with the fallback where it breaks its process, given up where it breaks that too."""
        for path in (self.pipeline.full, self.pipeline.fallback):
            try:
                return (await self.call([job], path))[0]
            except TimeoutError:
                error = f"extraction took more than {self.settings.item_seconds:g} seconds"
            except (ProcessExpired, MemoryError) as caught:
                error = f"extraction crashed its process: {caught}"
        return [Broken(position, span, error)]

    async def call(self, jobs: Sequence[Job], path: str) -> list[list[Extracted]]:
        """Have a process run jobs within the time limit of one item; raises TimeoutError, ProcessExpired or MemoryError."""
        future = self.pool.schedule(run_jobs, (jobs, path, self.settings.max_items), timeout=self.settings.item_seconds)
        results: list[list[Extracted]] = await asyncio.wrap_future(future)
        return results
