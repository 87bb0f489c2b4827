"""Text and questions are cut into the same words, whatever is thrown at them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.store.folding import author_fold, fold
from app.store.search import MAX_BYTES, MAX_WORD, prefix_query, regconfig, search_query, search_text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The Café's co-op", "the cafe s co op"),
        ("straße STRASSE", "strasse strasse"),
        ("Port Ellery: 3.5 %", "port ellery 3 5"),
        ("東京都知事", "東京 京都 都知 知事"),
        ("2026年、東京", "2026 年 東京"),
        ("ニュース速報", "ニュ ュー ース ス速 速報"),
        ("ﾆｭｰｽ", "ニュ ュー ース"),
        ("हिन्दी भाषा", "हिन्दी भाषा"),
        ("كِتَاب", "كتاب"),
        ("a\x00b\ud800c", "a b c"),
        ("", ""),
        ("…—!", ""),
    ],
)
def test_text_is_cut_into_folded_words(text: str, words: str) -> None:
    assert search_text(text) == words


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("harbour quay", "harbour quay"),
        ('"northern quay" -ferry', '"northern quay" -ferry'),
        ("crane or ferry", "crane or ferry"),
        ("crane OR ferry", "crane or ferry"),
        ('"or"', '"or"'),
        ("co-op", '"co op"'),
        ("-co-op", '-"co op"'),
        ('-"the quay"', '-"the quay"'),
        ('"never closed', '"never closed"'),
        ("東京都", '"東京 京都"'),
        ("- !! ' & |", ""),
        ("--x", "-x"),
        ("a:* & !b", "a b"),
    ],
)
def test_a_question_keeps_its_syntax_and_only_that(question: str, asked: str) -> None:
    assert search_query(question) == asked


@pytest.mark.parametrize(
    ("beginning", "asked"),
    [
        ("Cran", "('cran':*)"),
        ("arms con", "('arms':*) & ('con':*)"),
        ("東京都", "('東京':* <-> '京都':*)"),
        ("'&|", ""),
    ],
)
def test_a_beginning_asks_for_words_that_start_so(beginning: str, asked: str) -> None:
    assert prefix_query(beginning) == asked


@pytest.mark.parametrize(
    ("language", "configuration"),
    [("de", "german"), ("pt-BR", "portuguese"), ("EN", "english"), ("ja", "simple"), ("", "simple"), (None, "simple")],
)
def test_a_language_has_a_stemmer_or_simple(language: str | None, configuration: str) -> None:
    assert regconfig(language) == configuration


@pytest.mark.parametrize(
    ("name", "key"),
    [("José  Ñandú", "jose nandu"), ("STEVE\u00a0HOLT", "steve holt"), (" Łukasz Ż ", "łukasz z"), ("", "")],
)
def test_names_meet_blind_to_case_accents_and_spaces(name: str, key: str) -> None:
    assert author_fold(name) == key


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert author_fold(author_fold(text)) == author_fold(text)


@given(st.text())
def test_what_is_folded_can_be_stored(text: str) -> None:
    assert "\x00" not in fold(text)
    fold(text).encode()
    search_text(text).encode()


@given(st.text())
def test_a_text_holds_every_word_that_it_is_asked_for(text: str) -> None:
    words = search_text(text).split(" ")
    asked = [word for term in search_query(text.replace('"', " ")).split() for word in [term.strip('-"')]]
    assert {word for word in asked if word and word != "or"} <= set(words)


@pytest.mark.parametrize("text", ["ab " * 400_000, "東" * 400_000, "x-" * 500_000, "\u0301" * 500_000, "y" * 1_000_000])
def test_a_long_text_is_cut_at_a_word(text: str) -> None:
    found = search_text(text)
    assert len(found.encode()) <= MAX_BYTES
    assert len({len(word) for word in found.split()} | {0}) <= 2
    assert all(len(word) <= MAX_WORD for word in found.split())
