"""One article however it arrives, and two where a key says one but everything else says two; in any order."""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from app.db import Database
from app.linker import Linker
from app.pipeline.article import Article, Retraction
from app.store import changes
from app.store.articles import save
from app.store.deletion import delete_article
from app.store.plan import Arrival, Recall, Saved
from app.store.retraction import retract
from app.store.stories import part
from tests.builders import NOON, an_arrival, an_article
from tests.store.test_linker import a_report, linked
from tests.store.test_save import kept, submitted
from tests.store.test_topic_counts import assert_counts

FRONT = "https://harbour-post.example/"


def item(
    number: int,
    *,
    guid: str | None = None,
    url: str | None = None,
    version: int = 0,
    hours: float | None = 0,
    title: str | None = None,
    source: str = "harbour-post.example",
) -> Article:
    """Give the article of a number: its own words, a few of them others in each version."""
    report = a_report(number, 60)
    return an_article(
        f"{report} Version {version} has {version} more." if version else report,
        title=title or f"Headline of article {number}",
        guid=guid,
        url=url,
        source=source,
        published_at=None if hours is None else NOON + timedelta(hours=hours),
        topics=[f"Topic {number}"],
    )


async def delivered(database: Database, *articles: Article, minutes: float = 0) -> list[Saved]:
    """Deliver articles as one document."""
    submission = uuid7()
    arrivals = [an_arrival(one, submission, minutes=minutes, position=n) for n, one in enumerate(articles)]
    return await kept(database, *arrivals)


async def told(database: Database) -> Counter[str]:
    """Count what the change feed tells, by its kind."""
    await linked(database)
    async with database.reading() as connection:
        return Counter(await connection.scalars(text("SELECT kind FROM changes WHERE kind <> 'linked'")))


async def read(database: Database, sql: str) -> list[tuple[Any, ...]]:
    """Read rows."""
    async with database.reading() as connection:
        return [tuple(row) for row in await connection.execute(text(sql))]


async def test_a_feed_whose_items_share_one_link_has_as_many_articles_as_items(database: Database) -> None:
    feed = [item(n, url=FRONT, hours=n / 10) for n in range(6)]
    first = await delivered(database, *feed[:4])
    assert [one.outcome for one in first] == ["stored"] * 4
    again = await delivered(database, *feed, minutes=30)
    assert [one.outcome for one in again] == ["unchanged"] * 4 + ["stored"] * 2
    assert [one.article_id for one in again[:4]] == [one.article_id for one in first]
    assert await told(database) == {"created": 6}
    await assert_counts(database)


async def test_an_item_under_a_shared_link_is_revised_as_itself(database: Database) -> None:
    feed = [item(n, url=FRONT, hours=n / 10) for n in range(3)]
    first = await delivered(database, *feed)
    changed = [feed[0], item(1, url=FRONT, hours=0.1, version=2), feed[2]]
    again = await delivered(database, *changed, minutes=30)
    assert [(one.outcome, one.article_id) for one in again] == [
        ("unchanged", first[0].article_id),
        ("revised", first[1].article_id),
        ("unchanged", first[2].article_id),
    ]


async def test_a_feed_whose_items_share_one_guid_has_as_many_articles_as_items(database: Database) -> None:
    feed = [item(n, guid="feed", url=f"{FRONT}{n}", hours=n) for n in range(4)]
    saved = [(await delivered(database, one, minutes=n))[0] for n, one in enumerate(feed)]
    assert [one.outcome for one in saved] == ["stored"] * 4
    again = await delivered(database, *reversed(feed), minutes=60)
    assert [one.article_id for one in reversed(again)] == [one.article_id for one in saved]
    assert {one.outcome for one in again} == {"unchanged"}


async def test_a_guid_that_is_used_again_is_another_article(database: Database) -> None:
    [old] = await delivered(database, item(1, guid="7", url=f"{FRONT}old"))
    [new] = await delivered(database, item(2, guid="7", url=f"{FRONT}new", hours=90), minutes=90 * 60)
    [revised] = await delivered(database, item(2, guid="7", url=f"{FRONT}new", hours=90, version=1), minutes=91 * 60)
    assert (old.outcome, new.outcome, revised.outcome) == ("stored", "stored", "revised")
    assert new.article_id == revised.article_id != old.article_id


