"""Reads the topics that sender, feed or page declare, and chooses the surest list of them.

A page often declares several: its article's keywords, those of its search engine, the tags that it shows, its section. The
surest that says anything is the publisher's own word; the others are kept as evidence.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice

from app.pipeline.article import Claim, Code, Evidence
from app.pipeline.slug import slug
from app.pipeline.vocabulary import vocabulary

SPLIT = re.compile(r"\s*[,;|،、，；\n]\s*")
WHOLE = frozenset({"meta article:tag", "meta og:article:tag", "tag link"})
"""What holds one topic each, with commas perhaps."""
PREFIXED = re.compile(r"^(?P<kind>[A-Za-z][A-Za-z _-]{1,24}?)\s?[:=/]\s?(?P<label>\S.*)$")
CODE = re.compile(r"^[\d\s._-]+$|^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{10,}$|^\w+\.(?:com|org|net|de|co)$", re.IGNORECASE)
MOST = 300
LONGEST = 100


@cache
def prefixes() -> frozenset[str]:
    """Give the kinds that a keyword can carry before a subject's name."""
    return frozenset(vocabulary("topics")["prefixes"]["subjects"])


def evidence(stated: Sequence[str], claims: Iterable[Claim]) -> tuple[Evidence, ...]:
    """Put down all declared topics, those of the surest list chosen."""
    found = [Evidence("topics", label, "sender", label[:200], 1.0) for label in stated]
    for claim in claims:
        if claim.field == "topics":
            quote = claim.quote or claim.text
            found += [Evidence("topics", label, claim.origin, quote[:200], claim.confidence) for label in labels(claim)]
    best = max((one.confidence for one in found), default=0.0)
    unique: dict[tuple[str, str, str], Evidence] = {}
    for one in found[:MOST]:
        unique.setdefault((one.value, one.origin, one.quote), one)
    return tuple(
        Evidence("topics", one.value, one.origin, one.quote, one.confidence, chosen=one.confidence == best)
        for one in unique.values()
    )


def codes(claims: Iterable[Claim]) -> tuple[Code, ...]:
    """Give the codes of subjects that agencies state, with the slug of the label beside each."""
    found = (
        Code(claim.scheme, claim.code, slug(claim.text) or None)
        for claim in claims
        if claim.field == "topics" and claim.code and claim.scheme
    )
    return tuple(islice(dict.fromkeys(found), MOST))


def labels(claim: Claim) -> Iterator[str]:
    """Give the topics of one claim: parted at commas, without the kinds before them, and without what only steers machines."""
    if claim.code is not None:
        yield from [claim.text] if claim.text else []
        return
    parts = [claim.text] if claim.quote in WHOLE or claim.origin == "feed" else SPLIT.split(claim.text)
    for part in parts:
        text = part.strip().lstrip("#").strip()
        found = PREFIXED.match(text) if claim.quote not in WHOLE else None
        if found is not None:
            if found["kind"].strip().lower() not in prefixes():
                continue
            text = found["label"].strip()
        if text and len(text) <= LONGEST and not CODE.match(text) and slug(text):
            yield text
