"""Reads when an article was published and changed, and the place of its dateline, each with its evidence.

Confidence: 1.0 the sender's own field; 0.97 a labelled date at the head or foot; 0.9 a wire's dateline with its year;
0.85 a date alone below the headline; 0.75 one above it; 0.6 one alone after the body,
or a labelled one farther away; 0.4 one that is
told from the arrival. A date in running text, one without a year, or one whose order is not known is no evidence at all.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

from app.pipeline.agencies import agency_of
from app.pipeline.ago import find_ago
from app.pipeline.areas import Areas, areas, elsewhere
from app.pipeline.article import Evidence, Line, Origin, Outline, Reading
from app.pipeline.date_fields import read_field
from app.pipeline.dates import Order, Written, add_clock, find_dates, is_weekday, numeric_order
from app.pipeline.instants import Moment, moment
from app.pipeline.prose import size
from app.pipeline.vocabulary import vocabulary

FRESH = timedelta(days=3)
FRESH_LINES = 400
STRANGE_WORDS = 7
"""Words besides the date that an unlabelled line may have: a place, a weekday, a source, reading minutes."""
SENTENCE_WORDS = 5
MID_SENTENCE = re.compile(r"\s[a-zà-ÿ]{1,3}$")
ORDER_SAMPLE = 200
WIRE = re.compile(
    r"^(?P<place>[A-ZÀ-ÞĀ-Ž][^\d()–—:;!?]{1,60}?)(?:,\s*(?P<date>[^()–—]{3,30}?))?\s*"
    r"(?:\((?P<agency>[^()]{2,40})\))?\s*(?:[-–—]{1,2}|:)\s+(?=\S)"
)
"""`ANKARA, Feb 27 (Reuters) - `: place in capitals or followed by an agency, perhaps the day, the agency, a dash."""


OTHER = "other"
LEADING = 0.85
LEADING_CHARACTERS = 60
DASHED = re.compile(r"\s?(?:[-–—]{1,2}|[:|])\s")
AGO = 0.4
AGO_WORDS = 12
"""Words of a line that tells how long ago it was; a longer one tells a story."""
INITIALS = frozenset({"US", "USA", "UK", "UAE", "UN", "EU", "DC", "DRC", "NATO"})
"""What stays in capitals in a dateline's place."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A written date with the line that it stands on, the kind that its label says, and where that is."""

    written: Written
    line: int
    field: str | None
    origin: Origin
    broken: bool
    """Whether the line above ends in the middle of a sentence, which the date then belongs to."""


def read(
    lines: Sequence[Line],
    outline: Outline,
    language: str | None,
    source_zone: str | None,
    *,
    now: datetime | None = None,
) -> Reading:
    """Read the dates of the head and the foot, and a wire's dateline.

    Where none is printed and `now`, the arrival, is known, a date told from it ("2 hours ago") is poor evidence, if the
    text tells that it is fresh: a copy of an old page says "2 hours ago" for ever.
    """
    where = areas(lines, outline)
    order = numeric_order("\n".join(line.text[:400] for line in [*lines[:ORDER_SAMPLE], *lines[-ORDER_SAMPLE:]]))
    evidence: list[Evidence] = []
    furniture: set[int] = set()
    places: tuple[tuple[tuple[int, ...], Origin], ...] = ((where.head, "text.byline"), (where.foot, "text.footer"))
    for numbers, origin in places:
        for number in numbers:
            for found in dates_of(lines, number, language, order, origin):
                claim = claim_of(found, lines[number], where, source_zone)
                if claim is not None:
                    evidence.append(claim)
                    furniture |= {number, found.line}
    if not any(claim.field == "published_at" for claim in evidence):
        for number in elsewhere(lines, where, outline):
            for found in dates_of(lines, number, language, order, "text.footer"):
                if found.field is not None and (claim := claim_of(found, lines[number], where, source_zone)):
                    evidence.append(replace(claim, confidence=0.6))
                    furniture |= {number, found.line}
    wire = read_wire(lines, outline, language, source_zone)
    evidence += wire
    if now is not None and not any(claim.field == "published_at" for claim in evidence):
        ago = read_ago([lines[number] for number in where.head if number >= where.top - 1], now, source_zone)
        evidence += ago if ago and is_fresh(lines, now, language, order) else []
    return Reading(tuple(evidence), frozenset(furniture - {outline.headline or -1}))


