"""Measures every query route over HTTP beside the bare SQL of the same answer, on archives of two sizes.

`python benchmarks/queries.py postgresql://postgres@127.0.0.1/postgres --articles 100000 1000000` makes a database of each
size on the server of the URL (kept with `--keep`, so that the next run has it at once), fills it past the pipeline with
articles of five years, 3,000 sources and 60,000 topics, skewed as Zipf has it, starts the service over it, and asks.
For each route: the median and the 99th percentile over HTTP, the median of its statements sent alone, and, with
`--explain`, the indexes that they read. Ratios at the end compare the sizes.
"""

import argparse
import asyncio
import http.client
import os
import random
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import asyncpg
import httpx
from fastapi import FastAPI
from sqlalchemy import event, text

from app import log, migrate
from app.db import Database, connect
from app.main import create_app
from app.query.related import Related
from app.settings import Settings
from app.store import topic_counts

TOPICS: Final = 60_000
SOURCES: Final = 3_000
AUTHORS: Final = 20_000
WORDS: Final = 30_000
CHUNK: Final = 20_000
WARM: Final = 20
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


@dataclass(frozen=True, slots=True)
class Route:
    """A route to measure: its name, and how a path of it is made."""

    name: str
    path: Callable[[random.Random], str]


@dataclass(frozen=True, slots=True)
class Figures:
    """Milliseconds of a route: over HTTP, and of its statements sent alone."""

    http: float
    p99: float
    sql: float
    plans: tuple[str, ...] = ()


def zipf(chance: random.Random, size: int) -> int:
    """Give a number from 1 to `size` whose chance falls with its rank."""
    return max(1, min(size, int(size ** chance.random())))


def subject(chance: random.Random) -> str:
    """Give a topic's slug as readers ask for them, common ones most."""
    return f"subject-{zipf(chance, TOPICS // 10)}"


def paper(chance: random.Random) -> str:
    """Give a source."""
    return f"paper-{zipf(chance, SOURCES) - 1}.example"


def some_id(chance: random.Random, count: int) -> str:
    """Give an article's id."""
    return f"00000000-0000-7000-8000-{chance.randrange(1, count):012x}"


def routes(count: int) -> tuple[Route, ...]:
    """Give every query route with parameters as readers choose them; those with a limit on their p99 come first."""
    return (
        Route("a topic's page", lambda c: f"/v1/topics/{subject(c)}"),
        Route("articles on a topic", lambda c: f"/v1/topics/{subject(c)}/articles"),
        Route("filtered: topic, source", lambda c: f"/v1/articles?topic={subject(c)}&language=en"),
        Route("filtered: source, span", lambda c: f"/v1/articles?source={paper(c)}&published_from=2024-02-10&published_to=2024-05-09"),
        Route("filtered: two topics", lambda c: f"/v1/articles?topic={subject(c)}&topic=subject-{zipf(c, 20)}"),
        Route("timeline by day", lambda c: f"/v1/topics/{subject(c)}/timeline?bucket=day&from=2024-01-01&to=2025-06-30"),
        Route("timeline by month", lambda c: f"/v1/topics/{subject(c)}/timeline?bucket=month&from=2021-01-01&to=2025-12-31"),
        Route("timeline by hour", lambda c: f"/v1/topics/{subject(c)}/timeline?bucket=hour&from=2025-03-01&to=2025-03-07"),
        Route("newest articles", lambda _: "/v1/articles"),
        Route("last received", lambda _: "/v1/articles?sort=-received_at"),
        Route("articles by an author", lambda c: f"/v1/articles?author=person%20{int(AUTHORS * c.random() ** 2)}"),
        Route("any of three topics", lambda c: "/v1/articles?" + "&".join(f"any_topic={subject(c)}" for _ in range(3))),
        Route("a topic and its narrower", lambda c: f"/v1/articles?topic=subject-{c.randrange(5, 90)}&narrower=true"),
        Route("a rare word", lambda c: f"/v1/articles?q=word{c.randrange(9_000, WORDS)}"),
        Route("a common word", lambda c: f"/v1/articles?q=word{zipf(c, 50)}"),
        Route("one article", lambda c: f"/v1/articles/{some_id(c, count)}"),
        Route("topics, most articles", lambda _: "/v1/topics"),
        Route("topics by label", lambda _: "/v1/topics?sort=label"),
        Route("topics by prefix", lambda c: f"/v1/topics?q=subject%20{zipf(c, TOPICS)}"),
        Route("topics of a source", lambda c: f"/v1/topics?source={paper(c)}"),
        Route("topics of an author", lambda c: f"/v1/topics?author=person%20{int(AUTHORS * c.random() ** 2)}"),
        Route("topics of a quarter", lambda c: f"/v1/topics?from=2024-0{1 + c.randrange(9)}-10&to=2024-{c.randrange(10, 13)}-05"),
        Route("topics that rise", lambda c: "/v1/topics?sort=-trend&from=2024-0{0}-10&to=2024-0{0}-16".format(1 + c.randrange(9))),
        Route("authors", lambda _: "/v1/authors"),
    )  # fmt: skip


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


