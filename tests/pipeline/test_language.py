"""The sender's word for the language counts; else the text's beginning tells it, or nothing does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pipeline.language import detect, primary


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("en", "en"),
        ("de-AT", "de"),
        ("pt_BR", "pt"),
        ("EN-us", "en"),
        (" fr ", "fr"),
        ("eng", "en"),
        ("ger", "de"),
        ("zh-Hant-TW", "zh"),
        ("iw", "he"),
        ("nb", "no"),
        ("nn-NO", "no"),
        ("haw", "haw"),
        ("English", "en"),
        ("und", None),
        ("mul", None),
        ("xx", None),
        ("e", None),
        ("some language", None),
        ("en;q=0.8 " * 20, None),
        ("", None),
        (None, None),
    ],
)
def test_a_tag_is_read_down_to_its_language(tag: str | None, code: str | None) -> None:
    assert primary(tag) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The harbour authority reopened the northern quay after two years of repairs.", "en"),
        ("THE HARBOUR AUTHORITY REOPENED THE NORTHERN QUAY AFTER TWO YEARS.", "en"),
        ("Die Hafenbehörde hat den nördlichen Kai nach zwei Jahren wieder geöffnet.", "de"),
        ("L'autorité portuaire a rouvert le quai nord après deux ans de travaux.", "fr"),
        ("La autoridad portuaria reabrió el muelle norte tras dos años de obras.", "es"),
        ("L'autorità portuale ha riaperto la banchina nord dopo due anni di lavori.", "it"),
        ("A autoridade portuária reabriu o cais norte depois de dois anos de obras.", "pt"),
        ("De havenautoriteit heeft de noordelijke kade na twee jaar weer geopend.", "nl"),
        ("Havnemyndigheten har åpnet den nordlige kaien igjen etter to år.", "no"),
        ("Władze portu ponownie otworzyły północne nabrzeże po dwóch latach.", "pl"),
        ("Портовые власти снова открыли северный причал после двух лет ремонта.", "ru"),
        ("港湾局は北埠頭を再開した。", "ja"),
        ("经过两年的维修，港务局星期六重新开放了北码头，渡轮也恢复了航行。", "zh"),
        ("항만 당국이 북쪽 부두를 다시 열었다.", "ko"),
        ("أعادت سلطة الميناء فتح الرصيف الشمالي بعد عامين من الإصلاحات.", "ar"),
    ],
)
def test_a_sentence_tells_its_language(text: str, code: str) -> None:
    found = detect(text, None)
    assert found is not None
    assert (found.value, found.origin, found.chosen) == (code, "derived", True)
    assert text.startswith(found.quote)


@pytest.mark.parametrize("text", ["", "Kai 7", "12.03.2025 17:05 100 200 300 400", "…!?", "🎉" * 50])
def test_too_little_text_tells_nothing(text: str) -> None:
    assert detect(text, None) is None


def test_what_the_sender_states_wins() -> None:
    found = detect("The harbour authority reopened the northern quay.", "de-AT")
    assert found is not None
    assert (found.value, found.origin, found.quote, found.confidence) == ("de", "sender", "de-AT", 1.0)


def test_a_tag_that_names_no_language_is_passed_over() -> None:
    found = detect("The harbour authority reopened the northern quay.", "und")
    assert found is not None
    assert (found.value, found.origin) == ("en", "derived")


def test_only_the_beginning_is_looked_at() -> None:
    beginning = "The harbour authority reopened the northern quay after two years of repairs. " * 7
    assert detect(beginning, None) == detect(beginning + "Der Kai ist offen. " * 300_000, None)


@given(st.text(st.characters(), max_size=600), st.one_of(st.none(), st.text(max_size=80)))
def test_any_text_has_a_language_or_none(text: str, stated: str | None) -> None:
    found = detect(text, stated)
    assert found == detect(text, stated)
    assert found is None or (0 <= found.confidence <= 1 and found.value.islower())


def test_half_a_character_does_no_harm() -> None:
    assert detect("The harbour authority \ud800 reopened the northern quay.", "\udfff") is not None
