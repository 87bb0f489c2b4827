"""Reads lines that hold nothing but names: alone, with roles, below a label, several one below the other, in a box."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.pipeline.ago import is_ago
from app.pipeline.areas import Areas
from app.pipeline.article import Line, Outline
from app.pipeline.dates import LONGEST_LINE, find_dates, is_weekday
from app.pipeline.furniture import is_furniture
from app.pipeline.labels import label_pattern
from app.pipeline.names import WIDE, WIDE_NAME, begins_given, is_role, words
from app.pipeline.prose import is_prose, size
from app.pipeline.roles import is_role_line
from app.pipeline.signature import NOISE, Names, date_labels, inside_pattern, label_words, names_in

NEAR_LINES = 8
"""Lines below the headline in which a name alone is a byline."""
NAMES_BELOW = 12
"""Lines below a label or a name which may each be a name or a role."""
LARGE_NOUNS = frozenset({"de", "lb"})
"""Languages that print every noun large: two words that begin large are no sign of a name."""
BOX_LINES = 4
READ_LINES = 400
SMALL = re.compile(r"(?<![^\W_])[^\W\d_A-ZÀ-Þ][^\W\d_]+")
CREDIT = re.compile(
    r"\w/\s?(?:AP|AFP|EPA|REUTERS|Reuters|dpa|APA|EFE|ANSA|Getty|Keystone|Imago|imago|PA|Bloomberg|NurPhoto|Shutterstock)\b"
    r"|\b(?:Getty|Shutterstock|iStock|Keystone|Unsplash|Flickr|Wikimedia|Photo|Foto|Images?)\b|^[—–-]\s.*\(@|\(@\w+\)|©",
)
"""A photographer's credit, or somebody's post that is shown in a text."""
WIDE_LINE = re.compile(
    "^[\\[【（(]?(?P<name>[\u3040-\u30ff\u3400-\u9fff々 \u3000]{3,9})(?:[，,、/／・][^\\]】）)]{1,20})?[\\]】）)]?$"
)
LETTERS = re.compile(r"[^\W\d_]{2,}")
READING_TIME = re.compile(
    r"\d{1,3}\s?(?:min(?:ute[sn]?|uti|utos?|uten|uuttia)?\b\.?)(?:\s(?:read|de lecture|de lectura|lesezeit|lezen))?"
)
WIDE_CREDIT = re.compile("【(?P<who>[^【】]{2,20})】$")
"""The writer's name at the end of a Japanese text."""
OPEN = (",", "&", " and", " und", " et", " y", " e", "、")


@dataclass(frozen=True, slots=True)
class Found:
    """One byline: whom it names, how surely, where, and which lines it takes."""

    names: Names
    confidence: float
    quote: str
    lines: frozenset[int]


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for a line of names: a date or label on it, a date beside it, the headline near, a role, a preposition."""

    dated: bool
    beside: bool
    near: bool
    follows: bool
    role: bool
    role_below: bool
    by: bool


@dataclass(frozen=True, slots=True)
class Page:
    """What is known of a text whose lines are asked for names.

    `small` gives the words that it prints small; `teased` says that other stories with bylines follow it.
    """

    lines: Sequence[Line]
    outline: Outline
    where: Areas
    language: str | None
    small: Callable[[], frozenset[str]]
    teased: bool = False

    def text(self, number: int) -> str:
        """Give the text of a line; empty outside the page."""
        return self.lines[number].text if 0 <= number < len(self.lines) else ""


def small_words(lines: Sequence[Line], outline: Outline) -> frozenset[str]:
    """Give the words that running text prints small: a line with one of them is a title sooner than a name."""
    body = lines[outline.start : min(outline.end, outline.start + READ_LINES)]
    return frozenset(word for line in body for word in SMALL.findall(line.text[:4000]))


def names_below(page: Page, number: int, *, foot: bool) -> Found | None:
    """Read the names on the lines below a label that stands alone, as far as they are names or their bearers' roles."""
    persons: list[str] = []
    agency = None
    taken = {number}
    is_open = True
    for line in page.lines[number + 1 : number + 1 + NAMES_BELOW]:
        text = line.text
        label = label_pattern().match(text)
        text = text[label.end() :] if label and label.end() < len(text) else text
        is_listed = text.rstrip().endswith(OPEN)
        names = names_in(text, labelled=is_listed or WIDE.search(text) is not None, language=page.language)
        if persons and not names.persons and (is_role_line(text) or not any(map(str.isalpha, text))):
            taken.add(line.number)
            continue
        fits = names.whole or (bool(names.persons) and size(text) <= 10)
        if not fits or is_prose(text) or not (is_open or is_listed or all(map(begins_given, names.persons))):
            break
        persons += [name for name in names.persons if " " in name or WIDE.match(name)]
        agency = agency or names.agency
        taken.add(line.number)
        is_open = is_listed
    if not persons and not agency:
        return None
    quote = " ".join(page.text(place) for place in sorted(taken))
    confidence = 0.98 if foot else 0.95
    return Found(Names(tuple(dict.fromkeys(persons)), agency, whole=True), confidence, quote[:200], frozenset(taken))


