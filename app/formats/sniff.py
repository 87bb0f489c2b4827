"""Picks the reader for a body: by its Content-Type, and by its first characters where they unmistakably say otherwise."""

import json
import re
from collections.abc import Callable, Mapping
from email.message import Message
from functools import lru_cache
from typing import Any

from app.formats.ninjs_check import is_ninjs
from app.formats.unreadable import UnknownType

TYPES = {
    "text/plain": "text",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "application/json": "article_object",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
    "application/rss+xml": "xml",
    "application/atom+xml": "xml",
    "application/rdf+xml": "xml",
    "application/xml": "xml",
    "text/xml": "xml",
    "application/feed+json": "json_feed",
    "application/vnd.iptc.ninjs+json": "ninjs",
    "application/vnd.iptc.g2.newsitem+xml": "xml",
    "application/vnd.iptc.g2.newsmessage+xml": "xml",
}
"""Which reader reads which media type; RFC 9110 compares them without case."""
MARKUP = re.compile(
    rb"<(?:\?xml[\s?]|!--|!doctype\s+(?P<doctype>html|nitf|rss|newsml)\b"
    rb"|(?P<root>rss|rdf:rdf|(?:\w{1,20}:)?feed|nitf|newsitem|newsmessage|newsml|html)(?=[\s>/]))",
    re.IGNORECASE,
)
"""How a document begins that is certainly markup: no plain text does."""
LONGEST_TYPE = 255
"""Characters of a Content-Type that are read: the standard library takes time by their square for its parameters."""
BEGINNING = 4_000
REMEMBERED_LENGTH = 200
"""Longer Content-Types are taken apart anew each time, so that no sender fills the memory with them."""
START = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*")


def media_type(content_type: str) -> tuple[str, str | None]:
    """Give the media type in lower case and the charset that a Content-Type states."""
    return (
        type_and_charset(content_type)
        if len(content_type) <= REMEMBERED_LENGTH
        else type_and_charset.__wrapped__(content_type)
    )


@lru_cache(maxsize=256)
def type_and_charset(content_type: str) -> tuple[str, str | None]:
    """Take a Content-Type apart; senders use few of them, again and again."""
    message = Message()
    message["Content-Type"] = content_type[:LONGEST_TYPE]
    charset = message.get_param("charset")
    given = content_type.partition(";")[0].strip().lower()
    return given, charset if isinstance(charset, str) else None


def reader_of(content_type: str | None, body: bytes) -> str:
    """Name the reader of a body; raises UnknownType, naming the types that are taken.

    Mistakes are put right where no body of the stated kind can look so: markup or objects sent as plain text or as each
    other, a feed sent as a page, a page sent as a feed, lines of objects sent as one JSON value, and one JSON value sent
    as lines.
    A missing or unknown type is never guessed.
    """
    given, _ = media_type(content_type or "")
    stated = TYPES.get(given)
    if stated is None and given.startswith("application/") and given.endswith(("+json", "+xml")):
        stated = "xml" if given.endswith("+xml") else "article_object"
    if stated is None:
        taken = ", ".join(TYPES)
        raise UnknownType(f"There is no reader for {given or 'a body without Content-Type'}; these are taken: {taken}.")
    return SEEN[stated](body)


def text_or_objects(body: bytes) -> str:
    """Tell markup and article objects, or lines of them, from text that merely begins so."""
    if opening(body) == b"<":
        return markup_of(body) or "text"
    return objects_in(body) or "text"


def objects_in(body: bytes) -> str | None:
    """Name the reader of a body that can only be article objects, lines of them, a JSON Feed or ninjs; None for any other."""
    if opening(body) not in {b"{", b"["}:
        return None
    if (known := known_json(body)) is not None:
        return known
    value = parsed(body)
    if is_article(value) or (isinstance(value, list) and value and all(map(is_article, value))):
        return "article_object"
    first, rest = first_line(body)
    return "ndjson" if opening(rest) == b"{" and is_article(parsed(first)) else None


def object_or_lines(body: bytes) -> str:
    """Tell one JSON value from lines that are an object each, and from markup."""
    if opening(body) == b"<":
        return markup_of(body) or "article_object"
    if (known := known_json(body)) is not None:
        return known
    if opening(body) != b"{":
        return "article_object"
    first, rest = first_line(body)
    return "ndjson" if opening(rest) == b"{" and isinstance(parsed(first), dict) else "article_object"


def lines_or_object(body: bytes) -> str:
    """Tell lines that are an object each from one array, or from one object over several lines, and from markup."""
    begins = opening(body)
    if begins == b"<":
        return markup_of(body) or "ndjson"
    if (known := known_json(body)) is not None:
        return known
    if begins == b"[":
        return "article_object"
    first, rest = first_line(body)
    several = begins == b"{" and rest and parsed(first) is None
    return "article_object" if several and isinstance(parsed(body), dict) else "ndjson"


def page_or_xml(body: bytes) -> str:
    """Tell a page from a feed, an agency's document or objects that are sent as one."""
    if objects := objects_in(body):
        return objects
    found = markup_of(body) or "html"
    return "html" if found == "xml" and b"<html" in body[:BEGINNING].lower() else found


def xml_or_page(body: bytes) -> str:
    """Tell a feed or an agency's document from a page or objects that are sent as one."""
    if objects := objects_in(body):
        return objects
    return "html" if markup_of(body) == "html" else "xml"


def markup_of(body: bytes) -> str | None:
    """Name the reader of a body that certainly begins as markup does; None for any other."""
    found = START.match(body)
    begins = MARKUP.match(body, found.end() if found else 0)
    if begins is None:
        return None
    name = (begins["root"] or begins["doctype"] or b"").lower()
    if name:
        return "html" if name == b"html" else "xml"
    return "html" if b"<!doctype html" in body[:BEGINNING].lower() else "xml"


def known_json(body: bytes) -> str | None:
    """Name the reader of a JSON body that can only be a JSON Feed or ninjs; None for any other."""
    if b"jsonfeed.org/version" in body[:BEGINNING]:
        value = parsed(body)
        if isinstance(value, dict):
            return "json_feed" if isinstance(value.get("items"), list) else None
        return None if is_utf8(body) else "json_feed"  # in another charset it is read later
    if b'"uri"' in body or b'"guid"' in body:
        return "ninjs" if is_ninjs(parsed(body)) else None
    return None


def is_utf8(body: bytes) -> bool:
    """Say whether bytes are UTF-8."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def as_stated(name: str) -> Callable[[bytes], str]:
    """Give what takes a body for what its type says, but for markup."""
    return lambda body: (markup_of(body) if opening(body) == b"<" else None) or name


SEEN: Mapping[str, Callable[[bytes], str]] = {
    "text": text_or_objects,
    "html": page_or_xml,
    "xml": xml_or_page,
    "article_object": object_or_lines,
    "ndjson": lines_or_object,
    "json_feed": as_stated("json_feed"),
    "ninjs": as_stated("ninjs"),
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
