"""Claims what a feed says of an item in fields of their own: headline, authors, dates, language, rights, topics."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.formats.feed_document import Element
from app.formats.feed_names import LANG, Parts, attribute, inherited, named, parts_of
from app.formats.feed_text import line_of, spoken, written
from app.formats.markup import one_line
from app.pipeline.article import Claim

LONGEST_TITLE = 2_000
LONGEST_AUTHOR = 500
LONGEST_DATE = 100
LONGEST_RIGHTS = 5_000
LONGEST_TOPIC = 200
MOST_AUTHORS = 200
MOST_TOPICS = 500
AUTHORS = {
    "dc:creator": 0.95,
    "dcterms:creator": 0.95,
    "dc:author": 0.94,
    "author": 0.94,
    "itunes:author": 0.8,
    "media:credit": 0.8,
}
"""The elements that name authors, and how sure each is; where several stand, the surest is what was meant for it."""
PUBLISHED = {
    "published": 0.95,
    "pubdate": 0.95,
    "issued": 0.95,
    "dc:date": 0.9,
    "dcterms:issued": 0.9,
    "dcterms:created": 0.75,
    "created": 0.75,
    "dcterms:date": 0.75,
}
MODIFIED = {"updated": 0.95, "modified": 0.95, "dcterms:modified": 0.95, "lastmod": 0.9}
RIGHTS = ("rights", "dc:rights", "dcterms:rights", "copyright", "media:copyright")
TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,4}")
MAIL = r"[^\s@<>()\[\],;:\"]{1,100}@[^\s@<>()\[\],;:\"]{1,200}"
NAME_AFTER = re.compile(
    rf"\s*(?:mailto:)?{MAIL}\s*\((?P<name>[^()]{{1,200}}(?:\([^()]{{1,100}}\)[^()]{{0,100}})?)\)\s*"
)
ADDRESS = re.compile(rf"[<(\[]?\s?(?:mailto:)?(?<![^\s<>()\[\],;:\"]){MAIL}\s?[>)\]]?")


@dataclass(frozen=True, slots=True)
class Channel:
    """What a feed says of all its items: what stands in it, its language and rights, and where relative URLs begin."""

    parts: Parts
    language: str | None
    rights: str | None
    base: str | None


def titles(parts: Parts) -> Iterator[Claim]:
    """Claim the headline: the first title that has words."""
    for name, element in named(parts, "title", "dc:title", "media:title", "itunes:title"):
        if text := line_of(written(element))[:LONGEST_TITLE]:
            yield Claim("title", text, "feed", 0.95, f"{name}: {text}"[:200])
            return


def person(text: str) -> str | None:
    """Give the name beside an e-mail address, as RSS writes its authors; None where there is an address alone."""
    text = one_line(text)[: LONGEST_AUTHOR + 1]
    if "@" in text:
        found = NAME_AFTER.fullmatch(text)
        text = found["name"] if found else ADDRESS.sub(" ", text).strip("()")
        text = one_line(text).strip("\"',;<>- ")
    return text if any(map(str.isalpha, text)) and len(text) <= LONGEST_AUTHOR else None


def persons(parts: Parts, field: str) -> list[str]:
    """Give the names in the elements of one kind, each once: in their `name` where they have one, else in themselves."""
    found: dict[str, None] = {}
    for _, element in named(parts, field):
        if field == "media:credit" and attribute(element, "role").lower() != "author":
            continue
        names = [line_of(written(name)) for _, name in named(parts_of(element), "name")] if len(element) else []
        if len(element) and not names and not (element.text or "").strip():
            names = [] if field == "author" else [spoken(element)]
        elif not names:
            names = [(element.text or "").strip() if len(element) else line_of(written(element))]
        found |= dict.fromkeys(filter(None, map(person, names)))
        if len(found) >= MOST_AUTHORS:
            break
    return list(found)[:MOST_AUTHORS]


def authors(parts: Parts, channel: Parts) -> Iterator[Claim]:
    """Claim the authors, a byline for each kind of element; those of an Atom feed or an entry's source stand for all.

    RFC 4287 has it so; the editor of an RSS channel is no author.
    """
    seen: set[tuple[str, ...]] = set()
    for field, confidence in AUTHORS.items():
        names = persons(parts, field)
        if names and tuple(names) not in seen:
            seen.add(tuple(names))
            yield from byline(names, field, confidence)
    if seen:
        return
    sources = [parts_of(element) for _, element in named(parts, "source") if len(element)]
    for where, outer in [*(("source", source) for source in sources), ("feed", channel)]:
        if names := persons(outer, "author"):
            yield from byline(names, f"{where} author", 0.7)
            return


def byline(names: Iterable[str], field: str, confidence: float) -> Iterator[Claim]:
    """Claim names that stand together."""
    names = list(names)
    quote = f"{field}: {', '.join(names)}"[:200]
    return (Claim("authors", name, "feed", confidence, quote, exact=True) for name in names)


def dates(item: Element, parts: Parts) -> Iterator[Claim]:
    """Claim when an item was published and changed; when it was changed dates it where nothing else does."""
    published = list(instants(parts, "published_at", PUBLISHED))
    modified = list(instants(parts, "modified_at", MODIFIED))
    if text := one_line(attribute(item, "lastmod")):
        modified.append(Claim("modified_at", text[:LONGEST_DATE], "feed", 0.9, f"lastmod: {text}"[:200]))
    yield from published
    yield from modified
    if not published:
        yield from (Claim("published_at", claim.text, "feed", 0.7, claim.quote) for claim in modified[:1])


def instants(parts: Parts, field: str, elements: dict[str, float]) -> Iterator[Claim]:
    """Claim the dates of one field, one for each kind of element."""
    for name, confidence in elements.items():
        texts = (one_line("".join(element.itertext())) for _, element in named(parts, name))
        text = next((text for text in texts if 0 < len(text) <= LONGEST_DATE), None)
        if text:
            yield Claim(field, text, "feed", confidence, f"{name}: {text}")


def language_of(parts: Parts) -> str | None:
    """Give the language that an element states in a child; None for what is no BCP 47 tag."""
    return next(
        (tag for _, element in named(parts, "dc:language", "language") if (tag := tag_of(element.text))),
        None,
    )


def tag_of(text: str | None) -> str | None:
    """Give a language tag with hyphens; None for what is none."""
    text = (text or "").strip()
    return text.replace("_", "-") if TAG.fullmatch(text) else None


def languages(item: Element, parts: Parts, channel: Channel) -> Iterator[Claim]:
    """Claim the language: the item's own, that of its text, then the feed's."""
    given = [("language", language_of(parts), 0.95), ("xml:lang", tag_of(item.get(LANG)), 0.95)]
    given += [
        (f"{name} xml:lang", tag_of(element.get(LANG)), 0.9)
        for name, element in named(parts, "content:encoded", "content", "description", "summary", "title")
    ]
    given += [("feed language", channel.language, 0.8), ("feed xml:lang", tag_of(inherited(item, LANG)), 0.8)]
    seen: set[str] = set()
    for name, tag, confidence in given:
        if tag and tag.lower() not in seen and len(seen) < 4:
            seen.add(tag.lower())
            yield Claim("language", tag, "feed", confidence, f"{name}: {tag}")


def rights_of(parts: Parts) -> str | None:
    """Give the rights that an item or a feed states."""
    texts = (line_of(written(element)) for _, element in named(parts, *RIGHTS))
    return next((text[:LONGEST_RIGHTS] for text in texts if text), None)


def rights(parts: Parts, channel: Channel) -> Iterator[Claim]:
    """Claim the rights: the item's own, else its source's, else the feed's."""
    if text := rights_of(parts):
        yield Claim("rights", text, "feed", 0.95, f"rights: {text}"[:200])
        return
    sources = (rights_of(parts_of(element)) for _, element in named(parts, "source") if len(element))
    if outer := next(filter(None, sources), channel.rights):
        yield Claim("rights", outer, "feed", 0.8, f"feed rights: {outer}"[:200])