def unlabelled(page: Page, number: int, *, foot: bool) -> Found | None:
    """Read a line that is nothing but names, perhaps with roles or a house; surer beside a date or above a role."""
    text = page.text(number)
    if is_no_byline(text):
        return None
    names = wide_names(text) if WIDE.search(text) else names_in(text, labelled=False, language=page.language)
    if not names.persons or (foot and not names.whole):
        return None
    signs = signs_of(page, number)
    known = all(map(begins_given, names.persons))
    if is_told_of(page, names, known=known, sure=signs.role_below or signs.role or signs.by):
        return None
    confidence = trust(names, signs, text, known=known, foot=foot)
    if not confidence:
        return None
    return with_more(page, number, Found(names, confidence - (0.2 if foot else 0), text, frozenset({number})))


def is_no_byline(text: str) -> bool:
    """Say whether a line cannot be names alone: running text, a question, a button, a photographer's credit."""
    ends = text.rstrip().endswith((",", ":", "?", "!", "."))
    return ends or size(text) > 14 or is_furniture(text) or is_prose(text) or CREDIT.search(text) is not None


def signs_of(page: Page, number: int) -> Signs:
    """Look at a line and the lines around it for what makes names a byline."""
    text = page.text(number)
    dated = has_date(text, page.language) or any(part.strip().casefold() in date_labels() for part in text.split("|"))
    around = (page.text(place) for place in (number - 1, number + 1, number + 2))
    return Signs(
        dated=dated,
        beside=dated or any(has_date(line, page.language) for line in around),
        near=0 < number - page.where.top <= NEAR_LINES,
        follows=0 < number - page.where.top <= NEAR_LINES
        and page.language not in LARGE_NOUNS
        and (dated or any(has_date(page.text(place), page.language) for place in (number - 1, number + 1))),
        role=any(word.casefold().strip(".,") in words("trades") for word in text.split()),
        role_below=is_role_line(page.text(number + 1)) or is_role_line(page.text(number + 2)),
        by=inside_pattern().search(text) is not None,
    )


def trust(names: Names, signs: Signs, text: str, *, known: bool, foot: bool) -> float:
    """Say how surely names without a label are a byline; 0 where they may be anything."""
    if not (signs.beside or (signs.near and not foot) or signs.role_below):
        return 0.0
    if not known:
        if not (names.whole and is_bare(names, text)):
            return 0.0
        sure = signs.role_below or signs.by or (signs.dated and signs.follows)
        return 0.75 if sure else 0.6 if signs.follows else 0.0
    if names.whole:
        usual = 0.9 if signs.by and signs.beside else 0.85 if signs.beside else 0.7
        return max(usual, 0.88) if signs.role_below else usual
    begins = text.startswith(names.persons[0][:3]) or signs.by
    return (0.9 if signs.role or signs.by else 0.8) if begins and (signs.role or signs.beside) else 0.0


