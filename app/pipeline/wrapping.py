"""Undoes line breaks inside paragraphs: hard wrapping at a fixed width, and single breaks in the middle of a sentence."""

import itertools
import re
from collections.abc import Sequence

LEAST_LINES = 5
WIDTHS = range(45, 101)
FULL = 0.9
"""Share of the broken lines that had no room for the next line's first word: a wrapped text's all but never had."""
INDENT = re.compile(r"^(?: {2,}|\t)")
MARKER = re.compile(r"^\s*(?:[•●▪‣◦·*–—-]\s|\(?\d{1,3}[.)]\s|[a-z][.)]\s)")
HYPHENATED = re.compile(r"([^\W\d_]+)-$")


def unwrap(text: str) -> tuple[str, int]:
    """Give the text with its paragraphs on one line each, and how many line ends were taken out; as it is if not wrapped."""
    lines = text.split("\n")
    width = max(map(len, lines))
    if width not in WIDTHS:
        return text, 0
    pairs = [
        (line.rstrip(), following.strip()) for line, following in itertools.pairwise(lines) if goes_on(line, following)
    ]
    full = sum(len(line) + 1 + len(following.split(" ", 1)[0]) > width for line, following in pairs)
    if len(pairs) < LEAST_LINES or full < FULL * len(pairs):
        return text, 0
    return join(lines, width)


def goes_on(line: str, following: str) -> bool:
    """Say whether two lines may be one paragraph: both there, the second neither indented nor a list item."""
    return (
        bool(line.strip()) and bool(following.strip()) and not INDENT.match(following) and not MARKER.match(following)
    )


def join(lines: Sequence[str], width: int) -> tuple[str, int]:
    """Join each line that has no room for the next one's first word to the next."""
    whole = set(re.findall(r"[^\W\d_]+", " ".join(lines).lower()))
    made: list[list[str]] = []
    joined = 0
    for number, line in enumerate(lines):
        before = lines[number - 1] if number else ""
        follows = number > 0 and goes_on(before, line) and len(before.rstrip()) + 1 + len(line.split(" ", 1)[0]) > width
        if not follows:
            if made and INDENT.match(line) and made[-1] != [""]:
                made.append([""])  # an indent is a paragraph's beginning, and will be gone
            made.append([line.strip()])
            continue
        joined += 1
        made[-1] += continuation(made[-1], line.strip(), whole)
    return "\n".join("".join(parts) for parts in made), joined


def continuation(parts: list[str], line: str, whole: set[str]) -> list[str]:
    """Give what to add to a paragraph for its next line; a word that was hyphenated is made whole where it occurs whole."""
    found = HYPHENATED.search(parts[-1])
    if found is None:
        return [" ", line]
    rest = re.match(r"[^\W\d_]+", line)
    if rest and (found[1] + rest[0]).lower() in whole:
        parts[-1] = parts[-1][:-1]
    return [line]


BROKEN_WIDTH = 50
"""A line shorter than this that ends without a mark is a heading or an item, and no broken sentence."""


def mend_breaks(text: str) -> tuple[str, int]:
    """Join a sentence that was broken in its middle: a long line without a mark at its end, then one that begins small and
    ends as sentences do; give the text and how many breaks were mended.
    """
    made: list[str] = []
    joined = 0
    for line in reversed(text.split("\n")):
        if made and breaks_off(line) and goes_on_small(made[-1]):
            made[-1] = f"{line.rstrip()} {made[-1].lstrip()}"
            joined += 1
        else:
            made.append(line)
    return ("\n".join(reversed(made)), joined) if joined else (text, 0)


def breaks_off(line: str) -> bool:
    """Say whether a line stops in the middle of a sentence."""
    end = line.rstrip()[-1:]
    return len(line) >= BROKEN_WIDTH and (end.islower() or end == ",") and not MARKER.match(line) and "|" not in line


def goes_on_small(line: str) -> bool:
    """Say whether a line is the rest of a sentence."""
    text = line.strip()
    return text[:1].islower() and text[-2:].rstrip('"”’»)')[-1:] in {".", "!", "?", "…"} and ": " not in text[:60]
