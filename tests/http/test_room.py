"""A queue over its high-water mark: who is refused, who is not, and when to come back."""

import asyncio

import httpx
import pytest
from sqlalchemy import text

from app import health
from app.db import Database
from app.errors import Unavailable
from app.intake.room import LONGEST_WAIT, Room, wait_for
from tests.running import application_of, http

CALM = "A calm day at the harbour, said the keeper of the lighthouse."


async def post(client: httpx.AsyncClient, query: str, content: str = CALM, kind: str = "text/plain") -> httpx.Response:
    """Post a text."""
    return await client.post(f"/v1/articles{query}", content=content, headers={"Content-Type": kind})


async def fill(database: Database, number: int, source: str, state: str = "queued", lane: str = "live") -> None:
    """Have a source's submissions queued, or ended just now."""
    rows = text(
        "INSERT INTO submissions (id, content_type, body, body_bytes, hints, source, state, lane, finished_at) "
        "SELECT gen_random_uuid(), 'text/plain', 'x', 1, '{}', :source, :state, :lane, "
        "CASE WHEN :state = 'done' THEN clock_timestamp() END FROM generate_series(1, :number)"
    )
    async with database.transaction() as connection:
        await connection.execute(rows, {"number": number, "source": source, "state": state, "lane": lane})


async def never(_: Room) -> None:
    """Look at nothing, for ever."""
    await asyncio.Event().wait()


async def test_a_flood_closes_intake_at_the_mark_to_whoever_sends_it_and_to_nobody_else(
    database_url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "READY_SECONDS", 60.0)
    monkeypatch.setattr(Room, "watch", never)  # one that ends while it looks counts twice until it looks again
    async with http(database_url, queue_high_water=20) as client:
        taken = 0
        while (refused := await post(client, "?source=flood")).status_code == 202:
            taken += 1
        assert taken == 21
        assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
        assert refused.headers["retry-after"] == str(LONGEST_WAIT)  # nobody works on the queue
        unread = await post(client, "?source=flood", "{", "application/json")
        assert unread.status_code == 503  # before its body was looked at
        assert (await post(client, "?lane=backfill&source=flood")).status_code == 202
        await application_of(client).state.intake.room.look()
        others = 0
        while (await post(client, "?source=other")).status_code == 202:
            others += 1
        assert others == 5
        ready = (await client.get("/readyz")).json()
        assert (ready["ready"], ready["closed"], ready["queued"], ready["queued_backfill"]) == (
            True,
            ["live"],
            taken + others + 1,
            1,
        )
        metrics = (await client.get("/metrics")).text
        assert 'dateline_intake_refused_total{lane="live"}' in metrics
        assert "dateline_queued_backfill 1.0" in metrics
        assert (await client.get("/v1/articles?total=true")).status_code == 200
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM submissions")) == taken + others + 1


async def test_the_time_to_come_back_is_that_of_the_present_rate(database: Database) -> None:
    room = Room(database, 100)
    await fill(database, 130, "flood")
    await fill(database, 50, "flood", "done")
    await room.look()
    with pytest.raises(Unavailable, match="come back in 10 seconds") as refusal:
        room.admit("live", "flood")
    assert refusal.value.headers == {"Retry-After": "10"}  # 50 above the low mark, at 5 a second
    room.admit("backfill", "flood")


async def test_intake_opens_again_below_the_low_mark(database: Database) -> None:
    room = Room(database, 100)
    await fill(database, 101, "flood")
    await room.look()
    assert room.closed() == ["live"]
    for ended, closed in ((11, True), (10, False)):
        async with database.transaction() as connection:
            await connection.execute(
                text(
                    "UPDATE submissions SET state = 'done' WHERE id IN "
                    "(SELECT id FROM submissions WHERE state = 'queued' LIMIT :ended)"
                ),
                {"ended": ended},
            )
        await room.look()
        assert (room.closed() == ["live"]) is closed
    room.admit("live", "flood")


def test_a_time_to_come_back_is_bounded() -> None:
    assert [wait_for(100, 30), wait_for(0, 30), wait_for(1e9, 1), wait_for(5, 0)] == [4, 1, 120, 120]
