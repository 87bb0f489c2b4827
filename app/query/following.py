"""Waits for changes: whoever follows the feed is woken when more of it is numbered, and looks by itself every second."""

import asyncio
import contextlib
from typing import Final

LOOK_SECONDS: Final = 1.0
"""How often a follower looks by itself, should a notification have been missed."""


class Followers:
    """The requests of this process that wait for the change feed to grow."""

    def __init__(self) -> None:
        self.waiting: set[asyncio.Event] = set()

    def wake(self) -> None:
        """Have everybody who waits look again."""
        for event in self.waiting:
            event.set()

    async def wait(self, seconds: float) -> None:
        """Wait until there may be more, but no longer than that, nor than a second."""
        event = asyncio.Event()
        self.waiting.add(event)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(seconds, LOOK_SECONDS)):
                    await event.wait()
        finally:
            self.waiting.discard(event)
