"""An editor's corrections over HTTP: what they show, how they are taken back, and what is refused."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from app.db import Database
from app.query.schemas import Article
from app.store.deletion import delete_article
from tests.http.seed import NOON, Told, faults, ids, store
from tests.running import http
from tests.store.test_topic_counts import assert_counts

TOLD = Told(
    "Two ships came. The crane stood still.", title="Quay", authors=["M. Holt"], topics=["Cranes", "Quay"],
    url="https://a.example/1",
)  # fmt: skip
NEWER = replace(TOLD, text="Two ships came. The crane moved.", received_at=NOON.replace(hour=13))
FOR_THE_REVISION = {"revision", "updated_at"}


async def patch(reader: httpx.AsyncClient, article_id: UUID, **fields: Any) -> dict[str, Any]:
    """Correct an article and give what is answered, which is what is read then."""
    answer = await reader.patch(f"/v1/articles/{article_id}", json=fields)
    assert answer.status_code == 200, answer.text
    read = await reader.get(f"/v1/articles/{article_id}")
    assert (answer.content, answer.headers["etag"]) == (read.content, read.headers["etag"])
    Article.model_validate(answer.json(), strict=False)
    found: dict[str, Any] = answer.json()
    return found


async def read(reader: httpx.AsyncClient, article_id: UUID, rest: str = "") -> dict[str, Any]:
    """Read an article."""
    found: dict[str, Any] = (await reader.get(f"/v1/articles/{article_id}{rest}")).json()
    return found


def lasting(article: dict[str, Any]) -> dict[str, Any]:
    """Give an article without what each revision has of its own."""
    return {name: value for name, value in article.items() if name not in FOR_THE_REVISION}


async def test_a_correction_is_a_revision_with_the_editors_evidence(
    database: Database, reader: httpx.AsyncClient
) -> None:
    [article_id] = await store(database, TOLD)
    before = await read(reader, article_id)
    after = await patch(
        reader, article_id, authors=["Maren  Holt ", "Jo Lund"], published_at="2026-03-10", topics=["Ferries", "quays"]
    )
    assert (after["revision"], after["authors"]) == (2, ["Maren Holt", "Jo Lund"])
    assert [after[f"published_{name}"] for name in ("at", "precision", "zone")] == [
        "2026-03-10T00:00:00Z",
        "day",
        "assumed_utc",
    ]
    assert after["topics"] == [
        {
            "slug": "ferries",
            "label": "Ferries",
            "score": 1.0,
            "from": ["declared"],
            "mentions": 0,
            "boilerplate": False,
        },
        {"slug": "quay", "label": "quays", "score": 1.0, "from": ["declared"], "mentions": 1, "boilerplate": False},
    ]
    assert [entry["topic"] for entry in after["topic_lists"][0]["entries"]] == ["quay"]
    assert after["evidence"]["authors"][0] == {
        "value": "Maren Holt", "from": "editor", "quote": "Maren Holt", "confidence": 1.0, "chosen": True,
    }  # fmt: skip
    dates = [(one["from"], one["chosen"]) for one in after["evidence"]["published_at"]]
    assert dates == [("editor", True), ("meta", False), ("text.byline", False)]
    assert (await read(reader, article_id, "/revisions/1"))["authors"] == before["authors"]
    changed = (await read(reader, article_id, "/revisions/2/diff"))["fields"]
    assert {one["field"] for one in changed} >= {"authors", "published_at", "topics"}
    assert await ids(reader, "/v1/articles", author="jo lund", topic="ferries") == [str(article_id)]
    await assert_counts(database)


async def test_null_takes_a_correction_back(database: Database, reader: httpx.AsyncClient) -> None:
    [article_id] = await store(database, TOLD)
    before = await read(reader, article_id)
    await patch(reader, article_id, authors=["Jo Lund"], published_at="2026-03-10T09:30:00+01:00", topics=["Ferries"])
    partly = await patch(reader, article_id, authors=None)
    assert (partly["revision"], partly["authors"], partly["published_at"]) == (
        3,
        ["M. Holt"],
        "2026-03-10T09:30:00+01:00",
    )
    assert [topic["slug"] for topic in partly["topics"]] == ["ferries"]
    after = await patch(reader, article_id, published_at=None, topics=None, authors=None)
    assert lasting(after) == lasting(before)
    assert after["revision"] == 4
    assert (await patch(reader, article_id, topics=None))["revision"] == 4
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM corrections")) == 0
    await assert_counts(database)


async def test_what_changes_nothing_makes_no_revision(database: Database, reader: httpx.AsyncClient) -> None:
    [article_id] = await store(database, TOLD)
    before = await read(reader, article_id)
    assert await patch(reader, article_id) == before
    confirmed = await patch(reader, article_id, authors=["M. Holt"])
    assert (confirmed["revision"], confirmed["updated_at"]) == (1, before["updated_at"])
    assert [one["from"] for one in confirmed["evidence"]["authors"]] == ["editor"]
    await store(database, replace(NEWER, authors=["Wrong Name"]))
    assert [(await read(reader, article_id))[name] for name in ("revision", "authors")] == [2, ["M. Holt"]]
    await patch(reader, article_id, topics=["Ferries"])
    again = await patch(reader, article_id, topics=["Ferries"], authors=["M. Holt"])
    assert again["revision"] == 3


async def test_nobody_and_nothing_can_be_said_too(database: Database, reader: httpx.AsyncClient) -> None:
    [article_id] = await store(database, TOLD)
    after = await patch(reader, article_id, authors=[], topics=[])
    assert (after["authors"], after["topics"], after["revision"]) == ([], [], 2)
    joiner = "\u0632\u0647\u0631\u0627 \u0646\u06cc\u06a9\u200c\u0646\u0627\u0645"
    assert (await patch(reader, article_id, authors=[joiner, joiner]))["authors"] == [joiner]
    assert [entry["topic"] for entry in after["topic_lists"][0]["entries"]] == [None]
    assert lasting(await patch(reader, article_id, authors=None, topics=None))["topics"] != []
    await assert_counts(database)


async def test_a_correction_holds_for_later_arrivals(database: Database, reader: httpx.AsyncClient) -> None:
    [article_id] = await store(database, TOLD)
    await patch(reader, article_id, authors=["Maren Holt"])
    await store(database, replace(TOLD, received_at=NOON.replace(minute=30)))
    same = await read(reader, article_id)
    assert (same["revision"], same["sightings"][0]["count"]) == (2, 2)
    await store(database, NEWER)
    changed = await read(reader, article_id)
    assert (changed["revision"], changed["authors"], changed["text"]) == (3, ["Maren Holt"], NEWER.text)
    assert changed["evidence"]["authors"][0]["from"] == "editor"
    await store(
        database, replace(NEWER, authors=["Wrong Name"], source="copy.example", received_at=NOON.replace(hour=14))
    )
    await store(database, replace(NEWER, authors=["Mara Holt"], received_at=NOON.replace(hour=15)))
    assert (await read(reader, article_id))["revision"] == 3
    assert (await patch(reader, article_id, authors=None))["authors"] == ["Mara Holt"]
    await assert_counts(database)


async def test_every_revision_of_one_batch_keeps_the_correction(database: Database, reader: httpx.AsyncClient) -> None:
    [article_id] = await store(database, TOLD)
    await patch(reader, article_id, topics=["Ferries"])
    steps = [
        replace(NEWER, text=f"Report {n} came.", topics=[f"Pier {n}"], received_at=NOON.replace(hour=12 + n))
        for n in range(1, 4)
    ]
    await store(database, *steps)
    assert (await read(reader, article_id))["revision"] == 5
    for number in range(2, 6):
        found = await read(reader, article_id, f"/revisions/{number}")
        assert [topic["slug"] for topic in found["topics"]] == ["ferries"]
    assert [topic["slug"] for topic in (await patch(reader, article_id, topics=None))["topics"]] == ["pier-3"]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (b"", [""]),
        (b"{", [""]),
        (b"[]", [""]),
        (b"null", [""]),
        (b'{"authors": ["\\ud800"]}', [""]),
        (b'{"author": "x"}', ["/author"]),
        (b'{"authors": "Maren Holt"}', ["/authors"]),
        (b'{"authors": ["Maren Holt", " ", ""]}', ["/authors/1", "/authors/2"]),
        (b'{"authors": ["a\\u0000b", "a\\u001bb", 5]}', ["/authors/0", "/authors/1", "/authors/2"]),
        (b'{"topics": ["!", "", "' + b"x" * 101 + b'"]}', ["/topics/0", "/topics/1", "/topics/2"]),
        (b'{"published_at": "yesterday"}', ["/published_at"]),
        (b'{"published_at": "2026-02-30"}', ["/published_at"]),
        (b'{"published_at": "2026-02-20T25:00:00Z"}', ["/published_at"]),
        (b'{"published_at": "2026-02-20T10:00:00"}', ["/published_at"]),
        (b'{"published_at": "0001-01-01T00:00:00+14:00"}', ["/published_at"]),
        (b'{"published_at": 5, "revision": 2}', ["/published_at", "/revision"]),
        (b'{"authors": [' + b",".join(b'"Name %d"' % n for n in range(101)) + b"]}", ["/authors"]),
    ],
)
async def test_what_does_not_fit_is_pointed_at(
    database: Database, reader: httpx.AsyncClient, body: bytes, pointers: list[str]
) -> None:
    [article_id] = await store(database, TOLD)
    answer = await reader.patch(
        f"/v1/articles/{article_id}", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422, answer.text
    assert faults(answer) == pointers
    assert (await read(reader, article_id))["revision"] == 1


async def test_a_correction_is_refused_where_there_is_nothing_to_correct(
    database: Database, reader: httpx.AsyncClient
) -> None:
    assert (await reader.patch(f"/v1/articles/{uuid4()}", json={})).status_code == 404
    assert faults(await reader.patch("/v1/articles/none", json={})) == ["/path/article_id"]
    [article_id] = await store(database, TOLD)
    path = f"/v1/articles/{article_id}"
    assert faults(await reader.patch(f"{path}?as_of=2026-03-14", json={})) == ["/query/as_of"]
    for kind in ("text/plain", ""):
        answer = await reader.patch(path, content=b"{}", headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["status"]) == (415, 415)
        assert answer.headers["accept-patch"] == "application/merge-patch+json, application/json"
    merge = {"Content-Type": "Application/Merge-Patch+JSON; charset=utf-8"}
    assert (await reader.patch(path, content=b'{"authors": ["Jo Lund"]}', headers=merge)).json()["revision"] == 2
    async with database.transaction() as connection:
        await delete_article(connection, article_id)
        assert await connection.scalar(text("SELECT count(*) FROM corrections")) == 0
    gone = await reader.patch(path, json={"authors": []})
    assert (gone.status_code, gone.json()["type"]) == (410, "urn:dateline:problem:gone")


async def test_a_correction_can_ask_for_the_state_that_it_means(database: Database, reader: httpx.AsyncClient) -> None:
    [article_id] = await store(database, TOLD)
    path = f"/v1/articles/{article_id}"
    tag = (await reader.get(path)).headers["etag"]
    first = await reader.patch(path, json={"authors": ["Jo Lund"]}, headers={"If-Match": f'"other", {tag}'})
    assert first.status_code == 200
    for stale in (tag, f"W/{first.headers['etag']}", "nonsense"):
        refused = await reader.patch(path, json={"authors": ["Wrong"]}, headers={"If-Match": stale})
        assert (refused.status_code, refused.json()["type"]) == (412, "urn:dateline:problem:precondition-failed")
        assert refused.headers["etag"] == first.headers["etag"]
    any_state = await reader.patch(path, json={"authors": None}, headers={"If-Match": "*"})
    assert any_state.json()["authors"] == ["M. Holt"]
    missing = await reader.patch(f"/v1/articles/{uuid4()}", json={}, headers={"If-Match": "*"})
    assert missing.status_code == 404


async def test_a_deletion_can_ask_for_the_state_that_it_means(database: Database) -> None:
    [article_id] = await store(database, TOLD)
    path = f"/v1/articles/{article_id}"
    async with http(database.url) as client:
        tag = (await client.get(path)).headers["etag"]
        kept = await client.delete(path, headers={"If-Match": '"other"'})
        assert (kept.status_code, kept.headers["etag"]) == (412, tag)
        assert (await client.delete(path, headers={"If-Match": f'"other", {tag}'})).status_code == 204
        assert (await client.delete(path, headers={"If-Match": "*"})).status_code == 410


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/v1/articles/{id}"),
        ("DELETE", "/v1/articles/{id}/duplicate_of"),
        ("PUT", "/v1/topics/quay/aliases/quays"),
        ("DELETE", "/v1/topics/quay/aliases/quays"),
        ("PUT", "/v1/topics/quay/broader/harbour"),
        ("DELETE", "/v1/topics/quay/broader/harbour"),
    ],
)
async def test_what_changes_things_passes_over_no_parameter(database: Database, method: str, path: str) -> None:
    [article_id] = await store(database, TOLD)
    async with http(database.url) as client:
        answer = await client.request(method, path.format(id=article_id), params={"dry_run": "true"})
        assert (answer.status_code, faults(answer)) == (422, ["/query/dry_run"])
        assert (await client.get(f"/v1/articles/{article_id}")).status_code == 200
