"""What is done with strangers' text behind the wall, and what comes out: jobs go in, and of each item what became of it.

The text libraries are loaded in the walled-off processes alone.
"""

import os
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app.formats.read import read
from app.formats.unreadable import UnknownType, Unreadable
from app.pipeline.article import Article, RawItem, Rejected, Retraction, Stated
from app.pipeline.background import DEFAULT, Inference
from app.walled import reached

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
    """What a call made of one job: items that are done, and the positions that it had no time for (None for all).

    `broke` says how the job broke its process, if it did; those that are left are then still to be tried one by one.
    """

    found: list[Extracted]
    left: frozenset[int] | None
    broke: str | None = None


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
    for number, job in enumerate(jobs):
        reached(number)
        late = bool(parts) and time.monotonic() > ends
        parts.append(Part([], job.positions) if late else run_job(job, process, max_items, ends))
    return parts


def run_job(job: Job, process: Process, max_items: int, ends: float) -> Part:
    """Read a job's items and process those that are wanted, as far as the time goes."""
    items = items_of(job, max_items)
    if isinstance(items, str):
        return Part([Refused(0, None, items)], NONE_LEFT)
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


def items_of(job: Job, max_items: int) -> list[RawItem] | str:
    """Read the items of a job that are wanted, or say why they cannot be; runs in the walled-off process."""
    try:
        return wanted(job, max_items)
    except (UnknownType, Unreadable) as error:
        return str(error)


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
