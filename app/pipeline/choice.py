"""Chooses a field that has one value and no rules of its own: the surest claim."""

from collections.abc import Iterable
from dataclasses import replace

from app.pipeline.article import Evidence


def surest(field: str, evidence: Iterable[Evidence]) -> tuple[str | None, tuple[Evidence, ...]]:
    """Choose the most confident evidence of a field, the first of equals; keep the rest unchosen."""
    mine = [claim for claim in evidence if claim.field == field]
    best = max(mine, key=lambda claim: claim.confidence, default=None)
    return (best.value if best else None), tuple(replace(claim, chosen=claim is best) for claim in mine)
