"""Stills the lines of a page that move by themselves: clocks and counters, whose figures change with nobody writing."""

import re
from functools import cache
from typing import Final

from app.pipeline.vocabulary import vocabulary

LONGEST: Final = 80
"""Characters; a longer line says something."""
FIGURE: Final = re.compile(r"\d+")
WORD: Final = re.compile(r"[^\W\d_]+")


@cache
def counting() -> frozenset[str]:
    """Give the words that make a line a clock or a counter, in all languages."""
    return frozenset(
        word for words in vocabulary("counters").values() for phrase in words["words"] for word in phrase.split()
    )


@cache
def beside() -> frozenset[str]:
    """Give the words that may stand beside those."""
    return frozenset(word for words in vocabulary("counters").values() for word in words["beside"])


def stilled(text: str) -> str:
    """Give a text with every figure of its clocks and counters as 0, for comparing; other lines stay as they are.

    "Updated 14:05" and "1,204 views" move; "12 dead" and "Kick-off 20:45" are news.
    """
    if not FIGURE.search(text):
        return text
    return "\n".join(FIGURE.sub("0", line) if moves(line) else line for line in text.split("\n"))


def moves(line: str) -> bool:
    """Say whether a line is a clock or a counter: short, with a figure, and with no word that says anything else."""
    if len(line) > LONGEST or not FIGURE.search(line):
        return False
    words = {word.casefold() for word in WORD.findall(line)}
    return bool(words & counting()) and words <= counting() | beside()
