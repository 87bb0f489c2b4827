"""Runs migrations under one advisory lock, with timeouts so that a migration never blocks the service for long."""

import time

from alembic import context
from sqlalchemy import Connection, text

from app.store.tables import metadata

LOCK_KEY = 0x6461_7465_6C69_6E65  # "dateline"
LOOK_SECONDS = 0.2


def take_turn(connection: Connection) -> None:
    """Wait for the advisory lock by asking again and again.

    A statement that waits for it has a snapshot, and whoever has the lock waits for all of those where it makes an
    index concurrently: both would wait for ever.
    """
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK_KEY}):
        connection.commit()
        time.sleep(LOOK_SECONDS)


def migrate(connection: Connection) -> None:
    """Apply what is pending; processes that start together wait for each other.

    Whoever waits for a table's lock has everybody who comes later wait behind it: thus for a moment only, and then
    whoever called tries again.
    """
    take_turn(connection)
    connection.execute(text("SET lock_timeout = '1s'"))
    connection.execute(text("SET statement_timeout = '10min'"))
    connection.commit()
    try:
        context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK_KEY})
        connection.execute(text("RESET lock_timeout"))
        connection.execute(text("RESET statement_timeout"))
        connection.commit()


migrate(context.config.attributes["connection"])
