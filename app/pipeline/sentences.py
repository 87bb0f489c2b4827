"""Parts a text into its sentences, so that two versions of it can be compared."""

import re
from typing import NamedTuple

from app.pipeline.joints import abbreviations

END = re.compile(
    r"(?P<mark>[.!?…؟।]{1,6})[\"”’»)\]]{0,3}(?= {1,3}[\"“‘«(\[¿¡]{0,3}(?P<next>[^\W_]))|[。！？]{1,6}[”’」』）]{0,3}"
)
"""What may end a sentence inside a line; scripts without spaces have marks of their own, which always do."""
LAST_WORD = re.compile(r"[^\W\d_]{1,20}$")
REACH = 24
"""Characters before a full stop that are looked at for an abbreviation."""


class Sentence(NamedTuple):
    """A sentence, and the space or line ends that part it from the one before."""

    gap: str
    text: str


def sentences(text: str) -> list[Sentence]:
    """Give the sentences in order; a line's end, a heading's or a list item's, ends one too."""
    found: list[Sentence] = []
    gap = ""
    for line in text.split("\n"):
        if line.strip():
            for sentence in of_line(line):
                found.append(Sentence(gap if found else "", sentence))
                gap = " "
            gap = ""
        gap += "\n"
    return found


def of_line(line: str) -> list[str]:
    """Part a line behind each mark that ends a sentence."""
    made: list[str] = []
    start = 0
    for found in END.finditer(line):
        if ends_sentence(line, found):
            made.append(line[start : found.end()].strip())
            start = found.end()
    rest = line[start:].strip()
    return [*made, rest] if rest else made


def ends_sentence(line: str, found: re.Match[str]) -> bool:
    """Say whether a mark ends a sentence: no small letter follows, and a full stop is no abbreviation's or initial's."""
    following = found["next"]
    if following is None:
        return True
    if following.islower():
        return False
    if found["mark"] != ".":
        return True
    word = LAST_WORD.search(line[max(0, found.start() - REACH) : found.start()])
    if word is None:
        return True
    return word[0].lower() not in abbreviations() and not (len(word[0]) == 1 and word[0].isupper())
