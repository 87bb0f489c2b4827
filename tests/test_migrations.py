"""The migrations and the tables agree, and many processes may migrate at once."""

import os
import subprocess
import sys

import asyncpg
import pytest
from alembic import command

from app import migrate
from app.db import Database, connect
from app.errors import StartError
from app.settings import Settings
from tests.conftest import drop, on


async def test_models_and_migrations_agree(database: Database) -> None:
    async with database.engine.connect() as connection:
        await connection.run_sync(lambda sync: command.check(migrate.configuration(sync)))
        assert await migrate.current(connection) == migrate.newest()


async def test_many_processes_migrate_an_empty_database_at_once(server_url: str) -> None:
    name = "dateline_test_migrations"
    connection = await asyncpg.connect(server_url)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    url = on(server_url, name)
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "app", "migrate"],
            env=os.environ | {"DATABASE_URL": url},
            stdout=subprocess.DEVNULL,
        )
        for _ in range(3)
    ]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    database = connect(url, Settings())
    async with database.reading() as reading:
        assert await migrate.current(reading) == migrate.newest()
    await database.close()
    await drop(server_url, name)


def test_a_database_that_is_not_there_is_said_in_a_sentence() -> None:
    with pytest.raises(StartError, match="Is DATABASE_URL right"):
        migrate.run("postgresql://nobody@127.0.0.1:1/nothing", Settings())
