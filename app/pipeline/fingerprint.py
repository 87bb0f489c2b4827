"""Hashes by which an article is known again and a change is noticed; the same in every process and on every machine."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import xxhash

from app.pipeline.counters import stilled
from app.pipeline.slug import SEPARATORS, SIGNED, UNSEEN, WORD

TYPOGRAPHY = str.maketrans({
    "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'", "–": "-", "—": "-", "‐": "-", "‑": "-",
    "…": "...", "\u00ad": None, "\u200b": None, "\ufeff": None,
})  # fmt: skip
"""Forms that a publisher's software changes by itself."""


def content_hash(title: str | None, text: str) -> bytes:
    """Hash the words of an article to 16 bytes; case, punctuation, space and compatibility forms make no difference.

    Nor do the figures of clocks and counters.
    """
    text = stilled(text)
    if title is not None and title.isascii() and text.isascii():  # the same, for a tenth of the time
        return xxhash.xxh3_128_digest("".join(WORD.findall(f"{title}{text}".lower())).encode())
    written = unicodedata.normalize("NFKC", UNSEEN.sub("", f"{title or ''}\n{text}"))
    folded = unicodedata.normalize("NFKC", written.casefold())
    letters = SEPARATORS.sub("", folded) if SIGNED.search(folded) else "".join(WORD.findall(folded))
    return xxhash.xxh3_128_digest(letters.encode("utf-8", "replace"))


def field_hash(fields: Mapping[str, object]) -> bytes:
    """Hash the fields whose change makes a revision to 16 bytes; the order of their names makes no difference.

    Takes what JSON holds, and times (as the instant), bytes and sets; raises TypeError for anything else, whose
    printed form might differ from one process to the next.
    """
    canonical = json.dumps(fields, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=canonical_value)
    return xxhash.xxh3_128_digest(canonical.encode())


def revision_hash(
    title: str | None, text: str, authors: Sequence[str], published_at: datetime | None, topics: Sequence[str]
) -> bytes:
    """Hash what makes a revision when it changes: headline, text, authors, date, topics (their slugs as printed).

    Spaces, the forms of quotes and dashes, and the figures of clocks and counters are no change.
    """
    return field_hash(
        {
            "title": title and even(title),
            "text": even(stilled(text)),
            "authors": authors,
            "published_at": published_at and published_at.astimezone(UTC).isoformat(),
            "topics": topics,
        }
    )


def even(text: str) -> str:
    """Give a text with one form for each kind of quote and dash, and one space where there are several."""
    return " ".join(text.translate(TYPOGRAPHY).split())


def canonical_value(value: object) -> object:
    """Give a value that JSON does not know in a form that is the same everywhere."""
    match value:
        case datetime():
            return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
        case bytes():
            return value.hex()
        case set() | frozenset():
            return sorted(value, key=repr)
        case _:
            raise TypeError(f"A {type(value).__name__} has no canonical form.")
