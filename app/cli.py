"""The command line: serve, work, migrate, ingest, openapi; an option overrides the setting of its name."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from app import embedded, log, migrate, topics_import, worker
from app import ingest as ingestion
from app import serve as service
from app.countries import countries
from app.errors import StartError
from app.main import create_app
from app.openapi import as_yaml
from app.processes import end_with_parent
from app.settings import Settings
from app.taxonomy import Taxonomy, read

app = typer.Typer(
    name="dateline",
    help="Dateline takes raw syndicated articles in and serves author, date and topic lists out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

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
        load(read(file, scheme, language), settings)


@topics.command(name="countries")
def load_countries(*, data_dir: DataDir = None, database_url: StoreUrl = None) -> None:
    """Load the countries' names in the languages of news (CLDR) as a taxonomy, `iso3166`; again, it is replaced.

    "Deutschland" and "Allemagne" then lead to Germany's topic, also for articles that are stored already.
    """
    with plainly():
        load(countries(), settings_of(database_url=database_url, data_dir=data_dir))


def load(found: Taxonomy, settings: Settings) -> None:
    """Load a taxonomy into the store that the settings name, and say what it came to."""
    done = asyncio.run(topics_import.import_topics(store_of(settings), settings, found))
    circles = f" {done.circles} links were left out, as they would close a circle." if done.circles else ""
    typer.echo(f"{found.scheme}: {done.codes} codes, {done.aliases} aliases, {done.links} broader topics.{circles}")


@app.command()
def openapi() -> None:
    """Print the contract as OpenAPI in YAML, as it stands in openapi.yaml."""
    typer.echo(as_yaml(create_app(Settings(database_url=None))), nl=False)


if __name__ == "__main__":
    app()
