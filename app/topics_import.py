"""`dateline topics import`: loads a taxonomy into the store, and says what it came to."""

from app import taxonomy
from app.db import STORE_ERRORS, connect
from app.errors import StartError
from app.settings import Settings
from app.store.taxonomies import Entry, Loaded, load

STATEMENT_SECONDS = 600.0


def entry(concept: taxonomy.Concept) -> Entry:
    """Give a concept as the store takes it."""
    others = tuple((name.label, name.language) for name in concept.others)
    return Entry(concept.code, concept.name.label, concept.name.language, others, concept.broader)


async def import_topics(url: str, settings: Settings, found: taxonomy.Taxonomy) -> Loaded:
    """Load a taxonomy in one transaction, so that it is in force whole or not at all; raises StartError in plain words."""
    database = connect(url, settings.model_copy(update={"statement_timeout": STATEMENT_SECONDS}))
    try:
        async with database.transaction() as connection:
            return await load(connection, found.scheme, [entry(concept) for concept in found.concepts])
    except STORE_ERRORS as error:
        raise StartError(f"The taxonomy was not loaded, and nothing has changed: {error}.") from error
    finally:
        await database.close()
