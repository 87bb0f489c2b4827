"""Names the elements of feeds: one spelling for each, whatever namespace, prefix or case it is written in."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from app.formats.feed_document import Element

PLAIN = ""
NAMESPACES = {
    "http://backend.userland.com/rss": PLAIN,
    "http://backend.userland.com/rss2": PLAIN,
    "http://blogs.law.harvard.edu/tech/rss": PLAIN,
    "http://cyber.law.harvard.edu/rss": PLAIN,
    "http://purl.org/rss/1.0": PLAIN,
    "http://my.netscape.com/rdf/simple/0.9": PLAIN,
    "http://channel.netscape.com/rdf/simple/0.9": PLAIN,
    "http://purl.org/net/rss1.1": PLAIN,
    "http://my.netscape.com/publish/formats/rss-0.91": PLAIN,
    "http://www.w3.org/2005/atom": PLAIN,
    "http://purl.org/atom/ns": PLAIN,
    "http://purl.org/atom/ns#": PLAIN,
    "http://purl.org/dc/elements/1.0": "dc",
    "http://purl.org/dc/elements/1.1": "dc",
    "http://purl.org/dc/terms": "dcterms",
    "http://purl.org/rss/1.0/modules/content": "content",
    "http://purl.org/rss/modules/content": "content",
    "http://search.yahoo.com/mrss": "media",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://www.itunes.com/dtds/podcast": "itunes",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://www.w3.org/xml/1998/namespace": "xml",
}
"""The namespaces that are read, folded: senders write them with and without a slash, in any case and with https.

RSS and Atom share one, as what both call by one name is told apart by its shape, and feeds mix them.
"""
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
BASE = "{http://www.w3.org/XML/1998/namespace}base"
GROUPS = frozenset({"media:group", "media:content"})
"""Elements of an item whose children say the same of it as its own."""

Parts = Mapping[str, list[Element]]
"""The children of an item or a feed by name, in order."""


@lru_cache(maxsize=1024)
def folded(namespace: str) -> str:
    """Fold the ways in which a namespace is written."""
    name = namespace.strip().lower().rstrip("/")
    return f"http://{name.removeprefix('https://')}" if name.startswith("https://") else name


def name_of(element: Element) -> str:
    """Give an element's name in lower case, with the usual prefix of its namespace; "" for what is no element.

    An unknown namespace leaves the prefix that is written; the default namespace, whatever it is, leaves none.
    """
    tag = element.tag
    return spelled(tag, element.prefix) if isinstance(tag, str) else ""


@lru_cache(maxsize=4096)
def spelled(tag: str, prefix: str | None) -> str:
    """Spell the name of a tag."""
    namespace, _, local = tag.rpartition("}")
    known = NAMESPACES.get(folded(namespace[1:]))
    before = (known if known is not None else prefix or "").lower()
    return f"{before}:{local.lower()}" if before else local.lower()


def parts_of(element: Element) -> Parts:
    """Give the children of an item or a feed by name, those of media groups among them."""
    found: dict[str, list[Element]] = {}
    waiting = [iter(element)]
    while waiting:
        for child in waiting[-1]:
            name = name_of(child)
            found.setdefault(name, []).append(child)
            if name in GROUPS and len(waiting) < 4:
                waiting.append(iter(child))
                break
        else:
            waiting.pop()
    return found


def named(parts: Parts, *names: str) -> Iterator[tuple[str, Element]]:
    """Give the children of these names: all of the first name, then all of the second."""
    for name in names:
        for element in parts.get(name, ()):
            yield name, element


def attribute(element: Element, name: str) -> str:
    """Give an attribute stripped, whatever its case or namespace; "" where it is missing."""
    value = element.get(name)
    if value is None:
        value = next((element.get(key) for key in element.attrib if key.rpartition("}")[2].lower() == name.lower()), "")
    return str(value or "").strip()


def inherited(element: Element, name: str) -> str | None:
    """Give the nearest `xml:` attribute of an element and what it stands in; None where there is none."""
    while element is not None:
        value = element.get(name)
        if value is not None:
            return str(value).strip()
        element = element.getparent()
    return None
