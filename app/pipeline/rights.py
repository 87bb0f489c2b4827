"""Reads under which rights an article is printed: the copyright and licence lines at its end, or what the sender states."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from app.pipeline.article import Evidence, Line, Reading
from app.pipeline.outline import Outline
from app.pipeline.prose import sentences, size
from app.pipeline.vocabulary import vocabulary

LAST_LINES = 20
MOST_WORDS = 60
LONGEST = 2_000
CREDIT_WORDS = 9
"""A © with few words inside the body is a photo's."""


@cache
def pattern() -> re.Pattern[str]:
    """Give the pattern of lines of rights."""
    words = vocabulary("rights")
    starts = "|".join(map(re.escape, words["starts"]))
    holds = "|".join(map(re.escape, words["holds"]))
    return re.compile(rf"^\W{{0,2}}(?:{starts})|{holds}")


def is_rights(line: Line, *, inside: bool) -> bool:
    """Say whether a line says who owns the text; inside the body only if it is no caption's credit and no prose about rights."""
    text = line.text[:600].casefold()
    if pattern().search(text) is None or size(line.text) > MOST_WORDS:
        return False
    return not inside or (
        size(line.text) >= 3 and sentences(line.text) <= 2 and "foto" not in text and "photo" not in text
    )


def read(lines: Sequence[Line], outline: Outline) -> Reading:
    """Read the rights from the end of the text: the last run of lines that say so, joined."""
    first = max(outline.start, outline.end - 3, len(lines) - LAST_LINES, 0)
    numbers = [line.number for line in lines[first:] if is_rights(line, inside=line.number < outline.end - 2)]
    if not numbers:
        return Reading()
    run = [numbers[-1]]
    for number in reversed(numbers[:-1]):
        if run[0] - number > 1:
            break
        run.insert(0, number)
    value = " ".join(lines[number].text for number in run)[:LONGEST]
    return Reading((Evidence("rights", value, "text.footer", value[:200], 0.9),), frozenset(numbers))


def stated(rights: str | None) -> tuple[Evidence, ...]:
    """Take what the sender states."""
    text = (rights or "").strip()
    return (Evidence("rights", text, "sender", text[:200], 1.0),) if text else ()


def choose(evidence: Sequence[Evidence]) -> tuple[str | None, tuple[Evidence, ...]]:
    """Choose the most confident evidence, the first of equals; keep the rest unchosen."""
    best = max(evidence, key=lambda claim: claim.confidence, default=None)
    return (best.value if best else None), tuple(replace(claim, chosen=claim is best) for claim in evidence)
