"""An article that declares no topics is found by what its text speaks of, and the archive learns from it."""

import asyncio
import time

from sqlalchemy import text

from app.db import Database
from tests.flow.test_an_article import WIRE
from tests.running import ended, post, service

STORY = """Helicopter brings mail to the outer islands
By Maren Holt

The ferry strike on the outer islands entered its second week, and a helicopter now brings the mail.

Ingrid Solberg of the Seamen's Union said that the ferry strike goes on until night shifts are paid. Solberg called the
helicopter a waste of money. The shipping company said in Bergen that night shifts had never been paid.

In Bergen, the shipping company has hired the helicopter until the ferry strike ends.
"""


async def test_an_article_that_declares_nothing_is_found_by_what_it_speaks_of(database_url: str) -> None:
    async with service(database_url) as client:
        receipt = await ended(client, (await post(client, STORY)).json()["id"])
        wanted = receipt["items"][0]["article_id"]
        for topic in ("ferry-strike", "helicopter", "ingrid-solberg", "bergen"):
            page = (await client.get(f"/v1/articles?topic={topic}")).json()
            assert [article["id"] for article in page["items"]] == [wanted], topic
        article = (await client.get(f"/v1/articles/{wanted}")).json()
    kinds = {topic["slug"]: topic["from"] for topic in article["topics"]}
    assert (kinds["ingrid-solberg"], kinds["bergen"], kinds["ferry-strike"]) == (["person"], ["place"], ["text"])
    assert len(kinds) <= 10
    assert article["background"] == 0


async def test_how_many_are_inferred_is_a_setting(database_url: str) -> None:
    async with service(database_url, inferred_topics=0) as client:
        receipt = await ended(client, (await post(client, WIRE)).json()["id"])
        article = (await client.get(f"/v1/articles/{receipt['items'][0]['article_id']}")).json()
    assert {topic["slug"] for topic in article["topics"]} == {"night-shifts", "winter-pay", "training"}
    assert article["background"] is None


async def test_a_worker_that_ends_leaves_what_it_learned_in_the_store(database: Database) -> None:
    async with service(database.url) as client:
        await ended(client, (await post(client, STORY)).json()["id"])
    async with database.transaction() as connection:
        words = await connection.scalars(text("SELECT word FROM word_usage WHERE language = 'en' AND articles = 1"))
        assert {"", "ferry", "strike", "helicopter"} <= set(words)


async def test_the_service_goes_by_the_newest_snapshot(database: Database) -> None:
    async with database.transaction() as connection:
        usage = '{"en": {"articles": 1000, "words": {"helicopter": 990}}}'
        await connection.execute(
            text("INSERT INTO backgrounds (articles, usage) VALUES (1000, CAST(:usage AS jsonb))"), {"usage": usage}
        )
    deadline = time.monotonic() + 30
    async with service(database.url) as client:
        while True:
            made = (await client.post("/v1/extract", content=STORY, headers={"Content-Type": "text/plain"})).json()
            article = made["items"][0]["article"]
            if article["background"] == 1:
                break
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)
    scores = {topic["slug"]: topic["score"] for topic in article["topics"]}
    assert scores["ferry-strike"] > scores.get("helicopter", 0)
