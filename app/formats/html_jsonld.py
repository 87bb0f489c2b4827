"""Reads what a page says of its article in JSON-LD (schema.org), however it is nested, referenced or slightly broken."""

import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any

from app.formats.fragment import plain
from app.pipeline.article import Claim
from app.pipeline.vocabulary import vocabulary

Node = dict[str, Any]
WRAPPING = re.compile(r"^\s*(?:<!--|//<!\[CDATA\[|/\*<!\[CDATA\[\*/|<!\[CDATA\[)|(?:-->|//\]\]>|/\*\]\]>\*/|\]\]>)\s*$")
TRAILING_COMMA = re.compile(r",(?=\s{0,200}[}\]])")
BAD_ESCAPE = re.compile(r'\\(?![\\/"bfnrtu])')
BETWEEN = re.compile(r"[\s,;]*")
"""What stands between values that are not in a list, as they should be."""
LESSER, BY_URL, BY_TITLE, DATED = 10, 5, 3, 2
"""How far a node that only stands for an article is from the page's own, and how much nearer its words bring it."""
UNFIT = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
"""What no text holds and JSON's escapes can smuggle in: control characters, halves of surrogate pairs."""
MOST_NODES = 5_000
MOST_NAMES = 300
"""Topics, or publishers, of one member that are read."""
DEEPEST = 40
BESIDE_THE_ARTICLE = frozenset(
    "itemlistelement haspart ispartof relatedlink mentions about comment citation publisher image video audio"  # noqa: SIM905 - a list is twenty lines
    " liveblogupdate blogpost suggestedanswer review significantlink potentialaction thumbnail".split()
)
"""Members below which an article is not the page's own."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a page says of itself elsewhere, by which its own article is known among others."""

    url: str | None
    title: str | None


@dataclass(slots=True)
class Graph:
    """All nodes of a page's JSON-LD: by their `@id`, and the articles, each with how far it is from being the page's own."""

    known: dict[str, Node] = field(default_factory=dict)
    articles: list[tuple[Node, int]] = field(default_factory=list)
    count: int = 0


def parsed(text: str) -> list[Any]:
    """Parse one script; broken JSON is repaired where that is safe, else there is nothing in it."""
    text = WRAPPING.sub("", WRAPPING.sub("", text)).strip().rstrip(";")
    return decoded(text) or decoded(BAD_ESCAPE.sub(r"\\\\", TRAILING_COMMA.sub("", text)))


def decoded(text: str) -> list[Any]:
    """Give the values that a text is, one after another; what is broken after a whole value is left out."""
    decoder = json.JSONDecoder(strict=False)
    values: list[Any] = []
    place = 0
    while place < len(text):
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            break
        values.append(value)
        between = BETWEEN.match(text, end)
        place = between.end() if between else end
    return values


def graph_of(scripts: Iterable[str]) -> Graph:
    """Gather the nodes of all scripts."""
    graph = Graph()
    for script in scripts:
        for value in parsed(script):
            gather(graph, value)
    return graph


def gather(graph: Graph, value: Any) -> None:
    """Add the nodes of one value, from its top down."""
    waiting: list[tuple[Any, int, int]] = [(value, 0, 0)]
    while waiting and graph.count < MOST_NODES:
        here, aside, depth = waiting.pop()
        if isinstance(here, list):
            waiting += [(part, aside, depth + 1) for part in reversed(here) if depth < DEEPEST]
        elif isinstance(here, dict):
            graph.count += 1
            remember(graph, here, aside)
            for name, part in reversed(here.items()):
                if isinstance(part, dict | list) and depth < DEEPEST:
                    far = name.lower() in BESIDE_THE_ARTICLE
                    waiting.append((part, aside + far, depth + 1))


def remember(graph: Graph, node: Node, aside: int) -> None:
    """Keep a node under its `@id`, the fullest of several, and among the articles if it is one."""
    name = node.get("@id")
    if isinstance(name, str) and len(node) > len(graph.known.get(name, {})):
        graph.known[name] = node
    kinds = types_of(node)
    if kinds & article_types():
        graph.articles.append((node, aside))
    elif kinds & lesser_types():
        graph.articles.append((node, aside + LESSER))


@cache
def article_types() -> frozenset[str]:
    """Give schema.org's kinds of article."""
    return frozenset(vocabulary("html")["jsonld"]["articles"])


@cache
def lesser_types() -> frozenset[str]:
    """Give the kinds that stand for the article where none is given."""
    return frozenset(vocabulary("html")["jsonld"]["lesser"])


@cache
def organisation_types() -> frozenset[str]:
    """Give the kinds that are no person."""
    return frozenset(vocabulary("html")["jsonld"]["organisations"])


def types_of(node: Node) -> frozenset[str]:
    """Give a node's types, small and without their vocabulary."""
    given = node.get("@type")
    named = given if isinstance(given, list) else [given]
    return frozenset(re.split(r"[/:#]", kind)[-1].lower() for kind in named if isinstance(kind, str))


def texts(value: Any, graph: Graph) -> Iterator[str]:
    """Give the words of a value: a string, a node's name, or those of a list."""
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, str | int | float) and not isinstance(part, bool):
            if text := cleaned(str(part)):
                yield text
        elif isinstance(part, dict):
            node = resolved(part, graph)
            named = node.get("name") or node.get("@value") or node.get("headline")
            yield from (
                text
                for name in (named if isinstance(named, list) else [named])
                if isinstance(name, str) and (text := cleaned(name))
            )


