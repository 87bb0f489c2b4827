"""Turns what formats claim of an item's fields, in their own words, into evidence as the stages give it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from app.pipeline import labels
from app.pipeline.agencies import agency_of
from app.pipeline.article import Claim, Evidence
from app.pipeline.date_fields import read_field
from app.pipeline.dateline import OTHER, evidence_of, label_in
from app.pipeline.dates import find_dates, numeric_order
from app.pipeline.instants import Moment, moment
from app.pipeline.language import primary
from app.pipeline.names import words
from app.pipeline.repair import repair
from app.pipeline.signature import names_in
from app.pipeline.sites import folded, is_house
from app.pipeline.stamps import is_account, stamp
from app.pipeline.url import clean

LONGEST_QUOTE = 200
LONGEST_DATE = 200
AT_ODDS = 0.1
"""By how much less sure a machine's date is than the other day that the same element prints: often that of a change."""
MOST_WORDS = 12
LONGEST_PEN_NAME = 30
PEN_NAME = re.compile(r"[^\W\d_][\w.'’·-]*")
MOST_NAME_WORDS = 4
FULL_NAME_WORD = re.compile(r"[^\W\d_][^\W\d_'’.-]*(?:['’.-][^\W\d_]*)*")
NOBODY = frozenset(
    {"share", "comments", "comment", "home", "menu", "more", "mehr", "author", "authors", "by", "von", "posted"}
)


def evidence(
    claims: Sequence[Claim], language: str | None, source_zone: str | None, houses: frozenset[str]
) -> Iterator[Evidence]:
    """Give the evidence of all claims but topics; what cannot be understood is none. `houses` names the publication."""
    for claim in claims:
        if claim.field == "authors":
            yield from people(claim, language, houses)
        elif claim.field == "agency":
            yield from agencies(claim)
        elif claim.field in {"published_at", "modified_at"}:
            yield from instants(claim, language, source_zone)
        elif claim.field == "url":
            if url := clean(claim.text):
                yield plain(claim, url)
        elif claim.field in {"rights", "dateline_place"} and (text := " ".join(repair(claim.text).text.split())):
            yield plain(claim, text)


def plain(claim: Claim, value: str) -> Evidence:
    """Give a claim as evidence of a value."""
    return Evidence(claim.field, value, claim.origin, quote_of(claim), claim.confidence)


def quote_of(claim: Claim) -> str:
    """Give the words that a claim was read from."""
    return (claim.quote or claim.text)[:LONGEST_QUOTE]


def people(claim: Claim, language: str | None, houses: frozenset[str]) -> Iterator[Evidence]:
    """Give the persons and the agency of a byline as a format states it; the publication itself is neither."""
    said = claim.text.strip(" |")
    if labels.other_pattern().match(said):
        return
    label = labels.label_pattern().match(said)
    visible = claim.origin == "markup"
    text = said[label.end() :].lstrip(" |:") if label else said
    text = without_roles(text) if visible else text
    if claim.exact and (name := pen_name(text, houses)):
        yield Evidence("authors", name, claim.origin, quote_of(claim), claim.confidence - (0.02 if visible else 0))
        return
    names = names_in(text, labelled=not visible or label is not None, language=language)
    if visible and not names.whole and len(text.split()) > MOST_WORDS:
        return
    confidence = claim.confidence if names.whole or not visible else claim.confidence - 0.04
    persons = names.persons or full_name(claim, houses)
    if visible and not persons and (persons := stamped(said, language)):
        confidence = claim.confidence
    for name in persons:
        if not is_house(name, houses):
            yield Evidence("authors", name, claim.origin, quote_of(claim), round(confidence, 3))
    if names.agency:
        yield Evidence("agency", names.agency, claim.origin, quote_of(claim), round(confidence, 3))


def without_roles(text: str) -> str:
    """Leave out the parts of a byline after the first that end with a role: "Deputy Content Director"."""
    first, *others = text.split(" | ")
    kept = [
        part for part in others if part.split()[-1:] and part.split()[-1].casefold().strip(".,") not in words("roles")
    ]
    return " | ".join([first, *kept])


