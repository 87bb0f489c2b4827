"""Names of subjects: the slug under which one is asked for, and the fold under which its spellings meet."""

import re
import unicodedata
from functools import cache

from app.pipeline.vocabulary import vocabulary

LONGEST = 100
SEPARATORS = re.compile(r"[\W_]+")
APOSTROPHES = re.compile(r"(?<=\w)['’ʼ`´](?=\w)")
DOTTED = re.compile(r"\b(?:[^\W\d_]\.){2,}(?:[^\W\d_]\b)?")
"""Dotted initials: "U.S." is "us"."""
PLURAL_LANGUAGES = frozenset({None, "en", "fr", "es", "pt"})
"""Languages whose plurals end in -s; German, Italian and others form them in ways that cannot be undone safely."""


def plain(text: str) -> str:
    """Give a text without case, marks on letters, and letters' compatibility forms; other scripts keep their letters."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    stripped = "".join(character for character in decomposed if not unicodedata.combining(character))
    return unicodedata.normalize("NFC", stripped)


def slug(label: str) -> str:
    """Give the slug of a label: small letters and digits of any script, joined by hyphens; "" where there are none.

    At most 100 characters, cut at a hyphen where there is one.
    """
    words = SEPARATORS.sub("-", APOSTROPHES.sub("", plain(label))).strip("-")
    if len(words) <= LONGEST:
        return words
    return words[: LONGEST + 1].rpartition("-")[0].strip("-") or words[:LONGEST]


def fold(label: str, language: str | None = None) -> str:
    """Give the key under which the spellings of one subject meet: case, accents, hyphens, dots and plural apart.

    Only the plural in -s of the last word is folded (English; French, Spanish and Portuguese as far as they share it),
    and the irregular ones that are listed; acronyms and other languages' plurals are left to aliases.
    """
    joined = DOTTED.sub(lambda found: found[0].replace(".", ""), plain(label))
    words = SEPARATORS.sub(" ", APOSTROPHES.sub("", joined)).split()
    if words and language in PLURAL_LANGUAGES:
        words[-1] = singular(words[-1])
    return " ".join(words)[:200]


@cache
def never_plural() -> frozenset[str]:
    """Give the words that end in -s in the singular."""
    return frozenset(plain(word) for word in vocabulary("topics")["singular"]["words"])


def singular(word: str) -> str:
    """Give a word without the -s of its plural where it is safe to say; what it gives stays as it is when given again."""
    irregular: dict[str, str] = vocabulary("topics")["singular"]["irregular"]
    if word in irregular:
        return irregular[word]
    if len(word) < 4 or not word.isascii() or not word.endswith("s") or word in never_plural():
        return word
    if word.endswith(("ss", "us", "is", "ics", "sis", "ous", "ys", "os")) and not word.endswith(("ays", "eys", "oys")):
        return word
    if word.endswith("ies") and len(word) > 5:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zes")):
        return word[:-2]
    return word[:-1]
