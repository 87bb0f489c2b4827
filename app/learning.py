"""Keeps what the archive knows of words and acronyms: workers write what they learned, make snapshots and fold acronyms.

Whoever extracts goes by the newest snapshot.
"""

import asyncio

import structlog

from app.db import STORE_ERRORS, Database
from app.extractor import Extractor
from app.store import acronyms, background
from app.store.background import Lessons

log = structlog.get_logger()

EVERY_SECONDS = 30.0
"""How often lessons are written, and a newer snapshot is looked for."""
MOST_ROUNDS = 4
"""How often in a row acronyms are folded."""


async def follow(database: Database, *extractors: Extractor) -> None:
    """Have extractors infer topics by the newest snapshot; without end, the store's absence is waited out."""
    while True:
        try:
            async with database.transaction() as connection:
                found = await background.newest(connection, extractors[0].inference.background.number)
        except STORE_ERRORS as error:
            log.warning("background_not_read", error=str(error))
        else:
            if found is not None:
                for extractor in extractors:
                    extractor.use(found)
                log.info("background_in_use", number=found.number)
        await asyncio.sleep(EVERY_SECONDS)


async def keep(database: Database, lessons: Lessons) -> None:
    """Write down what was learned, make a snapshot when the archive has grown, fold acronyms; without end, as above."""
    while True:
        try:
            await write(database, lessons)
            async with database.transaction() as connection:
                if await background.snapshot(connection):
                    await acronyms.forget(connection)
            await fold_acronyms(database)
        except STORE_ERRORS as error:
            log.warning("background_not_kept", error=str(error))
        await asyncio.sleep(EVERY_SECONDS)


async def fold_acronyms(database: Database) -> None:
    """Make aliases of the acronyms that articles agree on, a few at a time, so that those who store wait for a moment only."""
    for _ in range(MOST_ROUNDS):
        async with database.transaction() as connection:
            changed = await acronyms.consider(connection)
        if changed:
            log.info("acronyms_changed", number=changed)
        if changed < acronyms.MOST_CHANGED:
            break


async def write(database: Database, lessons: Lessons) -> None:
    """Write down what was learned since the last time; what cannot be written is kept."""
    learned, defined = lessons.take(), lessons.take_acronyms()
    try:
        async with database.transaction() as connection:
            await background.write(connection, learned)
            await acronyms.write(connection, defined)
    except STORE_ERRORS:
        lessons.counts.update(learned)
        lessons.acronyms.update(defined)
        raise
