"""Taxonomies: what their files may say, and what is in force once they are loaded."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from app.db import Database
from app.errors import StartError
from app.formats.read import read as read_any
from app.pipeline.article import Article, Stated
from app.pipeline.run import process
from app.settings import Settings
from app.store.articles import save
from app.store.plan import Arrival
from app.store.taxonomies import Concept, Name
from app.taxonomy import Taxonomy, read
from app.topics_import import import_topics
from tests.http.seed import NOON, Told, store, submit, walk
from tests.store.test_topic_counts import assert_counts

CONCEPTS: list[dict[str, Any]] = [
    {
        "uri": "http://cv.iptc.org/newscodes/mediatopic/29000001",
        "qcode": "medtop:29000001",
        "prefLabel": {"de": "Seefahrt", "en-GB": "Shipping"},
        "altLabel": {"en-GB": ["Merchant navy"]},
        "narrower": ["medtop:29000002"],
    },
    {
        "uri": "http://cv.iptc.org/newscodes/mediatopic/29000002",
        "qcode": "medtop:29000002",
        "prefLabel": {"en-GB": "Ferries", "de": "Fähren"},
    },
    {
        "uri": "http://cv.iptc.org/newscodes/mediatopic/29000003",
        "qcode": "medtop:29000003",
        "prefLabel": {"en-GB": "Car ferries"},
        "broader": ["http://cv.iptc.org/newscodes/mediatopic/29000002"],
    },
    {"qcode": "medtop:29000009", "prefLabel": {"en-GB": "Whaling"}, "retired": "2019-01-01"},
]
CSV = """slug,label,broader,aliases
shipping,Shipping,,Merchant navy|Seefahrt
ferries,Ferries,shipping,
car-ferries,Car ferries,ferries,
"""
READER = Settings(database_url=None)


def written(folder: Path, concepts: list[dict[str, Any]] | str, name: str = "medtop.json") -> Path:
    """Write a taxonomy's file."""
    path = folder / name
    text = concepts if isinstance(concepts, str) else json.dumps({"conceptSet": concepts})
    path.write_text(text, encoding="utf-8")
    return path


async def loaded(database: Database, path: Path) -> str:
    """Load a taxonomy; give what it came to."""
    done = await import_topics(database.url, READER, read(path, None, "en"))
    return f"{done.codes} codes, {done.aliases} aliases, {done.links} links, {done.circles} circles"


def command(*options: str) -> subprocess.CompletedProcess[str]:
    """Run `dateline topics import`."""
    asked = [sys.executable, "-m", "app", "topics", "import", *options]
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.run(asked, capture_output=True, text=True, check=False, env=environment)


def test_iptcs_own_json_is_read_with_its_tree_and_languages(tmp_path: Path) -> None:
    found = read(written(tmp_path, CONCEPTS), None, "en")
    assert found == Taxonomy(
        "medtop",
        (
            Concept("29000001", Name("Shipping", "en"), (Name("Seefahrt", "de"), Name("Merchant navy", "en"))),
            Concept("29000002", Name("Ferries", "en"), (Name("Fähren", "de"),), ("29000001",)),
            Concept("29000003", Name("Car ferries", "en"), (), ("29000002",)),
        ),
    )
    assert read(written(tmp_path, CONCEPTS), None, "de-AT").concepts[0].name == Name("Seefahrt", "de")


def test_a_csv_needs_slug_and_label_alone(tmp_path: Path) -> None:
    found = read(written(tmp_path, CSV, "harbour.csv"), None, "en")
    assert found.scheme == "harbour"
    assert [(one.code, one.broader, len(one.others)) for one in found.concepts] == [
        ("shipping", (), 2), ("ferries", ("shipping",), 0), ("car-ferries", ("ferries",), 0),
    ]  # fmt: skip
    assert len(read(written(tmp_path, "slug,label\nships,Ships\n", "a.csv"), "own", "en").concepts) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "no JSON"),
        ('{"concepts": []}', "`conceptSet`"),
        ('{"conceptSet": [{"qcode": "medtop:1"}]}', "Concept 0"),
        ('{"conceptSet": [{"qcode": "1", "prefLabel": {"en": "Ships"}}]}', "--scheme"),
        ('{"conceptSet": []}', "scheme"),
        ("name,label\n", "column slug"),
        ("slug,label\nships,\n", "Line 2"),
        ("slug,label\n", "no concepts"),
        ('{"conceptSet": [{"qcode": 29000001, "prefLabel": {"en": "Ships"}}]}', "Concept 0"),
        (f"slug,label\nships,{'x' * 200_000}\n", "no CSV"),
        (f"slug,label{'x' * 200_000}\n", "no CSV"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(StartError, match=says):
        read(written(tmp_path, text, "own.csv"), None, "en")


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="Cannot read"):
        read(tmp_path / "nothing.json", None, "en")