def read_ago(head: Sequence[Line], now: datetime, source_zone: str | None) -> list[Evidence]:
    """Read the first date of the head that is told from the arrival, as the label before it says which one it is."""
    for line in head:
        if size(line.text) > AGO_WORDS or (found := find_ago(line.text, now, source_zone)) is None:
            continue
        at, start, _ = found
        field = label_in(line.text[:start]) or "published_at"
        if field == OTHER:
            continue
        return [evidence_of(field, at, "text.byline", line.text, AGO)]
    return []


def is_fresh(lines: Sequence[Line], now: datetime, language: str | None, order: Order | None) -> bool:
    """Say whether a text prints a day close to its arrival anywhere, and none after it."""
    days = [
        moment(written, None).at
        for line in lines[:FRESH_LINES]
        for written in find_dates(line.text, language, order)
        if written.day is not None
    ]
    return any(abs(now - day) <= FRESH for day in days) and all(day - now <= FRESH for day in days)


def dates_of(
    lines: Sequence[Line], number: int, language: str | None, order: Order | None, origin: Origin
) -> list[Dated]:
    """Find the dates of one line, each with the label before it in the line, or alone on the line above."""
    text = lines[number].text
    found = []
    label_above = label_field(lines[number - 1].text) if number and size(lines[number - 1].text) <= 4 else None
    last = 0
    for written in find_dates(text, language, order):
        label = last_label(text[last : written.start])
        if label in weak_labels() and strange_words(text, written) > STRANGE_WORDS:
            label = None
        field = labels()[label] if label else label_above if last == 0 else None
        last, line = written.end, number
        if written.clock is None and number + 1 < len(lines) and not text[written.end :].strip():
            longer = add_clock(written, lines[number + 1].text)
            line = number + (longer is not written)
            written = longer  # noqa: PLW2901 - the same date, with the time printed below it
        broken = number > 0 and is_broken(lines[number - 1].text)
        found.append(Dated(written, line, field, origin, broken))
    return found


def is_broken(text: str) -> bool:
    """Say whether a line stops in the middle of a sentence."""
    return size(text) >= SENTENCE_WORDS and MID_SENTENCE.search(text) is not None


@cache
def labels() -> dict[str, str]:
    """Give the field that each label stands for; `OTHER` where it dates something else than the text."""
    words = vocabulary("dates")["labels"]
    fields = {"published": "published_at", "modified": "modified_at", "other": OTHER}
    return {label: field for kind, field in fields.items() for label in words[kind]}


@cache
def label_pattern() -> re.Pattern[str]:
    """Give the pattern of all labels, the longest first."""
    ordered = sorted(labels(), key=len, reverse=True)
    return re.compile(r"(?<![^\W\d_])(?:" + "|".join(map(re.escape, ordered)) + r")(?![^\W\d_])", re.IGNORECASE)


def label_in(text: str) -> str | None:
    """Give the field of the last label in the words before a date, if it stands near it."""
    found = last_label(text)
    return None if found is None else labels()[found]


def last_label(text: str) -> str | None:
    """Give the last label in the words before a date, if it stands near it."""
    found = None
    for found in label_pattern().finditer(text[-80:].casefold()):  # noqa: B007 - the last one is wanted
        pass
    if found is None or size(text[-80:][found.end() :]) > 5:
        return None
    return found[0]


@cache
def weak_labels() -> frozenset[str]:
    """Give the labels that are so on a line of few words alone."""
    return frozenset(vocabulary("dates")["labels"]["weak"])


