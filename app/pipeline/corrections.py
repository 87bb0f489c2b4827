"""What an editor says of an article, laid over what the pipeline reads; pure.

A correction holds until it is taken back: it is laid over each arrival of the article, and over what processing again
makes of it. What was read last is kept beside it, so that the article can show that again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, TypeVar

from app.pipeline import changes
from app.pipeline.article import Article, Code, Evidence, Precision, Topic, TopicEntry, TopicList, Zone
from app.pipeline.changes import Intent, Known, Sight
from app.pipeline.fingerprint import revision_hash
from app.pipeline.slug import fold, slug

Value = TypeVar("Value")
Field = Literal["authors", "published_at", "topics"]
FIELDS: Final[tuple[Field, ...]] = ("authors", "published_at", "topics")
LONGEST_QUOTE: Final = 200


@dataclass(frozen=True, slots=True)
class Published:
    """When an article was published, as an editor says it; `quote` is how they wrote it."""

    at: datetime
    precision: Precision
    zone: Zone
    quote: str


@dataclass(frozen=True, slots=True)
class Said:
    """What an editor says of an article; of a field that is None, nothing."""

    authors: tuple[str, ...] | None = None
    published_at: Published | None = None
    topics: tuple[str, ...] | None = None

    @property
    def fields(self) -> frozenset[Field]:
        """The fields that something is said of."""
        return frozenset(name for name in FIELDS if getattr(self, name) is not None)


@dataclass(frozen=True, slots=True)
class Read:
    """What the pipeline read last for the fields that can be corrected, with their evidence."""

    authors: tuple[str, ...]
    published_at: datetime | None
    published_precision: Precision | None
    published_zone: Zone | None
    topics: tuple[Topic, ...]
    topic_lists: tuple[TopicList, ...]
    codes: tuple[Code, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """What an editor says of an article, and what was last read of it; `read_hash` is the `field_hash` of that."""

    said: Said
    read: Read
    read_hash: bytes


@dataclass(frozen=True, slots=True)
class Wish:
    """What an editor asks for: new values, and fields whose correction is taken back."""

    said: Said = Said()
    taken_back: frozenset[Field] = frozenset()


@dataclass(frozen=True, slots=True)
class Decided:
    """What an arrival comes to, the article that it shows, and the correction where it moves on."""

    intent: Intent
    article: Article
    moved: Correction | None = None


def corrected(article: Article, correction: Correction) -> Article:
    """Lay a correction over what the pipeline reads; its own evidence stays, as not chosen. Doing it again changes nothing."""
    said = correction.said
    made = replace(article, evidence=tuple(evidence_of(article.evidence, said)))
    if said.authors is not None:
        made = replace(made, authors=said.authors)
    if (date := said.published_at) is not None:
        made = replace(made, published_at=date.at, published_precision=date.precision, published_zone=date.zone)
    if said.topics is not None:
        found = topics_of(said.topics, article)
        lists = tuple(naming(one, found, article.language) for one in article.topic_lists)
        made = replace(made, topics=found, topic_lists=lists, codes=())
    return replace(made, field_hash=shown_hash(made))


def shown_hash(article: Article) -> bytes:
    """Give the `field_hash` of an article as it shows; topics by what it prints, as the pipeline has them."""
    printed = [slug(topic.label) for topic in article.topics]
    return revision_hash(article.title, article.text, article.authors, article.published_at, printed)


def evidence_of(found: Sequence[Evidence], said: Said) -> Iterator[Evidence]:
    """Put the editor's word first; of the fields that it is about nothing else is chosen."""
    for name in said.authors or ():
        yield editors("authors", name, name)
    if (date := said.published_at) is not None:
        value = date.at.isoformat().replace("+00:00", "Z")
        yield replace(editors("published_at", value, date.quote), precision=date.precision, zone=date.zone)
    for label in said.topics or ():
        yield editors("topics", label, label)
    for one in found:
        if one.field not in said.fields:
            yield one
        elif one.origin != "editor":
            yield replace(one, chosen=False)


