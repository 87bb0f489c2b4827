"""Lays a parsed page out as two arrays, its elements and its lines of text, over which all reading of markup is done."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from app.formats.markup import INLINE, SILENT, one_line

MOST_ELEMENTS = 60_000
"""Of a page with more, the first ones are read."""
HINTS = ("class", "id", "role", "itemprop", "data-testid", "data-component", "rel", "aria-label")
LONGEST_HINT = 300
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
NOT_SILENT = frozenset({"nav", "button", "form", "figure", "dialog"})
"""Silent in an article's body, but a page may have its byline or tags there."""
SKIPPED = SILENT - NOT_SILENT


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
    end: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True)
class TextLine:
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
    found: list[str] = []
    for name in HINTS:
        if value := attributes.get(name):
            found += WORD.findall(value[:LONGEST_HINT])
    return frozenset(map(str.lower, found)) if found else NAMELESS


def is_hidden(attributes: Mapping[str, str | None]) -> bool:
    """Say whether an element is not shown."""
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    style = attributes.get("style")
    return style is not None and "display:none" in style.replace(" ", "").lower()


@dataclass(slots=True)
class Reader:
    """What is gathered while walking a page."""

    elements: list[Element]
    lines: list[TextLine]
    words: list[str]
    blocks: list[int]
    links: int = 0
    linked: int = 0

    def line(self) -> None:
        """End the open line."""
        if self.words:
            text = one_line("".join(self.words))
            if text:
                self.lines.append(TextLine(text, self.blocks[-1] if self.blocks else 0, min(self.linked, len(text))))
            self.words.clear()
        self.linked = 0


def lay_out(tree: LexborHTMLParser) -> Page:
    """Lay a parsed page out."""
    made = Reader([], [], [], [])
    root = tree.body
    if root is not None:
        walk(root, made)
    return Page(tree, tuple(made.elements), tuple(made.lines))


def walk(root: LexborNode, made: Reader) -> None:
    """Walk the page once; no recursion, as pages nest without bound."""
    node: LexborNode | None = root
    open_elements: list[int] = []
    while node is not None:
        below = None
        if node.is_text_node:
            text = node.text_content
            if text:
                made.words.append(text)
                if made.links:
                    made.linked += len(text) if not text.isspace() else 0
        elif node.is_element_node and enters(node, made, open_elements):
            below = node.first_child
            if below is None:
                leave(made, open_elements)
        if below is not None:
            node = below
            continue
        while node is not None and node.next is None:
            if not open_elements:
                return
            node = node.parent
            leave(made, open_elements)
            if not open_elements:
                return
        node = node.next if node is not None else None


def enters(node: LexborNode, made: Reader, open_elements: list[int]) -> bool:
    """Open an element; false where it is passed over with all that is in it."""
    tag = node.tag or ""
    if tag in SKIPPED or len(made.elements) >= MOST_ELEMENTS:
        return False
    if tag == "br":
        made.words.append("\n")
    elif tag not in INLINE:
        made.line()
    attributes = node.attributes
    if attributes and tag not in INLINE and tag != "body" and is_hidden(attributes):
        return False
    parent = open_elements[-1] if open_elements else -1
    number = len(made.elements)
    names = names_of(attributes) if attributes else NAMELESS
    made.elements.append(Element(node, tag, names, parent, number, len(open_elements), len(made.lines)))
    open_elements.append(number)
    if tag == "a":
        made.links += 1
    if tag not in INLINE:
        made.blocks.append(number)
    return True


def leave(made: Reader, open_elements: list[int]) -> None:
    """Close the innermost open element."""
    number = open_elements.pop()
    element = made.elements[number]
    if element.tag == "a":
        made.links -= 1
    if element.tag not in INLINE:
        made.line()
        made.blocks.pop()
    element.end = len(made.elements)
    element.last = len(made.lines)
