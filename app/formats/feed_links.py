"""Reads where an item of a feed stands: its links made absolute, and its guid where that is a link."""

from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from app.formats.feed_document import Element
from app.formats.feed_names import BASE, Parts, attribute, named
from app.pipeline.article import Claim

ALTERNATE = frozenset({"", "alternate", "http://www.iana.org/assignments/relation/alternate"})
LONGEST = 2_048
MOST_LINKS = 20
MOST_BASES = 8
"""Elements with a base in one another that count, from the inside; each costs every link of the feed."""


def is_absolute(url: str) -> bool:
    """Say whether a text is an absolute http(s) URL with a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def joined(base: str | None, url: str) -> str:
    """Resolve a URL against a base; it stays as it is where either is none."""
    if not base or is_absolute(url):
        return url
    try:
        return urljoin(base, url)
    except ValueError:
        return url


def base_of(element: Element, document: str | None) -> str | None:
    """Give the base of relative URLs in an element: its own and outer `xml:base`, on that of the document."""
    stated: list[str] = []
    while element is not None and len(stated) < MOST_BASES:
        if value := element.get(BASE):
            stated.append(str(value).strip())
        element = element.getparent()
    for value in reversed(stated):
        document = joined(document, value)
    return document


def resolved(element: Element, url: str, document: str | None) -> str:
    """Give a URL that stands in an element absolutely, as far as that is known."""
    url = "".join(url.split("\n")).replace("\t", "").strip()[: LONGEST + 1]
    return url if is_absolute(url) else joined(base_of(element, document), url)


def alternates(parts: Parts) -> list[tuple[Element, str]]:
    """Give the links to the page that a feed or item stands for, HTML first, with the elements they stand in."""
    found: list[tuple[bool, Element, str]] = []
    for _, link in named(parts, "link"):
        url = attribute(link, "href") or (link.text or "").strip()
        if url and attribute(link, "rel").lower() in ALTERNATE:
            other = "html" not in (attribute(link, "type").lower() or "html")
            found.append((other, link, url))
        if len(found) == MOST_LINKS:
            break
    return [(link, url) for _, link, url in sorted(found, key=lambda each: each[0])]


def document_base(parts: Parts, hint: str | None) -> str | None:
    """Give the base of a feed's relative URLs: the page it stands for, itself, or where the sender says it is."""
    links = [resolved(link, url, None) for link, url in alternates(parts)]
    links += [attribute(link, "href") for _, link in named(parts, "link") if attribute(link, "rel").lower() == "self"]
    return next((url for url in (*links, hint) if url and is_absolute(url)), None)


def url_claims(item: Element, parts: Parts, document: str | None) -> Iterator[Claim]:
    """Claim the URLs of an item, the surest first."""
    given = [
        (0.97, "feedburner:origLink", element, element.text or "") for _, element in named(parts, "feedburner:origlink")
    ]
    given += [(0.95, "link", element, url) for element, url in alternates(parts)]
    if href := attribute(item, "href"):
        given.append((0.95, "href", item, href))
    given += [
        (0.85, "guid", element, element.text or "")
        for _, element in named(parts, "guid")
        if attribute(element, "ispermalink").lower() != "false" and is_absolute((element.text or "").strip())
    ]
    if about := attribute(item, "about"):
        given.append((0.8, "rdf:about", item, about))
    if not given:  # many feeds have the page's URL for an id
        given += [(0.5, "id", element, element.text or "") for _, element in named(parts, "id")]
    seen: set[str] = set()
    for confidence, name, element, text in given:
        url = resolved(element, text, document)
        if is_absolute(url) and len(url) <= LONGEST and url not in seen:
            seen.add(url)
            yield Claim("url", url, "feed", confidence, f"{name}: {text.strip()}"[:200])
