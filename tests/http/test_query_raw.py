"""The bytes behind an article come back as they were sent, and run nowhere."""

from uuid import UUID

import httpx
import pytest
from sqlalchemy import update

from app.db import Database
from app.store.deletion import delete_article
from app.store.tables import submissions
from tests.http.seed import Told, store, strings, submit

BODY = b'[{"content": "One."}, {"content": "Two."}]'
SPANS = [(1, 20), (22, 41)]


async def pair(database: Database, body: bytes, content_type: str, *, sliced: bool = True) -> list[UUID]:
    submission = await submit(database, body, content_type)
    return await store(
        database, Told("One.", url="https://a.example/1"), Told("Two.", url="https://a.example/2"),
        submission_id=submission, spans=SPANS if sliced else (),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"<script>alert(1)</script>", "text/html; charset=windows-1252"),
        (b"\x00\xff\xfe", "text/plain"),
        (BODY, "application/json"),
    ],
)
async def test_the_bytes_are_those_that_were_sent(
    database: Database, reader: httpx.AsyncClient, body: bytes, content_type: str
) -> None:
    [stored] = strings(await store(database, Told(), submission_id=await submit(database, body, content_type)))
    answer = await reader.get(f"/v1/articles/{stored}/raw")
    assert (answer.status_code, answer.content) == (200, body)
    assert answer.headers["content-type"] == content_type
    assert answer.headers["content-disposition"] == f'attachment; filename="{stored}"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox"
    again = await reader.get(f"/v1/articles/{stored}/raw", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_while_no_mate_is_deleted_each_article_shows_the_whole(
    database: Database, reader: httpx.AsyncClient
) -> None:
    for stored in await pair(database, BODY, "application/json"):
        assert (await reader.get(f"/v1/articles/{stored}/raw")).content == BODY


@pytest.mark.parametrize(
    ("content_type", "shown_as"),
    [
        ("application/json", "application/json"),
        ("application/x-ndjson", "application/json"),
        ("text/x", "application/octet-stream"),
    ],
)
async def test_after_a_mate_is_deleted_only_the_own_slice_is_shown(
    database: Database, reader: httpx.AsyncClient, content_type: str, shown_as: str
) -> None:
    first, second = await pair(database, BODY, content_type)
    async with database.transaction() as connection:
        await delete_article(connection, first)
    answer = await reader.get(f"/v1/articles/{second}/raw")
    assert (answer.status_code, answer.content) == (200, b'{"content": "Two."}')
    assert answer.headers["content-type"] == shown_as


async def test_without_a_slice_of_its_own_an_article_shows_nothing_of_a_deleted_mate(
    database: Database, reader: httpx.AsyncClient
) -> None:
    first, second = await pair(database, BODY, "application/json", sliced=False)
    async with database.transaction() as connection:
        await delete_article(connection, first)
    assert (await reader.get(f"/v1/articles/{second}/raw")).status_code == 410


async def test_bytes_that_are_no_longer_kept_are_gone(database: Database, reader: httpx.AsyncClient) -> None:
    [stored] = strings(await store(database, Told()))
    async with database.transaction() as connection:
        await connection.execute(update(submissions).values(body=None))
    assert (await reader.get(f"/v1/articles/{stored}/raw")).status_code == 410
