"""Which articles, in which order: every filter as SQL, driven from the table whose index holds the order asked for.

A topic's articles are read in order from the index of `article_topics`, an author's from that of `article_authors`,
others from the indexes of `articles`, so that a page costs what it shows and not what it passes over.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    CompoundSelect,
    DateTime,
    FromClause,
    Select,
    Table,
    Uuid,
    exists,
    func,
    literal,
    literal_column,
    select,
    true,
    tuple_,
)

from app.query.filters import EARLIEST, ArticleQuery
from app.store.folding import author_fold
from app.store.search import regconfig, search_query
from app.store.tables import (
    UNDATED_LAST,
    UNDATED_LAST_ASCENDING,
    article_authors,
    article_topics,
    articles,
    story_members,
)

Selection = Select[Any] | CompoundSelect[Any]
Driver = Literal["source", "author"]
AWARE: Final = DateTime(timezone=True)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A checked question: topics by number, and the ids that a rare `q` matches (None where `q` is absent or common).

    Each of `topics` is a group, of which an article prints one at least: a topic with its aliases. `driver` is the source
    or the author where that has fewer articles than any of them. `members` are the articles of the story asked for, None
    where none is, or a large one.
    """

    query: ArticleQuery
    topics: tuple[tuple[int, ...], ...] = ()
    any_topics: tuple[int, ...] = ()
    not_topics: tuple[int, ...] = ()
    matched: tuple[UUID, ...] | None = None
    driver: Driver | None = None
    members: tuple[UUID, ...] | None = None

    @property
    def named(self) -> bool:
        """Whether the articles are read by their ids, and sorted, rather than walked in order."""
        return self.matched is not None or self.members is not None


@dataclass(frozen=True, slots=True)
class After:
    """The row behind which a walk goes on."""

    key: datetime
    id: UUID


def tsquery(query: ArticleQuery) -> ColumnElement[Any]:
    """Give `q` for Postgres: stemmed where a language is asked for."""
    return func.websearch_to_tsquery(regconfig(query.language), search_query(query.q or ""))


def vector(query: ArticleQuery) -> ColumnElement[Any]:
    """Give the column that `q` is matched with."""
    return articles.c.stems if query.language else articles.c.words


def matching(query: ArticleQuery) -> ColumnElement[bool]:
    """Give the condition that `q` matches, in the language asked for."""
    return vector(query).bool_op("@@")(tsquery(query))


