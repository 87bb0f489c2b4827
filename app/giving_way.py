"""What maintenance waits for before each step: that live submissions do not."""

import asyncio
from typing import Final

from sqlalchemy import text

from app.db import Database

GIVE_WAY: Final = text(
    "SELECT EXISTS (SELECT FROM submissions "
    "WHERE state = 'queued' AND lane = 'live' AND NOT alone AND run_at < statement_timestamp() - interval '2 s')"
)
"""Whether live submissions have been due for longer than a worker that keeps up lets them wait; nobody waits for what is apart."""
GIVE_WAY_SECONDS: Final = 0.5


async def give_way(database: Database) -> None:
    """Rest while live submissions wait."""
    while True:
        async with database.reading() as connection:
            if not await connection.scalar(GIVE_WAY):
                return
        await asyncio.sleep(GIVE_WAY_SECONDS)
