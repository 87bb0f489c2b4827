"""One article and its copies, as a client sees them who follows the change feed: identity, revisions, stories, deletion."""

from typing import Any

import httpx

from tests.running import post, service

REPORT = (
    "Ferries between Port Ellery and the outer islands sail again on Tuesday. The crews accepted an offer that both sides "
    "had called their last, and the harbour office expects full service by the weekend. Passengers who had booked for the "
    "days of the strike get their money back, said the harbour office. The strike had begun nine days ago, when talks about "
    "night shifts and winter pay broke down. Shops on the islands had run out of fresh bread by the fourth day."
)
WIRE = "https://ellery-wire.example/ferries"
COPY = "https://island-news.example/strike-over"


def article(
    url: str, source: str, hour: int, *, title: str, text: str = REPORT, guid: str | None = None
) -> dict[str, Any]:
    """Give an article object."""
    published = f"2026-03-03T{hour:02d}:00:00Z"
    made = {
        "content": text,
        "title": title,
        "url": url,
        "source": source,
        "published_at": published,
        "authors": ["Maren Holt"],
    }
    return made | ({"guid": guid} if guid else {})


async def sent(client: httpx.AsyncClient, *articles: dict[str, Any]) -> list[dict[str, Any]]:
    """Send article objects as one document; give their outcomes."""
    answer = await client.post("/v1/articles", json=list(articles), headers={"Prefer": "wait=30"})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def followed(client: httpx.AsyncClient, since: int, until: str) -> list[dict[str, Any]]:
    """Follow the change feed until an entry of that kind."""
    found: list[dict[str, Any]] = []
    while not any(entry["kind"] == until for entry in found):
        page = (await client.get(f"/v1/changes?since={since}&wait=20")).json()
        assert page["items"], f"nothing came after {since}: {found}"
        found += page["items"]
        since = page["last_seq"]
    return found


async def test_a_client_that_follows_the_feed_sees_a_story_come_change_and_go(database_url: str) -> None:
    async with service(database_url) as client:
        wire = article(WIRE, "ellery-wire.example", 9, title="Ferry strike ends", guid="w1")
        copy = article(COPY, "island-news.example", 11, title="Strike over", text=f"{REPORT} More in our Sunday issue.")
        [first] = await sent(client, wire)
        [second] = await sent(client, copy)
        entries = await followed(client, 0, "linked")
        assert [(one["kind"], one["article_id"]) for one in entries[:2]] == [
            ("created", first["article_id"]),
            ("created", second["article_id"]),
        ]
        duplicate = (await client.get(f"/v1/articles/{second['article_id']}")).json()
        assert duplicate["duplicate_of"] == first["article_id"]
        story = (await client.get(f"/v1/stories/{duplicate['story_id']}")).json()
        assert (story["title"], story["sources"]) == (
            "Ferry strike ends",
            ["ellery-wire.example", "island-news.example"],
        )
        assert [one["id"] for one in (await client.get("/v1/articles?duplicates=exclude")).json()["items"]] == [
            first["article_id"]
        ]
        renamed = wire | {"url": f"{WIRE}-after-nine-days", "title": "Ferry strike ends after nine days"}
        [third] = await sent(client, renamed)
        assert (third["outcome"], third["article_id"]) == ("revised", first["article_id"])
        seq = (await followed(client, entries[-1]["seq"], "revised"))[-1]["seq"]
        assert (await client.delete(f"/v1/articles/{first['article_id']}")).status_code == 204
        entries = await followed(client, seq, "linked")
        assert [one["kind"] for one in entries] == ["deleted", "linked"]
        assert entries[1]["story_id"] is None
        alone = (await client.get(f"/v1/articles/{second['article_id']}")).json()
        assert (alone["story_id"], alone["duplicate_of"]) == (None, None)
        assert (await client.get("/v1/stories")).json()["items"] == []


async def test_a_plain_text_that_is_sent_twice_is_told_once(database_url: str) -> None:
    async with service(database_url) as client:
        body = f"Ferry strike ends\nBy Maren Holt\n3 March 2026\n\n{REPORT}\n"
        await post(client, body, Prefer="wait=30")
        await post(client, f"{body}\nUpdated 14:05\n", Prefer="wait=30")
        entries = (await client.get("/v1/changes?wait=20")).json()["items"]
        assert [one["kind"] for one in entries] == ["created"]
