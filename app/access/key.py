"""API keys as text: `dl_PREFIX_SECRET`, made by chance, known again by a hash.

The secret is 256 random bits, which nobody guesses, so a plain SHA-256 keeps it: a slow hash is for passwords, which are
guessed, and would cost each request what this costs ten thousand. The prefix names the key in lists and logs, and stays
when the secret is rotated. The checksum lets a scanner of leaked secrets tell a key from chance, and refuses a mistyped
one without a look into the store.
"""

import re
import secrets
import zlib
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

PREFIX_BYTES: Final = 5
SECRET_BYTES: Final = 32
KEY: Final = re.compile(r"(dl_([0-9a-f]{10})_[0-9a-f]{64})([0-9a-f]{8})")
"""The whole text: what the checksum is of, with the prefix in it, and the checksum (CRC-32)."""
KEY_ANYWHERE: Final = re.compile(rb"dl_[0-9a-f]{10}_[0-9a-f]{72}")
"""A key in the middle of other bytes, as a scanner of secrets looks for it."""


@dataclass(frozen=True, slots=True)
class Presented:
    """A well-formed key that a request came with: the prefix and the hash; the secret goes no further."""

    prefix: str
    hash: bytes


def new_prefix() -> str:
    """Give a prefix for a new key."""
    return secrets.token_hex(PREFIX_BYTES)


def new_text(prefix: str) -> str:
    """Give the text of a new key with this prefix; it is shown to its owner once, and kept nowhere."""
    head = f"dl_{prefix}_{secrets.token_hex(SECRET_BYTES)}"
    return head + checksum(head)


def checksum(head: str) -> str:
    """Give the eight characters that end a key."""
    return f"{zlib.crc32(head.encode()):08x}"


def hash_of(text: str) -> bytes:
    """Give the hash that is kept of a key."""
    return sha256(text.encode()).digest()


def presented(text: str) -> Presented | None:
    """Give what a text says of a key; None where it has not the form of one."""
    found = KEY.fullmatch(text)
    if found is None or checksum(found[1]) != found[3]:
        return None
    return Presented(found[2], hash_of(text))
