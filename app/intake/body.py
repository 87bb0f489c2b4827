"""Reads a request's body within its limit, decompressed."""

import asyncio
import zlib

from starlette.requests import Request

from app.errors import BodyTooLarge, Fault, InvalidRequest, UnsupportedCoding

GZIP = frozenset({"gzip", "x-gzip"})
OFF_LOOP_BYTES = 100_000
"""Compressed bodies above this are decompressed in a thread."""
CHUNK = 16_384
"""Compressed bytes handed over at once: what follows the end of a gzip member is copied, so little may follow."""


async def read_body(request: Request, *, limit: int) -> bytes:
    """Give the body; raises BodyTooLarge as soon as it is known to be over `limit` bytes, as sent or decompressed.

    Raises UnsupportedCoding for a coding other than gzip, InvalidRequest for gzip that is none.
    """
    coding = ", ".join(request.headers.getlist("content-encoding")).strip().lower()
    if coding not in {"", "identity"} | GZIP:
        raise UnsupportedCoding(
            f"The Content-Encoding {coding[:100]!r} is not taken; gzip is.",
            headers={"Accept-Encoding": "gzip, identity"},
        )
    body = await received(request, limit)
    if coding not in GZIP:
        return body
    if len(body) > OFF_LOOP_BYTES:
        return await asyncio.to_thread(gunzip, body, limit)
    return gunzip(body, limit)


async def received(request: Request, limit: int) -> bytes:
    """Give the body as it was sent; raises BodyTooLarge."""
    stated = request.headers.get("content-length", "")
    if stated.isascii() and stated.isdigit() and int(stated[:20]) > limit:
        raise too_large(limit)
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise too_large(limit)
        parts.append(part)
    return b"".join(parts)


def too_large(limit: int) -> BodyTooLarge:
    """Give the refusal of a body over the limit."""
    return BodyTooLarge(f"The body is over {limit} bytes; send it in several requests.")


def gunzip(body: bytes, limit: int) -> bytes:
    """Decompress gzip (RFC 1952, several members too), never holding more than `limit` bytes of result.

    Raises BodyTooLarge, or InvalidRequest for bytes that are no gzip, end too early or are followed by others.
    """
    whole = bytearray()
    member = zlib.decompressobj(zlib.MAX_WBITS | 16)
    for start in range(0, len(body), CHUNK):
        rest = body[start : start + CHUNK]
        while rest:
            if member.eof:
                member = zlib.decompressobj(zlib.MAX_WBITS | 16)
            try:
                whole += member.decompress(rest, limit + 1 - len(whole))
            except zlib.error as error:
                raise broken(str(error)) from error
            if len(whole) > limit:
                raise too_large(limit)
            rest = member.unused_data
    if not member.eof:
        raise broken("it ends too early")
    return bytes(whole)


def broken(reason: str) -> InvalidRequest:
    """Give the refusal of a body that is not the gzip it says it is."""
    detail = f"The body is not valid gzip: {reason}."
    return InvalidRequest(detail, faults=[Fault("", detail)])
