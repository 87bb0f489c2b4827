"""Finds the subjects that running text enumerates: "the issues include trade, energy and fishing"."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from app.pipeline.subjects import is_subject, without_article
from app.pipeline.vocabulary import vocabulary

LOOKED_AT = 20_000
"""Characters of a paragraph that are looked at."""
LEAST_PARTS = 3
"""Two things joined by "and" may be one subject, or a sentence's two halves."""
LAST_WORDS = 4
"""The last part may run on into the rest of the sentence; a short one does not."""
LONGEST = 400
REST = re.compile(rf"[^.!?;:()\n]{{3,{LONGEST}}}")


@cache
def rules(language: str) -> dict[str, Any]:
    """Give a language's words of enumeration; empty where it has none."""
    return dict(vocabulary("topics")["enumerations"].get(language, {}))


@cache
def opening(language: str) -> re.Pattern[str] | None:
    """Give the pattern of the words that announce subjects, and those that begin to name them."""
    known = rules(language)
    if not known:
        return None
    nouns, verbs = ("|".join(map(re.escape, known[part])) for part in ("nouns", "verbs"))
    return re.compile(rf"\b(?:{nouns})\b(?:\s\w{{1,20}}){{0,3}}?,?\s(?:{verbs})\b,?:?\s", re.IGNORECASE)


@cache
def conjunction(language: str) -> re.Pattern[str]:
    """Give the pattern of the word before the last part."""
    return re.compile(rf"(?:^|\s)(?:{'|'.join(rules(language)['and'])})\s", re.IGNORECASE)


def enumerated(text: str, language: str | None) -> Iterator[str]:
    """Give the subjects that a paragraph enumerates, without their articles; nothing where one of them is no subject."""
    pattern = opening(language or "en")
    if pattern is None or not names_kinds(text[:LOOKED_AT].casefold(), language or "en"):
        return
    for found in pattern.finditer(text, 0, LOOKED_AT):
        if rest := REST.match(text, found.end()):
            yield from subjects(rest[0], language or "en")


def names_kinds(folded: str, language: str) -> bool:
    """Say whether any of the words that announce subjects is in a text at all, as most paragraphs have none."""
    return any(noun in folded for noun in rules(language)["nouns"])


def subjects(rest: str, language: str) -> Iterator[str]:
    """Give the parts of an enumeration: three at least, parted by commas and the last by a conjunction."""
    parts = [part.strip() for part in rest.split(",")]
    joint = conjunction(language)
    end = last_part(parts, joint)
    if end is None:
        return
    *_, found = joint.finditer(parts[end])
    before, final = parts[end][: found.start()].strip(), parts[end][found.end() :].strip()
    names = [without_article(part, language) for part in (*parts[:end], *filter(None, [before]))]
    if len(names) + 1 < LEAST_PARTS or not all(is_subject(name, language) for name in names):
        return
    yield from names
    final = without_article(final, language)
    if len(final.split()) <= LAST_WORDS and len(rest) < LONGEST and is_subject(final, language):
        yield final


def last_part(parts: list[str], joint: re.Pattern[str]) -> int | None:
    """Give the number of the part that ends the enumeration: the first that begins with a conjunction, else that has one."""
    later = range(1, len(parts))
    begun = next((number for number in later if joint.match(parts[number])), None)
    return begun if begun is not None else next((number for number in later if joint.search(parts[number])), None)
