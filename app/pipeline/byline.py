"""Reads who wrote an article, persons apart from agencies, each with the words it was read from.

Confidence: 1.0 the sender's own field; 0.98 a labelled line at the foot; 0.95 a labelled byline at the head; 0.9 a name
with its role or house beside it; 0.85 a name alone beside a date; 0.7 a name alone below the headline; 0.5 who reported
for an agency. Editors, translators, photographers and people in running text are no authors.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from app.pipeline.areas import Areas, areas, elsewhere
from app.pipeline.article import Evidence, Line, Origin, Outline, Reading
from app.pipeline.dates import find_dates
from app.pipeline.furniture import is_furniture
from app.pipeline.names import words
from app.pipeline.prose import is_prose, size
from app.pipeline.signature import EDGES, Names, names_in, person_of

LONGEST = 300
GLUED_BY = re.compile(r"^[Bb]y(?=[A-Z][a-z])|^(?:Von|Par|Por)(?=[A-Z][a-z]+ [A-Z])")
NEAR_LINES = 8
"""Lines below the headline in which a name alone is a byline."""
SIGNATURE_LINES = 7
"""Lines of the foot in which a name beside a date is a signature; farther down it belongs to another story."""
SURE = 0.8
REPORTED = 0.5
NAMES_BELOW = 8
"""Lines below a label that stands alone which may each be a name."""


@dataclass(frozen=True, slots=True)
class Byline:
    """What was chosen, with all the evidence."""

    authors: tuple[str, ...]
    agency: str | None
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """One byline: whom it names, how surely, where, and which lines it takes."""

    names: Names
    confidence: float
    quote: str
    lines: frozenset[int]


@cache
def label_pattern() -> re.Pattern[str]:
    """Give the pattern of the labels at a line's start: strong ones with a colon or a space, weak ones, glued ones."""
    strong = "|".join(map(re.escape, sorted(words("strong"), key=len, reverse=True)))
    weak = "|".join(map(re.escape, sorted(words("weak"), key=len, reverse=True)))
    return re.compile(
        rf"^[\W_]{{0,3}}(?:(?P<strong>{strong})(?:\s?[:：]\s*|\s+(?=\S)|$)|(?P<weak>{weak})(?:\s?[:：]\s*|\s+|$))",
        re.IGNORECASE,
    )


@cache
def other_pattern() -> re.Pattern[str]:
    """Give the pattern of the labels that name somebody else than the author."""
    other = "|".join(map(re.escape, sorted(words("not_authors"), key=len, reverse=True)))
    return re.compile(rf"^[\W_]{{0,3}}(?:{other})(?!\w)", re.IGNORECASE)


@cache
def reporting_pattern() -> re.Pattern[str]:
    """Give the pattern by which an agency names who reported."""
    return re.compile(
        rf"\b(?:{'|'.join(map(re.escape, words('reporting')))})\s+(?P<who>[^;()]{{3,200}})", re.IGNORECASE
    )


def read(lines: Sequence[Line], outline: Outline, language: str | None) -> Reading:
    """Read the bylines of the head and the foot, and who reported."""
    where = areas(lines, outline)
    evidence: list[Evidence] = []
    bylines: list[Found] = []
    taken: set[int] = set()
    places: tuple[tuple[tuple[int, ...], Origin], ...] = ((where.head, "text.byline"), (where.foot, "text.footer"))
    for numbers, origin in places:
        for number in numbers:
            if number in taken or number == outline.headline:
                continue
            found = byline_at(lines, number, where, language, foot=origin == "text.footer")
            if found is not None:
                taken |= found.lines
                bylines.append(found)
                evidence += claims(found, origin)
    for number in elsewhere(lines, where, outline) if not evidence else ():
        label = label_pattern().match(lines[number].text)
        if label and label["strong"] and (found := byline_at(lines, number, where, language, foot=True)):
            bylines.append(replace(found, confidence=0.6))
            evidence += claims(bylines[-1], "text.footer")
    for line in lines[max(0, outline.end - 3) : outline.end + 12]:
        if found := reporters_at(line):
            bylines.append(found)
            evidence += claims(found, "text.footer")
    return Reading(tuple(evidence), furniture(bylines))


def furniture(bylines: Sequence[Found]) -> frozenset[int]:
    """Give the lines that are no part of the body: sure bylines, agencies' credits, and whatever is surest here."""
    best = max((found.confidence for found in bylines), default=0.0)
    sure = [found for found in bylines if found.confidence >= SURE or found.confidence in {best, REPORTED}]
    return frozenset(number for found in sure for number in found.lines)


def byline_at(lines: Sequence[Line], number: int, where: Areas, language: str | None, *, foot: bool) -> Found | None:
    """Read one line as a byline, with the lines below it where it is a label alone."""
    text = lines[number].text
    if len(text) > LONGEST or other_pattern().match(text) or reporting_pattern().search(text):
        return None
    glued = GLUED_BY.match(text)
    label = label_pattern().match(text)
    if glued:
        return labelled(text[glued.end() :], text, {number}, language, strong=False, foot=foot)
    if label and label.end() == len(text):
        return names_below(lines, number, language, foot=foot)
    if label and (
        found := labelled(text[label.end() :], text, {number}, language, strong=label["strong"] is not None, foot=foot)
    ):
        return found
    if foot and number not in where.foot[:SIGNATURE_LINES]:
        return None
    return unlabelled(lines, number, where, language, foot=foot)


