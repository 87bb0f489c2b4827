"""Tells whether words are a person's name, and writes it as names are written."""

import re
from collections.abc import Sequence
from functools import cache

from app.pipeline.vocabulary import vocabulary

LONGEST_NAME = 60
MOST_WORDS = 5
TOKEN = re.compile(r"^[^\W\d_][^\W\d_'’.\-‐‑]*(?:['’.\-‐‑][^\W\d_]+)*\.?$")
WIDE_NAME = re.compile(
    "^[\u3400-\u9fff\uac00-\ud7af]{2,4}$|^[\u3040-\u30ff\u3400-\u9fff]{1,4}[ \u3000][\u3040-\u30ff\u3400-\u9fff]{1,4}$"
)
"""Chinese, Korean and Japanese names, which have no case to know them by: taken after a label alone."""
GLUED = re.compile(r"[^\W\d_A-ZÀ-Þ]{3}[A-ZÀ-Þ][a-zà-ÿ]")
"""A small letter and then a large one: two words that lost their space (McDonald and DiCaprio have two before it)."""
VOWELS = frozenset("aeiouyäëïöüáéíóúàèìòùâêîôû")
CASED_PARTS = re.compile(r"[^\W\d_]+")
SCOTS = re.compile(r"^(?:Mc|Mac(?=[b-df-hj-np-tv-z][a-z]{2,}$)|O['’])", re.IGNORECASE)


@cache
def words(kind: str) -> frozenset[str]:
    """Give one of the word lists of bylines."""
    return frozenset(vocabulary("byline")[kind])


def is_person(text: str, *, labelled: bool = False) -> bool:
    """Say whether a text is one person's full name: two to five words that begin large, no organisation's or title's.

    After a label a single name, or one in a script without case, will do.
    """
    tokens = text.split()
    if not tokens or len(text) > LONGEST_NAME or len(tokens) > MOST_WORDS or not all(map(TOKEN.match, tokens)):
        return False
    folded = [token.casefold().strip(".") for token in tokens]
    others = words("organisations") | words("stopwords")
    if any(word in others for word in folded if len(word) > 1 and word not in words("particles")):
        return False
    if " ".join(folded) in words("desks"):
        return False
    if not any(token[0].isupper() or token[0].islower() for token in tokens):
        return labelled and (WIDE_NAME.match(text) is not None or len(tokens) >= 2)
    named = [
        token
        for place, (token, word) in enumerate(zip(tokens, folded, strict=True))
        if word not in words("particles") or (place == 0 and token[0].isupper())
    ]
    large = all(token[0].isupper() and not GLUED.search(token) for token in named)
    if len(named) == 1:
        return labelled and large and len(named[0]) > 2 and not named[0].isupper() and len(tokens) == 1
    return (
        large
        and len(named) >= 2
        and not any(token.endswith(".") and len(token) > 4 for token in tokens)
        and tokens[-1][0].isupper()
        and any(len(token.strip(".")) > 1 for token in named)
    )


def cased(name: str) -> str:
    """Write a name that is printed in capitals, or in small letters, as names are written; any other as printed."""
    letters = [character for character in name if character.isalpha()]
    if not letters:
        return name
    tokens = name.split()
    if all(character.islower() for character in letters):
        return " ".join(cased_word(token) if token not in words("particles") else token for token in tokens)
    written = [cased_word(token) if shouts(token, alone=len(tokens) == 1) else token for token in tokens]
    return " ".join(written)


def shouts(token: str, *, alone: bool) -> bool:
    """Say whether a word of a name is in capitals only because the byline is: initials and one-word names stay.

    Two letters are a name where the second is a vowel ("JO"), else initials ("JJ").
    """
    if alone or not token.isupper() or "." in token:
        return False
    letters = [character for character in token if character.isalpha()]
    if len(letters) == 2:
        return token.casefold() in words("particles") or letters[1].casefold() in VOWELS
    return len(letters) > 2


def cased_word(token: str) -> str:
    """Write one word of a name: large at its start and after hyphens and apostrophes, small particles, McDonald, O'Brien."""
    if token.casefold() in words("particles") - {"mac", "san", "st"}:
        return token.casefold()
    written = CASED_PARTS.sub(lambda part: part[0][0].upper() + part[0][1:].lower(), token)
    found = SCOTS.match(written)
    if found and len(written) > found.end() + 1:
        end = found.end()
        head = "Mc" if found[0].casefold() == "mc" else written[:end]
        return head + written[end].upper() + written[end + 1 :]
    return written


def until_role(tokens: Sequence[str]) -> list[str]:
    """Give the words of a name up to the one that says what the person does ("Ann Lee Political Editor")."""
    kept: list[str] = []
    for token in tokens:
        if len(kept) >= 2 and token.casefold().strip(".,:;") in words("roles"):
            break
        kept.append(token)
    return kept
