"""How many articles each topic has, as SQL: roll-ups and unfolded deltas, and the articles themselves for odd hours.

A statement of these is exact at its snapshot, whatever is being folded meanwhile.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from app.query.filters import EARLIEST
from app.query.spans import Cut, Span, cut
from app.store.folding import author_fold
from app.store.tables import UNDATED_LAST

TREND_FLOOR: Final = 5
"""Articles added to both sides of a trend, so that from none to two is no sensation."""
NOT_ALL: Final = "topic_id <> 0"
OF_TOPICS: Final = "topic_id = ANY(:topics)"
MEMBERS: Final = "SELECT id FROM topics WHERE id = ANY(:topics) OR canonical_id = ANY(:topics)"
"""The canonical topics asked about, and their aliases."""
NEWEST_ARTICLE: Final = UNDATED_LAST.format("a.published_at")
NEWEST_FACT: Final = UNDATED_LAST.format("x.published_at")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which articles count: of a span, a source, an author; `of_topics` keeps to the canonical topics in `:topics`."""

    span: Span | None = None
    source: str | None = None
    author: str | None = None
    of_topics: bool = False


@dataclass(frozen=True, slots=True)
class Values:
    """The values of a statement's parameters, whose names begin with `tag`, so that statements can be joined."""

    tag: str
    params: dict[str, Any] = field(default_factory=dict)

    def bind(self, value: Any) -> str:
        """Name a parameter for a value."""
        name = f"{self.tag}{len(self.params)}"
        self.params[name] = value
        return f":{name}"


def counts(asked: Asked, tag: str) -> tuple[str, dict[str, Any]]:
    """Give the SQL of `topic_id` and `articles`, of topics with any, and its parameters; `tag` tells them from another's."""
    made = Values(tag)
    kept = OF_TOPICS if asked.of_topics else NOT_ALL
    if asked.author is not None:
        parts = [facts(made, asked, asked.span, by_author(made, asked.author))]
    else:
        parts = list(of_all(made, asked, kept) if asked.source is None else of_source(made, asked, kept))
    union = " UNION ALL ".join(parts) or "SELECT 0::bigint AS topic_id, 0 AS articles"
    sql = f"SELECT topic_id, sum(articles) AS articles FROM ({union}) parts GROUP BY topic_id HAVING sum(articles) > 0"  # noqa: S608 - values are bound
    return sql, made.params


def of_all(made: Values, asked: Asked, kept: str) -> Iterator[str]:
    """Give the parts of a count over all sources."""
    if asked.span is None:
        yield f"SELECT topic_id, articles FROM topic_counts WHERE level = 0 AND {kept}"  # noqa: S608
        yield f"SELECT topic_id, change FROM topic_deltas WHERE {kept}"  # noqa: S608
        return
    found = cut(asked.span)
    for level, parts in ((1, found.months), (2, found.days)):
        for start, end in parts:
            between = f"start >= {made.bind(start)} AND start < {made.bind(end)}"
            yield f"SELECT topic_id, articles FROM topic_counts WHERE level = {level} AND {between} AND {kept}"  # noqa: S608
    if whole := found.whole:
        between = f"day >= {made.bind(whole[0])} AND day < {made.bind(whole[1])}"
        yield f"SELECT topic_id, change FROM topic_deltas WHERE {between} AND {kept}"  # noqa: S608
    for start, end in found.edges:
        yield facts(made, asked, Span(start, end))


def of_source(made: Values, asked: Asked, kept: str) -> Iterator[str]:
    """Give the parts of a count of one source, which is rolled up by months alone."""
    source = made.bind(asked.source)
    table = f"SELECT topic_id, articles FROM source_topic_counts WHERE source = {source} AND {kept}"  # noqa: S608
    deltas = f"SELECT topic_id, change FROM topic_deltas WHERE source = {source} AND {kept}"  # noqa: S608
    if asked.span is None:
        yield f"{table} AND start = '-infinity'"
        yield deltas
        return
    found: Cut = cut(asked.span)
    if not found.months:
        yield facts(made, asked, asked.span, f"a.source = {source}")
        return
    [(first, last)] = found.months
    start, end = made.bind(first), made.bind(last)
    yield f"{table} AND start <> '-infinity' AND start >= {start} AND start < {end}"
    yield f"{deltas} AND day >= {start} AND day < {end}"
    for span in around(asked.span, found):
        yield facts(made, asked, span, f"a.source = {source}")


def around(span: Span, found: Cut) -> Iterator[Span]:
    """Give what lies in a span before its whole months and after them."""
    [(first, last)] = found.months
    start = span.start.replace(year=first.year, month=first.month, day=1, hour=0, minute=0, second=0, microsecond=0)
    end = start.replace(year=last.year, month=last.month)
    if span.start < start:
        yield Span(span.start, start)
    if end < span.end:
        yield Span(end, span.end)


def by_author(made: Values, name: str) -> str:
    """Give the condition that a person is among an article's authors."""
    return f"a.id IN (SELECT article_id FROM article_authors WHERE fold = {made.bind(author_fold(name))})"  # noqa: S608


def facts(made: Values, asked: Asked, span: Span | None, condition: str | None = None) -> str:
    """Count the articles themselves, each once for a canonical topic, by whichever index leads to fewest of them."""
    conditions = [] if condition is None else [condition]
    if asked.author is not None and asked.source is not None:
        conditions.append(f"a.source = {made.bind(asked.source)}")
    if span is not None:
        start, end = made.bind(span.start), made.bind(span.end)
        times = (
            ["a.published_at", NEWEST_ARTICLE] if conditions or not asked.of_topics else ["x.published_at", NEWEST_FACT]
        )
        conditions += [f"{times[1]} >= {start}", f"{times[1]} < {end}"]
        if span.start == EARLIEST:  # from then on the key of those without a date is out of the span
            conditions.append(f"{times[0]} IS NOT NULL")
    if asked.of_topics:
        conditions.append(f"x.topic_id IN ({MEMBERS})")
    articles = "JOIN articles a ON a.id = x.article_id" if any("a." in one for one in conditions) else ""
    return (
        "SELECT topic_id, count(*) AS articles FROM (SELECT DISTINCT x.article_id, coalesce(t.canonical_id, t.id) AS topic_id "  # noqa: S608
        f"FROM article_topics x JOIN topics t ON t.id = x.topic_id {articles} WHERE {' AND '.join(conditions)}) facts "
        "GROUP BY topic_id"
    )
