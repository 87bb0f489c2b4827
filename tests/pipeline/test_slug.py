"""Slugs stay what they are, and the spellings of one subject, and only of one, meet under a fold."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.pipeline.slug import LONGEST, LONGEST_FOLD, fold, plurals, singular, slug
from app.pipeline.vocabulary import vocabulary

LANGUAGES = [None, "en", "de", "fr", "es", "pt", "it", "nl", "sv", "ja", "xx"]


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Harbour Dues", "harbour-dues"),
        ("  Harbour   dues! ", "harbour-dues"),
        ("Élections législatives", "elections-legislatives"),
        ("Größe", "grosse"),
        ("Ελλάδα", "ελλαδα"),
        ("Ёлка", "елка"),
        ("हिन्दी समाचार", "हिन्दी-समाचार"),
        ("がん対策", "がん対策"),
        ("한국 경제", "한국-경제"),
        ("U.S. harbours", "us-harbours"),
        ("Women's rights", "womens-rights"),
        ("Droits de l’homme", "droits-de-l-homme"),
        ("Здоров'я", "здоровя"),
        ("Research & Development", "research-development"),
        ("COVID-19", "covid-19"),
        ("Disney+", "disney-plus"),
        ("C++", "c-plus-plus"),
        ("C#", "c-sharp"),
        ("co\u00adoperation", "cooperation"),
        ("…—!", ""),
        ("", ""),
    ],
)
def test_a_slug_is_made_of_small_letters_and_hyphens(label: str, expected: str) -> None:
    assert slug(label) == expected


def test_a_long_slug_is_cut_at_a_hyphen() -> None:
    made = slug("harbour " * 50)
    assert len(made) <= LONGEST
    assert set(made.split("-")) == {"harbour"}
    assert slug("h" * 500) == "h" * LONGEST


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("trade relations", "Trade Relation", "en"),
        ("Elections", "election", None),
        ("climate crises", "Climate Crisis", "en"),
        ("U.S.", "US", "en"),
        ("nuclear-arms control", "Nuclear Arms Control", "en"),
        ("Arts & Culture", "arts and culture", "en"),
        ("Women’s rights", "womens right", "en"),
        ("Churches", "church", "en"),
        ("Armies", "army", "en"),
        ("prizes", "prize", "en"),
        ("Wahlen", "wahl", "de"),
        ("Verhandlungen", "Verhandlung", "de"),
        ("Forschung & Entwicklung", "Forschung und Entwicklung", "de"),
        ("Droits humains", "droit humain", "fr"),
        ("elecciones generales", "Elección general", "es"),
        ("eleições municipais", "Eleição municipal", "pt"),
        ("elezioni", "Elezione", "it"),
        ("verkiezingen", "verkiezing", "nl"),
        ("Élysée", "elysee", "fr"),
    ],
)
def test_spellings_of_one_subject_meet(one: str, other: str, language: str | None) -> None:
    assert fold(one, language) == fold(other, language)


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("Nuclear Arms Control", "arms control", "en"),
        ("Small arms", "Small arm", "en"),
        ("Disney", "Disney+", "en"),
        ("C", "C++", "en"),
        ("C#", "C++", "en"),
        ("かん", "がん", "ja"),
        ("ขาว", "ข่าว", "th"),
        ("Häuser", "Haus", "de"),
    ],
)
def test_different_subjects_never_meet(one: str, other: str, language: str) -> None:
    assert fold(one, language) != fold(other, language)


@pytest.mark.parametrize("word", ["news", "politics", "Texas", "Paris", "analysis", "virus", "press", "gas", "series"])
def test_words_that_only_look_like_plurals_stay(word: str) -> None:
    assert fold(word, "en") == word.casefold()


def test_only_the_last_word_of_an_english_label_is_folded() -> None:
    assert fold("sports rights", "en") == "sports right"


def test_listed_singulars_are_final() -> None:
    for language, rules in vocabulary("topics")["plurals"].items():
        for single in rules.get("irregular", {}).values():
            assert singular(single, language) == single


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_ending_leaves_another_one(language: str | None) -> None:
    endings = [*(plural for plural, _ in plurals(language)["endings"]), "s", "es", "ss", "xs", "i"]
    for first in endings:
        for second in endings:
            once = singular(f"abc{first}{second}", language)
            assert singular(once, language) == once


@given(st.text(max_size=300))
@example("ℌ ß ﬁ İ ͅ")
@example("a" * 99 + " b")
def test_a_slug_of_a_slug_is_the_same(label: str) -> None:
    made = slug(label)
    assert slug(made) == made
    assert len(made) <= LONGEST
    assert not made.startswith("-")
    assert not made.endswith("-")


@given(
    st.one_of(st.text(max_size=300), st.lists(st.text("aeiosxzhcnlr's &.", max_size=12), max_size=60).map(" ".join)),
    st.sampled_from(LANGUAGES),
)
@example("relations " * 30, "en")
@example("x" * 190 + " viruses", "en")
@example("x" * 500, "en")
def test_a_fold_of_a_fold_is_the_same(label: str, language: str | None) -> None:
    made = fold(label, language)
    assert fold(made, language) == made
    assert len(made) <= LONGEST_FOLD
