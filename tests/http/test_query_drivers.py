"""Whichever of topics, source and author leads to fewest articles drives: the answer is the same whoever drives."""

import random
from datetime import timedelta

import httpx
import pytest

from app.db import Database
from app.store import topic_counts
from tests.http.seed import NOON, Told, store, walk


def told(seed: int) -> list[Told]:
    """Give articles of which a few have a rare topic, a rare source or a rare author."""
    chance = random.Random(seed)
    return [
        Told(
            f"Report {n}.",
            topics=[
                label for label, share in (("Cranes", 0.7), ("Tides", 0.1), ("Quays", 0.5)) if chance.random() < share
            ],
            source=chance.choice(["a.example"] * 9 + ["b.example"]),
            authors=[chance.choice(["Maren Holt"] * 9 + ["Tomas Lind"])],
            published_at=None if chance.random() < 0.1 else NOON + timedelta(minutes=n % 50),
            received_at=NOON + timedelta(minutes=(n * 7) % 60),
        )
        for n in range(90)
    ]


@pytest.mark.parametrize("folded", [True, False])
@pytest.mark.parametrize("sort", ["-published_at", "published_at", "-received_at"])
async def test_an_answer_does_not_depend_on_what_drives_it(
    database: Database, reader: httpx.AsyncClient, sort: str, *, folded: bool
) -> None:
    shelf = told(4)
    found = await store(database, *shelf)
    if folded:
        async with database.transaction() as connection:
            await topic_counts.fold(connection)
    every = [one["id"] for one in await walk(reader, "/v1/articles", sort=sort)]
    stored = dict(zip((str(one) for one in found), shelf, strict=True))
    for topics in (["cranes"], ["tides"], ["cranes", "tides"], ["quays", "cranes"]):
        for source in (None, "a.example", "b.example"):
            for author in (None, "maren holt", "TOMAS LIND"):
                asked = {name: value for name, value in (("source", source), ("author", author)) if value}
                expected = [
                    one
                    for one in every
                    if {label.lower() for label in stored[one].topics} >= set(topics)
                    and source in {None, stored[one].source}
                    and author
                    in {None, author and stored[one].authors[0].lower(), author and stored[one].authors[0].upper()}
                ]
                page = await walk(reader, "/v1/articles", sort=sort, topic=topics, limit=7, **asked)
                assert [one["id"] for one in page] == expected, (topics, asked)


async def test_a_common_word_and_one_that_is_nowhere_near_are_both_found(
    database: Database, reader: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.query.listing.NEAR", 10)
    monkeypatch.setattr("app.query.listing.MANY", 3)
    texts = [f"{'harbour' if n % 2 else 'quay'} report {'ancient' if n < 2 else ''}" for n in range(30)]
    await store(database, *(Told(text, published_at=NOON + timedelta(days=n)) for n, text in enumerate(texts)))
    for word, number in (("harbour", 15), ("ancient", 2), ("report", 30), ("nothing", 0)):
        for sort in ("-published_at", "published_at", "-received_at"):
            found = await walk(reader, "/v1/articles", q=word, sort=sort, limit=4)
            assert len({one["id"] for one in found}) == len(found) == number, (word, sort)
        assert len(await walk(reader, "/v1/articles", q=word, sort="relevance", limit=4)) == number
