"""The way to Postgres: one engine for each process, `transaction()` as the thing that commits, `commit()` where others may be met, `single()` for what is one statement, `reading()` beside them."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast
from uuid import UUID

import asyncpg
import orjson
import structlog
from sqlalchemy import ExceptionContext, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from app.settings import Settings

log = structlog.get_logger()

Result = TypeVar("Result")

STORE_ERRORS = (
    SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError,
)  # fmt: skip
"""What a store that is away, slow, full or at odds with us raises, from SQLAlchemy or from the driver below it."""

REFUSED = frozenset({"22", "23", "42", "54"})
"""Classes of SQLSTATEs of a row that Postgres will never take: data, integrity, syntax, limits of the program."""
COLLIDED = frozenset({"40001", "40P01", "55P03"})
"""SQLSTATEs of a transaction that met another one: serialization, deadlock, lock not available."""
COLLISIONS = 3
"""How often a transaction that collided with another worker's is tried again at once."""

READ_ONLY = "25006"
"""SQLSTATE of a write on a server, or in a session, that only reads: a standby, or a primary that an operator closed."""

CONNECT_SECONDS = 10.0
POOL_WAIT_SECONDS = 10.0
SINGLE_CONNECTIONS = 2
"""Connections for units of work that are one statement, beside those of the pool; opened when first used."""
GROUP_MEMORY = "64MB"
"""What one of those may take for a group's bodies before Postgres puts them on its disk to read them again."""
MOST_WAITING = 500
"""Units of work that may wait for a connection of the pool; more are refused at once."""
STATEMENTS = 10.0
"""How many times the longest statement a whole unit of work may take, where nothing else is said."""
STATEMENT_SHARE = 0.8
"""The part of a unit's time that one statement may take, so that Postgres gives up before we do."""
ALIVE = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 30_000}
"""When the kernel gives a silent peer up: half a minute after its last sign of life (where the system has such options)."""


def plain(value: object) -> str:
    """Give what orjson does not know as text: the driver's own kind of UUID."""
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__name__)


def to_json(value: Any) -> str:
    """Give a value as JSON text, for Postgres and for clients; aware datetimes as RFC 3339."""
    return orjson.dumps(value, plain, orjson.OPT_UTC_Z).decode()


CLOSED = frozenset({"53", "58"})
CLOSED_FOR_NOW = frozenset({READ_ONLY, "57P01", "57P02", "57P03"})
"""SQLSTATEs, by class and one by one, of a store that takes nothing from anybody: full, out of connections, ending, starting."""


def sqlstate(error: BaseException) -> str:
    """Give what Postgres calls an error; empty where it is the connection's."""
    return getattr(getattr(error, "orig", error), "sqlstate", None) or ""


def closed(error: BaseException) -> bool:
    """Say whether an error is the store's, whatever was asked of it: it may be waited out without counting how often."""
    state = sqlstate(error)
    return (
        state[:2] in CLOSED
        or state in CLOSED_FOR_NOW
        or (isinstance(error, OSError) and not isinstance(error, TimeoutError))
    )


def refused(error: DBAPIError) -> bool:
    """Say whether a transaction failed for what it would have written, and would fail again.

    SQLAlchemy's classes of errors leave some out, such as text that is no UTF-8.
    """
    return sqlstate(error)[:2] in REFUSED


def of_a_row(error: BaseException) -> bool:
    """Say whether a statement failed for something in it, so that its rows may be tried one by one; else for the store."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(cause, "sqlstate", None) or ""
    return state[:2] in REFUSED or isinstance(cause, ValueError)  # the driver's own, of a value that has no encoding


async def driver(connection: AsyncConnection) -> "asyncpg.Connection[asyncpg.Record]":
    """Give the driver's connection under one in a transaction that has begun: before its first statement it has not."""
    raw = await connection.get_raw_connection()
    return cast("asyncpg.Connection[asyncpg.Record]", raw.driver_connection)


def collided(error: DBAPIError) -> bool:
    """Say whether a transaction failed for meeting another one, so that it may be tried again."""
    return sqlstate(error) in COLLIDED


class Crowded(OSError):  # noqa: N818 - said of the store, not of whoever asks
    """So many wait for the store that one more would wait in vain."""


@dataclass(slots=True)
class Turns:
    """How many units of work use the store, or wait for it."""

    taken: int = 0


