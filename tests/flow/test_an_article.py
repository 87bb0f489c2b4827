"""The main job: a raw article is posted, and its author, date and topic lists can be asked for."""

from typing import Any

import httpx
import pytest

from tests.running import ended, post, service

WIRE = """Ferry strike ends after nine days
By Ingrid Solberg and Tomas Lind
3 March 2025, 14:20 CET

Ferries between Port Ellery and the outer islands sail again on Tuesday.The crews accepted an offer that both sides had
called their last, and the harbour office expects full service by the weekend.

The agreement that the mediator presented on Monday covers the following points:
Night shifts: No crew works more than three nights in a row.
Winter pay: The bonus for January and February rises by a fifth.
Training: Every deckhand gets two weeks a year.

Passengers who had booked for the days of the strike get their money back,said the harbour office.

Copyright 2025 Ellery Wire. All rights reserved.
"""


@pytest.fixture
async def answered(database_url: str) -> tuple[httpx.Response, dict[str, Any]]:
    """The answer to the post, and the article that came of it."""
    async with service(database_url) as client:
        response = await post(client, WIRE)
        receipt = await ended(client, response.json()["id"])
        article = (await client.get(f"/v1/articles/{receipt['items'][0]['article_id']}")).json()
    return response, article


async def test_a_posted_article_comes_out_with_author_date_and_topic_lists(
    answered: tuple[httpx.Response, dict[str, Any]],
) -> None:
    response, article = answered
    assert response.status_code == 202
    assert response.headers["location"] == f"/v1/receipts/{response.json()['id']}"
    assert article["title"] == "Ferry strike ends after nine days"
    assert article["authors"] == ["Ingrid Solberg", "Tomas Lind"]
    assert (article["published_at"], article["published_precision"], article["published_zone"]) == (
        "2025-03-03T14:20:00+01:00",
        "minute",
        "stated",
    )
    assert article["rights"] == "Copyright 2025 Ellery Wire. All rights reserved."
    assert article["language"] == "en"
    lists: list[dict[str, Any]] = article["topic_lists"]
    [found] = lists
    assert found["lead_in"].startswith("The agreement that the mediator presented")
    assert [entry["topic"] for entry in found["entries"]] == ["night-shifts", "winter-pay", "training"]
    assert article["repairs"] == {"unwrapped_lines": 1, "joined_sentences": 2}
    assert "islands sail again on Tuesday. The crews" in str(article["text"])
    assert "Copyright" not in str(article["text"])


async def test_every_chosen_field_shows_the_words_it_was_read_from(
    answered: tuple[httpx.Response, dict[str, Any]],
) -> None:
    _, article = answered
    evidence: dict[str, list[dict[str, Any]]] = article["evidence"]
    assert evidence["authors"][0]["quote"] == "By Ingrid Solberg and Tomas Lind"
    assert evidence["published_at"][0]["quote"] == "3 March 2025, 14:20 CET"
    assert all(claims[0]["chosen"] for claims in evidence.values())


async def test_an_article_is_found_by_topic_author_date_and_words(database_url: str) -> None:
    async with service(database_url) as client:
        receipt = (await post(client, WIRE, Prefer="wait=20")).json()
        wanted = receipt["items"][0]["article_id"]
        for question in (
            "topic=winter-pay",
            "topic=winter-pay&topic=training",
            "any_topic=unheard-of&any_topic=training",
            "author=ingrid%20solberg",
            "published_from=2025-03-03&published_to=2025-03-03",
            "q=mediator",
            'q="outer islands"',
            "q=ferries&language=en",
        ):
            page = (await client.get(f"/v1/articles?{question}")).json()
            assert [item["id"] for item in page["items"]] == [wanted], question
        for question in ("topic=unheard-of", "not_topic=training", "author=ingrid", "published_to=2025-03-02"):
            assert (await client.get(f"/v1/articles?{question}")).json()["items"] == [], question
        [topic] = (await client.get("/v1/topics?q=wint")).json()["items"]
        assert (topic["slug"], topic["articles"]) == ("winter-pay", 1)


async def test_the_bytes_are_kept_as_they_were_sent(database_url: str) -> None:
    async with service(database_url) as client:
        receipt = (await post(client, WIRE, Prefer="wait=20")).json()
        raw = await client.get(f"/v1/articles/{receipt['items'][0]['article_id']}/raw")
        assert raw.content == WIRE.encode()
        assert raw.headers["content-type"] == "text/plain"
        assert raw.headers["content-disposition"].startswith("attachment")


async def test_a_second_delivery_is_a_sighting_and_a_changed_one_a_revision(database_url: str) -> None:
    async with service(database_url) as client:

        def sent(text: str, source: str) -> dict[str, str]:
            return {"content": text, "url": "https://ellery.example/ferries?utm_source=feed", "source": source}

        outcomes = []
        for text, source in (
            (WIRE, "a.example"),
            (WIRE, "a.example"),
            (WIRE, "b.example"),
            (WIRE + "\nMore follows soon, the office said on Monday evening.", "a.example"),
        ):
            answer = await client.post("/v1/articles", json=sent(text, source), headers={"Prefer": "wait=20"})
            outcomes.append(answer.json()["items"][0])
        assert [item["outcome"] for item in outcomes] == ["stored", "unchanged", "duplicate", "revised"]
        assert len({item["article_id"] for item in outcomes}) == 1
        article = (await client.get(f"/v1/articles/{outcomes[0]['article_id']}")).json()
        assert article["revision"] == 2
        assert article["url"] == "https://ellery.example/ferries"
        assert sorted((s["source"], s["count"]) for s in article["sightings"]) == [("a.example", 3), ("b.example", 1)]


async def test_a_deleted_article_stays_deleted_when_it_is_sent_again(database_url: str) -> None:
    async with service(database_url) as client:
        first = (await post(client, WIRE, Prefer="wait=20")).json()["items"][0]
        path = f"/v1/articles/{first['article_id']}"
        assert (await client.delete(path)).status_code == 204
        assert (await client.delete(path)).status_code == 410
        assert (await client.get(path)).status_code == 410
        assert (await client.get(f"{path}/raw")).status_code == 410
        again = (await post(client, WIRE, Prefer="wait=20")).json()["items"][0]
        assert (again["outcome"], again["article_id"]) == ("deleted", first["article_id"])
        assert (await client.get("/v1/articles")).json()["items"] == []


async def test_extract_answers_the_article_and_stores_nothing(database_url: str) -> None:
    async with service(database_url) as client:
        answer = await client.post("/v1/extract", content=WIRE, headers={"Content-Type": "text/plain"})
        [item] = answer.json()["items"]
        assert (item["outcome"], item["article"]["authors"]) == ("article", ["Ingrid Solberg", "Tomas Lind"])
        assert (await client.get("/v1/articles?total=true")).json()["total"] == {"count": 0, "exact": True}
        assert (await client.get("/v1/receipts")).json()["items"] == []
