"""Reads who wrote an article, persons apart from agencies, each with the words it was read from.

Confidence: 1.0 the sender's own field; 0.98 a labelled line at the foot; 0.95 a labelled byline at the head; 0.9 a name
with its role or house beside it, or at the end of a standfirst; 0.85 a name alone beside a date; 0.75 the box that
presents an author; 0.7 a name alone below the headline; 0.5 who reported for an agency. Editors, translators, photographers and people in running text are no authors.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from html import unescape

from app.pipeline.areas import areas, elsewhere, own_foot
from app.pipeline.article import Evidence, Line, Origin, Outline, Reading
from app.pipeline.labels import ENDING_BY, GLUED_BY, label_pattern, other_pattern, reporting_pattern
from app.pipeline.name_lines import Found, Page, author_boxes, closing_credit, names_below, small_words, unlabelled
from app.pipeline.names import begins_given
from app.pipeline.prose import heading_like, is_prose, size
from app.pipeline.signature import EDGES, Names, names_in, person_of
from app.pipeline.stamps import handle, stamp

LONGEST = 300
SIGNATURE_LINES = 7
"""Lines of the foot in which a name is a signature; farther down it belongs to another story."""
TITLE_WORDS = 4
FILED = re.compile(r"\s+(?:under|tagged|filed|categories|kategorien?|unter|um|at)\s+(?=[A-ZÀ-Þ\d])", re.IGNORECASE)
"""What follows the name where software writes the line: "Posted by X under News at 18:52"."""
TEASER_LINES = 60
STAMPED_ABOVE = 2
STAMPED_BELOW = 3
"""Lines around the headline in which software says who posted and when."""
SURE = 0.8
REPORTED = 0.5
ABOVE_HEADLINE = 0.05
TAG = re.compile(r"</?[a-zA-Z][^<>@]{0,200}>")


def read(lines: Sequence[Line], outline: Outline, language: str | None) -> Reading:
    """Read the bylines of the head and the foot, the boxes that present authors, and who reported."""
    found_areas = areas(lines, outline)
    where = replace(found_areas, foot=own_foot(lines, found_areas, outline))
    small = cache(partial(small_words, lines, outline))
    page = Page(lines, outline, where, language, small, teased=is_teased(lines, outline))
    bylines: list[tuple[Found, Origin]] = []
    taken: set[int] = set()
    places: tuple[tuple[tuple[int, ...], Origin], ...] = ((where.head, "text.byline"), (where.foot, "text.footer"))
    for numbers, origin in places:
        for number in numbers:
            if number in taken or number == outline.headline:
                continue
            found = byline_at(page, number, foot=origin == "text.footer")
            if found is not None:
                taken |= found.lines
                bylines.append((found, origin))
    far = elsewhere(lines, where, outline)
    if boxes := author_boxes(page, [*where.foot, *(number for number in far if number >= outline.end)]):
        bylines.append((boxes, "text.footer"))
    if not bylines:
        bylines += [(replace(found, confidence=0.6), "text.footer") for number in far if (found := boxed(page, number))]
    bylines += [
        (found, "text.footer")
        for line in lines[max(0, outline.end - 3) : outline.end + 12]
        if (found := reporters_at(line) or closing_credit(line))
    ]
    evidence = tuple(claim for found, origin in bylines for claim in claims(found, origin))
    return Reading(evidence, furniture([found for found, _ in bylines]))


def furniture(bylines: Sequence[Found]) -> frozenset[int]:
    """Give the lines that are no part of the body: sure bylines, agencies' credits, and whatever is surest here."""
    best = max((found.confidence for found in bylines), default=0.0)
    sure = [found for found in bylines if found.confidence >= SURE or found.confidence in {best, REPORTED}]
    return frozenset(number for found in sure for number in found.lines)


