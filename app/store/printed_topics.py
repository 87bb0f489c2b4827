"""Which topics articles print and what those mean: as they are stored, and as a result would print them; writes nothing."""

import struct
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Text, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.pipeline.article import Article, Topic
from app.store import topics
from app.store.differences import Printed
from app.store.rows import subjects

STORED = text(
    """
    SELECT x.article_id, t.slug, c.slug AS canonical, x.label, x.score, x.origins, x.mentions
    FROM article_topics x JOIN topics t ON t.id = x.topic_id JOIN topics c ON c.id = coalesce(t.canonical_id, t.id)
    WHERE x.article_id = ANY(:ids) ORDER BY x.article_id, x.position
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
OF_ARTICLE = text(
    """
    SELECT t.slug, x.label, x.score, x.origins, x.mentions, t.fold FROM article_topics x
    JOIN topics t ON t.id = x.topic_id WHERE x.article_id = :id ORDER BY x.position
    """
)
KNOWN = text(
    """
    SELECT asked.slug, coalesce(s.topic_id, f.id) AS id FROM unnest(:slugs, :folds) AS asked (slug, fold)
    LEFT JOIN topic_spellings s ON s.slug = asked.slug LEFT JOIN topics f ON f.fold = asked.fold
    WHERE coalesce(s.topic_id, f.id) IS NOT NULL
    """
).bindparams(bindparam("slugs", type_=ARRAY(Text)), bindparam("folds", type_=ARRAY(Text)))
NAMES = text(
    """
    SELECT t.id, t.slug, c.slug AS canonical FROM topics t JOIN topics c ON c.id = coalesce(t.canonical_id, t.id)
    WHERE t.id = ANY(:ids)
    """
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))


async def printed_then(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, list[Printed]]:
    """Give the topics that stored articles print, in their order."""
    found: defaultdict[UUID, list[Printed]] = defaultdict(list)
    for row in await connection.execute(STORED, {"ids": list(ids)}):
        origins = tuple(sorted(row.origins))
        found[row.article_id].append(Printed(row.slug, row.canonical, row.label, row.score, origins, row.mentions))
    return found


async def printed_now(connection: AsyncConnection, found: Sequence[Article]) -> Iterator[list[Printed]]:
    """Give the topics that each of these articles would be stored with, codes led to theirs; none is made for it."""
    by_slug = {topic.slug: topic for article in found for topic in article.topics}
    asked = {"slugs": list(by_slug), "folds": [topic.fold for topic in by_slug.values()]}
    known = {row.slug: row.id for row in await connection.execute(KNOWN, asked)}
    ids = {slug: known.get(slug, -number) for number, slug in enumerate(by_slug, 1)}
    codes = await topics.of_codes(connection, [code for article in found for code in article.codes])
    wanted = {*known.values(), *(one.id for one in codes.values())}
    names = {-number: (slug, slug) for number, slug in enumerate(by_slug, 1)}
    names |= {row.id: (row.slug, row.canonical) for row in await connection.execute(NAMES, {"ids": sorted(wanted)})}
    return (printed(dict(first_of_each(subjects(article, ids, codes))), names) for article in found)


def first_of_each(found: Iterator[tuple[int, Topic]]) -> Iterator[tuple[int, Topic]]:
    """Give each topic once, as it is printed first."""
    seen: set[int] = set()
    for topic_id, topic in found:
        if topic_id not in seen:
            seen.add(topic_id)
            yield topic_id, topic


def printed(found: Mapping[int, Topic], names: Mapping[int, tuple[str, str]]) -> list[Printed]:
    """Give an article's topics under their names; a new one's is the slug that it would get."""
    return [
        Printed(*names[topic_id], topic.label, stored_score(topic.score), tuple(sorted(topic.origins)), topic.mentions)
        for topic_id, topic in found.items()
    ]


def stored_score(score: float) -> float:
    """Give a score as a column of four bytes holds it."""
    rounded: float = struct.unpack("f", struct.pack("f", score))[0]
    return rounded


async def stored_topics(connection: AsyncConnection, article_id: UUID) -> list[Topic]:
    """Give an article's topics as it prints them, under slugs that lead to the same topics again."""
    found = await connection.execute(OF_ARTICLE, {"id": article_id})
    return [Topic(row.slug, row.label, row.score, tuple(row.origins), row.mentions, row.fold) for row in found]
