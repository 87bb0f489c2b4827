"""Runs migrations under one advisory lock, with timeouts so that a migration never blocks the service for long."""

from alembic import context
from sqlalchemy import Connection, text

from app.store.tables import metadata

LOCK_KEY = 0x6461_7465_6C69_6E65  # "dateline"


def migrate(connection: Connection) -> None:
    """Apply what is pending; processes that start together wait for each other at the advisory lock."""
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK_KEY})
    connection.execute(text("SET lock_timeout = '5s'"))
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
