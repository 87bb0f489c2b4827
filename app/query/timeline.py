"""How many articles on a topic were published in each hour, day, week or month, zeros included; all in UTC."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ARRAY, BigInteger, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import Fault, InvalidRequest
from app.query.filters import EARLIEST, LATEST, From, To
from app.query.spans import Span, cut, midnight, span_of
from app.query.topic_counts import MEMBERS, NEWEST_FACT

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
WHOLE_DAYS: Final = """
    SELECT start AS day, articles FROM topic_counts
    WHERE topic_id = :topic AND level = 2 AND start >= :first AND start < :last
    UNION ALL
    SELECT day, change FROM topic_deltas WHERE topic_id = :topic AND day >= :first AND day < :last
"""
HOURS: Final = f"""
    SELECT hour, count(*) AS articles FROM (
        SELECT DISTINCT x.article_id, date_trunc('hour', x.published_at, 'UTC') AS hour FROM article_topics x
        WHERE x.topic_id IN ({MEMBERS}) AND {NEWEST_FACT} >= :start AND {NEWEST_FACT} < :end
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
    """Give the beginning of every bucket that a span touches."""
    at = bucket_of(span.start, bucket)
    while at < span.end:
        yield at
        if bucket == "month":
            if (at.year, at.month) == (LATEST.year, LATEST.month):
                return
            at = (at + timedelta(days=32)).replace(day=1)
        elif LATEST - at < LENGTH[bucket]:
            return
        else:
            at += LENGTH[bucket]


async def timeline(connection: AsyncConnection, topic: int, span: Span, bucket: Bucket) -> list[dict[str, Any]]:
    """Give `start` and `articles` of every bucket of a span, for a canonical topic; the ends count within the span only."""
    found: Counter[datetime] = Counter()
    hours: tuple[tuple[datetime, datetime], ...] = ((span.start, span.end),)
    if bucket != "hour":
        parts = cut(span)
        hours = parts.edges
        if whole := parts.whole:
            asked: dict[str, Any] = {"topic": topic, "first": whole[0], "last": whole[1]}
            for row in await connection.execute(text(WHOLE_DAYS), asked):
                day: date = row.day
                found[bucket_of(midnight(day), bucket)] += row.articles
    for start, end in hours:
        statement = text(HOURS).bindparams(bindparam("topics", type_=ARRAY(BigInteger)))
        for row in await connection.execute(statement, {"topics": [topic], "start": start, "end": end}):
            found[bucket_of(row.hour, bucket)] += row.articles
    return [{"start": at, "articles": found[at]} for at in buckets(span, bucket)]
