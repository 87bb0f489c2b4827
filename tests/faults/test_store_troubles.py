"""Postgres is away, hangs, is locked, read-only, full or out of connections: 503 soon, nothing accepted lost, and back by itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from app import health, line
from app.db import Database, connect
from app.errors import Unavailable
from app.intake.accept import MOST_WAITING_BYTES, Intake
from app.intake.submitted import Submission
from app.queue import wake
from tests.faults.proxy import proxied
from tests.running import a_worker, ended, http, post, settings_for

CALM = "A calm day at the harbour, said the keeper of the lighthouse."
SOON = 3.0
"""Seconds that requests wait for the store where that is to be seen; a busy machine may need one for a connection."""


async def until(true: Callable[[], Awaitable[Any]], seconds: float = 60.0) -> Any:
    """Wait until something comes true, and give it."""
    async with asyncio.timeout(seconds):
        while not (found := await true()):  # noqa: ASYNC110 - another process changes it
            await asyncio.sleep(0.05)
    return found


async def is_refused(answer: httpx.Response) -> None:
    """Hold an answer against what the contract says of a store that is away."""
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json"), answer.text
    assert int(answer.headers["retry-after"]) > 0


async def is_not_ready(client: httpx.AsyncClient, reason: str) -> None:
    """Wait until the service says that it is not ready, and why; the process itself answers all the while."""

    async def said() -> bool:
        assert (await client.get("/livez")).status_code == 200
        answer = await client.get("/readyz")
        return answer.status_code == 503 and reason in " ".join(answer.json()["problems"])

    await until(said)


async def is_back(client: httpx.AsyncClient) -> str:
    """Wait until the service is ready without anybody's help, and takes an article; give its receipt."""

    async def taken() -> str:
        if (await client.get("/readyz")).status_code != 200:
            return ""
        answer = await post(client, f"{CALM} It was {uuid4()}.")
        if answer.status_code != 202:  # over a connection from before: the last one that is tried
            await is_refused(answer)
            return ""
        return str(answer.json()["id"])

    return str(await until(taken))


async def submissions(database: Database) -> int:
    """Count what was kept."""
    async with database.reading() as connection:
        return int(await connection.scalar(text("SELECT count(*) FROM submissions")) or 0)