def stamped(said: str, language: str | None) -> tuple[str, ...]:
    """Read an element that holds the line in which software says who posted and when."""
    found = stamp(" ".join(said.replace("|", " ").split()), language)
    return found.names.persons if found else ()


def full_name(claim: Claim, houses: frozenset[str]) -> tuple[str, ...]:
    """Take a name for one, however rare its words, where a format says that it is a person's and nothing else."""
    tokens = claim.text.split()
    if not claim.exact or claim.origin not in {"jsonld", "feed"} or not 2 <= len(tokens) <= MOST_NAME_WORDS:
        return ()
    small = {token.casefold().strip(".,") for token in tokens}
    if small & (words("organisations") | words("roles")) or claim.text.casefold() in words("desks"):
        return ()
    shaped = all(token[0].isupper() and FULL_NAME_WORD.fullmatch(token) for token in tokens)
    return (claim.text,) if shaped and not is_house(claim.text, houses) else ()


def pen_name(text: str, houses: frozenset[str]) -> str | None:
    """Give a name of one word, as blogs sign with, where a format says that it is one; None for a house, a desk or a role."""
    found = text.strip().strip("|").strip()
    shortest = 4 if found.islower() else 2
    if not shortest <= len(found.strip(".")) <= LONGEST_PEN_NAME or " " in found or not PEN_NAME.fullmatch(found):
        return None
    small = found.casefold()
    if small in words("desks") or small in words("organisations") or small in words("roles") or small in NOBODY:
        return None
    if is_account(small) or any(part in words("desks") for part in small.split("-")):
        return None
    return None if folded(found) in houses or agency_of(found) else found


def agencies(claim: Claim) -> Iterator[Evidence]:
    """Give the agency that a format names."""
    names = names_in(claim.text, labelled=False)
    if names.agency:
        yield Evidence("agency", names.agency, claim.origin, quote_of(claim), claim.confidence)


def instants(claim: Claim, language: str | None, source_zone: str | None) -> Iterator[Evidence]:
    """Give the instant of a date as a format states it; in visible markup words may stand around it, a label among them."""
    text = " ".join(claim.text[:LONGEST_DATE].split())
    found = read_field(text, source_zone)
    if found is not None:
        field, doubt = as_printed(claim, found, language) if claim.origin == "markup" else (claim.field, 0)
        yield dated(claim, field, found, claim.confidence - doubt)
    elif claim.origin == "markup":
        for written in find_dates(text, language, numeric_order(text)):
            if written.day is not None:
                field = label_in(text[: written.start]) or claim.field
                if field == OTHER:
                    continue
                yield dated(claim, field, moment(written, source_zone), claim.confidence - 0.05)


def as_printed(claim: Claim, found: Moment, language: str | None) -> tuple[str, float]:
    """Give the field of the instant that an element states for machines, and the doubt that what it prints casts on it.

    The instant is that of a change where a label says so of the same time in print; it is in doubt where one day alone
    is printed, and no zone brings the two together.
    """
    quote = claim.quote
    printed = [written for written in find_dates(quote, language, numeric_order(quote)) if written.day is not None]
    if len(printed) == 1:
        far = abs(moment(printed[0], None).at - found.at) > timedelta(days=2)
        return claim.field, AT_ODDS if far else 0
    last = 0
    for written in printed:
        label = label_in(quote[last : written.start])
        last = written.end
        if (
            label not in {None, OTHER}
            and written.zone
            and abs(moment(written, None).at - found.at) < timedelta(minutes=1)
        ):
            return label or claim.field, 0
    return claim.field, 0


def dated(claim: Claim, field: str, found: Moment, confidence: float) -> Evidence:
    """Put an instant down as evidence."""
    return evidence_of(field, found, claim.origin, quote_of(claim), round(confidence, 3))


def languages(claims: Iterable[Claim]) -> list[Evidence]:
    """Give the languages that are claimed, as far as they are some."""
    return [
        Evidence("language", code, claim.origin, claim.text[:60], claim.confidence)
        for claim in claims
        if claim.field == "language" and (code := primary(claim.text))
    ]