def labelled(  # noqa: PLR0913 - all of one line
    rest: str, quote: str, numbers: set[int], language: str | None, *, strong: bool, foot: bool
) -> Found | None:
    """Read what follows a label; after a mere preposition nothing but names may follow, as it may begin a sentence."""
    names = names_in(rest, labelled=strong, language=language)
    if not names.persons and not names.agency:
        return None
    if not strong and not names.whole and (is_prose(quote) or size(rest) > 12 or not names.persons):
        return None
    if strong and is_prose(quote) and not names.whole:
        return None
    confidence = (0.98 if foot else 0.95) if strong or names.whole else 0.9
    return Found(names, confidence, quote, frozenset(numbers))


def names_below(lines: Sequence[Line], number: int, language: str | None, *, foot: bool) -> Found | None:
    """Read the names on the lines below a label that stands alone, as far as they are names."""
    persons: list[str] = []
    agency = None
    taken = {number}
    for line in lines[number + 1 : number + 1 + NAMES_BELOW]:
        names = names_in(line.text, labelled=False, language=language)
        if not (names.whole or (names.persons and size(line.text) <= 10)) or is_prose(line.text):
            break
        persons += names.persons
        agency = agency or names.agency
        taken.add(line.number)
        if not line.text.rstrip().endswith((",", "&", " and", " und", " et")):
            break
    if not persons and not agency:
        return None
    quote = " ".join(lines[place].text for place in sorted(taken))
    return Found(
        Names(tuple(dict.fromkeys(persons)), agency, whole=True), 0.98 if foot else 0.95, quote[:200], frozenset(taken)
    )


def unlabelled(lines: Sequence[Line], number: int, where: Areas, language: str | None, *, foot: bool) -> Found | None:
    """Read a line that is nothing but names, perhaps with roles or a house; surer beside a date."""
    text = lines[number].text
    if is_furniture(text) or is_prose(text) or size(text) > 14 or text.rstrip().endswith((",", ":", "?", "!", ".")):
        return None
    names = names_in(text, labelled=False, language=language)
    if not names.persons or (foot and not names.whole):
        return None
    beside = any(
        has_date(lines[place].text, language)
        for place in (number - 1, number, number + 1, number + 2)
        if 0 <= place < len(lines)
    )
    if not beside and (foot or not 0 < number - where.top <= NEAR_LINES):
        return None
    if names.whole:
        confidence = 0.85 if beside else 0.7
    else:
        roles = any(word.casefold().strip(".,") in words("roles") for word in text.split())
        if not (roles or beside) or not text.startswith(names.persons[0][:3]):
            return None
        confidence = 0.9 if roles else 0.8
    return Found(names, confidence - (0.2 if foot else 0), text, frozenset({number}))


def has_date(text: str, language: str | None) -> bool:
    """Say whether a short line carries a date."""
    return size(text) <= 14 and any(True for _ in find_dates(text, language))


def reporters_at(line: Line) -> Found | None:
    """Read who reported, from an agency's closing credit."""
    found = reporting_pattern().search(line.text[:600])
    if found is None or not (line.text[:1] in "([" or size(line.text) <= 40):
        return None
    persons = [
        person
        for chunk in re.split(r",\s*|\s+and\s+", found["who"])
        if (person := person_of(chunk.strip(EDGES), labelled=False))
    ]
    if not persons:
        return None
    return Found(Names(tuple(dict.fromkeys(persons)), None), REPORTED, line.text[:200], frozenset({line.number}))


def claims(found: Found, origin: Origin) -> list[Evidence]:
    """Put a byline down as evidence: one claim for each person, one for the agency, under one quote."""
    quote = found.quote[:200]
    made = [Evidence("authors", name, origin, quote, found.confidence) for name in found.names.persons]
    if found.names.agency:
        made.append(Evidence("agency", found.names.agency, origin, quote, found.confidence))
    return made


def stated(authors: Sequence[str]) -> tuple[Evidence, ...]:
    """Read what a sender says in its author fields: one entry may name several, an agency, or nobody at all."""
    made: list[Evidence] = []
    for entry in authors:
        text = entry.strip()
        label = label_pattern().match(text)
        names = names_in(text[label.end() :] if label else text, labelled=True)
        made += [Evidence("authors", name, "sender", text[:200], 1.0) for name in names.persons]
        if names.agency:
            made.append(Evidence("agency", names.agency, "sender", text[:200], 1.0))
    return tuple(made)


def choose(evidence: Sequence[Evidence]) -> Byline:
    """Choose the most confident byline whole, the first of equals, and the most confident agency; keep the rest unchosen."""
    authors = [claim for claim in evidence if claim.field == "authors"]
    agencies = [claim for claim in evidence if claim.field == "agency"]
    best = max(authors, key=lambda claim: claim.confidence, default=None)
    agency = max(agencies, key=lambda claim: claim.confidence, default=None)

    def is_chosen(claim: Evidence) -> bool:
        if best is None or claim.origin != best.origin:
            return False
        return claim.origin == "sender" or claim.quote == best.quote

    shown = [replace(claim, chosen=is_chosen(claim)) for claim in authors]
    names = dict.fromkeys(claim.value for claim in shown if claim.chosen)
    shown += [replace(claim, chosen=claim is agency) for claim in agencies]
    return Byline(tuple(names), agency.value if agency else None, tuple(shown))
