"""Pulls out what an article is about: the lists and tables that enumerate subjects, and one topic for each subject.

Scores: 0.9 what the sender declares, 0.8 an entry of a list or table, 0.6 a heading, 0.5 an enumeration in running
text; each further origin adds a third of what is missing to 1, mentions up to a quarter of it.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from app.pipeline.article import (
    Block,
    Heading,
    ListBlock,
    ListItem,
    Paragraph,
    Table,
    Topic,
    TopicEntry,
    TopicList,
    TopicOrigin,
)
from app.pipeline.prose import is_lead_in
from app.pipeline.slug import fold, plain, slug
from app.pipeline.structure import render_block
from app.pipeline.subjects import best_written, boilerplate, cleaned, is_subject
from app.pipeline.vocabulary import vocabulary

MOST_DECLARED = 200
MOST_FOUND = 40
MOST_DECLARED_CHARACTERS = 100
ORDER: tuple[TopicOrigin, ...] = ("declared", "list", "table", "heading", "text", "place", "organisation", "person")
BASE: dict[TopicOrigin, float] = {"declared": 0.9, "list": 0.8, "table": 0.8, "heading": 0.6, "text": 0.5}
SENTENCE = re.compile(r"(?<=[^\W\d_]{2}[.!?…])[\"”’»)\]]*\s+(?=[\"“‘«(]*[^\W\d_a-z])")
WORD = re.compile(r"[^\W_]+")
ENUMERATED = re.compile(r"[^.!?;:]{3,400}")
ARTICLE = re.compile(
    r"\s(?:the|an?|der|die|das|des|dem|les?|las?|los|el|il|lo|gli|os?|as?|het|een|du|del|della|da|do)\s", re.IGNORECASE
)
"""A heading with an article inside ("Context of the Talks") tells of a part of the text, and names no subject."""
MOST_MENTION_WORDS = 8


@dataclass(frozen=True, slots=True)
class Subjects:
    """The topics of an article, best first, and its topic lists in the order of its blocks."""

    topics: tuple[Topic, ...]
    topic_lists: tuple[TopicList, ...]


@dataclass(slots=True)
class Gathered:
    """What is known of one subject while it is gathered."""

    labels: list[str] = field(default_factory=list)
    origins: set[TopicOrigin] = field(default_factory=set)


def topics(blocks: Sequence[Block], declared: Sequence[str], *, language: str | None, source: str | None) -> Subjects:
    """Find an article's topic lists and topics, each subject once."""
    lists = tuple(topic_lists(blocks, language))
    gathered: defaultdict[str, Gathered] = defaultdict(Gathered)
    own_name = slug(source or "")
    for label, origin in labels(blocks, declared, lists, language):
        key = fold(label, language)
        if key and slug(label) != own_name:
            gathered[key].labels.append(label)
            gathered[key].origins.add(origin)
    counts = mentions(blocks, gathered, language)
    made = [topic_of(key, found, counts.get(key, 0)) for key, found in gathered.items()]
    made.sort(key=lambda topic: (-topic.score, topic.label))
    stated = [topic for topic in made if "declared" in topic.origins][:MOST_DECLARED]
    found = [topic for topic in made if "declared" not in topic.origins][:MOST_FOUND]
    kept = sorted([*stated, *found], key=lambda topic: (-topic.score, topic.label))
    return Subjects(one_of_each_slug(kept), lists)


def one_of_each_slug(made: Sequence[Topic]) -> tuple[Topic, ...]:
    """Keep the best topic of each slug; two folds share one only where punctuation parted them."""
    return tuple({topic.slug: topic for topic in reversed(made)}[slug] for slug in dict.fromkeys(t.slug for t in made))


def labels(
    blocks: Sequence[Block], declared: Sequence[str], lists: Sequence[TopicList], language: str | None
) -> Iterator[tuple[str, TopicOrigin]]:
    """Give every label that names a subject, with where it is printed; what the sender declares first."""
    yield from ((cleaned(label), "declared") for label in declared if cleaned(label) and is_declared(label))
    for found in lists:
        origin: TopicOrigin = "table" if isinstance(blocks[found.block], Table) else "list"
        yield from ((entry.label, origin) for entry in found.entries if entry.topic is not None)
    for block in blocks:
        if isinstance(block, Heading) and block.level > 1:
            part = block.text.partition(":")[0]
            if is_subject(part, language) and ARTICLE.search(part) is None:
                yield part, "heading"
        elif isinstance(block, Paragraph):
            yield from ((label, "text") for label in enumerated(block.text, language))


