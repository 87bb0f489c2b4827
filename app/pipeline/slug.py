"""Names of subjects: the slug under which one is asked for, and the fold under which its spellings meet."""

import re
import unicodedata
from functools import cache, lru_cache
from typing import Any

from app.pipeline.vocabulary import vocabulary

LONGEST = 100
"""Characters of a slug."""
LONGEST_ELIDED = 12
LONGEST_FOLD = 200
READ = 2_000
"""Characters of a label that are read at all; no name of a subject is longer."""
FOLDED_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f"
    "\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
"""Accents, and the points that Hebrew and Arabic print mostly without; the vowel signs of Indic scripts are letters."""
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff]")
"""Soft hyphens, joiners, marks of direction and of variants: a word with one is the same word."""
LETTER_SIGNS = "".join(sign for sign in map(chr, range(0x300, 0x12000)) if unicodedata.category(sign) in {"Mn", "Mc"})
"""Signs that are part of a word but no letters to Python: the vowels of Hindi, Tamil or Thai."""
SEPARATORS = re.compile(rf"(?:[^\w{LETTER_SIGNS}]|_)+")
SIGNED = re.compile(
    "[\u0300-\u1fff\u20d0-\u20ff\u2cef-\u2cf1\u2d7f\u2de0-\u2dff\u302a-\u302f\u3099\u309a\ua000-\U00012000]"
)
"""Where such signs can be: beyond Latin, and not among the signs and letters of Chinese and Japanese."""
WORD = re.compile(r"[^\W_]+")
"""A word where there are no such signs, which is found ten times as fast."""
APOSTROPHES = "’ʼ`´＇"
JOINING = re.compile(r"(?<=\w)'(?=\w)")
BEFORE_JOINING = re.compile(r"(?:^|[^\w'])(\w+)$")
DOTS = re.compile(r"\.[^\W\d_]\.")
"""What dotted initials have in them, which is found twenty times as fast."""
DOTTED = re.compile(r"\b(?:[^\W\d_]\.){2,}(?:[^\W\d_]\b)?")
"""Dotted initials: "U.S." is "us"."""
SIGNS = re.compile(r"(?<=[\w+])\+(?!\w)|(?<=\bc)#")
"""Signs that part one name from another: Disney+ is not Disney, C++ and C# are not C."""
SIGN_NAMES = {"+": " plus ", "#": " sharp "}


def plain(text: str) -> str:
    """Give a text without case, accents and compatibility forms; letters of other scripts stay whole."""
    if text.isascii():
        return text.lower()
    bare = FOLDED_MARKS.sub("", unicodedata.normalize("NFKD", UNSEEN.sub("", text)))
    again = FOLDED_MARKS.sub("", unicodedata.normalize("NFKD", bare.casefold()))  # casefold may bring marks along
    return unicodedata.normalize("NFC", again)


@cache
def elided() -> frozenset[str]:
    """Give the short words that lose their vowel and stand before an apostrophe ("l'eau", "dell'arte")."""
    return frozenset(vocabulary("topics")["elided"]["words"])


def joined(found: re.Match[str]) -> str:
    """Give what stands for an apostrophe inside a word: a space after an elided article, else nothing."""
    before = BEFORE_JOINING.search(found.string[max(0, found.start() - LONGEST_ELIDED) : found.start()])
    return " " if before and before[1] in elided() else ""


def words(text: str) -> list[str]:
    """Give the words of a text, plain: dotted initials as one word, an elided article apart, a possessive 's joined."""
    return parted(written_out(text))


def written_out(text: str) -> str:
    """Give a text plain, with its words as they count, each between marks or spaces; its lines stay lines."""
    written = plain(text)
    for apostrophe in APOSTROPHES:
        written = written.replace(apostrophe, "'")
    if DOTS.search(written):
        written = DOTTED.sub(lambda found: found[0].replace(".", ""), written)
    if "'" in written:
        written = JOINING.sub(joined, written)
    if "+" in written or "#" in written:
        written = SIGNS.sub(lambda found: SIGN_NAMES[found[0]], written)
    return written


def parted(written: str) -> list[str]:
    """Give the words of what is written out."""
    if written.isascii() or not SIGNED.search(written):
        return WORD.findall(written)
    return SEPARATORS.sub(" ", written).split()


def slug(label: str) -> str:
    """Give the slug of a label: small letters and digits of any script, joined by hyphens; "" where there are none.

    "&" parts words like any other mark, as its word depends on the language. At most 100 characters, cut at a hyphen
    where there is one.
    """
    return slug_of(label[:READ])


@lru_cache(maxsize=4096)
def slug_of(label: str) -> str:
    """Give the slug of a label of bounded length; the same one is asked for at several steps, and on many pages."""
    joined = "-".join(words(label))
    if len(joined) <= LONGEST:
        return joined
    return joined[: LONGEST + 1].rpartition("-")[0].strip("-") or joined[:LONGEST]


def fold(label: str, language: str | None = None) -> str:
    """Give the key under which the spellings of one subject meet: case, accents, marks, hyphens and plural apart.

    A key depends on label and language alone, so that it never changes with what else is stored; English rules hold
    where no language is known. Folded are the regular plurals that can be undone safely in the language, and listed
    ones. Acronyms, synonyms, word order, and words written together or apart ("cyber security") are left to aliases.
    """
    rules = plurals(language)
    found = cut(words(label[:READ].replace("&", f" {rules['and']} ")))
    if rules["each_word"]:
        return " ".join(singular(word, language) for word in found)
    return " ".join([*found[:-1], *(singular(word, language) for word in found[-1:])])


def cut(found: list[str]) -> list[str]:
    """Give as many of the words as a fold holds; the beginning of a single longer one."""
    kept: list[str] = []
    length = 0
    for word in found:
        length += len(word) + 1
        if length > LONGEST_FOLD:
            break
        kept.append(word)
    return kept or [word[: LONGEST_FOLD - 1] for word in found[:1]]


@cache
def plurals(language: str | None) -> dict[str, Any]:
    """Give the rules of a language's plurals; those that change nothing where it has none, English ones for None."""
    tables = vocabulary("topics")["plurals"]
    found: dict[str, Any] = {"and": "&", "each_word": False, "endings": [], "kept": [], "irregular": {}, "same": []}
    found |= tables.get(language or "en", {})
    for part in ("kept", "same"):
        found[part] = frozenset(found[part]) if part == "same" else tuple(found[part])
    return found


@lru_cache(maxsize=32_768)
def singular(word: str, language: str | None = None) -> str:
    """Give a plain word without the ending of its plural where it is safe to say; what it gives stays as it is."""
    rules = plurals(language)
    irregular: dict[str, str] = rules["irregular"]
    if word in irregular:
        return irregular[word]
    if len(word) < 4 or not word.isascii() or word in rules["same"] or word.endswith(rules["kept"]):
        return word
    for plural, single in rules["endings"]:
        if word.endswith(plural) and len(word) >= len(plural) + 3:
            return word[: len(word) - len(plural)] + str(single)
    return word
