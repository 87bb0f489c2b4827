"""Counts what is older than it is kept, by the same measures as it goes by; for whoever wants to know before it does."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.retention import FREE, LIMITS, RULES, Ages

ARTICLES = text(
    f"""
    WITH {LIMITS}
    SELECT l.source, count(*) AS articles FROM limits l
    JOIN articles a ON coalesce(a.source, '') = l.source COLLATE "default" AND a.current_since < l.before
    GROUP BY l.source ORDER BY count(*) DESC, l.source
    """  # noqa: S608 - of constants alone
).bindparams(*RULES)
BODIES = text(
    """
    SELECT count(*) FROM submissions
    WHERE body IS NOT NULL AND finished_at IS NOT NULL AND finished_at < now() - make_interval(days => :days)
    """
)
RECEIPTS = text(
    f"SELECT count(*) FROM submissions s WHERE s.received_at < now() - make_interval(days => :days) AND {FREE}"  # noqa: S608 - of constants alone
)
CHANGES = text("SELECT count(*) FROM changes WHERE at < now() - make_interval(days => :days)")


async def articles(connection: AsyncConnection, ages: Ages) -> dict[str, int]:
    """Count articles by source, '' for none, those with most first."""
    rows = await connection.execute(ARTICLES, ages.parameters)
    return {row.source: row.articles for row in rows}


async def bodies(connection: AsyncConnection, days: int) -> int:
    """Count the submissions whose bytes are too old."""
    return int(await connection.scalar(BODIES, {"days": days}) or 0)


async def receipts(connection: AsyncConnection, days: int) -> int:
    """Count the receipts that are too old and that nothing needs, as things stand."""
    return int(await connection.scalar(RECEIPTS, {"days": days}) or 0)


async def changes(connection: AsyncConnection, days: int) -> int:
    """Count the entries of the change feed that are too old."""
    return int(await connection.scalar(CHANGES, {"days": days}) or 0)