async def test_a_url_that_changes_with_its_headline_is_the_same_article(database: Database) -> None:
    [first] = await delivered(database, item(1, guid="7", url=f"{FRONT}quay-reopens"))
    changed = item(1, guid="7", url=f"{FRONT}quay-open-at-last", title="Quay open at last", version=1)
    [second] = await delivered(database, changed, minutes=30)
    assert (second.outcome, second.article_id) == ("revised", first.article_id)
    [third] = await delivered(
        database, item(1, url=f"{FRONT}third-headline", title="A third headline", version=1), minutes=60
    )
    assert (third.outcome, third.article_id) == ("revised", first.article_id), "by its text, within its source"
    copy = item(1, url="https://copy.example/x", title="A copy's headline", version=1, source="copy.example")
    assert (await delivered(database, copy, minutes=70))[0].outcome == "stored"


async def test_a_key_that_everything_shares_says_nothing(database: Database) -> None:
    for n in range(30):
        await delivered(database, item(n, url=FRONT, hours=n * 30), minutes=n * 1800)
    assert await read(database, "SELECT count(*) FROM articles") == [(30,)]
    [(shared,)] = await read(database, "SELECT count(*) FROM key_sharers")
    assert shared <= 21
    [again] = await delivered(database, item(3, url=FRONT, hours=90), minutes=90_000)
    assert again.outcome == "unchanged"


async def test_an_arrival_that_shows_two_to_be_one_merges_them_visibly(database: Database) -> None:
    [one] = await delivered(database, item(1, guid="7", url=f"{FRONT}a"))
    [two] = await delivered(database, item(1, url=f"{FRONT}b", version=1, source="copy.example"), minutes=5)
    assert (one.outcome, two.outcome) == ("stored", "stored")
    [third] = await delivered(database, item(1, guid="7", url=f"{FRONT}b", version=2), minutes=10)
    assert (third.outcome, third.article_id) == ("revised", one.article_id)
    assert await told(database) == {"created": 2, "merged": 1, "revised": 1}
    entries = await read(database, "SELECT article_id, other_id FROM changes WHERE kind = 'merged'")
    assert entries == [(two.article_id, one.article_id)]
    assert await read(database, "SELECT article_id, into_id FROM merged_articles") == entries
    assert await read(database, "SELECT count(*), sum(count) FROM sightings") == [(3, 3)]
    assert await read(database, "SELECT DISTINCT article_id FROM submission_items") == [(one.article_id,)]
    await assert_counts(database)


async def test_of_two_that_are_one_the_newer_is_current(database: Database) -> None:
    [late] = await delivered(database, item(1, url=f"{FRONT}b", version=2), minutes=20)
    [early] = await delivered(database, item(1, guid="7", url=f"{FRONT}a"), minutes=0)
    [both] = await delivered(database, item(1, guid="7", url=f"{FRONT}b", version=1), minutes=10)
    assert both.article_id == early.article_id != late.article_id
    [(kept_text, revision)] = await read(database, "SELECT text, revision FROM articles")
    assert "Version 2" in kept_text
    assert revision == 2
    await assert_counts(database)


async def test_a_merge_that_was_wrong_is_split_visibly_and_once(database: Database) -> None:
    one, other = item(1, url=FRONT, hours=None), item(2, url=FRONT, hours=None)
    [first] = await delivered(database, one)
    [second] = await delivered(database, other, minutes=5)
    assert (second.outcome, second.article_id) == ("revised", first.article_id), "nothing speaks for two yet"
    beside = await delivered(database, one, other, minutes=10)
    assert [saved.outcome for saved in beside] == ["stored", "unchanged"]
    assert beside[1].article_id == first.article_id != beside[0].article_id
    again = await delivered(database, one, other, minutes=15)
    assert [saved.article_id for saved in again] == [saved.article_id for saved in beside]
    assert await told(database) == {"created": 2, "revised": 1, "split": 1}
    entries = await read(database, "SELECT article_id, other_id FROM changes WHERE kind = 'split'")
    assert entries == [(beside[0].article_id, first.article_id)]
    await assert_counts(database)


