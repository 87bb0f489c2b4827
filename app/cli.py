"""The command line: serve, work, migrate, ingest, topics, reprocess, openapi; an option overrides the setting of its name."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError

from app import embedded, log, migrate, taxonomy, topics_import, worker
from app import ingest as ingestion
from app import reprocess as reprocessing
from app import serve as service
from app.errors import StartError
from app.main import create_app
from app.openapi import as_yaml
from app.pipeline.run import PIPELINE_VERSION
from app.processes import end_with_parent
from app.query.filters import From, To
from app.queue.reprocessings import Reprocessing, Wish
from app.settings import Settings
from app.store.candidates import Filters

app = typer.Typer(
    name="dateline",
    help="Dateline takes raw syndicated articles in and serves author, date and topic lists out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

processing_again = typer.Typer(name="reprocess", invoke_without_command=True)
app.add_typer(processing_again)
topics = typer.Typer(name="topics", help="What topics mean: taxonomies.", no_args_is_help=True)
app.add_typer(topics)

DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        show_default="the embedded server, for `serve` only",
        help="Postgres to use, 15 to 18; also as DATABASE_URL.",
    ),
]
StoreUrl = Annotated[
    str | None,
    typer.Option(
        show_default="that of the `dateline serve` on this machine", help="Postgres to use; also as DATABASE_URL."
    ),
]
DataDir = Annotated[
    Path | None, typer.Option(help="Folder of the embedded Postgres.", show_default="in the user's data folder")
]


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


@contextmanager
def plainly() -> Iterator[None]:
    """Show why the program cannot start as one sentence, not as a traceback; exit status 1."""
    try:
        yield
    except StartError as error:
        typer.secho(f"dateline: {error}", fg="red", err=True)
        raise typer.Exit(1) from error


def settings_of(**given: object) -> Settings:
    """Give the settings: options first, then the environment, then the defaults."""
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type] # checked by pydantic
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise StartError(f"The settings do not fit: {faults}") from error
    log.configure(settings)
    return settings


def database_of(settings: Settings) -> str:
    """Give the database's URL, which everything but `serve` must be told."""
    if settings.database_url is None:
        raise StartError("DATABASE_URL is not set. Only `dateline serve` brings a Postgres of its own.")
    return settings.database_url


def store_of(settings: Settings) -> str:
    """Give the database's URL for a command beside a service: the one that is named, or the running embedded server's."""
    if settings.database_url is not None:
        return settings.database_url
    folder = settings.data_dir or embedded.default_folder()
    found = embedded.running(folder)
    if found is None:
        message = f"DATABASE_URL is not set, and no `dateline serve` runs a Postgres of its own in {folder}."
        raise StartError(message)
    return found


@app.command()
def serve(  # noqa: PLR0913 - one option a setting
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 for a free one.", show_default="8000")] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes to start.", show_default="1")] = None,
    data_dir: DataDir = None,
    max_body_bytes: Annotated[int | None, typer.Option(help="Largest body taken.", show_default="5000000")] = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Run everything on this machine: Postgres (unless DATABASE_URL names one), migrations, workers and HTTP."""
    with plainly():
        service.serve(
            settings_of(
                host=host,
                port=port,
                workers=workers,
                data_dir=data_dir,
                max_body_bytes=max_body_bytes,
                database_url=database_url,
            )
        )


@app.command()
def work(
    *,
    database_url: DatabaseUrl = None,
    parent: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Run one worker against DATABASE_URL until SIGTERM, which drains it; run as many as you like."""
    if parent is not None:
        end_with_parent(parent)
    with plainly():
        settings = settings_of(database_url=database_url)
        asyncio.run(worker.work(database_of(settings), settings))


@app.command(name="migrate")
def migrate_schema(*, database_url: DatabaseUrl = None) -> None:
    """Bring the schema of DATABASE_URL to this program's version; safe to run from many places at once."""
    with plainly():
        settings = settings_of(database_url=database_url)
        migrate.run(database_of(settings), settings)
        typer.echo(f"The schema is at {migrate.newest()}.")


