"""The counts of topics and authors are those of a recount, whatever happened to the articles and in which order."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.beside import beside
from app.db import Database
from app.query.topic_names import printed
from app.store import topic_counts
from app.store.deletion import delete_article
from app.store.topic_links import Circle, add_alias, add_broader, made, remove_alias, remove_broader
from tests.http.seed import NOON, Told, store

LABELS = ("Cranes", "Ferries", "Quays", "Pilots", "Tides", "Harbour cranes", "Lighthouses")
SLUGS = tuple(label.lower().replace(" ", "-") for label in LABELS)
SOURCES = ("harbour-post.example", "ellery-wire.example", None)
EVER = date.min
COUNTED = text(
    """
    SELECT topic_id, source, day, sum(n)::int AS articles FROM (
        SELECT topic_id, '*' AS source, start AS day, articles AS n FROM topic_counts WHERE level IN (0, 2)
        UNION ALL SELECT topic_id, source, start, articles FROM source_topic_counts WHERE start = '-infinity'
        UNION ALL SELECT topic_id, '*', '-infinity', change FROM topic_deltas
        UNION ALL SELECT topic_id, '*', day, change FROM topic_deltas WHERE day IS NOT NULL
        UNION ALL SELECT topic_id, source, '-infinity', change FROM topic_deltas
    ) counted GROUP BY topic_id, source, day HAVING sum(n) <> 0
    """
)
THERE = text(
    """
    SELECT a.id, coalesce(a.source, '') AS source, (a.published_at AT TIME ZONE 'UTC')::date AS day,
           array(SELECT DISTINCT coalesce(t.canonical_id, t.id) FROM article_topics x JOIN topics t ON t.id = x.topic_id
                 WHERE x.article_id = a.id) AS topics
    FROM articles a
    """
)
AUTHORS = text(
    """
    SELECT count(*) FROM (
        SELECT fold, name, sum(n) AS n FROM (
            SELECT fold, name, articles AS n FROM author_counts WHERE name <> ''
            UNION ALL SELECT fold, name, change FROM author_deltas
        ) parts GROUP BY fold, name HAVING sum(n) <> 0
    ) counted
    FULL JOIN (SELECT fold, name, count(*) AS n FROM article_authors GROUP BY fold, name) there USING (fold, name)
    WHERE counted.n IS DISTINCT FROM there.n
    """
)
MONTHS = text(
    """
    SELECT count(*) FROM (
        SELECT topic_id, date_trunc('month', start)::date AS month, sum(articles) AS n
        FROM topic_counts WHERE level = 2 GROUP BY 1, 2
    ) days
    FULL JOIN (SELECT topic_id, start AS month, articles AS n FROM topic_counts WHERE level = 1) months
    USING (topic_id, month)
    WHERE days.n IS DISTINCT FROM months.n
    """
)


async def counted(connection: AsyncConnection) -> Counter[tuple[int, str, date]]:
    """Give what the counts say: by topic, source (`*` for all) and day."""
    rows = (await connection.execute(COUNTED)).all()
    return Counter({(row.topic_id, row.source, row.day): row.articles for row in rows})


async def recounted(connection: AsyncConnection) -> Counter[tuple[int, str, date]]:
    """Count the articles that are there."""
    found: Counter[tuple[int, str, date]] = Counter()
    for row in (await connection.execute(THERE)).all():
        for topic in (topic_counts.ALL_ARTICLES, *row.topics):
            found[topic, "*", EVER] += 1
            found[topic, row.source, EVER] += 1
            if row.day is not None:
                found[topic, "*", row.day] += 1
    return found


async def assert_counts(database: Database) -> None:
    """Hold the counts against a recount, in one snapshot."""
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        assert await counted(connection) == await recounted(connection)
        assert await connection.scalar(MONTHS) == 0
        assert await connection.scalar(AUTHORS) == 0


def some_article(chance: random.Random) -> Told:
    """Give an article on some topics, whose URL may have been seen before."""
    day = chance.choice([None, *range(70)])
    return Told(
        text=f"Report {chance.random()}.",
        published_at=None if day is None else NOON + timedelta(days=day, hours=chance.randrange(24)),
        source=chance.choice(SOURCES),
        url=f"https://a.example/{chance.randrange(25)}",
        topics=chance.sample(LABELS, chance.randrange(4)),
        authors=chance.sample(["Maren Holt", "MAREN HOLT", "Tomas Lind"], chance.randrange(3)),
    )


async def fold_all(database: Database) -> None:
    """Fold until nothing is left."""
    more = True
    while more:
        async with database.transaction() as connection:
            more = await topic_counts.fold(connection)


async def change_alias(database: Database, chance: random.Random) -> None:
    """Make a topic another's alias, or take it back."""
    async with database.transaction() as connection:
        topic, alias = [await made(connection, name) for name in chance.sample(SLUGS, 2)]
        if chance.random() < 0.5:
            await remove_alias(connection, topic, alias)
        else:
            try:
                await add_alias(connection, topic, alias)
            except Circle:
                return


