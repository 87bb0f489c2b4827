"""Every reader under one call: bytes and what is known of them in, raw items out."""

from collections.abc import Mapping

from app.formats.article_items import read_lines, read_objects
from app.formats.body import Body, Reader
from app.formats.html import read_page
from app.formats.json_feed import read_json_feed
from app.formats.ninjs import read_ninjs
from app.formats.sniff import media_type, reader_of
from app.formats.text import read_text
from app.formats.xml import read_xml
from app.pipeline.article import RawItem, Stated

READERS: dict[str, Reader] = {
    "text": read_text,
    "html": read_page,
    "xml": read_xml,
    "json_feed": read_json_feed,
    "ninjs": read_ninjs,
    "article_object": read_objects,
    "ndjson": read_lines,
}
"""The readers by the names that `sniff` gives them."""


def read(body: bytes, content_type: str, hints: Stated, *, max_items: int) -> list[RawItem]:
    """Give the items of a body; raises UnknownType, or Unreadable with every fault and its pointer.

    `hints` are what the query says of all items; what an item states itself is stronger.
    """
    reader = READERS[reader_of(content_type, body)]
    _, charset = media_type(content_type)
    return reader(Body(body, charset, hints, max_items))


def hints_of(hints: Mapping[str, str]) -> Stated:
    """Give what the query said of a submission."""
    return Stated(
        url=hints.get("url"),
        source=hints.get("source"),
        timezone=hints.get("timezone"),
        language=hints.get("language"),
    )
