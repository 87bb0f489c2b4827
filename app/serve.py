"""`dateline serve`: the embedded Postgres where none is named, migrations, worker processes, and HTTP, all in one go."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog
import uvicorn
from fastapi import FastAPI

from app import embedded, migrate
from app.access.exposure import check_exposure
from app.errors import StartError
from app.main import create_app
from app.patience import give_up_lost_peers, limited
from app.processes import allow_files, collect_rarely
from app.settings import Settings

log = structlog.get_logger()

LOOK_SECONDS = 0.5
CALM_SECONDS = 30.0
"""A worker that lived this long and dies is started anew at once; one that dies sooner, after a growing pause."""
DRAIN_SECONDS = 30.0
FILES_BESIDE = 256
"""Files that a process has open beside its clients' connections: the store's, libraries, pipes to its children."""


@dataclass(slots=True)
class Child:
    """A worker process, and when it may be started again after an early death."""

    process: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)
    early_deaths: int = 0


class Workers:
    """The worker processes of one `serve`: kept at their number, drained at the end."""

    def __init__(self, number: int, url: str) -> None:
        self.environment = os.environ | {"DATABASE_URL": url}
        self.children = [Child(self.spawn()) for _ in range(number)]

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start one worker, which ends with this process however this process ends."""
        command = [sys.executable, "-m", "app", "work", "--parent", str(os.getpid())]
        return subprocess.Popen(command, env=self.environment)  # noqa: S603 - our own program

    def look(self) -> None:
        """Start workers that died anew, with a growing pause for those that die at once."""
        now = time.monotonic()
        for child in self.children:
            if child.process.poll() is None:
                continue
            early = now - child.started < CALM_SECONDS
            pause = min(2.0**child.early_deaths, CALM_SECONDS) if early else 0.0
            if now - child.started >= pause:
                log.warning("worker_died", code=child.process.returncode, early_deaths=child.early_deaths)
                child.early_deaths = child.early_deaths + 1 if early else 0
                child.process, child.started = self.spawn(), now

    def drain(self) -> None:
        """Ask all workers to end what they have in hand, and kill the ones that do not."""
        for child in self.children:
            child.process.terminate()
        deadline = time.monotonic() + DRAIN_SECONDS
        for child in self.children:
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("worker_killed", pid=child.process.pid, waited=DRAIN_SECONDS)
                child.process.kill()
                child.process.wait()


class Server(uvicorn.Server):
    """uvicorn, but for its signals: it would end this process as soon as HTTP is down, before the rest is."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Have SIGTERM and SIGINT end HTTP cleanly; a second one does not wait for open requests."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def listening_socket(settings: Settings) -> socket.socket:
    """Take the address before anything else is started; raises StartError in plain words where it is not to be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # named as TCP, since only then does asyncio switch off Nagle's algorithm, which costs 40 ms an answer
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    give_up_lost_peers(listener, settings.unread_seconds)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        message = (
            f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}. "
            "Is another `dateline serve` running? `--port` takes another port, 0 any free one."
        )
        raise StartError(message) from error
    return listener


@contextmanager
def postgres(settings: Settings) -> Iterator[tuple[str, embedded.Server | None]]:
    """Give the URL of the database to use: the one that is named, or the embedded server's, which lives as long as we do."""
    if settings.database_url is not None:
        yield settings.database_url, None
        return
    server = embedded.start(settings.data_dir or embedded.default_folder())
    try:
        yield server.url, server
    finally:
        server.stop()


def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; then answer open requests, drain the workers, stop the embedded Postgres."""
    allow_files(settings.max_connections + FILES_BESIDE)
    with listening_socket(settings) as listener:
        check_exposure(settings, listener.getsockname()[0])
        with postgres(settings) as (url, server):
            run(settings, listener, url, server)
    log.info("stopped")


def run(settings: Settings, listener: socket.socket, url: str, server: embedded.Server | None) -> None:
    """Migrate, then run HTTP and the workers until told to stop."""
    migrate.run(url, settings)
    workers = Workers(settings.workers, url)
    try:
        of_store = settings.model_copy(update={"database_url": url})
        config = http_config(of_store, create_app(of_store))
        collect_rarely()
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(serve_http(config, listener, workers, server))
    finally:
        workers.drain()


def http_config(settings: Settings, application: FastAPI) -> uvicorn.Config:
    """Say how HTTP is served; on uvloop where there is one, which does the same in two thirds of the time."""
    return uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        root_path=settings.root_path,
        proxy_headers=False,  # the application takes them over itself: it must know who the connection is from
        timeout_graceful_shutdown=int(DRAIN_SECONDS),
        server_header=False,
        http=limited(settings),
        ws="none",
    )


async def serve_http(
    config: uvicorn.Config, listener: socket.socket, workers: Workers, store: embedded.Server | None
) -> None:
    """Serve HTTP and look after the workers until told to stop."""
    server = Server(config)
    looking = [asyncio.create_task(look_after(server, workers, listener))]
    if store is not None:
        looking.append(asyncio.create_task(keep_postgres(store)))
    try:
        await server.serve(sockets=[listener])
    finally:
        for task in looking:
            task.cancel()
        await asyncio.wait(looking)


async def look_after(server: Server, workers: Workers, listener: socket.socket) -> None:
    """Say where the service is once it is there, and keep its workers alive."""
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.02)
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    sys.stdout.write(f"Dateline is ready: http://{shown}:{port} (try /docs); Ctrl-C stops it.\n")
    sys.stdout.flush()
    while True:
        if not server.should_exit:
            workers.look()
        await asyncio.sleep(LOOK_SECONDS)


async def keep_postgres(store: embedded.Server) -> None:
    """Start a Postgres that died anew, at once or, where it dies soon after each start, after a growing pause."""
    started, early_deaths = time.monotonic(), 0
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if store.alive():
            continue
        early_deaths = early_deaths + 1 if time.monotonic() - started < CALM_SECONDS else 0
        pause = min(2.0**early_deaths, CALM_SECONDS) if early_deaths else 0.0
        log.error("postgres_died", early_deaths=early_deaths, starting_again_in_seconds=pause)
        await asyncio.sleep(pause)
        try:
            await store.restart_beside()
        except StartError as error:
            log.error("postgres_not_restarted", error=str(error))  # noqa: TRY400 - its message is the whole story
        else:
            log.warning("postgres_serves_again")
        started = time.monotonic()
