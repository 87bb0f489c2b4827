"""How many articles on a topic were published in each hour, day, week or month, zeros included; all in UTC."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import Fault, InvalidRequest
from app.query.filters import EARLIEST, LATEST, From, To
from app.query.spans import Span, cut, midnight, span_of
from app.query.topic_counts import MEMBERS, NEWEST_FACT, Values

Bucket = Literal["hour", "day", "week", "month"]
MOST_BUCKETS: Final = 2_000
USUAL: Final = {
    "hour": timedelta(days=2),
    "day": timedelta(days=30),
    "week": timedelta(weeks=26),
    "month": timedelta(days=730),
}
"""How far a timeline goes back where no `from` is asked for."""
LENGTH: Final = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
COUNTED: Final = """
    SELECT CAST(start AS timestamp) AS at, articles FROM topic_counts
    WHERE topic_id = :topic AND level = {level} AND start >= {first} AND start < {last}
"""
CHANGED: Final = """
    SELECT CAST(day AS timestamp), change FROM topic_deltas WHERE topic_id = :topic AND day >= {first} AND day < {last}
"""
HOURS: Final = f"""
    SELECT hour, count(*) FROM (
        SELECT DISTINCT x.article_id, date_trunc('hour', x.published_at AT TIME ZONE 'UTC') AS hour FROM article_topics x
        WHERE x.topic_id IN ({MEMBERS}) AND {NEWEST_FACT} >= {{start}} AND {NEWEST_FACT} < {{end}}
          AND x.published_at IS NOT NULL
    ) facts GROUP BY hour
"""  # noqa: S608 - of constants alone


class TimelineQuery(BaseModel):
    """Which buckets, of which span."""

    model_config = ConfigDict(extra="forbid")

    bucket: Bucket = Field("day", description="The length of a bucket; a week begins on Monday.")
    since: From | None = Field(
        None, alias="from", description="From then on; by default 2 days, 30 days, 26 weeks or 2 years before `to`."
    )
    until: To | None = Field(
        None, alias="to", description="Until then; by default now. A date includes that day in UTC."
    )

    def span(self, now: datetime) -> Span:
        """Give the span asked about; raises InvalidRequest where it ends before it begins, or has too many buckets."""
        until = self.until or now
        usual = USUAL[self.bucket]
        since = self.since or (until - usual if until - EARLIEST > usual else EARLIEST)
        span = span_of(since, until)
        if span is None or span.start >= span.end:
            detail = "must not be after `to`"
            raise InvalidRequest(f"/query/from: {detail}", faults=[Fault("/query/from", detail)])
        shortest = LENGTH.get(self.bucket, timedelta(days=28))
        if (span.end - span.start) / shortest > MOST_BUCKETS:
            detail = f"the span holds more than {MOST_BUCKETS:,} buckets"
            raise InvalidRequest(f"/query/bucket: {detail}", faults=[Fault("/query/bucket", detail)])
        return span


def bucket_of(at: datetime, bucket: Bucket) -> datetime:
    """Give the beginning of the bucket that an instant lies in."""
    if bucket == "hour":
        return at.replace(minute=0, second=0, microsecond=0)
    day = midnight(at.date())
    if bucket == "month":
        return day.replace(day=1)
    if bucket == "week":
        return day - timedelta(days=day.weekday()) if day - EARLIEST >= timedelta(days=6) else EARLIEST
    return day


def buckets(span: Span, bucket: Bucket) -> Iterator[datetime]:
    """Give the beginning of every bucket that a span touches, in UTC and without a zone.

    There may be thousands: a time with its zone is slow to add to, to compare and to hash.
    """
    at, end, latest = (one.replace(tzinfo=None) for one in (bucket_of(span.start, bucket), span.end, LATEST))
    while at < end:
        yield at
        if bucket == "month":
            if (at.year, at.month) == (latest.year, latest.month):
                return
            at = (at + timedelta(days=32)).replace(day=1)
        elif latest - at < LENGTH[bucket]:
            return
        else:
            at += LENGTH[bucket]


def parts(span: Span, bucket: Bucket, made: Values) -> Iterator[str]:
    """Give the SQL of `at` and `articles` for each part of a span: counted months and days, and odd hours from the articles."""
    if bucket == "hour":
        yield HOURS.format(start=made.bind(span.start), end=made.bind(span.end))
        return
    found = cut(span)
    if whole := found.whole:
        levels = {1: found.months, 2: found.days} if bucket == "month" else {2: (whole,)}
        for level, spans in levels.items():
            for first, last in spans:
                yield COUNTED.format(level=level, first=made.bind(first), last=made.bind(last))
        yield CHANGED.format(first=made.bind(whole[0]), last=made.bind(whole[1]))
    for start, end in found.edges:
        yield HOURS.format(start=made.bind(start), end=made.bind(end))


async def timeline(connection: AsyncConnection, topic: int, span: Span, bucket: Bucket) -> list[dict[str, Any]]:
    """Give `start` and `articles` of every bucket of a span, for a canonical topic; the ends count within the span only."""
    made = Values("t", {"topic": topic, "topics": [topic], "bucket": bucket})
    union = " UNION ALL ".join(parts(span, bucket, made))
    sql = f"SELECT date_trunc(:bucket, at) AS start, CAST(sum(articles) AS integer) AS articles FROM ({union}) AS parts (at, articles) GROUP BY 1"  # noqa: S608 - values are bound
    found: dict[datetime, int] = {row[0]: row[1] for row in await connection.execute(text(sql), made.params)}
    return [{"start": f"{at.isoformat()}Z", "articles": found.get(at, 0)} for at in buckets(span, bucket)]
