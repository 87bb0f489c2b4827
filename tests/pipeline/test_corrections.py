"""An editor's word is laid over what the pipeline reads: the same however often, and taken back without a trace."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from app.pipeline import changes
from app.pipeline.article import Article, Evidence, RawItem, Stated
from app.pipeline.changes import Known, Revise, Sight
from app.pipeline.corrections import (
    FIELDS,
    Correction,
    Field,
    Published,
    Said,
    Wish,
    amended,
    as_read,
    corrected,
    decide,
    moved_on,
    read_of,
    shown_hash,
)
from app.pipeline.run import process
from app.store.corrections import read_json, said_json
from app.store.corrections import read_of as read_of_json
from app.store.corrections import said_of as said_of_json
from tests.builders import NOON, an_article

LABELS = ["Ferries", "ferry", "Cranes", "crane", "Night shifts", "港", "Tide-gates", "Winter pay", "C++"]
names = st.lists(st.sampled_from(["Maren Holt", "Jo Lund", "Ann Lee", "山田太郎"]), max_size=3).map(tuple)
labels = st.lists(st.sampled_from(LABELS), max_size=5).map(tuple)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)).map(lambda at: at.replace(tzinfo=UTC, microsecond=0))  # noqa: DTZ001 - the zone is added
dates = st.builds(
    lambda at, hours: Published(at.astimezone(timezone(timedelta(hours=hours))), "second", "stated", "then"),
    moments,
    st.integers(-12, 14),
)
said = st.builds(Said, st.none() | names, st.none() | dates, st.none() | labels)
taken_back = st.frozensets(st.sampled_from(FIELDS))
wishes = st.builds(Wish, said, taken_back)


@st.composite
def articles(draw: Any) -> Article:
    """Give an article as the pipeline reads it."""
    found = draw(names)
    article = an_article(
        authors=found, topics=tuple(dict.fromkeys(draw(labels))), published_at=draw(st.none() | moments)
    )
    evidence = (
        *(Evidence("authors", name, "text.byline", f"By {name}", 0.9, chosen=True) for name in found),
        Evidence("title", "Northern quay reopens", "sender", "", 1.0, chosen=True),
    )
    return replace(article, evidence=evidence)


def sorted_(article: Article) -> Article:
    """Give an article with its evidence in one order; which field's comes first means nothing."""
    return replace(article, evidence=tuple(sorted(article.evidence, key=repr)))


def told(article: Article, what: Said) -> Correction:
    """Give the correction of an article as it is read."""
    return Correction(what, read_of(article), article.field_hash)


@given(articles(), said)
def test_laying_a_correction_over_again_changes_nothing(article: Article, what: Said) -> None:
    once = corrected(article, told(article, what))
    assert corrected(once, told(article, what)) == once


@given(articles(), said)
def test_what_is_said_is_shown_and_what_is_not_stays(article: Article, what: Said) -> None:
    shown = corrected(article, told(article, what))
    assert shown.authors == (article.authors if what.authors is None else what.authors)
    assert shown.published_at == (article.published_at if what.published_at is None else what.published_at.at)
    assert what.topics is None or {topic.label for topic in shown.topics} <= set(what.topics)
    assert what.topics is not None or shown.topics == article.topics
    chosen = {one.origin for one in shown.evidence if one.chosen and one.field in what.fields}
    assert chosen <= {"editor"}
    assert [replace(one, chosen=True) for one in shown.evidence if one.origin != "editor"] == list(article.evidence)
    assert (shown.text, shown.title, shown.content_hash) == (article.text, article.title, article.content_hash)


@given(articles(), st.lists(wishes, max_size=5))
def test_taken_back_it_leaves_no_trace(article: Article, asked: list[Wish]) -> None:
    shown, correction = article, None
    for wish in asked:
        shown, correction = amended(shown, correction, wish)
        assert correction is None or sorted_(corrected(as_read(shown, correction), correction)) == sorted_(shown)
    back, nothing = amended(shown, correction, Wish(taken_back=frozenset[Field](FIELDS)))
    assert nothing is None
    assert sorted_(back) == sorted_(article)


@given(articles(), articles(), wishes, wishes)
def test_what_is_read_later_is_what_is_given_back(first: Article, second: Article, one: Wish, other: Wish) -> None:
    _, correction = amended(first, None, one)
    if correction is None:
        return
    shown = corrected(second, moved_on(correction, second))
    after, left = amended(shown, moved_on(correction, second), other)
    assert left is None or left.read == read_of(second)
    assert left is not None or (after.authors, after.topics, after.field_hash) == (
        second.authors,
        second.topics,
        second.field_hash,
    )


@given(articles(), said)
def test_a_correction_is_kept_in_the_store_as_it_is(article: Article, what: Said) -> None:
    correction = told(article, what)
    stored = orjson.loads(orjson.dumps({"said": said_json(correction.said), "read": read_json(correction.read)}))
    assert said_of_json(stored["said"]) == what
    assert replace(read_of_json(stored["read"]), evidence=()) == replace(correction.read, evidence=())
    assert set(read_of_json(stored["read"]).evidence) == set(correction.read.evidence)


def test_the_pipelines_own_hash_is_that_of_what_it_shows() -> None:
    text = "Quay reopens\nBy Maren Holt\n3 March 2025\n\nThe plan covers:\nNight shifts: Three nights.\nWinter pay: It rises.\n"
    for stated in (Stated(), Stated(topics=("Cranes", "U.S. ports"), authors=("Jo Lund",))):
        made = process(RawItem(0, text, stated), NOON)
        assert isinstance(made, Article)
        assert made.topics
        assert shown_hash(made) == made.field_hash


def known_of(article: Article) -> Known:
    """Give what the store knows of an article that it shows."""
    return changes.after(article, NOON, None)


def test_an_arrival_is_judged_by_what_it_changes_under_the_correction() -> None:
    article = an_article()
    correction = told(article, Said(authors=("Jo Lund",)))
    known = known_of(corrected(article, correction))
    assert isinstance(decide(article, NOON, known, correction).intent, Sight)
    assert decide(article, NOON, known, correction).moved is None
    other_byline = decide(an_article(authors=["Ann Lee"]), NOON, known, correction)
    assert isinstance(other_byline.intent, Sight)
    assert other_byline.moved is not None
    assert other_byline.moved.read.authors == ("Ann Lee",)
    other_text = decide(an_article("The quay was closed again on Sunday."), NOON, known, correction)
    assert (other_text.intent, other_text.article.authors) == (Revise(2), ("Jo Lund",))


def test_what_may_not_revise_an_article_moves_nothing_on() -> None:
    article = an_article()
    correction = told(article, Said(authors=("Jo Lund",)))
    known = known_of(corrected(article, correction))
    for other in (
        an_article(authors=["Ann Lee"], source="copy.example"),
        an_article(authors=["Ann Lee"], processing="fallback"),
    ):
        found = decide(other, NOON, known, correction)
        assert isinstance(found.intent, Sight)
        assert found.moved is None
    late = decide(an_article(authors=["Ann Lee"]), NOON - timedelta(hours=1), known, correction)
    assert (late.intent, late.moved) == (Sight(), None)
