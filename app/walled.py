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
from ctypes import c_longlong
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any, ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

from app.processes import collect_rarely, end_with_parent

OUT_OF_MEMORY = 77
"""Exit code of a process that met its memory limit."""
START_SECONDS = 60.0
"""How long a process may take to load its libraries, on a machine that is busy with other things."""
LOST = 2
"""How often a call may lose its process before it is known to have begun; once is chance, as others kill processes too."""

FORKED = "app.forked"
"""What the fork server loads; by name, as nobody else should."""
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([FORKED])

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class NotStarted(Exception):  # noqa: N818 - the machine's failure, and no call's
    """The process cannot be started or prepared; the message says why."""


class Breach(Exception):  # noqa: N818 - said of a call, caught by whoever made it
    """A call broke its process or a limit; the message says how, `reached` how far the call had said that it was."""

    def __init__(self, message: str, reached: int = 0) -> None:
        super().__init__(message)
        self.reached = reached


@dataclass(slots=True)
class Progress:
    """Where a process says how far it is in the call at hand: a number in memory that outlives the process."""

    number: c_longlong = field(default_factory=c_longlong)


HERE = Progress()
"""This process's own; shared with whoever called it where it is a walled-off one."""


class WalledOff:
    """A process with a limit of memory, started anew whenever it is gone; `prepare` is run in it before all else."""

    def __init__(self, memory: int, prepare: Callable[..., None], *arguments: Any) -> None:
        self.memory = memory
        self.progress = Progress(CONTEXT.RawValue(c_longlong, 0))
        self.prepare = (prepare, *arguments)
        self.pool: ProcessPool | None = None
        self.ready: Future[Any] = Future()

    def start(self) -> ProcessPool:
        """Begin to start the process: forked from a server that has loaded what all need, in a thread as that takes time."""
        arguments = (self.memory, self.progress, *self.prepare)
        pool = ProcessPool(max_workers=1, context=CONTEXT, initializer=settle_in, initargs=arguments)
        self.pool, self.ready = pool, Future()
        Thread(target=await_first, args=(pool, self.ready), daemon=True).start()
        return pool

    async def stop(self) -> None:
        """End the process, whatever it is at."""
        pool, self.pool = self.pool, None
        if pool is not None:
            await asyncio.to_thread(end, pool)

    async def opened(self) -> ProcessPool:
        """Give the pool once its process is prepared; raises NotStarted where that cannot be."""
        pool = self.pool
        if pool is None or (self.ready.done() and not pool.active):
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
        raise Breach("crashed its process", self.progress.number.value)

    async def answer(
        self,
        pool: ProcessPool,
        seconds: float,
        function: Callable[..., Result],
        args: tuple[Any, ...],
        named: dict[str, Any],
    ) -> Result:
        """Wait for one call's result; raises Breach, or BrokenProcessPool where the process was gone before it began."""
        self.progress.number.value = 0
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
            raise Breach(f"took more than {seconds:g} seconds", self.progress.number.value) from error
        except ProcessExpired as error:
            how = f"crashed its process (exit code {error.exitcode})"
            if error.exitcode == OUT_OF_MEMORY:
                how = f"took more than {self.memory} bytes of memory"
            raise Breach(how, self.progress.number.value) from error


def await_first(pool: ProcessPool, ready: Future[Any]) -> None:
    """Settle a future once a pool's process has answered its first call, or cannot."""
    try:
        ready.set_result(pool.schedule(os.getpid).result())
    except BaseException as error:  # noqa: BLE001 - whoever waits for the future is told
        ready.set_exception(error)


def end(pool: ProcessPool) -> None:
    """End a pool's process, whatever it is at, and wait for that."""
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()


def reached(number: int) -> None:
    """Say how far the call at hand is; told with its Breach, if it breaks."""
    HERE.number.value = number


def settle_in(memory: int, progress: Progress, prepare: Callable[..., None], *arguments: Any) -> None:
    """Bind this process to the fork server's life, which ends with ours, and to its memory, and prepare it for its work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started us, and ends us when it is done
    end_with_parent(import_module(FORKED).SERVER, signal.SIGKILL)
    if sys.platform.startswith("linux"):  # elsewhere the system takes no such limit, or does not keep it
        held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        if held > memory:  # it could begin all the same, and whatever it was given would seem to eat memory
            raise MemoryError(f"{held} bytes are taken by the libraries alone")
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    HERE.number = progress.number
    prepare(*arguments)
    collect_rarely()


def guarded(function: Callable[..., Result], args: tuple[Any, ...], named: dict[str, Any]) -> Result:
    """Run a function in this process, which ends where memory does: with what is left of it the next call would fail too."""
    try:
        return function(*args, **named)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
