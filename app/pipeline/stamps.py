"""Reads the lines in which software says who posted a text and when: "Posted in News by tideline on 3 March 2025".

Such a line is made by a machine, and beside its label, its date and its marks there is nothing but the name: so one word is
a name too, in small letters perhaps, as forums and blogs know their writers.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from app.pipeline.agencies import agency_of
from app.pipeline.dates import any_month, find_dates, is_weekday
from app.pipeline.labels import joined
from app.pipeline.names import is_role, words
from app.pipeline.signature import Names, label_words, names_in
from app.pipeline.vocabulary import vocabulary

LONGEST = 200
MOST_WORDS = 26
LEAST = 2
LONGEST_PEN_NAME = 30
PEN_NAME = re.compile(r"[^\W\d_][\w.'’·-]*")
CLOCK = re.compile(
    r"(?<![\d.:])(?:[01]?\d|2[0-3])[:.h][0-5]\d(?::[0-5]\d)?(?![\d.:])(?:\s?(?:uhr|h|[ap]\.?m\.?)(?!\w))?",
    re.IGNORECASE,
)
MARKS = re.compile(r"\s*[|·•∙●»«›—–()\[\]\t]\s*|\s-\s")
"""What parts such a line; a date does so too."""
SIGNED_AT = re.compile(r"[—–-]\s(?P<name>[^\W\d_][\w.'’·-]{1,29})\s@\s?\d{1,2}[:.]\d\d")
ACCOUNT = ("admin", "webmaster")
HANDLE = re.compile(r"[^\W\d_][\w.-]*(?:[a-zà-ÿ][A-ZÀ-Þ]|[^\W\d_]_?\d)[\w.-]*")
"""A word that no language prints: a large letter or a number inside it."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who posted a text, and the line that says so as printed; `strong` where its label names a writer whatever follows."""

    names: Names
    quote: str
    strong: bool
    dated: bool


@cache
def stamp_pattern() -> re.Pattern[str]:
    """Give the pattern of the labels that stand anywhere in such a line."""
    return re.compile(
        rf"(?<![^\s|·•»(])(?:(?P<strong>(?:{joined('strong')})\s?[:：]?|(?:{joined('nouns')})\s?[:：])"
        rf"|(?P<weak>(?:{joined('inside')})\s?[:：]?))\s+(?=[^\W\d_])",
        re.IGNORECASE,
    )


@cache
def said_before() -> frozenset[str]:
    """Give the words that such a line may begin with, before the label of the name."""
    return (label_words() | words("inside") | words("stamp_ends")) - changing() - words("replies")


@cache
def changing() -> frozenset[str]:
    """Give the words that say that a text was changed, by whoever did."""
    labels = vocabulary("dates")["labels"]
    return words_of(labels["modified"]) - words_of(labels["published"])


def words_of(labels: list[str]) -> frozenset[str]:
    """Give the single words of labels."""
    return frozenset(word for label in labels for word in label.split())


def stamp(text: str, language: str | None) -> Stamp | None:
    """Read a line that says who posted a text and when; None where it has no date, or says it in other words."""
    if len(text) > LONGEST or len(text.split()) > MOST_WORDS:
        return None
    if found := SIGNED_AT.search(text):
        names = Names((found["name"],), None, whole=True)
        return Stamp(names, text, strong=True, dated=True) if is_pen_name(found["name"]) else None
    line, dated = undated(text, language)
    for label in stamp_pattern().finditer(line):
        strong = label["strong"] is not None
        if not (dated or strong) or not leads(line[: label.start()], strong=strong):
            continue
        names = named(line[label.end() :], language, dated=dated)
        if names.persons:
            return Stamp(names, text, strong, dated)
    return None


def handle(text: str, language: str | None) -> Names:
    """Read a line that is a handle and a date: a word as only people in forums are called, and when it posted."""
    line, dated = undated(text, language)
    word = line.strip(" |,")
    fits = dated and len(word) <= LONGEST_PEN_NAME and HANDLE.fullmatch(word) and is_pen_name(word)
    return Names((word,), None, whole=True) if fits else Names()


def undated(text: str, language: str | None) -> tuple[str, bool]:
    """Give a line with its dates and times as bars, and whether it has any."""
    line, dated = text, False
    if any(map(str.isdigit, text)):
        for written in reversed(list(find_dates(text, language))):
            line, dated = f"{line[: written.start]} | {line[written.end :]}", True
        line, clocks = CLOCK.subn(" | ", line)
        dated = dated or clocks > 0
    return line, dated


def leads(before: str, *, strong: bool) -> bool:
    """Say whether the words right before a label are of such a line: none, or a date's or another label first."""
    part = MARKS.split(before)[-1].casefold().split()
    if any(word.strip(":,.") in words("replies") | changing() for word in before.casefold().split()):
        return False
    return not part or (part[0].strip(":,.") in said_before() and (strong or len(part) <= MOST_WORDS // 2))


def named(rest: str, language: str | None, *, dated: bool) -> Names:
    """Read the names right behind a label, up to the next mark or word of the line's own."""
    part = MARKS.split(rest, maxsplit=1)[0]
    tokens = list(until_end(part.split()))
    if len(tokens) == 1:
        word = tokens[0].strip(",;:")
        alone = dated or len(part.split()) == 1
        return Names((word,), None, whole=True) if alone and is_pen_name(word) else Names()
    names = names_in(" ".join(tokens), labelled=False, language=language)
    return names if names.whole else Names()


def until_end(tokens: list[str]) -> Iterator[str]:
    """Give the words up to one that goes on with something else: when, under what, how many comments."""
    for token in tokens:
        if token.casefold().strip(":,;.") in words("stamp_ends"):
            return
        yield token


def is_pen_name(word: str) -> bool:
    """Say whether a word may be whom software calls the writer: no desk, house, role, label, and no word of a sentence."""
    small = word.casefold().strip(".")
    if not LEAST <= len(word) <= LONGEST_PEN_NAME or not PEN_NAME.fullmatch(word):
        return False
    others = ("desks", "organisations", "roles", "trades", "stopwords", "particles", "replies")
    if is_account(small) or any(small in words(kind) for kind in others) or is_role(small) or small in label_words():
        return False
    return agency_of(word) is None and any_month(small) is None and not is_weekday(word)


def is_account(small: str) -> bool:
    """Say whether a small word is an account's of the software's own, whoever writes under it."""
    return small in words("accounts") or small.endswith(ACCOUNT)
