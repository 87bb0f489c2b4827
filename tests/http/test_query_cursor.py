"""A cursor comes back as it was made, and nothing else is taken for one."""

import base64
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidRequest
from app.query import cursor

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
moments = st.datetimes(timezones=st.just(UTC))
plain_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=100)
keys = st.tuples(st.integers(-(2**62), 2**62), st.uuids(), moments, plain_text)


@given(walk=st.text(), key=keys)
def test_a_cursor_gives_back_its_keys_to_its_own_walk(walk: str, key: tuple[int, UUID, datetime, str]) -> None:
    made = cursor.encode(walk, key)
    assert cursor.decode(walk, made, (int, UUID, datetime, str)) == key
    assert made.replace("-", "").replace("_", "").isalnum()


@given(junk=st.one_of(st.text(), st.binary().map(lambda b: base64.urlsafe_b64encode(b).decode())))
def test_junk_is_refused_and_nothing_worse(junk: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        cursor.decode("articles", junk, cursor.TIME_ID)
    assert [fault.pointer for fault in refused.value.faults] == ["/query/cursor"]


@given(at=st.integers(0, 200), other=st.characters(codec="ascii"))
def test_a_cursor_with_a_changed_character_is_refused(at: int, other: str) -> None:
    made = cursor.encode("articles", [NOON, UUID(int=7)])
    at %= len(made)
    changed = made[:at] + other + made[at + 1 :]
    if base64.urlsafe_b64decode(made + "==") != decoded(changed):
        with pytest.raises(InvalidRequest):
            cursor.decode("articles", changed, cursor.TIME_ID)


def decoded(text: str) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(text + "==")
    except ValueError:
        return None


@pytest.mark.parametrize(
    ("walk", "made", "kinds"),
    [
        ("topics", cursor.encode("articles", [NOON, uuid4()]), cursor.TIME_ID),
        ("articles", cursor.encode("articles", [NOON]), cursor.TIME_ID),
        ("articles", cursor.encode("articles", [1, uuid4()]), cursor.TIME_ID),
        ("articles", cursor.encode("articles", ["noon", uuid4()]), cursor.TIME_ID),
        ("articles", cursor.encode("articles", [NOON, "seven"]), cursor.TIME_ID),
        ("articles", cursor.encode("articles", ["a\x00b"]), (str,)),
        ("articles", cursor.encode("articles", [2**62 + 1]), (int,)),
        ("articles", cursor.encode("articles", ["x" * 10_000]), (str,)),
    ],
    ids=["another walk's", "too short", "a number for a time", "no time", "no id", "U+0000", "too great", "too long"],
)
def test_a_cursor_that_does_not_fit_is_refused(walk: str, made: str, kinds: tuple[type[cursor.Key], ...]) -> None:
    with pytest.raises(InvalidRequest):
        cursor.decode(walk, made, kinds)
