"""What is shown of a topic: its articles within the filters, its trend, when it was seen, its other names, its place."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import ARRAY, JSON, BigInteger, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.query.spans import Span
from app.query.topic_counts import Asked, counts
from app.query.topic_list import TREND

SEEN: Final = """
    (SELECT {which}(s.at) FROM topics m CROSS JOIN LATERAL (
        SELECT x.received_at AS at FROM article_topics x WHERE x.topic_id = m.id ORDER BY x.received_at {order} LIMIT 1
     ) s WHERE m.id = t.id OR m.canonical_id = t.id)
"""
FIRST_SEEN: Final = SEEN.format(which="min", order="ASC")
LAST_SEEN: Final = SEEN.format(which="max", order="DESC")
BOILERPLATE: Final = "EXISTS (SELECT FROM source_boilerplate p WHERE p.source = :source AND p.topic_id = t.id)"
KIN: Final = """
    (SELECT coalesce(json_agg(json_build_object('slug', kin.slug, 'label', kin.label) ORDER BY kin.slug COLLATE "C"), '[]')
     FROM (
        SELECT DISTINCT other.slug, other.label FROM members m
        JOIN topic_links l ON l.{this} = m.id JOIN topics named ON named.id = l.{that}
        JOIN topics other ON other.id = coalesce(named.canonical_id, named.id)
        WHERE other.id <> :topic
     ) kin)
"""
NAMES: Final = text(
    f"""
    WITH members AS (SELECT id FROM topics WHERE id = :topic UNION SELECT id FROM topics WHERE canonical_id = :topic)
    SELECT (
        SELECT coalesce(json_agg(s.slug ORDER BY s.slug COLLATE "C"), '[]')
        FROM members m JOIN topic_spellings s ON s.topic_id = m.id
        WHERE s.slug <> (SELECT slug FROM topics WHERE id = :topic)
    ) AS aliases, {KIN.format(this="narrower_id", that="broader_id")} AS broader,
    {KIN.format(this="broader_id", that="narrower_id")} AS narrower, (
        SELECT coalesce(
            json_agg(json_build_object('scheme', k.scheme, 'code', k.code) ORDER BY k.scheme, k.code), '[]'
        ) FROM members m JOIN topic_codes k ON k.topic_id = m.id
    ) AS codes
    """  # noqa: S608 - of constants alone
).columns(aliases=JSON, broader=JSON, narrower=JSON, codes=JSON)
"""A topic's other names, those broader and narrower than it, and its codes, in one round trip."""


async def described(
    connection: AsyncConnection, topics: Sequence[int], asked: Asked, window: Span
) -> list[dict[str, Any]]:
    """Give what a list shows of canonical topics, in their order, with the articles that `asked` counts."""
    params: dict[str, Any] = {"topics": list(topics), "source": asked.source or ""}
    tables = "topics t"
    for tag, span in (("c", asked.span), ("w", window), ("b", window.before())):
        part, values = counts(replace(asked, span=span, of_topics=asked.author is None), tag)
        tables += f" LEFT JOIN ({part}) {tag} ON {tag}.topic_id = t.id"
        params |= values
    sql = f"""
        SELECT t.id, t.slug, t.label, coalesce(c.articles, 0)::int AS articles, {FIRST_SEEN} AS first_seen,
               {LAST_SEEN} AS last_seen, {TREND.format(w="w.articles", b="b.articles")} / 1000.0::float8 AS trend, {BOILERPLATE} AS boilerplate
        FROM {tables} WHERE t.id = ANY(:topics)
    """  # noqa: S608 - values are bound
    made = text(sql).bindparams(bindparam("topics", type_=ARRAY(BigInteger)))
    rows = {row["id"]: row for row in (await connection.execute(made, params)).mappings()}
    return [{name: value for name, value in rows[topic].items() if name != "id"} for topic in topics if topic in rows]


async def detail(connection: AsyncConnection, topic: int, window: Span) -> dict[str, Any]:
    """Give a canonical topic whole, but for its related ones."""
    [shown] = await described(connection, [topic], Asked(), window)
    names = (await connection.execute(NAMES, {"topic": topic})).mappings().one()
    return shown | dict(names)
