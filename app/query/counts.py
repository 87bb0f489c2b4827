"""Pages of things that are counted: subjects and authors, by their number of articles or by name."""

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from sqlalchemy import BigInteger, ColumnElement, FromClause, Select, Text, collate, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.query import cursor
from app.query.columns import count_of
from app.query.pages import WalkQuery, page

KEY_CHARACTERS = 100
"""Characters of a name that are sorted by; the rest is left to the tie-breaker."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows with `articles`, `first_seen`, `last_seen` and what they are; `name` sorts them, `tie` is unique."""

    rows: FromClause
    shown: tuple[str, ...]
    name: str
    tie: str
    by_articles: bool

    def place(self) -> tuple[ColumnElement[Any], ColumnElement[str]]:
        """Give the columns whose values are a row's place: both ascending, so most articles first is a negative number."""
        tie: ColumnElement[str] = collate(self.rows.c[self.tie], "C")
        if self.by_articles:
            return -self.rows.c.articles, tie
        return collate(func.left(func.lower(self.rows.c[self.name]), KEY_CHARACTERS), "C"), tie

    def behind(self, walk: str, text: str) -> ColumnElement[bool]:
        """Give the condition that keeps to the rows behind a cursor."""
        kind, sql_type = (int, BigInteger) if self.by_articles else (str, Text)
        key, tie = cursor.decode(walk, text, (kind, str))
        return tuple_(*self.place()) > tuple_(literal(key, sql_type), literal(tie, Text))


async def counted_page(
    request: Request, connection: AsyncConnection, counted: Counted, query: WalkQuery, walk: str
) -> dict[str, Any]:
    """Give a page of counted rows."""
    key, tie = counted.place()
    everything: Select[Any] = select(counted.rows)
    statement = everything.add_columns(key.label("sort_key"), tie.label("sort_tie"))
    if query.cursor:
        statement = statement.where(counted.behind(walk, query.cursor))
    found = (await connection.execute(statement.order_by(key, tie).limit(query.limit + 1))).mappings().all()
    items = [{name: row[name] for name in counted.shown} for row in found[: query.limit]]
    last = found[query.limit - 1] if len(found) > query.limit else None
    more = cursor.encode(walk, [last["sort_key"], last["sort_tie"]]) if last else None
    total = ((await connection.execute(count_of(everything))).scalar_one(), True) if query.total else None
    return page(request, items, more, total)