async def test_labels_in_any_language_find_the_taxonomys_topic(
    database: Database, reader: httpx.AsyncClient, tmp_path: Path
) -> None:
    await store(database, Told("One.", topics=["Seefahrt"]), Told("Two.", topics=["Ferry", "Shipping"]))
    await store(database, Told("Three.", topics=["Car ferries"]))
    assert await loaded(database, written(tmp_path, CONCEPTS)) == "3 codes, 3 aliases, 2 links, 0 circles"
    await assert_counts(database)
    shown = (await reader.get("/v1/topics/seefahrt")).json()
    assert (shown["slug"], shown["articles"]) == ("shipping", 2)
    assert shown["codes"] == [{"scheme": "medtop", "code": "29000001"}]
    assert "merchant-navy" in shown["aliases"]
    assert len(await walk(reader, "/v1/articles", topic="shipping", narrower=True)) == 3
    listed = await walk(reader, "/v1/topics", scheme="medtop", limit=2)
    assert [(one["slug"], one["articles"]) for one in listed] == [("shipping", 2), ("ferry", 1), ("car-ferries", 1)]


async def test_an_agencys_code_finds_the_taxonomys_topic_with_a_label_and_without(
    database: Database, reader: httpx.AsyncClient, tmp_path: Path
) -> None:
    await loaded(database, written(tmp_path, CONCEPTS))
    item = {
        "uri": "urn:harbour:1",
        "headline": "Quay reopens",
        "body_text": "The northern quay reopened on Saturday after four months of repairs.",
        "subject": [
            {"code": "medtop:29000001", "name": "Ships and the sea"},
            {"code": "medtop:29000003"},
            {"code": "medtop:29999999"},
        ],
    }
    [read_item] = read_any(orjson.dumps(item), "application/vnd.iptc.ninjs+json", Stated(), max_items=1)
    article = process(read_item, NOON)
    assert isinstance(article, Article)
    owner = await submit(database)
    async with database.transaction() as connection:
        await save(connection, [Arrival(owner, 0, NOON, article)])
    [served] = (await reader.get("/v1/articles")).json()["items"]
    assert [(topic["slug"], topic["label"]) for topic in served["topics"]] == [
        ("shipping", "Ships and the sea"),
        ("car-ferries", "Car ferries"),
    ]


async def test_a_newer_edition_takes_the_place_of_the_older_and_operators_links_stay(
    database: Database, reader: httpx.AsyncClient, tmp_path: Path
) -> None:
    await store(database, Told("One.", topics=["Seefahrt"]), Told("Two.", topics=["Boats"]))
    await loaded(database, written(tmp_path, CONCEPTS))
    assert (await reader.put("/v1/topics/shipping/aliases/boats")).status_code == 204
    assert (await reader.put("/v1/topics/seefahrt/aliases/seewesen")).status_code == 204
    changed = [CONCEPTS[0] | {"prefLabel": {"en-GB": "Shipping"}, "narrower": []}]
    assert await loaded(database, written(tmp_path, changed)) == "1 codes, 1 aliases, 0 links, 0 circles"
    await assert_counts(database)
    assert (await reader.get("/v1/topics/seefahrt")).json()["slug"] == "seefahrt"
    assert (await reader.get("/v1/topics/seewesen")).json()["slug"] == "seefahrt"
    assert (await reader.get("/v1/topics/boats")).json()["slug"] == "shipping"
    assert (await reader.get("/v1/topics/ferries")).json()["broader"] == []


async def test_a_name_that_stands_for_another_concept_is_no_alias_and_no_circle_is_closed(
    database: Database, reader: httpx.AsyncClient, tmp_path: Path
) -> None:
    twins = "slug,label,broader,aliases\na,Gifts,b,Poisons\nb,Poisons,a,Gifts\n"
    assert await loaded(database, written(tmp_path, twins, "twins.csv")) == "2 codes, 0 aliases, 1 links, 1 circles"
    assert (await reader.get("/v1/topics/poisons")).json()["slug"] == "poisons"


async def test_the_command_says_what_it_came_to(database_url: str, database: Database, tmp_path: Path) -> None:
    path = written(tmp_path, CSV, "harbour.csv")
    result = await asyncio.to_thread(command, str(path), "--database-url", database_url)
    assert (result.returncode, result.stdout) == (0, "harbour: 3 codes, 2 aliases, 2 broader topics.\n")
    assert database.url == database_url


def test_the_command_says_where_it_looked_for_a_store(tmp_path: Path) -> None:
    path = written(tmp_path, CSV, "harbour.csv")
    result = command(str(path), "--data-dir", str(tmp_path / "none"))
    assert result.returncode == 1
    assert "no `dateline serve` runs a Postgres of its own" in " ".join(result.stderr.split())
