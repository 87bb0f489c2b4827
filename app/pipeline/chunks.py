"""Cuts running text into the stretches of words that phrases are made of: no function word, verb or mark stands in one."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, NamedTuple

import stopwordsiso

from app.pipeline.dates import is_weekday, month_of
from app.pipeline.slug import singular, words
from app.pipeline.vocabulary import vocabulary

TOKEN = re.compile(r"\w+(?:[-‐‑.&/'’]\w+)*(?:(?<=\.\w)\.)?|[.!?…]+|[:\"“«„(•|*;,)\]\[”»–—/<>=‐-]")
"""A word (a hyphen, dot, ampersand or apostrophe inside is part of it, and the last dot of initials), the end of a sentence, any
other mark."""
ELIDED = re.compile(
    r"^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quelqu|dell|all|dall|nell|sull|un|gl)['’](?=\w)", re.IGNORECASE
)
ELIDING = frozenset({"fr", "it"})
"""Languages in which an apostrophe parts a small word from the next; elsewhere it makes a possessive or a contraction."""
POSSESSIVE = re.compile(r"['’]s?$", re.IGNORECASE)
CONTRACTED = re.compile(r"['’](?:m|re|ve|ll|d|t)$", re.IGNORECASE)
END = frozenset(".!?…")
BEGINNING = frozenset(':"“«„(•|*')
LEAST_TITLE_WORDS = 4
LONGEST_TITLE = 40
TITLE_SHARE = 0.7
"""Share of large words from which on a line of that many is in title case, so that a capital says nothing."""
LARGE_MONTHS = frozenset({"en", "de", "lb", "id", "ms"})
"""Languages that print months and weekdays large; a small "march" is none there."""
LEAST_WEEKDAY = 4
"""Characters of a weekday's name: a shorter one is a paper's or a star's as often ("Sun")."""
LEAST_ENDING = 6
"""Characters of a word whose ending is looked at."""
NEVER_SMALL = frozenset({"function", "empty"})
"""What is part of no phrase unless it is printed large."""
DEFAULT_LANGUAGE = "en"
LISTED = ("nominal", "verbal", "acting", "joints", "empty", "titles", "honorifics")
"""The lists of words that a language's rules hold as they are."""

Lead = Literal["", "nominal", "verbal"]
Kind = Literal["joint", "function", "empty", "participle", "title", "plain"]


class Word(NamedTuple):
    """One word of a stretch: its key in the singular, as printed, its place and sentence in the text, and its role.

    `large` is None where a capital says nothing; a `joint` stands between two parts of a name ("Bank of Spain").
    """

    key: str
    printed: str
    place: int
    sentence: int
    large: bool | None
    lead: Lead
    joint: bool


class Token(NamedTuple):
    """What a printed word is by itself: without its possessive, and whether it had one ("Spain's"); large, or all large."""

    kind: Kind
    key: str
    printed: str
    small: str
    upper: bool
    shouted: bool
    dated: bool
    owner: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """What a language's small words say of the words beside them; all words are small, with their accents."""

    function: frozenset[str]
    stops: frozenset[str]
    nominal: frozenset[str]
    verbal: frozenset[str]
    acting: frozenset[str]
    joints: frozenset[str]
    empty: frozenset[str]
    titles: frozenset[str]
    honorifics: frozenset[str]
    participles: tuple[str, ...]
    endings: tuple[str, ...]
    head_first: bool
    large_nouns: bool


@cache
def rules(language: str | None) -> Rules:
    """Give the rules of a language; of one that has none of its own its stop words alone, English ones where it has none."""
    code = language or DEFAULT_LANGUAGE
    own = vocabulary("phrases").get(code, {})
    topics = vocabulary("topics")
    listed = {kind: frozenset(own.get(kind, ())) for kind in LISTED}
    small = [topics[kind].get(code, ()) for kind in ("articles", "clauses", "edges")]
    known = code if stopwordsiso.has_lang(code) else DEFAULT_LANGUAGE
    return Rules(
        function=frozenset(word for words_ in small for word in words_) | listed["nominal"] | listed["verbal"],
        stops=frozenset(stopwordsiso.stopwords(known)) - frozenset(own.get("content", ())),
        **listed,
        participles=tuple(own.get("participles", ())),
        endings=tuple(own.get("endings", ())),
        head_first=own.get("head") == "first",
        large_nouns=code in topics["capital_nouns"]["languages"],
    )


@lru_cache(maxsize=65_536)
def token_of(printed: str, language: str | None) -> Token:
    """Give what a printed word is."""
    small, owner = printed.casefold(), False
    if language not in ELIDING and ("'" in small or "’" in small):
        if CONTRACTED.search(small):
            return Token("function", small, printed, small, upper=False, shouted=False, dated=False, owner=False)
        if (found := POSSESSIVE.search(small)) is not None:
            owner, small, printed = True, small[: found.start()], printed[: found.start()]
    key = " ".join(singular(part, language) for part in words(small))
    kind = kind_of(small, key, rules(language))
    upper = printed[:1].isupper()
    dated = (upper or language not in LARGE_MONTHS) and is_date_word(small, language)
    shouted = upper and len(printed) > 1 and printed.isupper()
    return Token(kind, small if kind == "joint" else key, printed, small, upper, shouted, dated, owner)


