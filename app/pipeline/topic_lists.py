"""Finds the lists and tables in which an article enumerates, with the sentence that announces each."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from app.pipeline.article import Block, Heading, ListBlock, ListItem, Paragraph, Table, TopicEntry, TopicList
from app.pipeline.prose import is_lead_in
from app.pipeline.slug import slug
from app.pipeline.subjects import is_subject
from app.pipeline.vocabulary import vocabulary

LEAST_ENTRIES = 2
LEAST_LABELLED = 3
LONGEST_LEAD_IN = 2_000
"""Characters of a paragraph's end in which its last sentence is looked for."""
SENTENCE = re.compile(r"(?P<last>\w+)[.!?…][\"”’»)\]]*\s+(?=[\"“‘«(]*[^\W\d_a-z])|[。！？](?=.)")
"""Where one sentence ends and another begins, perhaps: abbreviations and initials are told apart by the word before."""


@dataclass(frozen=True, slots=True)
class Enumeration:
    """A topic list whose entries name whatever is written like a subject, and whether the article announces it as one."""

    found: TopicList
    announced: bool


def enumerations(blocks: Sequence[Block], language: str | None) -> Iterator[Enumeration]:
    """Give each list or table in which the article enumerates; lists of links, and of one entry, are none.

    Announced are those after a lead-in, those that follow right on an announced one, and labelled lists under a heading;
    any other counts only if half of its entries at least are written like subjects.
    """
    announced = False
    for number, block in enumerate(blocks):
        if not isinstance(block, ListBlock | Table):
            announced = False
            continue
        before = blocks[number - 1] if number else None
        lead_in = lead_in_of(before, language)
        entries = entries_of(block, language)
        if len(entries) < LEAST_ENTRIES or (lead_in is not None and announces_links(lead_in, language)):
            announced = False
            continue
        announced = announced or lead_in is not None or (isinstance(before, Heading) and is_labelled(block))
        if announced or sum(entry.topic is not None for entry in entries) * 2 >= len(entries):
            yield Enumeration(TopicList(lead_in, number, entries), announced)


def entries_of(block: ListBlock | Table, language: str | None) -> tuple[TopicEntry, ...]:
    """Give the entries of a list or table; a label that labels several of a list is a speaker or a field, no subject."""
    if isinstance(block, Table):
        return tuple(row_entry(row, language) for row in block.rows)
    labels = [item.label for item in block.items if item.label]
    seen = set(labels)
    if len(seen) < len(labels):
        return tuple(
            TopicEntry(None, item.label or item.text, item.text if item.label else None) for item in block.items
        )
    return tuple(item_entry(item, language) for item in block.items)


def item_entry(item: ListItem, language: str | None) -> TopicEntry:
    """Turn a list item into an entry; an item without label is its own label."""
    label, detail = (item.label, item.text) if item.label else (item.text, None)
    return TopicEntry(slug(label) if is_subject(label, language) else None, label, detail)


def row_entry(row: Sequence[str], language: str | None) -> TopicEntry:
    """Turn a table's row into an entry: the first cell is the label, the others are its detail."""
    detail = " | ".join(cell for cell in row[1:] if cell) or None
    return TopicEntry(slug(row[0]) if is_subject(row[0], language) else None, row[0], detail)


def is_labelled(block: ListBlock | Table) -> bool:
    """Say whether every item of a list of some length has a label."""
    return (
        isinstance(block, ListBlock) and len(block.items) >= LEAST_LABELLED and all(item.label for item in block.items)
    )


def lead_in_of(block: Block | None, language: str | None) -> str | None:
    """Give the sentence of the paragraph before that announces what follows: it ends with a colon, or says so."""
    if not isinstance(block, Paragraph):
        return None
    last = last_sentence(block.text)
    announcements = vocabulary("topics")["announcements"]
    known = {*announcements.get(language or "en", ()), *announcements["en"]}
    return last if is_lead_in(last) or any(phrase in last.casefold() for phrase in known) else None


def last_sentence(text: str) -> str:
    """Give the last sentence of a paragraph."""
    end = text[-LONGEST_LEAD_IN:].strip()
    start = 0
    for found in SENTENCE.finditer(end):
        word = found["last"]
        if word is None or not ((len(word) == 1 and word.isalpha()) or word.casefold() in abbreviations()):
            start = found.end()
    return end[start:]


@cache
def abbreviations() -> frozenset[str]:
    """Give the words that are written with a full stop inside a sentence."""
    return frozenset(vocabulary("repair")["abbreviations"])


def announces_links(lead_in: str, language: str | None) -> bool:
    """Say whether a lead-in announces links to other pages, no list of the article's own."""
    links = vocabulary("topics")["links"]
    folded = lead_in.casefold().lstrip(" \"'“„«*•–—-")
    return folded.startswith((*links.get(language or "en", ()), *links["en"])) and len(lead_in) <= 120
