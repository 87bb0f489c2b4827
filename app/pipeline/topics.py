"""Pulls out what an article is about: the lists that enumerate subjects, and one topic for each subject.

Scores: 0.9 what the sender declares, 0.8 an entry of a list or table, 0.6 a heading, 0.5 what running text enumerates;
each further origin adds a third of what is missing to 1, mentions up to a quarter of it (eight and more are all). Where
nothing is declared, what the text speaks of most is inferred (`inferred.py`), with scores of its own.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from app.pipeline.acronyms import definitions, is_small_word
from app.pipeline.article import Acronym, Block, Heading, Paragraph, Table, Topic, TopicEntry, TopicList, TopicOrigin
from app.pipeline.enumerations import enumerated
from app.pipeline.inferred import NOTHING, Context, inferred
from app.pipeline.mentions import Mentions, mentions
from app.pipeline.sites import folded
from app.pipeline.slug import fold, slug
from app.pipeline.structure import render_block
from app.pipeline.subjects import best_written, boilerplate, cleaned, has_article_inside, is_subject
from app.pipeline.topic_lists import Enumeration, enumerations

MOST_DECLARED = 200
MOST_FOUND = 40
MOST_LABELS = 2_000
"""Labels of an article that are read at all; a list of more is a catalogue."""
MOST_DECLARED_CHARACTERS = 100
MOST_MENTIONS = 8
ORDER: tuple[TopicOrigin, ...] = ("declared", "list", "table", "heading", "text")
BASE: Mapping[TopicOrigin, float] = {"declared": 0.9, "list": 0.8, "table": 0.8, "heading": 0.6, "text": 0.5}
"""The score that a topic of each origin begins with."""


@dataclass(frozen=True, slots=True)
class Subjects:
    """The topics of an article, best first, and its topic lists in the order of its blocks.

    A topic list's entry names one of these topics, or none. `vocabulary` is empty where no topics were inferred; `acronyms`
    are those that the text says the meaning of.
    """

    topics: tuple[Topic, ...]
    topic_lists: tuple[TopicList, ...]
    vocabulary: frozenset[str] = frozenset()
    acronyms: tuple[Acronym, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """A printed label of a subject; one that is not sure counts only if running text names the subject too."""

    text: str
    origin: TopicOrigin
    sure: bool = True


@dataclass(slots=True)
class Gathered:
    """What is known of one subject while it is gathered: its spellings, best first, and where they were read."""

    labels: list[str] = field(default_factory=list)
    origins: set[TopicOrigin] = field(default_factory=set)
    sure: bool = False


def topics(blocks: Sequence[Block], declared: Sequence[str], context: Context) -> Subjects:
    """Find an article's topic lists and topics, each subject once, ordered by score and then by label.

    At most 200 declared topics and 40 found ones; of equals those that come first in the article are kept. Where none are
    declared but boilerplate, as many are inferred as `context.inference` leaves room for beside those that were found.
    """
    language, inference = context.language, context.inference
    lists = tuple(enumerations(blocks, language))
    lines = [line for line in chain.from_iterable(map(lines_of, blocks)) if line != context.title]
    acronyms = definitions(lines, language)
    same = {fold(pair.label, language): pair for pair in acronyms}
    gathered = gather(labels(blocks, declared, lists, language), language, context.own)
    merged = joined(gathered, same, language)
    counted = mentions(blocks, spellings(gathered, same, language), language)
    made = [topic_of(key, found, counted) for key, found in gathered.items() if is_sure(key, found, counted)]
    made.sort(key=lambda topic: -topic.score)
    stated = [topic for topic in made if "declared" in topic.origins][:MOST_DECLARED]
    others = [topic for topic in made if "declared" not in topic.origins][:MOST_FOUND]
    kept = one_of_each_slug([*stated, *others])
    found = NOTHING
    if not stated:
        room = replace(inference, most=max(0, inference.most - len(kept)))
        known = {topic.fold for topic in kept}
        known |= {other for pair in folds(same, language) for other in pair if not known.isdisjoint(pair)}
        found = inferred(lines, replace(context, inference=room), known, acronyms)
        kept = one_of_each_slug([*kept, *found.topics])
    slugs = {topic.fold: topic.slug for topic in kept}
    slugs |= {key: slugs[other] for key, other in merged.items() if other in slugs}
    named = [(with_topics(enumeration.found, slugs, language), enumeration.announced) for enumeration in lists]
    return Subjects(
        tuple(sorted(kept, key=lambda topic: (-topic.score, topic.label))),
        tuple(listed for listed, announced in named if announced or any(entry.topic for entry in listed.entries)),
        found.vocabulary,
        acronyms,
    )


def lines_of(block: Block) -> Sequence[str]:
    """Give the running text of a block, line by line; a table has none."""
    return () if isinstance(block, Table) else render_block(block).split("\n")


def labels(
    blocks: Sequence[Block], declared: Sequence[str], lists: Sequence[Enumeration], language: str | None
) -> Iterator[Label]:
    """Give every label that names a subject, with where it is printed; what the sender declares first."""
    yield from (Label(cleaned(label), "declared") for label in declared if is_declared(cleaned(label)))
    for enumeration in lists:
        origin: TopicOrigin = "table" if isinstance(blocks[enumeration.found.block], Table) else "list"
        for entry in enumeration.found.entries:
            if entry.topic is not None:
                yield Label(entry.label, origin, enumeration.announced)
    for block in blocks:
        if isinstance(block, Heading) and block.level > 1:
            part = block.text.partition(":")[0]
            if is_subject(part, language) and not has_article_inside(part, language):
                yield Label(part, "heading", sure=False)
        elif isinstance(block, Paragraph):
            yield from (Label(label, "text") for label in enumerated(block.text, language))


def is_declared(label: str) -> bool:
    """Say whether a declared topic is one, and no site's boilerplate."""
    return len(label) <= MOST_DECLARED_CHARACTERS and slug(label) != "" and slug(label) not in boilerplate()