def label_field(text: str) -> str | None:
    """Give the field of a line that is a label and nothing else."""
    return labels().get(text.casefold().strip(" :|·•-–—"))


def claim_of(found: Dated, line: Line, where: Areas, source_zone: str | None) -> Evidence | None:
    """Make evidence of a date; None where its line tells of something else."""
    written = found.written
    if found.field == OTHER:
        return None
    if found.field is None and (
        written.day is None or found.broken or strange_words(line.text, written) > STRANGE_WORDS
    ):
        return None
    if found.field is not None:
        confidence = 0.97
    elif found.origin == "text.footer":
        confidence = 0.6
    else:
        distance = abs(line.number - where.top)
        confidence = (0.85 if line.number >= where.top else 0.75) - 0.01 * min(distance, 20)
    return evidence_of(found.field or "published_at", moment(written, source_zone), found.origin, line.text, confidence)


def strange_words(text: str, written: Written) -> int:
    """Count the words of a line that are neither of the date nor a weekday."""
    rest = f"{text[: written.start]} {text[written.end :]}"
    return sum(not is_weekday(word.strip(".,")) for word in rest.split() if word[0].isalpha())


def evidence_of(field: str, found: Moment, origin: Origin, quote: str, confidence: float) -> Evidence:
    """Put an instant down as evidence."""
    value = found.at.isoformat().replace("+00:00", "Z")
    return Evidence(field, value, origin, quote[:200], confidence, found.precision, found.zone)


def read_wire(lines: Sequence[Line], outline: Outline, language: str | None, source_zone: str | None) -> list[Evidence]:
    """Read the dateline that a wire's first paragraph begins with: its place, its agency, and its date if that has a year."""
    for line in lines[outline.start : outline.start + 4]:
        if size(line.text) < 8:
            continue
        found = WIRE.match(line.text[:160])
        if found is None:
            if leading := leading_day(line.text, language):
                return [evidence_of("published_at", moment(leading, source_zone), "text.dateline", line.text, LEADING)]
            continue
        place, agency = found["place"].strip(" ,"), agency_of(found["agency"] or "")
        if not is_place(place, announced=agency is not None):
            continue
        quote = found[0].strip()
        evidence = [Evidence("dateline_place", titled(place), "text.dateline", quote, 0.9)]
        if agency:
            evidence.append(Evidence("agency", agency, "text.dateline", quote, 0.9))
        evidence += [
            evidence_of("published_at", moment(written, source_zone), "text.dateline", quote, 0.9)
            for written in find_dates(quote, language)
            if written.day
        ]
        return evidence
    return []


def leading_day(text: str, language: str | None) -> Written | None:
    """Give the day that a paragraph begins with before a dash, as news in brief does: `27.1.2022 - The council …`."""
    if not text[:1].isdigit():
        return None
    head = text[:LEADING_CHARACTERS]
    written = next(find_dates(head, language, numeric_order(head)), None)
    if written is None or written.start or written.day is None:
        return None
    return written if DASHED.match(head, written.end) else None


def is_place(place: str, *, announced: bool) -> bool:
    """Say whether words before a dash are a dateline's place: capitals, or an agency behind them."""
    words = place.replace(",", " ").split()
    large = [word for word in words if len(word) > 1 and word.isupper()]
    first = words[0] if words else ""
    if announced:
        return len(words) <= 5 and all(word[0].isupper() or len(word) <= 3 for word in words)
    return len(words) <= 5 and first.isupper() and len(first) > 2 and len(large) * 2 >= len(words)


def titled(place: str) -> str:
    """Give a place in capitals as it is usually written."""
    return " ".join(
        word.title() if word.isupper() and "." not in word and word not in INITIALS else word for word in place.split()
    )


def stated(field: str, value: str, source_zone: str | None) -> Evidence | None:
    """Read what a sender says in a date field of its own, in any usual form; None where it cannot be read for certain."""
    text = value.strip()
    found = read_field(text, source_zone)
    return None if found is None else evidence_of(field, found, "sender", text, 1.0)
