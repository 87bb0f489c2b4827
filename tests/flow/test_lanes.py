"""What arrives now does not wait for what was queued before: not for a backfill, a sender's flood, or a large submission."""

import json
from typing import Any

import httpx
from sqlalchemy import text

from app.db import Database
from app.extraction import Pipeline
from tests.running import a_worker, ended, http, post

DAWDLING = Pipeline("tests.dawdling:process", "tests.dawdling:process")
BATCH = 8
"""What the worker below claims at once."""


async def ended_before(database: Database, receipt_id: str) -> int:
    """Count the submissions that ended before one did."""
    earlier = text(
        "SELECT count(*) FROM submissions WHERE finished_at < (SELECT finished_at FROM submissions WHERE id = :id)"
    )
    async with database.reading() as connection:
        return int(await connection.scalar(earlier, {"id": receipt_id}) or 0)


async def queued(client: httpx.AsyncClient, content: str, query: str = "", number: int = 1) -> list[str]:
    """Post a text so many times, and give the receipts' ids."""
    answers = [
        await client.post(f"/v1/articles{query}", content=content, headers={"Content-Type": "text/plain"})
        for _ in range(number)
    ]
    assert {answer.status_code for answer in answers} == {202}
    return [answer.json()["id"] for answer in answers]


async def test_neither_a_flood_nor_a_backfill_delays_what_others_send_by_more_than_a_batch_or_two(
    database_url: str, database: Database
) -> None:
    async with http(database_url) as client:
        backfill = await queued(client, "Old news", "?lane=backfill&source=a.example", 5 * BATCH)
        flood = await queued(client, "More of it", "?source=flood.example", 5 * BATCH)
        [article] = await queued(client, "News", "?source=a.example")
        async with a_worker(database_url, DAWDLING, claim_batch=BATCH, lease_seconds=60):
            assert (await ended(client, article, 90))["state"] == "done"
            receipts = [await ended(client, one, 90) for one in (*flood, *backfill)]
    assert {receipt["state"] for receipt in receipts} == {"done"}
    assert await ended_before(database, article) < 2 * BATCH
    assert await ended_before(database, flood[-1]) < (len(flood) + 2 * BATCH)
    assert await ended_before(database, backfill[-1]) == len(flood) + len(backfill)


async def test_a_large_submission_is_worked_on_in_slices_between_which_others_have_their_turn(
    database_url: str, database: Database
) -> None:
    items = [{"content": f"Wait {number} for 0.05"} for number in range(20)]
    async with http(database_url) as client:
        large = (await post(client, "\n".join(json.dumps(item) for item in items), "application/x-ndjson")).json()["id"]
        small = await queued(client, "Calm", number=3)
        async with a_worker(database_url, DAWDLING, batch_seconds=0.1, lease_seconds=60):
            whole: dict[str, Any] = await ended(client, large, 90)
    assert [item["position"] for item in whole["items"]] == list(range(20))
    assert {item["outcome"] for item in whole["items"]} == {"rejected"}
    assert whole["attempts"] > 2
    assert await ended_before(database, large) == len(small)
    async with database.reading() as connection:
        attempts = await connection.scalars(text("SELECT attempts FROM submissions WHERE body_bytes < 20"))
        assert set(attempts) == {1}


async def test_a_lane_says_how_soon_and_not_what(database_url: str) -> None:
    async with http(database_url) as client:
        query = "/v1/articles?source=a.example"
        headers = {"Content-Type": "text/plain", "Idempotency-Key": "k"}
        first = await client.post(query, content="News", headers=headers)
        again = await client.post(f"{query}&lane=backfill", content="News", headers=headers)
        assert first.json()["id"] == again.json()["id"]
        wrong = await client.post(f"{query}&lane=fast", content="News", headers=headers)
        assert [fault["pointer"] for fault in wrong.json()["errors"]] == ["/query/lane"]
        unknown = await client.post("/v1/extract?lane=live", content="News", headers=headers)
        assert unknown.status_code == 422
