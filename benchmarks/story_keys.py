"""Measures how texts that share keys are found in Postgres: from an empty table, and among many articles stored before.

A row for each key of an article, under one B-tree: the newest articles of a key are read off its end, so a key that
thousands share (an agency's disclaimer, a wire text that everybody prints) costs no more than one that sixty share. Under GIN
a whole list has to be read, and the index takes six times as long to build.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg

from app import embedded
from app.pipeline.likeness import Wording, look_up_keys, promising, tied, wording

BATCH: Final = 64
"""Articles that are looked up by one statement, as a linker takes what was committed since."""
BATCHES: Final = 40
TABLE: Final = "story_keys_benchmark"
CREATE: Final = f"CREATE TABLE {TABLE} (key bigint NOT NULL, article_id uuid NOT NULL)"
INDEX: Final = f"ALTER TABLE {TABLE} ADD CONSTRAINT pk_{TABLE} PRIMARY KEY (key, article_id)"
INSERT: Final = f"INSERT INTO {TABLE} SELECT key, article_id FROM unnest($1::bigint[], $2::uuid[]) AS made(key, article_id) ORDER BY 1, 2"  # noqa: S608 - a name of ours
LOOK_UP: Final = f"""
    SELECT wanted, article_id, shared
    FROM (
        SELECT wanted, article_id, count(*) AS shared,
               row_number() OVER (PARTITION BY wanted ORDER BY count(*) DESC, article_id DESC) AS place
        FROM unnest($1::bigint[], $2::uuid[]) AS sought(key, wanted)
        CROSS JOIN LATERAL (
            SELECT article_id FROM {TABLE} AS held WHERE held.key = sought.key ORDER BY article_id DESC LIMIT 64
        ) AS newest
        WHERE article_id <> wanted
        GROUP BY wanted, article_id
        HAVING count(*) >= 2
    ) AS ranked
    WHERE place <= 32
"""  # noqa: S608 - a name of ours
"""For a batch of keys, each with its article: at most 32 others for each article, those first that share the most keys."""
MADE: Final = """
    SELECT DISTINCT CASE WHEN random() < 0.05 THEN (random() ^ 3 * 2000)::bigint ELSE hashint8extended(story * 64 + place, 0) END AS key,
           ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS article_id
    FROM (
        SELECT n, CASE WHEN random() < 0.3 THEN n / 200 ELSE n + 1000000000 END AS story
        FROM generate_series($1::bigint, $2::bigint) AS n
    ) AS told, generate_series(1, 26) AS place
"""
"""Keys as an archive has them: 26 of an article of 500 words; three articles in ten are one of some sixty copies, a key in twenty is that of a common phrase."""
FILL: Final = f"INSERT INTO {TABLE} {MADE}"


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds that one article of a batch takes (median of the batches)."""

    insert: float
    look_up: float
    found: float

    @property
    def both(self) -> float:
        """Insertion and look-up together."""
        return self.insert + self.look_up


def article_id(number: int) -> str:
    """Give an id that sorts as its number does, as UUIDv7 sort by time."""
    return f"00000000-0000-7000-8000-{number:012x}"


@contextmanager
def postgres(url: str) -> Iterator[str]:
    """Give the URL of the Postgres that was named, or of one that is there for the time being."""
    if url != "embedded":
        yield url.replace("postgresql+asyncpg:", "postgresql:")
        return
    with tempfile.TemporaryDirectory(prefix="stories") as folder:
        Path(folder).chmod(0o755)  # the server may run as another account
        server = embedded.start(Path(folder) / "data")
        try:
            yield server.url.replace("postgresql+asyncpg:", "postgresql:")
        finally:
            server.stop()


async def put(connection: Any, keys: Sequence[tuple[str, Sequence[int]]]) -> tuple[float, float, list[Any]]:
    """Insert a batch of articles, then look it up; give the seconds of both, and what was found.

    In this order, so that two copies in one batch see each other.
    """
    rows = [(key, name) for name, own in keys for key in own]
    given = [key for key, _ in rows], [name for _, name in rows]
    began = time.perf_counter()
    await connection.execute(INSERT, *given)
    between = time.perf_counter()
    found = await connection.fetch(LOOK_UP, *given)
    return between - began, time.perf_counter() - between, found


