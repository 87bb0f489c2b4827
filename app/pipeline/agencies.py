"""Tells news agencies from persons."""

import re
from functools import cache

from app.pipeline.vocabulary import vocabulary

SHORT = 5
"""Names up to here are compared with their case: "AP" is an agency, "ap" in a sentence may be anything."""
LONGEST = 80
PARTS = re.compile(r"[/,;|+&]| and | und | et | y | e | en | og | och ")
CODE = re.compile(r"^[a-zäöü]{1,5}$")
"""An editor's sign beside an agency's ("mho/dpa")."""


@cache
def known() -> dict[str, str]:
    """Give every way to print an agency with its usual name; long ones without case."""
    names: dict[str, str] = {}
    for usual, others in vocabulary("agencies")["agencies"].items():
        for name in (usual, *others):
            names[name if len(name) <= SHORT else name.casefold()] = usual
    return names


@cache
def first_words() -> frozenset[str]:
    """Give the first words of the agencies' names that end a person's name wherever they stand."""
    return frozenset(name.split()[0] for name in known() if len(name) > SHORT or name.isupper()) - {"the", "la", "news"}


def is_agency_word(token: str) -> bool:
    """Say whether an agency's name begins with a word, which then is none of a person's name: "Ann Lee Reuters"."""
    word = token.strip(".,()/")
    return word in first_words() or (len(word) > SHORT and word[:1].isupper() and word.casefold() in first_words())


def agency_of(text: str) -> str | None:
    """Give the usual name of the agency that a text prints; of several ("APA/dpa") all that are known, joined; else None."""
    if len(text) > LONGEST:
        return None
    if not PARTS.search(text):
        part = text.strip(" .,()[]©")
        return known().get(part) or known().get(part.casefold())
    parts = [part.strip(" .,()[]©") for part in PARTS.split(text) if part.strip(" .,()[]©")]
    found = [known().get(part) or known().get(part.casefold()) for part in parts]
    signs = [part for part, agency in zip(parts, found, strict=True) if agency is None]
    if not any(found) or (signs and not ("/" in text and all(map(CODE.match, signs)))):
        return None
    return "/".join(dict.fromkeys(name for name in found if name))
