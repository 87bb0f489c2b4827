"""What intake takes, what it refuses and how it says so; nothing refused is stored, nothing accepted is lost."""

import asyncio
import gzip
import json
import random
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app import health
from app.db import Database
from app.intake.accept import Intake
from app.intake.submitted import Accepted, Submission
from app.settings import Settings
from tests.running import a_worker, ended, http, post

CALM = "A calm day at the harbour, said the keeper of the lighthouse."


@pytest.fixture
async def client(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """The whole application, without a worker."""
    async with http(database_url, max_body_bytes=20_000) as opened:
        yield opened


async def stored(database: Database) -> int:
    """Count the submissions."""
    async with database.reading() as connection:
        return int(await connection.scalar(text("SELECT count(*) FROM submissions")) or 0)


BAD_BODIES: list[tuple[str, str, bytes, int, list[str]]] = [
    ("an empty text", "text/plain", b"", 422, [""]),
    ("a blank text", "text/plain", b" \n\t\xef\xbb\xbf\x00 ", 422, [""]),
    ("a type without a reader", "image/png", b"\x89PNG", 415, []),
    ("no type at all", "", b"text", 415, []),
    ("broken JSON", "application/json", b"{", 422, [""]),
    ("JSON that is no object", "application/json", b"42", 422, [""]),
    ("two objects", "application/json", b'{"content": "a b"} {"content": "c d"}', 422, [""]),
    ("a number that is none", "application/json", b'{"content": NaN}', 422, [""]),
    ("endless nesting", "application/json", b"[" * 15_000, 422, ["/0"]),
    ("an empty array", "application/json", b"[]", 422, [""]),
    ("an unfinished array", "application/json", b'[{"content": "a b"}', 422, [""]),
    ("words behind an array", "application/json", b'[{"content": "a b"}] x', 422, [""]),
    ("no content", "application/json", b'{"title": "x"}', 422, ["/content"]),
    ("blank content", "application/json", b'{"content": " "}', 422, ["/content"]),
    ("an unknown member", "application/json", b'{"content": "a b", "autor": "x"}', 422, ["/autor"]),
    ("a wrong zone", "application/json", b'{"content": "a b", "timezone": "Mars/Base"}', 422, ["/timezone"]),
    ("a wrong URL", "application/json", b'{"content": "a b", "url": "ftp://x"}', 422, ["/url"]),
    (
        "a date that is a truth value",
        "application/json",
        b'{"content": "a b", "published_at": true}',
        422,
        ["/published_at"],
    ),
    ("one bad element", "application/json", b'[{"content": "a b"}, {"content": 5}]', 422, ["/1/content"]),
    ("one bad line", "application/x-ndjson", b'{"content": "a b"}\n\n{"content": }\n', 422, ["/1"]),
    ("two objects on a line", "application/x-ndjson", b'{"content": "a b"} {"content": "c d"}\n', 422, ["/0"]),
    ("blank lines alone", "application/x-ndjson", b"\n \n", 422, [""]),
    ("gzip that is not called so", "text/plain", gzip.compress(b"A calm day at the harbour."), 422, [""]),
    ("an image", "text/html", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), 422, [""]),
    ("noise", "text/plain", random.Random(1).randbytes(3000), 422, [""]),
    ("no feed", "application/feed+json", b"[]", 422, [""]),
    ("a feed without a list of items", "application/feed+json", b'{"items": "a b"}', 422, ["/items"]),
    ("a feed without items", "application/feed+json", b'{"items": []}', 422, ["/items"]),
]


