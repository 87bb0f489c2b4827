"""Knows a publication by the names that it goes by: what a sender calls it, what its pages call it, and its host."""

import re
from collections.abc import Iterable

from app.pipeline.article import Claim
from app.pipeline.names import begins_given, is_person, words
from app.pipeline.vocabulary import vocabulary

NOT_A_WORD = re.compile(r"[\W_]+")
HOST = re.compile(r"^(?:https?://)?(?:[a-z0-9-]+\.)+[a-z]{2,}$", re.IGNORECASE)
HOST_PARTS = frozenset({"www", "m", "amp", "news", "edition", "com", "co", "org", "net", "gov", "ac", "or", "ne"})
LEAST = 3


def folded(text: str) -> str:
    """Give a text blind to case, punctuation and space."""
    return NOT_A_WORD.sub("", text).casefold()


def own_names(source: str | None, claims: Iterable[Claim] = ()) -> frozenset[str]:
    """Give the names of an item's publication, folded: as stated, and of a host the part that is its name."""
    found: set[str] = set()
    for name in (source, *(claim.text for claim in claims if claim.field == "site")):
        if not name:
            continue
        found.add(folded(name))
        if HOST.match(name.strip()):
            parts = [part for part in name.casefold().split(".")[:-1] if part not in HOST_PARTS]
            found.update(folded(part) for part in parts[-1:])
            found.add(folded(name.casefold().removeprefix("www.")))
    return frozenset(name for name in found if len(name) >= LEAST)


def house_names(own: frozenset[str], claims: Iterable[Claim] = ()) -> frozenset[str]:
    """Give those of a publication's names that nobody signs with: none where every site is one person's, and called so."""
    personal = frozenset(vocabulary("url")["personal_hosts"])
    hosts = (claim.text.casefold().split(".") for claim in claims if claim.field == "site" and HOST.match(claim.text))
    return frozenset() if any(not personal.isdisjoint(parts[1:-1]) for parts in hosts) else own


def is_house(name: str, houses: frozenset[str]) -> bool:
    """Say whether a name is the publication's own and no person's: many a blog is called as its writer is."""
    if folded(name) not in houses:
        return False
    last = name.rsplit(maxsplit=1)[-1].casefold()
    return not (" " in name and begins_given(name) and is_person(name) and last not in words("papers"))
