"""`dateline reprocess`, and its `status` and `cancel`, as typed; what they do is in `reprocess.py`."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError

from app import reprocess as runs
from app.options import DataDir, StoreUrl, plainly, settings_of, store_of
from app.pipeline.run import PIPELINE_VERSION
from app.query.filters import From, To
from app.queue.reprocessings import Reprocessing, Wish
from app.settings import Settings
from app.store.candidates import Filters

app = typer.Typer(name="reprocess", invoke_without_command=True)


def time_read_by(bound: type) -> Any:
    """Give the reader of an option that is one end of a span of time."""

    def read(value: str) -> datetime:
        try:
            found: datetime = TypeAdapter(bound).validate_python(value)
        except ValidationError as error:
            raise typer.BadParameter(error.errors()[0]["msg"]) from error
        return found

    return read


def first_instant(what: str) -> Any:
    """Give the option for the beginning of a span."""
    return typer.Option(parser=time_read_by(From), metavar="TIME", help=f"{what} then or later.")


def last_instant(what: str) -> Any:
    """Give the option for the end of a span."""
    return typer.Option(parser=time_read_by(To), metavar="TIME", help=f"{what} then or earlier.")


@app.callback()
def reprocess(  # noqa: PLR0913 - one option a filter
    context: typer.Context,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing: say what would change.")] = False,
    source: Annotated[list[str] | None, typer.Option(help="Articles of this source; repeat for more.")] = None,
    language: Annotated[str | None, typer.Option(help="Articles in this language.")] = None,
    topic: Annotated[str | None, typer.Option(help="Articles on this topic, by slug.")] = None,
    received_from: Annotated[datetime | None, first_instant("Received")] = None,
    received_to: Annotated[datetime | None, last_instant("Received")] = None,
    published_from: Annotated[datetime | None, first_instant("Published")] = None,
    published_to: Annotated[datetime | None, last_instant("Published")] = None,
    pipeline_version: Annotated[str | None, typer.Option(help="Articles that this version made.")] = None,
    older: Annotated[bool, typer.Option("--older", help="Articles that another version than today's made.")] = False,
    background: Annotated[
        int | None,
        typer.Option(
            min=0,
            show_default="the newest",
            help="Snapshot of the archive's words that topics are inferred by: a dry run's, so that the run does as it said.",
        ),
    ] = None,
    rate: Annotated[float, typer.Option(min=0, help="Articles a second; 0 for as fast as it goes.")] = 50.0,
    examples: Annotated[int, typer.Option(min=0, max=50, help="Examples shown of each field.")] = 3,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Follow it to its end.")] = True,
    data_dir: DataDir = None,
    database_url: StoreUrl = None,
) -> None:
    """Run stored submissions through today's pipeline, beside live traffic; what clients see change is a revision.

    The workers do it, whatever becomes of this command. Times are RFC 3339 or a date (that whole day in UTC).
    """
    if context.invoked_subcommand is not None:
        return
    filters = Filters(
        source=tuple(source or ()),
        language=language,
        topic=topic,
        received_from=received_from,
        received_to=received_to,
        published_from=published_from,
        published_to=published_to,
        made_by=pipeline_version,
        not_made_by=PIPELINE_VERSION if older else None,
    )
    with plainly():
        settings = settings_of(database_url=database_url, data_dir=data_dir)
        url = store_of(settings)
        wish = Wish(filters, PIPELINE_VERSION, dry_run, rate or None, examples, background)
        began = asyncio.run(runs.begin(url, settings, wish))
        if wait:
            tell(url, settings, began, wait=True)
        else:
            typer.echo(f"The workers do it: {runs.headline(began)} {runs.HOW_TO}")


def tell(url: str, settings: Settings, run: Reprocessing, *, wait: bool) -> None:
    """Print what a run came to, once it has ended if that is asked for; Ctrl-C ends the waiting alone."""
    found = run
    try:
        if wait:
            typer.echo(f"The workers do it, Ctrl-C ends the waiting alone: {runs.headline(run)}", err=True)
            found = asyncio.run(runs.follow(url, settings, run.id))
    except KeyboardInterrupt:
        typer.echo(f"It goes on in the background: {runs.HOW_TO}", err=True)
        raise typer.Exit(130) from None
    for line in runs.report(found):
        typer.echo(line)
    if wait and found.state == "cancelled":
        raise typer.Exit(1)


@app.command(name="status")
def reprocess_status(
    *,
    follow: Annotated[bool, typer.Option("--follow", help="Wait for its end.")] = False,
    data_dir: DataDir = None,
    database_url: StoreUrl = None,
) -> None:
    """Show the run that is on, else the last one: how far it is, and what it came to."""
    with plainly():
        settings = settings_of(database_url=database_url, data_dir=data_dir)
        url = store_of(settings)
        tell(url, settings, asyncio.run(runs.last(url, settings)), wait=follow)


@app.command(name="cancel")
def reprocess_cancel(*, data_dir: DataDir = None, database_url: StoreUrl = None) -> None:
    """Stop the run that is on; what it has done stays done."""
    with plainly():
        settings = settings_of(database_url=database_url, data_dir=data_dir)
        url = store_of(settings)
        tell(url, settings, asyncio.run(runs.cancel(url, settings)), wait=False)
