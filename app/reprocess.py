"""`dateline reprocess`: makes a run that the workers walk, follows it with a progress bar, and tells what it came to."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.db import STORE_ERRORS, Database, connect
from app.errors import StartError
from app.query.topic_names import canonical
from app.queue import reprocessings
from app.queue.reprocessings import Reprocessing, Wish
from app.settings import Settings
from app.store import background
from app.store.tally import OUTCOMES, Example

STATEMENT_SECONDS: Final = 600.0
"""For the count of what is to be walked, which may be everything."""
LOOK_SECONDS: Final = 0.3
HOW_TO: Final = "`dateline reprocess status` shows it, `dateline reprocess cancel` stops it."


@asynccontextmanager
async def opened(url: str, settings: Settings) -> AsyncIterator[Database]:
    """Open the store for a command; raises StartError in plain words where it does not answer as it should."""
    database = connect(url, settings.model_copy(update={"statement_timeout": STATEMENT_SECONDS}))
    try:
        yield database
    except STORE_ERRORS as error:
        raise StartError(f"The store did not do it: {error}.") from error
    finally:
        await database.close()


async def begin(url: str, settings: Settings, wish: Wish) -> Reprocessing:
    """Make a run, which the workers take up; raises StartError where one runs already."""
    topic = wish.filters.topic
    async with opened(url, settings) as database, database.transaction() as connection:
        if topic is not None and not await canonical(connection, [topic]):
            raise StartError(f"There is no topic `{topic}`.")
        if wish.background and (await background.numbered(connection, wish.background)).number != wish.background:
            raise StartError(f"There is no snapshot {wish.background} of the archive's words.")
        made = await reprocessings.start(connection, wish)
        run = await reprocessings.last(connection) if made is None else await reprocessings.read(connection, made)
        if made is None:
            raise StartError(f"Another run is on: {headline(run)} {HOW_TO}" if run else "Another run was just ending.")
        return there(run)


def there(run: Reprocessing | None) -> Reprocessing:
    """Give a run that must be there; raises StartError where none is."""
    if run is None:
        raise StartError("Nothing has been reprocessed yet: `dateline reprocess --dry-run` looks what it would change.")
    return run


async def last(url: str, settings: Settings) -> Reprocessing:
    """Give the run that is on, else the last one; raises StartError where there was none."""
    async with opened(url, settings) as database, database.reading() as connection:
        return there(await reprocessings.last(connection))


async def cancel(url: str, settings: Settings) -> Reprocessing:
    """End the run that is on; what it has done stays done. Raises StartError where none is."""
    async with opened(url, settings) as database, database.transaction() as connection:
        run = await reprocessings.cancel(connection)
    if run is None:
        raise StartError("Nothing is being reprocessed.")
    return run


async def follow(url: str, settings: Settings, run_id: UUID) -> Reprocessing:
    """Show a run's progress until it ends, and give it."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    async with opened(url, settings) as database:
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("reprocessing", total=None)
            while True:
                async with database.reading() as connection:
                    run = there(await reprocessings.read(connection, run_id))
                if run.state != "running":
                    return run
                doing = (
                    "reprocessing" if run.held else f"waiting for a worker with pipeline {run.wish.pipeline_version}"
                )
                progress.update(task, description=doing, total=run.articles, completed=run.tally.seen)
                await asyncio.sleep(LOOK_SECONDS)


def headline(run: Reprocessing) -> str:
    """Tell a run in a sentence."""
    kind = "dry run" if run.wish.dry_run else "run"
    filters = "; ".join(
        f"{name} {', '.join(value) if isinstance(value, list) else value}"
        for name, value in run.wish.filters.as_json().items()
    )
    return (
        f"{kind} {run.id}, {run.state}, begun {run.created_at:%Y-%m-%d %H:%M:%S} UTC with pipeline "
        f"{run.wish.pipeline_version} and snapshot {run.wish.background} ({filters or 'all articles'}): {run.tally.seen:,} of {run.articles:,} articles."
    )


def report(run: Reprocessing) -> Iterator[str]:
    """Tell what a run came to, line by line: articles by outcome, changes by field, examples."""
    tally, dry = run.tally, run.wish.dry_run
    sentence = headline(run)
    yield sentence[0].upper() + sentence[1:] + (" Nothing was changed." if dry else "")
    for outcome, meaning in OUTCOMES.items():
        if count := tally.outcomes.get(outcome, 0):
            yield f"{count:>9,}  {outcome:<12} {meaning}"
    for title, counts in (("Fields that differ", tally.served), ("Differ without a revision", tally.beside)):
        if counts:
            yield f"{title}, by articles:"
            yield from (f"{count:>9,}  {name}" for name, count in sorted(counts.items(), key=lambda one: -one[1]))
    if tally.examples:
        yield "Examples:"
    for name, kept in tally.examples.items():
        for example in kept:
            yield from example_lines(name, example)


def example_lines(name: str, example: Example) -> Iterator[str]:
    """Tell one example: the article, and the field before and after."""
    yield f"  {name} of {example.article_id}" if name not in OUTCOMES else f"  {name}: {example.article_id}"
    if name not in OUTCOMES:
        yield f"    - {one_line(example.before)}"
    yield f"    + {one_line(example.after)}" if name not in OUTCOMES else f"    {one_line(example.after)}"


def one_line(text: str | None) -> str:
    """Give a text on one line."""
    return "(none)" if text is None else text.replace("\n", "⏎")