async def test_the_source_that_a_url_is_of_takes_over_from_an_aggregator(database: Database) -> None:
    [first] = await delivered(database, item(1, url=f"{FRONT}a", source="aggregator.example"))
    [own] = await delivered(database, item(1, url=f"{FRONT}a"), minutes=5)
    [late] = await delivered(database, item(1, url=f"{FRONT}a", source="aggregator.example", version=3), minutes=9)
    assert [one.outcome for one in (first, own, late)] == ["stored", "revised", "unchanged"]
    assert await read(database, "SELECT source, revision FROM articles") == [("harbour-post.example", 2)]
    [copy] = await delivered(database, item(1, url="https://copy.example/a", source="copy.example"), minutes=12)
    assert copy.outcome == "duplicate"
    await assert_counts(database)


async def test_a_clock_and_a_counter_make_no_revision(database: Database) -> None:
    words = a_report(1, 60)
    outcomes = []
    for n in range(4):
        page = an_article(f"{words}\n\nUpdated 14:0{n}\n\n1,20{n} views", url=f"{FRONT}live", title="Live")
        page = replace(page, field_hash=b"", content_hash=b"")
        outcomes.append((await delivered(database, hashed(page), minutes=n))[0].outcome)
    assert outcomes == ["stored", "unchanged", "unchanged", "unchanged"]


def hashed(article: Article) -> Article:
    """Give an article with the hashes that the pipeline gives it."""
    from app.pipeline.fingerprint import content_hash, revision_hash  # noqa: PLC0415

    return replace(
        article,
        content_hash=content_hash(article.title, article.text),
        field_hash=revision_hash(article.title, article.text, article.authors, article.published_at, []),
    )


async def test_concurrent_deliveries_under_a_shared_link_double_nothing(database: Database) -> None:
    await delivered(database, item(0, url=FRONT), item(1, url=FRONT, hours=0.1))
    versions = [item(5, url=FRONT, hours=48, version=n) for n in range(1, 5)]

    async def deliver(article: Article, minutes: int) -> None:
        await delivered(database, article, minutes=minutes)

    await asyncio.gather(*(deliver(one, 2880 + n) for n, one in enumerate(versions)))
    assert await read(database, "SELECT count(*) FROM articles") == [(3,)]


@pytest.mark.parametrize("backwards", [False, True])
async def test_an_article_has_the_names_that_its_publisher_gives_it_whenever(
    database: Database, *, backwards: bool
) -> None:
    names: list[dict[str, Any]] = [{"guid": "7"}, {"guid": "7", "url": f"{FRONT}a"}, {"url": f"{FRONT}a"}]
    for minutes, given in enumerate(reversed(names) if backwards else names):
        await delivered(database, item(1, **given), minutes=minutes)
    at_once = [an_arrival(item(2, guid="8"), uuid7()), an_arrival(item(2, guid="8", url=f"{FRONT}b"), uuid7())]
    await kept(database, *at_once)
    assert await read(database, "SELECT guid, url, revision FROM articles ORDER BY 1") == [
        ("7", f"{FRONT}a", 1), ("8", f"{FRONT}b", 1),
    ]  # fmt: skip
    assert await told(database) == {"created": 2}


async def deleted(database: Database, article_id: UUID) -> None:
    """Delete an article for good."""
    async with database.transaction() as connection:
        assert await delete_article(connection, article_id) == "deleted"


async def test_a_deleted_article_takes_no_other_with_it_that_has_its_link_or_its_guid(database: Database) -> None:
    feed = [item(n, guid=f"{n}", url=FRONT, hours=n * 24) for n in range(4)]
    [gone] = await delivered(database, feed[0])
    await deleted(database, gone.article_id)
    for minutes in (10, 20):
        saved = await delivered(database, *feed, minutes=minutes)
    assert [one.outcome for one in saved] == ["deleted", "unchanged", "unchanged", "unchanged"]
    [gone] = await delivered(database, item(5, guid="n", url=f"{FRONT}5"), minutes=30)
    await deleted(database, gone.article_id)
    used_again = item(6, guid="n", url=f"{FRONT}6", hours=360)
    assert [one.outcome for one in await delivered(database, used_again, minutes=40)] == ["stored"]
    await assert_counts(database)


@pytest.mark.parametrize(
    "again",
    [
        {"guid": "7", "url": f"{FRONT}a", "version": 1, "title": "Another headline"},
        {"guid": "8", "url": f"{FRONT}a"},
        {"guid": "7", "url": f"{FRONT}b", "version": 2},
        {"guid": None, "url": f"{FRONT}a", "hours": 240, "version": 3, "title": "Another headline"},
        {"source": "copy.example"},
    ],
)
async def test_a_deleted_article_stays_so_under_another_headline_guid_or_link(
    database: Database, again: dict[str, Any]
) -> None:
    [gone] = await delivered(database, item(1, guid="7", url=f"{FRONT}a"))
    await deleted(database, gone.article_id)
    assert [one.outcome for one in await delivered(database, item(1, **again), minutes=5)] == ["deleted"]


