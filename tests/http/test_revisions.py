"""An article's history: what changed between two revisions, what it said at a time, and how much of it is kept."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from app.db import Database
from app.store.articles import save
from app.store.deletion import delete_article
from app.store.plan import Arrival
from tests.http.seed import NOON, Told, article_of, faults, store, submit
from tests.store.test_topic_counts import assert_counts

TOLD = Told(
    "Two ships came. The crane stood still.", title="Quay", authors=["M. Holt"], topics=["Cranes", "Ferries"],
    url="https://a.example/1",
)  # fmt: skip
BEGAN = datetime(2026, 3, 14, 12, tzinfo=UTC)
KEPT_SPREAD = """
    UPDATE article_revisions SET at = CAST(:began AS timestamptz) + (revision - 1) * interval '1 h',
    until = CAST(:began AS timestamptz) + revision * interval '1 h' WHERE article_id = :id
"""
CURRENT_SPREAD = (
    "UPDATE articles SET updated_at = CAST(:began AS timestamptz) + (revision - 1) * interval '1 h' WHERE id = :id"
)


async def revised(database: Database, count: int, *, kept: int = 100) -> UUID:
    """Store an article in so many revisions, a minute apart."""
    owner = await submit(database)
    for number in range(1, count + 1):
        told = replace(
            TOLD, text=f"Two ships came. Report {number} is out.", received_at=NOON + timedelta(minutes=number)
        )
        async with database.transaction() as connection:
            [saved] = await save(
                connection, [Arrival(owner, 0, told.received_at, article_of(told))], kept_revisions=kept
            )
    return saved.article_id


async def spread(database: Database, article_id: UUID) -> None:
    """Let each revision have become current an hour after the one before, the first at noon."""
    async with database.transaction() as connection:
        for statement in (KEPT_SPREAD, CURRENT_SPREAD):
            await connection.execute(text(statement), {"began": BEGAN, "id": article_id})


def fields(answer: httpx.Response) -> dict[str, Any]:
    """Give the fields that differ, by name."""
    assert answer.status_code == 200, answer.text
    return {
        one["field"]: {name: value for name, value in one.items() if name != "field"} for one in answer.json()["fields"]
    }


async def test_a_diff_tells_fields_topics_and_sentences(database: Database, reader: httpx.AsyncClient) -> None:
    [article_id] = await store(database, TOLD)
    changed = replace(
        TOLD, text="Two ships came. The crane moved. It rained.", authors=["Maren Holt"], topics=["Cranes", "Rain"]
    )
    await store(database, changed)
    answer = await reader.get(f"/v1/articles/{article_id}/revisions/2/diff")
    assert fields(answer) == {
        "lead": {"before": TOLD.text, "after": changed.text},
        "authors": {"before": ["M. Holt"], "after": ["Maren Holt"]},
        "topics": {
            "before": ["cranes", "ferries"],
            "after": ["cranes", "rain"],
            "added": ["rain"],
            "removed": ["ferries"],
        },
    }
    told: Mapping[str, Any] = answer.json()
    assert (told["article_id"], told["revision"], told["against"]) == (str(article_id), 2, 1)
    assert told["text"] == [
        {"op": "equal", "sentences": 1, "text": "Two ships came."},
        {"op": "removed", "sentences": 1, "text": "The crane stood still."},
        {"op": "added", "sentences": 2, "text": "The crane moved. It rained."},
    ]
    bare = await reader.get(f"/v1/articles/{article_id}/revisions/2/diff?context=0")
    assert bare.json()["text"][0] == {"op": "elided", "sentences": 1, "text": None}
    again = await reader.get(answer.url.path, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


async def test_any_two_revisions_can_be_compared(database: Database, reader: httpx.AsyncClient) -> None:
    article_id = await revised(database, 3)
    path = f"/v1/articles/{article_id}/revisions"
    back = (await reader.get(f"{path}/1/diff?against=3&context=0")).json()
    assert [hunk["text"] for hunk in back["text"]] == [None, "Report 3 is out.", "Report 1 is out."]
    same = (await reader.get(f"{path}/2/diff?against=2")).json()
    assert (same["fields"], same["text"]) == ([], [])
    first = await reader.get(f"{path}/1/diff")
    assert (first.status_code, "before the first" in first.json()["detail"]) == (404, True)
    assert (await reader.get(f"{path}/4/diff")).status_code == 404
    assert (await reader.get(f"{path}/2/diff?against=9")).status_code == 404
    assert faults(await reader.get(f"{path}/2/diff?against=0&context=101")) == ["/query/against", "/query/context"]
    assert faults(await reader.get(f"{path}/2/diff?colour=red")) == ["/query/colour"]
    assert (await reader.get(f"/v1/articles/{uuid4()}/revisions/2/diff")).status_code == 404


async def test_blocks_are_told_where_they_alone_differ(database: Database, reader: httpx.AsyncClient) -> None:
    article_id = await revised(database, 2)
    async with database.transaction() as connection:
        await connection.execute(
            text(
                "UPDATE article_revisions SET article = article || (SELECT jsonb_build_object('text', text, 'lead', lead) FROM articles)"
            )
        )
        await connection.execute(text("UPDATE articles SET blocks = '[]'"))
    answer = await reader.get(f"/v1/articles/{article_id}/revisions/2/diff")
    assert list(fields(answer)) == ["blocks"]
    assert (answer.json()["text"], fields(answer)["blocks"]["after"]) == ([], [])


@pytest.mark.parametrize(
    ("when", "revision"),
    [
        ("2026-03-14T12:00:00Z", 1),
        ("2026-03-14T12:59:59.999Z", 1),
        ("2026-03-14T15:00:00%2B02:00", 2),
        ("2026-03-14T14:30:00Z", 3),
        ("2026-03-14", 3),
        ("2999-01-01", 3),
    ],
)
async def test_an_article_is_given_as_it_was_at_a_time(
    database: Database, reader: httpx.AsyncClient, when: str, revision: int
) -> None:
    article_id = await revised(database, 3)
    await spread(database, article_id)
    answer = await reader.get(f"/v1/articles/{article_id}?as_of={when}")
    assert answer.json()["revision"] == revision
    assert answer.content == (await reader.get(f"/v1/articles/{article_id}/revisions/{revision}")).content
    again = await reader.get(str(answer.url), headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


async def test_there_is_nothing_before_the_first_revision(database: Database, reader: httpx.AsyncClient) -> None:
    article_id = await revised(database, 2)
    await spread(database, article_id)
    early = await reader.get(f"/v1/articles/{article_id}?as_of=2026-03-14T11:59:59Z")
    assert early.status_code == 404
    assert early.json()["detail"] == "The article was not there then; its first revision is of 2026-03-14T12:00:00Z."
    assert (await reader.get(f"/v1/articles/{uuid4()}?as_of=2026-03-14")).json()[
        "detail"
    ] == "There is no such article."
    assert faults(await reader.get(f"/v1/articles/{article_id}?as_of=yesterday")) == ["/query/as_of"]
    async with database.transaction() as connection:
        await delete_article(connection, article_id)
    assert (await reader.get(f"/v1/articles/{article_id}?as_of=2026-03-15")).status_code == 410


async def test_of_a_page_that_keeps_changing_the_first_and_the_newest_revisions_are_kept(
    database: Database, reader: httpx.AsyncClient
) -> None:
    article_id = await revised(database, 9, kept=4)
    await spread(database, article_id)
    path = f"/v1/articles/{article_id}"
    listed = (await reader.get(f"{path}/revisions?total=true")).json()
    assert [one["revision"] for one in listed["items"]] == [9, 8, 7, 1]
    assert listed["total"] == {"count": 4, "exact": True}
    for gone in (
        "/revisions/2",
        "/revisions/6",
        "/revisions/2/diff",
        "/revisions/7/diff",
        "/revisions/9/diff?against=5",
    ):
        answer = await reader.get(path + gone)
        assert (answer.status_code, "no longer kept" in answer.json()["detail"]) == (410, True), gone
    assert (await reader.get(f"{path}/revisions/7/diff?against=1")).status_code == 200
    hours = {hour: await reader.get(f"{path}?as_of=2026-03-14T{hour}:30:00Z") for hour in (12, 13, 17, 18, 20)}
    assert [one.status_code for one in hours.values()] == [200, 410, 410, 200, 200]
    assert [hours[hour].json()["revision"] for hour in (12, 18, 20)] == [1, 7, 9]
    assert "no longer kept" in hours[13].json()["detail"]
    assert (await reader.get(f"{path}/revisions/10")).status_code == 404


async def test_a_lower_limit_takes_effect_with_the_next_revision(database: Database, reader: httpx.AsyncClient) -> None:
    article_id = await revised(database, 6)
    told = replace(TOLD, text="Now it is over.", received_at=NOON + timedelta(hours=1))
    async with database.transaction() as connection:
        owner = await connection.scalar(text("SELECT id FROM submissions LIMIT 1"))
        await save(connection, [Arrival(owner, 0, told.received_at, article_of(told))], kept_revisions=2)
    listed = (await reader.get(f"/v1/articles/{article_id}/revisions")).json()
    assert [one["revision"] for one in listed["items"]] == [7, 1]
    await assert_counts(database)


async def test_a_revision_without_an_end_lasts_until_the_next_that_is_kept(
    database: Database, reader: httpx.AsyncClient
) -> None:
    article_id = await revised(database, 2)
    await spread(database, article_id)
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE article_revisions SET until = NULL"))
    assert (await reader.get(f"/v1/articles/{article_id}?as_of=2026-03-14T12:30:00Z")).json()["revision"] == 1
