"""The same words have the same hash, however they are set; the same fields too, in every process."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pipeline.fingerprint import content_hash, field_hash

TITLE = "Ferry returns to the northern quay"
TEXT = "The ferry sails again.It carries cars — and goats; nobody knows why."


@pytest.mark.parametrize(
    "text",
    [
        TEXT.upper(),
        TEXT.replace(".", ". "),
        TEXT.replace(" ", "\n\n"),
        TEXT.replace("—", "-"),
        TEXT.replace("ferry", "fer\u00adry"),
        "“" + TEXT.replace(" ", "\u00a0") + "”",
        TEXT.replace("f", "\uff46"),
    ],
)
def test_setting_the_same_words_otherwise_makes_no_difference(text: str) -> None:
    assert content_hash(TITLE, text) == content_hash(TITLE, TEXT)


@pytest.mark.parametrize("text", [TEXT.replace("goats", "boats"), TEXT + " Perhaps.", "", "नदी", "नदि", "かん", "がん"])
def test_other_words_make_another_hash(text: str) -> None:
    others = ["", "नदी", "नदि", "かん", "がん", TEXT]
    assert all(content_hash(None, text) != content_hash(None, other) for other in others if other != text)


def test_the_title_counts_among_the_words() -> None:
    assert content_hash(TITLE, TEXT) != content_hash(None, TEXT)


@given(st.text(), st.one_of(st.none(), st.text()))
def test_any_text_has_a_hash_of_sixteen_bytes(text: str, title: str | None) -> None:
    made = content_hash(title, text)
    assert len(made) == 16
    assert made == content_hash(title, text)


def test_the_order_of_fields_makes_no_difference() -> None:
    assert field_hash({"title": "A", "authors": ["B", "C"]}) == field_hash({"authors": ("B", "C"), "title": "A"})


def test_the_order_of_values_does() -> None:
    assert field_hash({"authors": ["B", "C"]}) != field_hash({"authors": ["C", "B"]})


def test_one_instant_is_the_same_in_every_zone() -> None:
    noon = datetime(2026, 3, 14, 12, tzinfo=UTC)
    assert field_hash({"at": noon}) == field_hash({"at": noon.astimezone(timezone(timedelta(hours=5)))})


def test_nothing_is_not_an_empty_text() -> None:
    assert field_hash({"title": None}) != field_hash({"title": ""})


def test_a_value_without_a_canonical_form_is_refused() -> None:
    with pytest.raises(TypeError, match="object has no canonical form"):
        field_hash({"title": object()})


def test_the_hash_is_the_same_in_another_process() -> None:
    code = (
        "from app.pipeline.fingerprint import field_hash\n"
        "print(field_hash({'topics': frozenset({'quay', 'ferry', 'goat'}), 'raw': b'x', 'title': 'Fähre'}).hex())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert seen == {field_hash({"topics": {"quay", "ferry", "goat"}, "raw": b"x", "title": "Fähre"}).hex() + "\n"}


@given(st.dictionaries(st.text(), st.one_of(st.none(), st.text(), st.lists(st.text()), st.integers(), st.binary())))
def test_any_fields_have_a_hash_of_sixteen_bytes(fields: dict[str, object]) -> None:
    assert len(field_hash(fields)) == 16
    assert field_hash(fields) == field_hash(dict(reversed(fields.items())))
