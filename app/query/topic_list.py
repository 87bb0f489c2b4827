"""Which topics, in which order: the ones with most articles, the ones that rise, or all by label; a page at a time."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import Field
from sqlalchemy import ARRAY, BigInteger, TextClause, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.query import cursor
from app.query.filters import From, Name, To
from app.query.pages import WalkQuery
from app.query.spans import Span, span_of
from app.query.topic_counts import TREND_FLOOR, Asked, counts
from app.store.search import prefix_query

WINDOW: Final = timedelta(days=7)
"""The span of a trend where no `from` is asked for."""
TREND: Final = f"((coalesce(w.articles, 0) + {TREND_FLOOR}) * 1000 / (coalesce(b.articles, 0) + {TREND_FLOOR}))::bigint"
"""A trend in thousandths, as an integer so that a cursor holds it exactly."""
PENDING: Final = """
    WITH pending AS (SELECT topic_id, sum(change) AS change FROM topic_deltas WHERE topic_id <> 0 GROUP BY topic_id)
"""
MOST: Final = """
    SELECT topic_id AS id, -articles AS key, topic_id AS tie FROM (
        (SELECT c.topic_id, c.articles::bigint AS articles FROM topic_counts c
         WHERE c.level = 0 AND c.topic_id <> 0 AND NOT EXISTS (SELECT FROM pending p WHERE p.topic_id = c.topic_id)
           {behind}
         ORDER BY c.articles DESC, c.topic_id LIMIT :limit)
        UNION ALL
        (SELECT p.topic_id, p.change + coalesce(c.articles, 0) FROM pending p
         LEFT JOIN topic_counts c ON c.topic_id = p.topic_id AND c.level = 0 AND c.start = '-infinity')
    ) most
    WHERE articles > 0
"""
"""The topics with most articles of all, out of the index: those with unfolded changes are few, and looked at one by one."""
BEHIND_MOST: Final = "AND c.articles <= :key_articles AND (c.articles < :key_articles OR c.topic_id > :tie)"
NAMED: Final = """
    SELECT t.id, t.sort_label AS key, t.id AS tie FROM topics t
    WHERE (t.canonical_id IS NULL OR t.canonical_id = t.id)
      AND coalesce((SELECT articles FROM topic_counts c WHERE c.topic_id = t.id AND level = 0), 0)
        + coalesce((SELECT sum(change) FROM topic_deltas d WHERE d.topic_id = t.id), 0) > 0
"""
"""The topics with any articles, out of the index by label."""


class TopicQuery(WalkQuery):
    """Filters of topics; `from`, `to`, `source` and `author` say which articles count."""

    q: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None,
        description="Beginnings of words of the label or an alias, in any order; blind to case and accents.",
        examples=["cran"],
    )
    since: From | None = Field(
        None, alias="from", description="Count articles published then or later. A date is that day in UTC."
    )
    until: To | None = Field(
        None, alias="to", description="Count articles published then or earlier. A date includes that day in UTC."
    )
    source: Name | None = Field(None, description="Count articles of this source.")
    author: Name | None = Field(None, description="Count articles of this person; a whole name.")
    scheme: Name | None = Field(
        None, description="Topics with a code in this taxonomy, those without articles too.", examples=["medtop"]
    )
    sort: Literal["-articles", "-trend", "label"] = Field(
        "-articles", description="By the number of articles, by trend, or by label."
    )

    def asked(self) -> Asked:
        """Give which articles count."""
        return Asked(span_of(self.since, self.until), self.source, self.author)

    def window(self, now: datetime) -> Span:
        """Give the span whose articles a trend compares with those of the span before."""
        end = min(self.until or now, now)
        return Span(self.since if self.since and self.since < end else end - WINDOW, end)

    def narrowed(self) -> bool:
        """Say whether a filter asks for certain topics or articles."""
        return any(part is not None for part in (self.q, self.since, self.until, self.source, self.author, self.scheme))


@dataclass(frozen=True, slots=True)
class Picked:
    """A page's topics in order, and the place of each in it."""

    ids: list[int]
    places: list[tuple[int | str, int]]


def statement(sql: str, params: dict[str, Any]) -> TextClause:
    """Make a statement of SQL; `:topics` is a list of numbers."""
    made = text(sql)
    return made.bindparams(bindparam("topics", type_=ARRAY(BigInteger))) if "topics" in params else made


