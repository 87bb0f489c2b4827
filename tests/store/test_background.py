"""The store learns of how many articles each word is in how many; snapshots of that are what topics are inferred by."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app import learning
from app.db import Database, connect
from app.extraction import Done, Job
from app.extractor import Extractor
from app.pipeline.article import Article, Stated
from app.pipeline.background import Background, Usage
from app.settings import Settings
from app.store import background
from app.store.background import LEAST_ARTICLES, Lessons
from tests.builders import NOON, an_article

HARBOUR = frozenset({"harbour", "crane"})


def read() -> Article:
    """Give an article whose words were looked at."""
    return replace(an_article(), vocabulary=HARBOUR)


async def learn(database: Database, articles: int, words: frozenset[str] = HARBOUR, language: str = "en") -> None:
    counts = Counter({(language, word): articles for word in ("", *words)})
    async with database.transaction() as connection:
        await background.write(connection, counts)


async def snapshot(database: Database) -> bool:
    async with database.transaction() as connection:
        return await background.snapshot(connection)


async def newest(database: Database, known: int = 0) -> Background | None:
    async with database.transaction() as connection:
        return await background.newest(connection, known)


async def test_a_snapshot_is_made_when_the_archive_has_grown_by_a_quarter(database: Database) -> None:
    assert await newest(database) is None
    await learn(database, LEAST_ARTICLES - 1)
    assert not await snapshot(database)
    await learn(database, 1, frozenset({"crane"}))
    assert await snapshot(database)
    first = await newest(database)
    assert first is not None
    assert first.languages == {"en": Usage(LEAST_ARTICLES, {"crane": LEAST_ARTICLES, "harbour": LEAST_ARTICLES - 1})}
    await learn(database, LEAST_ARTICLES // 4 - 1)
    assert not await snapshot(database)
    await learn(database, 1, frozenset({"lonely"}), "fr")
    assert await snapshot(database)
    second = await newest(database, first.number)
    assert second is not None
    assert second.languages["fr"] == Usage(1, {})  # a word of one article says nothing
    assert await newest(database, second.number) is None


async def test_many_workers_learn_together(database: Database) -> None:
    await asyncio.gather(*(learn(database, 1, HARBOUR | {f"word{number}"}) for number in range(12)))
    async with database.transaction() as connection:
        rows = await connection.execute(
            text("SELECT word, articles FROM word_usage WHERE word IN ('', 'crane', 'word3')")
        )
        assert dict(tuple(row) for row in rows) == {"": 12, "crane": 12, "word3": 1}


async def test_words_that_were_seen_once_are_forgotten_when_there_are_too_many(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "MOST_KEPT", 3)
    await learn(database, LEAST_ARTICLES)
    await learn(database, 1, frozenset({"a", "b", "c"}))
    assert await snapshot(database)
    async with database.transaction() as connection:
        words = await connection.scalars(text("SELECT word FROM word_usage ORDER BY word"))
        assert list(words) == ["", "crane", "harbour"]


def test_only_articles_in_which_topics_were_inferred_bring_words() -> None:
    lessons = Lessons()
    unknown = replace(an_article(language=None), vocabulary=HARBOUR)
    lessons.add([read(), an_article(), unknown], Background())
    assert lessons.take() == Counter({("en", ""): 1, ("en", "harbour"): 1, ("en", "crane"): 1})
    assert lessons.take() == Counter()


def test_of_a_large_archive_one_article_in_ten_is_counted() -> None:
    lessons, known = Lessons(), Background(1, {"en": Usage(background.ENOUGH, {})})
    articles = [replace(read(), content_hash=bytes([number])) for number in range(200)]
    lessons.add(articles, known)
    assert lessons.take()["en", "crane"] == 20


async def test_what_cannot_be_written_is_kept() -> None:
    lessons = Lessons()
    lessons.add([read()], Background())
    nowhere = connect("postgresql://nobody@127.0.0.1:1/nothing", Settings())
    with pytest.raises((OSError, OperationalError)):
        await learning.write(nowhere, lessons)
    assert lessons.counts["en", "crane"] == 1
    await nowhere.close()


async def test_an_extractor_goes_by_the_newest_snapshot() -> None:
    body = b"The crane and the council met the tide. The council saw the crane, and the tide rose over the harbour."
    job = Job(body, "text/plain", Stated(language="en"), NOON)
    async with Extractor(Settings()) as extractor:
        [[before]] = await extractor.extract([job])
        extractor.use(Background(7, {"en": Usage(1000, {"council": 900, "tide": 900})}))
        [[after]] = await extractor.extract([job])
    assert isinstance(before, Done)
    assert isinstance(after, Done)
    assert (before.article.background, after.article.background) == (0, 7)
    scores = [{topic.slug: topic.score for topic in done.article.topics} for done in (before, after)]
    assert scores[0].get("council", 0) > scores[1].get("council", 0)
