"""Work beside other work: a task that lives as long as a block does, and takes nobody's cancellation with it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


@contextlib.asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run work while the block runs and cancel it at the block's end; raises what the work raised, but not its cancellation.

    Whoever is cancelled while it waits for that end is cancelled: to suppress CancelledError around `await task` would
    suppress one's own as well.
    """
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()


async def happened(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, but no longer than that; unlike `wait_for` before Python 3.12 it loses no cancellation."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


async def unless(event: asyncio.Event, work: Coroutine[Any, Any, Result]) -> Result | None:
    """Run work to its end, or cancel it when an event happens, and give None then; raises what the work raised."""
    task, happens = asyncio.create_task(work), asyncio.create_task(event.wait())
    try:
        await asyncio.wait([task, happens], return_when=asyncio.FIRST_COMPLETED)
    finally:
        task.cancel()
        happens.cancel()
        await asyncio.wait([task, happens])
    return None if task.cancelled() else task.result()
