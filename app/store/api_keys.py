"""API keys as rows: made, found by prefix, rotated, revoked; each change tells the processes that remember keys."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

KEYS_CHANNEL: Final = "dateline_keys"

CREATE = text(
    """
    INSERT INTO api_keys (id, name, prefix, hash, scopes, sources, rate_limit, expires_at)
    VALUES (:id, :name, :prefix, :hash, :scopes, :sources, :rate_limit, clock_timestamp() + CAST(:lives AS interval))
    ON CONFLICT (name) WHERE revoked_at IS NULL DO NOTHING
    RETURNING id
    """
)
LOOK_UP = text(
    """
    SELECT id, prefix, hash, previous_hash, scopes, sources, rate_limit,
           extract(epoch FROM expires_at - clock_timestamp())::float AS seconds_left,
           extract(epoch FROM previous_until - clock_timestamp())::float AS previous_seconds_left
    FROM api_keys WHERE prefix = ANY(:prefixes) AND revoked_at IS NULL
    """
)
LIST = text(
    """
    SELECT id, name, prefix, scopes, sources, rate_limit, created_at, last_used_at, expires_at, revoked_at,
           CASE WHEN previous_until > clock_timestamp() THEN previous_until END AS previous_until,
           CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN expires_at <= clock_timestamp() THEN 'expired'
                ELSE 'active' END AS state
    FROM api_keys ORDER BY created_at, id
    """
)
HOLD = text(
    """
    SELECT id, name, prefix, expires_at <= clock_timestamp() AS expired FROM api_keys
    WHERE revoked_at IS NULL AND (id::text = :which OR name = :which) FOR UPDATE
    """
)
ROTATE = text(
    """
    UPDATE api_keys SET previous_hash = hash, previous_until = clock_timestamp() + :grace, hash = :hash WHERE id = :id
    """
)
REVOKE = text("UPDATE api_keys SET revoked_at = clock_timestamp() WHERE id = :id")
USED = text("UPDATE api_keys SET last_used_at = clock_timestamp() WHERE id = ANY(:ids)")
TELL = text("SELECT pg_notify(:channel, :prefix)")


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key to be made; `lives` None is for ever, `sources` None is for all, `rate_limit` None is the general one."""

    name: str
    prefix: str
    hash: bytes
    scopes: Sequence[str]
    sources: Sequence[str] | None = None
    rate_limit: str | None = None
    lives: timedelta | None = None


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key that is in force, as a request is checked against it; the seconds are those that were left when it was read."""

    id: UUID
    prefix: str
    hash: bytes
    previous_hash: bytes | None
    scopes: Sequence[str]
    sources: Sequence[str] | None
    rate_limit: str | None
    seconds_left: float | None
    previous_seconds_left: float | None


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A key as it is listed: all but its hash; `state` is active, expired or revoked."""

    id: UUID
    name: str
    prefix: str
    scopes: Sequence[str]
    sources: Sequence[str] | None
    rate_limit: str | None
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    previous_until: datetime | None
    state: str


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A key that the transaction holds, to be changed."""

    id: UUID
    name: str
    prefix: str
    expired: bool | None


async def create(connection: AsyncConnection, key: NewKey) -> UUID | None:
    """Make a key; None where one of that name is in force already."""
    made: UUID | None = await connection.scalar(
        CREATE,
        {
            "id": uuid7(),
            "name": key.name,
            "prefix": key.prefix,
            "hash": key.hash,
            "scopes": list(key.scopes),
            "sources": None if key.sources is None else list(key.sources),
            "rate_limit": key.rate_limit,
            "lives": key.lives,
        },
    )
    await tell(connection, key.prefix)
    return made


async def look_up(connection: AsyncConnection, prefixes: Collection[str]) -> dict[str, KnownKey]:
    """Give the keys with these prefixes that were not revoked; one that has expired is still among them."""
    rows = await connection.execute(LOOK_UP, {"prefixes": list(prefixes)})
    return {row["prefix"]: KnownKey(**row) for row in rows.mappings()}


async def listed(connection: AsyncConnection) -> list[ListedKey]:
    """Give all keys, the oldest first."""
    return [ListedKey(**row) for row in (await connection.execute(LIST)).mappings()]


async def hold(connection: AsyncConnection, which: str) -> HeldKey | None:
    """Lock the key of an id or a name that is not revoked, and give it; an id goes before a name."""
    found = [HeldKey(**row) for row in (await connection.execute(HOLD, {"which": which})).mappings()]
    return min(found, key=lambda key: str(key.id) != which, default=None)


async def rotate(connection: AsyncConnection, key: HeldKey, new_hash: bytes, grace: timedelta) -> None:
    """Give a key a new secret; the one before holds on for the grace, one before that no longer."""
    await connection.execute(ROTATE, {"id": key.id, "hash": new_hash, "grace": grace})
    await tell(connection, key.prefix)


async def revoke(connection: AsyncConnection, key: HeldKey) -> None:
    """Have a key hold no longer."""
    await connection.execute(REVOKE, {"id": key.id})
    await tell(connection, key.prefix)


async def tell(connection: AsyncConnection, prefix: str) -> None:
    """Have every process forget, at the commit, what it remembers of a prefix."""
    await connection.execute(TELL, {"channel": KEYS_CHANNEL, "prefix": prefix})


async def write_used(connection: AsyncConnection, ids: Collection[UUID]) -> None:
    """Note that keys were used a moment ago; in the order of their ids, so that two processes do not deadlock."""
    await connection.execute(
        text("SELECT FROM api_keys WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE"), {"ids": list(ids)}
    )
    await connection.execute(USED, {"ids": list(ids)})
