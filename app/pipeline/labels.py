"""The words before names that say who wrote a text, and those that say who did something else for it."""

import re
from functools import cache

from app.pipeline.names import words

PREPOSITION = r"(?:von|vom|by|par|por|di|de|da|door|av|af|van|przez|oleh)"
ARTICLE = r"(?:(?:ein|eine|der|die|das|an?|une?|una?|el|la|un|o|een|en|ett|et)\s)?"
COLON = r"\s?[:：=＝●・／]\s*"
GLUED_BY = re.compile(r"^[Bb]y(?=[A-Z][a-z])|^(?:[Bb]y){2}\s?|^(?:Von|Par|Por)(?=[A-Z][a-z]+ [A-Z])")
ENDING_BY = re.compile(r"[.!?…»“”\"]\s+(?:Von|Par|Por|By|Door|Av|Af)\s+(?P<who>[^.!?…\d]{5,80})$")
"""A byline at the end of a standfirst."""


def joined(*kinds: str) -> str:
    """Give the words of lists as alternatives of a pattern, the longest first."""
    listed = {word for kind in kinds for word in words(kind)}
    return "|".join(map(re.escape, sorted(listed, key=len, reverse=True)))


@cache
def label_pattern() -> re.Pattern[str]:
    """Give the pattern of the labels at a line's start.

    `strong` are those that name who wrote it whatever follows; behind `weak` ones nothing but names may follow.
    """
    return re.compile(
        rf"^[\W_]{{0,3}}(?:(?P<strong>(?:{joined('strong')})(?=\s|[:：=＝●]|$)|(?:{joined('nouns')})(?={COLON}|$))"
        rf"|(?P<weak>{ARTICLE}(?:{joined('genres')})\s{PREPOSITION}(?=\s|:|$)|(?:{joined('weak', 'nouns')})(?=\s|[:：]|$)"
        rf"|(?:{joined('genres')})(?=\s?[:：]\s)))(?:{COLON}|\s+|$)",
        re.IGNORECASE,
    )


@cache
def other_pattern() -> re.Pattern[str]:
    """Give the pattern of the labels that name somebody else than the author."""
    return re.compile(rf"^[\W_]{{0,3}}(?:{joined('not_authors')})(?!\w)", re.IGNORECASE)


@cache
def reporting_pattern() -> re.Pattern[str]:
    """Give the pattern by which an agency names who reported."""
    return re.compile(rf"\b(?:{joined('reporting')})\s+(?P<who>[^;()]{{3,200}})", re.IGNORECASE)