def fenced(table: FromClause, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Give the condition that a table has such a row, looked up for each row that comes along.

    Without the fence Postgres joins: once it plans for any values, it takes a topic for a small one, and reads and sorts
    all its articles.
    """
    return exists(select(literal_column("1")).select_from(table).where(*conditions).offset(0).correlate_except(table))


def on_topics(article_id: ColumnElement[UUID], topics: Sequence[int]) -> ColumnElement[bool]:
    """Give the condition that an article is on at least one of these topics."""
    rows = article_topics.alias("on_topics")
    return fenced(rows, rows.c.article_id == article_id, rows.c.topic_id.in_(topics))


def in_stories(article_id: ColumnElement[UUID], condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Give the condition that an article is in a story, as the condition says."""
    return fenced(story_members, story_members.c.article_id == article_id, condition)


def by_author(article_id: ColumnElement[UUID], name: str) -> ColumnElement[bool]:
    """Give the condition that a person is among an article's authors; the article's few are read, not the person's many."""
    rows = article_authors.alias("by_author")
    folds = select(rows.c.fold).where(rows.c.article_id == article_id).correlate_except(rows).scalar_subquery()
    return literal(author_fold(name)) == func.any(func.array(folds))


def of_source(article_id: ColumnElement[UUID], source: str) -> ColumnElement[bool]:
    """Give the condition that an article is of a source, where its own row is not there; the article is read, not the source."""
    rows = articles.alias("of_source")
    return select(rows.c.source).where(rows.c.id == article_id).correlate_except(rows).scalar_subquery() == source


def sort_key(table: Table, sort: str) -> ColumnElement[datetime]:
    """Give the sort key as the indexes have it, so that they are used."""
    if sort == "-received_at":
        return table.c["received_at"]
    last = UNDATED_LAST_ASCENDING if sort == "published_at" else UNDATED_LAST
    return literal_column(last.format(f"{table.name}.published_at"), AWARE)


def time_conditions(query: ArticleQuery, table: Table) -> list[ColumnElement[bool]]:
    """Give the conditions on time; where publication is asked about, articles without a date are out."""
    published, newest = table.c.published_at, sort_key(table, "-published_at")
    received = sort_key(table, "-received_at")
    found: list[ColumnElement[bool]] = []
    if query.published_from or query.published_to:
        found.append(published.is_not(None))
    if query.published_from:
        found.append(newest >= query.published_from)
    if query.published_to:
        found.append(newest <= query.published_to)
    if query.received_from:
        found.append(received >= query.received_from)
    if query.received_to:
        found.append(received <= query.received_to)
    return found


def needs_article(wanted: Wanted) -> bool:
    """Say whether the filters ask for what only the articles' own rows hold."""
    query = wanted.query
    return bool(query.language or query.q)


def story_conditions(wanted: Wanted, article_id: ColumnElement[UUID]) -> list[ColumnElement[bool]]:
    """Give the conditions on the story, and on being a duplicate."""
    query = wanted.query
    found: list[ColumnElement[bool]] = []
    if wanted.members is not None:
        found.append(articles.c.id == func.any(literal(list(wanted.members), ARRAY(Uuid))))
    elif query.story is not None:
        found.append(in_stories(article_id, story_members.c.story_id == query.story))
    if query.duplicates != "include":
        duplicate = in_stories(article_id, story_members.c.duplicate_of.is_not(None))
        found.append(duplicate if query.duplicates == "only" else ~duplicate)
    return found


def other_conditions(wanted: Wanted, article_id: ColumnElement[UUID]) -> list[ColumnElement[bool]]:
    """Give the conditions on topics, authors and the articles' own columns."""
    query = wanted.query
    found = [on_topics(article_id, group) for group in wanted.topics]
    if wanted.any_topics:
        found.append(on_topics(article_id, wanted.any_topics))
    if wanted.not_topics:
        found.append(~on_topics(article_id, wanted.not_topics))
    if query.author:
        found.append(by_author(article_id, query.author))
    if query.source:
        there = article_id is articles.c.id or needs_article(wanted)
        found.append(articles.c.source == query.source if there else of_source(article_id, query.source))
    found += story_conditions(wanted, article_id)
    if query.language:
        found.append(articles.c.language == query.language)
    if wanted.matched is not None:
        found.append(articles.c.id == func.any(literal(list(wanted.matched), ARRAY(Uuid))))
    elif query.q:
        found.append(matching(query))
    return found


def grouped(wanted: Wanted) -> Wanted:
    """Give a question for any of several topics, and for no others, as one for a group of them."""
    if not wanted.any_topics or wanted.topics or wanted.named:
        return wanted
    return replace(wanted, topics=(wanted.any_topics,), any_topics=())


def driven(wanted: Wanted, topic: ColumnElement[bool] | None = None) -> tuple[Table, Wanted, list[ColumnElement[bool]]]:
    """Choose the table whose index gives the order; give it with its own condition, and what else is wanted.

    `topic` is the condition on a topic's rows where it is not that they are of the first group.
    """
    if not wanted.named and wanted.driver == "source":
        return articles, wanted, []
    if not wanted.named and wanted.topics and wanted.driver is None:
        rest = replace(wanted, topics=wanted.topics[1:])
        return article_topics, rest, [article_topics.c.topic_id.in_(wanted.topics[0]) if topic is None else topic]
    author = wanted.query.author
    if not wanted.named and author:
        rest = replace(wanted, query=wanted.query.model_copy(update={"author": None}))
        return article_authors, rest, [article_authors.c.fold == author_fold(author)]
    return articles, wanted, []


def one_source(
    wanted: Wanted, beyond: Sequence[ColumnElement[bool]] = (), topic: ColumnElement[bool] | None = None
) -> Select[Any]:
    """Give `id` and `key` of the wanted articles, unordered, out of one driving table."""
    sort = wanted.query.sort
    table, rest, conditions = driven(wanted, topic)
    article_id = articles.c.id if table is articles else table.c.article_id
    found = select(article_id.label("id"), sort_key(table, sort).label("key")).where(
        *conditions, *time_conditions(rest.query, table), *other_conditions(rest, article_id), *beyond
    )
    if table is not articles and needs_article(rest):
        found = found.join_from(table, articles)
    several = table is article_authors or (table is article_topics and topic is None and len(wanted.topics[0]) > 1)
    return found.distinct() if several else found


def position(wanted: Wanted) -> tuple[ColumnElement[datetime], ColumnElement[UUID]]:
    """Give the columns whose values are a row's place in the order."""
    table, _, _ = driven(wanted)
    return sort_key(table, wanted.query.sort), articles.c.id if table is articles else table.c.article_id


def row_at(place: After) -> ColumnElement[Any]:
    """Give a row's place for a comparison.

    The driver sends the first instant of year 1, which stands for no date, as minus infinity: so it goes as SQL.
    """
    undated = place.key == EARLIEST
    key = literal_column(UNDATED_LAST.format("NULL"), AWARE) if undated else literal(place.key, AWARE)
    return tuple_(key, literal(place.id, Uuid))


def beyond(wanted: Wanted, after: After | None, floor: After | None) -> list[ColumnElement[bool]]:
    """Give the conditions that keep to the rows behind `after`, and in front of `floor` and with it."""
    place = tuple_(*position(wanted))
    found: list[ColumnElement[bool]] = []
    if after:
        ascending = wanted.query.sort == "published_at"
        found.append(place > row_at(after) if ascending else place < row_at(after))
    if floor:
        found.append(place >= row_at(floor))
    return found


def in_order(found: Selection, sort: str, limit: int) -> Selection:
    """Put rows with `key` and `id` in order, and cut them."""
    names: list[ColumnElement[Any]] = [literal_column("key"), literal_column("id")]
    order = names if sort == "published_at" else [name.desc() for name in names]
    return found.order_by(*order).limit(limit)


def picked(wanted: Wanted, limit: int, after: After | None = None, floor: After | None = None) -> Selection:
    """Give `id` and `key` of the first rows behind `after`, in the order asked for.

    Of a group of topics each reads its own index in order, and so far only; an article on several of them is there once.
    """
    wanted = grouped(wanted)
    sort, behind = wanted.query.sort, beyond(wanted, after, floor)
    if wanted.named or wanted.driver or not wanted.topics or len(wanted.topics[0]) == 1:
        return in_order(one_source(wanted, behind), sort, limit)
    asked = func.unnest(literal(list(wanted.topics[0]), ARRAY(BigInteger))).table_valued("topic_id", name="asked")
    asked = asked.render_derived()
    of_topic = article_topics.c.topic_id == asked.c.topic_id
    first = in_order(one_source(wanted, behind, of_topic), sort, limit).lateral("first_rows")
    found = select(first.c.id, first.c.key).select_from(asked.join(first, true())).distinct()
    return in_order(found, sort, limit)


def everything(wanted: Wanted) -> Selection:
    """Give `id` and `key` of every wanted article, to be counted."""
    return one_source(grouped(wanted))