@pytest.mark.parametrize(
    ("kind", "body", "status", "pointers"), [case[1:] for case in BAD_BODIES], ids=[case[0] for case in BAD_BODIES]
)
async def test_what_cannot_be_read_is_refused_by_its_part_and_not_stored(  # noqa: PLR0917
    client: httpx.AsyncClient, database: Database, kind: str, body: bytes, status: int, pointers: list[str]
) -> None:
    answer = await post(client, body, kind)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert [fault["pointer"] for fault in problem.get("errors", [])] == pointers
    assert problem["detail"]
    assert await stored(database) == 0


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("colour=red", "/query/colour"),
        ("timezone=Mars/Base", "/query/timezone"),
        ("language=english!", "/query/language"),
        ("source=", "/query/source"),
    ],
)
async def test_a_query_that_does_not_fit_is_refused(client: httpx.AsyncClient, query: str, pointer: str) -> None:
    answer = await client.post(f"/v1/articles?{query}", content=CALM, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_a_body_over_the_limit_is_refused_stated_or_streamed(
    client: httpx.AsyncClient, database: Database
) -> None:
    async def drip() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"words " * 200

    assert (await post(client, b"x" * 20_001)).status_code == 413
    streamed = await client.post("/v1/articles", content=drip(), headers={"Content-Type": "text/plain"})
    assert streamed.status_code == 413
    bomb = gzip.compress(b"a" * 5_000_000)
    assert (await post(client, bomb, Content_Encoding="gzip")).status_code == 413
    assert await stored(database) == 0


@pytest.mark.parametrize(
    "body",
    [gzip.compress(CALM.encode()), gzip.compress(CALM[:20].encode()) + gzip.compress(CALM[20:].encode())],
    ids=["one member", "two members"],
)
async def test_gzip_is_taken(client: httpx.AsyncClient, database: Database, body: bytes) -> None:
    answer = await post(client, body, Content_Encoding="gzip")
    assert answer.status_code == 202
    async with database.reading() as connection:
        assert bytes(await connection.scalar(text("SELECT body FROM submissions")) or b"") == CALM.encode()


@pytest.mark.parametrize(
    "body",
    [b"no gzip", gzip.compress(CALM.encode())[:-9], gzip.compress(CALM.encode()) + b"x"],
    ids=["none", "cut off", "something behind it"],
)
async def test_gzip_that_is_none_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await post(client, body, Content_Encoding="gzip")
    assert answer.status_code == 422
    assert "gzip" in answer.json()["detail"]


async def test_another_coding_is_refused_with_the_one_that_is_taken(client: httpx.AsyncClient) -> None:
    answer = await post(client, b"x", Content_Encoding="br")
    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "gzip, identity")


async def test_an_array_is_taken_whole_with_what_its_objects_state(database_url: str) -> None:
    objects = [
        {
            "content": CALM,
            "url": "https://a.example/1",
            "authors": ["By Maren Holt, Reuters"],
            "published_at": "Sat, 14 Mar 2026 09:30:00 +0100",
        },
        {
            "content": f"{CALM} Twice.",
            "guid": "2",
            "source": "b.example",
            "topics": ["Ports", "News"],
            "published_at": 1773480000,
        },
    ]
    async with http(database_url) as client, a_worker(database_url):
        answer = await client.post("/v1/articles?source=a.example", json=objects, headers={"Prefer": "wait=20"})
        assert (answer.status_code, answer.headers["preference-applied"]) == (200, "wait=20")
        made = [(await client.get(f"/v1/articles/{item['article_id']}")).json() for item in answer.json()["items"]]
    assert [(a["source"], a["authors"], a["agency"], a["published_at"]) for a in made] == [
        ("a.example", ["Maren Holt"], "Reuters", "2026-03-14T09:30:00+01:00"),
        ("b.example", [], None, "2026-03-14T09:20:00Z"),
    ]
    assert [topic["slug"] for topic in made[1]["topics"]] == ["ports"]
    assert made[1]["topics"][0]["from"] == ["declared"]


async def test_a_large_submission_has_its_items_paged(database_url: str) -> None:
    lines = "".join(json.dumps({"content": f"{CALM} It was day number {n} of the year."}) + "\n" for n in range(450))
    async with http(database_url) as client, a_worker(database_url):
        receipt = (await post(client, lines, "application/x-ndjson")).json()
        page = await ended(client, receipt["id"], 60)
        positions: list[int] = []
        while True:
            positions += [item["position"] for item in page["items"]]
            if page["next"] is None:
                break
            page = (await client.get(page["next"])).json()
    assert positions == list(range(450))


async def test_the_answer_is_the_receipt_as_the_store_has_it(client: httpx.AsyncClient, database: Database) -> None:
    texts = [f"{CALM} Number {n}." for n in range(9)]
    answers = await asyncio.gather(
        *(post(client, text, **({"Idempotency_Key": text[-2]} if n < 3 else {})) for n, text in enumerate(texts))
    )
    assert {answer.status_code for answer in answers} == {202}
    for answer in answers:
        assert answer.json() == (await client.get(answer.headers["location"])).json()
    again = await post(client, texts[0], Idempotency_Key="0")
    assert again.json() == answers[0].json()
    assert await stored(database) == 9


