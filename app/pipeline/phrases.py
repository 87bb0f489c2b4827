"""Collects the phrases that an article may be about, with what its text tells of each; pure counting, no judgement."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from app.pipeline.acronyms import meanings_of
from app.pipeline.article import Acronym
from app.pipeline.chunks import Cutter
from app.pipeline.phrase_places import (
    Index,
    Place,
    is_core,
    is_large,
    is_named,
    longer_counts,
    people_of,
    pieces_of,
    places_of,
)

MOST_CHARACTERS = 30_000
"""Of the text that is read: the subjects of a longer one are named before."""
EARLY = 0.1
"""Share of the text in which a phrase that is there once may stand."""
NAMED_EARLY = 0.3
"""The same for a name."""
LEAST_SHORT = 3
"""Letters of a single word that is not all capitals."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase that an article may be about, and what its text tells of it.

    `key` is its words in the singular; `words` those that are no joints. `count` is how often it stands there (a person's
    surname alone counts too), `first` and `last` the number of the word where it begins; the shares are of `count`:
    `alone` where it is all that stands between small words and marks, `head` where it stands as nouns do, `nominal`
    behind a word that wants a noun, `begun` where its first word is large, `large` where capitals say something and all its
    words are, `within` in the longer phrase that most often holds it.
    """

    key: str
    labels: Mapping[str, int]
    words: tuple[str, ...]
    joined: bool
    count: int
    sentences: int
    first: int
    last: int
    alone: float
    head: float
    nominal: float
    begun: float
    large: float | None
    within: float


@dataclass(frozen=True, slots=True)
class Phrases:
    """The phrases of an article, its size in words and sentences, and the keys of all its words, for the background."""

    found: tuple[Phrase, ...]
    words: int
    sentences: int
    vocabulary: frozenset[str]


def phrases(headline: str, lines: Sequence[str], language: str | None, acronyms: Sequence[Acronym] = ()) -> Phrases:
    """Collect the phrases of a text: those that come again, and those at its beginning.

    A phrase of several words that stands in a longer one only is none, and what the headline alone has: it is half a sentence,
    without the small words that tell its verbs. An acronym counts for its meaning, and goes by its name.
    """
    cutter = Cutter(language, [acronym.label for acronym in acronyms])
    cutter.cut(headline[:MOST_CHARACTERS])
    index = Index(cutter.stretches, len(cutter.stretches))
    left = MOST_CHARACTERS
    for line in lines:
        if left <= 0:
            break
        cutter.cut(line[:left])
        left -= len(line)
    index.capital_nouns = cutter.rules.large_nouns
    index.places = places_of(cutter.stretches)
    size = max(1, cutter.words)
    named = {key for key, places in index.places.items() if is_named(cutter.stretches, places)}
    index.longer = longer_counts(index, named)
    people = people_of(index, named)
    meanings = meanings_of(acronyms, language, index.places)
    index.short = {meaning.key(): short for short, meaning in meanings.items() if meaning.key() in index.places}
    parts = {part for found in people.values() for part in found} | set(index.short.values())
    parts |= pieces_of(meanings.values(), index.places)
    whole = people.keys() | index.short.keys()
    kept = [key for key, places in index.places.items() if key in whole or is_kept(key, places, index, named, size)]
    found = (
        described(key, index, people.get(key, ()), head_first=cutter.rules.head_first)
        for key in kept
        if key not in parts
    )
    written = (
        replace(phrase, labels={meanings[phrase.key].label: phrase.count}) if phrase.key in meanings else phrase
        for phrase in found
    )
    subjects = tuple(phrase for phrase in written if phrase.head or len(phrase.words) > 1 or phrase.count == 1)
    seen = frozenset(word.key for stretch in cutter.stretches for word in stretch if not word.joint)
    return Phrases(subjects, cutter.words, max(1, cutter.sentences), seen)


def is_kept(key: str, places: Sequence[Place], index: Index, named: Collection[str], size: int) -> bool:
    """Say whether a phrase can be a subject at all: of several words it must be whole somewhere, or all of a name."""
    if places[-1][0] < index.headline:
        return False
    number, start, end = places[0]
    stretch = index.stretches[number]
    word = stretch[start]
    if index.capital_nouns and stretch[end - 1].large is False:
        return False
    if end - start == 1:
        if len(key) < LEAST_SHORT and not (len(key) > 1 and word.printed.isupper()):
            return False
    elif key in named:
        if not any(is_core(index.stretches[number], start, end) for number, start, end in places):
            return False
    elif (index.longer.get(key, 0) >= len(places)) if len(places) > 1 else (start > 0 or end < len(stretch)):
        return False
    early = word.place / size
    return len(places) > 1 or early <= EARLY or (key in named and early <= NAMED_EARLY)


def described(key: str, index: Index, parts: Sequence[str], *, head_first: bool) -> Phrase:
    """Put together what the text tells of a phrase."""
    places = index.places[key]
    short = index.places[index.short[key]] if key in index.short else []
    also = [*short, *(place for part in parts for place in index.places[part])]
    own = len(places)
    stretches = index.stretches
    labels: dict[str, int] = {}
    sentences: set[int] = set()
    alone = heads = nominal = begun = told = large = 0
    for number, start, end in places:
        stretch = stretches[number]
        first = stretch[start]
        label = first.printed if end - start == 1 else " ".join([word.printed for word in stretch[start:end]])
        labels[label] = labels.get(label, 0) + 1
        sentences.add(first.sentence)
        opens = start == 0 or stretch[start - 1].joint
        closes = end == len(stretch) or stretch[end].joint
        alone += start == 0 and end == len(stretch)
        heads += opens if head_first else closes
        nominal += first.lead == "nominal"
        begun += bool(first.large)
        printed = first.large if end - start == 1 else is_large(stretch, start, end)
        told += printed is not None
        large += bool(printed)
    number, start, end = places[0]
    words = tuple([word.key for word in stretches[number][start:end] if not word.joint])
    begun_at = [stretches[number][start] for number, start, _ in (places[0], places[-1], *also)]
    sentences.update(word.sentence for word in begun_at)
    return Phrase(
        key=key,
        labels=labels,
        words=words,
        joined=len(words) < end - start,
        count=own + len(short) + sum(len(index.places[part]) - own for part in parts),
        sentences=len(sentences),
        first=min(word.place for word in begun_at),
        last=max(word.place for word in begun_at),
        alone=alone / own,
        head=heads / own,
        nominal=nominal / own,
        begun=begun / own,
        large=large / told if told else None,
        within=index.longer.get(key, 0) / own,
    )