@dataclass(frozen=True, slots=True)
class Database:
    """An open pool and the URL behind it; made by `connect`, ended by `close`.

    A unit of work takes `seconds` at most, the wait for a connection included: then it raises TimeoutError. Whether one
    that was about to commit did so is not known then, as after any error at its end.
    """

    url: str
    engine: AsyncEngine
    statements: "asyncpg.Pool[asyncpg.Record]"
    seconds: float
    most: int
    turns: Turns = field(default_factory=Turns)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Open the one transaction of a unit of work: committed when the block ends, rolled back when it raises."""
        async with self.turn(), self.engine.begin() as connection:
            yield connection

    async def commit(self, work: Callable[[AsyncConnection], Awaitable[Result]]) -> Result:
        """Run work in a transaction of its own; from its beginning again where it collided with another's.

        Raises what the work raises, and the last collision after several.
        """
        for attempt in range(COLLISIONS):
            try:
                async with self.transaction() as connection:
                    return await work(connection)
            except DBAPIError as error:
                if not collided(error):
                    raise
                log.info("collided", attempt=attempt + 1, error=str(error.orig))
        async with self.transaction() as connection:
            return await work(connection)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection for statements that read, each its own snapshot, with no round trips for BEGIN and COMMIT."""
        async with self.turn(), self.engine.connect() as connection:
            yield await connection.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def single(self) -> AsyncIterator["asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"]:
        """Lend a driver's connection to a unit of work that is one statement, in a transaction that ends with the block.

        SQLAlchemy's way through its pool and its statement takes three times as long as the driver's own. A statement that
        commits by itself would save two round trips, but where Postgres hangs it would be carried out once that goes on,
        long after those who wait for it were told that nothing is kept. Raises the driver's errors.
        """
        await self.statements  # opens it the first time
        async with self.turn(), self.statements.acquire(timeout=POOL_WAIT_SECONDS) as connection:
            try:
                async with connection.transaction():
                    yield connection
            except BaseException as error:
                if not of_a_row(error):  # it may be cut, at odds with the driver, or lead to a server that only reads
                    connection.terminate()
                raise

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Bound a unit of work in time, and their number."""
        if self.turns.taken >= self.most:
            raise Crowded(f"{self.turns.taken} others use the store or wait for it.")
        self.turns.taken += 1
        try:
            async with asyncio.timeout(self.seconds) as limit:
                yield
        except TimeoutError as error:
            if limit.expired():
                raise TimeoutError(f"no answer within {self.seconds:g} seconds") from error
            raise
        finally:
            self.turns.taken -= 1

    async def close(self) -> None:
        """Close every connection of both pools."""
        await self.statements  # what was never opened cannot be closed
        self.statements.terminate()  # nothing is under way there, and to say goodbye could wait for a store that hangs
        await self.engine.dispose()


class Watched(asyncpg.Connection):
    """A driver connection whose peer the kernel watches: one that vanished without a word breaks it, and hangs nobody."""

    __slots__ = ()

    def __init__(self, protocol: Any, transport: asyncio.Transport, *rest: Any) -> None:
        super().__init__(protocol, transport, *rest)
        wire = transport.get_extra_info("socket")
        if wire is not None and wire.family != socket.AF_UNIX:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for name, value in ALIVE.items():
                if (option := getattr(socket, name, None)) is not None:
                    wire.setsockopt(socket.IPPROTO_TCP, option, value)


async def raw_connection(
    url: str, *, statement_timeout: float = 0.0, **others: str
) -> "asyncpg.Connection[asyncpg.Record]":
    """Open a driver connection outside the pool, for LISTEN and for the pool's own use; `statement_timeout` in seconds.

    `others` are further settings of the session.
    """
    return await asyncpg.connect(
        url,
        timeout=CONNECT_SECONDS,
        connection_class=Watched,
        server_settings={
            "application_name": "dateline",
            "timezone": "UTC",
            "jit": "off",
            "statement_timeout": str(int(statement_timeout * 1000)),
            "idle_in_transaction_session_timeout": "60000",
            **others,
        },
    )


def connect(url: str, settings: Settings, *, seconds: float | None = None) -> Database:
    """Make the pool for a libpq URL; connects when first used. `seconds` bound each unit of work, and its statements."""
    statement = (
        settings.statement_timeout if seconds is None else min(settings.statement_timeout, seconds * STATEMENT_SHARE)
    )

    async def open_connection(*_: object, **__: object) -> "asyncpg.Connection[asyncpg.Record]":
        return await raw_connection(url, statement_timeout=statement)

    async def open_for_groups(*_: object, **__: object) -> "asyncpg.Connection[asyncpg.Record]":
        return await raw_connection(url, statement_timeout=statement, work_mem=GROUP_MEMORY)

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=open_connection,
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=POOL_WAIT_SECONDS,
        pool_pre_ping=False,
        pool_recycle=1800,
        hide_parameters=True,  # what articles say does not belong in logs
        json_serializer=to_json,
        json_deserializer=orjson.loads,
    )
    statements = asyncpg.create_pool(
        min_size=0, max_size=SINGLE_CONNECTIONS, connect=open_for_groups, reset=left_as_it_is
    )
    event.listen(engine.sync_engine, "handle_error", give_up)
    return Database(url, engine, statements, seconds or statement * STATEMENTS, settings.pool_size + MOST_WAITING)


async def left_as_it_is(_: object) -> None:
    """Leave a connection that ran single statements as it is: nothing was changed there, and to ask is a round trip."""


def give_up(context: ExceptionContext) -> None:
    """Have the pool open new connections where those it has are of no use, which SQLAlchemy does not know of.

    One that only reads may lead to a former primary, a new one to the new; one that the server has just taken leave of
    is at odds with the driver before it is closed.
    """
    error = context.original_exception
    if sqlstate(error) == READ_ONLY or isinstance(error.__cause__, asyncpg.InternalClientError):
        context.is_disconnect = True
