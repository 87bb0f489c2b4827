"""Opaque keyset cursors: where a walk goes on, and of which walk; made by us, so anything else is refused."""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson
import xxhash

from app.errors import Fault, InvalidRequest

VERSION: Final = b"\x01"
DIGEST_BYTES: Final = 8
MAX_CHARACTERS: Final = 4_000
"""Longer ones are not read: the longest that is made holds an author's name."""
MAX_INTEGER: Final = 2**62

Key = datetime | UUID | int | str
"""A part of a sort key."""
TIME_ID: Final = (datetime, UUID)
RANKED: Final = (int, UUID, datetime, datetime, UUID)
"""Rank and id of the last row, then the walk's start and its window's oldest row."""


def digest(walk: str, payload: bytes) -> bytes:
    """Tie a cursor's contents to the walk (route, sort and filters) that it belongs to."""
    return xxhash.xxh3_64_digest(walk.encode("utf-8", "replace") + b"\x00" + payload)


def write_key(key: Key) -> str | int:
    """Give a part as JSON has it."""
    if isinstance(key, datetime):
        return key.astimezone(UTC).isoformat()
    return str(key) if isinstance(key, UUID) else key


def encode(walk: str, keys: Sequence[Key]) -> str:
    """Give the cursor that goes on behind a row with these sort keys."""
    plain = [write_key(key) for key in keys]
    payload = orjson.dumps(plain)
    return base64.urlsafe_b64encode(VERSION + digest(walk, payload) + payload).rstrip(b"=").decode()


def refuse(detail: str) -> InvalidRequest:
    """Give the problem of a cursor that is not ours."""
    return InvalidRequest(f"The cursor {detail}.", faults=[Fault("/query/cursor", detail)])


def read_key(kind: type[Key], plain: object) -> Key:
    """Turn a part back into its type; raises ValueError for one that it cannot have."""
    if kind is int:
        if isinstance(plain, int) and not isinstance(plain, bool) and abs(plain) <= MAX_INTEGER:
            return plain
    elif isinstance(plain, str):
        if kind is UUID:
            return UUID(plain)
        if kind is datetime:
            return datetime.fromisoformat(plain).astimezone(UTC)
        if "\x00" not in plain:
            return plain
    raise ValueError


def payload_of(walk: str, cursor: str) -> bytes:
    """Give what a cursor holds; raises ValueError where it is not one of this walk."""
    if len(cursor) > MAX_CHARACTERS or not cursor.isascii():
        raise ValueError
    packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    head, payload = packed[: 1 + DIGEST_BYTES], packed[1 + DIGEST_BYTES :]
    if head != VERSION + digest(walk, payload):
        raise ValueError
    return payload


def decode(walk: str, cursor: str, kinds: Sequence[type[Key]]) -> tuple[Any, ...]:
    """Give the sort keys that a cursor holds; raises InvalidRequest for any but one of the same walk."""
    try:
        plain = orjson.loads(payload_of(walk, cursor))
        if not isinstance(plain, list) or len(plain) != len(kinds):
            raise ValueError  # noqa: TRY301 - every way to be wrong ends the same
        return tuple(read_key(kind, part) for kind, part in zip(kinds, plain, strict=True))
    except (ValueError, OverflowError, binascii.Error) as error:
        message = "is not one of this walk; take it from `next`, with the same sort and filters"
        raise refuse(message) from error
