"""Long lines, many lines, long labels and every character there is: each costs what is bounded of it."""

import sys
import unicodedata

import pytest

from app.pipeline import rights
from app.pipeline.acronyms import definitions
from app.pipeline.article import Line, Outline
from app.pipeline.slug import LONGEST, LONGEST_FOLD, fold, slug
from tests.pipeline.test_rights import BODY

pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize(
    "unit", ["(", "(AB", "(AB)", "A (AB) ", "Aa Bb (AB) ", "A ", "AAAAAAAAAA (aa aa aa aa aa) ", "ABA-"]
)
def test_five_megabytes_take_no_longer_than_their_beginning(unit: str) -> None:
    definitions([unit * (5_000_000 // len(unit))], "en")


@pytest.mark.parametrize("junk", ["©", "copyright ", "(c) ", "all rights ", "this article ", "(", " "])
def test_long_lines_and_many_lines_cost_little(junk: str) -> None:
    rights.read([Line(0, BODY[0]), Line(1, junk * 500_000)], Outline(None, 0, 1))
    rights.read([Line(number, junk) for number in range(100_000)], Outline(None, 0, 100_000))


@pytest.mark.parametrize("junk", ["a.", "l'", "+", "é", "\u0301", "-a", "ß", " "])
def test_five_megabytes_of_a_label_are_read_only_at_their_beginning(junk: str) -> None:
    assert len(slug(junk * 2_500_000)) <= LONGEST
    assert len(fold(junk * 2_500_000)) <= LONGEST_FOLD


def test_every_character_makes_a_slug_that_stays_as_it_is() -> None:
    for number in range(sys.maxunicode + 1):
        made = slug(f"a{chr(number)}b")
        assert made.isascii() or slug(made) == made, unicodedata.name(chr(number), hex(number))
