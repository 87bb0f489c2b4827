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
    parent: int
    number: int
    depth: int
    first: int
    end: int
    last: int


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
    hint = " ".join([value[:LONGEST_HINT] for name, value in attributes.items() if value and name in HINTS])
    return words_of(hint) if hint else NAMELESS


@lru_cache(maxsize=20_000)
def words_of(hint: str) -> frozenset[str]:
    """Give the words of names, small; pages repeat a few names a thousand times, and sites from page to page."""
    return frozenset(map(str.lower, WORD.findall(hint)))


def is_hidden(attributes: Mapping[str, str | None]) -> bool:
    """Say whether an element is not shown."""
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    style = attributes.get("style")
    return style is not None and "display:none" in style.replace(" ", "").lower()


@dataclass(slots=True)
class Reader:
    """What is gathered while walking a page; `open` are the elements that are, `blocks` those of them that hold lines."""

    elements: list[Element]
    lines: list[TextLine]
    words: list[str]
    blocks: list[int]
    open: list[int]
    links: int = 0
    linked: int = 0

    def text(self, text: str) -> None:
        """Add words to the open line."""
        self.words.append(text)
        if self.links and not text.isspace():
            self.linked += len(text)

    def line(self) -> None:
        """End the open line."""
        if self.words:
            text = " ".join("".join(self.words).split())
            if text:
                self.lines.append(TextLine(text, self.blocks[-1] if self.blocks else 0, min(self.linked, len(text))))
            self.words.clear()
        self.linked = 0

    def leave(self) -> None:
        """Close the innermost open element."""
        element = self.elements[self.open.pop()]
        if element.tag not in INLINE:
            self.line()
            self.blocks.pop()
        elif element.tag == "a":
            self.links -= 1
        element.end = len(self.elements)
        element.last = len(self.lines)


def lay_out(tree: LexborHTMLParser) -> Page:
    """Lay a parsed page out."""
    made = Reader([], [], [], [], [])
    root = tree.body
    if root is not None:
        walk(root, made)
    return Page(tree, tuple(made.elements), tuple(made.lines))


def walk(root: LexborNode, made: Reader) -> None:
    """Walk the page once; no recursion, as pages nest without bound. The hottest loop of reading a page."""
    node: LexborNode | None = root
    while node is not None:
        tag = node.tag or ""
        if tag == TEXT:
            made.text(node.text_content or "")
        elif tag not in SKIPPED and enters(node, tag, made):
            below = node.first_child
            if below is not None:
                node = below
                continue
            made.leave()
        following = node.next if made.open else None
        while following is None:
            node = node.parent
            if node is None or not made.open:
                return
            made.leave()
            following = node.next if made.open else None
        node = following


def enters(node: LexborNode, tag: str, made: Reader) -> bool:
    """Open an element; false where it is passed over with all that is in it."""
    number = len(made.elements)
    if number >= MOST_ELEMENTS:
        return False
    attributes = node.attributes
    inline = tag in INLINE
    if not inline:
        made.line()
        if attributes and tag != "body" and is_hidden(attributes):
            return False
        made.blocks.append(number)
    elif tag == "a":
        made.links += 1
    above = made.open
    names = names_of(attributes) if attributes else NAMELESS
    made.elements.append(
        Element(node, tag, names, above[-1] if above else -1, number, len(above), len(made.lines), 0, 0)
    )
    above.append(number)
    return True
