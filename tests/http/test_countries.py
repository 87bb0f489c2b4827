"""Countries are one topic each in whatever language they are named, as soon as their names are loaded."""

import asyncio
import os
import subprocess
import sys

import httpx
import pytest

from app.countries import countries
from app.db import Database
from app.pipeline.slug import slug
from app.pipeline.vocabulary import vocabulary
from app.settings import Settings
from app.topics_import import import_topics
from tests.http.seed import Told, store, walk
from tests.store.test_topic_counts import assert_counts

READER = Settings(database_url=None)
NAMES = {slug(name.label): concept.code for concept in countries().concepts for name in (concept.name, *concept.others)}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Germany", "DE"), ("Deutschland", "DE"), ("Allemagne", "DE"), ("ドイツ", "DE"), ("Германия", "DE"), ("中国", "CN"),
        ("Hong Kong", "HK"), ("Ivory Coast", "CI"), ("UK", "GB"), ("Vereinte Nationen", "UN"), ("Republic of the Congo", "CG"),
    ],
)  # fmt: skip
def test_a_country_has_its_names(name: str, code: str) -> None:
    assert NAMES[slug(name)] == code


@pytest.mark.parametrize(
    "name", ["Island", "Indie", "Granada", "Maurice", "Réunion", "Kongo", "Çad", "Tai", "Pseudo-Accents"]
)
def test_a_name_that_means_something_else_is_none(name: str) -> None:
    assert slug(name) not in NAMES


def test_no_name_is_two_countries_and_all_that_is_listed_is_used() -> None:
    found = countries().concepts
    slugs = [slug(name.label) for concept in found for name in (concept.name, *concept.others)]
    assert len(slugs) == len(set(slugs))
    codes = {concept.code for concept in found}
    assert len(codes) > 240
    listed = vocabulary("countries")
    assert {*listed["names"], *listed["aliases"]} <= codes
    assert len(listed["left_out"]) == len(set(listed["left_out"]))


async def test_articles_in_any_language_are_found_and_an_operators_word_stays(
    database: Database, reader: httpx.AsyncClient
) -> None:
    await store(database, Told("One.", topics=["Deutschland"]), Told("Two.", topics=["Germany"]))
    await store(database, *(Told(f"About {name}.", topics=[name]) for name in ("Allemagne", "Frankreich", "Island")))
    assert (await reader.put("/v1/topics/frankreich/aliases/francia")).status_code == 204
    first = await import_topics(database.url, READER, countries())
    await assert_counts(database)
    shown = (await reader.get("/v1/topics/allemagne")).json()
    assert (shown["slug"], shown["articles"]) == ("germany", 3)
    assert shown["codes"] == [{"scheme": "iso3166", "code": "DE"}]
    found = await walk(reader, "/v1/articles", topic="germany")
    assert {topic["label"] for one in found for topic in one["topics"]} == {"Deutschland", "Germany", "Allemagne"}
    assert (await reader.get("/v1/topics/francia")).json()["slug"] == "frankreich"
    assert (await reader.get("/v1/topics/island")).json()["slug"] == "island"
    assert (await reader.delete("/v1/topics/germany/aliases/allemagne")).status_code == 204
    again = await import_topics(database.url, READER, countries())
    assert again.codes == first.codes
    assert (await reader.get("/v1/topics/allemagne")).json()["slug"] == "allemagne"
    assert (await reader.get("/v1/topics/deutschland")).json()["slug"] == "germany"
    await assert_counts(database)


async def test_the_command_loads_them(database_url: str, database: Database) -> None:
    asked = [sys.executable, "-m", "app", "topics", "countries", "--database-url", database_url]
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    result = await asyncio.to_thread(
        subprocess.run, asked, capture_output=True, text=True, check=False, env=environment
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("iso3166: ")
    assert database.url == database_url