def cleaned(text: str) -> str:
    """Give a text without the markup and the entities that publishers leave in it."""
    return plain(UNFIT.sub("", html.unescape(text) if "&" in text else text))


def resolved(node: Node, graph: Graph) -> Node:
    """Follow a mere reference to what it names."""
    name = node.get("@id")
    if isinstance(name, str) and len(node) <= 2 and "name" not in node:
        return graph.known.get(name, node)
    return node


def own(graph: Graph, place: Place) -> Node | None:
    """Give the page's own article: the nearest to the top, nearer if it says the page's URL or title; of equals the fullest.

    One that stands beside others (in a list, as a part) is the page's own only if it says so.
    """
    ranked = [(distance(node, aside, graph, place), -len(node), aside, node) for node, aside in graph.articles]
    if not ranked:
        return None
    far, _, aside, node = min(ranked, key=lambda entry: entry[:2])
    return node if far < LESSER and (aside % LESSER == 0 or far <= -BY_TITLE) else None


def distance(node: Node, aside: int, graph: Graph, place: Place) -> int:
    """Give how far a node is from being the page's own article."""
    named = place.url is not None and any(same_page(url, place.url) for url in urls_of(node))
    title = next(texts(node.get("headline") or node.get("name"), graph), "").casefold()
    page = (place.title or "").casefold()
    titled = bool(title and page) and (title in page or page in title)
    return aside - BY_URL * named - BY_TITLE * titled - DATED * ("datePublished" in node)


def urls_of(node: Node) -> Iterator[str]:
    """Give the URLs by which an article names itself."""
    for name in ("url", "@id", "mainEntityOfPage"):
        value = node.get(name)
        value = value.get("@id") or value.get("url") if isinstance(value, dict) else value
        if isinstance(value, str):
            yield value


def same_page(one: str, other: str) -> bool:
    """Say whether two URLs are of one page, whatever follows their paths."""
    cut = [
        re.sub(r"^https?://(?:www\.|m\.|amp\.)?", "", url).partition("?")[0].partition("#")[0].rstrip("/")
        for url in (one, other)
    ]
    return cut[0] == cut[1] and "/" in cut[0]


def claims_of(graph: Graph, place: Place) -> tuple[Claim, ...]:
    """Give what the page's own article says of itself."""
    node = own(graph, place)
    if node is None:
        return ()
    return (
        *(Claim("title", text, "jsonld", 0.92, "headline") for text in first(texts(node.get("headline"), graph))),
        *(Claim("title", text, "jsonld", 0.6, "name") for text in first(texts(node.get("name"), graph))),
        *(
            Claim("title", text, "jsonld", 0.5, "alternativeHeadline")
            for text in first(texts(node.get("alternativeHeadline"), graph))
        ),
        *people(node, graph),
        *(
            Claim("site", text, "jsonld", 0.9, "publisher")
            for text in islice(texts(node.get("publisher"), graph), MOST_NAMES)
        ),
        *dates(node, graph),
        *subjects(node, graph),
        *(Claim("language", text, "jsonld", 0.8, "inLanguage") for text in first(texts(node.get("inLanguage"), graph))),
        *(Claim("url", url, "jsonld", 0.8, "url") for url in first(urls_of(node)) if url.startswith("http")),
        *(
            Claim("rights", text, "jsonld", 0.7, name)
            for name in ("copyrightNotice", "usageInfo", "license")
            for text in first(texts(node.get(name), graph))
            if " " in text
        ),
    )


def first(values: Iterable[str]) -> list[str]:
    """Give the first value alone, if there is one."""
    return [value for value, _ in zip(values, range(1), strict=False)]


def people(node: Node, graph: Graph) -> Iterator[Claim]:
    """Give who wrote it: `author`, else `creator`; an organisation is its agency, unless it is the publisher itself."""
    for name, confidence in (("author", 0.9), ("creator", 0.7)):
        value = node.get(name)
        entries = value if isinstance(value, list) else [value]
        found = False
        for entry in entries[:MOST_NAMES]:
            kinds = types_of(resolved(entry, graph)) if isinstance(entry, dict) else frozenset()
            of_person = "person" in kinds or not kinds & organisation_types()
            for text in texts(entry, graph):
                found = True
                yield Claim(
                    "authors" if of_person else "agency", text, "jsonld", confidence, f"JSON-LD {name}", exact=True
                )
        if found:
            return


def dates(node: Node, graph: Graph) -> Iterator[Claim]:
    """Give when it was published and changed."""
    for name, field_name, confidence in (
        ("datePublished", "published_at", 0.95),
        ("dateCreated", "published_at", 0.75),
        ("uploadDate", "published_at", 0.6),
        ("dateModified", "modified_at", 0.95),
    ):
        for text in first(texts(node.get(name), graph)):
            yield Claim(field_name, text, "jsonld", confidence, name)


def subjects(node: Node, graph: Graph) -> Iterator[Claim]:
    """Give what it is about."""
    for name, confidence in (("keywords", 0.9), ("about", 0.65), ("articleSection", 0.6), ("mentions", 0.5)):
        for text in islice(texts(node.get(name), graph), MOST_NAMES):
            yield Claim("topics", text, "jsonld", confidence, name)
