"""A task that lives as long as a block does: it ends with the block, its faults are told, and nobody's cancellation is lost."""

import asyncio

import pytest

from app.beside import beside, happened


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
