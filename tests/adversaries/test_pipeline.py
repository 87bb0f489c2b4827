"""Whatever five megabytes are made of, the pipeline comes to an end."""

import pytest

from app.pipeline.article import Article, RawItem, Rejected
from app.pipeline.run import process
from tests.pipeline.test_properties import ARRIVED

pytestmark = pytest.mark.timeout(60)

HUGE = {
    "one word": "a" * 5_000_000,
    "one line": "word " * 1_000_000,
    "joints": "a,b." * 1_250_000,
    "glued sentences": "word.Word " * 500_000,
    "entities": "&amp;" * 1_000_000,
    "empty lines": "\n" * 5_000_000,
    "items": "- an item of a list\n" * 100_000,
    "fragments": "item number\n" * 100_000,
    "labels": "Label: text\n" * 100_000,
    "after a lead-in": "The list includes the following:\n" + "some fragment here\n" * 100_000,
    "names": "Maren Holt\n" * 100_000,
    "dates": "3 March 2025\n" * 100_000,
    "one line of dates": "3 March 2025, " * 300_000,
    "bars": "a | b | c\n" * 100_000,
    "brackets": "(" * 2_000_000,
    "mojibake": "Ã©" * 1_000_000,
    "spaces": " " * 5_000_000 + "x",
    "quotes": '"' * 2_000_000,
}


@pytest.mark.parametrize("kind", HUGE)
def test_five_megabytes_of_anything_come_to_an_end(kind: str) -> None:
    """Nothing quadratic: that would run for hours, and into the time limit."""
    assert isinstance(process(RawItem(0, HUGE[kind]), ARRIVED), Article | Rejected)
