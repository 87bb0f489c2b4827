"""Lays a parsed page out as two arrays, its elements and its lines of text, over which all reading of markup is done."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

from app.formats.markup import INLINE, SILENT, one_line

MOST_ELEMENTS = 60_000
"""Of a page with more, the first ones are read."""
HINTS = frozenset({"class", "id", "role", "itemprop", "data-testid", "data-component", "rel", "aria-label"})
LONGEST_HINT = 300
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
NOT_SILENT = frozenset({"nav", "button", "form", "figure", "dialog"})
"""Silent in an article's body, but a page may have its byline or tags there."""
SKIPPED = (SILENT - NOT_SILENT) | {"-comment", "_comment", "!doctype", "!--", ""}
TEXT = "-text"
"""What the parser calls a node of text."""


@dataclass(slots=True)
class Element:
    """One element: its tag, the words of the names that it is given, its parent, where its elements and lines end."""

    node: LexborNode
    tag: str
    names: frozenset[str]
    attributes: Mapping[str, str | None]
    parent: int
    number: int
    depth: int
    first: int
    end: int = 0
    last: int = 0


class TextLine(NamedTuple):
    """One line of a page as a reader sees it: its text, the element that it stands in, and how much of it is links."""

    text: str
    element: int
    linked: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its elements in document order, each followed by those inside it, and its lines."""

    tree: LexborHTMLParser
    elements: tuple[Element, ...]
    lines: tuple[TextLine, ...]

    def above(self, number: int) -> Iterator[Element]:
        """Give an element and all that it stands in, from the inside out."""
        while number >= 0:
            element = self.elements[number]
            yield element
            number = element.parent

    def text(self, element: Element) -> str:
        """Give the text inside an element on one line."""
        return one_line(element.node.text(separator=" "))


NAMELESS: frozenset[str] = frozenset()


def names_of(attributes: Mapping[str, str | None]) -> frozenset[str]:
    """Give the words of the names that a page gives an element: `articleBody` and `article-body` are `article`, `body`."""
    hints = [value[:LONGEST_HINT] for name in HINTS.intersection(attributes) if (value := attributes[name])]
    if not hints:
        return NAMELESS
    return words_of(hints[0]) if len(hints) == 1 else words_of(" ".join(hints))


@lru_cache(maxsize=20_000)
def words_of(hint: str) -> frozenset[str]:
    """Give the words of names, small; pages repeat a few names a thousand times, and sites from page to page."""
    parts = hint.split()
    return words_of_name(parts[0]) if len(parts) == 1 else NAMELESS.union(*map(words_of_name, parts))


@lru_cache(maxsize=20_000)
def words_of_name(name: str) -> frozenset[str]:
    """Give the words of one name, small; the same names are combined in ever new ways."""
    return frozenset(map(str.lower, WORD.findall(name)))


def is_hidden(attributes: Mapping[str, str | None]) -> bool:
    """Say whether an element is not shown."""
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    style = attributes.get("style")
    return style is not None and "display:none" in style.replace(" ", "").lower()


@dataclass(slots=True)
class Reader:
    """What is gathered while walking a page; `words` are those of the open line, `blocks` the open elements that hold lines."""

    elements: list[Element]
    lines: list[TextLine]
    words: list[str]
    blocks: list[int]
    links: int = 0
    linked: int = 0

    def line(self) -> None:
        """End the open line."""
        text = " ".join("".join(self.words).split())
        if text:
            self.lines.append(TextLine(text, self.blocks[-1] if self.blocks else 0, min(self.linked, len(text))))
        self.words.clear()
        self.linked = 0

    def enter(self, node: LexborNode, tag: str, above: Element | None) -> Element | None:
        """Open an element; None where it is passed over with all that is in it."""
        number = len(self.elements)
        if number >= MOST_ELEMENTS:
            return None
        attributes = node.attributes
        if tag not in INLINE:
            if self.words:
                self.line()
            if attributes and tag != "body" and is_hidden(attributes):
                return None
            self.blocks.append(number)
        elif tag == "a":
            self.links += 1
        names = names_of(attributes) if attributes else NAMELESS
        parent, depth = (-1, 0) if above is None else (above.number, above.depth + 1)
        made = Element(node, tag, names, attributes, parent, number, depth, len(self.lines))
        self.elements.append(made)
        return made

    def leave(self, element: Element) -> None:
        """Close the innermost open element."""
        if element.tag not in INLINE:
            if self.words:
                self.line()
            self.blocks.pop()
        elif element.tag == "a":
            self.links -= 1
        element.end = len(self.elements)
        element.last = len(self.lines)


def lay_out(tree: LexborHTMLParser) -> Page:
    """Lay a parsed page out."""
    made = Reader([], [], [], [])
    root = tree.body
    if root is not None:
        walk(root, made)
    return Page(tree, tuple(made.elements), tuple(made.lines))


def walk(root: LexborNode, made: Reader) -> None:
    """Walk the page once; no recursion, as pages nest without bound. The hottest loop of reading a page."""
    above: list[Element] = []
    words = made.words
    node: LexborNode | None = root
    while node is not None:
        tag = node.tag or ""
        if tag == TEXT:
            text = node.text_content or ""
            words.append(text)
            if made.links and not text.isspace():
                made.linked += len(text)
        elif tag not in SKIPPED and (element := made.enter(node, tag, above[-1] if above else None)) is not None:
            below = node.first_child
            if below is not None:
                above.append(element)
                node = below
                continue
            made.leave(element)
        following = node.next if above else None
        while following is None and above:
            element = above.pop()
            made.leave(element)
            following = element.node.next if above else None
        node = following
