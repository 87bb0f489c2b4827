"""`HEAD` is `GET` without a body: the same status, fields and rights, and no stream that has to be waited for."""

import httpx
import pytest

from app import keys
from app.db import Database
from app.keys import Wish
from app.settings import Settings
from tests.http.seed import Told, store
from tests.running import http, listening

TOLD = Told("The crane stood still.", title="Quay", topics=["Cranes"])
CHANGING = {"date", "x-request-id"}


@pytest.mark.parametrize(
    "path",
    ["/livez", "/readyz", "/docs", "/openapi.json", "/v1/articles", "/v1/articles/{id}", "/v1/topics", "/v1/changes"],
)
async def test_the_head_is_that_of_get_and_nothing_follows_it(database: Database, path: str) -> None:
    [article_id] = await store(database, TOLD)
    async with listening(database.url) as client:
        got = await client.get(path.format(id=article_id))
        head = await client.head(path.format(id=article_id))
    assert (head.status_code, head.content) == (200, b"")
    assert fields(head) == fields(got)


def fields(answer: httpx.Response) -> list[tuple[str, str]]:
    """Give what an answer says of itself."""
    return sorted((name, value) for name, value in answer.headers.items() if name not in CHANGING)


async def test_what_is_unchanged_missing_or_refused_is_so_for_a_head_too(database: Database) -> None:
    [article_id] = await store(database, TOLD)
    path = f"/v1/articles/{article_id}"
    async with http(database.url) as client:
        tag = (await client.head(path)).headers["etag"]
        assert (await client.head(path, headers={"If-None-Match": tag})).status_code == 304
        assert (await client.head("/v1/articles/none")).status_code == 422
        assert (await client.head("/v1/nothing")).status_code == 404
        wrong = await client.head("/v1/extract")
        assert (wrong.status_code, wrong.headers["allow"], wrong.content) == (405, "POST", b"")
        assert (await client.post("/v1/topics")).headers["allow"] == "GET, HEAD"


async def test_a_head_needs_the_key_that_get_needs_and_ends_where_a_stream_would_not(database_url: str) -> None:
    shown = await keys.create(database_url, Settings(), Wish("reader", ["read"]))
    key = {"Authorization": f"Bearer {shown.text}"}
    async with listening(database_url, auth="keys") as client:
        assert (await client.head("/v1/articles")).status_code == 401
        assert (await client.head("/v1/articles", headers=key)).status_code == 200
        stream = await client.head("/v1/changes/stream", headers=key)
        assert (stream.status_code, stream.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert (await client.head("/livez")).status_code == 200
