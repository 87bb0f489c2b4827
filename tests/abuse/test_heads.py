"""A request's head: whatever is too much of it is refused by its part, and what it claims of hosts and methods leads nowhere."""

from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from app.bounds import MOST_PARAMETERS, fault_of
from app.db import Database
from app.query.cursor import MAX_CHARACTERS
from app.settings import Settings
from app.store.tables import merged_articles
from tests.http.seed import Told, faults, store, strings, submit

Headers = Sequence[tuple[str, str]]
EVIL = "evil.example"


def head(path: str = "/v1/articles", query: str = "", headers: Headers = (("host", "x"),)) -> dict[str, Any]:
    """Give the head of a request as a server hands it over."""
    fields = [(name.encode(), value.encode()) for name, value in headers]
    return {"type": "http", "http_version": "1.1", "path": path, "query_string": query.encode(), "headers": fields}


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (head("/v1/" + "a" * 16_000), 414),
        (head(query="q=" + "a" * 16_000), 414),
        (head(query="cursor=a&q=" + "a" * (16_000 + MAX_CHARACTERS)), 414),
        (head(query="a&" * MOST_PARAMETERS), 422),
        (head(headers=[("host", "x")] + [("x", "y")] * 100), 431),
        (head(headers=[("host", "x"), ("x", "y" * 32_000)]), 431),
        (head(headers=[]), 400),
        (head(headers=[("host", "x"), ("host", "y")]), 400),
        (head(headers=[("host", "x"), ("content-type", "text/plain"), ("content-type", "text/html")]), 400),
        (head(headers=[("host", "x"), ("idempotency-key", "a"), ("idempotency-key", "b")]), 400),
        (head(headers=[("host", "x"), ("transfer-encoding", "gzip, chunked")]), 400),
        (head(headers=[("host", "x"), ("transfer-encoding", "chunked"), ("content-type", "text/plain")]), None),
        (head("/v1/" + "a" * 15_990), None),
        (head(query="topic=a&" * (MOST_PARAMETERS - 1)), None),
        (head(query="q=" + "a" * 15_000 + "&cursor=" + "c" * MAX_CHARACTERS), None),
        (head(headers=[("host", "x")] + [("x", "y" * 300)] * 99), None),
        (head(headers=[]) | {"http_version": "2"}, None),
    ],
)
def test_a_head_is_judged_by_its_size_its_numbers_and_its_host(asked: dict[str, Any], status: int | None) -> None:
    wrong = fault_of(asked, Settings())
    assert (wrong and wrong.status) == status


async def test_what_is_too_much_of_a_head_is_told_by_its_part(client: httpx.AsyncClient) -> None:
    fields = await client.get("/livez", headers=[("x-many", "y")] * 200)
    assert (fields.status_code, faults(fields)) == (431, [])
    assert "100 are taken" in fields.json()["detail"]
    long = await client.get(f"/v1/topics/{'a' * 17_000}")
    assert (long.status_code, long.json()["type"]) == (414, "urn:dateline:problem:uri-too-long")
    assert long.headers["x-content-type-options"] == "nosniff"
    many = await client.get("/v1/topics?" + "&".join(f"x{n}=" for n in range(90)))
    assert (many.status_code, len(faults(many))) == (422, 20)
    typed = await client.post("/v1/articles", content="words", headers={"Content-Type": "text/plain" + ";" * 300})
    assert (typed.status_code, faults(typed)) == (422, ["/header/Content-Type"])


async def test_a_parameter_that_is_said_once_is_not_said_twice(client: httpx.AsyncClient) -> None:
    for path, pointers in (
        ("/v1/articles?limit=1&limit=200", ["/query/limit"]),
        ("/v1/topics/a/articles?source=a&source=b", ["/query/source"]),
        ("/v1/receipts?state=done&state=queued&source=a", ["/query/state"]),
        ("/v1/changes?since=1&since=2", ["/query/since"]),
        ("/v1/topics?from=2026-01-01&from=2026-01-02", ["/query/from"]),
    ):
        answer = await client.get(path)
        assert (answer.status_code, faults(answer)) == (422, pointers), path
    several = await client.get("/v1/articles?topic=a&topic=b&any_topic=a&any_topic=b")
    assert several.status_code == 200


HOSTS = [EVIL, f"x/{EVIL}", f"x//{EVIL}?", f"{EVIL}#", f"user@{EVIL}", "x\\@y"]


