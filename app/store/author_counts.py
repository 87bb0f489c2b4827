"""Counts of articles by author: deltas go with the articles and are folded later, as those of topics are."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

MOST_FOLDED: Final = 20_000
COUNT = text(
    """
    INSERT INTO author_deltas (fold, name, change)
    SELECT fold, name, :sign * count(*) FROM article_authors WHERE article_id = ANY(:ids) GROUP BY fold, name
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
ADD = """
    added AS (
        INSERT INTO author_counts AS c (fold, name, articles)
        SELECT fold, printed, sum(change) FROM taken CROSS JOIN LATERAL (VALUES (name), ('')) AS printings (printed)
        GROUP BY fold, printed HAVING sum(change) <> 0 ORDER BY fold, printed
        ON CONFLICT (fold, name) DO UPDATE SET articles = c.articles + excluded.articles
    )
    SELECT count(*) FROM taken
"""
FOLD = text(
    f"""
    WITH taken AS (
        DELETE FROM author_deltas WHERE id IN (SELECT id FROM author_deltas ORDER BY id LIMIT :most)
        RETURNING fold, name, change
    ), {ADD}
    """  # noqa: S608 - of constants alone
)
REBUILD = text(
    f"""
    WITH taken AS (SELECT fold, name, count(*) AS change FROM article_authors GROUP BY fold, name), {ADD}
    """  # noqa: S608 - of constants alone
)
EMPTY = text("TRUNCATE author_deltas, author_counts")
SWEEP = text("DELETE FROM author_counts WHERE articles = 0")


async def count(connection: AsyncConnection, articles: Collection[UUID], sign: int) -> None:
    """Count who wrote these articles: 1 after they were written, -1 before they change or go."""
    if articles:
        await connection.execute(COUNT, {"ids": list(articles), "sign": sign})


async def fold(connection: AsyncConnection) -> bool:
    """Sum up to 20,000 deltas up; True where there may be more. The caller holds the lock of those who fold."""
    found: int = await connection.scalar(FOLD, {"most": MOST_FOLDED})
    if found:
        await connection.execute(SWEEP)
    return found == MOST_FOLDED


async def rebuild(connection: AsyncConnection) -> None:
    """Count everybody anew, while nobody writes."""
    await connection.execute(EMPTY)
    await connection.execute(REBUILD)
