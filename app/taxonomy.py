"""Reads a taxonomy of topics: IPTC's NewsCodes in IPTC's own JSON, or a CSV of slug, label, broader and aliases."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from app.errors import StartError
from app.formats.agency_item import coded
from app.pipeline.language import primary
from app.pipeline.slug import slug
from app.store.taxonomies import Concept, Name
from app.store.topic_links import LEARNED, OPERATOR

COLUMNS = ("slug", "label", "broader", "aliases")
BETWEEN = "|"
"""Parts several broader topics or aliases in a cell."""
LONGEST_LABEL = 200
MOST_CONCEPTS = 100_000
RESERVED = frozenset({OPERATOR, LEARNED})
"""Who else says what topics mean: a new edition of a taxonomy of that name would take back what they said."""


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The concepts of a scheme, in the order of its file."""

    scheme: str
    concepts: tuple[Concept, ...]


def read(path: Path, scheme: str | None, language: str) -> Taxonomy:
    """Read a taxonomy's file; raises StartError saying what is wrong with it, and where.

    `language` is that of the label which names a topic, where there are several; the others are its aliases. `scheme`
    is needed where the file does not say its own.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StartError(f"Cannot read {path}: {error.strerror}.") from error
    language = primary(language) or language
    if data.lstrip()[:1] in (b"{", b"["):
        found = read_iptc(data, scheme, language)
    else:
        found = Taxonomy(scheme or path.stem.lower(), tuple(read_csv(data, language)))
    if found.scheme in RESERVED:
        raise StartError(f"A taxonomy cannot be called {found.scheme}; name it otherwise with --scheme.")
    if not found.concepts:
        raise StartError(f"{path} holds no concepts.")
    if len(found.concepts) > MOST_CONCEPTS:
        raise StartError(f"{path} holds more than {MOST_CONCEPTS:,} concepts.")
    return found


def read_iptc(data: bytes, scheme: str | None, language: str) -> Taxonomy:
    """Read the JSON of IPTC's NewsCodes server: `conceptSet` with `qcode`, `prefLabel` by language, `broader`, `narrower`.

    What is retired is left out. A code that other concepts call broader or narrower need not be in the file.
    """
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise StartError(f"The taxonomy is no JSON: {error}.") from error
    given = document.get("conceptSet") if isinstance(document, dict) else None
    if not isinstance(given, list):
        raise StartError("The taxonomy's JSON has no `conceptSet`, as IPTC's has.")
    concepts: dict[str, Concept] = {}
    schemes: list[str] = []
    above: dict[str, list[str]] = {}
    for number, one in enumerate(given):
        if not isinstance(one, dict) or one.get("retired"):
            continue
        code, own = coded(next(texts(one.get("qcode"), one.get("uri")), None), None)
        names = list(names_of(one.get("prefLabel"), language))
        if code is None or not names:
            raise StartError(f"Concept {number} of the taxonomy has no code or no label.")
        schemes += [own] if own else []
        others = (*names[1:], *names_of(one.get("altLabel"), language))
        concepts[code] = Concept(code, names[0], others)
        above.setdefault(code, []).extend(codes_of(one.get("broader")))
        for under in codes_of(one.get("narrower")):
            above.setdefault(under, []).append(code)
    named = scheme or next(iter(schemes), None)
    if named is None:
        raise StartError("The taxonomy does not say its scheme; name it with --scheme.")
    return Taxonomy(named, tuple(with_broader(concept, above.get(concept.code, [])) for concept in concepts.values()))


def with_broader(concept: Concept, above: Iterable[str]) -> Concept:
    """Give a concept with those broader than it, each once."""
    return Concept(concept.code, concept.name, concept.others, tuple(dict.fromkeys(above)))


def codes_of(references: Any) -> Iterator[str]:
    """Give the codes that qcodes and addresses hold."""
    for reference in texts(*(references if isinstance(references, list) else [references])):
        if code := coded(reference, None)[0]:
            yield code


def texts(*values: Any) -> Iterator[str]:
    """Give those of some JSON values that are texts with anything in them."""
    return (value for value in values if isinstance(value, str) and value.strip())


def names_of(labels: Any, language: str) -> Iterator[Name]:
    """Give labels by language, the one of the language asked for first; what names nothing is left out."""
    if not isinstance(labels, Mapping):
        return
    found = [
        Name(text.strip(), primary(tag))
        for tag, given in labels.items()
        for text in (given if isinstance(given, list) else [given])
        if isinstance(text, str) and slug(text) and len(text.strip()) <= LONGEST_LABEL
    ]
    yield from sorted(found, key=lambda name: name.language != language)


def whole(rows: "csv.DictReader[str]") -> Iterator[dict[str, str | None]]:
    """Give the rows of a CSV; raises StartError where one is none."""
    try:
        yield from rows
    except csv.Error as error:
        raise StartError(f"Line {rows.line_num} of the taxonomy is no CSV: {error}.") from error


def columns_of(rows: "csv.DictReader[str]") -> Sequence[str]:
    """Give the columns that the first line names; raises StartError where it is no CSV."""
    try:
        return rows.fieldnames or ()
    except csv.Error as error:
        raise StartError(f"The first line of the taxonomy is no CSV: {error}.") from error


def read_csv(data: bytes, language: str) -> Iterator[Concept]:
    """Read a CSV with the columns slug, label, broader and aliases, the last two with `|` between several."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StartError(f"The taxonomy is no UTF-8: {error}.") from error
    rows = csv.DictReader(io.StringIO(text))
    missing = [name for name in COLUMNS[:2] if name not in columns_of(rows)]
    if missing:
        raise StartError(f"The taxonomy lacks the column {missing[0]}; its first line must name {', '.join(COLUMNS)}.")
    for row in whole(rows):
        code, label = (row["slug"] or "").strip(), (row["label"] or "").strip()
        if not code or not slug(label) or len(label) > LONGEST_LABEL:
            raise StartError(f"Line {rows.line_num} of the taxonomy has no slug, or no label of letters and digits.")
        aliases = (name.strip() for name in (row.get("aliases") or "").split(BETWEEN))
        broader = (name.strip() for name in (row.get("broader") or "").split(BETWEEN))
        yield Concept(
            code,
            Name(label, language),
            tuple(Name(name, language) for name in aliases if slug(name) and len(name) <= LONGEST_LABEL),
            tuple(name for name in broader if name),
        )
