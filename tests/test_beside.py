"""A task that lives as long as a block does: it ends with the block, its faults are told, and nobody's cancellation is lost."""

import asyncio

import pytest

from app.beside import beside, happened, unless


async def test_the_work_ends_with_the_block() -> None:
    seen: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            seen.append("ended")

    async with beside(work()):
        await asyncio.sleep(0)
    assert seen == ["ended"]


async def test_a_fault_of_the_work_is_told() -> None:
    async def work() -> None:
        raise KeyError("lease")

    with pytest.raises(KeyError, match="lease"):
        async with beside(work()):
            await asyncio.sleep(0.01)


async def test_whoever_is_cancelled_while_the_work_ends_is_cancelled() -> None:
    ending = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ending.set()
            await asyncio.sleep(0.05)

    async def for_ever() -> None:
        while True:
            async with beside(work()):
                await asyncio.sleep(0)

    task = asyncio.create_task(for_ever())
    await ending.wait()
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=5)
    assert done
    assert task.cancelled()


async def test_an_event_is_waited_for_so_long() -> None:
    event = asyncio.Event()
    await happened(event, 0.01)
    event.set()
    async with asyncio.timeout(5):
        await happened(event, 60)


async def test_a_cancellation_that_comes_with_the_event_is_kept() -> None:
    event = asyncio.Event()

    async def for_ever() -> None:
        while True:
            await happened(event, 60)
            event.clear()

    task = asyncio.create_task(for_ever())
    await asyncio.sleep(0.01)
    event.set()
    await asyncio.sleep(0)
    task.cancel()
    assert (await asyncio.wait([task], timeout=1))[0]


async def test_work_ends_where_an_event_happens_and_is_told_where_it_is_done_before() -> None:
    stop, seen = asyncio.Event(), []

    async def work(seconds: float) -> str:
        try:
            await asyncio.sleep(seconds)
        finally:
            seen.append(seconds)
        return "done"

    assert await unless(stop, work(0)) == "done"
    asyncio.get_running_loop().call_later(0.01, stop.set)
    assert await unless(stop, work(60)) is None
    assert seen == [0, 60]
    with pytest.raises(ZeroDivisionError):
        await unless(asyncio.Event(), broken())


async def broken() -> None:
    """Break."""
    raise ZeroDivisionError


async def test_whoever_waits_for_work_unless_something_happens_may_be_cancelled() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    task = asyncio.create_task(unless(asyncio.Event(), work()))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()
