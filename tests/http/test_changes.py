"""The change feed over HTTP: pages, waiting, the stream, and what is answered to a reader that comes too late."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
from sqlalchemy import text

from app.db import Database
from app.store import changes
from tests.http.seed import faults, store_days
from tests.running import application_of, listening, post, service


async def numbered(database: Database) -> None:
    """Number what is committed."""
    async with database.transaction() as connection:
        await changes.number(connection)


async def test_a_reader_goes_on_with_last_seq(reader: httpx.AsyncClient, database: Database) -> None:
    ids = await store_days(database, 3)
    await numbered(database)
    first = (await reader.get("/v1/changes?limit=2")).json()
    assert [(entry["seq"], entry["kind"], entry["article_id"]) for entry in first["items"]] == [
        (1, "created", str(ids[0])),
        (2, "created", str(ids[1])),
    ]
    assert (first["next"], first["last_seq"]) == ("/v1/changes?since=2&limit=2", 2)
    second = (await reader.get(first["next"])).json()
    assert [entry["seq"] for entry in second["items"]] == [3]
    assert (second["next"], second["last_seq"]) == (None, 3)
    third = (await reader.get("/v1/changes?since=3")).json()
    assert third == {"items": [], "next": None, "last_seq": 3}


async def test_a_since_ahead_of_the_feed_is_its_end(reader: httpx.AsyncClient, database: Database) -> None:
    await store_days(database, 1)
    await numbered(database)
    assert (await reader.get("/v1/changes?since=99")).json() == {"items": [], "next": None, "last_seq": 1}


async def test_whoever_waits_ahead_of_the_feed_sees_what_comes_next(database_url: str) -> None:
    async with service(database_url) as client:
        waiting = asyncio.create_task(client.get("/v1/changes?since=99&wait=30"))
        while not application_of(client).state.followers.waiting:  # noqa: ASYNC110 - nobody tells of those who wait
            await asyncio.sleep(0.01)
        await post(client, "A calm day at the harbour of Port Ellery, said its keeper on Saturday.", Prefer="wait=30")
        assert [entry["seq"] for entry in (await waiting).json()["items"]] == [1]


async def test_what_is_no_place_in_the_feed_is_refused(reader: httpx.AsyncClient) -> None:
    for wrong, pointer in (("since=-1", "/query/since"), ("wait=31", "/query/wait"), ("sinc=1", "/query/sinc")):
        answer = await reader.get(f"/v1/changes?{wrong}")
        assert (answer.status_code, faults(answer)) == (422, [pointer])
    answer = await reader.get("/v1/changes/stream", headers={"Last-Event-ID": "one"})
    assert (answer.status_code, faults(answer)) == (422, ["/header/Last-Event-ID"])


async def test_below_the_horizon_is_gone_and_says_where_to_go_on(reader: httpx.AsyncClient, database: Database) -> None:
    await store_days(database, 3)
    await numbered(database)
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE change_feed SET linked_seq = 3"))
        await connection.execute(text("UPDATE changes SET at = at - interval '90 days' WHERE seq < 3"))
        await changes.compact(connection, 30)
    for path in ("/v1/changes?since=1", "/v1/changes/stream?since=1"):
        answer = await reader.get(path)
        assert (answer.status_code, faults(answer)) == (410, ["/query/since"])
        assert "since=2" in answer.json()["detail"]
    assert (await reader.get("/v1/changes?since=2")).json()["last_seq"] == 3


async def test_a_waiting_reader_is_answered_as_soon_as_something_changes(database_url: str) -> None:
    async with service(database_url) as client:
        waiting = asyncio.create_task(client.get("/v1/changes?wait=30"))
        await post(client, "A calm day at the harbour of Port Ellery, said its keeper on Saturday.", Prefer="wait=30")
        answer = (await waiting).json()
        assert [entry["kind"] for entry in answer["items"]] == ["created"]
        assert (await client.get("/v1/changes?since=1&wait=1")).json()["items"] == []


async def test_a_stream_gives_what_was_and_what_comes_and_goes_on_where_it_was_lost(
    database_url: str, database: Database
) -> None:
    ids = [str(one) for one in await store_days(database, 2)]
    await numbered(database)
    async with listening(database_url) as client:
        async with client.stream("GET", "/v1/changes/stream") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            lines = stream.aiter_lines()
            assert [entry["article_id"] for entry in await events(lines, 2)] == ids
            ids += [str(one) for one in await store_days(database, 3, source="copy.example")]
            await numbered(database)
            assert [entry["seq"] for entry in await events(lines, 1)] == [3]
        async with client.stream("GET", "/v1/changes/stream", headers={"Last-Event-ID": "3"}) as stream:
            found = await events(stream.aiter_lines(), 2)
        assert [(entry["seq"], entry["article_id"]) for entry in found] == [(4, ids[3]), (5, ids[4])]


async def events(lines: AsyncIterator[str], count: int) -> list[dict[str, object]]:
    """Read so many events off a stream; each is named by its kind and its number."""
    found: list[dict[str, object]] = []
    head: dict[str, str] = {}
    async for line in lines:
        name, _, value = line.partition(": ")
        head[name] = value
        if name == "data":
            entry = json.loads(value)
            assert (head["event"], head["id"]) == (entry["kind"], str(entry["seq"]))
            found.append(entry)
            if len(found) == count:
                return found
    raise AssertionError(found)
