"""Counts of articles by topic, source and time: deltas go with the articles, one folder at a time sums them up.

A count is the roll-up and the deltas that are not folded yet, read in one statement: exact at any moment. Everything is
counted under canonical topics, an article once however many aliases it prints; topic 0 is all articles. Writers share
a lock that a change of aliases takes alone, so that no article is counted under a topic that has just moved.
"""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import author_counts, source_counts

ALL_ARTICLES: Final = 0
"""The topic under which every article is counted."""
ALIASES_LOCK: Final = 0x64617465_0004
FOLD_LOCK: Final = 0x64617465_0005
MOST_FOLDED: Final = 20_000
"""Deltas that are folded in one transaction."""
LEAST_ARTICLES: Final = 20
"""Articles of a source from which on its boilerplate is known."""
SHARE: Final = 0.6
"""Share of a source's articles from which on a topic is its boilerplate."""

SHARE_ALIASES = text("SELECT pg_advisory_xact_lock_shared(:lock)").bindparams(lock=ALIASES_LOCK)
TAKE_ALIASES = text("SELECT pg_advisory_xact_lock(:lock)").bindparams(lock=ALIASES_LOCK)
TAKE_FOLD = text("SELECT pg_advisory_xact_lock(:lock)").bindparams(lock=FOLD_LOCK)
TRY_FOLD = text("SELECT pg_try_advisory_xact_lock(:lock)").bindparams(lock=FOLD_LOCK)

