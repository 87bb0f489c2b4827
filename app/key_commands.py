"""`dateline keys`, as typed; what it does is in `keys.py`."""

import asyncio
import sys
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from app import keys
from app.options import DataDir, StoreUrl, plainly, settings_of, store_of

WIDE = 500
"""Characters of a line for whatever reads a list that is not shown to a person: nothing is wrapped or cut."""

app = typer.Typer(name="keys", help="API keys: who may send and read.", no_args_is_help=True)


class Scope(StrEnum):
    """What a key is good for."""

    INGEST = "ingest"
    READ = "read"
    ADMIN = "admin"


Which = Annotated[str, typer.Argument(metavar="ID|NAME", help="The key.")]


def show(shown: keys.Shown) -> None:
    """Print a key alone on standard output, so that it can be piped, and what is to be said on standard error."""
    typer.echo(shown.text)
    typer.echo(shown.told, err=True)


@app.command()
def create(  # noqa: PLR0913 - one option a property
    name: Annotated[str, typer.Argument(help="Whose it is, or what for; free to be used again once it is revoked.")],
    *,
    scope: Annotated[
        list[Scope], typer.Option(help="ingest: send articles; read: read; admin: all that, and delete and correct.")
    ],
    source: Annotated[
        list[str] | None, typer.Option(help="Source that it speaks for, and for no other; repeat for more.")
    ] = None,
    rate: Annotated[
        str | None, typer.Option(help="Requests, such as 600/minute.", show_default="DATELINE_RATE_LIMIT")
    ] = None,
    expires: Annotated[
        str | None, typer.Option(help="How long it holds, such as 90d.", show_default="for ever")
    ] = None,
    data_dir: DataDir = None,
    database_url: StoreUrl = None,
) -> None:
    """Make a key and print it: the only time that it is seen, as nothing but its hash is kept."""
    with plainly():
        settings = settings_of(database_url=database_url, data_dir=data_dir)
        wish = keys.Wish(name, [each.value for each in scope], source or (), rate, expires)
        show(asyncio.run(keys.create(store_of(settings), settings, wish)))


@app.command(name="list")
def list_keys(*, data_dir: DataDir = None, database_url: StoreUrl = None) -> None:
    """Show all keys, also the revoked ones, with all but their secrets; when one was used is known to the minute."""
    with plainly():
        settings = settings_of(database_url=database_url, data_dir=data_dir)
        found = asyncio.run(keys.everyone(store_of(settings), settings))
        console = Console(width=None if sys.stdout.isatty() else WIDE)
        console.print(keys.table(found), markup=False, highlight=False)


@app.command()
def rotate(
    which: Which,
    *,
    grace: Annotated[str, typer.Option(help="How long the old secret goes on, such as 1h; 0s ends it at once.")] = "1h",
    data_dir: DataDir = None,
    database_url: StoreUrl = None,
) -> None:
    """Give a key a new secret and print it; id, scopes, sources and expiry stay."""
    with plainly():
        settings = settings_of(database_url=database_url, data_dir=data_dir)
        show(asyncio.run(keys.rotate(store_of(settings), settings, which, grace)))


@app.command()
def revoke(which: Which, *, data_dir: DataDir = None, database_url: StoreUrl = None) -> None:
    """Take a key back, with both secrets where it was just rotated: at once, and for good."""
    with plainly():
        settings = settings_of(database_url=database_url, data_dir=data_dir)
        typer.echo(asyncio.run(keys.revoke(store_of(settings), settings, which)), err=True)
