"""A source's scorecard: what it sends, how complete and how punctual it is, when it fell silent; from roll-ups and deltas."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import JSON, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.histogram import bucket_at, longest, quantile

REASONS_SHOWN: Final = 10
OTHER_REASONS: Final = "other reasons"
LEAST_PAUSES: Final = 5
"""Pauses of a source from which on a silence of it can be told from its habits."""
RARE: Final = timedelta(days=7)
RARE_SHARE: Final = 100
"""A pause is rare that comes at most once a week, and is at most one of a hundred."""

Figures = Mapping[str, Mapping[str, int]]
"""Numbers by figure and detail, as `source_counts` has them."""

FIGURES: Final = text(
    """
    SELECT asked.source, coalesce(s.articles, 0) + coalesce(pending.articles, 0) AS articles,
           least(s.first_seen, pending.first_at) AS first_seen, greatest(s.last_seen, pending.last_at) AS last_seen, (
        SELECT coalesce(json_object_agg(figure, details), '{}') FROM (
            SELECT figure, json_object_agg(detail, number) AS details FROM (
                SELECT figure, detail, sum(number) AS number FROM (
                    SELECT figure, detail, number FROM source_counts c WHERE c.source = asked.source
                    UNION ALL SELECT figure, detail, change FROM source_deltas d WHERE d.source = asked.source
                ) parts GROUP BY figure, detail HAVING sum(number) <> 0
            ) summed GROUP BY figure
        ) figures
    ) AS figures
    FROM unnest(CAST(:sources AS text[])) WITH ORDINALITY AS asked (source, place)
    LEFT JOIN sources s ON s.source = asked.source
    LEFT JOIN LATERAL (
        SELECT sum(change) FILTER (WHERE figure = 'articles') AS articles, min(at) AS first_at, max(at) AS last_at
        FROM source_deltas d WHERE d.source = asked.source
    ) pending ON true
    WHERE coalesce(s.last_seen, pending.last_at) IS NOT NULL ORDER BY asked.place
    """
).columns(figures=JSON)
"""Everything of some sources in one statement; those that were never heard are left out."""


async def scorecards(connection: AsyncConnection, sources: Sequence[str], now: datetime) -> list[dict[str, Any]]:
    """Give the scorecards of sources that were heard, in the order asked for."""
    rows = await connection.execute(FIGURES, {"sources": list(sources)})
    return [scorecard(row.source, int(row.articles), (row.first_seen, row.last_seen), row.figures, now) for row in rows]


def scorecard(
    source: str, articles: int, heard: tuple[datetime, datetime], figures: Figures, now: datetime
) -> dict[str, Any]:
    """Give a scorecard as it is served; `heard` are the first and the last arrival."""
    lags = histogram(figures.get("lag", {}))
    return {
        "source": source,
        "articles": articles,
        "sightings": number(figures, "sightings"),
        "with_author": rate(number(figures, "with_author"), articles),
        "with_date": rate(number(figures, "with_date"), articles),
        "with_topics": rate(number(figures, "with_topics"), articles),
        "zone_anomalies": {
            "assumed_utc": number(figures, "assumed_utc"),
            "after_arrival": number(figures, "after_arrival"),
        },
        "duplicate_rate": rate(number(figures, "duplicates"), articles),
        "revisions_per_article": rate(number(figures, "revisions"), articles),
        "lag": {
            "articles": sum(lags.values()),
            "median_seconds": quantile(lags, 0.5),
            "p95_seconds": quantile(lags, 0.95),
        },
        "first_seen": heard[0],
        "last_seen": heard[1],
        "silence": silence(histogram(figures.get("pause", {})), heard, now),
        "rejected": number(figures, "rejected"),
        "reject_reasons": reject_reasons(figures.get("reason", {})),
        "failed": number(figures, "failed"),
    }


def number(figures: Figures, figure: str) -> int:
    """Give a figure that has no details; 0 where nothing was counted."""
    return figures.get(figure, {}).get("", 0)


def rate(part: int, whole: int) -> float | None:
    """Give a number for each article, to four digits; None where there is no article."""
    return round(part / whole, 4) if whole else None


def histogram(details: Mapping[str, int]) -> dict[int, int]:
    """Give a histogram as it is counted: numbers by bucket."""
    return {int(bucket): held for bucket, held in details.items()}


def reject_reasons(details: Mapping[str, int]) -> list[dict[str, Any]]:
    """Give the most frequent reasons; those that are not told apart go as one, in its place."""
    found = [(reason or OTHER_REASONS, held) for reason, held in details.items() if held > 0]
    found.sort(key=lambda one: (-one[1], one[0]))
    return [{"reason": reason, "count": held} for reason, held in found[:REASONS_SHOWN]]


def silence(pauses: Mapping[int, int], heard: tuple[datetime, datetime], now: datetime) -> dict[str, Any]:
    """Say since when nothing has come, and whether that is unusual for this source.

    `long_pause_seconds` is the longest of its pauses but for the rare ones: a night that comes every day is not
    unusual, an outage a month ago is no habit.
    """
    total = sum(pauses.values())
    if total < LEAST_PAUSES:
        return {"since": heard[1], "usual_pause_seconds": None, "long_pause_seconds": None, "unusual": None}
    rare = min(total // RARE_SHARE, (heard[1] - heard[0]) // RARE)
    long = bucket_at(pauses, total - rare)
    return {
        "since": heard[1],
        "usual_pause_seconds": quantile(pauses, 0.5),
        "long_pause_seconds": round(longest(long)),
        "unusual": (now - heard[1]).total_seconds() > longest(long),
    }
