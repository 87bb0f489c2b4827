"""Rebuilds tables that a scraper flattened to one cell a line, and reads those whose cells kept their tabs or bars."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from app.pipeline.article import Table
from app.pipeline.prose import ends_sentence, is_lead_in, is_long, is_prose, size, split_label, strip_bullet
from app.pipeline.vocabulary import vocabulary

MOST_COLUMNS = 6
LEAST_ROWS = 2
HEADER_WORDS = 4
FIRST_CELL_WORDS = 7
CELL_WORDS = 30
ROWS_JUDGED = 50
"""Rows that decide whether it is a table; the rest of a long one follows suit."""
NUMBER = re.compile(r"^[-+−±~<>≈]?\s?[$€£¥₹]?\s?\d[\d.,:/ %-]*\s?[^\W\d_]{0,12}\.?$")
ENOUGH = 3
"""Evidence that is asked for: see `evidence`."""


@dataclass(frozen=True, slots=True)
class Found:
    """A table, and how many lines it took."""

    table: Table
    lines: int


@cache
def header_nouns() -> frozenset[str]:
    """Give the nouns that head columns."""
    return frozenset(vocabulary("structure")["headers"])


@cache
def table_words() -> frozenset[str]:
    """Give the words by which a table is announced."""
    return frozenset(vocabulary("structure")["tables"])


def cut_cells(line: str) -> tuple[str, ...] | None:
    """Cut a line at its tabs or bars; None where it has none."""
    mark = "\t" if "\t" in line else "|"
    if mark not in line:
        return None
    cells = tuple(cell.strip() for cell in line.strip(mark).split(mark))
    return cells if len(cells) > 1 else None


def drawn_table(lines: Sequence[str]) -> Found | None:
    """Read a table whose rows kept their cells apart: two lines or more with the same number of cells, three at least
    where a bar parts only two.
    """
    rows: list[tuple[str, ...]] = []
    taken = 0
    for line in lines:
        cells = cut_cells(line)
        if cells is None or (rows and len(cells) != len(rows[0])):
            break
        taken += 1
        if not all(set(cell) <= set(":- ") for cell in cells):  # Markdown's rule under the header
            rows.append(cells)
    return Found(Table(rows[0], tuple(rows[1:])), taken) if len(rows) > 1 else None


def flat_table(lines: Sequence[str], lead_in: str | None) -> Found | None:
    """Rebuild a table printed cell by cell from the first of `lines` on; None where the evidence is too weak."""
    best: tuple[int, Found] | None = None
    for columns in range(2, MOST_COLUMNS + 1):
        header = tuple(lines[:columns])
        if len(header) < columns or not all(map(is_header_cell, header)):
            break
        rows = rows_below(lines, columns)
        if len(rows) < LEAST_ROWS:
            continue
        score = evidence(header, rows[:ROWS_JUDGED], lead_in)
        if score >= ENOUGH and (best is None or score > best[0]):
            best = score, Found(Table(header, tuple(rows)), columns * (len(rows) + 1))
    return best[1] if best else None


def is_header_cell(line: str) -> bool:
    """Say whether a line can head a column."""
    return size(line) <= HEADER_WORDS and not ends_sentence(line) and not is_lead_in(line) and line[:1].isalnum()


def rows_below(lines: Sequence[str], columns: int) -> list[tuple[str, ...]]:
    """Give the rows that fit below a header: a short first cell, and cells of at most a sentence."""
    rows: list[tuple[str, ...]] = []
    for start in range(columns, len(lines) - columns + 1, columns):
        row = tuple(lines[start : start + columns])
        if not is_row(row) or (rows and turns_to_prose(rows[0], row)):
            break
        rows.append(row)
    return rows


def turns_to_prose(first: Sequence[str], row: Sequence[str]) -> bool:
    """Say whether a row has running text where the first row has none: the table is over, and the text goes on."""
    return any(is_prose(cell) and not is_prose(above) for above, cell in zip(first, row, strict=True))


def is_row(row: Sequence[str]) -> bool:
    """Say whether lines can be the cells of one row."""
    first = row[0]
    if size(first) > FIRST_CELL_WORDS or ends_sentence(first) or is_lead_in(first) or strip_bullet(first) is not None:
        return False
    return all(size(cell) <= CELL_WORDS and not is_long(cell) and not is_lead_in(cell) for cell in row[1:])


def is_number(cell: str) -> bool:
    """Say whether a cell is a number, with its sign before or its unit behind it."""
    return NUMBER.match(cell) is not None


def evidence(header: Sequence[str], rows: Sequence[Sequence[str]], lead_in: str | None) -> int:
    """Weigh what speaks for a table: 2 for nouns that head columns, 2 for a lead-in that announces one, 2 for a column of
    numbers, 1 each for a first column that is shorter than the next and for a header shorter than its columns, 1 for no
    lead-in; 1 against for a lead-in that announces a list just as well.
    """
    score = 0
    nouns = sum(cell.split()[-1].casefold() in header_nouns() for cell in header)
    score += 2 if nouns * 2 >= len(header) else 0
    announced = lead_in is not None and not table_words().isdisjoint(words_of(lead_in))
    score += 2 if announced else 1 if lead_in is None else -1
    shares = [sum(is_number(row[column]) for row in rows) / len(rows) for column in range(len(header))]
    numeric = [share >= 0.75 for share in shares]
    score -= 3 * any(0.25 < share < 0.75 for share in shares)
    score += 2 if any(numeric[1:]) and not numeric[0] and not any(map(is_number, header)) else 0
    shorter = sum(len(row[0]) < len(row[1]) for row in rows)
    score += shorter * 4 >= len(rows) * 3 and not any(numeric)
    means = [sum(len(row[column]) for row in rows) / len(rows) for column in range(len(header))]
    score += all(len(cell) <= mean for cell, mean in zip(header, means, strict=True))
    labelled = sum(split_label(row[0]) is not None for row in rows)
    return score - 2 * (labelled * 2 > len(rows))


def words_of(text: str) -> set[str]:
    """Give the words of a lead-in's end, where a table is named."""
    return {word.strip(".,:;()").casefold() for word in text[-200:].split()}
