"""What a slug in a question stands for: a topic under any of its names, with its aliases, and with narrower topics if asked."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ARRAY, BigInteger, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.query.selection import Driver
from app.store.folding import author_fold

ASKED: Final = bindparam("slugs", type_=ARRAY(Text))
UNKNOWN: Final = "There is no such topic."
CANONICAL: Final = text(
    """
    SELECT s.slug AS asked, c.id, c.slug, c.label
    FROM topic_spellings s JOIN topics t ON t.id = s.topic_id JOIN topics c ON c.id = coalesce(t.canonical_id, t.id)
    WHERE s.slug = ANY(:slugs)
    """
).bindparams(ASKED)
PRINTED: Final = text(
    """
    WITH asked AS (
        SELECT s.slug, coalesce(t.canonical_id, t.id) AS id FROM topic_spellings s JOIN topics t ON t.id = s.topic_id
        WHERE s.slug = ANY(:slugs)
    )
    SELECT slug, id FROM asked
    UNION SELECT a.slug, m.id FROM asked a JOIN topics m ON m.canonical_id = a.id
    """
).bindparams(ASKED)
NARROWER: Final = text(
    """
    WITH RECURSIVE under (slug, id) AS (
        SELECT s.slug, coalesce(t.canonical_id, t.id) FROM topic_spellings s JOIN topics t ON t.id = s.topic_id
        WHERE s.slug = ANY(:slugs)
        UNION
        SELECT u.slug, coalesce(t.canonical_id, t.id) FROM under u
        CROSS JOIN LATERAL (SELECT u.id UNION ALL SELECT m.id FROM topics m WHERE m.canonical_id = u.id) named
        JOIN topic_links l ON l.broader_id = named.id
        JOIN topics t ON t.id = l.narrower_id
    )
    SELECT slug, id FROM under
    UNION SELECT u.slug, m.id FROM under u JOIN topics m ON m.canonical_id = u.id
    """
).bindparams(ASKED)


SIZES: Final = text(
    """
    SELECT topic_id, articles FROM topic_counts WHERE level = 0 AND start = '-infinity' AND topic_id = ANY(:topics)
    UNION ALL
    SELECT -1, articles FROM source_topic_counts WHERE source = :source AND start = '-infinity' AND topic_id = 0
    UNION ALL
    SELECT -2, articles FROM author_counts WHERE fold = :author AND name = ''
    """
).bindparams(bindparam("topics", type_=ARRAY(BigInteger)))
Groups = tuple[tuple[int, ...], ...]


async def rarest_first(
    connection: AsyncConnection, groups: Collection[tuple[int, ...]], source: str | None, author: str | None
) -> tuple[Groups, Driver | None]:
    """Put groups of topics in order of their articles, so that the one that leaves least to look at drives.

    The other value is the source or the author where that has fewer articles than any of them.
    """
    if not groups or (len(groups) == 1 and source is None and author is None):
        return tuple(groups), None
    everyone = sorted({topic for group in groups for topic in group})
    asked = {"topics": everyone, "source": source, "author": author and author_fold(author)}
    sizes = {row.topic_id: row.articles for row in await connection.execute(SIZES, asked)}
    ordered = tuple(sorted(groups, key=lambda group: articles_of(group, sizes)))
    others: list[tuple[int, Driver | None]] = [(articles_of(ordered[0], sizes), None)]
    others += [(sizes.get(-1, 0), "source")] if source is not None else []
    others += [(sizes.get(-2, 0), "author")] if author is not None else []
    return ordered, min(others, key=lambda one: one[0])[1]


def articles_of(group: Collection[int], sizes: Mapping[int, int]) -> int:
    """Give the articles of a group of topics, folded so far."""
    return sum(sizes.get(topic, 0) for topic in group)


@dataclass(frozen=True, slots=True)
class Named:
    """A canonical topic: its number, and its own slug and label."""

    id: int
    slug: str
    label: str


async def canonical(connection: AsyncConnection, slugs: Collection[str]) -> dict[str, Named]:
    """Give the canonical topic of each slug that is known."""
    rows = await connection.execute(CANONICAL, {"slugs": list(slugs)})
    return {row.asked: Named(row.id, row.slug, row.label) for row in rows}


async def printed(connection: AsyncConnection, slugs: Collection[str], *, narrower: bool) -> dict[str, tuple[int, ...]]:
    """Give for each slug that is known all topics that articles may print for it: aliases, and narrower ones if asked."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    if slugs:
        for row in await connection.execute(NARROWER if narrower else PRINTED, {"slugs": list(slugs)}):
            found[row.slug].add(row.id)
    return {slug: tuple(sorted(ids)) for slug, ids in found.items()}
