"""Reads a fragment of HTML that is an article's body as a whole, as feeds and agency formats carry it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.formats.dom import parse
from app.formats.markup import blocks_of, one_line
from app.pipeline.article import Block, Heading, ListBlock, Paragraph, Table

MARKUP = re.compile(r"<[A-Za-z/!][^<>]*>|&#?\w{1,30};")
TAG = re.compile(
    r"</?(?:p|br|div|ul|ol|li|h[1-6]|table|blockquote|a|b|i|em|strong|span|img|figure)\b[^<>]*>", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Fragment:
    """The blocks of a fragment, and its text with a line for each of them."""

    blocks: tuple[Block, ...]
    text: str


def plain(markup: str) -> str:
    """Give a text on one line without tags and entities; one that has none of either stays as it is."""
    if MARKUP.search(markup) is None:
        return one_line(markup)
    return " ".join(read_fragment(markup).text.split("\n"))


def is_markup(text: str) -> bool:
    """Say whether a text is HTML and not plain text, by its holding a usual tag."""
    return TAG.search(text) is not None


def read_fragment(markup: str) -> Fragment:
    """Read a fragment of HTML."""
    body = parse(markup).body
    blocks = tuple(blocks_of(body)) if body is not None else ()
    return Fragment(blocks, "\n".join(lines_of(blocks)))


def lines_of(blocks: Iterable[Block]) -> Iterator[str]:
    """Give the lines of blocks: an item of a list or a row of a table is one each."""
    for block in blocks:
        match block:
            case Heading() | Paragraph():
                yield block.text
            case ListBlock():
                yield from (f"{item.label}: {item.text}" if item.label else item.text for item in block.items)
            case Table():
                yield from (" | ".join(row) for row in (block.header, *block.rows))
