"""Hashes by which an article is known again and a change is noticed; the same in every process and on every machine."""

import json
import re
import unicodedata
from collections.abc import Mapping

import xxhash

NOT_A_WORD = re.compile(r"[\W_]+")


def content_hash(title: str | None, text: str) -> bytes:
    """Hash the words of an article to 16 bytes; case, punctuation, space and compatibility forms make no difference."""
    words = NOT_A_WORD.sub(" ", unicodedata.normalize("NFKC", f"{title or ''}\n{text}").casefold()).strip()
    return xxhash.xxh3_128_digest(words.encode("utf-8", "replace"))


def field_hash(fields: Mapping[str, object]) -> bytes:
    """Hash the fields whose change makes a revision to 16 bytes; the order of their names makes no difference."""
    canonical = json.dumps(fields, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=str)
    return xxhash.xxh3_128_digest(canonical.encode())
