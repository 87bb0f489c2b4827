"""Whatever five megabytes are made of, topics are found in what is bounded of it."""

import pytest

from app.pipeline.article import Block, ListBlock, ListItem, Paragraph, Table
from app.pipeline.inferred import Context
from app.pipeline.sites import own_names
from app.pipeline.topics import topics
from tests.pipeline.test_topics import LEAD_IN

pytestmark = pytest.mark.timeout(60)

HUGE: dict[str, Block] = {
    "words": Paragraph("trade policy in the region " * 180_000),
    "letters": Paragraph("a " * 2_500_000),
    "one word": Paragraph("x" * 5_000_000),
    "openings": Paragraph("issues include a, b and c; " * 185_000),
    "commas": Paragraph("issues include " + "a," * 2_500_000),
    "initials": Paragraph("A. " * 1_600_000 + ":"),
    "characters": Paragraph("漁業協定" * 400_000),
    "items": ListBlock(tuple(ListItem(None, f"item number {number}x") for number in range(100_000))),
    "rows": Table(("a", "b"), tuple((f"cell {number}x", "y") for number in range(100_000))),
}


@pytest.mark.parametrize("kind", HUGE)
def test_five_megabytes_of_anything_cost_bounded_time(kind: str) -> None:
    declared = ["a " * number for number in range(1, 50)]
    topics([LEAD_IN, HUGE[kind]], declared, Context("en", own_names("harbour-post.example")))
