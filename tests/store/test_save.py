"""What a batch of arrivals does to the store: one article however often and from wherever it comes."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from app.db import Database, to_json
from app.store.articles import save
from app.store.deletion import delete_article
from app.store.plan import Arrival, Saved
from tests.builders import an_arrival, an_article

LONG = "The harbour authority of Port Ellery reopened its northern quay on Saturday after repairs"


async def submitted(connection: AsyncConnection, arrivals: Sequence[Arrival]) -> None:
    """Write the submissions that arrivals came in."""
    for arrival in arrivals:
        await connection.execute(
            text(
                "INSERT INTO submissions (id, content_type, body, body_bytes, hints, state) "
                "VALUES (:id, 'text/plain', 'x', 1, :hints, 'done') ON CONFLICT DO NOTHING"
            ),
            {"id": arrival.submission_id, "hints": to_json({})},
        )


async def kept(database: Database, *arrivals: Arrival) -> list[Saved]:
    """Store a batch as a worker does, with the outcomes of its items."""
    async with database.transaction() as connection:
        await submitted(connection, arrivals)
        saved = await save(connection, arrivals)
        for arrival, one in zip(arrivals, saved, strict=True):
            await connection.execute(
                text(
                    "INSERT INTO submission_items (submission_id, position, outcome, article_id) "
                    "VALUES (:id, :position, :outcome, :article)"
                ),
                {
                    "id": arrival.submission_id,
                    "position": arrival.position,
                    "outcome": one.outcome,
                    "article": one.article_id,
                },
            )
        return saved


async def one(database: Database, sql: str, **parameters: Any) -> Any:
    """Read one value."""
    async with database.reading() as connection:
        return await connection.scalar(text(sql), parameters)


async def test_the_same_words_are_one_article_with_a_sighting_for_each_route(database: Database) -> None:
    a = an_article(f"{LONG}.")
    b = an_article(f"{LONG}.", source="copy.example")
    saved = await kept(database, an_arrival(a), an_arrival(a, minutes=1), an_arrival(b, minutes=2))
    assert [s.outcome for s in saved] == ["stored", "unchanged", "duplicate"]
    assert len({s.article_id for s in saved}) == 1
    assert await one(database, "SELECT array_agg(count ORDER BY count) FROM sightings") == [1, 2]


async def test_punctuation_and_case_make_no_new_article(database: Database) -> None:
    [first] = await kept(database, an_arrival(an_article(f"{LONG}.")))
    [again] = await kept(database, an_arrival(an_article(f"{LONG.upper()}!"), minutes=1))
    assert again.article_id == first.article_id


async def test_a_change_by_its_publisher_is_a_revision_and_by_another_a_sighting(database: Database) -> None:
    url = "https://harbour-post.example/quay"
    [first] = await kept(database, an_arrival(an_article(f"{LONG}.", url=url)))
    changed = an_article(f"{LONG} to the tide gates.", url=url, authors=["Jo Lund"], topics=["Tide gates"])
    other = an_article(f"{LONG} to something else.", url=url, source="copy.example")
    [second] = await kept(database, an_arrival(changed, minutes=5))
    [third] = await kept(database, an_arrival(other, minutes=9))
    assert [(s.outcome, s.article_id) for s in (second, third)] == [
        ("revised", first.article_id),
        ("duplicate", first.article_id),
    ]
    assert await one(database, "SELECT revision FROM articles") == 2
    assert await one(database, "SELECT text FROM articles") == f"{LONG} to the tide gates."
    assert await one(database, "SELECT article->>'text' FROM article_revisions") == f"{LONG}."
    assert await one(database, "SELECT array_agg(name) FROM article_authors") == ["Jo Lund"]


async def test_an_older_arrival_never_replaces_a_newer_one(database: Database) -> None:
    url = "https://harbour-post.example/quay"
    await kept(database, an_arrival(an_article(f"{LONG}, again.", url=url), minutes=10))
    [late] = await kept(database, an_arrival(an_article(f"{LONG}.", url=url), minutes=0))
    assert late.outcome == "unchanged"
    assert await one(database, "SELECT text FROM articles") == f"{LONG}, again."


async def test_every_revision_of_one_batch_is_kept(database: Database) -> None:
    url = "https://harbour-post.example/live"
    arrivals = [an_arrival(an_article(f"{LONG}, update {n}.", url=url), minutes=n) for n in range(4)]
    saved = await kept(database, *arrivals)
    assert [s.outcome for s in saved] == ["stored", "revised", "revised", "revised"]
    assert await one(database, "SELECT revision FROM articles") == 4
    assert await one(database, "SELECT array_agg(revision ORDER BY revision) FROM article_revisions") == [1, 2, 3]


async def test_a_poorer_result_never_replaces_a_full_one(database: Database) -> None:
    url = "https://harbour-post.example/quay"
    await kept(database, an_arrival(an_article(f"{LONG}.", url=url)))
    [poor] = await kept(
        database, an_arrival(an_article(f"{LONG}", url=url, title=None, processing="fallback"), minutes=1)
    )
    assert poor.outcome == "unchanged"
    assert await one(database, "SELECT processing FROM articles") == "full"


async def test_a_guid_is_known_within_its_source_alone(database: Database) -> None:
    saved = await kept(
        database,
        an_arrival(an_article(f"{LONG} one.", guid="7", source="a.example")),
        an_arrival(an_article(f"{LONG} two.", guid="7", source="b.example")),
        an_arrival(an_article(f"{LONG} three.", guid="7", source="a.example"), minutes=1),
    )
    assert [s.outcome for s in saved] == ["stored", "stored", "revised"]


async def test_short_words_of_different_pages_stay_apart(database: Database) -> None:
    saved = await kept(
        database,
        an_arrival(an_article("Watch.", title="Video", url="https://a.example/1")),
        an_arrival(an_article("Watch.", title="Video", url="https://a.example/2")),
    )
    assert [s.outcome for s in saved] == ["stored", "stored"]


async def test_spellings_of_a_subject_are_one_topic(database: Database) -> None:
    await kept(
        database,
        an_arrival(an_article(f"{LONG} one.", topics=["Tide gates", "Repairs"])),
        an_arrival(an_article(f"{LONG} two.", topics=["tide gate"])),
        an_arrival(an_article(f"{LONG} three.", topics=["Tide-Gates"])),
    )
    assert await one(database, "SELECT array_agg(slug ORDER BY slug) FROM topics") == ["repairs", "tide-gates"]
    assert await one(database, "SELECT array_agg(slug ORDER BY slug) FROM topic_spellings") == [
        "repairs",
        "tide-gate",
        "tide-gates",
    ]
    assert (
        await one(
            database,
            "SELECT count(*) FROM article_topics x JOIN topics t ON t.id = x.topic_id WHERE t.slug = 'tide-gates'",
        )
        == 3
    )


async def test_concurrent_deliveries_of_the_same_articles_make_each_once(database: Database) -> None:
    def batch(worker: int) -> list[Arrival]:
        order = range(12) if worker % 2 else range(11, -1, -1)
        return [
            an_arrival(
                an_article(f"{LONG}, part {n}.", url=f"https://a.example/{n}", topics=[f"Pier {n}", "Harbour"]),
                minutes=n,
            )
            for n in order
        ]

    saved = await asyncio.gather(*(kept(database, *batch(worker)) for worker in range(5)))
    assert await one(database, "SELECT count(*) FROM articles") == 12
    assert await one(database, "SELECT sum(count) FROM sightings") == 60
    assert sorted(s.outcome for batch_saved in saved for s in batch_saved) == ["stored"] * 12 + ["unchanged"] * 48


async def test_an_empty_batch_is_nothing(database: Database) -> None:
    assert await kept(database) == []


async def deleted(database: Database, article_id: UUID) -> str:
    """Delete an article."""
    async with database.transaction() as connection:
        return await delete_article(connection, article_id)


async def test_bytes_go_with_the_last_live_article_of_a_submission(database: Database) -> None:
    shared = uuid7()
    saved = await kept(
        database,
        an_arrival(an_article(f"{LONG} one."), shared, position=0),
        an_arrival(an_article(f"{LONG} two."), shared, position=1),
    )
    assert await deleted(database, saved[0].article_id) == "deleted"
    assert await one(database, "SELECT body IS NULL FROM submissions") is False
    assert await deleted(database, saved[1].article_id) == "deleted"
    assert await one(database, "SELECT body IS NULL FROM submissions") is True
    assert await deleted(database, saved[1].article_id) == "gone"
    assert await deleted(database, uuid7()) == "unknown"
    [again] = await kept(database, an_arrival(an_article(f"{LONG} two."), minutes=3))
    assert (again.outcome, again.article_id) == ("deleted", saved[1].article_id)