async def test_what_an_agency_cancels_stays_away_though_a_copy_of_it_was_there_first(database: Database) -> None:
    wired = item(1, guid="urn:wire:1", source="wire.example")
    [copy] = await delivered(database, item(1, url=f"{FRONT}a"))
    await delivered(database, wired, minutes=5)
    canceled = Recall(uuid7(), 0, Retraction("wire.example", "urn:wire:1", None, "canceled"))
    async with database.transaction() as connection:
        [kept_out] = await retract(connection, [canceled])
    assert kept_out != copy.article_id
    assert [one.outcome for one in await delivered(database, wired, minutes=10)] == ["deleted"]
    assert await words(database) == [("harbour-post.example", "Headline of article 1", None)]


async def canceled(database: Database, guid: str, source: str = "harbour-post.example") -> UUID | None:
    """Cancel an article by its guid."""
    async with database.transaction() as connection:
        [gone] = await retract(connection, [Recall(uuid7(), 0, Retraction(source, guid, None, "canceled"))])
    return gone


async def test_a_cancel_means_the_living_of_two_that_had_a_guid(database: Database) -> None:
    [old] = await delivered(database, item(5, guid="n", url=f"{FRONT}5"))
    await deleted(database, old.article_id)
    [new] = await delivered(database, item(6, guid="n", url=f"{FRONT}6", hours=360), minutes=5)
    assert (new.outcome, await canceled(database, "n")) == ("stored", new.article_id)
    assert await read(database, "SELECT count(*) FROM articles") == [(0,)]


async def test_a_cancel_that_names_several_takes_none_and_no_guid_from_them(database: Database) -> None:
    feed = [item(n, guid="feed", url=f"{FRONT}{n}", hours=n * 72) for n in range(2)]
    saved = [(await delivered(database, one))[0] for one in feed]
    assert await canceled(database, "feed") is None
    again = await delivered(database, item(0, guid="feed", url=f"{FRONT}0", version=1), minutes=5)
    assert [(one.outcome, one.article_id) for one in again] == [("revised", saved[0].article_id)]


async def test_a_cancel_that_waited_for_its_article_takes_it(database: Database) -> None:
    [arrival] = [an_arrival(item(1, guid="7"), uuid7())]
    async with database.transaction() as connection:
        await submitted(connection, [arrival])
        [saved] = await save(connection, [arrival])
        canceling = asyncio.create_task(canceled(database, "7"))
        waits = "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database())"
        while await read(database, waits) == [(False,)]:  # noqa: ASYNC110 - another session waits
            await asyncio.sleep(0.01)
    assert await canceling == saved.article_id
    assert await read(database, "SELECT count(*) FROM articles") == [(0,)]


async def test_what_its_agency_canceled_stays_away_though_a_paper_has_a_copy(database: Database) -> None:
    def wired(version: int, **others: Any) -> Article:
        return item(1, guid="urn:wire:1", source="wire.example", version=version, **others)

    await delivered(database, item(1, url=f"{FRONT}a"))
    await delivered(database, wired(0), minutes=5)
    [own] = await delivered(database, wired(1), minutes=10)
    assert (own.outcome, await canceled(database, "urn:wire:1", "wire.example")) == ("stored", own.article_id)
    other_words = replace(
        wired(2, title="Another headline", hours=None), text=item(9).text, content_hash=b"other words"
    )
    assert [one.outcome for one in await delivered(database, other_words, minutes=15)] == ["deleted"]


def numbered(number: int, text_version: int) -> Article:
    """Give a numbered version of an article."""
    return replace(item(1, guid="7", version=text_version), version=str(number))


def modified(hours: int, text_version: int) -> Article:
    """Give a state of an article with when it was modified."""
    return replace(item(1, guid="7", version=text_version), modified_at=NOON + timedelta(hours=hours))


