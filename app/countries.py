"""Countries as a taxonomy: CLDR's names of each, so that "Deutschland", "Allemagne" and "Germany" are one topic."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from babel import Locale

from app.pipeline.places import COUNTRY, NO_PLACES
from app.pipeline.prose import WIDE
from app.pipeline.slug import slug
from app.pipeline.vocabulary import vocabulary
from app.store.taxonomies import Concept, Name
from app.taxonomy import Taxonomy

SCHEME = "iso3166"
ENGLISH = "en"
LEAST_LETTERS = 4
"""Letters of a name in another language; a shorter one is a word of some other."""
LEAST_WIDE = 2
"""The same in scripts without spaces, where a character is a syllable or more."""


def countries() -> Taxonomy:
    """Give every territory with a code of two letters: its English name, and as aliases what other languages call it.

    A name of two territories is none's, and so are those that mean something else more often.
    """
    listed = vocabulary("countries")
    found = dict(named(listed))
    names = {code: next(iter(others)) for code, others in found.items()}
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for code, others in found.items():
        for name in others:
            for key in {slug(name.label), name.topic().fold.replace(" ", "-")}:
                owners[key].add(code)
    left_out = {*listed["left_out"], *(key for key, codes in owners.items() if len(codes) > 1)}
    return Taxonomy(
        SCHEME,
        tuple(
            Concept(code, names[code], tuple(kept(others[1:], names[code], left_out)))
            for code, others in sorted(found.items())
        ),
    )


def named(listed: Mapping[str, Mapping[str, str | Sequence[str]]]) -> Iterator[tuple[str, list[Name]]]:
    """Give all names of each territory, the one that its topic goes by first."""
    languages: Sequence[str] = tuple(listed["languages"])
    territories = {language: Locale.parse(language).territories for language in languages}
    for code, english in territories[ENGLISH].items():
        if len(code) != COUNTRY or code in NO_PLACES or code in listed["no_country"]:
            continue
        first = str(listed["names"].get(code, english))
        others = (Name(label, ENGLISH) for label in listed["aliases"].get(code, ()))
        spoken = (Name(str(territories[language].get(code, "")), language) for language in languages)
        yield code, [Name(first, ENGLISH), *others, *spoken]


def kept(names: Sequence[Name], first: Name, left_out: set[str]) -> Iterator[Name]:
    """Give the other names of a territory, each slug once; those of other languages only from some letters on."""
    seen = {slug(first.label)}
    for name in names:
        key = slug(name.label)
        least = LEAST_WIDE if WIDE.search(key) else LEAST_LETTERS
        if key and key not in seen and key not in left_out and (len(key) >= least or name.language == ENGLISH):
            seen.add(key)
            yield name
