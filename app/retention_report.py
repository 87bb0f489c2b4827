"""`dateline retention`: what is too old by the settings, before it goes, or what went of it."""

from typing import Final

from app.reprocess import opened
from app.retention import Retention, ages_of
from app.settings import Settings
from app.store import too_old

NOTHING: Final = "Nothing is too old."
WHAT: Final = {
    "articles": "articles",
    "bodies": "submissions' bytes",
    "receipts": "receipts",
    "changes": "entries of the change feed",
    "graves": "tombstones of articles that were not sent any more",
}


async def due(url: str, settings: Settings) -> list[str]:
    """Tell what would go now, articles by source; raises StartError where the store does not answer."""
    kept = settings
    async with opened(url, settings) as database, database.reading() as connection:
        articles = await too_old.articles(connection, ages_of(kept))
        found = {
            "articles": sum(articles.values()),
            "bodies": await too_old.bodies(connection, kept.keep_bodies_days) if kept.keep_bodies_days else 0,
            "receipts": await too_old.receipts(connection, kept.keep_receipts_days) if kept.keep_receipts_days else 0,
            "changes": await too_old.changes(connection, kept.keep_changes_days) if kept.keep_changes_days else 0,
        }
    by_source = [f"{number:>12,}  {source or '(no source)'}" for source, number in articles.items()]
    lines = told(found)
    return lines[:1] + by_source + lines[1:] if by_source else lines


async def gone(url: str, settings: Settings) -> list[str]:
    """Let go what is too old now, and tell what went; raises StartError where the store does not answer."""
    async with opened(url, settings) as database:
        applied = Retention(database, settings)
        await applied.go_round()
    return told(applied.gone)


def told(found: dict[str, int]) -> list[str]:
    """Tell numbers, a line for each kind of which there are some."""
    return [f"{found[kind]:>9,}  {meaning}" for kind, meaning in WHAT.items() if found.get(kind)] or [NOTHING]
