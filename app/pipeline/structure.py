"""Rebuilds the structure that scraping flattened: headings, paragraphs, lists and tables, from the lines alone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.pipeline.article import Block, Heading, Line, ListBlock, Outline, Paragraph, Table
from app.pipeline.furniture import is_furniture
from app.pipeline.lists import bare_list, bulleted_list, labelled_list
from app.pipeline.prose import heading_like, is_lead_in, is_prose, size, strip_bullet
from app.pipeline.tables import cut_cells, drawn_table, flat_table

WINDOW = 400
"""Lines that a list or table is looked for in; a longer one goes on as a further block."""
TABLE_TRIES = 3
"""Fragments in a row at which a table is looked for: one begins with its first cells, or below a heading and a caption."""
STANDFIRST_WORDS = 7
NOT_A_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Structure:
    """The blocks of the body, their text, and the headline: what stands before the body, else the first heading."""

    blocks: tuple[Block, ...]
    text: str
    headline: str | None


def build(lines: Sequence[Line], outline: Outline, furniture: frozenset[int], title: str | None) -> Structure:
    """Rebuild the blocks of the body; a first heading that says what the stated title says is left out."""
    body = [line.text for line in lines if belongs(line, outline, furniture)]
    headline = lines[outline.headline].text if outline.headline is not None else None
    blocks = read_blocks(body)
    if headline is not None:
        blocks.insert(0, Heading(1, headline))
        blocks = [block for number, block in enumerate(blocks) if number == 0 or not repeats(block, headline)]
    if title is not None and blocks and repeats(blocks[0], title):
        blocks.pop(0)
    first = next((block.text for block in blocks if isinstance(block, Heading)), None)
    return Structure(tuple(blocks), render(blocks), headline or first)


def belongs(line: Line, outline: Outline, furniture: frozenset[int]) -> bool:
    """Say whether a line is part of the body: inside it, or a standfirst between headline and body."""
    if line.number in furniture or line.number == outline.headline:
        return False
    if outline.start <= line.number < outline.end:
        return not is_furniture(line.text)
    between = outline.headline is not None and outline.headline < line.number < outline.start
    return between and size(line.text) >= STANDFIRST_WORDS and not is_furniture(line.text)


def folded(text: str) -> str:
    """Give a text blind to case, punctuation and space."""
    return NOT_A_WORD.sub("", text).casefold()


def repeats(block: Block, title: str) -> bool:
    """Say whether a block prints the title again."""
    return isinstance(block, Heading | Paragraph) and folded(block.text) == folded(title)


def read_blocks(body: Sequence[str]) -> list[Block]:
    """Read the body's lines from first to last; each step takes the lines of one block."""
    blocks: list[Block] = []
    place = in_vain = 0
    while place < len(body):
        before = blocks[-1] if blocks else None
        block, taken = read_block(body[place : place + WINDOW], before, may_be_table=in_vain < TABLE_TRIES)
        in_vain = in_vain + 1 if taken == 1 and not is_prose(body[place]) else 0
        blocks.append(block)
        place += taken
    return blocks


def read_block(lines: Sequence[str], before: Block | None, *, may_be_table: bool) -> tuple[Block, int]:
    """Read one block from the first of the lines on, and say how many lines it took."""
    lead_in = before.text if isinstance(before, Paragraph) and is_lead_in(before.text) else None
    if cut_cells(lines[0]) is not None and (drawn := drawn_table(lines)):
        return drawn.table, drawn.lines
    if bulleted := bulleted_list(lines, announced=lead_in is not None):
        return bulleted.block, bulleted.lines
    if labelled := labelled_list(lines, announced=lead_in is not None):
        return labelled.block, labelled.lines
    if may_be_table and (table := flat_table(lines, lead_in)):
        return table.table, table.lines
    if lead_in is not None and (bare := bare_list(lines)):
        return bare.block, bare.lines
    return read_line(lines, before), 1


def read_line(lines: Sequence[str], before: Block | None) -> Block:
    """Read one line as a heading where it is short and something follows that it could head, else as a paragraph."""
    text = lines[0]
    heads = len(lines) > 1 and (is_prose(lines[1]) or strip_bullet(lines[1]) is not None or heading_like(lines[1]))
    if heading_like(text) and not is_prose(text) and heads and not isinstance(before, Heading):
        return Heading(2, text)
    return Paragraph(text)


def render_block(block: Block) -> str:
    """Give a block as text: a list item a line (`Label: text`), a table row a line (cells joined by ` | `)."""
    match block:
        case Heading() | Paragraph():
            return block.text
        case ListBlock():
            return "\n".join(f"{item.label}: {item.text}" if item.label else item.text for item in block.items)
        case Table():
            return "\n".join(" | ".join(row).replace("  ", " ").strip() for row in (block.header, *block.rows))


def render(blocks: Sequence[Block]) -> str:
    """Give the whole body as text, a blank line between blocks."""
    return "\n\n".join(map(render_block, blocks))