def is_declared(label: str) -> bool:
    """Say whether a declared topic is one, and no site's boilerplate."""
    return len(label) <= MOST_DECLARED_CHARACTERS and slug(label) != "" and slug(label) not in boilerplate()


def topic_lists(blocks: Sequence[Block], language: str | None) -> Iterator[TopicList]:
    """Give each list or table in which the article enumerates subjects, with the sentence that leads in to it."""
    for number, block in enumerate(blocks):
        if isinstance(block, ListBlock):
            entries = tuple(item_entry(item, language) for item in block.items)
        elif isinstance(block, Table):
            entries = tuple(row_entry(row, language) for row in block.rows)
        else:
            continue
        lead_in = lead_in_of(blocks[number - 1] if number else None, language)
        if lead_in is not None or any(entry.topic for entry in entries):
            yield TopicList(lead_in, number, entries)


def item_entry(item: ListItem, language: str | None) -> TopicEntry:
    """Turn a list item into an entry; an item without label is its own label."""
    label, detail = (item.label, item.text) if item.label else (item.text, None)
    return TopicEntry(slug(label) if is_subject(label, language) else None, label, detail)


def row_entry(row: Sequence[str], language: str | None) -> TopicEntry:
    """Turn a table's row into an entry: the first cell is the label, the others are its detail."""
    detail = " | ".join(cell for cell in row[1:] if cell) or None
    return TopicEntry(slug(row[0]) if is_subject(row[0], language) else None, row[0], detail)


def lead_in_of(block: Block | None, language: str | None) -> str | None:
    """Give the sentence of the paragraph before that announces what follows: it ends with a colon, or says so."""
    if not isinstance(block, Paragraph):
        return None
    last = SENTENCE.split(block.text[-600:])[-1]
    announcements = vocabulary("topics")["announcements"]
    known = [*announcements.get(language or "en", ()), *announcements["en"]]
    return last if is_lead_in(last) or any(phrase in last.casefold() for phrase in known) else None


def enumerated(text: str, language: str | None) -> Iterator[str]:
    """Give the subjects that running text enumerates after words that announce subjects ("issues include a, b and c")."""
    openings = vocabulary("topics")["enumerations"].get(language or "en", ())
    folded = text[:20_000].casefold()
    for opening in openings:
        at = folded.find(opening)
        if at < 0 or not (found := ENUMERATED.match(text, at + len(opening))):
            continue
        parts = re.split(r",\s*(?:and|und|et|y|e|en)?\s*|\s+(?:and|und|et|y)\s+", found[0].strip(" :,"))
        if len(parts) >= 3:
            yield from (part for part in parts if is_subject(part, language))


def mentions(blocks: Sequence[Block], keys: dict[str, Gathered], language: str | None) -> dict[str, int]:
    """Count how often each subject is printed, in one walk over the words: the longest phrase that fits counts."""
    phrases = {tuple(key.split()): key for key in keys if key}
    starts = defaultdict(set)
    for phrase in phrases:
        if len(phrase) <= MOST_MENTION_WORDS:
            starts[phrase[0]].add(len(phrase))
            if len(phrase) == 1:
                starts[phrase[0] + "s"].add(1)
    counts: dict[str, int] = defaultdict(int)
    words = WORD.findall(plain("\n".join(map(render_block, blocks)))) if phrases else []
    for place, word in enumerate(words):
        for length in sorted(starts.get(word, starts.get(fold(word, language), ())), reverse=True):
            key = phrases.get(tuple(fold(" ".join(words[place : place + length]), language).split()))
            if key is not None:
                counts[key] += 1
                break
    return counts


def topic_of(key: str, found: Gathered, count: int) -> Topic:
    """Make the topic of a gathered subject."""
    origins = tuple(origin for origin in ORDER if origin in found.origins)
    score = max(BASE[origin] for origin in origins)
    for _ in origins[1:]:
        score += (1 - score) / 3
    score += (1 - score) / 4 * min(count, 8) / 8
    label = best_written(found.labels)
    return Topic(slug(label), label, round(score, 3), origins, count, key)
