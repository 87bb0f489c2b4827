"""Where phrases stand in a text: which of them hold others, which are names, and what stands for a name by itself."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.pipeline.acronyms import Meaning, key_of
from app.pipeline.chunks import Word
from app.pipeline.names import is_given

MOST_PARTS = 3
"""Words of a phrase, joints apart."""
MOST_NAME_PARTS = 7
"""Words of a phrase that is printed large throughout."""

Place = tuple[int, int, int]
"""Where a phrase stands: number of the stretch, first and last word (exclusive) in it."""


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

    Those stand there without the others too, and are always printed large. Of two names that share a word the one that is
    there more often has it.
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
