"""`dateline topics import`: loads a taxonomy into the store, and says what it came to."""

from app.db import STORE_ERRORS, connect
from app.errors import StartError
from app.settings import Settings
from app.store.taxonomies import Loaded, load
from app.taxonomy import Taxonomy

STATEMENT_SECONDS = 600.0


async def import_topics(url: str, settings: Settings, found: Taxonomy) -> Loaded:
    """Load a taxonomy in one transaction, so that it is in force whole or not at all; raises StartError in plain words."""
    database = connect(url, settings.model_copy(update={"statement_timeout": STATEMENT_SECONDS}))
    try:
        async with database.transaction() as connection:
            return await load(connection, found.scheme, found.concepts)
    except STORE_ERRORS as error:
        raise StartError(f"The taxonomy was not loaded, and nothing has changed: {error}.") from error
    finally:
        await database.close()
