"""`q` finds what a reader means, in any script, and nothing that can be typed breaks it."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db import Database
from tests.http.seed import Told, ids, reading, store, strings, walk

SHELF = (
    Told("Dock workers at Port Ellery accept the offer.", title="Strike at the northern quay ends", language="en"),
    Told("Die Häuser am Fluß rücken näher, sagte die Bürgermeisterin.", language="de"),
    Told("東京都知事は新しい港湾計画を発表した。", language="ja"),
    Told("Le café rouvre; l'économie locale s'en réjouit.", language="fr"),
    Told("A co-operative runs the ferry, not the port.", language="en"),
    Told("นายกรัฐมนตรีเดินทางไปท่าเรือ", language="th"),
)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"q": "quay"}, [0]),
        ({"q": "QUAY strike"}, [0]),
        ({"q": '"northern quay"'}, [0]),
        ({"q": '"quay northern"'}, []),
        ({"q": "quay or ferry"}, [0, 4]),
        ({"q": "port -ferry"}, [0]),
        ({"q": '-"the ferry" port'}, [0]),
        ({"q": "cafe"}, [3]),
        ({"q": "ECONOMIE"}, [3]),
        ({"q": "fluss"}, [1]),
        ({"q": "Fluß"}, [1]),
        ({"q": "haus"}, []),
        ({"q": "haus", "language": "de"}, [1]),
        ({"q": "worker offers", "language": "en"}, [0]),
        ({"q": "worker", "language": "de"}, []),
        ({"q": "co-operative"}, [4]),
        ({"q": "cooperative"}, []),
        ({"q": "東京"}, [2]),
        ({"q": "港湾計画"}, [2]),
        ({"q": "京東"}, []),
        ({"q": "発表", "language": "ja"}, [2]),
        ({"q": "ท่าเรือ"}, [5]),
        ({"q": "the", "language": "en"}, []),
        ({"q": "... !? & |"}, []),
        ({"q": " "}, []),
    ],
    ids=str,
)
async def test_q_finds_what_is_meant(
    database: Database, reader: httpx.AsyncClient, asked: dict[str, Any], expected: list[int]
) -> None:
    stored = strings(await store(database, *SHELF))
    assert sorted(await ids(reader, "/v1/articles", **asked)) == sorted(stored[place] for place in expected)
    assert sorted(await ids(reader, "/v1/articles", **asked, sort="relevance")) == sorted(
        stored[place] for place in expected
    )


async def test_relevance_puts_first_what_says_it_most(database: Database, reader: httpx.AsyncClient) -> None:
    once, often, apart = strings(
        await store(
            database,
            Told("The ferry sailed."),
            Told("Ferry after ferry after ferry left the ferry terminal."),
            Told("The quay is open, and a week later a ferry came, and another ferry."),
        )
    )
    found = await walk(reader, "/v1/articles", q="ferry", sort="relevance", limit=1)
    assert [item["id"] for item in found] == [often, apart, once]


async def test_what_arrives_during_a_walk_by_relevance_moves_nothing(
    database: Database, reader: httpx.AsyncClient
) -> None:
    there = strings(await store(database, *(Told("ferry " * n) for n in range(1, 6))))
    first = (await reader.get("/v1/articles?q=ferry&sort=relevance&limit=2&fields=id")).json()
    await store(database, *(Told("ferry " * n + "again") for n in range(1, 30)))
    rest = await walk(reader, first["next"])
    assert {item["id"] for item in first["items"] + rest} >= set(there)
    assert len({item["id"] for item in rest}) == len(rest)


@pytest.mark.parametrize("word", ["rare", "common"])
async def test_a_word_that_is_everywhere_is_walked_like_a_rare_one(
    database: Database, reader: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    monkeypatch.setattr("app.query.listing.RARE", 3)
    told = [Told(f"A common word, number {n}" + " and a rare one" * (n % 5 == 0)) for n in range(12)]
    stored = strings(await store(database, *told))
    expected = {one for n, one in enumerate(stored) if word == "common" or n % 5 == 0}
    for sort in ("-published_at", "published_at", "-received_at", "relevance"):
        found = [item["id"] for item in await walk(reader, "/v1/articles", q=word, sort=sort, limit=2)]
        assert (set(found), len(found)) == (expected, len(expected))


async def test_the_total_of_a_word_beyond_counting_says_that_it_is_a_bound(
    database: Database, reader: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.query.listing.RARE", 3)
    monkeypatch.setattr("app.query.listing.COUNT_CAP", 5)
    await store(database, *(Told(f"A common word {n}") for n in range(7)))
    answer = (await reader.get("/v1/articles?q=common&total=true")).json()
    assert answer["total"] == {"count": 5, "exact": False}


hard_text = st.text(st.sampled_from("\"'-|&!:*()<>\\ orab東京\u0301\x00\ufdfa%_;\U0001f600"), min_size=1, max_size=60)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(question=st.one_of(hard_text, st.text(min_size=1, max_size=500)))
async def test_no_question_breaks_it(database: Database, question: str) -> None:
    sent = quote(question.encode("utf-8", "replace"))
    async with reading(database) as client:
        for rest in ("", "&language=de", "&sort=relevance&total=true"):
            assert (await client.get(f"/v1/articles?q={sent}{rest}")).status_code == 200
        for path in ("topics", "authors"):
            answer = await client.get(f"/v1/{path}?q={sent}")
            assert answer.status_code == 200 or (
                answer.status_code == 422 and (len(question) > 200 or "\0" in question)
            )


@pytest.mark.parametrize("text", ["東" * 500, "\ufdfa" * 500, "x" * 500, '"' * 500, "-" * 500, "a-" * 250, "or " * 166])
async def test_the_longest_question_is_taken(reader: httpx.AsyncClient, text: str) -> None:
    assert (await reader.get("/v1/articles", params={"q": text})).status_code == 200


@pytest.mark.parametrize(
    "text",
    [
        " ".join(f"w{n:x}" for n in range(200_000)),
        "".join(chr(0x4E00 + n * 7919 % 20_000) for n in range(200_000)),
        " ".join(f"{n:x}-{n + 1:x}.{n:x}/x@y{n}.zz" for n in range(60_000)),
        "z" * 1_000_000,
    ],
    ids=["words", "signs", "addresses", "one word"],
)
async def test_the_longest_text_can_be_stored_and_found(
    database: Database, reader: httpx.AsyncClient, text: str
) -> None:
    stored = strings(await store(database, Told(text, title="The northern quay")))
    assert await ids(reader, "/v1/articles", q="northern quay") == stored