def topics(parts: Parts) -> Iterator[Claim]:
    """Claim the topics, each once: categories with their scheme, subjects, and keywords split at commas."""
    seen: set[str] = set()
    for claim in stated_topics(parts):
        key = claim.text.casefold()
        if 0 < len(claim.text) <= LONGEST_TOPIC and key not in seen:
            seen.add(key)
            yield claim
        if len(seen) == MOST_TOPICS:
            return


def stated_topics(parts: Parts) -> Iterator[Claim]:
    """Claim every topic that an item states."""
    for name, element in named(parts, "category", "dc:subject", "dcterms:subject", "media:category", "itunes:category"):
        text = line_of(written(element)) if not len(element) else spoken(element)
        term = attribute(element, "term") or attribute(element, "text") or text
        label = one_line(attribute(element, "label")) or (text if name == "media:category" and text else term)
        scheme = attribute(element, "scheme") or attribute(element, "domain") or None
        yield Claim(
            "topics", label, "feed", 0.9, f"{name}: {label}"[:200], code=term if term != label else None, scheme=scheme
        )
    for name, element in named(parts, "media:keywords", "itunes:keywords", "keywords"):
        for word in line_of(written(element)).split(","):
            yield Claim("topics", word.strip(), "feed", 0.85, f"{name}: {word.strip()}"[:200])
