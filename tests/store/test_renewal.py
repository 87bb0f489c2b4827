"""Stored articles take what today's pipeline makes of them: as revisions, in place, or not at all."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import text

from app.db import Database
from app.pipeline.article import Article
from app.store.articles import save
from app.store.candidates import Filters
from app.store.deletion import delete_article
from app.store.plan import Arrival
from app.store.taxonomies import Concept, Name, load
from app.store.topic_links import add_alias, made
from tests.builders import NOON, an_arrival, an_article
from tests.http.seed import reading
from tests.processing_again import again, asked, renewed, results, story, taken_in
from tests.store.test_topic_counts import assert_counts

EVERYTHING = """
    SELECT md5(string_agg(part, '|' ORDER BY part)) FROM (
        SELECT a::text AS part FROM articles a UNION ALL SELECT r::text FROM article_revisions r
        UNION ALL SELECT t::text FROM article_topics t UNION ALL SELECT w::text FROM article_authors w
        UNION ALL SELECT k::text FROM article_keys k UNION ALL SELECT s::text FROM sightings s
        UNION ALL SELECT d::text FROM topic_deltas d UNION ALL SELECT n::text FROM topics n
    ) parts
"""


def outdated(article: Article) -> Article:
    """Give an article as a pipeline made it that read neither its author nor its topics."""
    return replace(article, authors=(), topics=(), field_hash=b"old", pipeline_version="1")


def scored_otherwise(article: Article) -> Article:
    """Give an article as a pipeline made it that scored its topics otherwise and kept less evidence."""
    topics = tuple(replace(topic, score=topic.score / 2) for topic in article.topics)
    return replace(article, topics=topics, evidence=article.evidence[:1], pipeline_version="1")


async def served(database: Database, article_id: UUID, rest: str = "") -> dict[str, Any]:
    """Give an article as a client reads it."""
    async with reading(database) as client:
        answer: dict[str, Any] = (await client.get(f"/v1/articles/{article_id}{rest}")).json()
        return answer


async def test_a_dry_run_counts_and_changes_nothing(database: Database) -> None:
    for number in range(3):
        await taken_in(database, story(number), older=outdated)
    await taken_in(database, story(9))
    before = await asked(database, EVERYTHING)
    found = await again(database, dry_run=True)
    assert Counter(one.outcome for one in found) == {"changed": 3, "unchanged": 1}
    assert {difference.field for difference in found[0].differences.served} == {"authors", "topics"}
    assert await asked(database, EVERYTHING) == before


async def test_what_clients_see_change_is_a_revision_and_no_sighting(database: Database) -> None:
    [article_id] = await taken_in(database, story(1), older=outdated)
    before = await served(database, article_id)
    assert [one.outcome for one in await again(database)] == ["changed"]
    after = await served(database, article_id)
    assert (after["revision"], after["authors"], after["pipeline_version"] != "1") == (2, ["Maren Holt"], True)
    assert {"night-shifts", "winter-pay"} <= {topic["slug"] for topic in after["topics"]}
    assert [before[name] for name in ("id", "received_at", "sightings")] == [
        after[name] for name in ("id", "received_at", "sightings")
    ]
    assert after["updated_at"] > before["updated_at"]
    assert (await served(database, article_id, "/revisions/1"))["authors"] == []
    assert await asked(database, "SELECT current_since = :noon FROM articles", noon=NOON)
    assert await asked(database, "SELECT count(*) FROM article_authors") == 1
    await assert_counts(database)
    assert [one.outcome for one in await again(database)] == ["unchanged"]


async def test_how_an_article_was_read_is_put_right_in_place(database: Database) -> None:
    [article_id] = await taken_in(database, story(1), older=scored_otherwise)
    before = await served(database, article_id)
    [found] = await again(database)
    assert (found.outcome, [one.field for one in found.differences.beside]) == (
        "refreshed",
        ["evidence", "topic details"],
    )
    after = await served(database, article_id)
    assert (after["revision"], after["updated_at"]) == (1, before["updated_at"])
    assert after["topics"][0]["score"] == pytest.approx(2 * before["topics"][0]["score"])
    assert len(after["evidence"]) > len(before["evidence"])
    await assert_counts(database)


async def test_a_newer_version_alone_is_noted_in_place(database: Database) -> None:
    await taken_in(database, story(1), older=lambda article: replace(article, pipeline_version="1", field_hash=b"old"))
    assert [one.outcome for one in await again(database)] == ["unchanged"]
    assert await asked(database, "SELECT pipeline_version <> '1' AND field_hash <> 'old' FROM articles")


async def test_an_alias_alone_changes_nothing(database: Database) -> None:
    await taken_in(database, story(1))
    async with database.transaction() as connection:
        await add_alias(connection, await made(connection, "bonuses"), await made(connection, "winter-pay"))
    assert [one.outcome for one in await again(database)] == ["unchanged"]


async def test_codes_whose_taxonomy_came_later_get_their_topics(database: Database) -> None:
    document = {
        "uri": "urn:ellery:1", "type": "text", "headline": "Quay reopens", "version": "1", "language": "en",
        "body_text": "The harbour authority reopened the northern quay on Saturday.",
        "subject": [{"code": "medtop:20000638"}],
    }  # fmt: skip
    [article_id] = await taken_in(database, orjson.dumps(document), "application/vnd.iptc.ninjs+json")
    before = [topic["slug"] for topic in (await served(database, article_id))["topics"]]
    assert "shipping" not in before
    async with database.transaction() as connection:
        await load(connection, "medtop", [Concept("20000638", Name("Shipping", "en"))])
    [dry] = await again(database, dry_run=True)
    assert [(one.field, one.before, one.after) for one in dry.differences.served] == [
        ("topics", before, [*before, "shipping"])
    ]
    assert [one.outcome for one in await again(database)] == ["changed"]
    assert [topic["slug"] for topic in (await served(database, article_id))["topics"]] == [*before, "shipping"]
    await assert_counts(database)


async def test_what_was_deleted_or_revised_meanwhile_is_passed_over(database: Database) -> None:
    ids = [(await taken_in(database, story(n), older=outdated, url=f"https://a.example/{n}"))[0] for n in range(3)]
    work = await results(database)
    submission = await asked(database, "SELECT id FROM submissions ORDER BY id LIMIT 1")
    async with database.transaction() as connection:
        await delete_article(connection, ids[0])
        revised = an_article("Another text altogether.", source=None, url="https://a.example/1", published_at=None)
        await save(connection, [replace(an_arrival(revised, minutes=5), submission_id=submission)])
    assert [one.outcome for one in await renewed(database, work)] == ["overtaken", "overtaken", "changed"]
    assert await asked(database, "SELECT text FROM articles WHERE id = :id", id=ids[1]) == "Another text altogether."
    assert await asked(database, "SELECT max(revision) FROM articles") == 2
    await assert_counts(database)


async def test_a_poorer_result_never_replaces_a_better_one(database: Database) -> None:
    for number in range(2):
        await taken_in(database, story(number), older=outdated)
    before = await asked(database, EVERYTHING)
    found = await again(database, pipeline="app.pipeline.run:fallback")
    assert [one.outcome for one in found] == ["poorer", "poorer"]
    refused = [replace(one, arrival=None, left="rejected", reason="No text.") for one in await results(database)]
    assert [(one.outcome, one.reason) for one in await renewed(database, refused)] == [("rejected", "No text.")] * 2
    assert await asked(database, EVERYTHING) == before


async def test_an_embargo_and_another_item_in_its_place_leave_an_article(database: Database) -> None:
    body = '{"content": "The first report of the day.", "guid": "1"}\n{"content": "The second one.", "guid": "2"}\n'
    await taken_in(database, body, "application/x-ndjson", older=outdated)
    before = await asked(database, EVERYTHING)
    held, other = await results(database)
    assert held.arrival is not None
    assert other.arrival is not None
    until = NOON + timedelta(hours=1)
    work = [
        replace(held, arrival=replace(held.arrival, article=replace(held.arrival.article, embargoed_until=until))),
        replace(other, arrival=replace(other.arrival, span=None, article=replace(other.arrival.article, guid="3"))),
    ]
    assert [one.outcome for one in await renewed(database, work)] == ["embargoed", "elsewhere"]
    assert await asked(database, EVERYTHING) == before


async def test_new_keys_are_claimed_and_none_is_taken_from_another(database: Database) -> None:
    def without_url(article: Article) -> Article:
        return replace(outdated(article), url=None)

    [mine] = await taken_in(database, story(1), older=without_url, url="https://a.example/1", source="a.example")
    [taken] = await taken_in(database, story(2), older=without_url, url="https://a.example/2", source="a.example")
    owner = "SELECT article_id FROM article_keys WHERE scope = 'url' AND article_id = :id"
    other = an_article("It came first.", url="https://a.example/2", source="a.example")
    submission = await asked(database, "SELECT id FROM submissions ORDER BY id LIMIT 1")
    async with database.transaction() as connection:
        await save(connection, [Arrival(submission, 7, NOON, other)])
    work = [one for one in await results(database) if one.candidate.article_id in {mine, taken}]
    assert [one.outcome for one in await renewed(database, work)] == ["changed", "changed"]
    assert await asked(database, owner, id=mine) == mine
    assert await asked(database, owner, id=taken) is None


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (Filters(), 3),
        (Filters(source=("a.example",)), 2),
        (Filters(source=("a.example", "b.example")), 3),
        (Filters(language="de"), 0),
        (Filters(topic="bonuses"), 3),
        (Filters(topic="unheard-of"), 0),
        (Filters(received_from=NOON, received_to=NOON), 3),
        (Filters(received_from=NOON + timedelta(seconds=1)), 0),
        (Filters(published_from=NOON - timedelta(days=376)), 1),
        (Filters(published_to=NOON - timedelta(days=376)), 2),
        (Filters(made_by="1"), 1),
        (Filters(not_made_by="1"), 2),
    ],
)
async def test_filters_say_what_is_walked(database: Database, filters: Filters, count: int) -> None:
    await taken_in(database, story(1), older=outdated, source="a.example")
    await taken_in(database, story(2), source="a.example")
    await taken_in(database, story(3), source="b.example")
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE articles SET published_at = '2025-03-01' WHERE revision = 1"))
        await connection.execute(text("UPDATE articles SET published_at = '2025-03-04' WHERE source = 'b.example'"))
        await add_alias(connection, await made(connection, "bonuses"), await made(connection, "winter-pay"))
    assert Filters.of_json(filters.as_json()) == filters
    if count:
        assert len(await results(database, filters)) == (count if filters.topic is None else 2)
