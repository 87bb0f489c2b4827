"""Items that hang or eat memory go through the whole service: each costs itself alone."""

import json
from collections.abc import Sequence

import pytest

from app.extraction import Pipeline
from app.line import Line
from app.verdict import Processed
from tests.running import a_worker, ended, http, post

TEXT = {"Content-Type": "text/plain"}
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


def hung_in(line: Line, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keep how items that hang break a line's processes from now on."""
    seen: list[str] = []
    set_apart = line.set_apart

    def kept(processed: Sequence[Processed]) -> None:
        hung = [one for one in processed if one.submission.body.startswith(b"HANG")]
        seen.extend(one.broke for one in hung if one.broke is not None)
        set_apart(processed)

    monkeypatch.setattr(line, "set_apart", kept)
    return seen


async def test_a_flood_of_what_hangs_delays_no_other_sender_by_more_than_its_first(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with http(database_url) as client:
        flood = [
            await client.post("/v1/articles?source=flood.example", content=f"HANG number {n}", headers=TEXT)
            for n in range(6)
        ]
        others = [
            await client.post("/v1/articles?source=calm.example", content=f"Day {n} was calm, said he.", headers=TEXT)
            for n in range(12)
        ]
        async with a_worker(database_url, POISONED, item_seconds=0.5, max_failures=1, lease_seconds=60) as worker:
            broke = hung_in(worker.line, monkeypatch)
            receipts = [await ended(client, answer.json()["id"], 90) for answer in others]
            assert [receipt["items"][0]["outcome"] for receipt in receipts] == ["stored"] * 12
            slow = [await ended(client, answer.json()["id"], 90) for answer in flood]
    assert len(broke) == 1, "of those beside which the others were worked on"
    assert {(receipt["state"], receipt["attempts"]) for receipt in slow} == {("done", 1)}
    assert {receipt["items"][0]["outcome"] for receipt in slow} == {"stored"}


async def test_who_is_apart_is_served_as_soon_as_ever(database_url: str) -> None:
    settings = {"item_seconds": 0.5, "lease_seconds": 60, "poll_seconds": 3600}
    async with http(database_url) as client, a_worker(database_url, POISONED, **settings) as worker:
        hung = await post(client, "HANG on, said the keeper.")
        assert (await ended(client, hung.json()["id"], 30))["items"][0]["outcome"] == "stored"
        assert len(worker.suspects.parties()) == 1
        for number in range(3):
            calm = await post(client, f"Day {number} was calm, said the keeper.")
            assert (await ended(client, calm.json()["id"], 30))["items"][0]["outcome"] == "stored"
