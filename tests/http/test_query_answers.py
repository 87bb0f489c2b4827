"""Reads can be cached and asked for again, and the document of the routes says so."""

import httpx
import pytest
from pydantic import BaseModel

from app.db import Database
from app.query import examples, schemas, source_schemas
from tests.http.seed import Told, application, store, strings

PATHS = [
    "/v1/articles",
    "/v1/topics",
    "/v1/authors",
    "/v1/sources",
    "/v1/sources/harbour-post.example",
    "/v1/topics/cranes",
    "/v1/topics/cranes/articles",
]


@pytest.mark.parametrize("path", PATHS)
async def test_an_unchanged_answer_is_a_304(database: Database, reader: httpx.AsyncClient, path: str) -> None:
    await store(database, Told(topics=["Cranes"], authors=["Maren Holt"]))
    answer = await reader.get(path)
    tag = answer.headers["etag"]
    assert answer.headers["cache-control"] == "public, no-cache"
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await reader.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await reader.get(path, headers={"If-None-Match": '"other"'})).status_code == 200
    await store(database, Told("Another.", topics=["Cranes"], authors=["Maren Holt"]))
    assert (await reader.get(path, headers={"If-None-Match": tag})).status_code == 200


async def test_an_article_is_a_304_until_it_is_seen_again(database: Database, reader: httpx.AsyncClient) -> None:
    [stored] = strings(await store(database, Told(url="https://a.example/1")))
    tag = (await reader.get(f"/v1/articles/{stored}")).headers["etag"]
    assert (await reader.get(f"/v1/articles/{stored}", headers={"If-None-Match": tag})).status_code == 304
    await store(database, Told(url="https://a.example/1"))
    assert (await reader.get(f"/v1/articles/{stored}", headers={"If-None-Match": tag})).status_code == 200


@pytest.mark.parametrize(
    ("model", "example"),
    [
        (schemas.Article, examples.ARTICLE),
        (schemas.ExtractedArticle, examples.EXTRACTED),
        (schemas.ArticlePage, examples.page("/v1/articles", examples.ARTICLE)),
        (schemas.TopicDetail, examples.TOPIC_DETAIL),
        (schemas.Timeline, examples.TIMELINE),
        (schemas.AuthorCount, examples.AUTHOR_COUNT),
        (source_schemas.Scorecard, examples.SCORECARD),
        (schemas.Revision, examples.REVISION),
    ],
)
def test_an_example_has_every_field_and_fits(model: type[BaseModel], example: dict[str, object]) -> None:
    model.model_validate(example)
    assert set(example) == set(model.model_fields)


def test_every_route_says_what_it_answers(database: Database) -> None:
    document = application(database).openapi()
    for path, operations in document["paths"].items():
        if "get" not in operations:
            continue
        operation = operations["get"]
        assert operation["summary"], path
        assert "`200`" in operation["description"], path
        assert {"200", "304", "422", "500", "503"} <= set(operation["responses"]), path
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"], (path, status)


def test_only_the_id_is_sure_in_a_list(database: Database) -> None:
    shown = application(database).openapi()["components"]["schemas"]
    assert shown["ArticleSummary"]["required"] == ["id"]
    assert set(shown["Article"]["required"]) == set(schemas.Article.model_fields)
