"""Brings the database's schema to this program's version, and says whether it is there."""

import asyncio
from functools import cache
from itertools import count
from pathlib import Path

import sqlalchemy
import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

import app
from app.db import Database, collided, connect
from app.errors import StartError
from app.settings import Settings

log = structlog.get_logger()

STATEMENT_SECONDS = 600.0
MOST_TRIES = 60
LONGEST_PAUSE = 5.0


def migrations_folder() -> Path:
    """Find the migrations: inside the package where it was installed as a wheel, beside it in a checkout."""
    package = Path(app.__file__).parent
    inside = package / "migrations"
    return inside if inside.is_dir() else package.parent / "migrations"


def configuration(connection: Connection | None = None) -> Config:
    """Give Alembic's configuration, over an open connection where one is needed."""
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@cache
def newest() -> str | None:
    """Give the revision that this program needs."""
    return ScriptDirectory.from_config(configuration()).get_current_head()


@cache
def known() -> frozenset[str]:
    """Give the revisions that this program knows."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions())


def fits(found: str | None) -> bool:
    """Say whether this program works with a schema: the one that it needs, or one from after its time.

    A revision takes nothing away that the program before it uses, so that during a deployment both may run.
    """
    return found == newest() or (found is not None and found not in known())


async def current(connection: AsyncConnection) -> str | None:
    """Give the revision that the database has; None where there is none yet."""
    return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())


async def migrate(database: Database, to: str = "head") -> None:
    """Apply every pending migration; safe to call from many processes at once, and while others work on the tables.

    A step that meets a longer transaction than it waits for is tried again, up to some minutes.
    """
    for attempt in count():
        try:
            async with database.engine.connect() as connection:
                if fits(found := await current(connection)):
                    log.debug("migrated_already", schema=found)
                    return
                await connection.rollback()
                await connection.run_sync(lambda sync: command.upgrade(configuration(sync), to))
        except sqlalchemy.exc.DBAPIError as error:
            if attempt == MOST_TRIES or not collided(error):
                raise
            log.warning("migration_waits", attempt=attempt + 1, error=str(error.orig))
            await asyncio.sleep(min(LONGEST_PAUSE, 2.0**attempt / 4))
        else:
            return


async def migrate_url(url: str, settings: Settings) -> None:
    """Apply every pending migration of the database at a URL, over a pool of its own."""
    database = connect(url, settings.model_copy(update={"statement_timeout": STATEMENT_SECONDS}))
    try:
        await migrate(database)
    finally:
        await database.close()


def run(url: str, settings: Settings) -> None:
    """Apply every pending migration before anything else starts; raises StartError in plain words."""
    try:
        asyncio.run(migrate_url(url, settings))
    except (OSError, sqlalchemy.exc.DBAPIError) as error:
        message = (
            f"The database cannot be brought up to date: {error}. Is DATABASE_URL right, and may it create tables?"
        )
        raise StartError(message) from error
