"""Weighs what was read from the lines of an item whose format has fields of its own: those are the surer word."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from app.pipeline.article import Evidence
from app.pipeline.labels import GLUED_BY, label_pattern

WEIGHT = 0.88
BELOW = 0.8
DATE_BELOW = 0.7
"""What stands below an article's text is often another's."""
DATES = frozenset({"published_at", "modified_at"})
LABELLED = 0.9
"""Confidence from which a date has a label."""
DATE_WORDS = 8
"""Words of a line from which a date without label is a caption's, or a broadcast's."""


def beside_fields(found: Iterable[Evidence], edges: Collection[str]) -> Iterator[Evidence]:
    """Give the evidence with what it weighs here; a name without a label only from the lines at the text's very edges."""
    for claim in found:
        if claim.field != "authors" or is_labelled(claim.quote) or claim.quote in edges:
            yield replace(claim, confidence=round(claim.confidence * weight(claim), 3))


def is_labelled(quote: str) -> bool:
    """Say whether a line begins with what bylines begin with."""
    return label_pattern().match(quote) is not None or GLUED_BY.match(quote) is not None


def weight(claim: Evidence) -> float:
    """Give what a claim is worth beside fields."""
    dated = claim.field in DATES
    here = (DATE_BELOW if dated else BELOW) if claim.origin == "text.footer" else WEIGHT
    wordy = dated and claim.confidence < LABELLED and len(claim.quote.split()) > DATE_WORDS
    return here * WEIGHT if wordy else here