@app.command()
def ingest(  # noqa: PLR0913 - one option a query parameter
    files: Annotated[list[Path], typer.Argument(help="Files to post; `-` is standard input.")],
    *,
    url: Annotated[str, typer.Option(help="The service.")] = "http://127.0.0.1:8000",
    content_type: Annotated[
        str | None, typer.Option(help="Content-Type of all files.", show_default="by the file's name, else text/plain")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Name or domain of the source.")] = None,
    timezone: Annotated[str | None, typer.Option(help="IANA zone for dates that state none.")] = None,
    language: Annotated[str | None, typer.Option(help="Language of the articles.")] = None,
    wait: Annotated[int, typer.Option(min=0, max=30, help="Seconds to wait for each outcome.")] = 30,
) -> None:
    """Post files to a running service, and print what became of each; exit status 1 if anything was not stored."""
    hints = {"source": source, "timezone": timezone, "language": language}
    query = {name: value for name, value in hints.items() if value is not None}
    with plainly():
        everything = asyncio.run(ingestion.ingest(files, url=url, content_type=content_type, query=query, wait=wait))
    sys.exit(0 if everything else 1)


@topics.command(name="import")
def import_topics(
    file: Annotated[Path, typer.Argument(help="IPTC's NewsCodes as JSON, or a CSV: slug,label,broader,aliases.")],
    *,
    scheme: Annotated[
        str | None, typer.Option(help="Name of the taxonomy.", show_default="as the file says, else its name")
    ] = None,
    language: Annotated[str, typer.Option(help="Language of the labels that name topics; others are aliases.")] = "en",
    data_dir: DataDir = None,
    database_url: StoreUrl = None,
) -> None:
    """Load a taxonomy, whole or not at all; an edition that was loaded before is replaced.

    Its codes and labels then lead to one topic each, also for articles that are stored already.
    """
    with plainly():
        settings = settings_of(database_url=database_url, data_dir=data_dir)
        found = taxonomy.read(file, scheme, language)
        done = asyncio.run(topics_import.import_topics(store_of(settings), settings, found))
    circles = f" {done.circles} links were left out, as they would close a circle." if done.circles else ""
    typer.echo(f"{found.scheme}: {done.codes} codes, {done.aliases} aliases, {done.links} broader topics.{circles}")


@processing_again.callback()
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
        wish = Wish(filters, PIPELINE_VERSION, dry_run, rate or None, examples)
        began = asyncio.run(reprocessing.begin(url, settings, wish))
        typer.echo(f"Begun: {reprocessing.headline(began)}", err=True)
        if wait:
            tell(url, settings, began, wait=True)
        else:
            typer.echo(f"The workers go on with it: {reprocessing.HOW_TO}", err=True)


def tell(url: str, settings: Settings, run: Reprocessing, *, wait: bool) -> None:
    """Print what a run came to, once it has ended if that is asked for; Ctrl-C ends the waiting alone."""
    try:
        found = asyncio.run(reprocessing.follow(url, settings, run.id)) if wait else run
    except KeyboardInterrupt:
        typer.echo(f"It goes on in the background: {reprocessing.HOW_TO}", err=True)
        raise typer.Exit(130) from None
    for line in reprocessing.report(found):
        typer.echo(line)
    if wait and found.state == "cancelled":
        raise typer.Exit(1)


@processing_again.command(name="status")
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
        tell(url, settings, asyncio.run(reprocessing.last(url, settings)), wait=follow)


@processing_again.command(name="cancel")
def reprocess_cancel(*, data_dir: DataDir = None, database_url: StoreUrl = None) -> None:
    """Stop the run that is on; what it has done stays done."""
    with plainly():
        settings = settings_of(database_url=database_url, data_dir=data_dir)
        url = store_of(settings)
        tell(url, settings, asyncio.run(reprocessing.cancel(url, settings)), wait=False)


@app.command()
def openapi() -> None:
    """Print the contract as OpenAPI in YAML, as it stands in openapi.yaml."""
    typer.echo(as_yaml(create_app(Settings(database_url=None))), nl=False)


if __name__ == "__main__":
    app()
