"""Questions over topics: counts in any span, trends, timelines, what goes together; all equal to counting by hand."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.db import Database
from app.query.spans import Span, cut, midnight, span_of
from app.store import topic_counts
from tests.http.seed import NOON, Told, faults, store, walk

LABELS = ("Cranes", "Ferries", "Quays", "Pilots", "Tides")
Kept = Callable[[Told], bool]


def shelf(seed: int, count: int = 120) -> list[Told]:
    """Give articles of four months and two sources, some undated."""
    chance = random.Random(seed)
    return [
        Told(
            f"Report {n}.",
            topics=chance.sample(LABELS, chance.randrange(4)),
            source=chance.choice(["a.example", "b.example"]),
            authors=[chance.choice(["Maren Holt", "Tomas Lind"])],
            published_at=None if chance.random() < 0.1 else NOON + timedelta(minutes=chance.randrange(120 * 24 * 60)),
        )
        for n in range(count)
    ]


def by_hand(told: Sequence[Told]) -> dict[str, int]:
    """Count topics as a person would."""
    return dict(Counter(label.lower() for one in told for label in one.topics))


async def fold(database: Database) -> None:
    """Fold what is there."""
    async with database.transaction() as connection:
        await topic_counts.fold(connection)


SPANS = (
    (None, None),
    ("2026-04-01", "2026-05-31"),
    ("2026-03-20", "2026-06-20"),
    ("2026-03-20T10:30:00Z", "2026-06-20T17:00:00Z"),
    ("2026-04-02T10:30:00Z", "2026-04-02T18:00:00Z"),
    ("2026-04-10", None),
    (None, "2026-04-10T12:00:00+02:00"),
)


def within(since: str | None, until: str | None) -> Kept:
    """Give the condition that an article was published within a span; both ends count."""
    start = datetime.fromisoformat(since or "0001-01-01T00:00:00Z")
    end = datetime.fromisoformat(until or "9999-12-31T00:00:00Z")
    end = end.replace(hour=23, minute=59, second=59) if until and "T" not in until else end
    start, end = (one if one.tzinfo else one.replace(tzinfo=UTC) for one in (start, end))

    def kept(told: Told) -> bool:
        return told.published_at is not None and start <= told.published_at <= end

    return (lambda _: True) if since is None and until is None else kept


@pytest.mark.parametrize("folded", ["no", "half", "all"])
async def test_counts_in_any_span_and_of_any_source_or_author_are_exact(
    database: Database, reader: httpx.AsyncClient, folded: str
) -> None:
    told = shelf(1)
    await store(database, *told[:60])
    if folded != "no":
        await fold(database)
    await store(database, *told[60:])
    if folded == "all":
        await fold(database)
    whose: dict[str, tuple[dict[str, str], Kept]] = {
        "all": ({}, lambda _: True),
        "source": ({"source": "a.example"}, lambda one: one.source == "a.example"),
        "author": ({"author": "MAREN HOLT"}, lambda one: "Maren Holt" in one.authors),
        "both": (
            {"author": "Maren Holt", "source": "b.example"},
            lambda one: one.source == "b.example" and "Maren Holt" in one.authors,
        ),
    }
    for since, until in SPANS:
        span = {name: value for name, value in (("from", since), ("to", until)) if value}
        for name, (asked, kept) in whose.items():
            for sort in ("-articles", "label", "-trend"):
                found = await walk(reader, "/v1/topics", **span, **asked, sort=sort, limit=2)
                inside = within(since, until)
                expected = by_hand([one for one in told if kept(one) and inside(one)])
                assert {one["slug"]: one["articles"] for one in found} == expected, (span, name, sort)
                if sort == "-articles":
                    assert [one["articles"] for one in found] == sorted(expected.values(), reverse=True)
                elif sort == "label":
                    assert [one["slug"] for one in found] == sorted(expected)
                else:
                    assert [one["trend"] for one in found] == sorted((one["trend"] for one in found), reverse=True)


async def test_a_trend_compares_a_span_with_the_one_before_and_makes_no_sensation_of_two(
    database: Database, reader: httpx.AsyncClient
) -> None:
    def on(day: int, label: str, count: int) -> list[Told]:
        at = NOON + timedelta(days=day)
        return [Told(f"{label} {day} {n}.", topics=[label], published_at=at) for n in range(count)]

    await store(database, *on(0, "Cranes", 10), *on(7, "Cranes", 25), *on(7, "Tides", 2), *on(0, "Quays", 5))
    found = await walk(reader, "/v1/topics", **{"from": "2026-03-18", "to": "2026-03-24"}, sort="-trend")
    assert [(one["slug"], one["trend"]) for one in found] == [("cranes", 2.0), ("tides", 1.4)]
    before = await walk(reader, "/v1/topics", **{"from": "2026-03-11", "to": "2026-03-17"}, sort="-trend")
    assert [(one["slug"], one["trend"]) for one in before] == [("cranes", 3.0), ("quays", 2.0)]


@pytest.mark.parametrize("bucket", ["hour", "day", "week", "month"])
async def test_a_timeline_counts_every_bucket_zeros_included(
    database: Database, reader: httpx.AsyncClient, bucket: str
) -> None:
    told = shelf(2)
    await store(database, *told[:80])
    await fold(database)
    await store(database, *told[80:])
    since, until = datetime(2026, 3, 20, 10, 30, tzinfo=UTC), datetime(2026, 6, 3, 17, 45, tzinfo=UTC)
    asked = {"bucket": bucket, "from": since.isoformat(), "to": until.isoformat()}
    answer = (await reader.get("/v1/topics/cranes/timeline", params=asked)).json()
    starts = [datetime.fromisoformat(one["start"]) for one in answer["items"]]
    assert starts[0] <= since < starts[1]
    assert starts[-1] <= until
    expected: Counter[datetime] = Counter()
    for one in told:
        if one.published_at and since <= one.published_at <= until and "Cranes" in one.topics:
            expected[max(start for start in starts if start <= one.published_at)] += 1
    assert {start: one["articles"] for start, one in zip(starts, answer["items"], strict=True)} == {
        start: expected[start] for start in starts
    }
    steps = {later - earlier for earlier, later in pairwise(starts)}
    lengths = {"hour": [timedelta(hours=1)], "day": [timedelta(days=1)], "week": [timedelta(weeks=1)]}
    assert steps == set(lengths.get(bucket, [timedelta(days=30), timedelta(days=31)]))


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"bucket": "hour", "from": "2020-01-01", "to": "2026-01-01"}, "/query/bucket"),
        ({"from": "2026-02-01", "to": "2026-01-01"}, "/query/from"),
        ({"bucket": "year"}, "/query/bucket"),
        ({"colour": "red"}, "/query/colour"),
    ],
)
async def test_a_timeline_that_cannot_be_is_pointed_at(
    database: Database, reader: httpx.AsyncClient, asked: dict[str, str], pointer: str
) -> None:
    await store(database, Told(topics=["Cranes"]))
    answer = await reader.get("/v1/topics/cranes/timeline", params=asked)
    assert (answer.status_code, faults(answer)) == (422, [pointer])


async def test_related_topics_share_articles_more_often_than_by_chance(
    database: Database, reader: httpx.AsyncClient
) -> None:
    pairs = [("Cranes", "Quays")] * 6 + [("Cranes", "News")] * 3 + [("News", "Tides")] * 20 + [("Cranes", "Pilots")]
    await store(database, *(Told(f"Report {n}.", topics=pair) for n, pair in enumerate(pairs)))
    answer = (await reader.get("/v1/topics/cranes")).json()
    assert [(one["slug"], one["articles"]) for one in answer["related"]] == [("quays", 6), ("news", 3)]
    assert answer["related"][0]["score"] == pytest.approx(6 / (10 * 6) ** 0.5, abs=0.001)


async def test_an_article_that_prints_a_topic_and_its_alias_goes_once_with_others(
    database: Database, reader: httpx.AsyncClient
) -> None:
    both = [("Cranes", "Quays", "Wharves")] * 2 + [("Cranes", "Wharves"), ("Pilots", "Quays")]
    await store(database, *(Told(f"Report {n}.", topics=labels) for n, labels in enumerate(both)))
    assert (await reader.put("/v1/topics/quays/aliases/wharves")).status_code == 204
    answer = (await reader.get("/v1/topics/cranes")).json()
    assert [(one["slug"], one["articles"]) for one in answer["related"]] == [("quays", 3)]
    assert answer["related"][0]["score"] == pytest.approx(3 / (3 * 4) ** 0.5, abs=0.001)
    other_way = (await reader.get("/v1/topics/wharves")).json()
    assert [(one["slug"], one["articles"]) for one in other_way["related"]] == [("cranes", 3)]


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (datetime(2026, 1, 31, 23, 59, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)),
        (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
        (datetime(2026, 2, 3, 1, tzinfo=UTC), datetime(2026, 2, 3, 2, tzinfo=UTC)),
        (datetime(1, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),
        (datetime(9999, 12, 31, 5, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),
        (datetime(9999, 12, 2, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_a_cut_span_is_whole_and_nothing_twice(since: datetime, until: datetime) -> None:
    found = cut(Span(since, until))
    days = [(midnight(start), midnight(end)) for start, end in (*found.months, *found.days)]
    parts = sorted([*days, *found.edges])
    assert parts[0][0] == since
    assert parts[-1][1] == until
    assert all(one[1] == other[0] for one, other in pairwise(parts))
    assert all(start.day == 1 and end.day == 1 for start, end in found.months)


def test_a_span_needs_an_end_and_reaches_no_further_back_than_years_go() -> None:
    assert span_of(None, None) is None
    early = span_of(None, datetime(2026, 1, 1, tzinfo=UTC))
    assert early is not None
    assert early.before().start == datetime(1, 1, 1, tzinfo=UTC)


ALIASED = (
    Told("One.", topics=["NATO", "Ships"], published_at=NOON),
    Told("Two.", topics=["Atlantic alliance"], published_at=NOON + timedelta(days=1)),
    Told("Three.", topics=["Atlantic alliance", "NATO"], published_at=NOON + timedelta(days=2)),
    Told("Four.", topics=["Frigates"], published_at=NOON + timedelta(days=3)),
)


async def titles(reader: httpx.AsyncClient, **asked: Any) -> list[str]:
    """Give the leads of a walk."""
    return [str(one["lead"]) for one in await walk(reader, "/v1/articles", **asked)]


async def test_an_alias_moves_its_articles_at_once_and_back(database: Database, reader: httpx.AsyncClient) -> None:
    await store(database, *ALIASED)
    assert (await reader.put("/v1/topics/nato/aliases/atlantic-alliance")).status_code == 204
    for slug in ("nato", "atlantic-alliance"):
        assert await titles(reader, topic=slug, limit=1) == ["Three.", "Two.", "One."]
        shown = (await reader.get(f"/v1/topics/{slug}")).json()
        assert (shown["slug"], shown["articles"], shown["aliases"]) == ("nato", 3, ["atlantic-alliance"])
    assert (await reader.get("/v1/articles", params={"topic": "nato", "total": True})).json()["total"]["count"] == 3
    assert await titles(reader, topic="ships", not_topic="atlantic-alliance") == []
    [served] = [one["topics"] for one in await walk(reader, "/v1/articles") if one["lead"] == "Two."]
    assert [(topic["slug"], topic["label"]) for topic in served] == [("nato", "Atlantic alliance")]
    both = next(one["topics"] for one in await walk(reader, "/v1/articles") if one["lead"] == "Three.")
    assert [topic["slug"] for topic in both] == ["nato"]
    assert [one["slug"] for one in await walk(reader, "/v1/topics", q="alli")] == ["nato"]
    await store(database, Told("Five.", topics=["Atlantic alliance"], published_at=NOON + timedelta(days=9)))
    assert (await reader.get("/v1/topics/nato")).json()["articles"] == 4

    assert (await reader.delete("/v1/topics/nato/aliases/atlantic-alliance")).status_code == 204
    assert await titles(reader, topic="nato") == ["Three.", "One."]
    assert (await reader.get("/v1/topics/atlantic-alliance")).json()["articles"] == 3
    assert (await reader.delete("/v1/topics/nato/aliases/atlantic-alliance")).status_code == 404


async def test_an_alias_may_be_named_before_anybody_prints_it(database: Database, reader: httpx.AsyncClient) -> None:
    await store(database, *ALIASED)
    assert (await reader.put("/v1/topics/nato/aliases/otan")).status_code == 204
    await store(database, Told("Six.", topics=["OTAN"], published_at=NOON + timedelta(days=9)))
    assert await titles(reader, topic="nato") == ["Six.", "Three.", "One."]


async def test_narrower_topics_are_found_where_asked_for(database: Database, reader: httpx.AsyncClient) -> None:
    await store(database, *ALIASED)
    assert (await reader.put("/v1/topics/frigates/broader/ships")).status_code == 204
    assert await titles(reader, topic="ships") == ["One."]
    assert await titles(reader, topic="ships", narrower=True, limit=1) == ["Four.", "One."]
    assert await titles(reader, topic="nato", not_topic="ships", narrower=True) == ["Three."]
    assert (await reader.get("/v1/topics/ships")).json()["narrower"] == [{"slug": "frigates", "label": "Frigates"}]
    assert (await reader.get("/v1/topics/frigates")).json()["broader"] == [{"slug": "ships", "label": "Ships"}]
    assert (await reader.delete("/v1/topics/frigates/broader/ships")).status_code == 204
    assert (await reader.delete("/v1/topics/frigates/broader/ships")).status_code == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/topics/nato/aliases/nato", 409),
        ("/v1/topics/nothing/aliases/nato", 404),
        ("/v1/topics/nato/aliases/Not%20a%20slug", 422),
        ("/v1/topics/nato/aliases/na%00to", 422),
        ("/v1/topics/na%00to/aliases/nato", 422),
        ("/v1/topics/nato/broader/nato", 409),
        ("/v1/topics/nothing/broader/nato", 404),
    ],
)
async def test_a_link_that_cannot_be_is_refused(
    database: Database, reader: httpx.AsyncClient, path: str, status: int
) -> None:
    await store(database, *ALIASED)
    assert (await reader.put(path)).status_code == status


async def test_two_topics_cannot_be_aliases_of_each_other(database: Database, reader: httpx.AsyncClient) -> None:
    await store(database, *ALIASED)
    assert (await reader.put("/v1/topics/nato/aliases/ships")).status_code == 204
    refused = await reader.put("/v1/topics/ships/aliases/nato")
    assert refused.status_code == 409
    assert "take that back first" in refused.json()["detail"]


async def test_a_source_is_shown_which_of_its_topics_are_boilerplate(
    database: Database, reader: httpx.AsyncClient
) -> None:
    await store(database, *(Told(f"Report {n}.", topics=["Harbour Post", f"Subject {n}"]) for n in range(20)))
    await fold(database)
    listed = await walk(reader, "/v1/topics", source="harbour-post.example")
    assert [one["slug"] for one in listed if one["boilerplate"]] == ["harbour-post"]
    assert not any(one["boilerplate"] for one in await walk(reader, "/v1/topics"))
    await store(database, Told("Elsewhere.", source="ellery-wire.example", topics=["Harbour Post"]))
    for source, usual in (("harbour-post.example", True), ("ellery-wire.example", False)):
        [first, *_] = (await reader.get("/v1/articles", params={"source": source})).json()["items"]
        assert {topic["slug"]: topic["boilerplate"] for topic in first["topics"]}["harbour-post"] is usual


async def test_what_taxonomies_name_is_listed_without_articles_too(
    database: Database, reader: httpx.AsyncClient
) -> None:
    await store(database, *ALIASED)
    async with database.transaction() as connection:
        insert = "INSERT INTO topic_codes SELECT 'medtop', :code, id FROM topics WHERE slug = :slug"
        for code, slug in (("20000001", "ships"), ("20000002", "frigates")):
            await connection.execute(text(insert), {"code": code, "slug": slug})
    assert (await reader.put("/v1/topics/ships/aliases/boats")).status_code == 204
    listed = await walk(reader, "/v1/topics", scheme="medtop", limit=1)
    assert [(one["slug"], one["articles"]) for one in listed] == [("frigates", 1), ("ships", 1)]
    assert (await reader.get("/v1/topics/ships")).json()["codes"] == [{"scheme": "medtop", "code": "20000001"}]


async def test_a_beginning_that_names_very_many_topics_is_walked_for_in_order(
    database: Database, reader: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.query.topic_list.MOST_NAMED", 2)
    told = [Told(f"Report {n}.", topics=[f"Crane {n % 7}", "Quays"]) for n in range(30)]
    await store(database, *told[:20])
    await fold(database)
    await store(database, *told[20:])
    expected = {f"crane-{n}": count for n, count in Counter(n % 7 for n in range(30)).items()}
    for asked in ({}, {"source": "harbour-post.example"}, {"sort": "label"}, {"from": "2026-03-01"}):
        found = await walk(reader, "/v1/topics", q="cran", limit=3, **asked)
        assert {one["slug"]: one["articles"] for one in found} == expected
        assert found == sorted(found, key=lambda one: one["slug"] if "sort" in asked else -one["articles"])
        answer = (await reader.get("/v1/topics", params={"q": "cran", "total": True, **asked})).json()
        assert answer["total"]["count"] == 7
