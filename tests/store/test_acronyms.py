"""An acronym is an alias of its long form where the archive's articles agree, and nobody has said anything else."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import text

from app import learning
from app.db import Database
from app.pipeline.article import Acronym, Article, RawItem, Stated
from app.pipeline.background import Background
from app.pipeline.run import process
from app.store import acronyms
from app.store.acronyms import Use, uses
from app.store.background import Lessons
from app.store.taxonomies import Concept, Name, load
from app.store.topic_links import add_alias, add_broader, made, remove_alias
from tests.builders import an_article
from tests.http.seed import NOON, Told, reading, store, walk
from tests.store.test_topic_counts import assert_counts

WHO = "World Health Organization"
OFFICE = "Winter Harbour Office"
SOURCES = ("a.example", "b.example")


def defining(label: str = "WHO", meaning: str = WHO, source: str | None = "a.example") -> Article:
    """Give an article that says what an acronym means."""
    return replace(an_article(source=source), acronyms=(Acronym(label, meaning),))


async def learn(database: Database, *articles: Article) -> int:
    """Learn of these articles, and look at what is new; give how many aliases changed."""
    lessons = Lessons()
    lessons.add(articles, Background())
    await learning.write(database, lessons)
    changed = await consider(database)
    await assert_counts(database)
    return changed


async def consider(database: Database) -> int:
    async with database.transaction() as connection:
        return await acronyms.consider(connection)


async def agree(database: Database, label: str = "WHO", meaning: str = WHO, times: int = 2) -> int:
    """Have two sources say so some times each."""
    return await learn(database, *(defining(label, meaning, source) for source in SOURCES for _ in range(times)))


async def aliases(database: Database) -> dict[str, tuple[str, str]]:
    """Give the aliases: what each is one of, and who says so."""
    asked = text(
        "SELECT t.slug, a.slug AS of, t.alias_by FROM topics t JOIN topics a ON a.id = t.alias_of ORDER BY t.slug"
    )
    async with database.reading() as connection:
        return {row.slug: (row.of, row.alias_by) for row in await connection.execute(asked)}


FOLDED = {"who": ("world-health-organization", "acronym")}


async def test_an_acronym_whose_definitions_agree_is_an_alias_of_its_long_form(database: Database) -> None:
    await store(database, Told("One.", topics=["WHO"]), Told("Two.", topics=["WHO", WHO]))
    await store(database, Told("Three.", topics=[WHO]))
    assert await agree(database) == 1
    assert await aliases(database) == FOLDED
    async with reading(database) as reader:
        shown = (await reader.get("/v1/topics/who")).json()
        assert (shown["slug"], shown["articles"], shown["aliases"]) == ("world-health-organization", 3, ["who"])
        found = await walk(reader, "/v1/articles", topic="who")
        assert {topic["label"] for one in found for topic in one["topics"]} == {"WHO", WHO}
    assert await consider(database) == 0


@pytest.mark.parametrize(
    "articles",
    [
        [defining(), defining(source="b.example")],
        [defining()] * 5,
        [defining(source=None)] * 4 + [defining()],
        [*[defining()] * 4, *[defining(source="b.example")] * 4, defining(meaning=OFFICE)],
        [defining("BOATS", "Bureau of Atlantic Trade Services", source) for source in SOURCES * 3],
    ],
    ids=[
        "two articles",
        "one source",
        "no second source",
        "more than a tenth says otherwise",
        "a plural of another word",
    ],
)
async def test_where_too_few_say_so_or_not_the_same_it_stays_a_topic(
    database: Database, articles: Sequence[Article]
) -> None:
    await store(database, Told("One.", topics=["WHO", "Boat"]))
    assert await learn(database, *articles) == 0
    assert await aliases(database) == {}


async def test_a_tenth_may_say_otherwise_and_one_that_becomes_ambiguous_is_taken_back(database: Database) -> None:
    await store(database, Told("One.", topics=["WHO"]))
    assert await agree(database, times=5) == 1
    assert await learn(database, defining(meaning=OFFICE)) == 0
    assert await aliases(database) == FOLDED
    assert await learn(database, defining(meaning=OFFICE)) == 1
    assert await aliases(database) == {}
    assert await agree(database, times=5) == 1
    assert await aliases(database) == FOLDED


async def test_the_meaning_may_change_with_the_archive(database: Database) -> None:
    await agree(database)
    assert await agree(database, meaning=OFFICE, times=18) == 1
    assert await aliases(database) == {"who": ("winter-harbour-office", "acronym")}


async def test_spellings_that_an_operator_made_one_are_one_meaning(database: Database) -> None:
    await agree(database)
    await agree(database, meaning="World Health Organisation")
    assert await aliases(database) == {}
    async with database.transaction() as connection:
        british = await made(connection, "world-health-organisation")
        await add_alias(connection, await made(connection, "world-health-organization"), british)
    assert await learn(database, defining()) == 1
    assert (await aliases(database))["who"] == FOLDED["who"]


async def test_what_a_common_word_is_printed_as_is_no_acronym(database: Database) -> None:
    await store(database, Told("One.", topics=["Ice"]), Told("Two.", topics=["ICE"]))
    assert await agree(database, "ICE", "Immigration and Customs Enforcement") == 0


async def said(database: Database, what: str) -> None:
    """Say something of the acronym's topic, as an operator or a taxonomy."""
    async with database.transaction() as connection:
        topic, other = await made(connection, "who"), await made(connection, "bands")
        if what == "alias of another":
            await add_alias(connection, other, topic)
        elif what == "aliases of its own":
            await add_alias(connection, topic, other)
        elif what == "broader":
            await add_broader(connection, topic, other)
        elif what == "no alias":
            await add_alias(connection, other, topic)
            await remove_alias(connection, other, topic)
        else:
            await load(connection, "own", [Concept("1", Name("WHO"))])


