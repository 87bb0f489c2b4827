"""Corrections hold while others write: arrivals at the same moment, reprocessing, taxonomies, the limit of revisions."""

import asyncio
import time
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson

from app.db import Database
from app.extraction import Done
from app.pipeline.article import Article
from app.pipeline.corrections import FIELDS, Field, Said, Wish
from app.store.articles import save
from app.store.candidates import Body
from app.store.editing import amend, hold
from app.store.plan import Arrival
from app.store.read_back import article_of
from app.store.taxonomies import Concept, Name, load
from tests.builders import NOON
from tests.processing_again import again, asked, ran, story, taken_in
from tests.store.test_renewal import served
from tests.store.test_topic_counts import assert_counts

LATER = "\nThe keeper went home at nightfall, he said.\n"
URL = "https://a.example/1"
JO = Wish(Said(authors=("Jo Lund",)))
WAITS = """
    SELECT EXISTS (
        SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()
    )
"""
BACK = Wish(taken_back=frozenset[Field](FIELDS))


async def edit(database: Database, article_id: UUID, wish: Wish, *, kept: int = 100) -> None:
    """Fulfil an editor's wish."""
    async with database.transaction() as connection:
        row = await hold(connection, article_id)
        assert row is not None
        await amend(connection, row, wish, kept_revisions=kept)


async def arrive(database: Database, article: Article) -> str:
    """Let an article arrive again; give what became of it."""
    submission = await asked(database, "SELECT id FROM submissions ORDER BY id LIMIT 1")
    async with database.transaction() as connection:
        [saved] = await save(connection, [Arrival(submission, 0, NOON, article)])
    return saved.outcome


def made_of(body: str) -> Article:
    """Give what the pipeline makes of a text at a URL."""
    sent = Body(NOON, "text/plain", body.encode(), {"url": URL})
    [found] = [one.article for one in ran(sent) if isinstance(one, Done)]
    return found


def outdated(article: Article) -> Article:
    """Give an article as a pipeline made it that read neither its author nor its topics."""
    return replace(article, authors=(), topics=(), field_hash=b"old", pipeline_version="1")


async def test_processing_again_keeps_a_correction(database: Database) -> None:
    [article_id] = await taken_in(database, story(1), older=outdated)
    await edit(database, article_id, JO)
    assert [one.outcome for one in await again(database, dry_run=True)] == ["changed"]
    assert [one.outcome for one in await again(database)] == ["changed"]
    found = await served(database, article_id)
    assert (found["revision"], found["authors"]) == (3, ["Jo Lund"])
    assert {"night-shifts", "winter-pay"} <= {topic["slug"] for topic in found["topics"]}
    assert [(one["from"], one["chosen"]) for one in found["evidence"]["authors"]] == [
        ("editor", True),
        ("text.byline", False),
    ]
    assert [one.outcome for one in await again(database)] == ["unchanged"]
    assert await served(database, article_id) == found
    await edit(database, article_id, BACK)
    assert (await served(database, article_id))["authors"] == ["Maren Holt"]
    assert [one.outcome for one in await again(database)] == ["unchanged"]
    await assert_counts(database)


async def test_an_article_that_is_corrected_in_everything_is_unchanged_by_processing_again(database: Database) -> None:
    [article_id] = await taken_in(database, story(1))
    before = await served(database, article_id)
    await edit(database, article_id, Wish(Said(("Jo Lund",), None, ("winter pay", "Ferries", "Night-shifts"))))
    corrected = await served(database, article_id)
    assert [topic["slug"] for topic in corrected["topics"]] == ["winter-pay", "ferries", "night-shifts"]
    assert [one.outcome for one in await again(database)] == ["unchanged"]
    assert await served(database, article_id) == corrected
    await edit(database, article_id, BACK)
    after = await served(database, article_id)
    assert {name for name in before if before[name] != after[name]} == {"revision", "updated_at"}
    await assert_counts(database)


async def test_what_is_read_under_a_correction_is_what_is_processed_again(database: Database) -> None:
    [article_id] = await taken_in(database, story(1), url=URL)
    await edit(database, article_id, JO)
    await taken_in(database, story(1).replace("Maren", "Mara"), url=URL)
    found = await served(database, article_id)
    assert (found["revision"], [one["value"] for one in found["evidence"]["authors"]]) == (2, ["Jo Lund", "Mara Holt"])
    assert await asked(database, "SELECT submission_id = (SELECT max(id::text)::uuid FROM submissions) FROM articles")
    assert [one.outcome for one in await again(database)] == ["unchanged"]
    await edit(database, article_id, BACK)
    assert (await served(database, article_id))["authors"] == ["Mara Holt"]
    assert [one.outcome for one in await again(database)] == ["unchanged"]
    await assert_counts(database)


