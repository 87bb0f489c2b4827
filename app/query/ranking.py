"""Relevance: the newest matches of a question ranked, in a walk that stays the same while articles arrive.

The first page fixes the window: the instant after which arrivals do not count, and the oldest row ranked. Both
travel in the cursor, so that an article that arrives later pushes none out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Subquery, cast, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.query import cursor
from app.query.columns import columns, count_of, shown
from app.query.selection import After, Selection, Wanted, picked, tsquery, vector
from app.store.tables import articles

RANKED: Final = 1_000
"""Matches that are ranked, the newest first."""
UNBOUNDED: Final = 1_000_000
SCALE: Final = 1_000_000
"""A rank below 1 as an integer, so that a cursor holds it exactly."""
BELOW_ONE: Final = 32
"""Postgres' normalisation rank / (rank + 1)."""


@dataclass(frozen=True, slots=True)
class Window:
    """The matches that a walk ranks: those that had arrived at its start, down to its oldest row."""

    start: datetime
    floor: After

    def rows(self, wanted: Wanted) -> Selection:
        """Give the window's `id` and `key`."""
        return picked(arrived_by(wanted, self.start), UNBOUNDED, floor=self.floor)


def arrived_by(wanted: Wanted, start: datetime) -> Wanted:
    """Leave out what arrived after an instant."""
    received_to = min(start, wanted.query.received_to or start)
    return replace(wanted, query=wanted.query.model_copy(update={"received_to": received_to}))


async def open_window(connection: AsyncConnection, wanted: Wanted) -> Window | None:
    """Fix the window of a walk that begins now, by the database's clock; None where nothing matches."""
    start = (await connection.execute(select(func.now()))).scalar_one()
    newest = picked(arrived_by(wanted, start), RANKED).subquery("newest")
    oldest = select(newest.c.key, newest.c.id).order_by(newest.c.key, newest.c.id).limit(1)
    row = (await connection.execute(oldest)).first()
    return Window(start, After(row.key, row.id)) if row else None


def rank(wanted: Wanted) -> ColumnElement[int]:
    """Give the rank of an article as an integer: how often and how close together it has the words."""
    return cast(func.ts_rank_cd(vector(wanted.query), tsquery(wanted.query), BELOW_ONE) * SCALE, Integer)


def ranked(wanted: Wanted, window: Window) -> Subquery:
    """Give `id` and `rank` of the window's articles."""
    rows = window.rows(wanted).subquery("window_rows")
    found = select(articles.c.id.label("id"), rank(wanted).label("rank"))
    return found.join_from(rows, articles, articles.c.id == rows.c.id).subquery("ranked")


async def by_relevance(
    connection: AsyncConnection, wanted: Wanted, fields: Sequence[str], walk: str
) -> tuple[list[dict[str, Any]], str | None, tuple[int, bool] | None]:
    """Give a page of a walk by relevance: items, the cursor behind them, the number that are ranked."""
    query = wanted.query
    last: tuple[Any, ...] | None = None
    window: Window | None
    if query.cursor:
        *last_row, start, key, floor_id = cursor.decode(walk, query.cursor, cursor.RANKED)
        last, window = tuple(last_row), Window(start, After(key, floor_id))
    else:
        window = await open_window(connection, wanted)
    if window is None:
        return [], None, (0, True) if query.total else None
    ranks = ranked(wanted, window)
    statement = select(ranks.c.rank.label("sort_key"), ranks.c.id.label("sort_id"), *columns(fields))
    statement = statement.join_from(ranks, articles, articles.c.id == ranks.c.id)
    if last:
        statement = statement.where(tuple_(ranks.c.rank, ranks.c.id) < tuple_(*[literal(part) for part in last]))
    ordered = statement.order_by(ranks.c.rank.desc(), ranks.c.id.desc()).limit(query.limit + 1)
    found = (await connection.execute(ordered)).all()
    keys = (
        [*found[query.limit - 1][:2], window.start, window.floor.key, window.floor.id]
        if len(found) > query.limit
        else []
    )
    total = ((await connection.execute(count_of(ranks.select()))).scalar_one(), True) if query.total else None
    return [shown(row[2:], fields) for row in found[: query.limit]], cursor.encode(walk, keys) if keys else None, total
