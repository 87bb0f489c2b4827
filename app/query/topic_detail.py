"""What is shown of a topic: its articles within the filters, its trend, when it was seen, its other names, its place."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ARRAY, BigInteger, bindparam, text
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
ALIASES: Final = text(
    """
    SELECT s.slug FROM topics m JOIN topic_spellings s ON s.topic_id = m.id
    WHERE (m.id = :topic OR m.canonical_id = :topic) AND s.slug <> (SELECT slug FROM topics WHERE id = :topic)
    ORDER BY s.slug COLLATE "C"
    """
)
CODES: Final = text(
    """
    SELECT k.scheme, k.code FROM topics m JOIN topic_codes k ON k.topic_id = m.id
    WHERE m.id = :topic OR m.canonical_id = :topic ORDER BY k.scheme, k.code
    """
)
KIN: Final = """
    SELECT DISTINCT other.slug, other.label FROM topics m
    JOIN topic_links l ON l.{this} = m.id JOIN topics named ON named.id = l.{that}
    JOIN topics other ON other.id = coalesce(named.canonical_id, named.id)
    WHERE (m.id = :topic OR m.canonical_id = :topic) AND other.id <> :topic ORDER BY other.slug
"""
BROADER: Final = text(KIN.format(this="narrower_id", that="broader_id"))
NARROWER: Final = text(KIN.format(this="broader_id", that="narrower_id"))


async def described(
    connection: AsyncConnection, topics: Sequence[int], asked: Asked, window: Span
) -> list[dict[str, Any]]:
    """Give what a list shows of canonical topics, in their order, with the articles that `asked` counts."""
    spans = (
        ("c", asked.span, asked.source, asked.author),
        ("w", window, asked.source, asked.author),
        ("b", window.before(), asked.source, asked.author),
    )
    params: dict[str, Any] = {"topics": list(topics), "source": asked.source or ""}
    tables = "topics t"
    for tag, span, source, author in spans:
        part = counts(Asked(span, source, author, of_topics=author is None), tag)
        tables += f" LEFT JOIN ({part.parts[0]}) {tag} ON {tag}.topic_id = t.id"
        params |= part.params
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
    asked = {"topic": topic}
    codes = [dict(row) for row in (await connection.execute(CODES, asked)).mappings()]
    return shown | {
        "aliases": list(await connection.scalars(ALIASES, asked)),
        "broader": [dict(row) for row in (await connection.execute(BROADER, asked)).mappings()],
        "narrower": [dict(row) for row in (await connection.execute(NARROWER, asked)).mappings()],
        "codes": codes,
    }