async def test_a_batch_that_changes_the_byline_and_then_the_text_shows_the_last(database: Database) -> None:
    [article_id] = await taken_in(database, story(1), url=URL)
    await edit(database, article_id, JO)
    submission = await asked(database, "SELECT id FROM submissions")
    bodies = [story(1).replace("Maren", name) + more for name, more in (("Ann", ""), ("Mara", LATER), ("Ina", LATER))]
    async with database.transaction() as connection:
        saved = await save(connection, [Arrival(submission, n, NOON, made_of(body)) for n, body in enumerate(bodies)])
    assert [one.outcome for one in saved] == ["unchanged", "revised", "unchanged"]
    found = await served(database, article_id)
    assert (found["revision"], [one["value"] for one in found["evidence"]["authors"]]) == (3, ["Jo Lund", "Ina Holt"])
    assert await asked(database, "SELECT position FROM articles") == 2
    await edit(database, article_id, BACK)
    assert (await served(database, article_id))["authors"] == ["Ina Holt"]


async def test_an_arrival_that_waited_for_the_editor_sees_what_they_said(database: Database) -> None:
    [article_id] = await taken_in(database, story(1), url=URL)
    found = made_of(story(1) + LATER)
    async with database.transaction() as connection:
        row = await hold(connection, article_id)
        assert row is not None
        arriving = asyncio.create_task(arrive(database, found))
        deadline = time.monotonic() + 30
        while not await asked(database, WAITS):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        await amend(connection, row, JO, kept_revisions=100)
    assert await arriving == "revised"
    after = await served(database, article_id)
    assert (after["revision"], after["authors"]) == (3, ["Jo Lund"])
    assert "nightfall" in after["text"]


async def test_topics_of_codes_come_back_when_topics_are_no_longer_corrected(database: Database) -> None:
    async with database.transaction() as connection:
        await load(
            connection, "medtop", [Concept("20000638", Name("Shipping", "en")), Concept("7", Name("Ports", "en"))]
        )
    document = {
        "uri": "urn:ellery:1", "type": "text", "headline": "Quay reopens", "version": "1", "language": "en",
        "body_text": "The harbour authority reopened the northern quay on Saturday.",
        "subject": [{"code": "medtop:20000638"}, {"code": "medtop:7", "name": "Harbours and docks"}],
    }  # fmt: skip
    [article_id] = await taken_in(database, orjson.dumps(document), "application/vnd.iptc.ninjs+json")
    before = await served(database, article_id)
    assert {"shipping", "ports"} <= {topic["slug"] for topic in before["topics"]}
    await edit(database, article_id, JO)
    assert (await served(database, article_id))["topics"] == before["topics"]
    await edit(database, article_id, Wish(Said(topics=("Cranes",))))
    assert [topic["slug"] for topic in (await served(database, article_id))["topics"]] == ["cranes"]
    assert [one.outcome for one in await again(database)] == ["unchanged"]
    await edit(database, article_id, BACK)
    assert (await served(database, article_id))["topics"] == before["topics"]
    await assert_counts(database)


async def test_corrections_count_as_revisions_that_are_dropped_too(database: Database) -> None:
    [article_id] = await taken_in(database, story(1))
    for number in range(5):
        await edit(database, article_id, Wish(Said(authors=(f"Jo Lund {number}",))), kept=3)
    kept: Any = await asked(database, "SELECT array_agg(revision ORDER BY revision) FROM article_revisions")
    assert (kept, (await served(database, article_id))["revision"]) == ([1, 5], 6)


async def test_a_row_holds_the_whole_article(database: Database) -> None:
    made = made_of(story(3))
    await taken_in(database, story(3), url=URL)
    async with database.transaction() as connection:
        row = await hold(connection, await asked(database, "SELECT id FROM articles"))
        assert row is not None
        back = article_of(row, made.topics)
    unordered: dict[str, Any] = {"evidence": (), "vocabulary": frozenset(), "acronyms": ()}
    assert replace(back, **unordered) == replace(made, **unordered)
    assert {replace(one, confidence=0) for one in back.evidence} == {
        replace(one, confidence=0) for one in made.evidence
    }
