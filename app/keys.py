"""What `dateline keys` does: makes keys, tells of them, gives them new secrets, takes them back."""

import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rich.table import Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.key import hash_of, new_prefix, new_text
from app.db import STORE_ERRORS, connect, sqlstate
from app.errors import StartError
from app.settings import RATE, Settings
from app.store import api_keys
from app.store.api_keys import HeldKey, ListedKey, NewKey

SPAN: Final = re.compile(r"(\d{1,6})([smhdw])", re.ASCII)
UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
LONGEST: Final = timedelta(days=36_500)
UNDEFINED_TABLE: Final = "42P01"
LONGEST_NAME: Final = 100
LONGEST_SOURCE: Final = 255


@dataclass(frozen=True, slots=True)
class Wish:
    """A key as it is asked for."""

    name: str
    scopes: Sequence[str]
    sources: Sequence[str] = ()
    rate: str | None = None
    expires: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A key's text, which is shown this once, and what is to be said beside it."""

    text: str
    told: str


@asynccontextmanager
async def change(url: str, settings: Settings) -> AsyncIterator[AsyncConnection]:
    """Open the store for one change; raises StartError in plain words where it does not answer as it should."""
    database = connect(url, settings)
    try:
        async with database.transaction() as connection:
            yield connection
    except STORE_ERRORS as error:
        if isinstance(error, DBAPIError) and sqlstate(error) == UNDEFINED_TABLE:
            raise StartError("The store has no place for keys yet: run `dateline migrate`.") from error
        raise StartError(f"The store did not do it: {error}.") from error
    finally:
        await database.close()


def span(text: str) -> timedelta:
    """Read a length of time, such as 90d; raises StartError."""
    found = SPAN.fullmatch(text.strip())
    length = timedelta(**{UNITS[found[2]]: int(found[1])}) if found else None
    if length is None or length > LONGEST:
        raise StartError(f"{text!r} is no length of time: say a number and s, m, h, d or w, such as 90d.")
    return length


def faults_of(wish: Wish) -> Iterator[str]:
    """Say what is wrong with a wish."""
    if not (wish.name.strip() and wish.name.isprintable() and len(wish.name) <= LONGEST_NAME):
        yield "A key needs a name of up to a hundred printable characters."
    if not wish.scopes:
        yield "A key needs a scope: --scope ingest, read or admin; repeat for more."
    if wish.sources and "admin" in wish.scopes:
        yield "A key with the scope admin cannot be bound to sources: it deletes and corrects what any of them sent."
    for source in wish.sources:
        if not (source.strip() and source.isprintable() and len(source) <= LONGEST_SOURCE):
            yield f"{source!r} is no source: that is a name or domain of up to 255 characters."
    if wish.rate is not None and not re.fullmatch(RATE, wish.rate):
        yield f"{wish.rate!r} is no rate: say a number and second, minute, hour or day, such as 600/minute."


async def create(url: str, settings: Settings, wish: Wish) -> Shown:
    """Make a key; raises StartError for a wish that does not fit, and where a key of that name is in force."""
    for fault in faults_of(wish):
        raise StartError(fault)
    text = new_text(prefix := new_prefix())
    lives = None if wish.expires is None else span(wish.expires)
    sources = sorted(set(wish.sources)) or None
    key = NewKey(wish.name, prefix, hash_of(text), sorted(set(wish.scopes)), sources, wish.rate, lives)
    async with change(url, settings) as connection:
        made = await api_keys.create(connection, key)
    if made is None:
        raise StartError(f"There is a key named {wish.name!r} already: rotate or revoke it, or take another name.")
    return Shown(text, f"Key {made}, {wish.name}, begins with dl_{prefix}. It is shown this once only.")


async def rotate(url: str, settings: Settings, which: str, grace: str) -> Shown:
    """Give a key a new secret, and let the old one hold for the grace; raises StartError where there is no such key."""
    held_on = span(grace)
    async with change(url, settings) as connection:
        key = there(await api_keys.hold(connection, which), which)
        if key.expired:
            raise StartError(
                f"The key {key.name} has expired, and a new secret would not revive it: revoke it, create another."
            )
        text = new_text(key.prefix)
        await api_keys.rotate(connection, key, hash_of(text), held_on)
    old = f"holds for another {grace.strip()}" if held_on else "holds no longer"
    return Shown(text, f"Key {key.id}, {key.name}, has a new secret, shown this once only; the old one {old}.")


async def revoke(url: str, settings: Settings, which: str) -> str:
    """Take a key back, at once and for good; raises StartError where there is no such key."""
    async with change(url, settings) as connection:
        key = there(await api_keys.hold(connection, which), which)
        await api_keys.revoke(connection, key)
    return f"Key {key.id}, {key.name}, holds no longer."


def there(key: HeldKey | None, which: str) -> HeldKey:
    """Give a key that must be there; raises StartError."""
    if key is None:
        raise StartError(f"No key in force has the id or name {which!r}; `dateline keys list` shows all.")
    return key


async def everyone(url: str, settings: Settings) -> list[ListedKey]:
    """Give all keys, the oldest first."""
    async with change(url, settings) as connection:
        return await api_keys.listed(connection)


def table(keys: Iterable[ListedKey]) -> Table:
    """Show keys, a row each, without anything that opens."""
    shown = Table(
        "id", "name", "begins with", "state", "scopes", "sources", "rate", "created", "used", "expires", box=None
    )
    for key in keys:
        state = (
            f"{key.state}; the secret before holds until {moment(key.previous_until)}"
            if key.previous_until
            else key.state
        )
        shown.add_row(
            str(key.id),
            key.name,
            f"dl_{key.prefix}",
            state,
            " ".join(key.scopes),
            "all" if key.sources is None else "\n".join(key.sources),
            key.rate_limit or "",
            moment(key.created_at),
            moment(key.last_used_at) or "never",
            moment(key.expires_at) or "never",
        )
    return shown


def moment(at: datetime | None) -> str:
    """Give a time to the minute, empty for none."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M}Z"
