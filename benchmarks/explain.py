"""Shows how Postgres answers each query route: the index that serves it, the rows that it passes, the milliseconds.

Makes a database of its own on the server of a URL, fills it through the store, asks the routes, and explains the
very statements that they sent: `python benchmarks/explain.py postgresql://postgres@127.0.0.1/postgres --articles 40000`.
"""

import argparse
import asyncio
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg
import httpx
import xxhash
from fastapi import FastAPI
from sqlalchemy import event, insert, text
from uuid_utils.compat import uuid7

from app import errors, migrate
from app.db import Database, connect
from app.pipeline.article import Article, Paragraph, Topic
from app.query import article, articles, authors, raw, topics
from app.settings import Settings
from app.store.articles import save
from app.store.plan import Arrival
from app.store.tables import submissions

NAME: Final = "dateline_explain"
START: Final = datetime(2026, 1, 1, tzinfo=UTC)
BATCH: Final = 500
WORDS: Final = 4_000
QUERIES: Final = {
    "newest": "/v1/articles",
    "newest, page 100": "/v1/articles?limit=50&cursor=DEEP",
    "oldest": "/v1/articles?sort=published_at",
    "last received": "/v1/articles?sort=-received_at",
    "of a common topic": "/v1/articles?topic=subject-0",
    "of a rare topic": "/v1/articles?topic=subject-600",
    "of a topic, last received": "/v1/articles?topic=subject-0&sort=-received_at",
    "of two topics": "/v1/articles?topic=subject-0&topic=subject-1",
    "of any of three topics": "/v1/articles?any_topic=subject-0&any_topic=subject-9&any_topic=subject-600",
    "not of a topic": "/v1/articles?not_topic=subject-0",
    "of an author": "/v1/articles?author=person%2040",
    "of a source": "/v1/articles?source=paper-3.example",
    "in a language": "/v1/articles?language=de",
    "published in a week": "/v1/articles?published_from=2026-02-01&published_to=2026-02-07",
    "a rare word": "/v1/articles?q=word3900",
    "a common word": "/v1/articles?q=word3",
    "a common word by relevance": "/v1/articles?q=word3&sort=relevance",
    "a common word of a topic": "/v1/articles?q=word3&topic=subject-9",
    "a phrase in a language": "/v1/articles?q=%22word3%20word5%22&language=en",
    "total of a topic": "/v1/articles?topic=subject-0&total=true&limit=1",
    "one article": "/v1/articles/SOME",
    "its bytes": "/v1/articles/SOME/raw",
    "its revisions": "/v1/articles/SOME/revisions",
    "topics": "/v1/topics",
    "topics by a beginning": "/v1/topics?q=subj&sort=label",
    "one topic": "/v1/topics/subject-9",
    "authors": "/v1/authors",
}


def skewed(chance: random.Random, size: int) -> int:
    """Give a number below `size`, small ones often, as words and subjects are."""
    return int(size * chance.random() ** 3)


def generated(chance: random.Random, number: int) -> Article:
    """Give an article of a hundred words or so, on a few subjects."""
    body = " ".join(f"word{skewed(chance, WORDS)}" for _ in range(chance.randrange(60, 160)))
    slugs = sorted({f"subject-{skewed(chance, 1_000)}" for _ in range(4)})
    published = None if number % 40 == 0 else START + timedelta(seconds=chance.randrange(180 * 86_400))
    mark = xxhash.xxh3_128_digest(str(number).encode())
    return Article(
        url=f"https://paper.example/{number}", guid=None, source=f"paper-{skewed(chance, 50)}.example",
        title=f"Report {number}", lead=body[:200], language=chance.choice(("en", "en", "en", "de", "fr")),
        authors=(f"Person {skewed(chance, 500)}",), agency=None, published_at=published,
        published_precision="second" if published else None, published_zone="stated" if published else None,
        modified_at=None, dateline_place=None, rights=None,
        topics=tuple(Topic(slug, slug.capitalize(), 0.8, ("list",), 1, slug) for slug in slugs), topic_lists=(),
        blocks=(Paragraph(body),), text=body, word_count=body.count(" ") + 1, repairs={}, evidence=(),
        content_hash=mark, field_hash=mark, processing="full", pipeline_version="benchmark",
    )  # fmt: skip


