"""Cuts a span of time into what is counted already, whole months and whole days in UTC, and the odd hours at its ends."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

from app.query.filters import EARLIEST, LATEST

Edge = TypeVar("Edge", date, datetime)


@dataclass(frozen=True, slots=True)
class Span:
    """From an instant to before another; both in UTC."""

    start: datetime
    end: datetime

    def before(self) -> "Span":
        """Give the span just as long that ends where this one begins, as far as years go back."""
        return Span(max(EARLIEST, self.start - min(self.end - self.start, self.start - EARLIEST)), self.start)


@dataclass(frozen=True, slots=True)
class Cut:
    """The parts of a span, each from its first value to before its last; together they are the span, none twice."""

    months: tuple[tuple[date, date], ...]
    days: tuple[tuple[date, date], ...]
    edges: tuple[tuple[datetime, datetime], ...]

    @property
    def whole(self) -> tuple[date, date] | None:
        """The whole days, those in whole months too."""
        parts = sorted([*self.months, *self.days])
        return (parts[0][0], parts[-1][1]) if parts else None


def span_of(since: datetime | None, until: datetime | None) -> Span | None:
    """Give the span of `from` and `to`, both inclusive; None where neither is given."""
    if since is None and until is None:
        return None
    end = LATEST if until is None else until
    return Span(since or EARLIEST, end if end == LATEST else end + timedelta(microseconds=1))


def some(start: Edge, end: Edge) -> tuple[tuple[Edge, Edge], ...]:
    """Give a part if there is anything in it."""
    return ((start, end),) if start < end else ()


def midnight(day: date) -> datetime:
    """Give the first instant of a day in UTC."""
    return datetime.combine(day, time.min, UTC)


def first_day(at: datetime) -> date:
    """Give the first day that begins then or later."""
    return at.date() if at.time() == time.min else at.date() + timedelta(days=1)


def first_month(day: date) -> date:
    """Give the first day of the month that begins then or later."""
    return day if day.day == 1 else (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def cut(span: Span) -> Cut:
    """Cut a span; the last day of the year 9999 counts as odd hours."""
    if span.start >= span.end:
        return Cut((), (), ())
    last = span.end.date()
    if span.start.date() == date.max or (first := first_day(span.start)) >= last:
        return Cut((), (), ((span.start, span.end),))
    edges = (*some(span.start, midnight(first)), *some(midnight(last), span.end))
    if (first.year, first.month) == (date.max.year, date.max.month):
        return Cut((), some(first, last), edges)
    month, last_month = first_month(first), last.replace(day=1)
    if month >= last_month:
        return Cut((), some(first, last), edges)
    return Cut(((month, last_month),), (*some(first, month), *some(last_month, last)), edges)