def editors(field: Field, value: str, quote: str) -> Evidence:
    """Give an editor's word as evidence."""
    return Evidence(field, value, "editor", quote[:LONGEST_QUOTE], 1.0, chosen=True)


def topics_of(labels: Sequence[str], article: Article) -> tuple[Topic, ...]:
    """Make topics of an editor's labels, each subject once; how often the article names one is known where it was read."""
    named = {topic.fold: topic.mentions for topic in article.topics}
    made: dict[str, Topic] = {}
    for label in labels:
        key, name = fold(label, article.language), slug(label)
        if name not in {topic.slug for topic in made.values()}:
            made.setdefault(key, Topic(name, label, 1.0, ("declared",), named.get(key, 0), key))
    return tuple(made.values())


def naming(found: TopicList, topics: Sequence[Topic], language: str | None) -> TopicList:
    """Let a topic list's entries name these topics, by whatever spelling, or none."""
    slugs: Mapping[str, str] = {topic.fold: topic.slug for topic in topics}

    def named(entry: TopicEntry) -> TopicEntry:
        return replace(entry, topic=slugs.get(fold(entry.label, language)))

    return replace(found, entries=tuple(map(named, found.entries)))


def read_of(article: Article) -> Read:
    """Give what the pipeline read for the fields that can be corrected."""
    return Read(
        authors=article.authors,
        published_at=article.published_at,
        published_precision=article.published_precision,
        published_zone=article.published_zone,
        topics=article.topics,
        topic_lists=article.topic_lists,
        codes=article.codes,
        evidence=tuple(one for one in article.evidence if one.field in FIELDS),
    )


def as_read(article: Article, correction: Correction) -> Article:
    """Give a corrected article as the pipeline last read it."""
    read = correction.read
    others = (one for one in article.evidence if one.field not in FIELDS)
    return replace(
        article,
        authors=read.authors,
        published_at=read.published_at,
        published_precision=read.published_precision,
        published_zone=read.published_zone,
        topics=read.topics,
        topic_lists=read.topic_lists,
        codes=read.codes,
        evidence=(*others, *read.evidence),
        field_hash=correction.read_hash,
    )


def amended(article: Article, before: Correction | None, wish: Wish) -> tuple[Article, Correction | None]:
    """Fulfil an editor's wish about an article as it shows; give what it shows then, and the correction, if one is left."""
    base = article if before is None else as_read(article, before)
    old = Said() if before is None else before.said
    said = Said(
        authors=after("authors", wish, wish.said.authors, old.authors),
        published_at=after("published_at", wish, wish.said.published_at, old.published_at),
        topics=after("topics", wish, wish.said.topics, old.topics),
    )
    if not said.fields:
        return base, None
    correction = Correction(said, read_of(base), base.field_hash)
    return corrected(base, correction), correction


def after(field: Field, wish: Wish, said: Value | None, before: Value | None) -> Value | None:
    """Give what is said of a field once a wish is fulfilled."""
    if field in wish.taken_back:
        return None
    return before if said is None else said


def decide(article: Article, received_at: datetime, known: Known | None, correction: Correction | None) -> Decided:
    """Decide about one arrival as `changes.decide` does, with what an editor says of the article laid over it.

    An arrival that says what was read before changes nothing. What it says otherwise under a correction is no change to
    be seen, and is what a later taking back shows.
    """
    if known is None or correction is None:
        return Decided(changes.decide(article, received_at, known), article)
    shown = corrected(article, correction)
    if article.field_hash == correction.read_hash:
        return Decided(Sight(), shown)
    moved = moved_on(correction, article) if changes.supersedes(article, received_at, known) else None
    return Decided(changes.decide(shown, received_at, known), shown, moved)


def moved_on(correction: Correction, article: Article) -> Correction:
    """Give a correction with what the pipeline reads now."""
    return Correction(correction.said, read_of(article), article.field_hash)
