"""Makes an archive to ask: articles of five years, 3,000 sources and 60,000 topics, skewed as Zipf has it, by SQL alone.

When an article was published has nothing to do with where its row lies: no two of a page are neighbours on the disk, which is
harder than an archive that grew by the day.
"""

import re
import sys
import time
from typing import Final

import asyncpg
from sqlalchemy import text

from app import migrate
from app.db import Database, connect
from app.settings import Settings
from app.store import topic_counts

TOPICS: Final = 60_000
SOURCES: Final = 3_000
AUTHORS: Final = 20_000
WORDS: Final = 30_000
CHUNK: Final = 20_000
ZIPF: Final = "least({size} - 1, floor(exp(random() * ln({size}.0)))::int - 1 + 0 * {row})"
"""A number below `size` whose chance falls with its rank; it names a row, so that it is drawn anew for each."""
LOAD: Final = (
    "SELECT setseed(0.{chunk})",
    """
    INSERT INTO submissions (id, content_type, body, body_bytes, hints, state)
    VALUES (('00000000-0000-7000-9000-' || lpad(to_hex({chunk}), 12, '0'))::uuid, 'text/plain', 'x', 1, '{{}}', 'done')
    """,
    """
    INSERT INTO articles (
        id, revision, submission_id, position, url, source, title, lead, language, authors, published_at,
        published_precision, published_zone, topic_lists, blocks, text, word_count, repairs, evidence, content_hash,
        field_hash, processing, pipeline_version, received_at, current_since, words, stems
    )
    SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 1,
           ('00000000-0000-7000-9000-' || lpad(to_hex({chunk}), 12, '0'))::uuid, n - {first},
           'https://paper.example/' || n, 'paper-' || {source} || '.example', 'Report ' || n, left(body, 100),
           (ARRAY['en', 'en', 'en', 'de', 'fr'])[1 + n % 5], ARRAY['Person ' || {author}],
           CASE WHEN n % 40 > 0 THEN '2021-01-01'::timestamptz + random() * interval '1826 days' + 0 * n * interval '1 s' END,
           CASE WHEN n % 40 > 0 THEN 'second' END, CASE WHEN n % 40 > 0 THEN 'stated' END, '[]',
           jsonb_build_array(jsonb_build_object('type', 'paragraph', 'text', body)), body, 40, '{{}}', '{{}}',
           decode(md5(n::text), 'hex'), decode(md5(n::text), 'hex'), 'full', 'benchmark',
           '2021-01-01'::timestamptz + n * interval '2 minutes', '2021-01-01'::timestamptz + n * interval '2 minutes',
           to_tsvector('simple', body), to_tsvector('simple', body)
    FROM (
        SELECT n, (SELECT string_agg('word' || {word}, ' ') FROM generate_series(1, 40) AS w) AS body
        FROM generate_series({first}, {last}) AS n
    ) told
    """,
    """
    INSERT INTO article_authors (article_id, position, name, fold, published_at, received_at)
    SELECT id, 0, authors[1], lower(authors[1]), published_at, received_at FROM articles WHERE {mine}
    """,
    """
    INSERT INTO article_topics (article_id, topic_id, position, label, score, origins, mentions, published_at, received_at)
    SELECT id, topic, row_number() OVER (PARTITION BY id) - 1, 'Subject ' || topic, 0.8, '{{declared}}', 1, published_at, received_at
    FROM (
        SELECT DISTINCT a.id, 1 + {topic} AS topic, a.published_at, a.received_at
        FROM articles a CROSS JOIN generate_series(1, 7) AS t WHERE {mine}
    ) drawn
    """,
    """
    INSERT INTO sightings (article_id, route, source, url, submission_id, received_at, last_at, count)
    SELECT id, decode(md5(url), 'hex'), source, url, submission_id, received_at, received_at, 1 FROM articles WHERE {mine}
    """,
)
NAMES: Final = (
    """
    INSERT INTO topics (slug, label, fold, search)
    SELECT 'subject-' || n, 'Subject ' || n, 'subject ' || n, to_tsvector('simple', 'subject ' || n)
    FROM generate_series(1, {topics}) AS n ORDER BY n
    """,
    "INSERT INTO topic_spellings (slug, topic_id) SELECT slug, id FROM topics",
    """
    UPDATE topics SET alias_of = id - 1, alias_by = 'operator', canonical_id = id - 1 WHERE id % 50 = 3
    """,
    """
    INSERT INTO topic_links (narrower_id, broader_id, by)
    SELECT n, 1 + n / 30, 'operator' FROM generate_series(100, 3000) AS n
    """,
)


