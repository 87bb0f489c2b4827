"""Finds where in a scraped text the article stands: its headline, and the first and last line of running text."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.pipeline.article import Line
from app.pipeline.furniture import is_furniture
from app.pipeline.prose import heading_like, is_lead_in, is_long, is_prose, size, split_label, strip_bullet

PROSE_CAP = 60
"""Words that one line of running text counts at most, so that no single line decides."""
FRAGMENT_COST = 5
"""What a line that is no running text costs: the dense stretch is the article, menus and teasers are not."""
HEADLINE_REACH = 25
HEADLINE_WORDS = 4


@dataclass(frozen=True, slots=True)
class Outline:
    """The line number of the headline, if the text has one before its body, and the body's lines [start, end)."""

    headline: int | None
    start: int
    end: int


def lines(text: str) -> tuple[Line, ...]:
    """Cut a text into its non-blank lines."""
    found: list[Line] = []
    gap = False
    for raw in text.split("\n"):
        if stripped := raw.strip():
            found.append(Line(len(found), stripped, gap))
            gap = False
        else:
            gap = True
    return tuple(found)


def outline(of: Sequence[Line]) -> Outline:
    """Find the stretch of lines that holds most running text and least else, and the headline before it."""
    start, end = densest([weight(line.text) for line in of])
    end = with_list(of, end)
    return Outline(headline(of, start), start, end)


def weight(text: str) -> int:
    """Weigh a line: running text for the article, anything else against it; items and labels for neither."""
    if is_furniture(text):
        return -FRAGMENT_COST
    if is_prose(text):
        return min(size(text), PROSE_CAP)
    if strip_bullet(text) is not None or split_label(text) is not None:
        return -1
    return -FRAGMENT_COST


def densest(weights: Sequence[int]) -> tuple[int, int]:
    """Give the stretch with the largest sum (Kadane's algorithm); nothing but empty where no line is running text."""
    best, best_start, best_end = 0, 0, len(weights)
    total, start = 0, 0
    for number, value in enumerate(weights):
        if total <= 0:
            total, start = 0, number
        total += value
        if total > best:
            best, best_start, best_end = total, start, number + 1
    return best_start, best_end


def with_list(of: Sequence[Line], end: int) -> int:
    """Draw the list or table that the last running text announces, or that follows as items, into the body."""
    announced = end > 0 and is_lead_in(of[end - 1].text)
    while end < len(of):
        text = of[end].text
        item = strip_bullet(text) is not None or "|" in text or "\t" in text
        if is_furniture(text) or not (item or (announced and not is_long(text))):
            break
        end += 1
    return end


def headline(of: Sequence[Line], start: int) -> int | None:
    """Find the headline: of the lines a little before the body, the first that is long enough to say something."""
    found = None
    for number in range(start - 1, max(-1, start - 1 - HEADLINE_REACH), -1):
        text = of[number].text
        if heading_like(text) and size(text) >= HEADLINE_WORDS and not is_furniture(text) and not is_trail(text):
            found = number
    return found


def is_trail(text: str) -> bool:
    """Say whether a line is a trail of links ("Home » News » Africa") or a label with a value."""
    return any(mark in text for mark in ("»", "›", " / ", " > ", " | ", "|")) or (
        split_label(text) is not None and size(text) < 6
    )