def named(printed: str, language: str | None) -> Token:
    """Give what a word is that is known to be a name."""
    return token_of(printed, language)._replace(kind="plain", shouted=True)


def kind_of(small: str, key: str, known: Rules) -> Kind:
    """Give what a small word is for the cutting."""
    if small in known.joints:
        return "joint"
    if (
        small in known.function
        or small in known.honorifics
        or not key
        or len(small) == 1
        or not any(map(str.isalpha, small))
    ):
        return "function"
    if small in known.titles:
        return "title"
    if small in known.empty or key in known.empty or small in known.stops:
        return "empty"
    if len(small) >= LEAST_ENDING and small.endswith(known.endings):
        return "empty"
    return "participle" if len(small) >= LEAST_ENDING - 1 and small.endswith(known.participles) else "plain"


def is_date_word(small: str, language: str | None) -> bool:
    """Say whether a word is the name of a month or a weekday."""
    return month_of(small, language) is not None or (len(small) >= LEAST_WEEKDAY and is_weekday(small))


def is_title_case(tokens: Sequence[str]) -> bool:
    """Say whether a line's words begin large as a headline's do, so that a capital tells no name."""
    if len(tokens) > LONGEST_TITLE:
        return False
    found = [token for token in tokens if token[0].isalpha()]
    return len(found) >= LEAST_TITLE_WORDS and sum(token[0].isupper() for token in found) > TITLE_SHARE * len(found)


class Cutter:
    """Cuts line after line into `stretches`, none of which begins or ends with a joint; counts words and sentences.

    `acronyms` are names as they are printed: what is a small word else is none so printed (WHO).
    """

    def __init__(self, language: str | None, acronyms: Collection[str] = ()) -> None:
        self.language = language
        self.acronyms = {printed: named(printed, language) for printed in acronyms}
        self.rules = rules(language)
        self.stretches: list[list[Word]] = []
        self.stretch: list[Word] = []
        self.titled = False
        self.words = 0
        self.sentences = 0

    def cut(self, line: str) -> None:
        """Cut one more line."""
        tokens = TOKEN.findall(line)
        told = not is_title_case(tokens)
        language, known = self.language, self.rules
        elides = language in ELIDING
        first, before = True, ""
        for printed in tokens:
            mark = printed[0]
            if not mark.isalnum():
                first = self.meet(mark) or first
                before = ""
                continue
            self.words += 1
            rest = printed
            if elides and not printed.isalnum() and (found := ELIDED.match(printed)) is not None:
                before = found[0][:-1].casefold()
                self.join(found[0], before, joint=before in known.joints)
                rest = printed[found.end() :]
            token = self.acronyms.get(rest) or token_of(rest, language)
            kind = token.kind
            large = token.upper if told and (not first or token.shouted) else None
            if kind == "joint":
                self.join(token.printed, token.small, joint=True)
            elif large or kind not in NEVER_SMALL:
                self.take(token, before, large)
            elif self.stretch:
                self.end()
            before, first = token.small, False
        if self.stretch:
            self.end()
        self.sentences += 1

    def meet(self, mark: str) -> bool:
        """Meet a mark, which ends the stretch in hand; say whether a sentence may begin behind it."""
        if self.stretch:
            self.end()
        self.sentences += mark in END
        return mark in END or mark in BEGINNING

    def end(self) -> None:
        """End the stretch in hand, without joints at its end."""
        stretch = self.stretch
        while stretch and stretch[-1].joint:
            stretch.pop()
        if stretch:
            self.stretches.append(stretch)
        self.stretch = []

    def join(self, printed: str, small: str, *, joint: bool) -> None:
        """Take a joint into the stretch in hand; any other small word ends it."""
        if not joint:
            self.end()
        elif self.stretch:
            self.stretch.append(Word(small, printed, self.words, self.sentences, None, "", True))

    def take(self, token: Token, before: str, large: bool | None) -> None:  # noqa: FBT001 - on the hot path
        """Take a word into the stretch in hand, or end that; what is printed large right behind a large word belongs to it."""
        stretch, known, kind = self.stretch, self.rules, token.kind
        touching = bool(stretch) and not stretch[-1].joint
        if touching and (
            (self.titled and token.upper) or (known.large_nouns and large is False and stretch[-1].large is not False)
        ):
            self.end()
            touching = False
        follows = large and touching and stretch[-1].large and token.small not in known.honorifics
        if not follows and (
            kind == "function"
            or (token.dated and not touching)
            or (not large and (kind == "empty" or before in known.acting))
            or (not large and kind == "participle" and (touching or before in known.verbal))
        ):
            self.end()
            return
        lead: Lead = "nominal" if before in known.nominal else "verbal" if before in known.verbal else ""
        self.titled = kind == "title"
        self.stretch.append(Word(token.key, token.printed, self.words, self.sentences, large, lead, False))
        if token.owner:
            self.end()
