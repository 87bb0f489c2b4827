"""Topics that go with a topic: those that its newest articles are on more often than chance would have it."""

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import UNDATED_LAST

NEWEST: Final = 200
"""Articles of a topic that are looked at, the newest first: each of them may lie on a page of its own."""
LEAST_TOGETHER: Final = 2
"""Articles that two topics must share: one is chance."""
SHOWN: Final = 20
LOOKED_AT: Final = 200
"""Topics whose score is computed, those that share most articles."""
SECONDS: Final = 60.0
"""How old an answer may be."""
MOST_KEPT: Final = 2_000
RELATED: Final = text(
    f"""
    WITH newest AS (
        SELECT DISTINCT at, article_id FROM topics m CROSS JOIN LATERAL (
            SELECT x.article_id, {UNDATED_LAST.format("x.published_at")} AS at FROM article_topics x
            WHERE x.topic_id = m.id ORDER BY at DESC, x.article_id DESC LIMIT :newest
        ) latest
        WHERE m.id = :topic OR m.canonical_id = :topic
        ORDER BY at DESC, article_id DESC LIMIT :newest
    ),
    facts AS MATERIALIZED (
        SELECT x.article_id, x.topic_id FROM newest n JOIN article_topics x ON x.article_id = n.article_id
    ),
    printed AS MATERIALIZED (
        SELECT topic_id, count(*) AS articles FROM facts GROUP BY topic_id ORDER BY 2 DESC, 1 LIMIT 2 * :looked_at
    ),
    named AS MATERIALIZED (
        SELECT p.topic_id, coalesce(t.canonical_id, t.id) AS canonical FROM printed p JOIN topics t ON t.id = p.topic_id
    ),
    together AS (
        SELECT n.canonical AS id, count(DISTINCT f.article_id)::int AS articles
        FROM named n JOIN facts f ON f.topic_id = n.topic_id
        WHERE n.canonical <> :topic
        GROUP BY 1 HAVING count(DISTINCT f.article_id) >= :least ORDER BY 2 DESC, 1 LIMIT :looked_at
    ),
    sizes AS (
        SELECT w.id, w.articles,
               coalesce((SELECT c.articles FROM topic_counts c WHERE c.topic_id = w.id AND c.level = 0), 0)
               + coalesce((SELECT sum(change) FROM topic_deltas d WHERE d.topic_id = w.id), 0) AS size
        FROM together w
    )
    SELECT t.slug, t.label, s.articles,
           round(least(1, s.articles::float8 / greatest((SELECT count(*) FROM newest), 1)
                 * sqrt(:size / greatest(s.size, 1)::float8))::numeric, 3)::float8 AS score
    FROM sizes s JOIN topics t ON t.id = s.id ORDER BY score DESC, s.articles DESC, t.slug LIMIT :shown
    """  # noqa: S608 - of constants alone
)
"""The cosine of the two topics' sets of articles, estimated on the newest articles of the one asked about.

An article that prints two labels of one topic is on it once.
"""


@dataclass(slots=True)
class Related:
    """Answers of the last minute, so that a page that many look at is worked out once."""

    kept: OrderedDict[int, tuple[float, list[dict[str, Any]]]] = field(default_factory=OrderedDict)

    async def of(self, connection: AsyncConnection, topic: int, size: int) -> list[dict[str, Any]]:
        """Give up to 20 topics that go with a canonical one of `size` articles; at most a minute old."""
        now = time.monotonic()
        known = self.kept.get(topic)
        if known and now - known[0] < SECONDS:
            return known[1]
        asked = {
            "topic": topic,
            "size": float(size),
            "newest": NEWEST,
            "least": LEAST_TOGETHER,
            "looked_at": LOOKED_AT,
            "shown": SHOWN,
        }
        found = [dict(row) for row in (await connection.execute(RELATED, asked)).mappings()]
        self.kept[topic] = (now, found)
        self.kept.move_to_end(topic)
        while len(self.kept) > MOST_KEPT:
            self.kept.popitem(last=False)
        return found
