"""Rebuilds lists: bulleted, numbered, of labelled lines, or bare lines after a lead-in."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.pipeline.article import ListBlock, ListItem
from app.pipeline.prose import ends_sentence, is_lead_in, is_long, is_prose, size, split_label, strip_bullet

ITEM_WORDS = 40
LABEL_LINE_WORDS = 60
LEAST_LETTERS = 3


@dataclass(frozen=True, slots=True)
class FoundList:
    """A list, and how many lines it took."""

    block: ListBlock
    lines: int


def bulleted_list(lines: Sequence[str], *, announced: bool) -> FoundList | None:
    """Read items that kept their bullets or numbers; a single one only after a lead-in."""
    items = []
    for line in lines:
        item = strip_bullet(line)
        if item is None or size(item) > LABEL_LINE_WORDS:
            break
        items.append(item)
    if len(items) < (1 if announced else 2):
        return None
    return FoundList(ListBlock(labelled_items(items)), len(items))


def labelled_list(lines: Sequence[str], *, announced: bool) -> FoundList | None:
    """Read lines of `Label: text` that follow one another; all end as the first does, or a heading would be taken in."""
    items: list[str] = []
    for line in lines:
        if split_label(line) is None or is_lead_in(line) or size(line) > LABEL_LINE_WORDS:
            break
        if items and ends_sentence(line) != ends_sentence(items[0]):
            break
        items.append(line)
    if len(items) < (2 if announced else 3 if not items or not ends_sentence(items[0]) else 2):
        return None
    return FoundList(ListBlock(labelled_items(items)), len(items))


def bare_list(lines: Sequence[str]) -> FoundList | None:
    """Read the bare lines after a lead-in, as long as they are parallel: all fragments, or all single sentences."""
    items: list[str] = []
    for line in lines:
        if is_long(line) or size(line) > ITEM_WORDS or is_lead_in(line) or strip_bullet(line) is not None:
            break
        if items and ends_sentence(line) != ends_sentence(items[0]):
            break
        items.append(line)
    following = lines[len(items)] if len(items) < len(lines) else None
    if len(items) > 1 and following is not None and is_prose(following) and stands_out(items[-1], items[:-1]):
        items.pop()
    if len(items) < 2:
        return None
    return FoundList(ListBlock(labelled_items(items)), len(items))


def stands_out(line: str, items: Sequence[str]) -> bool:
    """Say whether a line before running text is a heading, and no item: its words begin large while the items' do not."""
    return large_share(line) >= 0.75 and sum(map(large_share, items)) / len(items) <= 0.6


def large_share(text: str) -> float:
    """Give the share of a line's longer words that begin with a large letter."""
    words = [word for word in text.split() if len(word) > LEAST_LETTERS and word[0].isalpha()]
    return sum(word[0].isupper() for word in words) / len(words) if words else 0.0


def labelled_items(items: Sequence[str]) -> tuple[ListItem, ...]:
    """Part labels from texts where most items have one; a label takes the capital that its siblings have."""
    parted = [split_label(item) for item in items]
    labels = [pair[0] for pair in parted if pair]
    if len(labels) * 2 < len(items):
        return tuple(ListItem(None, item) for item in items)
    large = sum(label[0].isupper() for label in labels) * 2 > len(labels)
    return tuple(
        ListItem(capital(pair[0]) if large else pair[0], pair[1]) if pair else ListItem(None, item)
        for pair, item in zip(parted, items, strict=True)
    )


def capital(label: str) -> str:
    """Give a label with its first letter large, unless it is written like "iPhone"."""
    first = label.split(maxsplit=1)[0]
    return label[0].upper() + label[1:] if first.islower() and len(label[0].upper()) == 1 else label
