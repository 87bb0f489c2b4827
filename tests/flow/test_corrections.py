"""An editor corrects an author: it stands when the article comes again, changed or not, and when it is processed again."""

import asyncio
from typing import Any

import httpx
from sqlalchemy import text

from app import reprocess
from app.db import Database
from app.pipeline.run import PIPELINE_VERSION
from app.queue.reprocessings import Wish
from app.store.candidates import Filters
from tests.flow.test_an_article import WIRE
from tests.running import ended, service, settings_for


async def posted(client: httpx.AsyncClient, content: str) -> dict[str, Any]:
    """Post an article at its URL and give what became of it."""
    sent = {"content": content, "url": "https://ellery.example/ferries", "source": "ellery.example"}
    receipt = (await client.post("/v1/articles", json=sent)).json()
    [item] = (await ended(client, receipt["id"], 90))["items"]
    found: dict[str, Any] = item
    return found


async def test_a_corrected_author_survives_a_second_post_and_a_reprocess(database_url: str, database: Database) -> None:
    async with service(database_url) as client:
        path = f"/v1/articles/{(await posted(client, WIRE))['article_id']}"
        tag = (await client.get(path)).headers["etag"]
        wanted = {"authors": ["Ingrid Solberg", "Tomas Lindh"]}
        corrected = await client.patch(path, json=wanted, headers={"If-Match": tag})
        assert (corrected.status_code, corrected.json()["revision"]) == (200, 2)

        assert (await posted(client, WIRE))["outcome"] == "unchanged"
        longer = WIRE.replace("\nCopyright", "\nMore boats will sail in May, the harbour office said.\n\nCopyright")
        assert (await posted(client, longer))["outcome"] == "revised"
        revised = (await client.get(path)).json()
        assert (revised["revision"], revised["authors"]) == (3, wanted["authors"])
        assert "More boats" in revised["text"]

        async with database.transaction() as connection:
            await connection.execute(text("UPDATE articles SET title = 'Coast', pipeline_version = '1'"))
        settings = settings_for(database_url)
        wish = Wish(Filters(), PIPELINE_VERSION, dry_run=False, rate=None, most_examples=1)
        run = await reprocess.begin(database_url, settings, wish)
        ended = await asyncio.wait_for(reprocess.follow(database_url, settings, run.id), 60)
        assert ended.tally.outcomes == {"changed": 1}
        again = (await client.get(path)).json()
        assert (again["revision"], again["authors"], again["title"]) == (4, wanted["authors"], revised["title"])
        assert [one["from"] for one in again["evidence"]["authors"]] == [
            "editor",
            "editor",
            "text.byline",
            "text.byline",
        ]

        back = (await client.patch(path, json={"authors": None})).json()
        assert (back["revision"], back["authors"]) == (5, ["Ingrid Solberg", "Tomas Lind"])
        changed = (await client.get(f"{path}/revisions/5/diff")).json()
        assert [one["field"] for one in changed["fields"]] == ["authors"]
