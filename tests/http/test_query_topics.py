"""Topics and authors with their counts, found by the beginning of a word, under any of their spellings."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.db import Database
from tests.http.seed import NOON, Told, faults, store, walk

SHELF = (
    Told("One.", topics=["Arms control", "Ships"], authors=["José Ñandú"], source="a.example"),
    Told("Two.", topics=["Ship", "Élections"], authors=["Jose Nandu", "Maren Holt"], source="b.example",
         published_at=NOON + timedelta(days=1), received_at=NOON + timedelta(days=2)),
    Told("Three.", topics=["ship", "東京都"], authors=["José Ñandú"], source="a.example", published_at=None),
)  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, [("ships", 3), ("arms-control", 1), ("élections", 1), ("東京都", 1)]),
        ({"sort": "label"}, [("arms-control", 1), ("ships", 3), ("élections", 1), ("東京都", 1)]),
        ({"q": "con"}, [("arms-control", 1)]),
        ({"q": "control ARM"}, [("arms-control", 1)]),
        ({"q": "elect"}, [("élections", 1)]),
        ({"q": "東"}, [("東京都", 1)]),
        ({"q": "hip"}, []),
        ({"q": "&"}, []),
        ({"source": "a.example"}, [("ships", 2), ("arms-control", 1), ("東京都", 1)]),
        ({"from": "2026-03-15"}, [("ships", 1), ("élections", 1)]),
        ({"to": "2026-03-14", "q": "ship"}, [("ships", 1)]),
        ({"from": "2026-03-14", "to": "0001-01-01"}, []),
        ({"to": "0001-01-01", "source": "a.example", "sort": "-trend"}, []),
    ],
    ids=str,
)
async def test_topics_are_counted_within_the_filters(
    database: Database, reader: httpx.AsyncClient, asked: dict[str, Any], expected: list[tuple[str, int]]
) -> None:
    for told in SHELF:
        await store(database, told)
    found = await walk(reader, "/v1/topics", **asked, limit=1)
    assert [(topic["slug"], topic["articles"]) for topic in found] == expected
    answer = (await reader.get("/v1/topics", params=asked | {"total": True})).json()
    assert answer["items"] == found
    assert answer["total"] == {"count": len(expected), "exact": True}


@pytest.mark.parametrize("slug", ["ships", "ship"])
async def test_a_topic_answers_to_each_of_its_spellings(
    database: Database, reader: httpx.AsyncClient, slug: str
) -> None:
    for told in SHELF:
        await store(database, told)
    assert (await reader.get(f"/v1/topics/{slug}")).json() == {
        "slug": "ships", "label": "Ships", "articles": 3,
        "first_seen": "2026-03-14T12:00:00Z", "last_seen": "2026-03-16T12:00:00Z", "aliases": ["ship"],
        "trend": 1.0, "boilerplate": False, "broader": [], "narrower": [], "codes": [], "related": [],
    }  # fmt: skip
    found = await walk(reader, f"/v1/topics/{slug}/articles", limit=2, source="a.example")
    assert len(found) == 2
    assert {
        label for item in found for topic in item["topics"] if topic["slug"] == "ships" for label in [topic["label"]]
    } == {
        "Ships",
        "ship",
    }


@pytest.mark.parametrize("path", ["/v1/topics/nothing", "/v1/topics/nothing/articles"])
async def test_an_unknown_topic_is_a_404(reader: httpx.AsyncClient, path: str) -> None:
    assert (await reader.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("/v1/topics?sort=-rank", "/query/sort"),
        ("/v1/topics?since=2026-01-01", "/query/since"),
        ("/v1/topics?from=soon", "/query/from"),
        ("/v1/topics/ships?q=a", "/query/q"),
        ("/v1/topics/ships/articles?colour=red", "/query/colour"),
        ("/v1/topics/a%00b", "/path/slug"),
        ("/v1/topics?cursor=AeJx3kC4", "/query/cursor"),
        ("/v1/authors?sort=-name", "/query/sort"),
        ("/v1/authors?colour=red", "/query/colour"),
    ],
)
async def test_what_does_not_fit_is_pointed_at(reader: httpx.AsyncClient, path: str, pointer: str) -> None:
    answer = await reader.get(path)
    assert answer.status_code == 422
    assert faults(answer) == [pointer]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, [("José Ñandú", 3), ("Maren Holt", 1)]),
        ({"sort": "name"}, [("José Ñandú", 3), ("Maren Holt", 1)]),
        ({"q": "hol"}, [("Maren Holt", 1)]),
        ({"q": "jose n"}, [("José Ñandú", 3)]),
        ({"q": "olt"}, []),
        ({"q": "%"}, []),
        ({"q": " "}, []),
    ],
    ids=str,
)
async def test_authors_are_counted_blind_to_accents(
    database: Database, reader: httpx.AsyncClient, asked: dict[str, Any], expected: list[tuple[str, int]]
) -> None:
    for told in SHELF:
        await store(database, told)
    found = await walk(reader, "/v1/authors", **asked, limit=1)
    assert [(author["name"], author["articles"]) for author in found] == expected
    assert (await reader.get("/v1/authors", params=asked | {"total": True})).json()["total"]["count"] == len(expected)


async def test_a_walk_over_many_topics_returns_each_once(database: Database, reader: httpx.AsyncClient) -> None:
    await store(database, *(Told(f"Text {n}.", topics=[f"Matter {m}" for m in range(n, n + 4)]) for n in range(20)))
    for sort in ("-articles", "label"):
        slugs = [topic["slug"] for topic in await walk(reader, "/v1/topics", sort=sort, limit=4)]
        assert (len(slugs), len(set(slugs))) == (23, 23)
