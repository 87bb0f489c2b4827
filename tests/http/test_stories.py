"""Stories over HTTP: who tells the same text, who told it first, and somebody's word that two are not the same."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from app.db import Database
from tests.builders import an_arrival, an_article
from tests.http.seed import faults, ids, strings, walk
from tests.store.test_linker import a_copy, a_report, linked, stored, told
from tests.store.test_save import kept


@pytest.fixture
async def articles(database: Database) -> list[str]:
    """Three tellings of one report, the second the first, two of another, and one of a third."""
    one, other = a_report(1), a_report(2)
    return strings(
        await stored(
            database,
            told(a_copy(one, 1), 1, hours=3),
            told(one, 2, hours=1, title="Cranes turn again"),
            told(a_copy(one, 3), 3, hours=2),
            told(other, 1, hours=6),
            told(a_copy(other, 2), 2, hours=7),
            told(a_report(3), 3),
        )
    )


async def story_of(reader: httpx.AsyncClient, article: str) -> str:
    """Give the story of an article."""
    return str((await reader.get(f"/v1/articles/{article}")).json()["story_id"])


async def test_an_article_names_its_story_and_the_first_that_told_it(
    reader: httpx.AsyncClient, articles: list[str]
) -> None:
    found = [(await reader.get(f"/v1/articles/{one}")).json() for one in articles]
    assert [one["duplicate_of"] for one in found] == [articles[1], None, articles[1], None, articles[3], None]
    assert found[0]["story_id"] == found[1]["story_id"] == found[2]["story_id"] is not None
    assert found[5]["story_id"] is None
    page = (await reader.get("/v1/articles?fields=duplicate_of,story_id")).json()
    assert {one["id"]: (one["story_id"], one["duplicate_of"]) for one in page["items"]} == {
        one["id"]: (one["story_id"], one["duplicate_of"]) for one in found
    }


async def test_duplicates_can_be_left_out_or_asked_for(reader: httpx.AsyncClient, articles: list[str]) -> None:
    assert set(await ids(reader, "/v1/articles")) == set(articles)
    assert set(await ids(reader, "/v1/articles", duplicates="exclude")) == {articles[1], articles[3], articles[5]}
    assert await ids(reader, "/v1/articles", duplicates="only") == [articles[4], articles[0], articles[2]]
    total = (await reader.get("/v1/articles?duplicates=exclude&total=true&limit=1")).json()["total"]
    assert total == {"count": 3, "exact": True}


async def test_a_storys_articles_are_walked_like_any_others(reader: httpx.AsyncClient, articles: list[str]) -> None:
    story = await story_of(reader, articles[0])
    assert await ids(reader, "/v1/articles", story=story) == [articles[0], articles[2], articles[1]]
    assert await ids(reader, "/v1/articles", story=story, source="outlet-3.example") == [articles[2]]
    assert await ids(reader, "/v1/articles", story=story, duplicates="exclude") == [articles[1]]
    found = await walk(reader, "/v1/articles", story=story, limit=1, sort="published_at")
    assert [one["id"] for one in found] == [articles[1], articles[2], articles[0]]
    assert await ids(reader, "/v1/articles", story=UUID(int=7)) == []


async def test_stories_are_listed_by_their_last_telling_or_their_size(
    reader: httpx.AsyncClient, articles: list[str]
) -> None:
    page = (await reader.get("/v1/stories?total=true")).json()
    assert page["total"] == {"count": 2, "exact": True}
    assert [(one["size"], one["original"]) for one in page["items"]] == [(2, articles[3]), (3, articles[1])]
    large = page["items"][1]
    assert large["title"] == "Cranes turn again"
    assert large["sources"] == ["outlet-1.example", "outlet-2.example", "outlet-3.example"]
    assert (large["first_at"], large["last_at"]) == ("2026-03-14T13:00:00Z", "2026-03-14T15:00:00Z")
    for sort in ("-last_at", "-size"):
        sizes = [one["size"] for one in await walk(reader, "/v1/stories", limit=1, sort=sort)]
        assert sizes == ([2, 3] if sort == "-last_at" else [3, 2])


@pytest.mark.parametrize(
    ("asked", "sizes"),
    [
        ({"source": "outlet-3.example"}, [3]),
        ({"source": "unheard.example"}, []),
        ({"from": "2026-03-14T16:00:00Z"}, [2]),
        ({"to": "2026-03-14T16:00:00Z"}, [3]),
        ({"topic": "unheard-of"}, []),
    ],
)
async def test_stories_are_found_by_source_topic_and_time(
    reader: httpx.AsyncClient, articles: list[str], asked: dict[str, str], sizes: list[int]
) -> None:
    assert articles
    page = (await reader.get("/v1/stories", params={**asked, "total": "true"})).json()
    assert [one["size"] for one in page["items"]] == sizes
    assert page["total"]["count"] == len(sizes)


async def test_a_storys_topics_are_those_of_most_of_its_articles(reader: httpx.AsyncClient, database: Database) -> None:
    report = a_report(1)
    await kept(
        database,
        an_arrival(an_article(report, source="a.example", topics=["Cranes", "Quays"], url="https://a.example/1")),
        an_arrival(an_article(a_copy(report, 2), source="b.example", topics=["Cranes"], url="https://b.example/1")),
    )
    await linked(database)
    [story] = (await reader.get("/v1/stories?topic=quays")).json()["items"]
    assert story["topics"] == [
        {"slug": "cranes", "label": "Cranes", "articles": 2},
        {"slug": "quays", "label": "Quays", "articles": 1},
    ]


async def test_a_story_tells_its_articles_with_the_rule_and_how_alike_they_are(
    reader: httpx.AsyncClient, articles: list[str]
) -> None:
    story = await story_of(reader, articles[0])
    found: dict[str, Any] = (await reader.get(f"/v1/stories/{story}")).json()
    assert [one["id"] for one in found["articles"]] == [articles[1], articles[2], articles[0]]
    assert [one["rule"] for one in found["articles"]] == [None, "copy", "copy"]
    assert all(0.7 < one["score"] <= 1 for one in found["articles"][1:])
    assert (await reader.get(f"/v1/stories/{UUID(int=7)}")).status_code == 404
    answer = await reader.get("/v1/stories?sort=size")
    assert (answer.status_code, faults(answer)) == (422, ["/query/sort"])


async def test_not_the_same_is_said_once_and_for_all(reader: httpx.AsyncClient, articles: list[str]) -> None:
    path = f"/v1/articles/{articles[4]}/duplicate_of"
    assert (await reader.delete(path)).status_code == 204
    assert (await reader.get(f"/v1/articles/{articles[4]}")).json()["duplicate_of"] is None
    assert [one["size"] for one in (await reader.get("/v1/stories")).json()["items"]] == [3]
    again = await reader.delete(path)
    assert (again.status_code, again.json()["detail"]) == (404, "This article is no duplicate of another.")
    assert (await reader.delete(f"/v1/articles/{UUID(int=7)}/duplicate_of")).status_code == 404
