"""`DATELINE_AUTH=keys`: who has no key sees nothing, who has one may do what it is good for, and no key ends in a log."""

import asyncio
import logging
import sys
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import uuid4

import httpx
import pytest
import structlog
from sqlalchemy import text

from app import health, keys
from app.access import keyring
from app.access.key import new_prefix, new_text, presented
from app.access.keyring import Keyring
from app.access.principal import Principal
from app.db import Database
from app.keys import Wish
from app.log import written
from app.query import changes
from app.settings import Settings
from app.store.api_keys import KnownKey, look_up
from tests.clock import Clock
from tests.running import application_of, http, listening

CALM = "A calm day at the harbour, said the keeper of the lighthouse."
PLAIN = {"Content-Type": "text/plain"}
NOWHERE = "01890000-0000-7000-8000-000000000000"


@pytest.fixture
async def client(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """The whole application, asking for keys."""
    async with http(database_url, auth="keys") as opened:
        yield opened


async def a_key(url: str, *scopes: str, name: str | None = None, **others: Any) -> dict[str, str]:
    """Make a key, and give the field that carries it."""
    made = await keys.create(url, Settings(), Wish(name or uuid4().hex, scopes, **others))
    return bearing(made.text)


def bearing(text: str) -> dict[str, str]:
    """Give the field that carries a key."""
    return {"Authorization": f"Bearer {text}"}


async def post(client: httpx.AsyncClient, key: dict[str, str], body: str = CALM, **query: str) -> httpx.Response:
    """Send an article."""
    return await client.post("/v1/articles", content=body, params=query, headers=PLAIN | key)


async def until_status(client: httpx.AsyncClient, key: dict[str, str], status: int) -> httpx.Response:
    """Ask until the answer is this one."""
    deadline = time.monotonic() + 60
    while True:
        answer = await client.get("/v1/articles", headers=key)
        if answer.status_code == status:
            return answer
        assert time.monotonic() < deadline, answer.text
        await asyncio.sleep(0.02)


async def stored(database: Database) -> list[tuple[str, str | None]]:
    """Give sender and source of each submission."""
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT sender, source FROM submissions ORDER BY received_at, id"))
        return [(row.sender, row.source) for row in rows]


async def test_a_stranger_sees_signs_of_life_and_the_contract_and_nothing_else(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "READY_SECONDS", 60.0)
    for path in ("/livez", "/readyz", "/openapi.json", "/docs"):
        assert (await client.get(path)).status_code == 200, path
    for method, path in [("GET", "/v1/articles"), ("POST", "/v1/articles"), ("GET", "/metrics"), ("GET", "/nothing")]:
        answer = await client.request(method, path, content=b"{")
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="dateline"'
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["instance"] == path


async def test_each_scope_opens_its_own_and_admin_opens_all(client: httpx.AsyncClient, database_url: str) -> None:
    ingest = await a_key(database_url, "ingest")
    read = await a_key(database_url, "read")
    admin = await a_key(database_url, "admin")
    operations = {
        ("POST", "/v1/articles"): (202, 403, 202),
        ("POST", "/v1/extract"): (200, 403, 200),
        ("GET", "/v1/articles"): (403, 200, 200),
        ("GET", f"/v1/receipts/{NOWHERE}"): (404, 404, 404),
        ("GET", "/metrics"): (403, 200, 200),
        ("POST", f"/v1/receipts/{NOWHERE}/replay"): (403, 403, 404),
        ("DELETE", f"/v1/articles/{NOWHERE}"): (403, 403, 404),
        ("PUT", "/v1/topics/a/aliases/b"): (403, 403, 404),
    }
    for (method, path), expected in operations.items():
        found = [
            (await client.request(method, path, content=CALM, headers=PLAIN | key)) for key in (ingest, read, admin)
        ]
        assert tuple(answer.status_code for answer in found) == expected, f"{method} {path}"
    refused = await client.delete(f"/v1/articles/{NOWHERE}", headers=read)
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="dateline", error="insufficient_scope", scope="admin"'
    assert refused.json()["detail"] == "This needs the scope `admin`."


async def test_a_sender_reads_its_own_receipts_and_no_others(client: httpx.AsyncClient, database_url: str) -> None:
    one, other = await a_key(database_url, "ingest"), await a_key(database_url, "ingest")
    receipt = (await post(client, one)).headers["Location"]
    assert (await client.get(receipt, headers=one)).status_code == 200
    assert (await client.get(receipt, headers=other)).status_code == 404
    assert (await client.get(receipt, headers=await a_key(database_url, "read"))).status_code == 200


async def test_what_is_sent_is_known_by_its_sender_and_two_senders_idempotency_keys_never_meet(
    client: httpx.AsyncClient, database_url: str, database: Database
) -> None:
    one, other = await a_key(database_url, "ingest", name="one"), await a_key(database_url, "ingest", name="other")
    same = {"Idempotency-Key": "7"}
    receipts = [
        (await post(client, one | same)).json()["id"],
        (await post(client, other | same)).json()["id"],
        (await post(client, one | same)).json()["id"],
    ]
    assert receipts[0] == receipts[2] != receipts[1]
    assert (await post(client, one | same, "Another day.")).status_code == 422
    ids = {key.name: str(key.id) for key in await keys.everyone(database_url, Settings())}
    assert await stored(database) == [(ids["one"], None), (ids["other"], None)]


ELLERY, QUAY = "ellery.example", "quay.example"
OBJECTS = "application/json"
SOURCED: list[tuple[Sequence[str], str, str, str | None, int, str | None]] = [
    ((ELLERY,), "text/plain", CALM, None, 202, None),
    ((ELLERY,), "text/plain", CALM, ELLERY, 202, None),
    ((ELLERY,), "text/plain", CALM, QUAY, 403, "/query/source"),
    ((ELLERY,), "text/plain", CALM, "ELLERY.example", 403, "/query/source"),
    ((ELLERY,), OBJECTS, '[{"content": "a b"}, {"content": "c d", "source": "ellery.example"}]', None, 202, None),
    ((ELLERY,), OBJECTS, '[{"content": "a b"}, {"content": "c d", "source": "quay.example"}]', None, 403, "/1/source"),
    ((ELLERY,), OBJECTS, '{"content": "c d", "source": "quay.example"}', None, 403, "/source"),
    ((ELLERY,), "text/plain", '{"content": "c d", "source": "quay.example"}', None, 403, "/source"),
    (
        (ELLERY,),
        "application/x-ndjson",
        '{"content": "a b"}\n\n{"content": "c", "source": "b"}',
        None,
        403,
        "/1/source",
    ),
    ((ELLERY, QUAY), "text/plain", CALM, QUAY, 202, None),
    ((ELLERY, QUAY), "text/plain", CALM, None, 403, "/query/source"),
    ((ELLERY, QUAY), OBJECTS, '[{"content": "c d", "source": "quay.example"}]', None, 202, None),
    (
        (ELLERY, QUAY),
        OBJECTS,
        '[{"content": "c d", "source": "quay.example"}, {"content": "e"}]',
        None,
        403,
        "/1/source",
    ),
    ((ELLERY, QUAY), "application/rss+xml", "<rss/>", None, 403, "/query/source"),
]


async def test_a_bound_key_never_speaks_for_another_source(
    client: httpx.AsyncClient, database_url: str, database: Database
) -> None:
    bound = {sources: await a_key(database_url, "ingest", sources=sources) for sources in {case[0] for case in SOURCED}}
    for sources, kind, body, source, status, pointer in SOURCED:
        query = {} if source is None else {"source": source}
        for path in ("/v1/articles", "/v1/extract"):
            answer = await client.post(
                path, content=body, params=query, headers={"Content-Type": kind} | bound[sources]
            )
            assert answer.status_code == (200 if status == 202 and path == "/v1/extract" else status), answer.text
            assert [fault["pointer"] for fault in answer.json().get("errors", [])] == ([pointer] if pointer else [])
    accepted = [case for case in SOURCED if case[4] == 202]
    assert [source for _, source in await stored(database)] == [
        case[3] or (case[0][0] if len(case[0]) == 1 else None) for case in accepted
    ]


async def test_a_key_that_is_wrong_mistyped_expired_or_in_the_url_opens_nothing(
    client: httpx.AsyncClient, database_url: str, database: Database
) -> None:
    good = await keys.create(database_url, Settings(), Wish("good", ["read"], expires="1h"))
    prefix = good.text[3:13]
    for wrong in (new_text(prefix), new_text(new_prefix()), good.text[:-1], good.text.upper(), "x"):
        answer = await client.get("/v1/articles", headers=bearing(wrong))
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="dateline", error="invalid_token"'
    for query in (f"access_token={good.text}", f"q={good.text}"):
        answer = await client.get(f"/v1/articles?{query}", headers=bearing(good.text))
        assert answer.status_code == 401
        assert "ends up in logs" in answer.json()["detail"]
        assert good.text not in answer.text
    assert (await client.get("/v1/articles", headers=bearing(good.text))).status_code == 200
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE api_keys SET expires_at = clock_timestamp()"))
    keyring_of(client).forget_all()
    assert (await client.get("/v1/articles", headers=bearing(good.text))).status_code == 401


def keyring_of(client: httpx.AsyncClient) -> Keyring:
    """Give the keys that the application remembers."""
    found: Keyring = application_of(client).state.keyring
    return found


async def test_what_is_revoked_holds_no_longer_at_once_and_what_is_rotated_only_for_its_grace(
    client: httpx.AsyncClient, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "FRESH_SECONDS", 1e9)  # so that nothing but the notification can do it
    first = await keys.create(database_url, Settings(), Wish("one", ["read"]))
    await until_status(client, bearing(first.text), 200)
    second = await keys.rotate(database_url, Settings(), "one", "1h")
    assert second.text[:14] == first.text[:14]
    await until_status(client, bearing(second.text), 200)
    assert (await client.get("/v1/articles", headers=bearing(first.text))).status_code == 200
    third = await keys.rotate(database_url, Settings(), "one", "0s")
    await until_status(client, bearing(third.text), 200)
    for old in (first, second):
        await until_status(client, bearing(old.text), 401)
    await keys.revoke(database_url, Settings(), "one")
    await until_status(client, bearing(third.text), 401)


async def test_without_any_notification_a_revoked_key_ends_when_what_is_remembered_is_old(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await keys.create(database.url, Settings(), Wish("one", ["read"]))
    key = presented(made.text)
    assert key
    known = Keyring(database)
    assert await known.find(key)
    await keys.revoke(database.url, Settings(), "one")
    monkeypatch.setattr(keyring, "FRESH_SECONDS", 1e9)
    assert await known.find(key)
    monkeypatch.setattr(keyring, "FRESH_SECONDS", 0.0)
    assert await known.find(key) is None


async def test_a_secret_that_was_rotated_a_moment_ago_is_asked_for_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await keys.create(database.url, Settings(), Wish("one", ["read"]))
    known = Keyring(database)
    before = presented(made.text)
    after = presented((await keys.rotate(database.url, Settings(), "one", "1h")).text)
    assert before
    assert after
    assert await known.find(before)
    await keys.rotate(database.url, Settings(), "one", "1h")
    monkeypatch.setattr(keyring, "DOUBT_SECONDS", -1.0)
    assert await known.find(after)


async def test_a_flood_of_wrong_keys_is_no_flood_of_queries(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    async def counted(connection: Any, prefixes: Sequence[str]) -> dict[str, KnownKey]:
        asked.append(len(prefixes))
        return await look_up(connection, prefixes)

    monkeypatch.setattr(keyring, "look_up", counted)
    monkeypatch.setattr(keyring, "MOST_REMEMBERED", 600)
    monkeypatch.setattr(keyring, "FRESH_SECONDS", 1e9)
    made = presented((await keys.create(database.url, Settings(), Wish("one", ["read"]))).text)
    assert made
    known = Keyring(database)
    assert isinstance(await known.find(made), Principal)
    flood = [presented(new_text(new_prefix())) for _ in range(1000)]
    for _ in range(2):
        answers = await asyncio.gather(*(known.find(wrong) for wrong in flood[-500:] if wrong for _ in range(3)))
        assert set(answers) == {None}
    assert asked == [1, 500]
    await asyncio.gather(*(known.find(wrong) for wrong in flood if wrong))
    assert sum(asked) == 1001
    assert len(asked) <= 4
    assert len(known.none) == 600
    assert isinstance(await known.find(made), Principal)
    assert sum(asked) == 1001, "a flood of wrong keys does not push right ones out"


async def test_while_the_store_is_away_nobody_is_let_in_and_everybody_is_told(database: Database) -> None:
    key = await a_key(database.url, "read")
    async with http(database.url, auth="keys") as client:
        await keyring_of(client).database.close()
        async with database.transaction() as connection:
            await connection.execute(text("ALTER TABLE api_keys RENAME TO elsewhere"))
        answer = await client.get("/v1/articles", headers=key)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]


async def test_when_a_key_was_used_is_written_down_now_and_then(client: httpx.AsyncClient, database_url: str) -> None:
    used, unused = await a_key(database_url, "read", name="used"), await a_key(database_url, "read", name="unused")
    assert (await client.get("/v1/articles", headers=used)).status_code == 200
    assert (await client.get("/v1/articles", headers=bearing(new_text(unused["Authorization"][10:20])))).is_error
    listed = {key.name: key.last_used_at for key in await keys.everyone(database_url, Settings())}
    assert listed == {"used": None, "unused": None}
    await keyring_of(client).write_used()
    listed = {key.name: key.last_used_at for key in await keys.everyone(database_url, Settings())}
    assert listed["used"] is not None
    assert listed["unused"] is None


async def test_a_rate_is_told_with_each_answer_and_kept(
    client: httpx.AsyncClient, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Clock(monkeypatch)
    slow, free = await a_key(database_url, "ingest", rate="2/hour"), await a_key(database_url, "ingest")
    answers = [await post(client, slow) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert [answer.headers["RateLimit-Policy"] for answer in answers] == ['"default";q=2;w=3600'] * 3
    assert [answer.headers["RateLimit"].partition(";t=")[0] for answer in answers] == [
        '"default";r=1', '"default";r=0', '"default";r=0',
    ]  # fmt: skip
    assert int(answers[2].headers["Retry-After"]) > 0
    assert answers[2].json()["type"] == "urn:dateline:problem:quota-exceeded"
    assert "RateLimit" not in (await post(client, free)).headers


async def test_no_shared_cache_may_keep_what_a_key_was_needed_for(client: httpx.AsyncClient, database_url: str) -> None:
    answer = await client.get("/v1/articles", headers=await a_key(database_url, "read"))
    assert answer.headers["Cache-Control"].startswith("private")


async def test_a_stream_ends_when_its_readers_key_is_revoked(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "PING_SECONDS", 1)
    key = await a_key(database_url, "read", name="follower")
    async with listening(database_url, auth="keys") as client:
        async with client.stream("GET", "/v1/changes/stream", params={"since": 0}, headers=key) as answer:
            assert answer.status_code == 200
            await keys.revoke(database_url, Settings(), "follower")
            async with asyncio.timeout(60):
                assert not [line async for line in answer.aiter_lines() if line.startswith("data")]
        assert (await client.get("/v1/articles", headers=key)).status_code == 401


@pytest.mark.parametrize("people", [True, False])
def test_a_traceback_shows_no_variables(*, people: bool) -> None:
    secret = new_text(new_prefix())
    try:
        int(secret[:0] or "no number")
    except ValueError:
        event: Any = {"event": "request_crashed", "exc_info": sys.exc_info()}
    for write in written(people=people):
        event = write(None, "error", event)
    assert "no number" in event
    assert secret[14:] not in event


async def test_no_key_is_ever_logged(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    good, wrong = await a_key(database_url, "admin"), bearing(new_text(new_prefix()))
    with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as events:
        async with http(database_url, auth="keys") as client:
            for key in (good, wrong):
                await post(client, key)
                await client.get(f"/v1/articles?access_token={key['Authorization'][7:]}", headers=key)
                await client.get("/v1/articles", headers={"Authorization": f"Basic {key['Authorization'][7:]}"})
            await client.get(f"/v1/articles/{NOWHERE}", headers=good)
            async with keyring_of(client).database.transaction() as connection:
                await connection.execute(text("ALTER TABLE submissions RENAME TO elsewhere"))
            assert (await client.get("/v1/receipts", headers=good)).status_code == 503
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    said = f"{events} {logged}"
    requests = [event for event in events if event["event"] == "request"]
    assert len(requests) == 8
    named = [(event["status"], event["sender"]) for event in requests if "sender" in event]
    assert named == [(status, good["Authorization"][10:20]) for status in (202, 404, 503)], (
        "a key is told by its prefix"
    )
    for key in (good, wrong):
        assert key["Authorization"][21:40] not in said
