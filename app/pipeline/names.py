"""Tells whether words are a person's name, and writes it as names are written."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache

from app.pipeline.agencies import is_agency_word
from app.pipeline.dates import any_month
from app.pipeline.vocabulary import vocabulary

LONGEST_NAME = 60
MOST_WORDS = 5
TOKEN = re.compile(r"^[^\W\d_][^\W\d_'’.\-‐‑]*(?:['’.\-‐‑][^\W\d_]+)*\.?$")
WIDE_NAME = re.compile(
    "^[\u3400-\u9fff\uac00-\ud7af]{2,4}$|^[\u3040-\u30ff\u3400-\u9fff々]{1,4}[ \u3000][\u3040-\u30ff\u3400-\u9fff々]{1,4}$"
    "|^[\u3400-\u9fff々]{1,3}[\u3040-\u309f]{2,4}$|^[\u3400-\u9fff々]{5}$"
)
"""Chinese, Korean and Japanese names, which have no case to know them by: taken after a label alone."""
WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
WIDE_DESK = re.compile(
    "(?:部|局|社|班|網|网|報|报|新聞|新闻|通信|編集|编辑|編輯|综合|特約|本報|本报|뉴스|일보|통신|신문|방송)$"
)
"""How houses and desks end in those scripts."""
GLUED = re.compile(r"[^\W\d_A-ZÀ-Þ]{3}[A-ZÀ-Þ][a-zà-ÿ]")
"""A small letter and then a large one: two words that lost their space (McDonald and DiCaprio have two before it)."""
ELIDED = re.compile(r"^[dlDL]['’](?=[A-ZÀ-Þ])")
"""The small beginning of a name that is large after it (d'Agostino)."""
VOWELS = frozenset("aeiouyäëïöüáéíóúàèìòùâêîôûæøåœ")
CASED_PARTS = re.compile(r"[^\W\d_]+")
HYPHEN = re.compile(r"[-‐‑]")
SCOTS = re.compile(r"^(?:Mc|Mac(?=[b-df-hj-np-tv-z][a-z]{2,}$)|O['’])", re.IGNORECASE)
ACADEMIC = re.compile(r"^dr\.?$", re.IGNORECASE)
"""The one title that stays with a name, as publishers print it."""


HOUSES = frozenset({"news", "times", "post", "herald", "tribune", "press", "media", "magazine", "journal", "gazette"})
"""Words that end a house's name, of which the word before them is a part ("Ann Lee Harbour News")."""
SUFFIXES = (
    "redakteur", "redakteurin", "korrespondent", "korrespondentin", "reporter", "reporterin", "journalist", "journalistin",
    "leiter", "leiterin", "redaktion", "sprecher", "sprecherin", "redactrice", "redacteur", "redaktör", "redaktør",
    "toimittaja",
)  # fmt: skip
"""Ends of one-word roles ("Wirtschaftsredakteurin")."""
MARKS = ".,:;/()"


@cache
def words(kind: str) -> frozenset[str]:
    """Give one of the word lists of bylines."""
    return frozenset(vocabulary("byline")[kind])


@cache
def house_ends() -> tuple[str, ...]:
    """Give the ends of one-word organisations ("Bundesministerium")."""
    return tuple(words("house_ends"))


@cache
def never_named() -> frozenset[str]:
    """Give the words that no person's name has: those of organisations, headlines and sentences, without particles."""
    return (words("organisations") | words("stopwords")) - words("particles")


def bare(word: str) -> str:
    """Give a word without case and accents."""
    if word.isascii():
        return word.casefold()
    return "".join(c for c in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(c))


@cache
def given_names() -> frozenset[str]:
    """Give the common given names of all languages, without case and accents."""
    return frozenset(bare(name) for names in vocabulary("given_names")["given"].values() for name in names.split())


@cache
def family_names() -> frozenset[str]:
    """Give the family names that begin Japanese names."""
    return frozenset(vocabulary("given_names")["family"]["ja"].split())


@lru_cache(maxsize=8192)
def is_given(word: str) -> bool:
    """Say whether a word is a common given name; of a double name ("Anne-Marie") the first part decides."""
    return bare(HYPHEN.split(word, maxsplit=1)[0].strip(".,")) in given_names()


def begins_given(name: str) -> bool:
    """Say whether a name begins as names in bylines commonly do: with a known given name, or a Japanese family name."""
    tokens = [token for token in name.split() if not ACADEMIC.match(token)]
    if not tokens:
        return False
    if WIDE.match(name):
        return len(name) >= 3 and any(name[:long] in family_names() for long in (2, 3))
    return is_given(tokens[0]) or (len(tokens[0].strip(".")) == 1 and len(tokens) > 2 and is_given(tokens[1]))


@lru_cache(maxsize=8192)
def is_person(text: str, *, labelled: bool = False) -> bool:
    """Say whether a text is one person's full name: two to five words that begin large, no organisation's or title's.

    After a label a single name, or one in a script without case, will do.
    """
    tokens = text.split()
    if tokens and ACADEMIC.match(tokens[0]):
        tokens = tokens[1:]
    if not tokens or len(text) > LONGEST_NAME or len(tokens) > MOST_WORDS or not all(map(TOKEN.match, tokens)):
        return False
    if not any(token[0].isupper() or token[0].islower() for token in tokens):
        wide = WIDE_NAME.match(text) is not None and not WIDE_DESK.search(text)
        return labelled and (wide or (len(tokens) >= 2 and not WIDE.match(text)))
    folded = [token.casefold().strip(".") for token in tokens]
    if " ".join(folded) in words("desks") or is_titled(tokens, folded, labelled=labelled):
        return False
    named = [
        token
        for place, (token, word) in enumerate(zip(tokens, folded, strict=True))
        if word not in words("particles") or (place == 0 and token[0].isupper())
    ]
    large = all((token[0].isupper() or ELIDED.match(token)) and not GLUED.search(token) for token in named)
    if len(named) == 1:
        alone = len(tokens) == 1 and len(named[0]) > 2 and not named[0].isupper()
        return labelled and large and alone and folded[0] not in endings()
    return (
        large
        and len(named) >= 2
        and not any(token.endswith(".") and len(token) > 4 for token in tokens)
        and (tokens[-1][0].isupper() or ELIDED.match(tokens[-1]) is not None)
        and any(len(token.strip(".")) > 1 for token in named)
    )


def is_titled(tokens: Sequence[str], folded: Sequence[str], *, labelled: bool) -> bool:
    """Say whether words are a title's or an organisation's: one of them is, or its case or sound is no name's."""
    known = len(tokens) in {2, 3} and (labelled or is_given(tokens[0]))
    others = never_named()
    for place, word in enumerate(folded):
        if (
            len(word) > 1
            and word in others
            and not (known and word in words("also_names") and (place or (labelled and is_given(word))))
        ):
            return True
        if "-" in word and not is_given(word) and any(part in others for part in HYPHEN.split(word)):
            return True
        if word.endswith(house_ends()):
            return True
    if len(tokens) > 1 and tokens[0].casefold() in words("articles"):
        return True
    if any(
        len(word) > 2 and tokens[place].isupper() and VOWELS.isdisjoint(word) and word.isalpha() and word.isascii()
        for place, word in enumerate(folded)
    ):
        return True
    shouted = tokens[0].isupper() and len(folded[0]) > 2 and "." not in tokens[0]
    return shouted and not tokens[-1].isupper() and len(tokens) > 1 and not is_given(tokens[0])


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
    elided = ELIDED.match(token)
    if alone or not (token.isupper() or (elided and token[elided.end() :].isupper())) or "." in token:
        return False
    letters = [character for character in token if character.isalpha()]
    if len(letters) == 2:
        return token.casefold() in words("particles") or letters[1].casefold() in VOWELS
    return len(letters) > 2


def cased_word(token: str) -> str:
    """Write one word of a name: large at its start and after hyphens and apostrophes, small particles, McDonald, O'Brien."""
    if token.casefold() in words("particles") - {"mac", "san", "st"}:
        return token.casefold()
    if token[:1].islower() and (elided := ELIDED.match(token)):
        return token[: elided.end()] + cased_word(token[elided.end() :])
    written = CASED_PARTS.sub(lambda part: part[0][0].upper() + part[0][1:].lower(), token)
    found = SCOTS.match(written)
    if found and len(written) > found.end() + 1:
        end = found.end()
        head = "Mc" if found[0].casefold() == "mc" else written[:end]
        return head + written[end].upper() + written[end + 1 :]
    return written


@cache
def is_role(word: str) -> bool:
    """Say whether a word says what a person does ("guest-author" too); `word` is without case and marks."""
    if word in words("roles") or word in words("trades") or (len(word) > 13 and word.endswith(SUFFIXES)):
        return True
    return "-" in word and HYPHEN.split(word)[-1] in words("trades")


def until_role(tokens: Sequence[str]) -> list[str]:
    """Give the words of a name up to a role, a number, a label, an agency or a house ("Ann Lee Political Editor").

    A name has two words before most of those count, as Read and Post are names too.
    """
    kept: list[str] = []
    for place, token in enumerate(tokens):
        word = token.casefold().strip(MARKS)
        is_dated = place + 1 < len(tokens) and tokens[place + 1][0].isdigit() and any_month(word) is not None
        phrase = f"{word} {tokens[place + 1].casefold().strip(MARKS)}" if place + 1 < len(tokens) else word
        if is_dated or (kept and (word in endings() or phrase in endings())):
            break
        if len(kept) >= 2 + bool(kept and ACADEMIC.match(kept[0])):
            if word in HOUSES and len(kept) > 2 and is_full_word(kept[-2]):
                return kept[:-1]
            if is_role(word) or token[0].isdigit() or is_agency_word(token):
                break
        kept.append(token)
    return kept


def is_full_word(token: str) -> bool:
    """Say whether a word of a name is neither an initial nor a particle."""
    return len(token.strip(".")) > 2 and token.casefold() not in words("particles")


@cache
def endings() -> frozenset[str]:
    """Give the labels of dates that end a name before them ("Ann Lee Updated")."""
    labels = vocabulary("dates")["labels"]
    return frozenset(label for kind in ("published", "modified") for label in labels[kind] if len(label) > 4)