@asynccontextmanager
async def operator(url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Connect as somebody else would."""
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


async def test_a_store_that_is_away_or_hangs_is_answered_soon_and_found_again(
    database_url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wake, "PROOF_SECONDS", 0.3)
    monkeypatch.setattr(health, "READY_SECONDS", 2 * SOON)
    async with proxied(database_url) as proxy, http(proxy.url, store_seconds=SOON) as client, a_worker(proxy.url):
        first = await is_back(client)
        await ended(client, first)
        proxy.drop()
        await is_refused(await client.get("/v1/articles"))
        await is_refused(await post(client, CALM))
        await is_not_ready(client, "does not answer")
        proxy.refusing = False
        receipts = [await is_back(client)]
        proxy.open.clear()
        for answer in await asyncio.gather(*(post(client, f"{CALM} {n}") for n in range(30)), client.get("/v1/topics")):
            await is_refused(answer)
        await is_not_ready(client, "no answer within")
        proxy.open.set()
        receipts.append(await is_back(client))
        assert {(await ended(client, receipt))["state"] for receipt in receipts} == {"done"}
    assert await submissions(database) == 3, "none of those that were refused"


async def test_a_commit_whose_answer_is_lost_is_never_called_accepted_and_never_doubled(
    database_url: str, database: Database
) -> None:
    async with proxied(database_url) as proxy, http(proxy.url) as client:
        proxy.cut = "before its answer"
        await is_refused(await post(client, CALM, Idempotency_Key="k1"))
        proxy.refusing = False
        assert await submissions(database) == 1, "it was committed, which nobody here could know"
        again = await until(lambda: accepted(client, "k1"))
        assert await submissions(database) == 1
        assert again.json()["state"] == "queued"


async def accepted(client: httpx.AsyncClient, key: str) -> httpx.Response | None:
    """Send again; None where the store is not back yet."""
    answer = await post(client, CALM, Idempotency_Key=key)
    return answer if answer.status_code == 202 else None


async def test_what_is_committed_is_called_so_though_its_receipt_cannot_be_read(
    database_url: str, database: Database
) -> None:
    async with proxied(database_url) as proxy, http(proxy.url) as client:
        proxy.cut = "behind its answer"
        answer = await post(client, CALM, Prefer="wait=5")
        assert (answer.status_code, answer.json()["state"]) == (202, "queued"), answer.text
        proxy.refusing = False
        assert await submissions(database) == 1
        receipt = await until(lambda: read(client, answer.headers["location"]))
        assert receipt["received_at"][:16] == answer.json()["received_at"][:16]


async def read(client: httpx.AsyncClient, path: str) -> dict[str, Any] | None:
    """Read a resource; None while the store is away."""
    answer = await client.get(path)
    return dict(answer.json()) if answer.status_code == 200 else None


async def test_a_locked_table_delays_nobody_for_long_and_piles_nothing_up(
    database_url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "READY_SECONDS", 2 * SOON)
    async with http(database_url, store_seconds=SOON) as client, operator(database_url) as other:
        lock = other.transaction()
        await lock.start()
        await other.execute("LOCK TABLE submissions")
        for answer in await asyncio.gather(*(post(client, f"{CALM} {n}") for n in range(60))):
            await is_refused(answer)
        assert (await client.get("/v1/articles")).status_code == 200, "what needs no submissions is read"
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        assert await other.fetchval(waiting) <= 10
        await is_not_ready(client, "timeout")
        await lock.rollback()
        await is_back(client)
        assert await submissions(database) == 1


async def test_a_read_only_store_is_read_and_taken_up_again_when_it_takes_writes(
    database_url: str, database: Database
) -> None:
    name = database_url.partition("?")[0].rpartition("/")[2]
    async with http(database_url) as client, a_worker(database_url), operator(database_url) as other:
        await ended(client, await is_back(client))
        await other.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        await other.execute(OTHERS)
        await is_not_ready(client, "read-only")
        await is_refused(await post(client, CALM))
        assert (await client.get("/v1/articles")).json()["items"]
        await other.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        receipt = await ended(client, await is_back(client))
        assert receipt["state"] == "done"
    assert await submissions(database) == 2


async def test_a_store_without_a_free_connection_is_waited_for(database_url: str, database: Database) -> None:
    role = f"limited_{uuid4().hex[:12]}"
    async with operator(database_url) as other:
        await other.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'x' IN ROLE pg_read_all_data, pg_write_all_data")
        own = f"postgresql://{role}:x@{database_url.partition('@')[2]}"
        try:
            async with http(own) as client, a_worker(own):
                await ended(client, await is_back(client))
                await other.execute(f"ALTER ROLE {role} CONNECTION LIMIT 0")
                await other.execute(OTHERS)
                await is_not_ready(client, "too many connections")
                await is_refused(await post(client, CALM))
                await is_refused(await client.get("/v1/topics"))
                await other.execute(f"ALTER ROLE {role} CONNECTION LIMIT -1")
                assert (await ended(client, await is_back(client)))["state"] == "done"
        finally:
            await other.execute(f"DROP ROLE {role}")
    assert await submissions(database) == 2


EXTENSIONS_OF_A_LEASE = 3
"""After so many the first lease is over: each is made when a third of it has passed."""
FULL = """
CREATE SEQUENCE tries;
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM nextval('tries'); RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON articles FOR EACH ROW EXECUTE FUNCTION refuse();
"""


async def test_results_wait_for_a_full_store_as_long_as_it_takes_and_no_article_is_blamed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.outage.LONGEST_PAUSE", 0.2)
    async with operator(database_url) as other, http(database_url) as client:
        await other.execute(FULL)
        receipts = [(await post(client, f"{CALM} {n}")).json()["id"] for n in range(3)]
        async with a_worker(database_url, max_failures=1, lease_seconds=6):
            leases: set[Any] = set()

            async def outlasted() -> bool:
                leases.update(row[0] for row in await other.fetch("SELECT DISTINCT lease_until FROM submissions"))
                tries = int(await other.fetchval("SELECT last_value FROM tries"))
                return tries > line.STORE_TRIES and len(leases) > EXTENSIONS_OF_A_LEASE

            await until(outlasted)
            await other.execute("DROP TRIGGER refuse ON articles")
            found = [await ended(client, receipt) for receipt in receipts]
    assert {(receipt["state"], receipt["attempts"]) for receipt in found} == {("done", 1)}


async def test_intake_outlives_whatever_goes_wrong_in_a_group(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> list[Any]:
        raise RuntimeError("a fault of ours")

    async with http(database_url) as client:
        with monkeypatch.context() as patched, capture_logs() as said:
            patched.setattr(Intake, "keep", broken)
            assert (await post(client, CALM)).status_code == 500
        assert "group_not_committed" in [entry["event"] for entry in said]
        assert (await post(client, CALM)).status_code == 202


async def test_no_more_waits_for_the_store_than_fits() -> None:
    settings = settings_for("postgresql://nobody@127.0.0.1:1/none", store_seconds=SOON)
    database = connect("postgresql://nobody@127.0.0.1:1/none", settings, seconds=SOON)
    intake = Intake(database, settings)
    part = b"x" * (MOST_WAITING_BYTES // 4)
    waiting = [asyncio.create_task(intake.accept(Submission(part, "text/plain", {}))) for _ in range(4)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await intake.accept(Submission(b"one more", "text/plain", {}))
    for error in await asyncio.gather(*waiting, return_exceptions=True):
        assert isinstance(error, TimeoutError)
    database.turns.taken = database.most
    with pytest.raises(OSError, match="others use the store"):
        async with database.reading():
            pass
    await database.close()