@pytest.mark.parametrize("state", [numbered, modified])
async def test_what_comes_back_in_a_newer_version_is_news_though_it_was_said_before(
    database: Database, state: Callable[[int, int], Article]
) -> None:
    outcomes = []
    for minutes, (number, words_of) in enumerate([(1, 0), (2, 1), (1, 0), (3, 0)]):
        outcomes += [one.outcome for one in await delivered(database, state(number, words_of), minutes=minutes)]
    assert outcomes == ["stored", "revised", "unchanged", "revised"]


async def test_what_only_the_fallback_read_is_news_when_it_is_read_in_full(database: Database) -> None:
    changed = item(1, guid="7", version=1)
    outcomes = []
    for minutes, one in enumerate([item(1, guid="7"), replace(changed, processing="fallback"), changed]):
        outcomes += [each.outcome for each in await delivered(database, one, minutes=minutes)]
    assert outcomes == ["stored", "unchanged", "revised"]


@pytest.mark.parametrize("change", [{"processing": "fallback"}, {"truncated": True}])
async def test_a_copy_that_was_poorly_read_or_cut_goes_no_way_of_its_own(
    database: Database, change: dict[str, Any]
) -> None:
    copied: dict[str, Any] = {"guid": "c", "url": "https://paper.example/1", "source": "paper.example"}
    outcomes = []
    cut = replace(item(1, version=1, **copied), **change)
    for minutes, one in enumerate(
        [item(1, guid="7", source="wire.example"), item(1, **copied), cut, item(1, **copied)]
    ):
        outcomes += [each.outcome for each in await delivered(database, one, minutes=minutes)]
    assert outcomes == ["stored", "duplicate", "unchanged", "unchanged"]


async def test_copies_end_the_same_in_any_order_of_arrival(database: Database) -> None:
    own: dict[str, Any] = {"guid": "7", "url": f"{FRONT}a"}
    sent = [
        an_arrival(item(1, source="aggregator.example"), uuid7(), minutes=0),
        an_arrival(item(1, **own), uuid7(), minutes=1),
        an_arrival(item(1, source="aggregator.example", version=1), uuid7(), minutes=2),
        an_arrival(item(1, version=1, **own), uuid7(), minutes=3),
    ]
    for order in itertools.permutations(sent):
        for arrival in order:
            await kept(database, arrival)
        assert len(await words(database)) <= 2
        assert [version for source, _, version in await words(database) if source == "harbour-post.example"] in (
            [],
            ["1"],
        )
        await forget(database)


async def words(database: Database) -> list[tuple[Any, ...]]:
    """Give source and title of every article, and what the version of its text is."""
    return await read(
        database, "SELECT source, title, substring(text FROM 'Version (\\d)') FROM articles ORDER BY source, title, 3"
    )


async def test_a_copy_that_goes_its_own_way_is_an_article_of_its_own(database: Database) -> None:
    """Nobody but its publisher revises an article, and what the other says is not lost."""
    own: dict[str, Any] = {"guid": "7", "url": f"{FRONT}a"}
    [copy] = await delivered(database, item(1, source="aggregator.example"))
    [first] = await delivered(database, item(1, **own), minutes=5)
    assert (first.outcome, first.article_id) == ("duplicate", copy.article_id)
    [second] = await delivered(database, item(1, version=1, **own), minutes=10)
    assert second.outcome == "stored"
    assert await words(database) == [
        ("aggregator.example", "Headline of article 1", None), ("harbour-post.example", "Headline of article 1", "1"),
    ]  # fmt: skip
    [third] = await delivered(database, item(1, version=2, **own), minutes=15)
    assert (third.outcome, third.article_id) == ("revised", second.article_id)
    again = [await delivered(database, item(1, version=n, **own), minutes=20 + n) for n in (0, 2)]
    assert [one.outcome for [one] in again] == ["unchanged", "unchanged"]
    assert await told(database) == {"created": 2, "split": 1, "revised": 1}
    await assert_counts(database)


async def test_what_the_publisher_said_is_not_lost_to_a_copy_that_came_first(database: Database) -> None:
    await delivered(database, item(1, source="aggregator.example"))
    await delivered(database, item(1, guid="7", version=1), minutes=5)
    await delivered(database, item(1, guid="7"), minutes=1)
    assert [version for *_, version in await words(database)] == [None, "1"]