async def test_the_same_idempotency_key_answers_the_first_receipt_again(
    client: httpx.AsyncClient, database: Database
) -> None:
    first, again = [(await post(client, CALM, Idempotency_Key="k1")) for _ in range(2)]
    assert first.json()["id"] == again.json()["id"]
    other = await post(client, "Another day at the harbour.", Idempotency_Key="k1")
    assert (other.status_code, other.json()["errors"][0]["pointer"]) == (422, "/header/Idempotency-Key")
    assert await stored(database) == 1


async def test_keys_used_at_the_same_moment_make_one_submission(client: httpx.AsyncClient, database: Database) -> None:
    answers = await asyncio.gather(*(post(client, CALM, Idempotency_Key=f"k{n % 3}") for n in range(30)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == await stored(database) == 3


async def test_a_key_is_free_again_after_its_time(client: httpx.AsyncClient, database: Database) -> None:
    first = (await post(client, CALM, Idempotency_Key="old")).json()["id"]
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'"))
    assert (await post(client, CALM, Idempotency_Key="old")).json()["id"] != first


async def kept_keys(database: Database) -> list[str]:
    """Give the keys that submissions are known by."""
    async with database.reading() as connection:
        return list(await connection.scalars(text("SELECT key FROM idempotency_keys ORDER BY key")))


async def test_workers_forget_keys_whose_time_is_over_and_leave_no_ghosts(
    database_url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "READY_SECONDS", 60.0)
    async with http(database_url) as client:
        for key in ("old", "new"):
            await post(client, f"{CALM} {key}", Idempotency_Key=key)
        async with database.transaction() as connection:
            await connection.execute(
                text("UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE key = 'old'")
            )
        async with a_worker(database_url):
            while (keys := await kept_keys(database)) == ["new", "old"]:  # noqa: ASYNC110 - another task changes it
                await asyncio.sleep(0.05)
            assert len((await client.get("/readyz")).json()["workers"]) == 1
        assert keys == ["new"]
        assert (await client.get("/readyz")).json()["workers"] == []


async def test_waiting_without_an_outcome_answers_202_after_the_time(client: httpx.AsyncClient) -> None:
    answer = await post(client, CALM, Prefer="respond-async, wait=1")
    assert (answer.status_code, answer.json()["state"], answer.headers["preference-applied"]) == (
        202,
        "queued",
        "wait=1",
    )


async def test_receipts_are_listed_newest_first_by_state_and_source(client: httpx.AsyncClient) -> None:
    ids = []
    for n in range(5):
        answer = await client.post(
            f"/v1/articles?source=s{n % 2}.example", content=f"{CALM} {n}", headers={"Content-Type": "text/plain"}
        )
        ids.append(answer.json()["id"])
    walked: list[str] = []
    path: Any = "/v1/receipts?state=queued&limit=2&total=true"
    while path:
        page = (await client.get(path)).json()
        walked += [item["id"] for item in page["items"]]
        assert page["total"] == {"count": 5, "exact": True}
        path = page["next"]
    assert walked == ids[::-1]
    odd = (await client.get("/v1/receipts?source=s1.example")).json()["items"]
    assert [item["id"] for item in odd] == [ids[3], ids[1]]
    assert (await client.get("/v1/receipts?cursor=zzz")).status_code == 422
    assert (await client.get("/v1/receipts/01890000-0000-7000-8000-000000000000")).status_code == 404
    assert (await client.post("/v1/receipts/01890000-0000-7000-8000-000000000000/replay")).status_code == 404


async def test_behind_a_gateway_paths_carry_its_root(database_url: str) -> None:
    async with http(database_url, root_path="/news") as client:
        answer = await post(client, CALM)
        assert answer.headers["location"] == f"/news/v1/receipts/{answer.json()['id']}"


async def test_request_and_trace_ids_come_back(client: httpx.AsyncClient) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    answer = await client.get("/livez", headers={"X-Request-ID": "abc-1", "traceparent": trace})
    assert (answer.headers["x-request-id"], answer.headers["traceparent"]) == ("abc-1", trace)
    forged = await client.get("/livez", headers={"X-Request-ID": "a b\x7f"})
    assert len(forged.headers["x-request-id"]) == 32


async def test_the_operators_routes_answer(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "READY_SECONDS", 60.0)
    assert (await client.get("/livez")).json() == {"alive": True}
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()["ready"], ready.json()["queued"]) == (200, True, 0)
    metrics = (await client.get("/metrics")).text
    assert 'dateline_http_requests_total{method="GET",route="/livez",status="200"}' in metrics
    assert (ready.json()["unnumbered_changes"], ready.json()["unlinked_changes"]) == (0, 0)
    for name in ("queued_submissions", "unnumbered_changes", "unlinked_changes", "reprocessings_running"):
        assert f"dateline_{name} 0.0" in metrics
    page = (await client.get("/docs")).text
    assert "http://" not in page
    assert "https://" not in page
    assert (await client.get("/static-offline-docs/swagger-ui-bundle.js")).status_code == 200


async def test_unknown_paths_and_wrong_methods_are_problems(client: httpx.AsyncClient) -> None:
    lost = await client.get("/v1/nothing")
    assert (lost.status_code, lost.json()["type"]) == (404, "urn:dateline:problem:not-found")
    wrong = await client.patch("/v1/articles")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD, POST")


async def test_without_its_store_the_service_says_so_and_keeps_nothing(database_url: str) -> None:
    async with http(database_url.replace("dateline_test", "dateline_gone")) as client:
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["ready"]) == (503, False)
        assert (await client.get("/livez")).status_code == 200
        for answer in (await post(client, CALM), await client.get("/v1/articles")):
            assert answer.status_code == 503
            assert answer.headers["retry-after"]
            assert answer.headers["content-type"] == "application/problem+json"


