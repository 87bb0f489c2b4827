"""Which articles are one story, and who told it first: whatever the order in which they arrive."""

import random
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pipeline.article import Precision
from app.pipeline.likeness import Rule, Tie
from app.pipeline.stories import Bond, Formed, Told, form, is_bond
from tests.builders import NOON

REWRITE = Tie("rewrite", 0.6)


def told(
    number: int,
    *,
    hours: float | None = 0,
    arrived: float | None = None,
    source: str | None = None,
    precision: Precision = "minute",
) -> Told:
    """Give an article that was published some hours after noon, and arrived a minute later unless said otherwise."""
    published = None if hours is None else NOON + timedelta(hours=hours)
    received = NOON + timedelta(hours=arrived if arrived is not None else (hours or 0) + 1 / 60)
    mark = bytes([number])
    return Told(
        UUID(int=number), source or f"{number}.example", published, precision if published else None, received, mark
    )


def tied(*pairs: tuple[int, int]) -> list[Bond]:
    """Tie articles by their numbers."""
    return [Bond(UUID(int=one), UUID(int=other), REWRITE) for one, other in pairs]


def originals(formed: Formed) -> dict[int, int]:
    """Give the number of each duplicate's original."""
    return {duplicate.int: place.original.int for duplicate, place in formed.places.items()}


def test_the_first_to_be_published_is_the_original_however_late_it_arrives() -> None:
    found = form([told(1, hours=2, arrived=2), told(2, hours=1, arrived=9)], tied((1, 2)), set())
    assert originals(found) == {1: 2}


def test_what_has_no_date_comes_last() -> None:
    assert originals(form([told(1, hours=None, arrived=0), told(2, hours=5)], tied((1, 2)), set())) == {1: 2}


def test_a_copy_that_prints_the_day_alone_is_not_earlier_than_its_original_of_that_morning() -> None:
    day = told(1, hours=-12, arrived=3, precision="day")
    assert originals(form([day, told(2, hours=-4)], tied((1, 2)), set())) == {1: 2}


def test_a_roundup_does_not_make_one_story_of_what_it_holds() -> None:
    found = form([told(1), told(2, hours=1), told(3, hours=9)], tied((1, 3), (2, 3)), set())
    assert originals(found) == {3: 1}


def test_two_that_were_told_apart_are_never_in_one_story_whatever_arrives() -> None:
    parted = {frozenset((UUID(int=1), UUID(int=2)))}
    assert originals(form([told(1), told(2, hours=1)], tied((1, 2)), parted)) == {}
    earlier = told(3, hours=-1)
    found = form([told(1), told(2, hours=1), earlier], tied((1, 2), (1, 3), (2, 3)), parted)
    assert originals(found) == {1: 3}


@pytest.mark.parametrize(
    ("rule", "hours", "source", "together"),
    [
        ("rewrite", 3, "a.example", True),
        ("rewrite", 24 * 10, "b.example", True),
        ("rewrite", 24 * 20, "b.example", False),
        ("rewrite", 24, "a.example", False),
        ("extended", 5, "a.example", True),
        ("copy", 24 * 20, "a.example", True),
    ],
)
def test_tellings_far_apart_are_one_story_as_copies_alone(
    rule: Rule, hours: float, source: str, *, together: bool
) -> None:
    one, other = told(1, source="a.example"), told(2, hours=hours, source=source)
    assert is_bond(one, other, Tie(rule, 0.7)) is is_bond(other, one, Tie(rule, 0.7)) is together


NUMBERS = st.integers(0, 7)
PAIRS = st.sets(st.tuples(NUMBERS, NUMBERS).filter(lambda pair: pair[0] < pair[1]), max_size=16)


@given(st.lists(st.one_of(st.none(), st.integers(-3, 3)), min_size=8, max_size=8), PAIRS, PAIRS, st.randoms())
def test_no_order_of_arrival_makes_another_story(
    hours: list[float | None], ties: set[tuple[int, int]], apart: set[tuple[int, int]], chance: random.Random
) -> None:
    articles = [told(number, hours=hour, arrived=5) for number, hour in enumerate(hours)]
    parted = {frozenset((UUID(int=one), UUID(int=other))) for one, other in apart}
    found = form(articles, tied(*ties), parted)
    shuffled, mixed = list(articles), tied(*ties)
    chance.shuffle(shuffled)
    chance.shuffle(mixed)
    assert form(shuffled, mixed, parted) == found
    order = {article.id: article.order for article in articles}
    story = {number: originals(found).get(number, number) for number in range(8)}
    for duplicate, place in found.places.items():
        assert place.original not in found.places
        assert order[place.original] < order[duplicate]
        assert tuple(sorted((duplicate.int, place.original.int))) in ties
    assert all(story[one] != story[other] for one, other in apart)


def test_a_date_at_the_end_of_time_is_taken() -> None:
    last = Told(UUID(int=1), None, datetime.max.replace(tzinfo=NOON.tzinfo), "month", NOON)
    assert originals(form([last, told(2)], tied((1, 2)), set())) == {1: 2}


def test_an_earlier_telling_that_comes_late_asks_to_be_compared_with_the_whole_story() -> None:
    first, second, late = told(1), told(2, hours=1), told(3, hours=-1)
    ties = tied((1, 2), (1, 3))
    found = form([first, second, late], ties, set(), new={late.id})
    assert originals(found) == {1: 3}
    assert found.asked == {frozenset((second.id, late.id))}
    assert form([first, second, late], ties, set()).asked == frozenset()


def test_who_becomes_the_original_asks_likewise() -> None:
    found = form([told(2, hours=1), told(3, hours=2)], [], set(), risen={UUID(int=2)})
    assert found.asked == {frozenset((UUID(int=2), UUID(int=3)))}
