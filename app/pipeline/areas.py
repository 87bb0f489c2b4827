"""Where bylines and dates stand: around the headline, down to the first running text, and right after the last."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.pipeline.article import Line, Outline
from app.pipeline.names import words
from app.pipeline.prose import is_lead_in, is_long, is_prose, size

ABOVE = 30
"""Lines above the headline that may carry a date or name."""
TEXT_LINES = 3
"""Lines of running text (standfirst, caption) that may stand before the byline."""
HEAD_LINES = 30
FOOT_LINES = 12
LAST_LINES = 4
"""Lines before the body's end where a signature may stand."""
FURNITURE_WORDS = 25
LEAD_IN_WORDS = 4
FAR_LINES = 30
BOX_WORDS = 12
LONGEST_TITLE = 60
COUNT = re.compile(r"\(?\d+\)?")
TRIMMED = " .:…»›>-–|•·#"


@dataclass(frozen=True, slots=True)
class Areas:
    """Numbers of the lines of the head and of the foot; `top` is where the headline or the body begins."""

    head: tuple[int, ...]
    foot: tuple[int, ...]
    top: int


def areas(lines: Sequence[Line], outline: Outline) -> Areas:
    """Find the head and the foot; short lines alone, as running text tells stories about people and days."""
    top = outline.start if outline.headline is None else outline.headline
    head: list[int] = []
    text_lines = 0
    for number in range(max(0, top - ABOVE), min(len(lines), top + HEAD_LINES)):
        text = lines[number].text
        if number > top and is_lead_in(text) and size(text) >= LEAD_IN_WORDS:
            break
        if number > top and is_body(text):
            text_lines += 1
            if text_lines == TEXT_LINES:
                break
        elif size(text) <= FURNITURE_WORDS:
            head.append(number)
    foot_start = max(outline.end - LAST_LINES, (head[-1] + 1) if head else 0)
    foot = [
        number
        for number in range(foot_start, min(len(lines), outline.end + FOOT_LINES))
        if size(lines[number].text) <= FURNITURE_WORDS
    ]
    return Areas(tuple(head), tuple(foot), top)


def is_body(text: str) -> bool:
    """Say whether a line is the article's own running text, and no standfirst's fragment."""
    return is_prose(text) and (is_long(text) or size(text) >= 12)


def own_foot(lines: Sequence[Line], where: Areas, outline: Outline) -> tuple[int, ...]:
    """Give the lines of the foot up to the one that announces other stories or comments."""
    numbers = range(outline.end, min(len(lines), outline.end + FOOT_LINES))
    end = next((number for number in numbers if begins_others(lines[number].text)), len(lines))
    return tuple(number for number in where.foot if number < end)


def begins_others(text: str) -> bool:
    """Say whether a line announces other stories or comments."""
    return len(text) <= LONGEST_TITLE and COUNT.sub("", text.casefold()).strip(TRIMMED) in words("others")


def elsewhere(lines: Sequence[Line], where: Areas, outline: Outline) -> list[int]:
    """Give the short lines inside and some way after the body that are in neither area: boxes that say who and when."""
    seen = {*where.head, *where.foot}
    last = min(len(lines), outline.end + FAR_LINES)
    return [number for number in range(where.top, last) if number not in seen and size(lines[number].text) <= BOX_WORDS]
