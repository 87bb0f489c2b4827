"""Whatever a sender has, a page, a feed or an agency's document, its articles can be asked for."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.pages import HEADLINE, PARAGRAPHS, a_page
from tests.running import ended, post, service

DATA = {
    "@type": "NewsArticle",
    "headline": HEADLINE,
    "author": {"@type": "Person", "name": "Maren Holt"},
    "datePublished": "2026-03-14T09:30:00+01:00",
    "keywords": ["Cranes", "Port Ellery"],
}
PAGE = a_page(f'<script type="application/ld+json">{json.dumps(DATA)}</script>')
RSS = f"""<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Harbour Post</title>
<item><title>{HEADLINE}</title><guid isPermaLink="false">crane-1</guid><dc:creator>Maren Holt</dc:creator>
<pubDate>Sat, 14 Mar 2026 09:30:00 +0100</pubDate><category>Cranes</category><category>Port Ellery</category>
<description><![CDATA[<p>{PARAGRAPHS[0]}</p><p>{PARAGRAPHS[1]}</p>]]></description></item>
<item><guid>empty</guid></item>
<item><title>Second story of the day</title><description>{PARAGRAPHS[2]}</description></item></channel></rss>"""
NINJS: dict[str, Any] = {
    "uri": "http://wire.example/crane-1",
    "version": "1",
    "pubstatus": "usable",
    "urgency": 4,
    "versioncreated": "2026-03-14T09:30:00+01:00",
    "headline": HEADLINE,
    "byline": "By Maren Holt",
    "subject": [{"name": "Cranes", "code": "medtop:1"}, {"name": "Port Ellery"}],
    "body_xhtml": "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS),
}
NITF = f"""<?xml version="1.0"?><!DOCTYPE nitf SYSTEM "nitf.dtd"><nitf><head><docdata><doc-id id-string="crane-1"/>
<date.issue norm="20260314T093000+0100"/><key-list><keyword key="Cranes"/><keyword key="Port Ellery"/></key-list></docdata></head>
<body><body.head><hedline><hl1>{HEADLINE}</hl1></hedline><byline>By Maren Holt</byline></body.head>
<body.content><p>{PARAGRAPHS[0]}</p><p>{PARAGRAPHS[1]}</p></body.content></body></nitf>"""
SENT = [
    ("text/html", PAGE),
    ("application/rss+xml", RSS),
    ("application/vnd.iptc.ninjs+json", json.dumps(NINJS)),
    ("application/xml", NITF),
    ("application/json", json.dumps(NINJS)),
    ("text/html", RSS),
]


async def sent(
    client: httpx.AsyncClient, body: str, content_type: str, source: str = "wire.example"
) -> list[dict[str, Any]]:
    """Post a body and give what became of its items."""
    headers = {"Content-Type": content_type}
    receipt = (await client.post(f"/v1/articles?source={source}", content=body.encode(), headers=headers)).json()
    items: list[dict[str, Any]] = (await ended(client, receipt["id"]))["items"]
    return items


@pytest.mark.parametrize(("content_type", "body"), SENT)
async def test_an_article_in_any_format_comes_out_with_author_date_and_topics(
    database_url: str, content_type: str, body: str
) -> None:
    async with service(database_url) as client:
        items = await sent(client, body, content_type)
        article = (await client.get(f"/v1/articles/{items[0]['article_id']}")).json()
    assert article["title"] == HEADLINE
    assert article["authors"] == ["Maren Holt"]
    assert article["published_at"] == "2026-03-14T09:30:00+01:00"
    assert sorted(topic["label"] for topic in article["topics"] if "declared" in topic["from"]) == [
        "Cranes",
        "Port Ellery",
    ]
    assert article["text"].startswith(PARAGRAPHS[0])
    for field in ("title", "authors", "published_at", "topics"):
        assert any(claim["chosen"] for claim in article["evidence"][field])


async def test_the_items_of_a_feed_are_judged_one_by_one(database_url: str) -> None:
    async with service(database_url) as client:
        items = await sent(client, RSS, "application/rss+xml")
    assert [(item["position"], item["outcome"]) for item in items] == [(0, "stored"), (1, "rejected"), (2, "stored")]
    assert items[1]["reason"]


async def test_what_no_reader_can_take_is_rejected_with_the_reason(database_url: str) -> None:
    async with service(database_url) as client:
        [item] = await sent(client, "<recipe><step>Stir</step></recipe>", "application/xml")
    assert item["outcome"] == "rejected"
    assert "'recipe'" in item["reason"]


async def test_a_cancel_retracts_the_article_that_it_names(database_url: str) -> None:
    canceled = json.dumps({"uri": NINJS["uri"], "version": "2", "pubstatus": "canceled"})
    async with service(database_url) as client:
        [stored] = await sent(client, json.dumps(NINJS), "application/json")
        [foreign] = await sent(client, canceled, "application/json", source="elsewhere.example")
        assert (await client.get(f"/v1/articles/{stored['article_id']}")).status_code == 200
        [item] = await sent(client, canceled, "application/json")
        assert (item["outcome"], item["article_id"]) == ("retracted", stored["article_id"])
        assert foreign["article_id"] != stored["article_id"]
        assert (await client.get(f"/v1/articles/{stored['article_id']}")).status_code == 410
        [again] = await sent(client, json.dumps(NINJS), "application/json")
        assert again["outcome"] == "deleted"


async def test_a_cancel_that_comes_first_keeps_its_article_out(database_url: str) -> None:
    canceled = json.dumps({"uri": NINJS["uri"], "pubstatus": "canceled"})
    async with service(database_url) as client:
        assert [item["outcome"] for item in await sent(client, canceled, "application/json")] == ["retracted"]
        assert [item["outcome"] for item in await sent(client, json.dumps(NINJS), "application/json")] == ["deleted"]


async def test_what_is_withheld_comes_back_when_it_is_usable(database_url: str) -> None:
    async with service(database_url) as client:
        [first] = await sent(client, json.dumps(NINJS), "application/json")
        [item] = await sent(client, json.dumps(NINJS | {"pubstatus": "withheld"}), "application/json")
        assert (item["outcome"], item["article_id"]) == ("retracted", first["article_id"])
        assert (await client.get(f"/v1/articles/{first['article_id']}")).status_code == 404
        [back] = await sent(client, json.dumps(NINJS | {"version": "3"}), "application/json")
        assert back["outcome"] == "stored"


async def test_what_was_deleted_or_canceled_is_not_brought_back_by_withholding_it(database_url: str) -> None:
    withheld = json.dumps(NINJS | {"pubstatus": "withheld"})
    async with service(database_url) as client:
        [stored] = await sent(client, json.dumps(NINJS), "application/json")
        assert (await client.delete(f"/v1/articles/{stored['article_id']}")).status_code == 204
        assert [item["outcome"] for item in await sent(client, withheld, "application/json")] == ["retracted"]
        assert [item["outcome"] for item in await sent(client, json.dumps(NINJS), "application/json")] == ["deleted"]


async def test_a_cancel_that_comes_first_keeps_no_other_sources_article_out(database_url: str) -> None:
    body = {"uri": "urn:crane:1", "altids": [{"role": "web", "value": "https://wire.example/crane"}]}
    article = json.dumps({"content": PARAGRAPHS[0], "url": "https://wire.example/crane", "source": "wire.example"})
    async with service(database_url) as client:
        canceled = json.dumps(body | {"pubstatus": "canceled"})
        await sent(client, canceled, "application/json", source="elsewhere.example")
        assert [item["outcome"] for item in await sent(client, article, "application/json")] == ["stored"]


async def test_an_older_version_that_comes_late_changes_nothing(database_url: str) -> None:
    newer = NINJS | {"version": "10", "headline": "Harbour crane is gone", "urgency": 2}
    async with service(database_url) as client:
        [item] = await sent(client, json.dumps(newer), "application/json")
        assert [late["outcome"] for late in await sent(client, json.dumps(NINJS), "application/json")] == ["unchanged"]
        article = (await client.get(f"/v1/articles/{item['article_id']}")).json()
    assert (article["title"], article["version"], article["urgency"]) == ("Harbour crane is gone", "10", 2)


async def test_an_embargoed_article_is_not_served_before_its_time(database_url: str) -> None:
    async with service(database_url) as client:
        until = datetime.now(UTC) + timedelta(seconds=8)
        body = json.dumps(NINJS | {"embargoed": until.isoformat()})
        response = await post(client, body, "application/json", Prefer="wait=1")
        assert response.status_code == 202
        assert response.json()["state"] in {"queued", "processing"}
        assert (await client.get("/v1/articles")).json()["items"] == []
        receipt = await ended(client, response.json()["id"])
        assert datetime.now(UTC) >= until
        assert [item["outcome"] for item in receipt["items"]] == ["stored"]
