"""One article: whole, as it stood, gone."""

from dataclasses import replace
from datetime import timedelta, timezone
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import insert, text

from app.db import Database
from app.query.schemas import Article, ExtractedArticle, article_json
from app.store.deletion import delete_article
from app.store.tables import merged_articles
from tests.http.seed import NOON, Told, article_of, faults, store, strings

TOLD = Told("The quay reopened.", title="Quay", authors=["Maren Holt"], topics=["Cranes"], url="https://a.example/1")


async def test_an_article_is_served_whole(database: Database, reader: httpx.AsyncClient) -> None:
    [stored] = strings(await store(database, TOLD))
    answer = await reader.get(f"/v1/articles/{stored}")
    served = answer.json()
    assert answer.status_code == 200
    Article.model_validate(served, strict=False)
    assert list(served) == ["id", "revision", *[name for name in served if name not in ("id", "revision")]]
    assert set(served) == set(Article.model_fields)
    assert (served["id"], served["revision"]) == (stored, 1)
    assert served["published_at"] == "2026-03-14T12:00:00Z"
    assert [one["chosen"] for one in served["evidence"]["published_at"]] == [True, False]
    [sighting] = served["sightings"]
    assert (sighting["url"], sighting["received_at"], sighting["count"]) == (TOLD.url, "2026-03-14T12:00:00Z", 1)


async def test_a_stored_article_is_the_extracted_one_and_what_the_store_knows(
    database: Database, reader: httpx.AsyncClient
) -> None:
    [stored] = strings(await store(database, TOLD))
    served = (await reader.get(f"/v1/articles/{stored}")).json()
    extracted = article_json(article_of(TOLD))
    assert list(extracted) == list(ExtractedArticle.model_fields)
    assert {name: served[name] for name in extracted} == extracted


@pytest.mark.parametrize("path", ["", "/raw", "/revisions", "/revisions/1"])
async def test_what_never_was_is_a_404_and_what_was_deleted_a_410(
    database: Database, reader: httpx.AsyncClient, path: str
) -> None:
    unknown = await reader.get(f"/v1/articles/{uuid4()}{path}")
    assert (unknown.status_code, unknown.json()["status"]) == (404, 404)
    [stored] = await store(database, TOLD)
    async with database.transaction() as connection:
        await delete_article(connection, stored)
    gone = await reader.get(f"/v1/articles/{stored}{path}")
    assert (gone.status_code, gone.json()["type"]) == (410, "urn:dateline:problem:gone")
    assert gone.json()["instance"] == f"/v1/articles/{stored}{path}"


@pytest.mark.parametrize("path", ["", "/raw", "/revisions", "/revisions/1"])
async def test_an_unknown_parameter_is_refused(reader: httpx.AsyncClient, path: str) -> None:
    answer = await reader.get(f"/v1/articles/{uuid4()}{path}?colour=red")
    assert answer.status_code == 422
    assert faults(answer) == ["/query/colour"]


@pytest.mark.parametrize(
    ("path", "pointer"),
    [("none", "/path/article_id"), ("643b1f1b-4acc-41ef-870d-cb67d67ebcfc/revisions/0", "/path/revision")],
)
async def test_a_path_that_does_not_fit_is_pointed_at(reader: httpx.AsyncClient, path: str, pointer: str) -> None:
    answer = await reader.get(f"/v1/articles/{path}")
    assert answer.status_code == 422
    assert faults(answer) == [pointer]


async def test_every_revision_can_be_read_as_it_was_served(database: Database, reader: httpx.AsyncClient) -> None:
    west = timezone(timedelta(hours=-4))
    [stored] = strings(await store(database, replace(TOLD, published_at=NOON.astimezone(west))))
    before = (await reader.get(f"/v1/articles/{stored}")).json()
    for n in (2, 3):
        await store(
            database, replace(TOLD, text=f"The quay reopened, version {n}.", authors=["Jo Lund"], topics=["Quays"])
        )
    assert before["published_at"] == "2026-03-14T08:00:00-04:00"
    now = (await reader.get(f"/v1/articles/{stored}")).json()
    assert (now["revision"], now["authors"], [t["slug"] for t in now["topics"]]) == (3, ["Jo Lund"], ["quays"])
    listed = (await reader.get(f"/v1/articles/{stored}/revisions?total=true&limit=2")).json()
    assert [(one["revision"], one["current"]) for one in listed["items"]] == [(3, True), (2, False)]
    assert listed["total"] == {"count": 3, "exact": True}
    [oldest] = (await reader.get(listed["next"])).json()["items"]
    assert oldest["revision"] == 1
    today = {"sightings": now["sightings"]}
    assert (await reader.get(f"/v1/articles/{stored}/revisions/1")).json() == before | today
    assert (await reader.get(f"/v1/articles/{stored}/revisions/3")).json() == now
    assert (await reader.get(f"/v1/articles/{stored}/revisions/4")).status_code == 404


async def test_the_last_20_sightings_are_shown_the_latest_first(database: Database, reader: httpx.AsyncClient) -> None:
    for n in range(23):
        arrived = NOON.replace(minute=n)
        [stored] = await store(database, replace(TOLD, source=f"paper-{n}.example", received_at=arrived))
    served = (await reader.get(f"/v1/articles/{stored}")).json()
    assert [one["source"] for one in served["sightings"]] == [f"paper-{n}.example" for n in range(22, 2, -1)]


async def test_an_article_that_turned_out_to_be_another_leads_there(
    database: Database, reader: httpx.AsyncClient
) -> None:
    kept, gone = strings(await store(database, Told("One."), Told("Two.")))
    async with database.transaction() as connection:
        await connection.execute(text("DELETE FROM articles WHERE id = :gone"), {"gone": gone})
        await connection.execute(text("UPDATE submission_items SET article_id = :kept"), {"kept": kept})
        await connection.execute(insert(merged_articles).values(article_id=gone, into_id=kept))
    for path in ("", "/revisions", "/revisions/1", "/raw"):
        answer = await reader.get(
            f"/v1/articles/{gone}{path}?limit=1" if path == "/revisions" else f"/v1/articles/{gone}{path}"
        )
        assert answer.status_code == 308
        assert answer.headers["location"] == f"/v1/articles/{kept}{path}" + ("?limit=1" if path == "/revisions" else "")
        assert answer.headers["content-type"] == "application/problem+json"
        assert (await reader.get(answer.headers["location"])).status_code == 200