async def test_a_copy_that_keeps_the_words_of_before_stays_a_copy(database: Database) -> None:
    first = item(1, guid="7", url=f"{FRONT}a")
    copied = item(1, guid="c1", url="https://aggregator.example/1", source="aggregator.example")
    for n, one in enumerate((first, copied, item(1, guid="7", url=f"{FRONT}a", version=1), copied, copied)):
        await delivered(database, one, minutes=n)
    assert await words(database) == [("harbour-post.example", "Headline of article 1", "1")]


async def test_an_unchanged_feed_is_no_news_though_its_items_are_one_article(database: Database) -> None:
    weekly = [item(1, title="Weekly crossword", guid=f"{n}", url=f"{FRONT}c{n}", hours=n * 48) for n in range(3)]
    for minute in range(0, 90, 30):
        saved = await delivered(database, *weekly, minutes=minute)
    assert {one.outcome for one in saved} == {"unchanged"}
    assert await told(database) == {"created": 1, "revised": 2}


@pytest.mark.parametrize("source", ["harbour-post.example", "aggregator.example"])
async def test_words_that_came_under_anothers_link_are_no_proof(database: Database, source: str) -> None:
    """The link led them to the wrong article; with guids they are two, and stay two."""
    one, other = item(1, guid="1", url=FRONT), item(2, guid="2", url=FRONT, hours=3)
    await delivered(database, item(1, guid="1" if source != "harbour-post.example" else None, url=FRONT))
    await delivered(database, item(2, url=FRONT, hours=3, source=source), minutes=1)
    for minute in (2, 3):
        saved = [(await delivered(database, each, minutes=minute))[0] for each in (one, other)]
    assert [each.outcome for each in saved] == ["unchanged", "unchanged"]
    assert len({each.article_id for each in saved}) == 2


def deliveries(seed: int) -> list[Arrival]:
    """Give deliveries of a few articles by guid, URL and words, from several sources, some of them in common documents."""
    chance = random.Random(seed)
    made: list[Arrival] = []
    for minute in range(14):
        number = chance.randrange(4)
        submission = uuid7()
        for position, one in enumerate({number, chance.randrange(4)} if chance.random() < 0.4 else {number}):
            keys: dict[str, Any] = {
                "guid": chance.choice([f"g{one}", None]),
                "url": chance.choice([f"{FRONT}{one}", f"{FRONT}{one}", None]),
                "source": chance.choice(["harbour-post.example", "harbour-post.example", "aggregator.example"]),
            }
            if keys["source"] == "aggregator.example":
                keys["url"] = f"{FRONT}{one}"
            made.append(
                an_arrival(
                    item(one, version=chance.randrange(3), hours=one * 30, **keys),
                    submission,
                    minutes=minute,
                    position=position,
                )
            )
    return made


