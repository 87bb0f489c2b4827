"""What the store learns of words: of how many articles each is in how many, by language; and the snapshots that topics are inferred by.

Counts are statistics, no facts: workers add them up in memory and write them now and then, so that a worker that is
killed loses a few. A snapshot is made when the archive has grown by a quarter, and kept, so that a run can be repeated.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.pipeline.article import Article
from app.pipeline.background import NO_BACKGROUND, Background, Usage
from app.store.acronyms import Use, uses

ARTICLES: Final = ""
"""The word under which a language's articles themselves are counted."""
SNAPSHOT_LOCK: Final = 0x64617465_0006
LEAST_ARTICLES: Final = 100
"""Learned articles from which on a first snapshot is made."""
GROWTH: Final = 1.25
MOST_WORDS: Final = 50_000
"""Words of a language that a snapshot holds, the most common ones; in fewer than two articles none counts."""
MOST_KEPT: Final = 200_000
"""Words of a language above which those that were seen once are forgotten."""
ENOUGH: Final = 100_000
ONE_IN: Final = 10
"""Articles of a language from which on one in so many is counted."""

ADD = text(
    """
    INSERT INTO word_usage AS w (language, word, articles)
    SELECT language, word, articles
    FROM unnest(CAST(:languages AS text[]), CAST(:words AS text[]), CAST(:articles AS integer[]))
      AS new (language, word, articles)
    ORDER BY language COLLATE "C", word COLLATE "C"
    ON CONFLICT (language, word) DO UPDATE SET articles = w.articles + excluded.articles
    """
)
TRY_SNAPSHOT = text("SELECT pg_try_advisory_xact_lock(:lock)").bindparams(lock=SNAPSHOT_LOCK)
GROWN = text(
    """
    SELECT now.articles
    FROM (SELECT coalesce(sum(articles), 0)::bigint AS articles FROM word_usage WHERE word = '') now
    WHERE now.articles >= greatest(:least, CAST(:growth AS double precision) * (SELECT coalesce(max(articles), 0) FROM backgrounds))
    """
)
SNAPSHOT = text(
    """
    INSERT INTO backgrounds (articles, usage)
    SELECT :articles, jsonb_object_agg(language, jsonb_build_object('articles', learned, 'words', words))
    FROM (
        SELECT every.language, every.articles AS learned, coalesce((
            SELECT jsonb_object_agg(word, articles) FROM (
                SELECT word, articles FROM word_usage w
                WHERE w.language = every.language AND w.word <> '' AND w.articles > 1
                ORDER BY articles DESC, word LIMIT :most
            ) common
        ), '{}') AS words
        FROM word_usage every WHERE every.word = ''
    ) usage
    """
)
FORGET = text(
    """
    DELETE FROM word_usage WHERE articles = 1 AND word <> '' AND language IN (
        SELECT language FROM word_usage GROUP BY language HAVING count(*) > :most
    )
    """
)
NUMBERED = text("SELECT number, usage FROM backgrounds WHERE number = :number")
NEWEST_NUMBER = text("SELECT coalesce(max(number), 0) FROM backgrounds")
NEWEST = text("SELECT number, usage FROM backgrounds WHERE number > :known ORDER BY number DESC LIMIT 1")


class Lessons:
    """What a worker has learned and not written yet."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.acronyms: Counter[Use] = Counter()

    def add(self, articles: Iterable[Article], known: Background) -> None:
        """Learn the words of new articles, and what they say that acronyms mean; where no topics were inferred no words."""
        for article in articles:
            self.acronyms.update(uses(article))
            if article.vocabulary and article.language is not None and is_counted(article, known):
                self.counts.update((article.language, word) for word in (ARTICLES, *article.vocabulary))

    def take(self) -> Counter[tuple[str, str]]:
        """Give what was learned of words, and begin anew."""
        taken, self.counts = self.counts, Counter()
        return taken

    def take_acronyms(self) -> Counter[Use]:
        """Give what was learned of acronyms, and begin anew."""
        taken, self.acronyms = self.acronyms, Counter()
        return taken


def is_counted(article: Article, known: Background) -> bool:
    """Say whether an article is counted: all are while few are known, then one in ten, chosen by its words."""
    usage = known.languages.get(article.language or "")
    return usage is None or usage.articles < ENOUGH or article.content_hash[0] % ONE_IN == 0


async def write(connection: AsyncConnection, learned: Mapping[tuple[str, str], int]) -> None:
    """Add what was learned to the store's counts; in one order, so that workers wait for each other and never deadlock."""
    pairs = sorted(learned)
    if pairs:
        await connection.execute(
            ADD,
            {
                "languages": [language for language, _ in pairs],
                "words": [word for _, word in pairs],
                "articles": [learned[pair] for pair in pairs],
            },
        )


async def snapshot(connection: AsyncConnection) -> bool:
    """Make a snapshot if the archive has grown by a quarter since the last; one worker at a time."""
    if not await connection.scalar(TRY_SNAPSHOT):
        return False
    articles = await connection.scalar(GROWN, {"least": LEAST_ARTICLES, "growth": GROWTH})
    if articles is None:
        return False
    await connection.execute(FORGET, {"most": MOST_KEPT})
    await connection.execute(SNAPSHOT, {"articles": articles, "most": MOST_WORDS})
    return True


async def newest(connection: AsyncConnection, known: int) -> Background | None:
    """Give the newest snapshot if it is newer than the one that is known."""
    row = (await connection.execute(NEWEST, {"known": known})).first()
    return None if row is None else of_row(row)


async def numbered(connection: AsyncConnection, number: int) -> Background:
    """Give a snapshot, for a run that is to be repeated; the empty one where there is none of that number."""
    row = (await connection.execute(NUMBERED, {"number": number})).first()
    return NO_BACKGROUND if row is None else of_row(row)


def of_row(row: Any) -> Background:
    """Give a snapshot as it is stored."""
    return Background(
        row.number,
        {language: Usage(usage["articles"], usage["words"]) for language, usage in row.usage.items()},
    )
