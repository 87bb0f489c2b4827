"""One walled-off process: what crashes, hangs or eats memory in it breaks one call, and the next call finds a fresh one."""

import asyncio
import contextlib
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import Any, ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

from app.processes import collect_rarely, end_with_parent

OUT_OF_MEMORY = 77
"""Exit code of a process that met its memory limit."""
START_SECONDS = 60.0
"""How long a process may take to load its libraries, on a machine that is busy with other things."""
LOST = 2
"""How often a call may lose its process before it is known to have begun; once is chance, as others kill processes too."""

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class NotStarted(Exception):  # noqa: N818 - the machine's failure, and no call's
    """The process cannot be started or prepared; the message says why."""


class Breach(Exception):  # noqa: N818 - said of a call, caught by whoever made it
    """A call broke its process or a limit; the message says how."""


class WalledOff:
    """A process with a limit of memory, started anew whenever it is gone; `prepare` is run in it before all else."""

    def __init__(self, memory: int, prepare: Callable[..., None], *arguments: Any) -> None:
        self.memory = memory
        self.prepare = (prepare, *arguments)
        self.pool: ProcessPool | None = None
        self.ready: Future[Any] = Future()

    def start(self) -> ProcessPool:
        """Start the process; called in the thread that lives longest, as the process dies with it."""
        self.pool = ProcessPool(
            max_workers=1,
            context=multiprocessing.get_context("spawn"),
            initializer=settle_in,
            initargs=(os.getpid(), self.memory, *self.prepare),
        )
        self.ready = self.pool.schedule(os.getpid)
        return self.pool

    async def stop(self) -> None:
        """End the process, whatever it is at."""
        pool, self.pool = self.pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]
            await asyncio.to_thread(pool.join)

    async def opened(self) -> ProcessPool:
        """Give the pool once its process is prepared; raises NotStarted where that cannot be."""
        pool = self.pool
        if pool is None or not pool.active:
            await self.stop()
            pool = self.start()
        try:
            if not self.ready.done():
                async with asyncio.timeout(START_SECONDS):  # `wait_for` may lose a cancellation before Python 3.12
                    await asyncio.shield(asyncio.wrap_future(self.ready))
            self.ready.result()
        except (TimeoutError, ProcessExpired, BrokenProcessPool) as error:
            await self.stop()
            raise NotStarted(f"no process starts within {self.memory} bytes of memory: {error!r}") from error
        return pool

    async def run(
        self, seconds: float, function: Callable[Parameters, Result], *args: Parameters.args, **named: Parameters.kwargs
    ) -> Result:
        """Run a function in the process within a time limit; raises Breach, NotStarted and what the function raises."""
        for _ in range(LOST):
            pool = await self.opened()
            with contextlib.suppress(BrokenProcessPool):
                return await self.answer(pool, seconds, function, args, named)
        raise Breach("crashed its process")

    async def answer(
        self,
        pool: ProcessPool,
        seconds: float,
        function: Callable[..., Result],
        args: tuple[Any, ...],
        named: dict[str, Any],
    ) -> Result:
        """Wait for one call's result; raises Breach, or BrokenProcessPool where the process was gone before it began."""
        try:
            future: Future[Result] = pool.schedule(guarded, (function, args, named), timeout=seconds)
        except RuntimeError as error:  # pebble's word for a pool that broke since it was last looked at
            raise BrokenProcessPool(str(error)) from error
        try:
            async with asyncio.timeout(seconds + START_SECONDS):
                return await asyncio.wrap_future(future)
        except TimeoutError as error:
            if future.cancelled():  # the limit was not kept: the process is out of reach
                await self.stop()
            raise Breach(f"took more than {seconds:g} seconds") from error
        except ProcessExpired as error:
            if error.exitcode == OUT_OF_MEMORY:
                raise Breach(f"took more than {self.memory} bytes of memory") from error
            raise Breach(f"crashed its process (exit code {error.exitcode})") from error


def settle_in(parent: int, memory: int, prepare: Callable[..., None], *arguments: Any) -> None:
    """Bind this process to its parent's life and to its memory, and prepare it for its work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us when it is done
    end_with_parent(parent, signal.SIGKILL)
    if sys.platform.startswith("linux"):  # elsewhere the system takes no such limit, or does not keep it
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    prepare(*arguments)
    collect_rarely()


def guarded(function: Callable[..., Result], args: tuple[Any, ...], named: dict[str, Any]) -> Result:
    """Run a function in this process, which ends where memory does: with what is left of it the next call would fail too."""
    try:
        return function(*args, **named)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
