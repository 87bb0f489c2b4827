"""Counts how often an article names its subjects, in one walk over its words."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from app.pipeline.article import Block, Paragraph
from app.pipeline.prose import WIDE, is_prose
from app.pipeline.slug import parted, singular, words, written_out
from app.pipeline.structure import render_block

LONGEST_PHRASE = 10
READ = 1_000_000
"""Characters of an article in which subjects are counted: more than a book has."""
WIDE_PARTS = re.compile(f"{WIDE.pattern}|(?:(?!{WIDE.pattern}).)+")


@dataclass(slots=True)
class Node:
    """One word of the phrases that begin alike: the words that may follow, and the subjects named when it is reached."""

    following: dict[str, "Node"] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Mentions:
    """How often each subject is named: anywhere in the article, and in its running text."""

    anywhere: Counter[str]
    running: Counter[str]


def tokens(text: str, language: str | None) -> list[str]:
    """Give a text's words in the singular; where a script has no spaces, its characters."""
    return [singular(part, language) for word in words(text) for part in parts_of(word)]


def lines_of_tokens(text: str, language: str | None) -> Iterator[list[str]]:
    """Give the same for each line of a long text, looking each of its words up once."""
    lines = [parted(line) for line in written_out(text).split("\n")]
    if not text.isascii() and WIDE.search(text):
        lines = [list(chain.from_iterable(map(parts_of, line))) for line in lines]
    known = {word: singular(word, language) for word in set(chain.from_iterable(lines))}
    return ([known[word] for word in line] for line in lines)


def parts_of(word: str) -> Iterable[str]:
    """Cut a word of a script without spaces into characters; any other stays whole."""
    return (word,) if word.isascii() or not WIDE.search(word) else WIDE_PARTS.findall(word)


def mentions(blocks: Sequence[Block], labels: Mapping[str, Iterable[str]], language: str | None) -> Mentions:
    """Count whole phrases, those within longer ones too; `labels` gives the spellings of each subject by its key.

    Counts in the first million characters, and phrases of at most ten words (or characters of a script without spaces).
    """
    counted = Mentions(Counter(), Counter())
    root = tree(labels, language)
    if not root.following:
        return counted
    texts = [render_block(block) for block in blocks]
    lines = lines_of_tokens("\n".join(texts)[:READ], language)
    for block, text in zip(blocks, texts, strict=True):
        found = list(chain.from_iterable(islice(lines, text.count("\n") + 1)))
        if root.following.keys().isdisjoint(found):
            continue
        running = isinstance(block, Paragraph) and is_prose(block.text)
        for key in named(found, root):
            counted.anywhere[key] += 1
            counted.running[key] += running
    return counted


def tree(labels: Mapping[str, Iterable[str]], language: str | None) -> Node:
    """Put the spellings of all subjects into one tree of words."""
    root = Node()
    for key, spellings in labels.items():
        for phrase in {tuple(tokens(spelling, language)) for spelling in spellings}:
            if 0 < len(phrase) <= LONGEST_PHRASE:
                node = root
                for word in phrase:
                    node = node.following.setdefault(word, Node())
                node.keys.add(key)
    return root


def named(found: Sequence[str], root: Node) -> Iterator[str]:
    """Give the key of each subject at each place that names it; looks at no more words than the longest phrase has."""
    first = root.following
    for place, word in enumerate(found):
        if word not in first:
            continue
        node: Node | None = first[word]
        following = place + 1
        while node is not None:
            yield from node.keys
            node = node.following.get(found[following]) if node.following and following < len(found) else None
            following += 1
