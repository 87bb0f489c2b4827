"""Says whether a printed label names a subject, and how it is best written."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from app.pipeline.dates import find_dates, is_weekday, month_of
from app.pipeline.furniture import is_furniture
from app.pipeline.prose import WIDE, ends_sentence, size
from app.pipeline.slug import plain, slug
from app.pipeline.vocabulary import vocabulary

MOST_WORDS = 5
MOST_WIDE_WORDS = 7
"""In scripts without spaces, where two characters count as a word."""
MOST_CHARACTERS = 60
QUANTITY = re.compile(
    r"^\W{0,2}\d{1,3}[.)]?\s|^\W{0,2}(?!(?:19|20)\d\d\s)\d+(?:[.,:]\d+)*\s?(?:%|[^\W\d_]{1,12}\.?)?$|[$€£¥₹]\s?\d|\d\s?[$€£¥₹%]"
)
"""A number with its unit, a price, a share, or a phrase that begins by counting."""
ADDRESS = re.compile(r"^@|https?\b|www\.|\w@\w|[|,;:\n\t\"“”„«»<>{}]|\s[/–—]\s", re.IGNORECASE)
"""Marks of addresses, credits, quotations and enumerations: what holds one is more than the name of one subject."""
SHORTENED = re.compile(r"(?<![^\W_])(?:[^\W\d_a-z][^\W\d_]{0,2}|[IVXLC]{1,6}|\d{1,2})\.$")
"""A full stop that belongs to the word before it: "Ltd.", "Leo XIV."."""
OPENING = " ,:;!?…\"'“”‘’„«»*•|-–—#"
CLOSING = " ,:;…\"'“”‘’„«»*•|-–—"


@cache
def boilerplate() -> frozenset[str]:
    """Give the labels that name no subject, in all languages."""
    return frozenset(slug(word) for words in vocabulary("topics")["boilerplate"].values() for word in words)


@cache
def words_of(kind: str, language: str | None) -> frozenset[str]:
    """Give the words of one kind in a language, plain; English ones where the language has no list."""
    lists = vocabulary("topics")[kind]
    return frozenset(plain(word) for word in lists.get(language or "en", lists["en"]))


def cleaned(label: str) -> str:
    """Give a label without closing marks and odd space; brackets and dots that are part of it stay."""
    text = " ".join(label.split()).lstrip(OPENING).rstrip(CLOSING)
    if text.endswith((".", "!", "?")) and "." not in text[:-1] and SHORTENED.search(text) is None:
        text = text.rstrip(".!? ")
    if text[:1] in {"(", "["} and text[-1:] in {")", "]"}:
        text = text[1:-1].strip()
    return text


def is_subject(label: str, language: str | None) -> bool:
    """Say whether a label is a short noun phrase: no sentence, number or clause, and nothing that stands on every page."""
    text = cleaned(label)
    most = MOST_WIDE_WORDS if WIDE.search(text) else MOST_WORDS
    if not text or len(text) > MOST_CHARACTERS or size(text) > most or len(slug(text)) < 2:
        return False
    if ends_sentence(label.strip()) and len(text.split()) > 2:
        return False
    return is_name_of_something(text) and is_phrase(text.split(), language) and not is_page_part(text, language)


def is_name_of_something(text: str) -> bool:
    """Say whether a text is mostly letters, and neither quantity, address nor half of a bracket."""
    letters = sum(character.isalpha() or unicodedata.category(character)[0] == "M" for character in text)
    if letters * 2 < len(text.replace(" ", "")) or (letters < 2 and not WIDE.search(text)):
        return False
    return QUANTITY.search(text) is None and ADDRESS.search(text) is None and text.count("(") == text.count(")")


def is_phrase(words: list[str], language: str | None) -> bool:
    """Say whether words make a noun phrase, as far as their small words, and in German their capitals, tell."""
    folded = [plain(word.replace("’", "'")) for word in words]
    if not words_of("clauses", language).isdisjoint(folded[:-1] or folded):  # no clause ends there: "Theresa May"
        return False
    edges = words_of("edges", language)
    if folded[0] in edges or folded[-1] in edges:
        return False
    if len(words) > 1 and folded[0] in words_of("actions", language):
        return False
    capitals = language in vocabulary("topics")["capital_nouns"]["languages"]
    return not (capitals and len(words) > 1 and words[-1][0].islower())


def is_page_part(text: str, language: str | None) -> bool:
    """Say whether a label is a part of any page: a button, a section, a date."""
    return (
        slug(text) in boilerplate()
        or is_furniture(text)
        or is_weekday(text)
        or month_of(text, language) is not None
        or any(find_dates(text, language))
    )


def without_article(label: str, language: str | None) -> str:
    """Give a label without the article before it, an elided one too ("l'eau")."""
    articles = words_of("articles", language)
    first, _, rest = label.partition(" ")
    if rest and plain(first) in articles:
        return rest.strip()
    begun, mark, rest = label.replace("’", "'", 1).partition("'")
    return label[len(begun) + 1 :] if rest and f"{plain(begun)}{mark}" in articles else label


def has_article_inside(label: str, language: str | None) -> bool:
    """Say whether a heading tells of a part of the text ("Context of the Talks") rather than naming a subject."""
    return not words_of("articles", language).isdisjoint(plain(word) for word in label.split()[1:])


def best_written(labels: Iterable[str]) -> str:
    """Choose how to write a subject of those ways it is printed: the first in usual case, begun large if all are small."""
    found = [cleaned(label) for label in labels]
    chosen = next((label for label in found if label[0].isupper() and not odd_case(label)), found[0])
    first = chosen.split()[0]
    return chosen[0].upper() + chosen[1:] if first.islower() and len(chosen[0].upper()) == 1 else chosen


def odd_case(label: str) -> bool:
    """Say whether a label mixes large and small beginnings the wrong way round ("arms Control"), or shouts."""
    words = label.split()
    return (words[0][0].islower() and any(word[0].isupper() for word in words[1:])) or (
        label.isupper() and len(label) > 5
    )