async def live_ids(database: Database) -> Sequence[object]:
    """Give the articles that are there."""
    async with database.reading() as connection:
        return list(await connection.scalars(text("SELECT id FROM articles ORDER BY id")))


async def one_step(database: Database, chance: random.Random) -> None:
    """Do one thing of those that change counts."""
    what = chance.random()
    if what < 0.55:
        await store(database, *(some_article(chance) for _ in range(chance.randrange(1, 6))))
    elif what < 0.7 and (ids := await live_ids(database)):
        async with database.transaction() as connection:
            await delete_article(connection, chance.choice(ids))  # type: ignore[arg-type] # a UUID
    elif what < 0.85:
        await change_alias(database, chance)
    else:
        await fold_all(database)


@pytest.mark.parametrize("seed", range(4))
async def test_counts_equal_a_recount_after_any_history(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(40):
        await one_step(database, chance)
        await assert_counts(database)
    await fold_all(database)
    await assert_counts(database)


async def test_counts_equal_a_recount_while_many_write_at_once(database: Database) -> None:
    async def busy(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(15):
            await one_step(database, chance)

    async with beside(watch(database)):
        await asyncio.gather(*(busy(seed) for seed in range(100, 106)))
    await assert_counts(database)
    await fold_all(database)
    await assert_counts(database)


async def watch(database: Database) -> None:
    """Hold the counts against recounts for as long as others write."""
    while True:
        await assert_counts(database)


async def test_only_one_folds_at_a_time(database: Database) -> None:
    await store(database, Told(topics=["Cranes"]))
    async with database.transaction() as first, database.transaction() as second:
        assert await topic_counts.fold(first)
        assert not await topic_counts.fold(second)


async def test_what_most_articles_of_a_source_carry_is_its_boilerplate(database: Database) -> None:
    await store(database, *(Told(f"Report {n}.", topics=["Harbour Post", f"Subject {n}"]) for n in range(20)))
    await store(database, Told("Elsewhere.", source="ellery-wire.example", topics=["Harbour Post"]))
    await fold_all(database)
    learned = text("SELECT b.source, t.slug FROM source_boilerplate b JOIN topics t ON t.id = b.topic_id")
    async with database.reading() as connection:
        assert (await connection.execute(learned)).all() == [("harbour-post.example", "harbour-post")]
    await store(database, *(Told(f"Another report {n}.", topics=["Ferries"]) for n in range(20)))
    await fold_all(database)
    async with database.reading() as connection:
        assert (await connection.execute(learned)).all() == []


async def test_no_topic_becomes_its_own_alias_or_broader_than_itself(database: Database) -> None:
    async with database.transaction() as connection:
        crane, quay, tide = [await made(connection, name) for name in ("crane", "quay", "tide")]
        await add_alias(connection, crane, quay)
        await add_alias(connection, quay, tide)
        with pytest.raises(Circle):
            await add_alias(connection, tide, crane)
        with pytest.raises(Circle):
            await add_alias(connection, crane, crane)
        await add_broader(connection, crane, tide)
        with pytest.raises(Circle):
            await add_broader(connection, tide, crane)


async def test_narrower_topics_are_found_however_far_down_and_through_aliases(database: Database) -> None:
    async with database.transaction() as connection:
        sea, ship, ferry, boat = [await made(connection, name) for name in ("sea", "ship", "ferry", "boat")]
        await add_broader(connection, ship, sea)
        await add_broader(connection, ferry, ship)
        await add_alias(connection, ship, boat)
        assert await printed(connection, ["sea", "boat"], narrower=True) == {
            "sea": (sea, ship, ferry, boat),
            "boat": (ship, ferry, boat),
        }
        assert await printed(connection, ["ship", "nothing"], narrower=False) == {"ship": (ship, boat)}
        assert await remove_broader(connection, ferry, ship)
        assert not await remove_broader(connection, ferry, ship)
        assert await printed(connection, ["sea"], narrower=True) == {"sea": (sea, ship, boat)}
