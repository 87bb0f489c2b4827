"""Opaque keyset cursors: the sort key and id of the last row seen, bound to the question that they belong to."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import orjson
import xxhash

from app.errors import Fault, InvalidRequest

VERSION = 1
LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a walk goes on: after the row with this key; JSON values only."""

    key: tuple[Any, ...]


def digest(question: Any) -> str:
    """Hash a question (sort and filters), so that a cursor is of use for no other."""
    return xxhash.xxh3_64_hexdigest(orjson.dumps(question, option=orjson.OPT_SORT_KEYS))


def encode(key: tuple[Any, ...], question: Any) -> str:
    """Write a cursor."""
    packed = orjson.dumps([VERSION, digest(question), list(key)])
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def decode(text: str, question: Any, kinds: tuple[type, ...]) -> Cursor:
    """Read a cursor of this question whose key has these kinds of values; raises InvalidRequest for anything else."""
    try:
        version, asked, key = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
        fits = version == VERSION and asked == digest(question) and isinstance(key, list) and len(key) == len(kinds)
        fits = fits and all(type(value) is kind for value, kind in zip(key, kinds, strict=True))
    except (ValueError, TypeError, binascii.Error):
        fits, key = False, []
    if not fits:
        detail = "This cursor is broken, or belongs to another question; start again without it."
        raise InvalidRequest(detail, faults=[Fault("/query/cursor", detail)])
    return Cursor(tuple(key))
