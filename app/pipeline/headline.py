"""Chooses an article's headline among what sender, page and text say it is, without the name of the site."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from app.pipeline.article import Claim, Evidence
from app.pipeline.repair import repair
from app.pipeline.sites import folded

PARTED = re.compile(r"\s+[|·•»›–—-]\s+|\s*[|»]\s*|\s::\s")
MOST_PARTS = 20
"""Parts at the end of a title among which the site's name is looked for."""
AGREEING = 0.004
"""What each further origin that says the same adds to a headline's confidence."""
DERIVED = 0.45
"""A text's own first heading, where nothing states the headline."""


def evidence(stated: str | None, claims: Iterable[Claim], own: frozenset[str], derived: str | None) -> list[Evidence]:
    """Put down all that is said of the headline; of the page's own title only the part that is one."""
    found: list[Evidence] = []
    if stated:
        found.append(Evidence("title", stated, "sender", stated[:200], 1.0))
    found += [
        Evidence("title", text, claim.origin, (claim.quote or claim.text)[:200], claim.confidence)
        for claim in claims
        if claim.field == "title" and (text := cut(one_line(claim.text), own))
    ]
    if derived:
        found.append(Evidence("title", derived, "derived", derived[:200], DERIVED if found else 0.8))
    return found


def one_line(text: str) -> str:
    """Give a text repaired and on one line."""
    return " ".join(repair(text).text.split())


def cut(text: str, own: frozenset[str]) -> str:
    """Cut the name of the site off a page's title, before or after a mark that parts them."""
    places = list(PARTED.finditer(text))
    for place in reversed(places[-MOST_PARTS:]):
        if folded(text[place.end() :]) in own:
            text = text[: place.start()]
    first = PARTED.search(text)
    if first and folded(text[: first.start()]) in own:
        text = text[first.end() :]
    return text.strip()


def choose(found: Sequence[Evidence]) -> tuple[str | None, tuple[Evidence, ...]]:
    """Choose the most confident headline, each surer for every other origin that says it; keep the rest unchosen."""
    said: dict[str, set[str]] = {}
    for claim in found:
        said.setdefault(folded(claim.value), set()).add(f"{claim.origin} {claim.quote}")

    def sureness(claim: Evidence) -> float:
        mine = folded(claim.value)
        others = sum(len(by) for text, by in said.items() if text == mine) - 1
        longer = sum(1 for text in said if text != mine and mine and mine in text)
        return claim.confidence + AGREEING * others + AGREEING / 2 * longer

    best = max(found, key=sureness, default=None)
    return best.value if best else None, tuple(replace(claim, chosen=claim is best) for claim in found)
