"""Turns text and questions into what Postgres' text search takes; the same words on both sides.

Words are cut here and not by Postgres' parser, whose compounds (hyphens, hosts, paths) would be indexed twice and
three times. Scripts that print no spaces are cut into overlapping pairs, of which a question makes a phrase.
"""

import re
from collections.abc import Iterator
from typing import Final

from app.store.folding import fold

MAX_BYTES: Final = 400_000
"""Bytes of a text that are searched: a tsvector holds 1 MB, and a short word takes up to twice its own length there."""
MAX_WORD: Final = 120
"""Characters of a word that count; Postgres refuses words over 2,046 bytes."""

UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Thai, Lao, Burmese, Khmer, kana, Han, and Hangul, whose words carry their endings."""
SIGNS: Final = "\u0900-\u0903\u093a-\u094f\u0955-\u0957\u0962\u0963\u0981-\u0d7f\u0f71-\u0f84\u0f8d-\u0fbc"
"""Vowel signs, which are no letters for a regular expression but stand inside words."""
WORD: Final = re.compile(f"(?P<unspaced>[{UNSPACED}]+)|(?:(?![{UNSPACED}])(?:[^\\W_]|[{SIGNS}]))+")
CONTINUOUS: Final = re.compile(f"[{UNSPACED}]")
SPACED: Final = re.compile(f"[^\\W_]++(?:[{SIGNS}]++[^\\W_]*+)*+|[{SIGNS}]++(?:[^\\W_]++[{SIGNS}]*+)*+")
"""Words where nothing is printed without spaces: the same ones, several times as fast."""
TERM: Final = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')

CONFIGURATIONS: Final = {
    "ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "da": "danish", "nl": "dutch", "en": "english",
    "fi": "finnish", "fr": "french", "de": "german", "el": "greek", "hi": "hindi", "hu": "hungarian",
    "id": "indonesian", "ga": "irish", "it": "italian", "lt": "lithuanian", "ne": "nepali", "no": "norwegian",
    "nb": "norwegian", "nn": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "es": "spanish", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
"""The stemmers that every Postgres from 15 on has, by ISO 639-1."""


def regconfig(language: str | None) -> str:
    """Give Postgres' text search configuration for a language tag; `simple`, which does not stem, where it has none."""
    return CONFIGURATIONS.get((language or "").partition("-")[0].lower(), "simple")


def words_of(folded: str) -> Iterator[str]:
    """Give the words of folded text in order; a run without spaces as its overlapping pairs of characters."""
    if CONTINUOUS.search(folded) is None:
        yield from (word[:MAX_WORD] for word in SPACED.findall(folded))
        return
    for found in WORD.finditer(folded):
        word = found[0]
        if found["unspaced"] is None:
            yield word[:MAX_WORD]
        elif len(word) == 1:
            yield word
        else:
            yield from (word[at : at + 2] for at in range(len(word) - 1))


def search_text(text: str) -> str:
    """Give the words of a text for `to_tsvector`, cut at a word's end before 400,000 bytes."""
    joined = " ".join(words_of(fold(text[:MAX_BYTES])))
    if len(text) > MAX_BYTES:
        joined = joined.rpartition(" ")[0] or joined
    encoded = joined.encode("utf-8", "replace")
    if len(encoded) <= MAX_BYTES:
        return joined
    return encoded[:MAX_BYTES].rpartition(b" ")[0].decode("utf-8", "ignore")


def quoted(words: list[str]) -> str:
    """Give words that must follow each other; a single one needs no quotes."""
    return words[0] if len(words) == 1 else f'"{" ".join(words)}"'


def search_query(question: str) -> str:
    """Give a web search (words, "phrases", `or`, `-not`) in the words of `search_text`, for `websearch_to_tsquery`.

    What a term holds besides its words is dropped, so a question of punctuation alone is empty.
    """
    terms = []
    for found in TERM.finditer(question):
        if (found["word"] or "").lower() == "or" and not found["minus"]:
            terms.append("or")
        elif words := list(words_of(fold(found["phrase"] or found["word"] or ""))):
            safe = f'"{words[0]}"' if words == ["or"] else quoted(words)
            terms.append(found["minus"] + safe)
    return " ".join(terms)


def prefix_query(beginning: str) -> str:
    """Give a question for `to_tsquery` that asks for words that begin so, in any order; empty where there are none."""
    asked = []
    for found in WORD.finditer(fold(beginning)):
        pairs = [f"'{word}':*" for word in words_of(found[0])]
        asked.append(" <-> ".join(pairs))
    return " & ".join(f"({one})" for one in asked)
