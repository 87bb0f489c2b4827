"""A walk over `next` returns every article that was there when it began exactly once, whatever arrives meanwhile."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.db import Database
from tests.http.seed import NOON, Told, reading, store, store_days, strings, walk

WALKS: list[dict[str, Any]] = [
    {},
    {"sort": "published_at"},
    {"sort": "-received_at"},
    {"q": "report", "sort": "relevance"},
    {"q": "report"},
    {"topic": "cranes"},
    {"topic": "cranes", "sort": "-received_at"},
    {"any_topic": ["cranes", "quays"]},
    {"author": "Maren Holt"},
    {"source": "harbour-post.example"},
]


def reports(chance: random.Random) -> Iterator[Told]:
    """Reports with equal times among them, and some without a date."""
    for number in range(1_000_000):
        yield Told(
            f"Report {chance.random()}" + " and report" * chance.randrange(3),
            authors=["Maren Holt"],
            topics=["Cranes", "Quays"],
            published_at=None if number % 5 == 0 else NOON + timedelta(days=chance.randrange(6)),
            received_at=NOON + timedelta(seconds=chance.randrange(6)),
        )


@pytest.mark.parametrize("asked", WALKS, ids=str)
async def test_a_walk_returns_each_article_once_while_others_arrive(
    database: Database, reader: httpx.AsyncClient, asked: dict[str, Any]
) -> None:
    chance = random.Random(14)
    coming = reports(chance)
    there = set(strings(await store(database, *[next(coming) for _ in range(40)])))
    answer = await reader.get("/v1/articles", params=asked | {"limit": 7, "total": True, "fields": "id"})
    assert answer.json()["total"] == {"count": len(there), "exact": True}
    found = [item["id"] for item in answer.json()["items"]]
    while following := answer.json()["next"]:
        await store(database, *[next(coming) for _ in range(5)])
        answer = await reader.get(following)
        found += [item["id"] for item in answer.json()["items"]]
    assert len(found) == len(set(found))
    assert there <= set(found)


@pytest.mark.parametrize("sort", ["-published_at", "published_at"])
async def test_articles_without_a_date_come_last_either_way(
    database: Database, reader: httpx.AsyncClient, sort: str
) -> None:
    dated = strings(await store_days(database, 3))
    undated = strings(await store(database, Told("One.", published_at=None), Told("Two.", published_at=None)))
    found = [item["id"] for item in await walk(reader, "/v1/articles", sort=sort, limit=2)]
    assert found[:3] == (dated if sort == "published_at" else dated[::-1])
    assert set(found[3:]) == set(undated)


async def test_a_full_last_page_has_no_next(database: Database, reader: httpx.AsyncClient) -> None:
    await store_days(database, 4)
    answer = (await reader.get("/v1/articles?limit=4")).json()
    assert (len(answer["items"]), answer["next"], answer["total"]) == (4, None, None)


async def test_next_keeps_the_filters_and_carries_the_root_path(database: Database) -> None:
    await store_days(database, 2, topics=["Cranes"])
    async with reading(database, root_path="/news") as behind_a_gateway:
        answer = await behind_a_gateway.get("/news/v1/topics/cranes/articles?limit=1&published_from=2026-01-01")
        following = answer.json()["next"]
        assert following.startswith("/news/v1/topics/cranes/articles?limit=1&published_from=2026-01-01&cursor=")
        assert len((await behind_a_gateway.get(following)).json()["items"]) == 1


async def test_a_cursor_serves_its_own_filters_and_sort_only(database: Database, reader: httpx.AsyncClient) -> None:
    await store_days(database, 3)
    cursor = (await reader.get("/v1/articles?limit=1")).json()["next"].partition("cursor=")[2]
    other_limit = await reader.get(f"/v1/articles?limit=2&fields=id&cursor={cursor}")
    assert (other_limit.status_code, len(other_limit.json()["items"])) == (200, 2)
    for other in ("sort=published_at", "source=x", "published_from=2026-01-01"):
        assert (await reader.get(f"/v1/articles?{other}&cursor={cursor}")).status_code == 422
    assert (await reader.get(f"/v1/topics?cursor={cursor}")).status_code == 422
