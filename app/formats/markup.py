"""Walks parsed HTML and makes blocks of it: headings, paragraphs, lists and tables, whatever the elements are nested in."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from selectolax.lexbor import LexborNode

from app.pipeline.article import Block, Heading, ListBlock, ListItem, Paragraph, Table
from app.pipeline.prose import split_label

SILENT = frozenset(
    "script style template noscript iframe object embed svg math video audio canvas form button select input textarea"  # noqa: SIM905 - a list is thirty lines
    " nav figure head title dialog picture map".split()
)
"""Elements whose words are not an article's."""
INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark meter output q rp rt ruby s"  # noqa: SIM905 - a list is forty lines
    " samp small span strike strong sub sup time tt u var wbr".split()
)
"""Elements inside a line of text; every other one begins a line of its own."""
HEADINGS = {"h1": 2, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
LISTS = frozenset({"ul", "ol", "dl", "menu"})
PARAGRAPH_CHARACTERS = 150
"""From here on, a line of a list item is a paragraph; an item of several is none, but a part of the page."""
MOST_ROWS = 2_000
MOST_CELLS = 50
CELL_CHARACTERS = 1_000
"""A cell of more is not data but a part of the page."""


def one_line(text: str) -> str:
    """Give a text with its white space run together."""
    return " ".join(text.split())


def events(root: LexborNode, skipped: frozenset[int]) -> Iterator[tuple[str, LexborNode]]:
    """Walk below an element: "text", "open" and "close" in document order, without what is silent or skipped.

    A walk of its own, as recursion ends at a thousand nested elements.
    """
    node, depth = root.first_child, 0
    while node is not None:
        below = None
        if node.is_text_node:
            yield "text", node
        elif node.is_element_node and node.tag not in SILENT and node.mem_id not in skipped:
            yield "open", node
            below = node.first_child
            if below is None:
                yield "close", node
        if below is not None:
            node, depth = below, depth + 1
            continue
        while node is not None and node.next is None:
            if depth == 0:
                return
            node, depth = node.parent, depth - 1
            if node is not None:
                yield "close", node
        node = node.next if node is not None else None


@dataclass(slots=True)
class Builder:
    """What is gathered while walking: the blocks so far, the words of the open line, the open item and its list."""

    blocks: list[Block] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    items: list[ListItem] = field(default_factory=list)
    term: str | None = None
    lists: int = 0
    heading: int | None = None
    breaks: int = 0

    def border(self, kind: str, tag: str) -> None:
        """Meet the beginning or the end of an element that is no part of a line."""
        if tag == "br":
            self.breaks += kind == "open"
            self.words.append(" ")
            if self.breaks == 2:
                self.line()
            return
        self.line()
        if tag in HEADINGS:
            self.heading = HEADINGS[tag] if kind == "open" else None
        elif tag in {"li", "dt", "dd"}:
            self.item(is_term=tag == "dt" and kind == "close")
        elif tag in LISTS:
            self.item()
            self.lists += 1 if kind == "open" else -1
            if self.lists <= 0:
                self.lists = 0
                self.end_list()

    def line(self) -> None:
        """End the open line: a line of the open item, a heading or a paragraph."""
        text = one_line("".join(self.words))
        self.words.clear()
        self.breaks = 0
        if not text:
            return
        if self.lists:
            self.lines.append(text)
        elif self.heading:
            self.blocks.append(Heading(self.heading, text))
        else:
            self.blocks.append(Paragraph(text))

    def item(self, *, is_term: bool = False) -> None:
        """End the open item; one of several paragraphs is no item."""
        lines, self.lines = self.lines, []
        if not lines:
            return
        if is_term:
            self.term = " ".join(lines).rstrip(": ")
        elif sum(len(line) > PARAGRAPH_CHARACTERS for line in lines) > 1:
            self.end_list()
            self.blocks += map(Paragraph, lines)
        else:
            self.items.append(item_of(" ".join(lines), self.term))
            self.term = None

    def end_list(self) -> None:
        """Make a block of the items so far."""
        if self.term is not None:
            self.items.append(ListItem(None, self.term))
            self.term = None
        if self.items:
            self.blocks.append(ListBlock(tuple(self.items)))
            self.items.clear()


def item_of(text: str, term: str | None) -> ListItem:
    """Make an item of a line: under its term, or with the label that stands before its colon."""
    if term is not None:
        return ListItem(term, text)
    found = split_label(text)
    return ListItem(*found) if found else ListItem(None, text)


def blocks_of(root: LexborNode, skipped: frozenset[int] = frozenset()) -> list[Block]:
    """Give the blocks below an element in order, without the elements whose `mem_id` is among the skipped."""
    made = Builder()
    table_open: int | None = None
    for kind, node in events(root, skipped):
        if table_open is not None:
            table_open = None if kind == "close" and node.mem_id == table_open else table_open
        elif kind == "text":
            text = node.text_content or ""
            made.words.append(text)
            if not text.isspace():
                made.breaks = 0
        elif kind == "open" and node.tag == "table" and (table := data_table(node)) is not None:
            made.line()
            made.item()
            made.end_list()
            made.blocks.append(table)
            table_open = node.mem_id
        elif (tag := node.tag or "") not in INLINE:
            made.border(kind, tag)
    made.line()
    made.item()
    made.end_list()
    return made.blocks


def data_table(table: LexborNode) -> Table | None:
    """Give the table that an element is; None for one that only lays out the page.

    A header is the row of `th` cells, or the first one; cells that span columns are followed by empty ones.
    """
    if table.css_first("table table, p + p, div p, h2") is not None:
        return None
    rows = [cells_of(row) for row in islice(table.css("tr"), MOST_ROWS)]
    rows = [row for row in rows if any(row)]
    width = max(map(len, rows), default=0)
    if (
        len(rows) < 2
        or not 2 <= width <= MOST_CELLS
        or any(len(cell) > CELL_CHARACTERS for row in rows for cell in row)
    ):
        return None
    if sum(len([cell for cell in row if cell]) > 1 for row in rows) * 2 < len(rows):
        return None
    even = [(*row, *[""] * (width - len(row))) for row in rows]
    return Table(even[0], tuple(even[1:]))


def cells_of(row: LexborNode) -> list[str]:
    """Give the texts of a row's cells."""
    cells: list[str] = []
    cell = row.first_child
    while cell is not None and len(cells) < MOST_CELLS:
        if cell.tag in {"td", "th"}:
            cells.append(one_line(cell.text(separator=" ")))
            span = cell.attributes.get("colspan") or "1"
            cells += [""] * (min(int(span), MOST_CELLS) - 1 if span.isascii() and span.isdigit() and span != "0" else 0)
        cell = cell.next
    return cells
