"""What a line looks like: running text, a lead-in, a label with its text, a list item, a fragment."""

import re
from functools import lru_cache

SENTENCE_END = re.compile(r"[.!?…。！？؟।][\"”’»)\]]*$")
INNER_END = re.compile(r"[^\W\d_]{2}[.!?…][\"”’»)\]]* +[\"“‘«(]*[^\W\d_a-z]|[。！？].")
"""A sentence's end with another one's beginning after it; scripts without case count as beginning."""
LEAD_IN = re.compile(r"[:：]$")
LABELLED = re.compile(
    r"^(?P<label>[^\s:：.!?|][^:：.!?|]{0,59}?) ?[:：] +(?P<text>\S.*)$|^(?P<wide>[^\s:：。]{1,12})：(?P<rest>\S.*)$"
)
BULLET = re.compile(r"^(?:[•●▪‣◦·*–—-][ \t]+|\(?(?P<number>\d{1,3})[.)][ \t]+|\(?[a-z]\)[ \t]+)")
WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0eff]")
LABEL_WORDS = 7
SCAN = 4_000
"""Characters of a line that are looked at: a longer line is running text in any case."""


@lru_cache(maxsize=4096)
def size(text: str) -> int:
    """Count words; in scripts without spaces two characters count as one."""
    if len(text) > SCAN:
        return len(text) // 6
    return len(text.split()) + (0 if text.isascii() else len(WIDE.findall(text)) // 2)


def ends_sentence(text: str) -> bool:
    """Say whether a line ends as a sentence does."""
    return SENTENCE_END.search(text[-6:]) is not None


def sentences(text: str) -> int:
    """Count a line's sentences, as far as it is looked at."""
    return len(INNER_END.findall(text[:SCAN])) + 1


def is_lead_in(text: str) -> bool:
    """Say whether a line ends with the colon that announces a list or table."""
    return LEAD_IN.search(text) is not None


def is_prose(text: str) -> bool:
    """Say whether a line is running text: a sentence of some length, several, or a lead-in of a sentence's length."""
    words = size(text)
    if words >= 25:
        return True
    return words >= 7 and (ends_sentence(text) or (is_lead_in(text) and words >= 8))


def is_long(text: str) -> bool:
    """Say whether a line is more than one item or cell can be: several sentences, or very many words."""
    return size(text) > 40 or (size(text) >= 12 and sentences(text) > 1)


def split_label(text: str) -> tuple[str, str] | None:
    """Part `Label: text`; None where there is no label of a label's length."""
    found = LABELLED.match(text[:SCAN])
    if found is None:
        return None
    label = (found["label"] or found["wide"]).strip()
    rest = (found["text"] or found["rest"]) + text[SCAN:]
    return (label, rest) if size(label) <= LABEL_WORDS and label[0].isalnum() else None


def strip_bullet(text: str) -> str | None:
    """Give a list item without its bullet or number; None where it has none."""
    found = BULLET.match(text)
    return text[found.end() :] if found and found.end() < len(text) else None


def heading_like(text: str) -> bool:
    """Say whether a line could be a heading: short, no sentence, no lead-in, and with letters in it."""
    return (
        size(text) <= 16
        and len(text) <= 140
        and not text.endswith((".", ",", ";", "…", "。"))
        and not is_lead_in(text)
        and any(character.isalpha() for character in text[:40])
    )
