"""What commands share: options, the settings that they override, and the store beside a running service."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from app import embedded, log
from app.errors import StartError
from app.settings import Settings

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
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors()
        )
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
