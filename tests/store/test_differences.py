"""Fields are compared as they are served; examples stay short and few."""

from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from app.pipeline.article import Article, TopicEntry, TopicList
from app.store import tally
from app.store.differences import Difference, Differences, Printed, differences, excerpts
from app.store.rows import row
from app.store.tally import Finding, Tally, added
from tests.builders import NOON, an_arrival, an_article

QUAY = Printed("quays", "quays", "Quays", 0.5, ("list",), 1)
ALIAS = Printed("docks", "quays", "Docks", 0.5, ("list",), 1)


def compared(
    before: Article, after: Article, was: tuple[Printed, ...] = (), now: tuple[Printed, ...] = ()
) -> tuple[list[str], list[str], bool]:
    """Give the names of fields that differ: served, beside, and whether something unseen does."""
    rows = [row(uuid7(), 1, an_arrival(article)) for article in (before, after)]
    found = differences(rows[0], was, rows[1], now)
    return [one.field for one in found.served], [one.field for one in found.beside], found.unseen


@pytest.mark.parametrize(
    ("changed", "served"),
    [
        ({}, []),
        ({"title": "Another"}, ["title"]),
        ({"authors": ("A. B.",)}, ["authors"]),
        ({"published_at": NOON + timedelta(hours=1)}, ["published_at"]),
        ({"published_at": NOON.astimezone(timezone(timedelta(hours=2)))}, ["published_at"]),
        ({"published_precision": "day", "truncated": True}, ["published_precision", "truncated"]),
        ({"modified_at": NOON, "urgency": 1, "version": "2"}, ["version", "urgency", "modified_at"]),
        ({"processing": "fallback", "agency": "Reuters"}, ["agency", "processing"]),
    ],
)
def test_what_a_client_sees_is_told_by_field(changed: dict[str, Any], served: list[str]) -> None:
    assert compared(an_article(), replace(an_article(), **changed)) == (served, [], False)


def test_how_an_article_was_read_is_no_change_of_it() -> None:
    after = replace(an_article(), repairs={"joined_sentences": 1}, word_count=1, pipeline_version="9")
    assert compared(an_article(), after) == ([], ["word_count", "repairs"], True)


def test_topics_are_the_same_under_an_alias() -> None:
    listed = replace(an_article(), topic_lists=(TopicList(None, 0, (TopicEntry("quays", "Quays", None),)),))
    aliased = replace(an_article(), topic_lists=(TopicList(None, 0, (TopicEntry("docks", "Quays", None),)),))
    assert compared(listed, aliased, (QUAY,), (ALIAS,)) == ([], ["topic details"], False)
    assert compared(listed, listed, (QUAY,), (replace(QUAY, score=0.6),)) == ([], ["topic details"], False)
    other = Printed("tides", "tides", "Tides", 0.5, ("list",), 1)
    assert compared(listed, listed, (QUAY,), (QUAY, other))[0] == ["topics"]
    assert compared(listed, listed, (QUAY, other), (other, QUAY)) == ([], ["topic details"], False)


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (None, "a", (None, "a")),
        (["A", "B"], ["A"], ("A, B", "A")),
        ([], ["A"], ("", "A")),
        (["A", {"b": 1}], ["A", {"b": 2}], ('{"b":1}', '{"b":2}')),
        ({"a": 1, "b": 2}, {"a": 1, "c": 3}, ('{"b":2}', '{"c":3}')),
        (1, None, ("1", None)),
        ("a\x00b", "\ud800", ("a b", " ")),
        ("a b", "a c", ("a b", "a c")),
    ],
)
def test_an_example_shows_where_two_values_part(before: Any, after: Any, shown: tuple[str | None, str | None]) -> None:
    assert excerpts(Difference("x", before, after)) == shown


def test_of_a_long_text_the_place_is_shown_where_it_changes() -> None:
    before, after = excerpts(Difference("text", f"{'a' * 500}XY{'b' * 500}", f"{'a' * 500}Z{'b' * 500}"))
    assert before is not None
    assert after is not None
    assert (before[:3], after[:3], len(before), len(after)) == ("…aa", "…aa", 162, 162)
    assert "XYb" in before
    assert "aZb" in after


def test_examples_are_few_and_a_tally_survives_its_column() -> None:
    changed = Differences((Difference("title", "a", "b"),))
    findings = [Finding(uuid7(), "changed", changed) for _ in range(5)]
    findings += [Finding(uuid7(), "rejected", reason="No text.") for _ in range(5)]
    found = added(added(Tally(), findings[:1], 2), findings[1:], 2)
    assert (found.seen, found.outcomes, found.served) == (10, {"changed": 5, "rejected": 5}, {"title": 5})
    assert [len(kept) for kept in found.examples.values()] == [2, 2]
    assert tally.of_json(tally.as_json(found)) == found
    assert added(Tally(), findings, 0).examples == {}