FACTS = """
    SELECT DISTINCT a.id, coalesce(t.canonical_id, t.id) AS topic_id, coalesce(a.source, '') AS source,
           (a.published_at AT TIME ZONE 'UTC')::date AS day
    FROM articles a JOIN article_topics x ON x.article_id = a.id JOIN topics t ON t.id = x.topic_id
"""
"""Each article on each canonical topic, once."""
COUNT = text(
    f"""
    INSERT INTO topic_deltas (topic_id, source, day, change)
    SELECT topic_id, source, day, :sign * count(*) FROM (
        {FACTS} WHERE a.id = ANY(:ids)
        UNION ALL
        SELECT id, 0, coalesce(source, ''), (published_at AT TIME ZONE 'UTC')::date FROM articles WHERE id = ANY(:ids)
    ) facts
    GROUP BY topic_id, source, day
    """  # noqa: S608 - of constants alone
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
LEVELS = """
    CROSS JOIN LATERAL (
        VALUES (0, '-infinity'::date), (1, date_trunc('month', day)::date), (2, day)
    ) AS levels (level, start)
"""
ADD = f"""
    added AS (
        INSERT INTO topic_counts AS c (topic_id, level, start, articles)
        SELECT topic_id, level, start, sum(change) FROM taken {LEVELS} WHERE start IS NOT NULL
        GROUP BY topic_id, level, start HAVING sum(change) <> 0 ORDER BY topic_id, level, start
        ON CONFLICT (topic_id, level, start) DO UPDATE SET articles = c.articles + excluded.articles
    ),
    added_by_source AS (
        INSERT INTO source_topic_counts AS c (source, start, topic_id, articles)
        SELECT source, start, topic_id, sum(change) FROM taken {LEVELS} WHERE start IS NOT NULL AND level < 2
        GROUP BY source, start, topic_id HAVING sum(change) <> 0 ORDER BY source, start, topic_id
        ON CONFLICT (source, start, topic_id) DO UPDATE SET articles = c.articles + excluded.articles
    )
    SELECT DISTINCT source FROM taken
"""  # noqa: S608 - of constants alone
FOLD = text(
    f"""
    WITH taken AS (
        DELETE FROM topic_deltas WHERE id IN (SELECT id FROM topic_deltas ORDER BY id LIMIT :most)
        RETURNING topic_id, source, day, change
    ), {ADD}
    """  # noqa: S608 - of constants alone
)
RECOUNT = text(
    f"""
    WITH taken AS (
        SELECT topic_id, source, day, count(*) AS change FROM (
            {FACTS} WHERE t.id = ANY(:members) OR t.canonical_id = ANY(:members)
        ) facts
        GROUP BY topic_id, source, day
    ), {ADD}
    """  # noqa: S608 - of constants alone
).bindparams(bindparam("members", type_=ARRAY(BigInteger)))
EMPTY = text("TRUNCATE topic_deltas, topic_counts, source_topic_counts, source_boilerplate")
REBUILD = text(
    f"""
    WITH taken AS (
        SELECT topic_id, source, day, count(*) AS change FROM (
            {FACTS}
            UNION ALL
            SELECT id, 0, coalesce(source, ''), (published_at AT TIME ZONE 'UTC')::date FROM articles
        ) facts
        GROUP BY topic_id, source, day
    ), {ADD}
    """  # noqa: S608 - of constants alone
)
ROOTS = text("SELECT coalesce(canonical_id, id) FROM topics WHERE id = ANY(:members)").bindparams(
    bindparam("members", type_=ARRAY(BigInteger))
)
FORGET = tuple(
    text(f"DELETE FROM {table} WHERE topic_id = ANY(:members)").bindparams(  # noqa: S608 - of constants alone
        bindparam("members", type_=ARRAY(BigInteger))
    )
    for table in ("topic_deltas", "topic_counts", "source_topic_counts", "source_boilerplate")
)
SWEEP = (
    text("DELETE FROM topic_counts WHERE articles = 0"),
    text("DELETE FROM source_topic_counts WHERE articles = 0"),
)
LEARN_BOILERPLATE = text(
    """
    WITH most AS (
        SELECT c.source, c.topic_id FROM source_topic_counts c
        JOIN source_topic_counts every ON every.source = c.source AND every.start = c.start AND every.topic_id = 0
        WHERE c.source = ANY(:sources) AND c.source <> '' AND c.start = '-infinity' AND c.topic_id <> 0
          AND every.articles >= :least AND c.articles >= CAST(:share AS real) * every.articles
    ),
    gone AS (
        DELETE FROM source_boilerplate b WHERE b.source = ANY(:sources)
          AND NOT EXISTS (SELECT FROM most m WHERE m.source = b.source AND m.topic_id = b.topic_id)
    )
    INSERT INTO source_boilerplate (source, topic_id) SELECT source, topic_id FROM most ON CONFLICT DO NOTHING
    """
)


async def hold_aliases(connection: AsyncConnection) -> None:
    """Keep topics from changing their meaning until the transaction ends; before any new topic is written.

    Whoever changes aliases makes topics too: with the lock taken after a topic, the two would wait for each other.
    """
    await connection.execute(SHARE_ALIASES)


async def count(connection: AsyncConnection, articles: Collection[UUID], sign: int) -> None:
    """Count what these articles are on now, and for their sources: 1 after they were written, -1 before they change or go.

    The caller holds the aliases, so that what is counted under a topic is taken from the same.
    """
    if articles:
        await connection.execute(COUNT, {"ids": list(articles), "sign": sign})
        await source_counts.count(connection, articles, sign)


async def fold(connection: AsyncConnection) -> bool:
    """Sum deltas up, of topics, authors and sources, 20,000 at most of each; True where there may be more, False where another folds."""
    if not await connection.scalar(TRY_FOLD):
        return False
    more = await author_counts.fold(connection)
    more = await source_counts.fold(connection) or more
    sources = list(await connection.scalars(FOLD, {"most": MOST_FOLDED}))
    if not sources:
        return more
    for statement in SWEEP:
        await connection.execute(statement)
    await learn_boilerplate(connection, sources)
    return True


async def learn_boilerplate(connection: AsyncConnection, sources: Collection[str]) -> None:
    """Say anew which topics most articles of these sources are on."""
    await connection.execute(LEARN_BOILERPLATE, {"sources": sorted(sources), "least": LEAST_ARTICLES, "share": SHARE})


async def recount(connection: AsyncConnection, members: Collection[int]) -> None:
    """Count these topics anew, from the articles; the caller holds `TAKE_ALIASES`, so that nobody counts meanwhile."""
    await connection.execute(TAKE_FOLD)
    roots = set(await connection.scalars(ROOTS, {"members": sorted(members)}))
    found = {"members": sorted({*members, *roots})}
    for statement in FORGET:
        await connection.execute(statement, found)
    sources = list(await connection.scalars(RECOUNT, found))
    await learn_boilerplate(connection, sources)


async def rebuild(connection: AsyncConnection) -> None:
    """Count everything anew from the articles, while nobody writes: for archives that were loaded past the pipeline."""
    await connection.execute(TAKE_ALIASES)
    await connection.execute(TAKE_FOLD)
    await connection.execute(EMPTY)
    await author_counts.rebuild(connection)
    await source_counts.rebuild(connection)
    sources = list(await connection.scalars(REBUILD))
    await learn_boilerplate(connection, sources)