async def ends(database: Database) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Give articles, their sightings and topics by what does not depend on ids."""
    return (
        await read(database, "SELECT title, text, authors, published_at FROM articles ORDER BY title, text"),
        await read(
            database,
            "SELECT a.title, s.source, s.url, s.count, s.last_at FROM sightings s JOIN articles a ON a.id = s.article_id "
            "ORDER BY 1, 2, 3, 4, 5",
        ),
        await read(
            database,
            "SELECT t.slug, count(*) FROM article_topics x JOIN topics t ON t.id = x.topic_id GROUP BY 1 ORDER BY 1",
        ),
    )


async def forget(database: Database) -> None:
    """Empty the store."""
    async with database.transaction() as connection:
        await connection.execute(
            text(
                "TRUNCATE submissions, articles, article_keys, key_sharers, merged_articles, topics, topic_deltas, "
                "topic_counts, source_topic_counts, author_deltas, author_counts, source_deltas, source_counts, sources, "
                "change_outbox, story_members, stories, article_ties, article_signatures, story_keys CASCADE"
            )
        )
        await connection.execute(text("UPDATE change_feed SET linked_seq = last_seq"))


def in_documents(arrivals: Sequence[Arrival], chance: random.Random) -> list[list[Arrival]]:
    """Deal documents out in an order and in batches of chance."""
    documents: dict[UUID, list[Arrival]] = {}
    for arrival in arrivals:
        documents.setdefault(arrival.submission_id, []).append(arrival)
    shuffled = list(documents.values())
    chance.shuffle(shuffled)
    batches: list[list[Arrival]] = []
    while shuffled:
        size = chance.randint(1, 4)
        batches.append([one for document in shuffled[:size] for one in document])
        shuffled = shuffled[size:]
    return batches


@pytest.mark.parametrize("seed", range(6))
async def test_any_order_of_deliveries_ends_in_the_same_articles(database: Database, seed: int) -> None:
    found = []
    for order in range(3):
        for batch in in_documents(deliveries(seed), random.Random(100 * seed + order)):
            await kept(database, *batch)
        await linked(database)
        await assert_counts(database)
        found.append(await ends(database))
        await forget(database)
    assert found[0] == found[1] == found[2]


async def test_the_feed_tells_every_article_that_is_there_once(database: Database) -> None:
    for batch in in_documents(deliveries(3), random.Random(3)):
        await kept(database, *batch)
    await linked(database)
    entries = await read(
        database, "SELECT kind, article_id FROM changes WHERE kind IN ('created', 'merged') ORDER BY seq"
    )
    there = {one for kind, one in entries if kind == "created"} - {one for kind, one in entries if kind == "merged"}
    assert sorted(there) == sorted(one for (one,) in await read(database, "SELECT id FROM articles"))
    assert isinstance(changes.MOST_NUMBERED, int)


async def test_a_retraction_by_a_shared_key_takes_none_of_those_that_share_it(database: Database) -> None:
    feed = await delivered(database, item(1, url=FRONT), item(2, url=FRONT, hours=0.1), item(3, guid="3", url=FRONT))
    shared = Retraction("harbour-post.example", None, FRONT, "canceled")
    named = Retraction("harbour-post.example", "3", FRONT, "canceled")
    async with database.transaction() as connection:
        assert await retract(connection, [Recall(uuid7(), 0, shared)]) == [None]
        assert await retract(connection, [Recall(uuid7(), 0, named)]) == [feed[2].article_id]
    assert await read(database, "SELECT count(*) FROM articles") == [(2,)]
    await assert_counts(database)


async def test_a_shared_key_outlives_the_article_that_held_it(database: Database) -> None:
    feed = [item(n, guid=f"g{n}" if n == 1 else None, url=FRONT, hours=n / 10) for n in (1, 2, 3)]
    first = await delivered(database, *feed)
    withheld = Retraction("harbour-post.example", "g1", None, "withheld")
    async with database.transaction() as connection:
        assert await retract(connection, [Recall(uuid7(), 0, withheld)]) == [first[0].article_id]
    revised = await delivered(database, item(2, url=FRONT, hours=0.2, version=1), feed[2], minutes=30)
    assert [(one.outcome, one.article_id) for one in revised] == [
        ("revised", first[1].article_id),
        ("unchanged", first[2].article_id),
    ]
    [back] = await delivered(database, feed[0], minutes=40)
    assert back.outcome == "stored"


async def test_what_is_merged_while_a_delivery_waits_for_it_is_met_where_it_went(database: Database) -> None:
    one, two = item(1, guid="7", url=f"{FRONT}a"), item(1, url=f"{FRONT}b", version=1, source="copy.example")
    both, late = item(1, guid="7", url=f"{FRONT}b", version=2), item(1, url=f"{FRONT}b", source="third.example")
    [first] = await delivered(database, one)
    await delivered(database, two, minutes=5)
    async with database.transaction() as connection:
        merging = an_arrival(both, minutes=10)
        await submitted(connection, [merging])
        await save(connection, [merging])
        waiting = asyncio.create_task(delivered(database, late, minutes=12))
        await asyncio.sleep(0.3)
        assert not waiting.done()
    [met] = await waiting
    assert met.article_id == first.article_id
    assert await read(database, "SELECT count(*) FROM articles") == [(1,)]


async def test_two_that_somebody_told_apart_are_not_merged_whatever_arrives(database: Database) -> None:
    [one] = await delivered(database, item(1, guid="7", url=f"{FRONT}a"))
    copy = item(1, url=f"{FRONT}b", version=1, hours=1, source="copy.example")
    [two] = await delivered(database, copy, minutes=5)
    await linked(database)
    async with database.transaction() as connection:
        assert await part(connection, two.article_id, Linker().compare)
    [third] = await delivered(database, item(1, guid="7", url=f"{FRONT}b", version=2), minutes=10)
    assert (third.outcome, third.article_id) == ("revised", one.article_id)
    assert await read(database, "SELECT count(*) FROM articles") == [(2,)]
    assert (await told(database))["merged"] == 0
