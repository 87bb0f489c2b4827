"""Tells what kind of thing a name is: a person, a place, an organisation, or a subject like any other."""

from functools import cache

from app.pipeline.article import TopicOrigin
from app.pipeline.names import begins_given, is_person
from app.pipeline.places import is_place
from app.pipeline.vocabulary import vocabulary


def kind_of(label: str, language: str | None) -> TopicOrigin:
    """Give the kind of a name, as far as its own words tell; `text` where they tell none."""
    if is_body(label, language):
        return "organisation"
    if is_place(label, language):
        return "place"
    if " " in label and begins_given(label) and is_person(label):
        return "person"
    return "text"


def is_body(label: str, language: str | None) -> bool:
    """Say whether a name is an organisation's, by a word of it or the end of one."""
    found = [word.strip(".,").casefold() for word in label.split()]
    if any(len(word) > len(end) and word.endswith(end) for end in ends(language) for word in found):
        return True
    return len(found) > 1 and not bodies(language).isdisjoint(found)


@cache
def bodies(language: str | None) -> frozenset[str]:
    """Give the words of organisations' names in a language, and in English, as names are borrowed."""
    lists = vocabulary("kinds")["organisations"]
    return frozenset(lists.get(language or "en", ())) | frozenset(lists["en"])


@cache
def ends(language: str | None) -> tuple[str, ...]:
    """Give how words for organisations end in a language that joins its words."""
    return tuple(vocabulary("kinds")["ends"].get(language or "en", ()))
