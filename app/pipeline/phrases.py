"""Collects the phrases that an article may be about, with what its text tells of each; pure counting, no judgement."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.pipeline.acronyms import Meaning, key_of, meanings_of
from app.pipeline.article import Acronym
from app.pipeline.chunks import Cutter, Word
from app.pipeline.names import is_given

MOST_PARTS = 3
"""Words of a phrase, joints apart."""
MOST_NAME_PARTS = 7
"""Words of a phrase that is printed large throughout."""
MOST_CHARACTERS = 60_000
"""Of the text that is read: the subjects of a longer one are named before."""
EARLY = 0.1
"""Share of the text in which a phrase that is there once may stand."""
NAMED_EARLY = 0.3
"""The same for a name."""
LEAST_SHORT = 3
"""Letters of a single word that is not all capitals."""

Place = tuple[int, int, int]
"""Where a phrase stands: number of the stretch, first and last word (exclusive) in it."""


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


@dataclass(slots=True)
class Index:
    """Where each phrase stands, by its key, while an article is read.

    The first stretches, `headline` of them, are the headline's; `longer` is the count of the phrase that most often holds
    another, `short` the acronym of a phrase.
    """

    stretches: list[list[Word]]
    headline: int
    capital_nouns: bool = False
    places: dict[str, list[Place]] = field(default_factory=dict)
    longer: dict[str, int] = field(default_factory=dict)
    short: dict[str, str] = field(default_factory=dict)


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


def places_of(stretches: Sequence[Sequence[Word]]) -> dict[str, list[Place]]:
    """Give where each phrase of the stretches stands, in the order of the text."""
    places: defaultdict[str, list[Place]] = defaultdict(list)
    for number, stretch in enumerate(stretches):
        for start, word in enumerate(stretch):
            if word.joint:
                continue
            key = word.key
            places[key].append((number, start, start + 1))
            parts, named = 1, word.large is not False
            for end in range(start + 1, len(stretch)):
                later = stretch[end]
                key = f"{key} {later.key}"
                if later.joint:
                    continue
                parts += 1
                named = named and later.large is not False
                if parts > MOST_PARTS and (not named or parts > MOST_NAME_PARTS):
                    break
                places[key].append((number, start, end + 1))
    return places


def longer_counts(index: Index, named: Collection[str]) -> dict[str, int]:
    """Give for each phrase how often the longer phrase that comes most often holds it; what is there once must be a name."""
    longer: dict[str, int] = {}
    for key, places in index.places.items():
        number, start, end = places[0]
        if end - start < 2 or (len(places) < 2 and key not in named):
            continue
        count = len(places)
        for inner in keys_within(index.stretches[number][start:end]):
            if count > longer.get(inner, 0):
                longer[inner] = count
    return longer


def keys_within(phrase: Sequence[Word]) -> Iterator[str]:
    """Give the keys of all shorter phrases in a phrase."""
    for start, word in enumerate(phrase):
        if word.joint:
            continue
        key = word.key
        yield key
        for end in range(start + 1, len(phrase) if start else len(phrase) - 1):
            key = f"{key} {phrase[end].key}"
            if not phrase[end].joint:
                yield key


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


def is_core(stretch: Sequence[Word], start: int, end: int) -> bool:
    """Say whether a name is whole where it stands: no large word is right before it or behind it.

    A word that begins a sentence may be a name's; not before a given name.
    """
    if end < len(stretch) and stretch[end].large:
        return False
    return start == 0 or not (
        stretch[start - 1].large or (stretch[start - 1].large is None and not is_given(stretch[start].printed))
    )


def people_of(index: Index, named: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Give for each full name the words of it that stand for it by themselves: the last one, and a given name.

    Those are as often there as the full name at least, and always printed large. Of two names that share a word the one that
    is there more often has it.
    """
    found: dict[str, tuple[str, ...]] = {}
    owners: dict[str, str] = {}
    for key in sorted(named, key=lambda key: -len(index.places[key])):
        number, start, end = index.places[key][0]
        stretch = index.stretches[number]
        if not 2 <= end - start <= 3 or not is_core(stretch, start, end):
            continue
        first, last = stretch[start], stretch[end - 1]
        given = is_given(first.printed)
        parts = [last.key] if given or not index.capital_nouns else []
        parts += [first.key] if given else []
        own = [
            part for part in parts
            if part in named and part not in owners and len(index.places[part]) > len(index.places[key])
        ]  # fmt: skip
        if own:
            found[key] = tuple(own)
            owners.update(dict.fromkeys(own, key))
    return found


def pieces_of(meanings: Iterable[Meaning], places: Mapping[str, Sequence[Place]]) -> set[str]:
    """Give what stands only in the meaning of an acronym that small words part: no subject beside that."""
    found: set[str] = set()
    for meaning in meanings:
        if len(meaning.stretches) > 1:
            times = min(len(places.get(key_of(stretch), ())) for stretch in meaning.stretches)
            found |= {key for key in places_of(meaning.stretches) if len(places.get(key, ())) <= times}
    return found


def is_named(stretches: Sequence[Sequence[Word]], places: Sequence[Place]) -> bool:
    """Say whether a phrase is printed large wherever that says something, and somewhere it does."""
    number, start, _ = places[0]
    if stretches[number][start].large is False:
        return False
    told = False
    for number, start, end in places:
        large = is_large(stretches[number], start, end)
        if large is False:
            return False
        told = told or bool(large)
    return told


def is_large(stretch: Sequence[Word], start: int, end: int) -> bool | None:
    """Say whether a phrase is printed large throughout; None where its capitals say nothing, as its sentence begins with it."""
    first = stretch[start]
    if end - start == 1 or first.large is False:
        return first.large
    told = [word.large for word in stretch[start:end] if word.large is not None]
    return all(told) and first.printed[:1].isupper() if told else None


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
        if start == 0 and end == len(stretch):
            alone += 1
        if opens if head_first else closes:
            heads += 1
        if first.lead == "nominal":
            nominal += 1
        if first.large:
            begun += 1
        printed = first.large if end - start == 1 else is_large(stretch, start, end)
        if printed is not None:
            told += 1
            large += printed
    number, start, end = places[0]
    words = tuple([word.key for word in stretches[number][start:end] if not word.joint])
    first_place, last_place = stretches[number][start].place, stretches[places[-1][0]][places[-1][1]].place
    for number, start, _ in also:
        word = stretches[number][start]
        sentences.add(word.sentence)
        first_place, last_place = min(first_place, word.place), max(last_place, word.place)
    return Phrase(
        key=key,
        labels=labels,
        words=words,
        joined=len(words) < places[0][2] - places[0][1],
        count=own + len(short) + sum(len(index.places[part]) - own for part in parts),
        sentences=len(sentences),
        first=first_place,
        last=last_place,
        alone=alone / own,
        head=heads / own,
        nominal=nominal / own,
        begun=begun / own,
        large=large / told if told else None,
        within=index.longer.get(key, 0) / own,
    )
