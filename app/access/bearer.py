"""Reads the `Authorization` field (RFC 9110, section 11.6.2; RFC 6750, section 2.1)."""

import re
from collections.abc import Iterable
from typing import Final

from app.access.refusal import Unauthorized

BEARER: Final = re.compile(rb"bearer(?: +(.*))?", re.IGNORECASE | re.DOTALL)
TOKEN: Final = re.compile(rb"[A-Za-z0-9\-._~+/]+=*")


def bearer_token(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Give the bearer token of a request; raises Unauthorized where there is not exactly one."""
    stated = [value.strip(b" \t") for name, value in headers if name == b"authorization"]
    if len(stated) > 1:
        raise Unauthorized("There is more than one Authorization field.", error="invalid_request")
    found = BEARER.fullmatch(stated[0]) if stated else None
    if found is None:
        raise Unauthorized("This needs a key: `Authorization: Bearer KEY`.")
    if found[1] is None or not TOKEN.fullmatch(found[1]):
        raise Unauthorized("What follows `Bearer` is no key.", error="invalid_token")
    return found[1].decode("ascii")
