"""Parts the words of a byline into persons and agency; roles, places, dates, addresses and desks are passed over."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from app.pipeline.agencies import agency_of
from app.pipeline.dates import find_dates
from app.pipeline.names import cased, is_person, until_role, words
from app.pipeline.vocabulary import vocabulary

SEPARATOR = re.compile(r"\s*(?:[,;|·•/&+\t]|\s[–—-]\s)\s*")
NOISE = re.compile(
    r"\S+@\S+|https?://\S+|www\.\S+|(?<!\w)@\w+|\([^()]*\)|\[[^\[\]]*\]|(?<=[^\W\d_])\d{1,2}(?!\w)|^\d+$"
)
EDGES = ' \t.,:;|·•*–—-_"“”«»>'
REPORTERS = re.compile(r"\s+(?:in|from|at|aus|à)\s+[A-Z].*$")
GLUED_ROLE = re.compile(r"(?<=[a-zà-ÿ]{3})(?=[A-ZÀ-Þ][a-zà-ÿ]{3})")
"""Where a name lost the space before a role or label: "Ann LeePolitical Editor"."""


@dataclass(frozen=True, slots=True)
class Names:
    """Who a text names: persons in order, and the agency; `whole` where it names nothing else."""

    persons: tuple[str, ...] = ()
    agency: str | None = None
    whole: bool = False


@cache
def date_labels() -> frozenset[str]:
    """Give the labels of dates, which may stand beside a name."""
    labels = vocabulary("dates")["labels"]
    return frozenset(labels["published"]) | frozenset(labels["modified"])


@cache
def conjunction_pattern() -> re.Pattern[str]:
    """Give the pattern of the words that join the names of a byline."""
    return re.compile(rf"\s+(?:{'|'.join(map(re.escape, vocabulary('byline')['conjunctions']))})\s+", re.IGNORECASE)


def names_in(text: str, *, labelled: bool, language: str | None = None) -> Names:
    """Part a byline into persons and agency; roles, dates, places, addresses and desks are passed over."""
    agency = next((found for part in re.findall(r"\(([^()]{2,30})\)", text) if (found := agency_of(part))), None)
    for written in reversed(list(find_dates(text, language))):
        text = f"{text[: written.start]} | {text[written.end :]}"
    text = NOISE.sub(" ", GLUED_ROLE.sub(" ", text))
    persons: list[str] = []
    strange = 0
    for part in parts_of(text):
        if (found := agency_of(part)) is not None:
            agency = agency or found
        elif (person := person_of(part, labelled=labelled)) is not None:
            persons.append(person)
        elif part.casefold() not in words("desks") and not part[0].isdigit() and part.casefold() not in date_labels():
            strange += 1
    if labelled and len(persons) > 1:  # "Ann Lee, Oslo": a lone word beside a full name is a place
        persons = [person for person in persons if " " in person or not person.isascii()] or persons
    unique = tuple(dict.fromkeys(persons))
    return Names(unique, agency, strange == 0 and bool(unique or agency))


def parts_of(text: str) -> Iterable[str]:
    """Cut a byline at commas, bars and conjunctions; a conjunction inside a name ("Ortega y Gasset") does not cut it."""
    for piece in SEPARATOR.split(text):
        chunks = conjunction_pattern().split(f" {piece}")
        yield from (chunk.strip(EDGES) for chunk in chunks if chunk.strip(EDGES))


def person_of(part: str, *, labelled: bool) -> str | None:
    """Give a part's person, written as names are, without honorific and role."""
    tokens = REPORTERS.sub("", part).split()
    if all(token.casefold().strip(".,:;") in words("roles") for token in tokens):
        return None
    while tokens and tokens[0].casefold().strip(".") in words("honorifics"):
        tokens = tokens[1:]
    name = until_role(tokens)
    text = " ".join(name)
    lowered = text.islower() and labelled and len(name) in {2, 3}
    return cased(text) if name and is_person(text.title() if lowered else text, labelled=labelled) else None
