"""Items that hang or eat memory go through the whole service: each costs itself alone."""

import json

from app.extraction import Pipeline
from tests.running import a_worker, ended, http, post

POISONED = Pipeline("tests.poison:process", "tests.poison:fallback")


async def test_an_item_that_hangs_or_eats_memory_costs_none_of_its_mates(database_url: str) -> None:
    texts = [
        "HANG for ever, said the keeper.",
        "A calm day, he said.",
        "EAT what there is, both ways.",
        "A second day.",
    ]
    lines = "\n".join(json.dumps({"content": text}) for text in texts)
    async with http(database_url) as client:
        beside = await post(client, "A third calm day at the harbour, said the keeper.")
        mixed = await post(client, lines, "application/x-ndjson")
        async with a_worker(database_url, POISONED, item_seconds=3, max_failures=1):
            assert (await ended(client, beside.json()["id"], 90))["items"][0]["outcome"] == "stored"
            receipt = await ended(client, mixed.json()["id"], 90)
        assert receipt["state"] == "done"
        assert [item["outcome"] for item in receipt["items"]] == ["stored", "stored", "failed", "stored"]
        hung = (await client.get(f"/v1/articles/{receipt['items'][0]['article_id']}")).json()
        assert hung["processing"] == "fallback"
        [held] = (await client.get("/v1/quarantine")).json()["items"]
        assert (held["receipt_id"], held["position"]) == (receipt["id"], 2)
