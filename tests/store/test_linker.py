"""Near-duplicates become stories: tied by one linker in the order of the feed, and untied when they change or go."""

import asyncio
import random
import zlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.db import Database
from app.linker import Linker
from app.pipeline.article import Article
from app.store import changes
from app.store.deletion import delete_article
from app.store.stories import part
from tests.builders import NOON, an_arrival, an_article
from tests.store.test_save import kept

WORDS = [
    "harbour",
    "crane",
    "ferry",
    "quay",
    "pilot",
    "tide",
    "lighthouse",
    "keeper",
    "council",
    "budget",
    "repair",
    "storm",
    "winter",
    "island",
    "cable",
    "bridge",
    "market",
    "museum",
    "school",
    "nurse",
    "farmer",
    "orchard",
    "river",
    "valley",
    "railway",
    "tunnel",
    "signal",
    "garden",
    "library",
    "theatre",
    "choir",
    "parade",
]


def a_report(seed: int, length: int = 160) -> str:
    """Give a report of words in an order of its own."""
    chance = random.Random(seed)
    return " ".join(
        chance.choice(WORDS) + (f" number {chance.randint(2, 99)}" if n % 9 == 0 else "") for n in range(length)
    )


def a_copy(report: str, outlet: int) -> str:
    """Give a report as an outlet prints it: with words of its own before and after it."""
    return f"Readers of outlet {outlet} saw this first. {report} Subscribe to outlet {outlet} for more of this."


def told(report: str, outlet: int, *, hours: float = 0, url: str | None = None, title: str | None = None) -> Article:
    """Give an outlet's article, published some hours after noon."""
    return an_article(
        report,
        title=title or f"Headline of outlet {outlet}",
        source=f"outlet-{outlet}.example",
        published_at=NOON + timedelta(hours=hours),
        url=url or f"https://outlet-{outlet}.example/{zlib.crc32(report.encode())}",
    )


async def linked(database: Database, linker: Linker | None = None) -> None:
    """Number and link until nothing is due, as a worker does."""
    linker = linker or Linker()
    more = True
    while more:
        async with database.transaction() as connection:
            more = await changes.number(connection)
        async with database.transaction() as connection:
            more |= await linker.link(connection)


async def stored(database: Database, *articles: Article) -> list[UUID]:
    """Store articles in one batch and link them."""
    saved = await kept(database, *(an_arrival(article, minutes=n) for n, article in enumerate(articles)))
    await linked(database)
    return [one.article_id for one in saved]


async def rows(database: Database, sql: str) -> list[tuple[Any, ...]]:
    """Read rows."""
    async with database.reading() as connection:
        return [tuple(row) for row in await connection.execute(text(sql))]


async def duplicates(database: Database) -> dict[UUID, UUID]:
    """Give of every duplicate what it is one of."""
    found = await rows(database, "SELECT article_id, duplicate_of FROM story_members WHERE duplicate_of IS NOT NULL")
    return dict(found)


async def duplicates_counted(database: Database) -> list[tuple[Any, ...]]:
    """Give how many duplicates the scorecards count of each source."""
    return await rows(
        database,
        "SELECT source, sum(change)::int FROM source_deltas WHERE figure = 'duplicates' GROUP BY 1 HAVING sum(change) <> 0 "
        "ORDER BY 1",
    )


async def test_copies_of_one_text_are_a_story_with_the_first_as_its_original(database: Database) -> None:
    report = a_report(1)
    ids = await stored(
        database,
        told(a_copy(report, 1), 1, hours=3),
        told(report, 2, hours=1),
        told(a_copy(report, 3), 3, hours=2),
        told(a_report(2), 4),
    )
    assert await duplicates(database) == {ids[0]: ids[1], ids[2]: ids[1]}
    [story] = await rows(database, "SELECT original_id, size, sources, first_at, last_at FROM stories")
    assert story == (ids[1], 3, 3, NOON + timedelta(hours=1), NOON + timedelta(hours=3))
    assert await duplicates_counted(database) == [("outlet-1.example", 1), ("outlet-3.example", 1)]
    async with database.transaction() as connection:
        await delete_article(connection, ids[0])
    await linked(database)
    assert await duplicates_counted(database) == [("outlet-3.example", 1)]


async def test_links_are_told_in_the_change_feed_once(database: Database) -> None:
    report = a_report(1)
    ids = await stored(database, told(report, 1), told(a_copy(report, 2), 2, hours=1))
    await linked(database)
    entries = await rows(database, "SELECT kind, article_id, other_id, story_id FROM changes ORDER BY seq")
    [(story,)] = await rows(database, "SELECT id FROM stories")
    assert [entry[:2] for entry in entries[:2]] == [("created", ids[0]), ("created", ids[1])]
    assert sorted(entries[2:], key=str) == sorted(
        [("linked", ids[0], None, story), ("linked", ids[1], ids[0], story)], key=str
    )


async def test_an_earlier_telling_that_arrives_late_takes_the_story_over(database: Database) -> None:
    report = a_report(1)
    first = await stored(database, told(report, 1, hours=5), told(a_copy(report, 2), 2, hours=6))
    before = await rows(database, "SELECT id FROM stories")
    [late] = await stored(database, told(a_copy(report, 3), 3, hours=1))
    assert await duplicates(database) == {first[0]: late, first[1]: late}
    assert await rows(database, "SELECT id FROM stories") == before


