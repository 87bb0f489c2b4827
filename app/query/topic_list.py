"""Which topics, in which order: the ones with most articles, the ones that rise, or all by label; a page at a time."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import Field
from sqlalchemy import ARRAY, BigInteger, TextClause, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.query import cursor
from app.query.filters import EARLIEST, From, Name, To
from app.query.pages import WalkQuery
from app.query.spans import Span, span_of
from app.query.topic_counts import TREND_FLOOR, Asked, counts
from app.store.search import prefix_query

MOST_NAMED: Final = 2_000
"""Topics up to which those that a `q` names are looked at one by one; of more, the index is walked for them."""
WORDED: Final = """
    AND {topic} IN (SELECT coalesce(canonical_id, id) FROM topics WHERE search @@ to_tsquery('simple', :words))
"""
WINDOW: Final = timedelta(days=7)
"""The span of a trend where no `from` is asked for."""
TREND: Final = (
    f"trunc((coalesce({{w}}, 0) + {TREND_FLOOR}) * 1000 / (coalesce({{b}}, 0) + {TREND_FLOOR})::numeric)::bigint"
)
"""A trend in thousandths, as an integer so that a cursor holds it exactly."""
ALL: Final = {"table": "topic_counts", "rows": "c.level = 0 AND c.start = '-infinity'", "deltas": "topic_id <> 0"}
OF_SOURCE: Final = {
    "table": "source_topic_counts",
    "rows": "c.source = :source AND c.start = '-infinity'",
    "deltas": "topic_id <> 0 AND source = :source",
}
MOST: Final = """
    WITH pending AS (
        SELECT topic_id, sum(change) AS change FROM topic_deltas d WHERE {deltas} {named_delta} GROUP BY topic_id
    )
    SELECT id, key, tie FROM (
        SELECT topic_id AS id, -articles AS key, topic_id AS tie FROM (
            (SELECT c.topic_id, c.articles::bigint AS articles FROM {table} c
             WHERE {rows} AND c.topic_id <> 0 AND NOT EXISTS (SELECT FROM pending p WHERE p.topic_id = c.topic_id)
               {named} {behind}
             ORDER BY c.articles DESC, c.topic_id LIMIT :limit)
            UNION ALL
            (SELECT p.topic_id, p.change + coalesce(c.articles, 0) FROM pending p
             LEFT JOIN {table} c ON c.topic_id = p.topic_id AND {rows})
        ) most
        WHERE articles > 0
    ) rows
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
        asked = span_of(self.since, self.until or now)
        end = now if asked is None else min(asked.end, now)
        return Span(self.since if self.since and self.since < end else end - min(WINDOW, end - EARLIEST), end)

    def walkable(self) -> bool:
        """Say whether an index has the topics in order: where all articles count, or by number all of a source."""
        some = any(part is not None for part in (self.since, self.until, self.author, self.scheme))
        return not some and (self.sort == "-articles" or (self.sort == "label" and self.source is None))


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
    """Give the canonical topics asked for by name or taxonomy; None where neither is asked.

    Where an index can be walked for them, those beyond 2,001 are left out.
    """
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
    if query.walkable():
        named += f" LIMIT {MOST_NAMED + 1}"
    return list(await connection.scalars(text(named), params))


