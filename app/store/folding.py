"""Folds words so that spellings meet that differ in case, accents or width only; the same on the way in and when asked."""

import re
import unicodedata

MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f"
    "\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]"
)
"""Accents, and the points that Hebrew and Arabic print mostly without; the vowel signs of Indic scripts are letters."""

UNPRINTABLE = re.compile("[\x00\ud800-\udfff]")
"""What Postgres cannot hold, or UTF-8 cannot say."""


def fold(text: str) -> str:
    """Give text without accents, case and width variants (NFKD, marks out, case folded, NFC).

    A letter that is not a letter with an accent stays itself: ø, ł, đ.
    """
    if text.isascii():
        return text.replace("\x00", " ").lower()
    plain = unicodedata.normalize("NFKD", UNPRINTABLE.sub(" ", text))
    return unicodedata.normalize("NFC", MARKS.sub("", plain).casefold())


def author_fold(name: str) -> str:
    """Give the key under which two printings of a person's whole name meet: no accents, no case, single spaces."""
    return " ".join(fold(name).split())
