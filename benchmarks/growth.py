"""Measures accepting and draining on a small archive and on a large one: `python -m benchmarks.growth [--sizes 10000,1000000] [--keep]`.

The archives are those of `benchmarks/archive.py`, with all that storing an article meets: a receipt, its identity's keys, its sightings,
its signature and story keys for each article. In rounds, so that what else the machine does meets both alike. `--keep` leaves the
archives on the server of `--postgres`, and uses those of an earlier run.
"""

import asyncio
import re
import statistics
import sys
import time
from collections.abc import Mapping
from typing import Any, Final

import asyncpg

from benchmarks.accept import Round, Subject, measured
from benchmarks.archive import prepared
from benchmarks.dispatches import Desk
from benchmarks.drain import WARM, Drained, drain
from benchmarks.suite import Aim, Given, Postgres, Report, finish, parser, postgres, service

SIZES: Final = (10_000, 1_000_000)
ROUNDS: Final = 3
OF_SMALL: Final = 0.8
KEYS: Final = 26
"""Story keys of an article of some 500 words."""
CHUNK: Final = 50_000
MADE: Final = (
    """
    INSERT INTO submissions (id, content_type, body, body_bytes, hints, state, received_at, finished_at)
    SELECT ('00000000-0000-7000-a000-' || lpad(to_hex(n), 12, '0'))::uuid, 'text/plain', 'x', 1, '{{}}', 'done',
           '2021-01-01'::timestamptz + n * interval '2 minutes', '2021-01-01'::timestamptz + n * interval '2 minutes'
    FROM generate_series({first}, {last}) AS n
    """,
    """
    INSERT INTO submission_items (submission_id, position, outcome, article_id)
    SELECT ('00000000-0000-7000-a000-' || lpad(to_hex(n), 12, '0'))::uuid, 0, 'stored',
           ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid
    FROM generate_series({first}, {last}) AS n
    """,
    """
    INSERT INTO article_keys (scope, key, article_id)
    SELECT scope, decode(md5(scope || n), 'hex'), ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid
    FROM generate_series({first}, {last}) AS n, unnest(ARRAY['url', 'content']) AS scope ORDER BY 1, 2
    """,
    """
    INSERT INTO article_signatures (article_id, keys)
    SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
           (SELECT array_agg(hashint8extended(n * 64 + place, 0) ORDER BY 1) FROM generate_series(1, {keys}) AS place)
    FROM generate_series({first}, {last}) AS n
    """,
    """
    INSERT INTO story_keys (key, article_id)
    SELECT unnest(keys), article_id FROM article_signatures
    WHERE article_id BETWEEN ('00000000-0000-7000-8000-' || lpad(to_hex({first}), 12, '0'))::uuid
                         AND ('00000000-0000-7000-8000-' || lpad(to_hex({last}), 12, '0'))::uuid
    """,
)


async def complete(url: str, size: int) -> None:
    """Add to an archive what storing meets; nothing where that is there."""
    connection = await asyncpg.connect(url)
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM story_keys)"):
        began = time.monotonic()
        await connection.execute("ALTER TABLE story_keys DROP CONSTRAINT pk_story_keys")
        for first in range(1, size + 1, CHUNK):
            for statement in MADE:
                values = {"first": first, "last": min(size, first + CHUNK - 1), "keys": KEYS}
                await connection.execute(statement.format(**values))
        await connection.execute("SET maintenance_work_mem = '1GB'")
        await connection.execute("ALTER TABLE story_keys ADD CONSTRAINT pk_story_keys PRIMARY KEY (key, article_id)")
        await connection.execute("VACUUM ANALYZE")
        print(f"{size:,} articles completed in {time.monotonic() - began:.0f} s", file=sys.stderr)
    await connection.close()


async def emptied(url: str) -> None:
    """Take what was accepted and not processed out again."""
    connection = await asyncpg.connect(url)
    await connection.execute("DELETE FROM submissions WHERE state IN ('queued', 'processing')")
    await connection.execute("CHECKPOINT")
    await connection.close()


def accepted(url: str, store: Postgres, seconds: float) -> Round:
    """Measure how fast articles are accepted beside an archive."""
    with service(url, workers=0) as running:
        found = measured(Subject("archive", running, url=url), store, seconds, keep=True)
    asyncio.run(emptied(url))
    return found


def measure(given: Given, sizes: tuple[int, ...] = SIZES, *, keep: bool = False) -> Report:
    """Measure all sizes, in rounds."""
    desk = Desk(int(time.time()))
    accepting: dict[int, list[Round]] = {size: [] for size in sizes}
    draining: dict[int, list[Drained]] = {size: [] for size in sizes}
    with postgres(given.postgres) as store:
        urls = {size: asyncio.run(prepared(store.url, size, keep=keep)) for size in sizes}
        for size, url in urls.items():
            asyncio.run(complete(url, size))
        for _ in range(ROUNDS):
            for size, url in urls.items():
                accepting[size].append(accepted(url, store, given.seconds))
                articles = list(desk.articles(WARM + int(given.seconds * 60)))
                draining[size].append(asyncio.run(drain(url, store, 1, articles)))
        if not keep:
            asyncio.run(dropped(store.url, sizes))
    return reported(accepting, draining)


async def dropped(server: str, sizes: tuple[int, ...]) -> None:
    """Take the archives away."""
    connection = await asyncpg.connect(server)
    for size in sizes:
        await connection.execute(f"DROP DATABASE dateline_queries_{size} WITH (FORCE)")
    await connection.close()


def reported(accepting: Mapping[int, list[Round]], draining: Mapping[int, list[Drained]]) -> Report:
    """Make rows and aims; ratios are medians over the rounds."""
    rows: list[dict[str, Any]] = [
        {
            "stored before": f"{size:,}",
            "accepted a second": statistics.median(one.answers.rate for one in accepting[size]),
            "Postgres CPU ms each": statistics.median(one.postgres_ms for one in accepting[size]),
            "drained a second": statistics.median(one.stored for one in draining[size]),
            "linked a second": statistics.median(one.linked for one in draining[size]),
            "worker CPU ms": statistics.median(one.worker_ms for one in draining[size]),
            "Postgres CPU ms": statistics.median(one.postgres_ms for one in draining[size]),
        }
        for size in accepting
    ]
    small, large = min(accepting), max(accepting)
    rates = zip(accepting[large], accepting[small], strict=True)
    drains = list(zip(draining[large], draining[small], strict=True))
    aims = [
        Aim(
            "accepting, large over small",
            statistics.median(a.answers.rate / b.answers.rate for a, b in rates),
            OF_SMALL,
        ),
        Aim("draining, large over small", statistics.median(a.stored / b.stored for a, b in drains), OF_SMALL),
        Aim("linking, large over small", statistics.median(a.linked / b.linked for a, b in drains), OF_SMALL),
    ]
    return Report("growth", rows, aims)


def main() -> None:
    """Measure and print."""
    arguments = parser(__doc__)
    arguments.add_argument("--sizes", default=",".join(map(str, SIZES)), help="articles stored before, comma separated")
    arguments.add_argument("--keep", action="store_true", help="use the archives of an earlier run, and leave them")
    options = arguments.parse_args()
    sizes = tuple(int(size) for size in re.findall(r"\d+", options.sizes))
    finish([measure(Given(options.seconds, options.postgres), sizes, keep=options.keep)], options.json)


if __name__ == "__main__":
    main()