async def whole(connection: Any, texts: Sequence[str]) -> tuple[float, int]:
    """Take texts the whole way through Postgres; give documents a second, and how many pairs were tied."""
    began = time.perf_counter()
    read: dict[str, tuple[Wording, tuple[int, ...]]] = {}
    pairs = set()
    for start in range(0, len(texts), BATCH):
        batch = {article_id(start + place): wording(text) for place, text in enumerate(texts[start : start + BATCH])}
        read |= {name: (own, look_up_keys(own.shingles)) for name, own in batch.items()}
        _, _, rows = await put(connection, [(name, read[name][1]) for name in batch])
        for row in rows:
            (a, mine), (b, others) = read[str(row["wanted"])], read[str(row["article_id"])]
            if promising(mine, others, row["shared"]) and tied(a, b) is not None:
                pairs.add(frozenset((row["wanted"], row["article_id"])))
    return len(texts) / (time.perf_counter() - began), len(pairs)


async def cost(connection: Any, stored: int) -> Cost:
    """Insert and look up batches of articles like those stored, and give what an article costs."""
    await connection.execute("SELECT setseed(0.5)")
    measured = []
    for batch in range(BATCHES):
        first = stored + batch * BATCH
        made = await connection.fetch(MADE, first, first + BATCH - 1)
        rows: dict[Any, list[int]] = {}
        for row in made:
            rows.setdefault(row["article_id"], []).append(row["key"])
        async with connection.transaction():
            measured.append(await put(connection, list(rows.items())))
    inserted, looked_up, found = zip(*measured, strict=True)
    each = 1_000 / BATCH
    return Cost(
        each * statistics.median(inserted), each * statistics.median(looked_up), sum(map(len, found)) / BATCH / BATCHES
    )


async def measure(url: str, texts: Sequence[str], speed: float, stored: Sequence[int]) -> None:
    """Print what Postgres costs, from an empty table and at each size."""
    connection: Any = await asyncpg.connect(url)
    try:
        await connection.execute(f"{CREATE}; {INDEX}")
        reached, pairs = await whole(connection, texts)
        print(
            f"\nthrough Postgres {reached:.0f} docs/s, {pairs} pairs tied; in memory {speed:.0f}: {reached / speed:.2f} of it"
        )
        await connection.execute(f"DROP TABLE {TABLE}; {CREATE}")
        await sizes(connection, stored)
    finally:
        await connection.execute(f"DROP TABLE IF EXISTS {TABLE}")
        await connection.close()


async def sizes(connection: Any, stored: Sequence[int]) -> None:
    """Print what an article costs at each size, and how the sizes compare."""
    print(
        f"{'stored':>10} {'insert ms':>10} {'look-up ms':>11} {'found':>6} {'docs/s':>8} {'table MB':>9} {'index MB':>9}"
    )
    known: list[Cost] = []
    filled = 0
    for size in sorted(stored):
        await connection.execute(f"ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS pk_{TABLE}")
        await connection.execute(FILL, filled, size - 1)
        await connection.execute("SET maintenance_work_mem = '512MB'")
        await connection.execute(INDEX)
        await connection.execute(f"VACUUM ANALYZE {TABLE}")
        known.append(one := await cost(connection, size))
        table, index = [
            await connection.fetchval("SELECT pg_relation_size($1::text::regclass) / 1000000", name)
            for name in (TABLE, f"pk_{TABLE}")
        ]
        print(
            f"{size:10,} {one.insert:10.3f} {one.look_up:11.3f} {one.found:6.1f} {1_000 / one.both:8.0f} {table:9} {index:9}"
        )
        filled = size + BATCH * BATCHES
    if len(known) > 1:
        print(
            f"an article costs {known[-1].both / known[0].both:.2f} times as much at the largest size as at the smallest"
        )


def in_postgres(url: str, texts: Sequence[str], speed: float, stored: Sequence[int]) -> None:
    """Measure a Postgres, named by its URL or `embedded`, and print it beside our speed in memory."""
    with postgres(url) as found:
        asyncio.run(measure(found, texts, speed, stored))