@contextmanager
def served(url: str) -> Iterator[int]:
    """Run the service over an archive, without workers; give its port."""
    port = 18_000 + os.getpid() % 1_000
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port), "--workers", "0", "--database-url", url]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while True:
            try:
                asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                asked.request("GET", "/readyz")
                if asked.getresponse().status == 200:
                    break
            except OSError:
                if time.monotonic() > until:
                    raise
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def over_http(port: int, paths: list[str]) -> list[float]:
    """Ask each path on one connection; give the milliseconds of each."""
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    found = []
    for path in paths:
        began = time.perf_counter()
        asked.request("GET", path)
        answer = asked.getresponse()
        answer.read()
        found.append((time.perf_counter() - began) * 1000)
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}")
    return found


class Alone:
    """Sends the statements of a route by themselves, over one connection of the driver."""

    def __init__(self, database: Database, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self.database = database
        self.connection = connection
        self.application: FastAPI = create_app(Settings(database_url=database.url))
        self.application.state.database = database

    async def statements(self, path: str) -> list[tuple[str, Any]]:
        """Give what a route sends for a path."""
        sent: list[tuple[str, Any]] = []

        def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
            sent.append((statement, parameters))

        self.application.state.related = Related()
        engine = self.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", note)
        transport = httpx.ASGITransport(self.application)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            (await client.get(path)).raise_for_status()
        event.remove(engine, "before_cursor_execute", note)
        return sent

    async def milliseconds(self, path: str) -> float:
        """Give the time of a path's statements, sent one after the other."""
        sent = await self.statements(path)
        began = time.perf_counter()
        for statement, parameters in sent:
            await self.connection.fetch(statement, *parameters)
        return (time.perf_counter() - began) * 1000

    async def plans(self, path: str) -> tuple[str, ...]:
        """Give what each of a path's statements reads, with its rows, and the time that Postgres takes."""
        told = []
        for statement, parameters in await self.statements(path):
            rows = await self.connection.fetch(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {statement}", *parameters)
            plan = "\n".join(row[0] for row in rows)
            spent = re.search(r"Execution Time: ([\d.]+)", plan)
            told.append(f"{spent[1] if spent else '?'} ms: {', '.join(dict.fromkeys(scans(plan)))}")
        return tuple(told)


def scans(plan: str) -> Iterator[str]:
    """Give what a plan reads: each scan with its index and the rows that it gave."""
    for line in plan.splitlines():
        if found := re.search(r"(\w[\w ]*Scan[\w ]*?) (?:using (\w+) )?on (\w+).*rows=([\d.]+) loops=(\d+)", line):
            kind, index, table, rows, loops = found.groups()
            yield f"{kind} `{index or table}` ({float(rows) * int(loops):.0f})"


async def measured(url: str, count: int, times: int, *, explain: bool) -> dict[str, Figures]:
    """Measure every route of an archive."""
    chance = random.Random(7)  # noqa: S311 - chance that can be repeated
    database = connect(url, Settings())
    connection = await asyncpg.connect(url, server_settings={"jit": "off", "timezone": "UTC"})
    alone = Alone(database, connection)
    found = {}
    with served(url) as port:
        for route in routes(count):
            paths = [quote(route.path(chance), safe="/?&=%+:") for _ in range(times)]
            over_http(port, paths[:WARM])
            asked = sorted(over_http(port, paths))
            bare = [await alone.milliseconds(path) for path in paths[: max(10, times // 4)]]
            plans = await alone.plans(paths[0]) if explain else ()
            figures = Figures(statistics.median(asked), asked[int(times * 0.99)], statistics.median(bare), plans)
            found[route.name] = figures
            print(
                f"| {count:,} | {route.name} | {figures.http:.1f} | {figures.p99:.1f} | {figures.sql:.1f} | {figures.http - figures.sql:+.1f} |",
                flush=True,
            )
            for plan in plans:
                print(f"  - {plan}")
    await connection.close()
    await database.close()
    return found


async def main(server: str, sizes: list[int], times: int, *, keep: bool, explain: bool) -> None:
    """Measure every size, then compare the smallest with the largest."""
    log.configure(Settings(log_level="warning"))
    print("| articles | route | median ms | p99 ms | its SQL alone | HTTP over it |\n|---|---|---|---|---|---|")
    found = {}
    for count in sizes:
        found[count] = await measured(await prepared(server, count, keep=keep), count, times, explain=explain)
    if len(sizes) > 1:
        small, large = sizes[0], sizes[-1]
        print(f"\n| route | p99 at {large:,} over {small:,} |\n|---|---|")
        for name, figures in found[large].items():
            print(f"| {name} | {figures.p99 / found[small][name].p99:.2f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("server", help="URL of a database on a server where databases may be made")
    parser.add_argument("--articles", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--times", type=int, default=300, help="requests of each route")
    parser.add_argument("--keep", action="store_true", help="use the archives of an earlier run, and leave them")
    parser.add_argument("--explain", action="store_true", help="show what each statement reads")
    given = parser.parse_args()
    asyncio.run(main(given.server, given.articles, given.times, keep=given.keep, explain=given.explain))
