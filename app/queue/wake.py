"""LISTEN over a connection of its own: wakes whoever waits, and counts on nobody being woken for certain."""

import asyncio
from collections.abc import Callable

import asyncpg
import structlog

from app.db import raw_connection

log = structlog.get_logger()

RECONNECT_SECONDS = 1.0


async def listen(url: str, channel: str, on_payload: Callable[[str], None], on_gap: Callable[[], None]) -> None:
    """Call `on_payload` for each notification, for ever; `on_gap` after each (re)connection, as some may have been missed."""
    while True:
        try:
            await listen_once(url, channel, on_payload, on_gap)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
            log.warning("listener_lost", channel=channel, error=str(error))
        await asyncio.sleep(RECONNECT_SECONDS)


async def listen_once(url: str, channel: str, on_payload: Callable[[str], None], on_gap: Callable[[], None]) -> None:
    """Listen until the connection is lost."""
    lost = asyncio.Event()
    connection = await raw_connection(url)
    try:
        connection.add_termination_listener(lambda _: lost.set())
        await connection.add_listener(channel, lambda _connection, _pid, _channel, payload: on_payload(str(payload)))
        on_gap()
        await lost.wait()
    finally:
        connection.terminate()