async def fill(database: Database, count: int) -> None:
    """Store articles in batches, then let the planner learn about them."""
    chance = random.Random(7)  # noqa: S311 - chance that can be repeated
    for first in range(0, count, BATCH):
        submission = uuid7()
        row = {
            "id": submission,
            "content_type": "text/plain",
            "body": b"x",
            "body_bytes": 1,
            "hints": {},
            "state": "done",
        }
        async with database.transaction() as connection:
            await connection.execute(insert(submissions).values(row))
            made = [generated(chance, number) for number in range(first, min(count, first + BATCH))]
            arrived = START + timedelta(minutes=first)
            await save(connection, [Arrival(submission, place, arrived, one) for place, one in enumerate(made)])
    async with database.reading() as connection:
        await connection.execute(text("VACUUM ANALYZE"))


def scans(plan: str) -> Iterator[str]:
    """Give what a plan reads: each scan with its index and the rows that it gave."""
    for line in plan.splitlines():
        if found := re.search(r"(\w[\w ]*Scan[\w ]*?) (?:using (\w+) )?on (\w+).*rows=([\d.]+) loops=(\d+)", line):
            kind, index, table, rows, loops = found.groups()
            yield f"{kind} `{index or table}` ({float(rows) * int(loops):.0f})"


async def explain(database: Database, statement: str, parameters: Any) -> str:
    """Run a statement under EXPLAIN ANALYZE and give the plan."""
    async with database.reading() as connection:
        asked = f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, BUFFERS OFF) {statement}"
        return "\n".join(row[0] for row in await connection.exec_driver_sql(asked, parameters))


async def ask(database: Database, path: str, *, full: bool) -> list[str]:
    """Ask a route, and tell for each statement that it sent what was read and how long it took."""
    sent: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        sent.append((statement, parameters))

    application = FastAPI()
    application.state.database = database
    errors.install(application)
    for module in (articles, article, raw, topics, authors):
        application.include_router(module.router)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://here") as client:
        event.listen(database.engine.sync_engine, "before_cursor_execute", note)
        (await client.get(path)).raise_for_status()
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)
    told = []
    for statement, parameters in sent:
        plan = await explain(database, statement, parameters)
        spent = re.search(r"Execution Time: ([\d.]+)", plan)
        told.append(plan if full else f"{spent[1] if spent else '?'} ms: {', '.join(dict.fromkeys(scans(plan)))}")
    return told


async def deep_cursor(database: Database) -> tuple[str, str]:
    """Give the cursor of the hundredth page, and the id of an article."""
    application = FastAPI()
    application.state.database = database
    application.include_router(articles.router)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://here") as client:
        page = (await client.get("/v1/articles?fields=id&limit=50")).json()
        some = page["items"][0]["id"]
        for _ in range(99):
            page = (await client.get(page["next"] or "/v1/articles?limit=1")).json()
    return page["next"].partition("cursor=")[2], some


async def main(server: str, count: int, *, full: bool) -> None:
    """Make the database, ask everything, drop it again."""
    connection = await asyncpg.connect(server)
    await connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
    await connection.execute(f"CREATE DATABASE {NAME}")
    url = f"{server.rpartition('/')[0]}/{NAME}"
    await migrate.migrate_url(url, Settings())
    database = connect(url, Settings())
    try:
        await fill(database, count)
        cursor, some = await deep_cursor(database)
        for name, path in QUERIES.items():
            print(f"\n**{name}** `{path}`")
            for told in await ask(database, path.replace("DEEP", cursor).replace("SOME", some), full=full):
                print(f"- {told}")
    finally:
        await database.close()
        await connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        await connection.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("server", help="URL of a database on a server where databases may be made")
    parser.add_argument("--articles", type=int, default=40_000)
    parser.add_argument("--full", action="store_true", help="whole plans")
    given = parser.parse_args()
    asyncio.run(main(given.server, given.articles, full=given.full))
