"""Words are cut alike wherever they stand, on the fast way and on the thorough one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.store.search import words_of

LETTERS = "aé1_ -'.क़िाবাংকাക്ഷ\u0d4d\u0903\u0963\u0f71"


@given(st.text(alphabet=LETTERS) | st.text(alphabet=st.characters(exclude_categories=["Lo"])))
def test_what_stands_beside_chinese_is_cut_as_elsewhere(text: str) -> None:
    assert [*words_of(f"{text} 中")] == [*words_of(text), "中"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("the well-known o'brien of 14.30", ["the", "well", "known", "o", "brien", "of", "14", "30"]),
        ("किताबें पढ़ना", ["किताबें", "पढ़ना"]),
        ("東京の株価", ["東京", "京の", "の株", "株価"]),
        ("x" * 200, ["x" * 120]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert [*words_of(text)] == words
