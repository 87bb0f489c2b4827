"""Sources' scorecards: what came, how complete and how punctual it is, since when nothing has come."""

import math
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import insert

from app.db import Database
from app.pipeline.article import Zone
from app.query.scorecards import scorecard, silence
from app.queue.claims import Item, keep_items
from app.store import histogram, source_counts
from app.store.articles import save
from app.store.deletion import delete_article
from app.store.plan import Arrival
from app.store.tables import source_deltas
from tests.builders import an_article
from tests.http.seed import NOON, Told, faults, store, submit, walk
from tests.store.test_source_counts import submission
from tests.store.test_topic_counts import fold_all

WIRE = "Ellery Wire/äöü & sons"


async def card(reader: httpx.AsyncClient, source: str) -> dict[str, Any]:
    """Give a source's scorecard."""
    answer = await reader.get(f"/v1/sources/{quote(source, safe='')}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def dated(database: Database, source: str, lags: list[float], zone: Zone = "stated") -> None:
    """Store articles of a source that arrived so many seconds after they were published."""
    sent = await submit(database)
    arrivals = []
    for number, lag in enumerate(lags):
        article = an_article(f"Report {number}.", source=source, url=f"https://{len(lags)}.example/{source}/{number}")
        arrivals.append(Arrival(sent, number, NOON, with_date(article, NOON - timedelta(seconds=lag), zone)))
    async with database.transaction() as connection:
        await save(connection, arrivals)


def with_date(article: Any, at: datetime, zone: Zone, precision: str = "second") -> Any:
    """Give an article another date, of another precision and zone."""
    return replace(article, published_at=at, published_zone=zone, published_precision=precision)


@pytest.mark.parametrize("folded", [True, False])
async def test_a_scorecard_says_what_came(database: Database, reader: httpx.AsyncClient, *, folded: bool) -> None:
    later = NOON + timedelta(hours=1)
    kept, gone, _ = await store(
        database,
        Told("One.", source=WIRE, url="https://a.example/1", authors=["Maren Holt"], topics=["Cranes"]),
        Told("Two.", source=WIRE, url="https://a.example/2", published_at=None),
        Told("Three.", source=None),
    )
    await store(database, Told("One, again.", source=WIRE, url="https://a.example/1", received_at=later))
    await store(database, Told("One.", source="b.example", url="https://a.example/1"))
    async with database.transaction() as connection:
        sent = await submission(connection, WIRE, later + timedelta(hours=1))
        items = [Item(sent, 0, "rejected", None, "blank"), Item(sent, 1, "rejected", None, "line 3: not JSON"),
                 Item(sent, 2, "rejected", None, "line 9: not JSON"), Item(sent, 3, "failed", None, "poison")]  # fmt: skip
        await keep_items(connection, items)
        await source_counts.note_duplicates(connection, {WIRE: 1})
    if folded:
        await fold_all(database)
    assert await card(reader, WIRE) == {
        "source": WIRE,
        "articles": 2,
        "sightings": 3,
        "with_author": 0.0,
        "with_date": 0.5,
        "with_topics": 0.0,
        "zone_anomalies": {"assumed_utc": 0, "after_arrival": 0},
        "duplicate_rate": 0.5,
        "revisions_per_article": 0.5,
        "lag": {"articles": 1, "median_seconds": 0, "p95_seconds": 0},
        "first_seen": "2026-03-14T12:00:00Z",
        "last_seen": "2026-03-14T14:00:00Z",
        "silence": {
            "since": "2026-03-14T14:00:00Z",
            "usual_pause_seconds": None,
            "long_pause_seconds": None,
            "unusual": None,
        },
        "rejected": 3,
        "reject_reasons": [{"reason": "line #: not JSON", "count": 2}, {"reason": "blank", "count": 1}],
        "failed": 1,
    }
    assert (await card(reader, "b.example"))["articles"] == 0
    assert (await card(reader, "b.example"))["sightings"] == 1
    assert (await card(reader, "b.example"))["with_author"] is None
    for one in (kept, gone):
        async with database.transaction() as connection:
            await delete_article(connection, one)
    left = await card(reader, WIRE)
    assert (left["articles"], left["sightings"], left["with_date"]) == (0, 0, None)
    assert left["last_seen"] == "2026-03-14T14:00:00Z"
    assert [one["source"] for one in (await reader.get("/v1/sources?sort=name")).json()["items"]] == [WIRE, "b.example"]


async def test_lag_is_that_of_dates_to_the_minute_with_their_zone(
    database: Database, reader: httpx.AsyncClient
) -> None:
    chance = random.Random(3)
    lags = [math.exp(chance.uniform(0, 12)) for _ in range(200)]
    archived = [40 * 86400.0, 31 * 86400.0, -6 * 60.0]
    await dated(database, "a.example", [*lags, *archived])
    await dated(database, "a.example", [30.0, 40.0], "assumed_utc")
    lag = (await card(reader, "a.example"))["lag"]
    lags.sort()
    assert lag["articles"] == len(lags)
    assert lag["median_seconds"] == pytest.approx(lags[99], rel=0.045, abs=0.6)
    assert lag["p95_seconds"] == pytest.approx(lags[189], rel=0.045, abs=0.6)
    await dated(database, "b.example", archived)
    assert (await card(reader, "b.example"))["lag"] == {"articles": 0, "median_seconds": None, "p95_seconds": None}


async def test_dates_of_a_wrong_clock_or_no_zone_are_anomalies(database: Database, reader: httpx.AsyncClient) -> None:
    hours = 3600.0
    await dated(database, "a.example", [-5 * hours, -14 * hours, -301.0, -300.0, 0.0, 60.0, -15 * hours])
    await dated(database, "a.example", [-5 * hours, 60.0], "assumed_utc")
    sent = await submit(database)
    tomorrow = with_date(an_article("Dated tomorrow.", source="a.example"), NOON + timedelta(hours=12), "stated", "day")
    async with database.transaction() as connection:
        await save(connection, [Arrival(sent, 0, NOON, tomorrow)])
    assert (await card(reader, "a.example"))["zone_anomalies"] == {"assumed_utc": 2, "after_arrival": 4}


@pytest.mark.parametrize("folded", [True, False])
@pytest.mark.parametrize("sort", ["-articles", "name", "-last_seen"])
async def test_a_walk_meets_every_source_once_in_order(
    database: Database, reader: httpx.AsyncClient, sort: str, *, folded: bool
) -> None:
    chance = random.Random(8)
    names = [f"{chance.choice(['Harbour', 'harbour', 'ellery'])}-{n}.example" for n in range(12)]
    told = [
        Told(f"Report {n}.", source=chance.choice(names), received_at=NOON + timedelta(hours=chance.randrange(9)))
        for n in range(40)
    ]
    await store(database, *told[:20], Told("Nobody's."))
    if folded:
        await fold_all(database)
    await store(database, *told[20:], Told("Nobody's either.", source=None))
    every = {one.source for one in told} | {"harbour-post.example"}
    whole = (await reader.get("/v1/sources", params={"sort": sort, "total": True})).json()
    assert whole["total"] == {"count": len(every), "exact": True}
    keys = {
        "-articles": lambda one: (-one["articles"], one["source"]),
        "name": lambda one: one["source"],
        "-last_seen": lambda one: (-datetime.fromisoformat(one["last_seen"]).timestamp(), one["source"]),
    }
    assert whole["items"] == sorted(whole["items"], key=keys[sort])
    assert {one["source"] for one in whole["items"]} == every
    for limit in (1, 5):
        assert await walk(reader, "/v1/sources", sort=sort, limit=limit) == whole["items"]
    found = await walk(reader, "/v1/sources", sort=sort, limit=2, q="harb")
    assert found == [one for one in whole["items"] if one["source"].lower().startswith("harb")]
    assert (await reader.get("/v1/sources?q=harb&total=true")).json()["total"]["count"] == len(found)


async def test_what_is_unknown_or_wrong_is_said(database: Database, reader: httpx.AsyncClient) -> None:
    await store(database, Told("Nobody's.", source=None))
    assert (await reader.get("/v1/sources/a.example")).status_code == 404
    assert (await reader.get("/v1/sources")).json()["items"] == []
    assert faults(await reader.get("/v1/sources?sort=articles")) == ["/query/sort"]
    assert faults(await reader.get("/v1/sources?colour=red")) == ["/query/colour"]
    assert faults(await reader.get("/v1/sources/a.example?colour=red")) == ["/query/colour"]
    assert faults(await reader.get("/v1/sources?cursor=abc")) == ["/query/cursor"]
    assert (await reader.get("/v1/sources/%00")).status_code == 422
    assert (await reader.get("/v1/sources/")).status_code == 422


@example([16.0], 1.0)
@given(st.lists(st.floats(1, 10**7), min_size=1, max_size=60), st.floats(0.01, 1))
def test_a_quantile_is_within_its_error(spans: list[float], share: float) -> None:
    found: dict[int, int] = {}
    for span in spans:
        bucket = math.floor(8 * math.log2(span))
        found[bucket] = found.get(bucket, 0) + 1
    true = sorted(spans)[max(1, math.ceil(share * len(spans))) - 1]
    told = histogram.quantile(found, share)
    assert told is not None
    assert abs(told - true) <= 0.0453 * true + 0.51, "the bucket's middle, and then whole seconds"


def test_no_bucket_has_a_rank_beyond_the_last() -> None:
    assert [histogram.bucket_at({3: 2, -1: 1}, rank) for rank in (1, 2, 3)] == [-1, 3, 3]
    with pytest.raises(ValueError, match="none has rank 4"):
        histogram.bucket_at({3: 2, -1: 1}, 4)


def bucket_of(span: timedelta) -> int:
    """Give the bucket of a pause."""
    return math.floor(8 * math.log2(span.total_seconds()))


@pytest.mark.parametrize(
    ("pauses", "days", "silent", "unusual"),
    [
        ([(timedelta(minutes=10), 80), (timedelta(hours=8), 1)], 1, timedelta(hours=7), False),
        ([(timedelta(minutes=10), 80), (timedelta(hours=8), 1)], 1, timedelta(hours=9), True),
        ([(timedelta(minutes=10), 8000), (timedelta(hours=8), 100), (timedelta(days=3), 2)], 100, timedelta(hours=7), False),
        ([(timedelta(minutes=10), 8000), (timedelta(hours=8), 100), (timedelta(days=3), 2)], 100, timedelta(hours=10), True),
        ([(timedelta(days=7), 50)], 350, timedelta(days=7), False),
        ([(timedelta(days=7), 50)], 350, timedelta(days=8), True),
        ([(timedelta(days=7), 4)], 28, timedelta(days=800), None),
        ([], 0, timedelta(days=800), None),
    ],
)  # fmt: skip
def test_a_silence_is_unusual_beside_the_habits_of_its_source(
    pauses: list[tuple[timedelta, int]], days: int, silent: timedelta, *, unusual: bool | None
) -> None:
    found = {bucket_of(span): times for span, times in pauses}
    said = silence(found, (NOON - timedelta(days=days), NOON), NOON + silent)
    assert said["since"] == NOON
    assert said["unusual"] is unusual
    assert (said["usual_pause_seconds"] is None) == (unusual is None)


async def test_a_source_that_falls_silent_is_seen_to(database: Database, reader: httpx.AsyncClient) -> None:
    now = datetime.now(UTC)
    for source, last in (("dead.example", timedelta(hours=5)), ("live.example", timedelta(minutes=20))):
        for number in range(12):
            at = now - last - timedelta(minutes=30 * (11 - number))
            row = {"source": source, "figure": "sightings", "detail": "", "change": 1, "at": at}
            async with database.transaction() as connection:
                await connection.execute(insert(source_deltas), [row])
    await fold_all(database)
    assert {one["source"]: one["silence"]["unusual"] for one in await walk(reader, "/v1/sources")} == {
        "dead.example": True,
        "live.example": False,
    }
    assert (await card(reader, "dead.example"))["silence"]["usual_pause_seconds"] == pytest.approx(1800, rel=0.045)


def test_reasons_that_are_not_told_apart_go_as_one() -> None:
    figures = {"rejected": {"": 9}, "reason": {"": 5, "blank": 3, "odd": 1, "gone": -1}}
    found = scorecard("a.example", 0, (NOON, NOON), figures, NOON)
    assert [(one["reason"], one["count"]) for one in found["reject_reasons"]] == [
        ("other reasons", 5),
        ("blank", 3),
        ("odd", 1),
    ]