async def test_an_older_schema_is_not_ready_and_says_what_to_do(client: httpx.AsyncClient, database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '20261130_identity'"))
    ready = await client.get("/readyz")
    assert ready.status_code == 503
    assert "dateline migrate" in ready.json()["problems"][0]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("Über den Hafen zog ein Gewitter.".encode("latin-1"), "text/plain; charset=iso-8859-1"),
        ("Über den Hafen zog ein Gewitter.".encode("utf-16"), "text/plain"),
        ("Über den Hafen zog ein Gewitter.".encode(), "text/plain; charset=nonsense"),
        (json.dumps({"content": "\u0000Über den Hafen zog \ud800ein Gewitter."}).encode(), "application/json"),
    ],
    ids=["header", "byte order mark", "unknown label", "escapes"],
)
async def test_any_charset_and_any_character_is_taken(database_url: str, body: bytes, kind: str) -> None:
    async with http(database_url) as client, a_worker(database_url):
        receipt = (await post(client, body, kind, Prefer="wait=20")).json()
        made = (await client.get(f"/v1/articles/{receipt['items'][0]['article_id']}")).json()
    assert made["text"].replace("\ufffd", "") == "Über den Hafen zog ein Gewitter."


@pytest.mark.parametrize("bad", ["text/plain\x00", "text/\ud800"], ids=["the store refuses", "has no encoding"])
@pytest.mark.parametrize("key", [None, "k"], ids=["without keys", "with keys"])
async def test_what_cannot_be_stored_fails_alone(database: Database, bad: str, key: str | None) -> None:
    intake = Intake(database, Settings())
    running = asyncio.create_task(intake.run())
    group = [Submission(b"words", kind, {}, key and f"{key}{n}") for n, kind in enumerate(["text/plain", bad] * 3)]
    found = await asyncio.gather(*map(intake.accept, group), return_exceptions=True)
    assert [isinstance(one, Accepted) for one in found] == [True, False] * 3
    assert await stored(database) == 3
    running.cancel()


async def test_connections_that_are_cut_are_opened_anew(client: httpx.AsyncClient, database: Database) -> None:
    assert (await post(client, CALM)).status_code == 202
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    async with database.reading() as connection:
        await connection.execute(text(others))
    deadline = asyncio.get_running_loop().time() + 30
    while (await post(client, CALM)).status_code != 202:
        assert asyncio.get_running_loop().time() < deadline