@pytest.mark.parametrize("what", ["alias of another", "aliases of its own", "broader", "no alias", "code"])
async def test_what_operators_and_taxonomies_said_stays(database: Database, what: str) -> None:
    await store(database, Told("One.", topics=["WHO"]))
    await said(database, what)
    before = await aliases(database)
    assert await agree(database) == 0
    assert await aliases(database) == before


@pytest.mark.parametrize("concept", [Concept("1", Name("WHO")), Concept("1", Name("Bands"), (Name("WHO"),))])
async def test_a_taxonomys_word_takes_the_place_of_what_was_learned(database: Database, concept: Concept) -> None:
    await store(database, Told("One.", topics=["WHO"]), Told("Two.", topics=[WHO]))
    await agree(database)
    async with database.transaction() as connection:
        await load(connection, "own", [concept])
    await assert_counts(database)
    assert await learn(database, defining()) == 0
    assert await aliases(database) == ({"who": ("bands", "own")} if concept.others else {})


async def test_an_operators_no_is_never_undone(database: Database) -> None:
    await store(database, Told("One.", topics=["WHO"]), Told("Two.", topics=[WHO]))
    await agree(database)
    alias = "/v1/topics/world-health-organization/aliases/who"
    async with reading(database) as reader:
        assert (await reader.get("/v1/topics/who")).json()["articles"] == 2
        assert (await reader.delete(alias)).status_code == 204
        assert (await reader.get("/v1/topics/who")).json()["articles"] == 1
        assert await agree(database, times=9) == 0
        async with database.transaction() as connection:
            await load(connection, "own", [Concept("1", Name(WHO), (Name("WHO"),))])
        await assert_counts(database)
        assert await aliases(database) == {}
        assert (await reader.put(alias)).status_code == 204
        assert (await reader.get("/v1/topics/who")).json()["articles"] == 2


async def test_few_aliases_change_in_a_round_and_the_others_in_the_next(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acronyms, "MOST_CHANGED", 2)
    pairs = [(f"{a}BC", f"{a}lpha Beta Council") for a in "ABCDE"]
    articles = [defining(label, meaning, source) for label, meaning in pairs for source in SOURCES * 2]
    assert await learn(database, *articles) == 2
    assert [await consider(database) for _ in range(3)] == [2, 1, 0]
    assert len(await aliases(database)) == 5
    await learn(
        database,
        *(
            replace(one, acronyms=(Acronym(f"Z{one.acronyms[0].label}", f"Zinc {one.acronyms[0].meaning}"),))
            for one in articles
        ),
    )
    await learning.fold_acronyms(database)
    assert len(await aliases(database)) == 10


async def test_many_workers_learn_and_look_at_once(database: Database) -> None:
    await store(database, *(Told(f"Report {n}.", topics=["WHO", WHO]) for n in range(5)))
    several = [defining(f"{a}BC", f"{a}lpha Beta Council", source) for a in "ABCDE" for source in SOURCES]

    async def busy(number: int) -> None:
        lessons = Lessons()
        lessons.add([*several, defining(source=SOURCES[number % 2])], Background())
        await learning.write(database, lessons)
        await consider(database)
        await store(database, Told(f"Later report {number}.", topics=["WHO", "ABC"]))

    await asyncio.gather(*(busy(number) for number in range(8)))
    await consider(database)
    await assert_counts(database)
    assert len(await aliases(database)) == 6


async def test_what_a_single_article_said_is_forgotten_when_there_is_too_much(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acronyms, "MOST_KEPT", 1)
    await learn(database, defining(), defining(meaning=OFFICE), defining("OHW", OFFICE))
    async with database.transaction() as connection:
        await acronyms.forget(connection)
        assert set(await connection.scalars(text("SELECT acronym FROM acronym_uses"))) == {"who"}


async def test_what_texts_say_is_in_force_for_articles_that_are_stored(database: Database) -> None:
    await store(database, Told("One.", topics=["WHO"]), Told("Two.", topics=[WHO]))
    said = "The World Health Organization (WHO) said on Monday that cholera had come to island number {}."
    items = [RawItem(0, said.format(n), Stated(source=SOURCES[n % 2], language="en")) for n in range(3)]
    found = [process(item, NOON) for item in items]
    assert await learn(database, *(one for one in found if isinstance(one, Article))) == 1
    assert await aliases(database) == FOLDED


def test_what_is_learned_of_an_article() -> None:
    assert list(uses(defining(source=None))) == [Use("who", "world health organization", "", WHO)]
    lessons = Lessons()
    lessons.add([defining(), defining()], Background())
    assert lessons.take_acronyms() == Counter({Use("who", "world health organization", "a.example", WHO): 2})
    assert lessons.take_acronyms() == Counter()
