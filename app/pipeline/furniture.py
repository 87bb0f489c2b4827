"""Knows the lines that stand around articles: share buttons, menus, photo credits, teasers, in many languages."""

import re
from functools import cache, lru_cache

from app.pipeline.vocabulary import vocabulary

LONGEST = 120
"""A longer line is never taken for furniture: cutting running text is worse than keeping a button."""
TRIMMED = " .:…»›>-–|•·\u200b"


@cache
def whole_lines() -> frozenset[str]:
    """Give the lines that are furniture as they stand."""
    return frozenset(line for words in vocabulary("furniture").values() for line in words["lines"])


@cache
def beginnings() -> re.Pattern[str]:
    """Give the pattern of how furniture begins."""
    starts = sorted({start for words in vocabulary("furniture").values() for start in words["starts"]})
    return re.compile("|".join(map(re.escape, starts)))


@lru_cache(maxsize=8192)
def is_furniture(text: str) -> bool:
    """Say whether a line is no part of any article."""
    if len(text) > LONGEST:
        return False
    folded = text.casefold().strip()
    return folded.strip(TRIMMED) in whole_lines() or beginnings().match(folded) is not None
