"""Picks the reader for a body by its Content-Type."""

from email.message import Message

from app.formats.unreadable import UnknownType

READERS = {
    "text/plain": "text",
    "application/json": "article_object",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
}
"""Which reader reads which media type; RFC 9110 compares them without case."""


def media_type(content_type: str) -> tuple[str, str | None]:
    """Give the media type in lower case and the charset that a Content-Type states."""
    message = Message()
    message["Content-Type"] = content_type
    charset = message.get_param("charset")
    given = content_type.partition(";")[0].strip().lower()
    return given, charset if isinstance(charset, str) else None


def reader_of(content_type: str) -> str:
    """Name the reader of a Content-Type; raises UnknownType, naming the types that are taken."""
    given, _ = media_type(content_type)
    if given in READERS:
        return READERS[given]
    if given.startswith("application/") and given.endswith("+json"):
        return "article_object"
    taken = ", ".join(READERS)
    raise UnknownType(f"There is no reader for {given or 'a body without Content-Type'}; these are taken: {taken}.")
