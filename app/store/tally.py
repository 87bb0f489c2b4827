"""What a reprocessing came to so far: articles by outcome, changes by field, and a few examples of each."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from uuid import UUID

from app.store.differences import Differences, excerpts

Outcome = Literal["changed", "refreshed", "unchanged", "overtaken", "poorer", "rejected", "retracted", "embargoed", "elsewhere", "broken"]  # fmt: skip
OUTCOMES: Final[Mapping[Outcome, str]] = {
    "changed": "something that is served differs: a new revision",
    "refreshed": "evidence, repairs or scores alone differ: put right in place",
    "unchanged": "the same as before",
    "overtaken": "deleted or revised while it was worked on",
    "poorer": "left: the full pipeline broke on it today",
    "rejected": "left: no article any more",
    "retracted": "left: read as a retraction today",
    "embargoed": "left: under embargo",
    "elsewhere": "left: another item stands in its place today",
    "broken": "left: it could not be processed or stored",
}
"""What may come of an article, and what that means."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one article; `reason` says why it was left as it is."""

    article_id: UUID
    outcome: Outcome
    differences: Differences = field(default_factory=Differences)
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """One article's field before and after, shortened; or the reason why it was left as it is."""

    article_id: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts and examples; `served` and `beside` are counted by field, examples kept by field or outcome."""

    outcomes: Mapping[str, int] = field(default_factory=dict)
    served: Mapping[str, int] = field(default_factory=dict)
    beside: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, tuple[Example, ...]] = field(default_factory=dict)

    @property
    def seen(self) -> int:
        """How many articles were looked at."""
        return sum(self.outcomes.values())


def added(tally: Tally, findings: Iterable[Finding], most: int) -> Tally:
    """Give a tally with these findings in it, keeping so many examples of each kind at most."""
    outcomes, served, beside = Counter(tally.outcomes), Counter(tally.served), Counter(tally.beside)
    examples = {name: list(kept) for name, kept in tally.examples.items()}
    for found in findings:
        outcomes[found.outcome] += 1
        served.update(one.field for one in found.differences.served)
        beside.update(one.field for one in found.differences.beside)
        for one in (*found.differences.served, *found.differences.beside):
            if len(kept := examples.setdefault(one.field, [])) < most:
                kept.append(Example(str(found.article_id), *excerpts(one)))
        if found.reason is not None and len(kept := examples.setdefault(found.outcome, [])) < most:
            kept.append(Example(str(found.article_id), None, found.reason[:200]))
    return Tally(outcomes, served, beside, {name: tuple(kept) for name, kept in examples.items() if kept})


def as_json(tally: Tally) -> dict[str, Any]:
    """Give a tally for a JSON column."""
    return {
        "outcomes": dict(tally.outcomes),
        "served": dict(tally.served),
        "beside": dict(tally.beside),
        "examples": {
            name: [{"article_id": one.article_id, "before": one.before, "after": one.after} for one in kept]
            for name, kept in tally.examples.items()
        },
    }


def of_json(found: Mapping[str, Any]) -> Tally:
    """Give the tally that a JSON column holds."""
    examples = {name: tuple(Example(**one) for one in kept) for name, kept in found.get("examples", {}).items()}
    return Tally(found.get("outcomes", {}), found.get("served", {}), found.get("beside", {}), examples)
