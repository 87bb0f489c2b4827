"""Holds what is stored of an article against what the pipeline makes of it today: which fields differ, and how.

Pure. Both sides come as rows of `articles` with their topics; fields are compared as a client is shown them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import zip_longest
from typing import Any, Final

import orjson

from app.pipeline.slug import slug
from app.store.folding import UNPRINTABLE

PLAIN: Final = (
    "url", "source", "title", "lead", "language", "authors", "agency", "published_precision", "published_zone",
    "dateline_place", "rights", "blocks", "text", "processing", "version", "urgency", "truncated",
)  # fmt: skip
TIMES: Final = {"published_at": "published_offset", "modified_at": "modified_offset"}
BESIDE: Final = ("word_count", "repairs", "evidence")
"""Fields that say how an article was read, and nothing else of it: no revision is made for them alone."""
TOPIC_DETAILS: Final = "topic details"
"""Labels, scores, origins and mentions of topics that stay the same."""
UNSEEN: Final = ("guid", "content_hash", "field_hash", "pipeline_version", "background")
"""What an article is known by, and what made it: neither is counted."""
SHOWN: Final = 160
"""Characters of a value in an example."""
BEFORE: Final = 40
"""Characters in front of the first difference that are shown of a longer text."""
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Printed:
    """A topic as an article prints it, with the slug of the topic that it means."""

    slug: str
    canonical: str
    label: str
    score: float
    origins: tuple[str, ...]
    mentions: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A field's value as it is stored and as the pipeline has it today."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Differences:
    """What differs: `served` makes a revision, `beside` and `unseen` are put right in place."""

    served: tuple[Difference, ...] = ()
    beside: tuple[Difference, ...] = ()
    unseen: bool = False

    @property
    def topic_details(self) -> bool:
        """Whether topics are to be written anew although they are the same."""
        return any(one.field == TOPIC_DETAILS for one in self.beside)


def differences(
    before: Mapping[str, Any], was: Sequence[Printed], after: Mapping[str, Any], now: Sequence[Printed]
) -> Differences:
    """Compare two rows of `articles` with their topics."""
    old, new = served(before, was), served(after, now)
    shown = tuple(Difference(name, old[name], new[name]) for name in old if is_other(name, old[name], new[name]))
    beside = [Difference(name, before[name], after[name]) for name in BESIDE if before[name] != after[name]]
    if list(was) != list(now):
        beside.append(Difference(TOPIC_DETAILS, [detail(one) for one in was], [detail(one) for one in now]))
    return Differences(shown, tuple(beside), any(before[name] != after[name] for name in UNSEEN))


def is_other(name: str, before: Any, after: Any) -> bool:
    """Say whether a field's value is another one; topics stand in the order of their scores, which is none of theirs."""
    return set(before) != set(after) if name == "topics" else bool(before != after)


def served(row: Mapping[str, Any], topics: Sequence[Printed]) -> Document:
    """Give what a client is shown of an article and sees change."""
    found = {name: row[name] for name in PLAIN}
    found |= {name: at_offset(row[name], row[offset]) for name, offset in TIMES.items()}
    found["topics"] = list(dict.fromkeys(topic.canonical for topic in topics))
    found["topic_lists"] = meant(row["topic_lists"], topics)
    return found


def at_offset(at: datetime | None, minutes: int | None) -> str | None:
    """Give an instant as it is shown, at its offset from UTC."""
    return at.astimezone(timezone(timedelta(minutes=minutes or 0))).isoformat() if at else None


def meant(lists: Iterable[Document], topics: Iterable[Printed]) -> list[Document]:
    """Let the entries of topic lists name their topics by what those mean, as they are served."""
    slugs = {slug(topic.label): topic.canonical for topic in topics}
    return [
        one | {"entries": [entry | {"topic": slugs.get(entry["topic"], entry["topic"])} for entry in one["entries"]]}
        for one in lists
    ]


def detail(topic: Printed) -> str:
    """Give a topic's details in one line."""
    return f"{topic.slug} ({topic.label}): {topic.score:.3f}, {'+'.join(topic.origins)}, {topic.mentions}"


def excerpts(difference: Difference) -> tuple[str | None, str | None]:
    """Give both values as short texts that show where they part."""
    old, new = first_parting(difference.before, difference.after)
    before, after = readable(old), readable(new)
    if before is None or after is None:
        return cut(before, 0), cut(after, 0)
    parting = next((at for at, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), None)
    at = min(len(before), len(after)) if parting is None else parting
    return cut(before, at - BEFORE), cut(after, at - BEFORE)


def first_parting(before: Any, after: Any) -> tuple[Any, Any]:
    """Give of two lists of objects the first pair that differs, of two objects what differs; anything else as it is."""
    if isinstance(before, dict) and isinstance(after, dict):
        names = [name for name in dict.fromkeys([*before, *after]) if before.get(name) != after.get(name)]
        return {n: before[n] for n in names if n in before}, {n: after[n] for n in names if n in after}
    if isinstance(before, list) and isinstance(after, list) and any(isinstance(one, dict) for one in [*before, *after]):
        return next((pair for pair in zip_longest(before, after) if pair[0] != pair[1]), (before, after))
    return before, after


def readable(value: Any) -> str | None:
    """Give a value as text; None for none."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    return orjson.dumps(value).decode()


def cut(text: str | None, start: int) -> str | None:
    """Cut a text to what is shown of it and can be stored, with dots where something was cut off."""
    if text is None:
        return None
    text = UNPRINTABLE.sub(" ", text)
    start = max(0, min(start, len(text) - SHOWN)) if len(text) > SHOWN else 0
    end = start + SHOWN
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"
