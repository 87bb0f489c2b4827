"""The service as tests use it: the real application in this process, and real worker processes beside it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from app.db import connect
from app.extraction import Pipeline, warm_up
from app.extractor import Extractor
from app.main import create_app, lifespan
from app.pipeline.background import DEFAULT
from app.serve import http_config
from app.settings import Settings
from app.walled import WalledOff
from app.worker import Worker

QUICK = {"lease_seconds": 1.5, "poll_seconds": 0.1, "retry_base_seconds": 0.05, "item_seconds": 5.0}
"""Settings that make what takes minutes in the field take moments here."""


def settings_for(url: str, **others: Any) -> Settings:
    """Give quick settings on a database."""
    return Settings(database_url=url, **(QUICK | others))


LENT: list[WalledOff] = []


def lent() -> list[WalledOff]:
    """Give the extraction process that all tests of this process share: loading its libraries takes seconds."""
    if not LENT:
        process = WalledOff(Settings().item_memory_bytes, warm_up, Pipeline().full, DEFAULT, 0)
        process.start()
        LENT.append(process)
    return LENT


def give_back() -> None:
    """End the shared extraction process, if it was started."""
    for process in LENT:
        asyncio.run(process.stop())
    LENT.clear()


OF_EXTRACTION = frozenset({"item_seconds", "item_memory_bytes", "extract_processes"})
"""Settings for which a worker has an extraction process of its own."""


@asynccontextmanager
async def http(url: str, *, root_path: str = "", **others: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Open the whole HTTP application, without workers."""
    application = create_app(settings_for(url, **others))
    application.state.lent = lent()
    async with lifespan(application):
        transport = httpx.ASGITransport(application, raise_app_exceptions=False, root_path=root_path)
        async with httpx.AsyncClient(transport=transport, base_url="http://test", timeout=60) as client:
            yield client


def application_of(client: httpx.AsyncClient) -> FastAPI:
    """Give the application that `http` opened."""
    transport = client._transport  # noqa: SLF001 - httpx shows it nowhere else
    assert isinstance(transport, httpx.ASGITransport)
    assert isinstance(transport.app, FastAPI)
    return transport.app


@asynccontextmanager
async def a_worker(url: str, pipeline: Pipeline | None = None, **others: Any) -> AsyncIterator[Worker]:
    """Run a worker in this process until the block ends; then it drains."""
    settings = settings_for(url, **others)
    database = connect(url, settings)
    async with Extractor(
        settings, pipeline, lent=() if pipeline or others.keys() & OF_EXTRACTION else lent()
    ) as extractor:
        worker = Worker(database, extractor, settings)
        running = asyncio.create_task(worker.run())
        try:
            yield worker
        finally:
            worker.stop()
            await running
            await database.close()


@asynccontextmanager
async def listening(url: str, **others: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Open the HTTP application on a port of its own, for answers that have no end."""
    settings = settings_for(url, **others)
    application = create_app(settings)
    application.state.lent = lent()
    config = http_config(settings, application)
    config.port = 0
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
        assert not serving.done()
    address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        async with httpx.AsyncClient(base_url=address, timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def service(url: str, **others: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Open HTTP and one worker."""
    async with a_worker(url, **others), http(url, **others) as client:
        yield client


def worker_process(url: str, **others: Any) -> subprocess.Popen[bytes]:
    """Start a real worker process."""
    named = {f"DATELINE_{name.upper()}": str(value) for name, value in (QUICK | others).items()}
    environment = os.environ | named | {"DATABASE_URL": url, "DATELINE_LOG_LEVEL": "warning"}
    return subprocess.Popen([sys.executable, "-m", "app", "work"], env=environment)


def kill(process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGKILL) -> int:
    """Send a process a signal and wait for its end; give its code."""
    process.send_signal(number)
    return process.wait(100)


async def ended(client: httpx.AsyncClient, receipt_id: str, seconds: float = 60) -> dict[str, Any]:
    """Wait until a receipt has ended, and give it."""
    deadline = time.monotonic() + seconds
    while True:
        receipt: dict[str, Any] = (await client.get(f"/v1/receipts/{receipt_id}")).json()
        if receipt["state"] in {"done", "quarantined"}:
            return receipt
        assert time.monotonic() < deadline, receipt
        await asyncio.sleep(0.05)


async def post(
    client: httpx.AsyncClient, body: str | bytes, content_type: str = "text/plain", **headers: str
) -> httpx.Response:
    """Post a body to intake."""
    content = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.post("/v1/articles", content=content, headers={"Content-Type": content_type, **named})