def gather(found: Iterator[Label], language: str | None, own: frozenset[str]) -> dict[str, Gathered]:
    """Bring the labels of each subject together under its fold, in the order in which they come."""
    gathered: defaultdict[str, Gathered] = defaultdict(Gathered)
    for number, label in enumerate(found):
        if number >= MOST_LABELS:
            break
        key = fold(label.text, language)
        if key and folded(label.text) not in own:
            subject = gathered[key]
            subject.labels.append(label.text)
            subject.origins.add(label.origin)
            subject.sure = subject.sure or label.sure
    return gathered


def folds(same: Mapping[str, Acronym], language: str | None) -> Iterator[tuple[str, str]]:
    """Give the folds of each acronym and its meaning."""
    return ((key, fold(pair.meaning, language)) for key, pair in same.items())


def joined(gathered: dict[str, Gathered], same: Mapping[str, Acronym], language: str | None) -> dict[str, str]:
    """Make one subject of an acronym and its meaning where both are labels; give the fold that went, and into which.

    It goes by its long name, unless the sender declares the acronym alone: what a publisher calls its subject stays.
    """
    merged: dict[str, str] = {}
    for short, long in folds(same, language):
        if short == long or short not in gathered or long not in gathered:
            continue
        both = gathered[short], gathered[long]
        declared = ["declared" in found.origins for found in both]
        kept, gone = (short, long) if declared == [True, False] else (long, short)
        subject, other = gathered[kept], gathered.pop(gone)
        subject.origins |= other.origins
        subject.sure = subject.sure or other.sure
        merged[gone] = kept
    return merged


def spellings(
    gathered: Mapping[str, Gathered], same: Mapping[str, Acronym], language: str | None
) -> dict[str, list[str]]:
    """Give how each subject may be named: by its labels, and by what the text says is the same.

    Not by an acronym that is a small word too, as case is not looked at ("WHO").
    """
    found = {key: list(subject.labels) for key, subject in gathered.items()}
    for short, long in folds(same, language):
        if short in found:
            found[short].append(same[short].meaning)
        elif long in found and not is_small_word(same[short].label, language):
            found[long].append(same[short].label)
    return found


def is_sure(key: str, found: Gathered, counted: Mentions) -> bool:
    """Say whether a subject is one of the article: an unsure label must be named in running text, a single word twice."""
    return found.sure or counted.running[key] >= (1 if " " in key else 2)


def topic_of(key: str, found: Gathered, counted: Mentions) -> Topic:
    """Make the topic of a gathered subject; `text` is among its origins where running text names it."""
    named = {*found.origins, "text"} if counted.running[key] else found.origins
    origins = tuple(origin for origin in ORDER if origin in named)
    score = max(BASE[origin] for origin in origins)
    for _ in origins[1:]:
        score += (1 - score) / 3
    score += (1 - score) / 4 * min(counted.anywhere[key], MOST_MENTIONS) / MOST_MENTIONS
    label = best_written(found.labels)
    return Topic(slug(label), label, round(score, 3), origins, counted.anywhere[key], key)


def one_of_each_slug(made: Sequence[Topic]) -> tuple[Topic, ...]:
    """Keep the first topic of each slug; two folds share one only where "&" parted them."""
    kept: dict[str, Topic] = {}
    for topic in made:
        kept.setdefault(topic.slug, topic)
    return tuple(kept.values())


def with_topics(found: TopicList, slugs: Mapping[str, str], language: str | None) -> TopicList:
    """Give a topic list whose entries name the article's topics, by whatever spelling the entry has."""

    def named(entry: TopicEntry) -> TopicEntry:
        return replace(entry, topic=slugs.get(fold(entry.label, language)) if entry.topic is not None else None)

    return replace(found, entries=tuple(map(named, found.entries)))
