"""Waiting, streaming and trying out hold something for long, so only so many may at once; the others are told."""

import asyncio

import httpx
import pytest

from app.errors import Unavailable
from app.places import Places
from tests.running import http, listening, post

CALM = "A calm day at the harbour, said the keeper of the lighthouse."


def test_a_place_is_free_again_however_its_holder_ended() -> None:
    places = Places("streams", 1)
    with pytest.raises(ZeroDivisionError), places.held():
        1 / (places.most - places.taken)
    with places.held(), pytest.raises(Unavailable, match="1 streams"), places.held():
        pass
    assert places.taken == 0


async def test_who_finds_no_place_to_wait_is_answered_at_once_and_what_it_sent_is_kept(database_url: str) -> None:
    async with http(database_url, max_waiting=1) as client:
        asked = [asyncio.create_task(client.get("/v1/changes?wait=30")) for _ in range(2)]
        [answered], [waiting] = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        refused = answered.result()
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert (await client.get("/v1/changes")).status_code == 200
        sent = await post(client, CALM, Prefer="wait=30")
        assert (sent.status_code, "preference-applied" in sent.headers) == (202, False)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert (await client.get("/v1/changes?wait=1")).status_code == 200


async def test_one_stream_too_many_is_refused_until_another_ends(database_url: str) -> None:
    async with listening(database_url, max_streams=1) as client:
        async with client.stream("GET", "/v1/changes/stream") as first:
            assert first.status_code == 200
            refused = await client.get("/v1/changes/stream")
            assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
        await until_open(client)


async def until_open(client: httpx.AsyncClient) -> None:
    """Wait until a stream is given again."""
    async with asyncio.timeout(60):
        while True:
            async with client.stream("GET", "/v1/changes/stream") as again:
                if again.status_code == 200:
                    return
            await asyncio.sleep(0.05)


async def test_no_more_than_so_many_try_an_article_out_at_once(database_url: str) -> None:
    async with http(database_url, max_extracting=2) as client:
        sent = (client.post("/v1/extract", content=CALM, headers={"Content-Type": "text/plain"}) for _ in range(9))
        statuses = [answer.status_code for answer in await asyncio.gather(*sent)]
        assert set(statuses) == {200, 503}
        assert statuses.count(200) >= 2
        assert (
            await client.post("/v1/extract", content=CALM, headers={"Content-Type": "text/plain"})
        ).status_code == 200