async def candidates(connection: AsyncConnection, query: TopicQuery) -> list[int] | None:
    """Give the canonical topics asked for by name or taxonomy; None where neither is asked."""
    found, params = [], dict[str, Any]()
    if query.q is not None:
        found.append("t.search @@ to_tsquery('simple', :words)")
        params["words"] = prefix_query(query.q)
    if query.scheme is not None:
        found.append("t.id IN (SELECT topic_id FROM topic_codes WHERE scheme = :scheme)")
        params["scheme"] = query.scheme
    if not found:
        return None
    named = f"SELECT DISTINCT coalesce(t.canonical_id, t.id) FROM topics t WHERE {' AND '.join(found)}"  # noqa: S608 - values are bound
    return list(await connection.scalars(text(named), params))


def every(query: TopicQuery, now: datetime, named: list[int] | None) -> tuple[str, dict[str, Any]]:
    """Give `id`, `key` and `tie` of all topics asked for, by counting each of them; `named` are those asked for by name."""
    asked = replace(query.asked(), of_topics=named is not None)
    counted = counts(asked, "c")
    joined = "LEFT JOIN" if query.scheme is not None else "JOIN"
    tables = f"topics t {joined} ({counted.parts[0]}) c ON c.topic_id = t.id"
    params = counted.params
    condition = "(t.canonical_id IS NULL OR t.canonical_id = t.id)"
    if named is not None:
        params["topics"] = named
        condition += " AND t.id = ANY(:topics)"
    key = "t.sort_label" if query.sort == "label" else "-coalesce(c.articles, 0)::bigint"
    if query.sort == "-trend":
        window = query.window(now)
        for tag, span in (("w", window), ("b", window.before())):
            part = counts(replace(asked, span=span), tag)
            tables += f" LEFT JOIN ({part.parts[0]}) {tag} ON {tag}.topic_id = t.id"
            params |= part.params
        key = f"-{TREND}"
    return f"SELECT t.id, {key} AS key, t.id AS tie FROM {tables} WHERE {condition}", params  # noqa: S608 - values are bound


def ordered(
    query: TopicQuery, now: datetime, named: list[int] | None, after: tuple[Any, Any] | None
) -> tuple[str, dict[str, Any]]:
    """Give the topics asked for, those behind a place alone; out of an index where nothing narrows them."""
    behind = {} if after is None else {"key": after[0], "tie": after[1]}
    if query.sort == "-articles" and not query.narrowed():
        clause = BEHIND_MOST if after else ""
        rows = f"{PENDING} SELECT id, key, tie FROM ({MOST.format(behind=clause)}) rows"  # noqa: S608
        params = {"key_articles": -after[0]} if after else {}
    elif query.sort == "label" and not query.narrowed():
        clause = "AND (t.sort_label, t.id) > (:key, :tie) " if after else ""
        return f"{NAMED} {clause}ORDER BY t.sort_label, t.id LIMIT :limit", behind
    else:
        sql, params = every(query, now, named)
        rows = f"SELECT id, key, tie FROM ({sql}) rows"  # noqa: S608 - values are bound
    where = " WHERE (key, tie) > (:key, :tie)" if after else ""
    return f"{rows}{where} ORDER BY key, tie LIMIT :limit", params | behind


async def pick(connection: AsyncConnection, query: TopicQuery, now: datetime, walk: str) -> Picked:
    """Give a page of topics, and one more where there are more."""
    kind: type[int | str] = str if query.sort == "label" else int
    after = cursor.decode(walk, query.cursor, (kind, int)) if query.cursor else None
    named = await candidates(connection, query)
    sql, params = ordered(query, now, named, (after[0], after[1]) if after else None)
    rows = (await connection.execute(statement(sql, params), params | {"limit": query.limit + 1})).all()
    return Picked([row.id for row in rows], [(row.key, row.tie) for row in rows])


async def total(connection: AsyncConnection, query: TopicQuery, now: datetime) -> int:
    """Count the topics asked for."""
    named = await candidates(connection, query)
    sql, params = every(query.model_copy(update={"sort": "-articles"}), now, named)
    found: int = await connection.scalar(statement(f"SELECT count(*) FROM ({sql}) rows", params), params)  # noqa: S608
    return found
