"""One real Postgres for the run, and a fresh migrated database for each test that asks for one."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from app import embedded, migrate
from app.db import Database, connect
from app.settings import Settings
from tests.running import give_back

SERVER = "DATELINE_TEST_SERVER"
STRATEGY = "DATELINE_TEST_STRATEGY"
TEMPLATE = "DATELINE_TEST_TEMPLATE"

settings.register_profile(
    "dateline", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.load_profile("dateline")


def on(server: str, database: str) -> str:
    """Give the URL of a database on the test server."""
    head, _, query = server.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{database}" + (f"?{query}" if query else "")


async def make_template(server: str) -> str:
    """Make a migrated database from which each test's own is copied."""
    name = f"dateline_template_{uuid4().hex[:12]}"
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    await migrate.migrate_url(on(server, name), Settings())
    return name


async def drop(server: str, name: str) -> None:
    """Drop a database, whoever is still connected."""
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await connection.close()


def pytest_configure(config: pytest.Config) -> None:
    """Start the server once, before xdist's workers, which inherit its address."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it, and so would ours
    if SERVER in os.environ:
        return
    if (given := os.environ.get("DATABASE_URL")) is None:
        folder = Path(tempfile.mkdtemp(prefix="dateline-test-"))
        folder.chmod(0o755)
        server = embedded.start(folder / "postgres", fast=True)
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        config.add_cleanup(server.stop)
        given = server.url
        os.environ[STRATEGY] = "STRATEGY FILE_COPY"  # a fifth of the time, where nothing has to reach the disk
    template = asyncio.run(make_template(given))
    os.environ[SERVER], os.environ[TEMPLATE] = given, template
    os.environ.pop("DATABASE_URL", None)
    config.add_cleanup(lambda: asyncio.run(drop(given, template)))


def pytest_unconfigure() -> None:
    """End what tests of this process shared."""
    give_back()


@pytest.fixture
def server_url() -> str:
    """The test server's own database."""
    return os.environ[SERVER]


async def create(server: str) -> str:
    """Copy the template to a new database, and name it."""
    name = f"dateline_test_{uuid4().hex[:12]}"
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(
            f'CREATE DATABASE "{name}" TEMPLATE "{os.environ[TEMPLATE]}" {os.environ.get(STRATEGY, "")}'
        )
    finally:
        await connection.close()
    return name


@contextmanager
def fresh_database() -> Iterator[str]:
    """Give the URL of a fresh database to what is not asynchronous."""
    server = os.environ[SERVER]
    name = asyncio.run(create(server))
    try:
        yield on(server, name)
    finally:
        asyncio.run(drop(server, name))


@pytest.fixture
async def database_url(server_url: str) -> AsyncIterator[str]:
    """A fresh database at this program's schema."""
    name = await create(server_url)
    yield on(server_url, name)
    await drop(server_url, name)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A pool on a fresh database."""
    opened = connect(database_url, Settings(pool_size=5))
    yield opened
    await opened.close()


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of whoever runs the tests do not reach them."""
    for name in [
        name for name in os.environ if name.startswith("DATELINE_") and name not in {SERVER, TEMPLATE, STRATEGY}
    ]:
        monkeypatch.delenv(name)