async def test_no_host_header_decides_where_an_answer_leads(client: httpx.AsyncClient, database: Database) -> None:
    kept, _ = strings(await store(database, Told("One."), Told("Two.")))
    lost = "019a1b2c-3d62-7c11-9e0f-5a6b7c8d9e0f"
    async with database.transaction() as connection:
        await connection.execute(insert(merged_articles).values(article_id=lost, into_id=kept))
    for host in HOSTS:
        claimed = {
            "Host": host,
            "X-Forwarded-Host": EVIL,
            "X-Forwarded-Prefix": f"//{EVIL}",
            "Forwarded": f"host={EVIL}",
        }
        moved = await client.get(f"/v1/articles/{lost}?as_of=2026-03-14", headers=claimed)
        assert (moved.status_code, moved.headers["location"]) == (308, f"/v1/articles/{kept}?as_of=2026-03-14")
        assert moved.json()["instance"] == f"/v1/articles/{lost}"
        page = await client.get("/v1/articles?limit=1", headers=claimed)
        assert page.json()["next"].startswith("/v1/articles?limit=1&cursor=")
        slash = await client.get("/v1/articles/", headers=claimed)
        assert (slash.status_code, "location" in slash.headers) == (404, False)
        assert EVIL not in page.text + slash.text + moved.text
        assert EVIL not in (await client.get("/docs", headers=claimed)).text
        assert EVIL not in (await client.get("/openapi.json", headers=claimed)).text


async def test_no_header_changes_the_method_and_no_other_site_may_read_an_answer(
    client: httpx.AsyncClient, database: Database
) -> None:
    [article] = strings(await store(database, Told()))
    names = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
    overridden = await client.get(f"/v1/articles/{article}?", headers=dict.fromkeys(names, "DELETE"))
    assert overridden.status_code == 200
    posted = await client.post(f"/v1/articles/{article}?_method=DELETE", headers=dict.fromkeys(names, "DELETE"))
    assert posted.status_code == 405
    wish = {"Origin": f"https://{EVIL}", "Access-Control-Request-Method": "DELETE"}
    for answer in (
        await client.options(f"/v1/articles/{article}", headers=wish),
        await client.get(f"/v1/articles/{article}", headers=wish),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert (await client.request("TRACE", "/v1/articles", headers={"Cookie": "a=b"})).status_code == 405


PATHS = [
    "/v1/articles/..%2f..%2fetc%2fpasswd",
    "/v1/articles/%2e%2e/receipts",
    "//v1/articles",
    "/v1//articles",
    "/v1/articles/019a1b2c%00",
    "/v1/articles/" + "a" * 5_000,
    "/v1/topics/%00",
    "/v1/topics/a%00b/timeline",
    "/v1/topics/" + "a" * 300,
    "/v1/topics/%ff%fe",
    "/v1/topics/%ed%a0%80",
    "/v1/topics/a%2f..%2farticles",
    "/v1/topics/a%0d%0aSet-Cookie:%20x",
    "/v1/sources/%00",
    "/v1/sources/..%2f..",
    "/v1/sources/" + "a" * 300,
    "/v1/sources/a%2fb%2f..",
    "/v1/receipts/%2e",
    "/v1/stories/'%20or%201=1",
    "/static-offline-docs/..%2f..%2f..%2fapp%2fsettings.py",
    "/static-offline-docs/%2e%2e/%2e%2e/core.py",
    "/static-offline-docs//etc/passwd",
    "/static-offline-docs/%00",
    "/.env",
    "/.git/config",
]


async def test_no_path_leads_beside_a_route(client: httpx.AsyncClient) -> None:
    for path in PATHS:
        answer = await client.get(path)
        assert answer.status_code in {404, 422}, path
        assert answer.headers["content-type"] == "application/problem+json", path
        assert not {"set-cookie", "location"} & set(answer.headers), path


SCRIPT = b"<script>alert(1)</script>"


TYPES = [
    "text/html",
    "image/svg+xml",
    "text/xml",
    "application/xhtml+xml",
    "application/pdf",
    "multipart/x-mixed-replace",
    "",
]


async def test_a_strangers_bytes_and_words_run_in_no_browser(client: httpx.AsyncClient, database: Database) -> None:
    told = Told(title=SCRIPT.decode(), topics=["<img src=x onerror=alert(1)>"], authors=[SCRIPT.decode()])
    for content_type in TYPES:
        [article] = strings(await store(database, told, submission_id=await submit(database, SCRIPT, content_type)))
        raw = await client.get(f"/v1/articles/{article}/raw")
        assert raw.content == SCRIPT
        assert raw.headers.get_list("x-content-type-options") == ["nosniff"]
        assert raw.headers["content-security-policy"] == "sandbox"
        assert raw.headers["content-disposition"].startswith("attachment;")
    for path in (f"/v1/articles/{article}", "/v1/articles", "/v1/authors", "/v1/topics", "/v1/sources", "/v1/changes"):
        answer = await client.get(path)
        assert (answer.headers["content-type"], answer.headers["x-content-type-options"]) == (
            "application/json",
            "nosniff",
        )
    lost = await client.get("/v1/<script>alert(1)</script>")
    assert (lost.headers["content-type"], lost.headers["x-content-type-options"]) == (
        "application/problem+json",
        "nosniff",
    )
