"""Chooses who wrote an article among the bylines that sender, page and text give."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from app.pipeline.article import Evidence
from app.pipeline.sites import folded

FULLER = 0.3
"""How much less sure a byline may be that gives whole names where the surest gives parts of them."""


@dataclass(frozen=True, slots=True)
class Byline:
    """What was chosen, with all the evidence."""

    authors: tuple[str, ...]
    agency: str | None
    evidence: tuple[Evidence, ...]


def choose(evidence: Sequence[Evidence]) -> Byline:
    """Choose the most confident byline whole, the first of equals, and the most confident agency; keep the rest unchosen.

    Where the surest gives first names or handles alone, another that gives the same persons' whole names is chosen.
    """
    authors = [claim for claim in evidence if claim.field == "authors"]
    agencies = [claim for claim in evidence if claim.field == "agency"]
    agency = max(agencies, key=lambda claim: claim.confidence, default=None)
    chosen = fuller(bylines(authors))
    ids = set(map(id, chosen))
    shown = [replace(claim, chosen=id(claim) in ids) for claim in authors]
    shown += [replace(claim, chosen=claim is agency) for claim in agencies]
    names = {folded(claim.value): claim.value for claim in reversed(chosen)}
    return Byline(tuple(reversed(names.values())), agency.value if agency else None, tuple(shown))


def bylines(authors: Sequence[Evidence]) -> list[list[Evidence]]:
    """Bring the names of each byline together, the surest byline first; all of a sender's own are one."""
    found: dict[tuple[str, str], list[Evidence]] = {}
    for claim in authors:
        found.setdefault((claim.origin, "" if claim.origin == "sender" else claim.quote), []).append(claim)
    best = {key: max(claim.confidence for claim in byline) for key, byline in found.items()}
    surest = sorted(found, key=lambda key: -best[key])
    return [[claim for claim in found[key] if claim.confidence == best[key]] for key in surest]


def fuller(found: Sequence[Sequence[Evidence]]) -> Sequence[Evidence]:
    """Give the surest byline, or a less sure one that names the same persons more fully."""
    if not found:
        return ()
    best = found[0]
    if best[0].origin == "sender" or any(" " in claim.value for claim in best):
        return best
    for other in found[1:]:
        near = best[0].confidence - other[0].confidence <= FULLER
        if near and len(other) == len(best) and all(extends(claim.value, best) for claim in other):
            return other
    return best


def extends(name: str, parts: Iterable[Evidence]) -> bool:
    """Say whether a name of several words begins with one of the short ones, or is written together in it."""
    words = [folded(word) for word in name.split()]
    return len(words) > 1 and any(folded(part.value) in {words[0], "".join(words)} for part in parts)
