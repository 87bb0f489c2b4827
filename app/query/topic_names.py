"""What a slug in a question stands for: a topic under any of its names, with its aliases, and with narrower topics if asked."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ARRAY, BigInteger, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

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
    "SELECT topic_id, articles FROM topic_counts WHERE level = 0 AND topic_id = ANY(:topics)"
).bindparams(bindparam("topics", type_=ARRAY(BigInteger)))


async def rarest_first(connection: AsyncConnection, groups: Collection[tuple[int, ...]]) -> tuple[tuple[int, ...], ...]:
    """Put groups of topics in order of their articles, so that the one that leaves least to look at drives."""
    if len(groups) < 2:
        return tuple(groups)
    everyone = sorted({topic for group in groups for topic in group})
    rows = await connection.execute(SIZES, {"topics": everyone})
    sizes = {row.topic_id: row.articles for row in rows}
    return tuple(sorted(groups, key=lambda group: sum(sizes.get(topic, 0) for topic in group)))


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