async def fill(url: str, count: int) -> None:
    """Make an archive: everything by SQL, the indexes after the rows, the counts last."""
    database = connect(url, Settings().model_copy(update={"statement_timeout": 3600.0}))
    began = time.monotonic()
    try:
        async with database.transaction() as connection:
            indexes = (await connection.execute(text(SECONDARY))).all()
            for row in indexes:
                await connection.execute(text(f'DROP INDEX "{row.name}"'))
            for statement in NAMES:
                await connection.execute(text(statement.format(topics=TOPICS)))
        for chunk in range((count + CHUNK - 1) // CHUNK):
            await load(database, chunk, count)
            print(f"\r{min(count, (chunk + 1) * CHUNK):,} of {count:,} articles", end="", file=sys.stderr, flush=True)
        async with database.transaction() as connection:
            await connection.execute(text("SET LOCAL maintenance_work_mem = '1GB'"))
            for row in indexes:
                await connection.execute(text(row.made.replace(":", "\\:")))
            await topic_counts.rebuild(connection)
        async with database.reading() as connection:
            await connection.execute(text("VACUUM ANALYZE"))
    finally:
        await database.close()
    print(f"\r{count:,} articles loaded in {time.monotonic() - began:.0f} s", file=sys.stderr)


FIRST: Final = "'00000000-0000-0000-0000-000000000000'"
KEY: Final = "coalesce(published_at, '0001-01-01 00:00:00+00'::timestamptz) >= '-infinity'"
LAST_KEY: Final = "coalesce(published_at, '9999-12-31 00:00:00+00'::timestamptz) >= '-infinity'"
READ: Final = {
    "source_topic_counts": ("source >= '' AND articles >= 0 AND start >= '-infinity' AND topic_id >= 0",),
    "topic_counts": ("topic_id >= 0 AND articles >= 0", "level >= 0 AND start >= '-infinity'"),
    "article_authors": (
        f"article_id >= {FIRST} AND name > ''", f"fold >= '' AND {KEY}", "fold >= '' AND received_at >= '-infinity'",
    ),
    "articles": (
        KEY, LAST_KEY, "received_at >= '-infinity'", f"source >= '' AND {KEY}", f"language >= '' AND {KEY}",
        f"id >= {FIRST} AND revision > 0",
    ),
    "article_topics": (
        "topic_id >= 0 AND received_at >= '-infinity'", f"topic_id >= 0 AND {KEY}", f"article_id >= {FIRST} AND mentions > 0",
    ),
    "sightings": (f"article_id >= {FIRST} AND count > 0",),
    "topics": ("id >= 0 AND label > ''",),
    "topic_spellings": ("slug >= '' AND topic_id > 0",),
}  # fmt: skip
"""Conditions under which the planner reads one index each, some with the rows behind it; what every page shows comes last and stays."""
SECONDARY: Final = """
    SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS made FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
    WHERE NOT i.indisunique AND t.relname IN ('articles', 'article_topics', 'article_authors', 'sightings')
"""


async def load(database: Database, chunk: int, count: int) -> None:
    """Write one chunk of articles with what hangs on them."""
    first, last = chunk * CHUNK + 1, min(count, (chunk + 1) * CHUNK)
    values = {
        "chunk": chunk + 1,
        "first": first,
        "last": last,
        "mine": f"submission_id = ('00000000-0000-7000-9000-' || lpad(to_hex({chunk + 1}), 12, '0'))::uuid",
        "source": ZIPF.format(size=SOURCES, row="n"),
        "author": f"floor({AUTHORS} * random() ^ 2)::int + 0 * n",
        "word": ZIPF.format(size=WORDS, row="(w + n)"),
        "topic": ZIPF.format(size=TOPICS, row="t"),
    }
    async with database.transaction() as connection:
        for statement in LOAD:
            await connection.execute(text(statement.format(**values).replace(":", "\\:")))


async def warm(url: str) -> None:
    """Read every table and index of the lists once, by their indexes: a sequential scan of a big table leaves nothing behind."""
    connection = await asyncpg.connect(url, server_settings={"enable_seqscan": "off", "enable_bitmapscan": "off"})
    began = time.monotonic()
    for table, conditions in READ.items():
        for condition in conditions:
            await connection.execute(f"SELECT count(*) FROM {table} WHERE {condition}")  # noqa: S608 - constants
    await connection.close()
    print(f"read once in {time.monotonic() - began:.0f} s", file=sys.stderr)


async def prepared(server: str, count: int, *, keep: bool) -> str:
    """Give the URL of an archive of so many articles, made now if there is none."""
    name = f"dateline_queries_{count}"
    connection = await asyncpg.connect(server)
    there = await connection.fetchval("SELECT count(*) FROM pg_database WHERE datname = $1", name)
    url = re.sub(r"^(postgresql://[^/]*/)[^?]*", rf"\g<1>{name}", server)
    if not there or not keep:
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await connection.execute(f"CREATE DATABASE {name}")
        await migrate.migrate_url(url, Settings())
        await fill(url, count)
    await connection.close()
    return url