def byline_at(page: Page, number: int, *, foot: bool) -> Found | None:
    """Read one line as a byline, with the lines below it where it is a label alone, or a name with more below."""
    text = page.text(number)
    if (ending := ENDING_BY.search(text[-100:])) and not foot:
        return standfirst_byline(ending["who"], text[-100:])
    if len(text) > LONGEST or other_pattern().match(text) or reporting_pattern().search(text):
        return None
    signs = not foot or number in page.where.foot[:SIGNATURE_LINES]
    glued = GLUED_BY.match(text)
    label = label_pattern().match(text)
    found = None
    if glued:
        return labelled(page, text[glued.end() :], number, strong=False, foot=foot)
    if label and label.end() == len(text):
        return names_below(page, number, foot=foot)
    teased = foot and (page.teased or follows_title(page, number))
    if label and (label["strong"] or (signs and not teased)):
        found = labelled(page, text[label.end() :], number, strong=label["strong"] is not None, foot=foot)
    if found is None and signs and not (foot and (label or follows_title(page, number))):
        found = handled(page, number) or unlabelled(page, number, foot=foot)
    if found is None and signs and number >= page.where.top - STAMPED_ABOVE:
        found = stamped(page, number, foot=foot)
    if found and number < page.where.top:
        found = replace(found, confidence=found.confidence - ABOVE_HEADLINE)
    return found


def stamped(page: Page, number: int, *, foot: bool) -> Found | None:
    """Read a line in which software says who posted the text and when."""
    text = page.text(number)
    found = stamp(text, page.language)
    if found is not None and not (foot and (not found.dated or (page.teased and not found.strong))):
        confidence = (0.96 if found.strong else 0.9) if foot else 0.93
        return Found(found.names, confidence, found.quote, frozenset({number}))
    return None


def handled(page: Page, number: int) -> Found | None:
    """Read a line below the headline that is a mere handle and when it posted."""
    if not 0 < number - page.where.top <= STAMPED_BELOW:
        return None
    names = handle(page.text(number), page.language)
    return Found(names, 0.85, page.text(number), frozenset({number})) if names.persons else None


def boxed(page: Page, number: int) -> Found | None:
    """Read a labelled byline that stands in neither head nor foot; a mere preposition counts before the body's end."""
    label = label_pattern().match(page.text(number))
    if label is None or not (label["strong"] or number < page.outline.end):
        return None
    return byline_at(page, number, foot=True) if label["strong"] else labelled_in_body(page, number, label.end())


def labelled_in_body(page: Page, number: int, end: int) -> Found | None:
    """Read a preposition with nothing but a known kind of name behind it, between paragraphs."""
    found = labelled(page, page.text(number)[end:], number, strong=False, foot=True)
    return found if found and found.names.whole and all(map(begins_given, found.names.persons)) else None


def standfirst_byline(who: str, quote: str) -> Found | None:
    """Read a byline that ends a standfirst; the line stays in the body."""
    names = names_in(who, labelled=False)
    if not names.whole or not names.persons or not all(map(begins_given, names.persons)):
        return None
    return Found(names, 0.9, quote, frozenset())


def is_teased(lines: Sequence[Line], outline: Outline) -> bool:
    """Say whether several bylines stand after the body, which are other stories' then."""
    after = (
        line.text for line in lines[outline.end : outline.end + TEASER_LINES] if size(line.text) <= TITLE_WORDS + 1
    )
    return len({text for text in after if (label := label_pattern().match(text)) and label["weak"]}) > 1


def follows_title(page: Page, number: int) -> bool:
    """Say whether the line above is another story's title."""
    above = page.text(number - 1)
    return number > page.outline.end and size(above) >= TITLE_WORDS and heading_like(above)


def labelled(page: Page, rest: str, number: int, *, strong: bool, foot: bool) -> Found | None:
    """Read what follows a label; after a mere preposition nothing but names may follow, as it may begin a sentence."""
    quote = page.text(number)
    names = names_in(FILED.split(rest, maxsplit=1)[0] if strong else rest, labelled=strong, language=page.language)
    if not names.persons and not names.agency:
        return None
    if not strong and not names.whole and (is_prose(quote) or size(rest) > 12 or not names.persons):
        return None
    if strong and is_prose(quote) and not names.whole:
        return None
    confidence = (0.98 if foot else 0.95) if strong or names.whole else 0.9
    return Found(names, confidence, quote, frozenset({number}))


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
        text = TAG.sub(" ", unescape(entry)).strip() if "&" in entry or "<" in entry else entry.strip()
        label = label_pattern().match(text)
        rest = text[label.end() :] if label else text
        if label and label["weak"] and not names_in(rest, labelled=False).whole:
            rest = text  # "Von Holt" and "de Vries" are names too
        names = names_in(rest, labelled=True)
        made += [Evidence("authors", name, "sender", text[:200], 1.0) for name in names.persons]
        if names.agency:
            made.append(Evidence("agency", names.agency, "sender", text[:200], 1.0))
    return tuple(made)
