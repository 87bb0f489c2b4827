"""The audit of a soak: what was answered is there, once, ended and counted; what ran has ended."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
from sqlalchemy import text

from app.db import Database, connect
from app.settings import Settings
from benchmarks.soak_load import SITE, Ledger
from tests.store.test_source_counts import assert_sources
from tests.store.test_topic_counts import assert_counts

OPEN: Final = text("SELECT count(*) FROM submissions WHERE state IN ('queued', 'processing')")
BEHIND: Final = text(
    "SELECT (SELECT count(*) FROM change_outbox) + last_seq - linked_seq + (SELECT count(*) FROM topic_deltas) FROM change_feed"
)
ARTICLES: Final = text(
    """
    SELECT url, count(*) AS articles, sum(seen)::int AS seen, sum(created)::int AS created, bool_and(storied) AS storied
    FROM (
        SELECT a.url, (SELECT coalesce(sum(s.count), 0) FROM sightings s WHERE s.article_id = a.id) AS seen,
               (SELECT count(*) FROM changes c WHERE c.article_id = a.id AND c.kind = 'created') AS created,
               (SELECT count(*) FROM article_signatures g WHERE g.article_id = a.id) = 1 AS storied
        FROM articles a
    ) each GROUP BY url
    """
)
FEED: Final = text("SELECT count(*) AS n, coalesce(min(seq), 1) AS first, coalesce(max(seq), 0) AS last FROM changes")
LEASES: Final = text("SELECT count(*) FROM submissions WHERE lease_token IS NOT NULL OR lease_until IS NOT NULL")
KEYS: Final = text(
    "SELECT count(*) FROM idempotency_keys k LEFT JOIN submissions s ON s.id = k.submission_id WHERE s.id IS NULL"
)
OUTCOMES: Final = text(
    """
    SELECT s.id::text AS id, s.state, s.attempts, s.error, array_agg(i.outcome ORDER BY i.position) AS outcomes
    FROM submissions s LEFT JOIN submission_items i ON i.submission_id = s.id GROUP BY s.id
    """
)
DEADLOCKS: Final = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")


async def drained(database: Database, seconds: float) -> float:
    """Wait until nothing is queued, processed or still to be numbered, linked or counted; give how long that took."""
    began = time.monotonic()
    while True:
        async with database.reading() as connection:
            left = [int(await connection.scalar(statement) or 0) for statement in (OPEN, BEHIND)]
        if not any(left):
            return time.monotonic() - began
        if time.monotonic() - began > seconds:
            raise SystemExit(f"After {seconds:.0f} s {left[0]} submissions are open, and {left[1]} changes behind.")
        await asyncio.sleep(0.5)


async def receipts_read(url: str, ledger: Ledger) -> Iterator[str]:
    """Ask for each receipt that was answered, as its sender would; give what is wrong with them."""
    wrong = []
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        for receipt_id, numbers in ledger.accepted.items():
            receipt = (await client.get(f"/v1/receipts/{receipt_id}")).json()
            outcomes = [item["outcome"] for item in receipt.get("items", ())]
            if receipt.get("state") != "done" or outcomes != ["stored"] * len(numbers):
                wrong.append(f"receipt {receipt_id} of {numbers}: {receipt}")
    return iter(wrong)


async def articles_there(database: Database, ledger: Ledger) -> tuple[list[str], dict[str, Any]]:
    """Hold the articles against what was answered; give what is wrong, and the figures."""
    async with database.reading() as connection:
        there = {int(row.url.removeprefix(SITE)): row for row in await connection.execute(ARTICLES)}
        feed = (await connection.execute(FEED)).one()
        leases, keys = await connection.scalar(LEASES), await connection.scalar(KEYS)
        outcomes = (await connection.execute(OUTCOMES)).all()
        deadlocks = await connection.scalar(DEADLOCKS)
    accepted = {number for numbers in ledger.accepted.values() for number in numbers}
    lost = sorted(accepted - there.keys())
    wrong = [f"accepted and not there: {lost}"] if lost else []
    wrong += [f"never sent, and there: {number}" for number in there.keys() - accepted - ledger.unanswered]
    for number, row in there.items():
        if (row.articles, row.seen, row.created, row.storied) != (1, 1, 1, True):
            wrong.append(f"article {number}: {row}")
    if (feed.first, feed.last) != (1, feed.n):
        wrong.append(f"the change feed has gaps: {feed}")
    wrong += [f"{leases} leases are left"] if leases else []
    wrong += [f"{keys} Idempotency-Keys stand for nothing"] if keys else []
    wrong += [
        f"submission {row.id}: {row}" for row in outcomes if row.state != "done" or None in (row.outcomes or [None])
    ]
    figures = {
        "accepted": len(accepted), "receipts": len(ledger.accepted), "articles": len(there), "changes": feed.n,
        "answered 503 and kept": len(there.keys() & ledger.refused),
        "unanswered and kept": len(there.keys() & (ledger.unanswered - accepted - ledger.refused)), "deadlocks resolved": deadlocks,
        "most attempts": max((row.attempts for row in outcomes), default=0),
    }  # fmt: skip
    return wrong, figures


async def audit(url: str, store: str, ledger: Ledger, seconds: float) -> tuple[list[str], dict[str, Any]]:
    """Wait for the end of all work and hold the store against the ledger; give what is wrong, and the figures."""
    database = connect(store, Settings())
    try:
        waited = await drained(database, seconds)
        wrong, figures = await articles_there(database, ledger)
        wrong += await receipts_read(url, ledger)
        for check in (assert_counts, assert_sources):
            try:
                await check(database)
            except AssertionError as error:
                wrong.append(f"{check.__name__}: {error}")
    finally:
        await database.close()
    wrong += [f"key with two receipts: {key}" for key in ledger.doubled_keys]
    wrong += [f"key without a receipt: {key}" for key in ledger.given_up]
    return [*wrong, *ledger.odd], figures | {"seconds to drain": round(waited, 1)}


def processes_of(token: str, folder: Path) -> list[psutil.Process]:
    """Give the living processes of a run: ours carry its token in their environment, the server's their folder's name."""
    found = []
    for process in psutil.process_iter():
        try:
            words = " ".join(process.cmdline())
            if process.pid != psutil.Process().pid and (
                token in process.environ().values() or str(folder) in words or token in words
            ):
                found.append(process)
        except psutil.Error:
            continue
    return found


def segments(pid: int) -> set[str]:
    """Give the shared memory that a server has made: System V segments by number, POSIX ones by their file."""
    made = {
        f"sysv {words[1]}"
        for words in map(str.split, Path("/proc/sysvipc/shm").read_text().splitlines()[1:])
        if int(words[4]) == pid
    }
    try:
        maps = Path(f"/proc/{pid}/maps").read_text()
    except OSError:
        return made
    return made | {line.split()[-1] for line in maps.splitlines() if "/dev/shm/PostgreSQL" in line}  # noqa: S108 - looked at


def left_of(made: set[str]) -> set[str]:
    """Give those of the segments that are still there."""
    there = {f"sysv {line.split()[1]}" for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]}
    return {name for name in made if name in there or Path(name).exists()}
