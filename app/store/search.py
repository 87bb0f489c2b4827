"""Prepares texts and questions for Postgres full-text search, the same way on both sides.

Accents are folded here, as `unaccent` is not immutable; scripts without spaces are cut into pairs of characters, as
Postgres would take a whole sentence for one word.
"""

import re
import unicodedata
from collections.abc import Iterator

LONGEST_BYTES = 400_000
"""A text search vector holds 1 MB; words, their positions and overhead of this much text always fit."""
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
CONFIGURATIONS = {
    "ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "da": "danish", "nl": "dutch", "en": "english",
    "fi": "finnish", "fr": "french", "de": "german", "el": "greek", "hi": "hindi", "hu": "hungarian", "id": "indonesian",
    "ga": "irish", "it": "italian", "lt": "lithuanian", "ne": "nepali", "no": "norwegian", "pt": "portuguese",
    "ro": "romanian", "ru": "russian", "sr": "serbian", "es": "spanish", "sv": "swedish", "ta": "tamil", "tr": "turkish",
    "yi": "yiddish",
}  # fmt: skip
"""Postgres's own configurations by language (15 to 18 have these)."""


def regconfig(language: str | None) -> str:
    """Name the configuration that stems a language; `simple`, which does not stem, where there is none."""
    return CONFIGURATIONS.get(language or "", "simple")


def folded(text: str) -> str:
    """Give a text without accents; the letters of scripts where a mark is a letter's own are kept as they are."""
    decomposed = unicodedata.normalize("NFD", text)
    kept = "".join(c for c in decomposed if not "\u0300" <= c <= "\u036f")
    return unicodedata.normalize("NFC", kept)


def pairs(run: str) -> str:
    """Cut characters without spaces into overlapping pairs; a single one stays alone."""
    return " ".join(run[place : place + 2] for place in range(max(1, len(run) - 1)))


def search_text(text: str) -> str:
    """Give a text as it is indexed: folded, cut into pairs where needed, at most 400,000 bytes of it."""
    cut = text.replace("\x00", " ")[:LONGEST_BYTES]
    spaced = UNSPACED.sub(lambda found: f" {pairs(found[0])} ", folded(cut))
    encoded = spaced.encode("utf-8", "replace")
    return spaced if len(encoded) <= LONGEST_BYTES else encoded[:LONGEST_BYTES].decode("utf-8", "ignore")


def search_query(question: str) -> str:
    """Give a question in web search syntax as it is asked: folded, and runs without spaces as phrases of pairs."""
    return "".join(asked(folded(question.replace("\x00", " "))))


def asked(question: str) -> Iterator[str]:
    """Cut the runs without spaces of a question; inside quotation marks they are part of that phrase."""
    quoted = False
    for piece in re.split('(")', question):
        if piece == '"':
            quoted = not quoted
            yield piece
        elif quoted:
            yield UNSPACED.sub(lambda found: f" {pairs(found[0])} ", piece)
        else:
            yield UNSPACED.sub(lambda found: f' "{pairs(found[0])}" ', piece)
