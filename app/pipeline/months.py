"""Knows the names of months and weekdays in many languages (CLDR), and how other scripts print digits."""

import re
import unicodedata
from functools import cache

from babel import Locale

from app.pipeline.vocabulary import vocabulary

STRANGE = re.compile(r"[^\x00-\u017f]")
PUNCTUATION = str.maketrans("／：，（）．、،\u00a0\u202f\u2009\u3000", "/:,().,,    ")
DIGITS = re.compile(r"(?![0-9])\d")
SAME = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "\u093c": None, "\u064b": None, "׳": None, "ё": "е"})
"""What is written in two ways in months' names."""


def plain(line: str) -> str:
    """Give a line with the digits and marks of all scripts as ASCII has them; every character keeps its place."""
    if line.isascii():
        return line
    line = line.translate(PUNCTUATION)
    return DIGITS.sub(lambda found: str(unicodedata.digit(found[0])), line) if STRANGE.search(line) else line


def folded(word: str) -> str:
    """Give the key under which a month's or weekday's name is known."""
    return word.casefold().translate(SAME).strip(". ")


@cache
def month_names() -> dict[str, dict[str, int]]:
    """Give the numbers of months by name and language; the names without case and final dots."""
    words = vocabulary("dates")
    names: dict[str, dict[str, int]] = {}
    for code in words["locales"]:
        locale = Locale.parse(code)
        known = names.setdefault(locale.language, {})
        for forms in locale.months.values():
            for width in ("wide", "abbreviated"):
                for number, name in forms[width].items():
                    known.setdefault(folded(name), number)
    names["*"] = {folded(name): number for name, number in words["months"].items()}
    return names


@cache
def any_month(word: str) -> int | None:
    """Give the number of a month that all languages which have the word agree on."""
    found = {known[word] for known in month_names().values() if word in known}
    return found.pop() if len(found) == 1 else None


def month_of(word: str, language: str | None) -> int | None:
    """Give the number of a month by name: in the text's language, in English, or where all languages agree."""
    key = " ".join(folded(word).split())
    names = month_names()
    for known in (names.get(language or "", {}), names["en"], names["*"]):
        if key in known:
            return known[key]
    if key.startswith("ב") and key[1:] in names["he"]:  # "in February" is one word in Hebrew
        return names["he"][key[1:]]
    return any_month(key)


def is_weekday(word: str) -> bool:
    """Say whether a word is short enough to be a weekday's abbreviation, and is one."""
    return folded(word) in weekdays()


@cache
def weekdays() -> dict[str, frozenset[int]]:
    """Give the numbers (0 is Monday) that each name of a weekday has in any language."""
    known: dict[str, set[int]] = {}
    for code in vocabulary("dates")["locales"]:
        for forms in Locale.parse(code).days.values():
            for width in ("wide", "abbreviated"):
                for number, name in forms[width].items():
                    known.setdefault(folded(name), set()).add(number)
    return {name: frozenset(numbers) for name, numbers in known.items()}
