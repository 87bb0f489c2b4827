"""Says whether a printed label names a subject, and how it is best written."""

import re
from collections.abc import Iterable
from functools import cache

from app.pipeline.prose import WIDE, ends_sentence, size
from app.pipeline.slug import plain, slug
from app.pipeline.vocabulary import vocabulary

MOST_WORDS = 5
MOST_CHARACTERS = 60
QUANTITY = re.compile(r"^\W{0,2}\d+(?:[.,:]\d+)*\s?(?:%|[^\W\d_]{1,12}\.?)?$")
"""A number with its unit."""
CLOSING = " .,:;!?…\"'“”«»()[]*#•|-–—"


@cache
def boilerplate() -> frozenset[str]:
    """Give the labels that name no subject, in all languages."""
    return frozenset(slug(word) for words in vocabulary("topics")["boilerplate"].values() for word in words)


@cache
def clause_words(language: str | None) -> frozenset[str]:
    """Give the small words that make a clause of a phrase; English where the language has no list."""
    lists = vocabulary("topics")["clauses"]
    return frozenset(lists.get(language or "en", lists["en"]))


def cleaned(label: str) -> str:
    """Give a label without closing marks and odd space."""
    return " ".join(label.split()).strip(CLOSING)


def is_subject(label: str, language: str | None) -> bool:
    """Say whether a label is a short noun phrase: no sentence, number or clause, and nothing that stands on every page."""
    text = cleaned(label)
    words = text.split()
    if not words or size(text) > MOST_WORDS or len(text) > MOST_CHARACTERS or len(slug(text)) < 2:
        return False
    letters = sum(character.isalpha() for character in text)
    if letters * 2 < len(text.replace(" ", "")) or (letters < 3 and not WIDE.search(text)):
        return False
    if ends_sentence(label.strip()) and len(words) > 2:
        return False
    if QUANTITY.match(text):
        return False
    return slug(text) not in boilerplate() and clause_words(language).isdisjoint(plain(word) for word in words)


def best_written(labels: Iterable[str]) -> str:
    """Choose how to write a subject of those ways it is printed: the first in usual case, begun large if all are small."""
    found = [cleaned(label) for label in labels]
    chosen = next((label for label in found if label[0].isupper() and not odd_case(label)), found[0])
    first = chosen.split()[0]
    return chosen[0].upper() + chosen[1:] if first.islower() and len(chosen[0].upper()) == 1 else chosen


def odd_case(label: str) -> bool:
    """Say whether a label mixes large and small beginnings the wrong way round ("arms Control"), or shouts."""
    words = label.split()
    return (words[0][0].islower() and any(word[0].isupper() for word in words[1:])) or (
        label.isupper() and len(label) > 5
    )