def is_bare(names: Names, text: str) -> bool:
    """Say whether a line has hardly a word besides its names and its date: labels, a weekday, a reading time."""
    rest = text.casefold()
    for written in reversed(list(find_dates(text, None))):
        rest = f"{rest[: written.start]} {rest[written.end :]}"
    for name in names.persons:
        rest = rest.replace(name.casefold(), " ")
    left = LETTERS.findall(READING_TIME.sub(" ", NOISE.sub(" ", rest)))
    return (bool(left) and is_role(left[0])) or all(word in label_words() or is_weekday(word) for word in left)


def wide_names(text: str) -> Names:
    """Read a line that is one Japanese name, perhaps in brackets with its house; the family name must be a known one."""
    found = WIDE_LINE.match(text)
    if found is None or not begins_given(found["name"]) or not WIDE_NAME.match(found["name"]):
        return Names()
    return Names((found["name"],), None, whole=True)


def closing_credit(line: Line) -> Found | None:
    """Read the name in brackets that ends a Japanese text; the line stays in the body."""
    found = WIDE_CREDIT.search(line.text[-40:])
    names = wide_names(found["who"]) if found else Names()
    return Found(names, 0.9, line.text[-40:], frozenset()) if names.persons else None


def is_told_of(page: Page, names: Names, *, known: bool, sure: bool) -> bool:
    """Say whether the words of a line are told of in the text: printed small, so no name, or named in running text."""
    if not known and any(word.casefold() in page.small() for name in names.persons for word in name.split()):
        return True
    if sure:
        return False
    body = page.lines[page.outline.start : min(page.outline.end, page.outline.start + READ_LINES)]
    return any(
        name in WIDE_CREDIT.sub("", line.text) and not line.text.startswith(name) and is_prose(line.text)
        for line in body
        for name in names.persons
    )


def with_more(page: Page, number: int, found: Found) -> Found:
    """Add the names and roles on the lines right below one that is a byline without a label."""
    persons, taken = list(found.names.persons), set(found.lines)
    for place in range(number + 1, number + 1 + NAMES_BELOW):
        text = page.text(place)
        if is_role_line(text):
            taken.add(place)
            continue
        if not text or is_furniture(text) or is_prose(text) or CREDIT.search(text):
            break
        names = names_in(text, labelled=False, language=page.language)
        if not names.whole or not names.persons or not all(map(begins_given, names.persons)):
            break
        if is_told_of(page, names, known=True, sure=False):
            break
        persons += names.persons
        taken.add(place)
    if len(persons) == len(found.names.persons):
        return found
    quote = " ".join(page.text(place) for place in sorted(taken))
    return Found(
        Names(tuple(dict.fromkeys(persons)), found.names.agency, found.names.whole),
        found.confidence,
        quote,
        frozenset(taken),
    )


def author_boxes(page: Page, numbers: Sequence[int]) -> Found | None:
    """Read the boxes that present the authors: a name alone, and below it a role or a sentence that begins with it."""
    persons: dict[str, int] = {}
    for number in numbers:
        text = page.text(number)
        if size(text) > 5 or CREDIT.search(text):
            continue
        names = names_in(text, labelled=False, language=page.language)
        if not names.whole or len(names.persons) != 1 or not begins_given(names.persons[0]):
            continue
        below = [page.text(place) for place in range(number + 1, number + 1 + BOX_LINES)]
        is_told = any(line.startswith(names.persons[0]) and is_prose(line) for line in below)
        if is_told or any(map(is_role_line, below[:2])):
            persons.setdefault(names.persons[0], number)
    if not persons or len(persons) > 3:
        return None
    quote = " ".join(page.text(number) for number in persons.values())
    return Found(Names(tuple(persons), None, whole=True), 0.75, quote, frozenset(persons.values()))


def has_date(text: str, language: str | None) -> bool:
    """Say whether a short line carries a date, or how long ago it was."""
    return len(text) <= LONGEST_LINE and size(text) <= 14 and is_dated(text, language)


@lru_cache(maxsize=4096)
def is_dated(text: str, language: str | None) -> bool:
    """Say whether a line has a date in it; asked of each line for itself, and for the lines around it."""
    return any(True for _ in find_dates(text, language)) or is_ago(text)
