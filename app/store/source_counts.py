"""What sources' scorecards count: deltas go with articles, sightings and items, one folder at a time sums them up.

A figure is the roll-up and the deltas that are not folded yet, read in one statement, as the counts of topics are; an
article without a source counts under ''. When a source was heard first and last goes with the deltas too, and never
goes back. Pauses between arrivals are found by the folder alone, who sees them in order.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.histogram import bucket_sql
from app.store.plan import Sighting
from app.store.tables import source_deltas

MOST_FOLDED: Final = 20_000
EVERY_DELTA: Final = 2**62
MOST_REASONS: Final = 50
"""Reasons that are told apart for a source: they hold strangers' words. Those that come later count under ''."""
SHORTEST_PAUSE: Final = "interval '1 minute'"
"""Arrivals that lie closer together are one."""
EARLY: Final = "interval '5 minutes'"
"""By so much a publisher's clock may be ahead of ours."""
FARTHEST_ZONE: Final = "interval '14 hours'"
"""No zone is farther from UTC: a date that lies farther ahead is meant so."""
LONGEST_LAG: Final = "interval '30 days'"
"""What arrives later comes out of an archive."""

FIGURES: Final = f"""
    CROSS JOIN LATERAL (VALUES
        ('articles', '', 1),
        ('with_author', '', (cardinality(a.authors) > 0)::int),
        ('with_date', '', (a.published_at IS NOT NULL)::int),
        ('with_topics', '', EXISTS (SELECT FROM article_topics x WHERE x.article_id = a.id)::int),
        ('assumed_utc', '', coalesce(a.published_zone = 'assumed_utc', false)::int),
        ('after_arrival', '', coalesce(a.published_precision IN ('second', 'minute')
            AND a.published_at > a.current_since + {EARLY}
            AND a.published_at <= a.current_since + {FARTHEST_ZONE}, false)::int),
        ('revisions', '', a.revision - 1),
        ('lag', ({bucket_sql("(a.received_at - a.published_at)")})::text,
            coalesce(a.published_precision IN ('second', 'minute') AND a.published_zone <> 'assumed_utc'
            AND a.published_at <= a.received_at + {EARLY}
            AND a.published_at >= a.received_at - {LONGEST_LAG}, false)::int)
    ) AS figures (figure, detail, number)
"""
"""What an article adds to its source's figures."""
COUNT: Final = text(
    f"""
    INSERT INTO source_deltas (source, figure, detail, change)
    SELECT coalesce(a.source, ''), figure, detail, :sign * sum(number) FROM articles a {FIGURES}
    WHERE a.id = ANY(:ids) AND number <> 0 GROUP BY 1, 2, 3
    """  # noqa: S608 - of constants alone
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
FORGET_SIGHTINGS: Final = text(
    """
    INSERT INTO source_deltas (source, figure, detail, change)
    SELECT coalesce(source, ''), 'sightings', '', -sum(count) FROM sightings WHERE article_id = ANY(:ids) GROUP BY 1
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
REASON: Final = """left(regexp_replace(split_part(left(reason, 1000), '; ', 1), '[0-9]+', '#', 'g'), 200)"""
"""A reason without its numbers, the first of several: `/3/content: Field required` is `/#/content: Field required`."""
OUTCOMES: Final = f"""
    CROSS JOIN LATERAL (VALUES
        ('rejected', '', outcome = 'rejected', 1),
        ('reason', coalesce({REASON}, ''), outcome = 'rejected', 1),
        ('failed', '', outcome = 'failed', 1),
        ('sightings', '', outcome IN ('deleted', 'retracted'), 0)
    ) AS figures (figure, detail, applies, number)
"""
"""What an item that became no article adds; of one that called an article off, or met its grave, its source was heard."""
COUNT_ITEMS: Final = text(
    f"""
    WITH given AS (
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:positions AS integer[]), CAST(:outcomes AS text[]),
                             CAST(:reasons AS text[])) AS v (submission_id, position, outcome, reason)
    ), changed AS (
        SELECT submission_id, outcome, reason, 1 AS sign FROM given
        UNION ALL
        SELECT i.submission_id, i.outcome, i.reason, -1 FROM submission_items i JOIN given USING (submission_id, position)
    )
    INSERT INTO source_deltas (source, figure, detail, change, at)
    SELECT coalesce(s.source, ''), figure, detail, sum(sign * number), CASE WHEN sign > 0 THEN s.received_at END
    FROM changed c JOIN submissions s ON s.id = c.submission_id {OUTCOMES}
    WHERE applies GROUP BY 1, 2, 3, 5
    """  # noqa: S608 - of constants alone
)
"""Counts items' new outcomes and takes their old ones back; what is retried was counted as it had ended before."""
FORGET_ITEMS: Final = text(
    f"""
    INSERT INTO source_deltas (source, figure, detail, change)
    SELECT coalesce(s.source, ''), figure, detail, -sum(number)
    FROM submission_items i JOIN submissions s ON s.id = i.submission_id {OUTCOMES}
    WHERE i.submission_id = ANY(:ids) AND applies AND number > 0 GROUP BY 1, 2, 3
    """  # noqa: S608 - of constants alone
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
ADD: Final = f"""
    fresh AS (
        SELECT t.source, t.detail, row_number() OVER (PARTITION BY t.source ORDER BY t.number DESC, t.detail) + (
            SELECT count(*) FROM source_counts c WHERE c.source = t.source AND c.figure = 'reason' AND c.detail <> ''
        ) > {MOST_REASONS} AS too_many
        FROM (SELECT source, detail, sum(change) AS number FROM taken
              WHERE figure = 'reason' AND detail <> '' GROUP BY 1, 2 HAVING sum(change) <> 0) t
        WHERE NOT EXISTS (
            SELECT FROM source_counts c WHERE c.source = t.source AND c.figure = 'reason' AND c.detail = t.detail)
    ),
    heard AS (
        SELECT source, at, greatest(lag(at) OVER (PARTITION BY source ORDER BY at), s.last_seen) AS before
        FROM (SELECT DISTINCT source, at FROM taken WHERE at IS NOT NULL) moments LEFT JOIN sources s USING (source)
    ),
    parts AS (
        SELECT t.source, t.figure, CASE WHEN f.too_many THEN '' ELSE t.detail END AS detail, t.change AS number
        FROM taken t LEFT JOIN fresh f ON t.figure = 'reason' AND f.source = t.source AND f.detail = t.detail
        WHERE t.figure <> 'articles'
        UNION ALL
        SELECT source, 'pause', ({bucket_sql("(at - before)")})::text, 1 FROM heard WHERE at - before >= {SHORTEST_PAUSE}
    ),
    added AS (
        INSERT INTO source_counts AS c (source, figure, detail, number)
        SELECT source, figure, detail, sum(number) FROM parts
        GROUP BY source, figure, detail HAVING sum(number) <> 0 ORDER BY source, figure, detail
        ON CONFLICT (source, figure, detail) DO UPDATE SET number = c.number + excluded.number
    ),
    seen AS (
        INSERT INTO sources AS s (source, articles, first_seen, last_seen)
        SELECT source, coalesce(sum(change) FILTER (WHERE figure = 'articles'), 0), min(at), max(at) FROM taken
        GROUP BY source ORDER BY source
        ON CONFLICT (source) DO UPDATE SET articles = s.articles + excluded.articles,
            first_seen = least(s.first_seen, excluded.first_seen), last_seen = greatest(s.last_seen, excluded.last_seen)
    )
    SELECT count(*) FROM taken
"""  # noqa: S608 - of constants alone
"""Adds up what was taken. Reasons are never swept: one that was told apart stays so, and what it counted is taken from it."""
FOLD: Final = text(
    f"""
    WITH taken AS (
        DELETE FROM source_deltas WHERE id IN (SELECT id FROM source_deltas ORDER BY id LIMIT :most)
        RETURNING source, figure, detail, change, at
    ), {ADD}
    """  # noqa: S608 - of constants alone
)
EMPTY: Final = (
    text("DELETE FROM source_counts WHERE figure NOT IN ('duplicates', 'pause')"),
    text("UPDATE sources SET articles = 0"),
)
"""What cannot be counted anew stays: duplicates are the linker's, and what was deleted was heard and paused for too."""
REBUILD: Final = text(
    f"""
    WITH taken AS (
        SELECT coalesce(a.source, '') AS source, figure, detail, sum(number) AS change, NULL::timestamptz AS at
        FROM articles a {FIGURES} WHERE number <> 0 GROUP BY 1, 2, 3
        UNION ALL
        SELECT coalesce(source, ''), 'sightings', '', sum(count), NULL FROM sightings GROUP BY 1
        UNION ALL
        SELECT coalesce(s.source, ''), figure, detail, sum(number), s.received_at
        FROM submission_items i JOIN submissions s ON s.id = i.submission_id {OUTCOMES} WHERE applies GROUP BY 1, 2, 3, 5
        UNION ALL
        SELECT DISTINCT coalesce(m.source, ''), 'sightings', '', 0, m.at FROM (
            SELECT source, received_at AS at FROM articles
            UNION ALL SELECT source, received_at FROM sightings UNION ALL SELECT source, last_at FROM sightings
        ) m
    ), {ADD}
    """  # noqa: S608 - of constants alone
)


async def count(connection: AsyncConnection, articles: Collection[UUID], sign: int) -> None:
    """Count what these articles tell of their sources: 1 after they were written, -1 before they change or go."""
    if articles:
        await connection.execute(COUNT, {"ids": list(articles), "sign": sign})


async def count_sightings(connection: AsyncConnection, seen: Iterable[Sighting]) -> None:
    """Count arrivals of articles for the sources that sent them, and when those were heard."""
    arrivals: Counter[tuple[str, datetime]] = Counter()
    for sighting in seen:
        source = sighting.first.article.source or ""
        arrivals[source, sighting.first.received_at] += 1
        arrivals[source, sighting.last_at] += sighting.count - 1
    if arrivals:
        rows = [
            {"source": source, "figure": "sightings", "detail": "", "change": number, "at": at}
            for (source, at), number in arrivals.items()
        ]
        await connection.execute(insert(source_deltas), rows)


async def forget_sightings(connection: AsyncConnection, articles: Collection[UUID]) -> None:
    """Take the sightings of articles that are about to be deleted from those of their sources."""
    await connection.execute(FORGET_SIGHTINGS, {"ids": list(articles)})


async def count_items(connection: AsyncConnection, items: Collection[tuple[UUID, int, str, str | None]]) -> None:
    """Count outcomes (submission, position, outcome, reason) before they are written; the caller holds the submissions.

    An item counts for the source that its submission was sent under: of one that was not read no other is known.
    """
    if items:
        ids, positions, outcomes, reasons = (list(column) for column in zip(*items, strict=True))
        given = {"ids": ids, "positions": positions, "outcomes": outcomes, "reasons": reasons}
        await connection.execute(COUNT_ITEMS, given)


async def forget_items(connection: AsyncConnection, submissions: Collection[UUID]) -> None:
    """Take the items of submissions that are about to be forgotten from the figures of those who sent them."""
    await connection.execute(FORGET_ITEMS, {"ids": list(submissions)})


async def note_duplicates(connection: AsyncConnection, changed: Mapping[str, int]) -> None:
    """Change the number of articles of sources ('' for none) that are duplicates of an earlier one in their story.

    For whoever links stories, in the transaction that does; also where an article that was a duplicate is deleted.
    """
    rows = [
        {"source": source, "figure": "duplicates", "detail": "", "change": change}
        for source, change in changed.items()
        if change
    ]
    if rows:
        await connection.execute(insert(source_deltas), rows)


async def fold(connection: AsyncConnection) -> bool:
    """Sum up to 20,000 deltas up; True where there may be more. The caller holds the lock of those who fold."""
    found: int = await connection.scalar(FOLD, {"most": MOST_FOLDED})
    return found == MOST_FOLDED


async def rebuild(connection: AsyncConnection) -> None:
    """Count anew what the store still tells, while nobody writes; duplicates, pauses and times heard are kept."""
    await connection.execute(FOLD, {"most": EVERY_DELTA})
    for statement in EMPTY:
        await connection.execute(statement)
    await connection.execute(REBUILD)
