"""Picks the reader for a body: by its Content-Type, and by its first characters where they unmistakably say otherwise."""

import json
import re
from email.message import Message
from typing import Any

from app.formats.unreadable import UnknownType

TYPES = {
    "text/plain": "text",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "application/json": "article_object",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
}
"""Which reader reads which media type; RFC 9110 compares them without case."""
START = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*")


def media_type(content_type: str) -> tuple[str, str | None]:
    """Give the media type in lower case and the charset that a Content-Type states."""
    message = Message()
    message["Content-Type"] = content_type
    charset = message.get_param("charset")
    given = content_type.partition(";")[0].strip().lower()
    return given, charset if isinstance(charset, str) else None


def reader_of(content_type: str | None, body: bytes) -> str:
    """Name the reader of a body; raises UnknownType, naming the types that are taken.

    Three mistakes are put right, as no body of the stated kind can look so: article objects sent as plain text, lines
    of objects sent as one JSON value, and one JSON value sent as lines. A missing or unknown type is never guessed.
    """
    given, _ = media_type(content_type or "")
    stated = TYPES.get(given)
    if stated is None and given.startswith("application/") and given.endswith("+json"):
        stated = "article_object"
    if stated is None:
        taken = ", ".join(TYPES)
        raise UnknownType(f"There is no reader for {given or 'a body without Content-Type'}; these are taken: {taken}.")
    return SEEN[stated](body)


def text_or_objects(body: bytes) -> str:
    """Tell article objects, or lines of them, from text that merely begins with a brace."""
    if opening(body) not in {b"{", b"["}:
        return "text"
    value = parsed(body)
    if is_article(value) or (isinstance(value, list) and value and all(map(is_article, value))):
        return "article_object"
    first, rest = first_line(body)
    return "ndjson" if opening(rest) == b"{" and is_article(parsed(first)) else "text"


def object_or_lines(body: bytes) -> str:
    """Tell one JSON value from lines that are an object each."""
    if opening(body) != b"{":
        return "article_object"
    first, rest = first_line(body)
    return "ndjson" if opening(rest) == b"{" and isinstance(parsed(first), dict) else "article_object"


def lines_or_object(body: bytes) -> str:
    """Tell lines that are an object each from one array, or from one object over several lines."""
    begins = opening(body)
    if begins == b"[":
        return "article_object"
    first, rest = first_line(body)
    several = begins == b"{" and rest and parsed(first) is None
    return "article_object" if several and isinstance(parsed(body), dict) else "ndjson"


def page_or_feed(_: bytes) -> str:
    """Tell a page from a feed that is sent as one."""
    return "html"


SEEN = {
    "text": text_or_objects,
    "html": lambda body: "html",
    "article_object": object_or_lines,
    "ndjson": lines_or_object,
}
"""What looks at a body once its type has named a reader."""


def opening(body: bytes) -> bytes:
    """Give the first byte that is neither white space nor part of a byte order mark."""
    found = START.match(body)
    start = found.end() if found else 0
    return body[start : start + 1]


def first_line(body: bytes) -> tuple[bytes, bytes]:
    """Give the first line that is not blank, and all that follows it."""
    found = START.match(body)
    line, _, rest = body[found.end() if found else 0 :].partition(b"\n")
    return line, rest


def parsed(body: bytes) -> Any:
    """Give the JSON value that bytes are; None where they are none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def is_article(value: Any) -> bool:
    """Say whether a JSON value can only be an article object: an object with its content in it."""
    return isinstance(value, dict) and isinstance(value.get("content"), str)