async def test_a_revision_that_tells_something_else_leaves_its_story(database: Database) -> None:
    report, url = a_report(1), "https://outlet-2.example/live"
    ids = await stored(database, told(report, 1), told(a_copy(report, 2), 2, hours=1, url=url))
    assert await duplicates(database) == {ids[1]: ids[0]}
    await kept(database, an_arrival(told(a_report(9), 2, hours=1, url=url), minutes=90))
    await linked(database)
    assert await rows(database, "SELECT * FROM story_members") == []
    assert await rows(database, "SELECT * FROM stories") == []
    last = await rows(
        database, "SELECT article_id, story_id FROM changes WHERE kind = 'linked' ORDER BY seq DESC LIMIT 2"
    )
    assert dict(last) == dict.fromkeys(ids)


async def test_a_deleted_original_leaves_its_story_to_the_next(database: Database) -> None:
    report = a_report(1)
    ids = await stored(database, *(told(a_copy(report, n), n, hours=n) for n in range(3)))
    async with database.transaction() as connection:
        await delete_article(connection, ids[0])
    await linked(database)
    assert await duplicates(database) == {ids[2]: ids[1]}
    assert await rows(database, "SELECT original_id, size FROM stories") == [(ids[1], 2)]
    assert await rows(database, "SELECT count(*) FROM article_signatures") == [(2,)]
    assert await rows(database, "SELECT count(*) FROM article_ties") == [(1,)]


async def test_not_the_same_survives_whatever_arrives(database: Database) -> None:
    report, url = a_report(1), "https://outlet-1.example/quay"
    ids = await stored(database, told(report, 0), told(a_copy(report, 1), 1, hours=1, url=url))
    async with database.transaction() as connection:
        assert await part(connection, ids[1], Linker().compare)
        assert not await part(connection, ids[1], Linker().compare)
    assert await duplicates(database) == {}
    await kept(database, an_arrival(told(f"{a_copy(report, 1)} And more.", 1, hours=1, url=url), minutes=90))
    await linked(database)
    assert await duplicates(database) == {}
    [earlier] = await stored(database, told(a_copy(report, 7), 7, hours=-3))
    assert await duplicates(database) == {ids[0]: earlier}
    assert await rows(database, "SELECT size FROM stories") == [(2,)]


async def test_a_text_that_a_hundred_outlets_print_is_one_story(database: Database) -> None:
    report = a_report(1, 220)
    linker = Linker()
    ids: list[UUID] = []
    for start in range(0, 100, 20):
        batch = [told(a_copy(report, n), n, hours=n / 60) for n in range(start, start + 20)]
        ids += [one.article_id for one in await kept(database, *map(an_arrival, batch))]
        await linked(database, linker)
    assert await rows(database, "SELECT original_id, size, sources FROM stories") == [(ids[0], 100, 100)]


@pytest.mark.parametrize("together", [True, False])
async def test_a_story_stays_one_when_its_original_comes_last(database: Database, *, together: bool) -> None:
    report = a_report(1, 220)
    articles = [told(a_copy(report, n), n, hours=-n) for n in range(90)]
    ids: list[UUID] = []
    for start in range(0, 90, 90 if together else 30):
        ids += [
            one.article_id
            for one in await kept(database, *map(an_arrival, articles[start : start + (90 if together else 30)]))
        ]
        await linked(database)
    assert await rows(database, "SELECT original_id, size FROM stories") == [(ids[-1], 90)]
    async with database.transaction() as connection:
        await delete_article(connection, ids[-1])
    await linked(database)
    assert await rows(database, "SELECT original_id, size FROM stories") == [(ids[-2], 89)]


async def test_one_links_at_a_time_and_nothing_is_linked_twice(database: Database) -> None:
    report = a_report(1)
    await kept(database, *(an_arrival(told(a_copy(report, n), n, hours=n)) for n in range(12)))
    await asyncio.gather(*(linked(database) for _ in range(3)))
    assert await rows(database, "SELECT size FROM stories") == [(12,)]
    [(entries,)] = await rows(database, "SELECT count(*) FROM changes WHERE kind = 'linked'")
    assert entries == 12


def in_batches(chance: random.Random, articles: Sequence[Article]) -> list[list[Article]]:
    """Deal articles out in an order and in batches of chance."""
    shuffled = list(articles)
    chance.shuffle(shuffled)
    batches: list[list[Article]] = []
    while shuffled:
        size = chance.randint(1, 5)
        batches.append(shuffled[:size])
        shuffled = shuffled[size:]
    return batches


async def by_url(database: Database) -> tuple[dict[str, str], set[frozenset[str]]]:
    """Give duplicates and stories by what does not depend on the order of arrival."""
    urls = dict(await rows(database, "SELECT id, url FROM articles"))
    found = await duplicates(database)
    grouped = await rows(database, "SELECT array_agg(article_id) FROM story_members GROUP BY story_id")
    return {urls[one]: urls[other] for one, other in found.items()}, {
        frozenset(urls[one] for one in ids) for (ids,) in grouped
    }


@pytest.mark.parametrize("seed", range(3))
async def test_any_order_of_arrival_ends_in_the_same_stories(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    reports = [a_report(n) for n in range(4)]
    articles = [
        told(chance.choice([report, a_copy(report, n), report[: len(report) * 2 // 3]]), n, hours=chance.randint(0, 40))
        for report in reports
        for n in range(4)
    ]
    ends = []
    for order in range(3):
        for batch in in_batches(random.Random(order), articles):
            await kept(database, *map(an_arrival, batch))
            if order != 1:
                await linked(database)
        await linked(database)
        ends.append(await by_url(database))
        async with database.transaction() as connection:
            for one in await connection.scalars(text("SELECT id FROM articles")):
                await delete_article(connection, one)
            await connection.execute(text("DELETE FROM article_keys"))
        await linked(database)
        assert await rows(database, "SELECT * FROM stories") == await rows(database, "SELECT * FROM article_ties") == []
    assert ends[0] == ends[1] == ends[2]
    assert len(ends[0][1]) == 4
