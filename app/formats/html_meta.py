"""Reads what a page says of its article in `meta`, `title` and `link` elements, and in the data of its scripts."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from app.formats.html_jsonld import cleaned
from app.pipeline.article import Claim
from app.pipeline.vocabulary import vocabulary

NAMES = ("property", "name", "itemprop", "http-equiv")
LONGEST = 5_000
MOST_META = 1_000
"""`meta` elements that are read; pages have some dozens."""
MEMBER = re.compile(r'\\?"(?P<name>[A-Za-z_-]{4,24})\\?"\s{0,4}:\s{0,4}\\?"(?P<value>\d{4}-\d\d-\d\d[^"\\]{0,25})\\?"')
SCRIPT_BYTES = 400_000
PROFILE = re.compile(r"^https?://|^@|^www\.", re.IGNORECASE)


@cache
def fields() -> Mapping[str, tuple[tuple[str, float], ...]]:
    """Give for each name that a `meta` element can have the fields that it speaks of, each with its confidence."""
    found: dict[str, list[tuple[str, float]]] = {}
    for field, known in vocabulary("html")["meta"].items():
        for name, confidence in known.items():
            if confidence:
                found.setdefault(name, []).append((field, confidence))
    return {name: tuple(meant) for name, meant in found.items()}


def contents(elements: Sequence[LexborNode]) -> Iterator[tuple[str, str]]:
    """Give the name and content of each `meta` element; one may have several names."""
    for element in elements[:MOST_META]:
        attributes = element.attributes
        content = (attributes.get("content") or "").strip()[:LONGEST]
        if content:
            for kind in NAMES:
                if name := attributes.get(kind):
                    yield name.strip().lower(), content


def claims_of(tree: LexborHTMLParser, elements: Sequence[LexborNode], base: str | None) -> Iterator[Claim]:
    """Give what the head of a page says; `elements` are all its `meta` with content."""
    for name, content in contents(elements):
        for field, confidence in fields().get(name, ()):
            yield from claims_from(field, name, content, confidence)
    if base and (host := host_of(base)):
        yield Claim("site", host, "url", 0.6, "host")
    root = tree.root
    lang = root.attributes.get("lang") or root.attributes.get("xml:lang") if root is not None else None
    if lang:
        yield Claim("language", lang, "markup", 0.75, "html lang")
    link = tree.css_first('link[rel="canonical"][href]')
    if link is not None and (url := absolute(link.attributes.get("href"), base)):
        yield Claim("url", url, "meta", 0.9, "link canonical")


def claims_from(field: str, name: str, content: str, confidence: float) -> Iterator[Claim]:
    """Give the claims of one `meta` element; a profile's address is no author's name."""
    quote = f"meta {name}"
    if field == "topics":
        yield Claim("topics", cleaned(content), "meta", confidence, quote)
    elif field == "authors":
        if not PROFILE.match(content):
            yield Claim("authors", cleaned(content), "meta", confidence, quote, exact=True)
    elif text := cleaned(content):
        yield Claim(field, text, "meta", confidence, quote)


def host_of(url: str) -> str | None:
    """Give the host of a URL, where it has one that can be read."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def absolute(href: str | None, base: str | None) -> str | None:
    """Give an absolute URL of a reference, where it has one."""
    try:
        url = urljoin(base or "", (href or "").strip())
        return url if urlsplit(url).scheme in {"http", "https"} and urlsplit(url).hostname else None
    except ValueError:
        return None


@cache
def script_fields() -> Mapping[str, str]:
    """Give the field that a member of a script's data speaks of, by its name without marks and small."""
    words = vocabulary("html")["scripts"]
    return dict.fromkeys(words["published"], "published_at") | dict.fromkeys(words["modified"], "modified_at")


def claims_of_scripts(tree: LexborHTMLParser) -> Iterator[Claim]:
    """Give the dates that the data in scripts names, the first of each field: that is the page's own, other stories follow."""
    seen: set[str] = set()
    for script in tree.css("script:not([src])"):
        if "ld+json" in (script.attributes.get("type") or ""):
            continue
        for found in MEMBER.finditer((script.text() or "")[:SCRIPT_BYTES]):
            name = found["name"].replace("_", "").replace("-", "").lower()
            field = script_fields().get(name)
            if field is not None and field not in seen:
                seen.add(field)
                yield Claim(field, found["value"], "markup", 0.7, f"script {found['name']}")
