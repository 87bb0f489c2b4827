"""LISTEN over a connection of its own: wakes whoever waits, and counts on nobody being woken for certain."""

import asyncio
from collections.abc import Callable

from app.beside import happened
from app.db import STORE_ERRORS, raw_connection
from app.outage import Outage

RECONNECT_SECONDS = 1.0
PROOF_SECONDS = 20.0
"""How often a silent connection has to prove that it lives, and how long it may take for that."""


async def listen(url: str, channel: str, on_payload: Callable[[str], None], on_gap: Callable[[], None]) -> None:
    """Call `on_payload` for each notification, for ever; `on_gap` after each (re)connection, as some may have been missed."""
    outage = Outage(f"listener_lost_{channel}")

    def connected() -> None:
        outage.over()
        on_gap()

    while True:
        try:
            await listen_once(url, channel, on_payload, connected)
        except STORE_ERRORS as error:
            outage.failed(error)
        await asyncio.sleep(RECONNECT_SECONDS)


async def listen_once(url: str, channel: str, on_payload: Callable[[str], None], on_gap: Callable[[], None]) -> None:
    """Listen until the connection is lost, or no longer proves that it lives."""
    lost = asyncio.Event()
    connection = await raw_connection(url)
    try:
        connection.add_termination_listener(lambda _: lost.set())
        await connection.add_listener(channel, lambda _connection, _pid, _channel, payload: on_payload(str(payload)))
        on_gap()
        while not lost.is_set():
            await happened(lost, PROOF_SECONDS)
            await connection.execute("SELECT", timeout=PROOF_SECONDS)
    finally:
        connection.terminate()