def every(query: TopicQuery, now: datetime, named: list[int] | None) -> tuple[str, dict[str, Any]]:
    """Give `id`, `key` and `tie` of all topics asked for, by counting each of them; `named` are those asked for by name."""
    asked = replace(query.asked(), of_topics=named is not None)
    params: dict[str, Any] = {}
    condition = "(t.canonical_id IS NULL OR t.canonical_id = t.id)"
    if named is not None:
        params["topics"] = named
        condition += " AND t.id = ANY(:topics)"
    counted: dict[str, Span | None] = {"c": asked.span}
    if query.sort == "-trend":
        counted |= {"w": query.window(now), "b": query.window(now).before()}
    sides = []
    for tag, span in counted.items():
        part, values = counts(replace(asked, span=span), tag)
        columns = ", ".join("articles" if tag == column else "0" for column in "cwb")
        sides.append(f"SELECT topic_id, {columns} FROM ({part}) {tag}")  # noqa: S608 - values are bound
        params |= values
    sums = (
        f"SELECT topic_id, sum(c) AS c, sum(w) AS w, sum(b) AS b FROM ({' UNION ALL '.join(sides)}) "  # noqa: S608
        "AS sides (topic_id, c, w, b) GROUP BY topic_id"
    )
    keys = {
        "label": "t.sort_label",
        "-articles": "-coalesce(n.c, 0)::bigint",
        "-trend": f"-{TREND.format(w='n.w', b='n.b')}",
    }
    if named is None and query.scheme is None and query.sort != "label":
        # whatever is counted is canonical: no topic need be looked up for each of the many that are added up
        key = keys[query.sort]
        return f"SELECT n.topic_id AS id, {key} AS key, n.topic_id AS tie FROM ({sums}) n WHERE n.c > 0", params  # noqa: S608 - values are bound
    tables = f"topics t LEFT JOIN ({sums}) n ON n.topic_id = t.id"
    condition += "" if query.scheme is not None else " AND n.c > 0"
    return f"SELECT t.id, {keys[query.sort]} AS key, t.id AS tie FROM {tables} WHERE {condition}", params  # noqa: S608 - values are bound


def walked(query: TopicQuery, after: tuple[Any, Any] | None) -> tuple[str, dict[str, Any]]:
    """Give the topics out of an index that has them in order, those behind a place alone."""
    params: dict[str, Any] = {} if query.q is None else {"words": prefix_query(query.q)}
    if query.sort == "label":
        clauses = ("AND (t.sort_label, t.id) > (:key, :tie) " if after else "", WORDED.format(topic="t.id"))
        return f"{NAMED} {clauses[0]}{clauses[1] if params else ''} ORDER BY t.sort_label, t.id LIMIT :limit", params
    named = {"named": WORDED.format(topic="c.topic_id"), "named_delta": WORDED.format(topic="d.topic_id")}
    rows = MOST.format(
        behind=BEHIND_MOST if after else "",
        **(named if params else dict.fromkeys(named, "")),
        **(OF_SOURCE if query.source else ALL),
    )
    params |= {"key_articles": -after[0]} if after else {}
    params |= {"source": query.source} if query.source else {}
    where = "WHERE (key, tie) > (:key, :tie)" if after else ""
    return f"{rows} {where} ORDER BY key, tie LIMIT :limit", params


async def ordered(
    connection: AsyncConnection, query: TopicQuery, now: datetime, after: tuple[Any, Any] | None
) -> tuple[str, dict[str, Any]]:
    """Give the topics asked for, those behind a place alone: out of an index, unless few are asked for by name."""
    named = await candidates(connection, query)
    behind = {} if after is None else {"key": after[0], "tie": after[1]}
    if query.walkable() and (named is None or len(named) > MOST_NAMED):
        sql, params = walked(query, after)
        return sql, params | behind
    sql, params = every(query, now, named)
    where = "WHERE (key, tie) > (:key, :tie)" if after else ""
    return f"SELECT id, key, tie FROM ({sql}) rows {where} ORDER BY key, tie LIMIT :limit", params | behind  # noqa: S608 - values are bound


async def pick(connection: AsyncConnection, query: TopicQuery, now: datetime, walk: str) -> Picked:
    """Give a page of topics, and one more where there are more."""
    kind: type[int | str] = str if query.sort == "label" else int
    after = cursor.decode(walk, query.cursor, (kind, int)) if query.cursor else None
    sql, params = await ordered(connection, query, now, (after[0], after[1]) if after else None)
    rows = (await connection.execute(statement(sql, params), params | {"limit": query.limit + 1})).all()
    return Picked([row.id for row in rows], [(row.key, row.tie) for row in rows])


async def total(connection: AsyncConnection, query: TopicQuery, now: datetime) -> int:
    """Count the topics asked for."""
    named = await candidates(connection, query.model_copy(update={"sort": "-trend"}))
    sql, params = every(query.model_copy(update={"sort": "-articles"}), now, named)
    found: int = await connection.scalar(statement(f"SELECT count(*) FROM ({sql}) rows", params), params)  # noqa: S608
    return found
