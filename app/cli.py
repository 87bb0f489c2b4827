"""The command line: serve, work, migrate, ingest, topics, keys, reprocess, retention, openapi; an option overrides the setting of its name."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from app import ingest as ingestion
from app import key_commands, migrate, reprocess_commands, retention_report, topics_import, worker
from app import serve as service
from app.countries import countries
from app.main import create_app
from app.openapi import as_yaml
from app.options import DatabaseUrl, DataDir, StoreUrl, database_of, plainly, settings_of, store_of
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

app.add_typer(reprocess_commands.app)
app.add_typer(key_commands.app)
topics = typer.Typer(name="topics", help="What topics mean: taxonomies.", no_args_is_help=True)
app.add_typer(topics)


@app.command()
def serve(  # noqa: PLR0913 - one option a setting
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 for a free one.", show_default="8000")] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes to start.", show_default="1")] = None,
    data_dir: DataDir = None,
    max_body_bytes: Annotated[int | None, typer.Option(help="Largest body taken.", show_default="5000000")] = None,
    auth: Annotated[
        Literal["keys", "gateway", "none"] | None,
        typer.Option(help="Who is asked for what.", show_default="none, on loopback only"),
    ] = None,
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
                auth=auth,
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
    backfill: Annotated[bool, typer.Option("--backfill", help="Yield to live submissions.")] = False,
) -> None:
    """Post files to a running service, and print what became of each; exit status 1 if anything was not stored.

    Where the service asks for a key, DATELINE_KEY holds it: an option would show it to everybody on this machine.
    """
    hints = {"source": source, "timezone": timezone, "language": language, "lane": "backfill" if backfill else None}
    query = {name: value for name, value in hints.items() if value is not None}
    with plainly():
        everything = asyncio.run(
            ingestion.ingest(
                files, url=url, content_type=content_type, query=query, wait=wait, key=os.environ.get("DATELINE_KEY")
            )
        )
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
def retention(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing: say what would go, by source.")] = False,
    data_dir: DataDir = None,
    database_url: StoreUrl = None,
) -> None:
    """Let go now what is older than the settings keep it, as workers do every hour, and print what went.

    The settings are those of this command's environment.
    """
    with plainly():
        settings = settings_of(database_url=database_url, data_dir=data_dir)
        tell = retention_report.due if dry_run else retention_report.gone
        for line in asyncio.run(tell(store_of(settings), settings)):
            typer.echo(line)


@app.command()
def openapi() -> None:
    """Print the contract as OpenAPI in YAML, as it stands in openapi.yaml."""
    typer.echo(as_yaml(create_app(Settings(database_url=None))), nl=False)
