"""Every reader under one call: bytes and what is known of them in, raw items out."""

from app.formats.article_object import read_objects
from app.formats.sniff import media_type, reader_of
from app.formats.text import read_text
from app.pipeline.article import RawItem, Stated


def read(body: bytes, content_type: str, hints: Stated, *, max_items: int) -> list[RawItem]:
    """Give the items of a body; raises UnknownType, or Unreadable with every fault and its pointer.

    `hints` are what the query says of all items; what an item states itself is stronger.
    """
    reader = reader_of(content_type)
    _, charset = media_type(content_type)
    if reader == "text":
        return read_text(body, charset, hints)
    return read_objects(body, charset, hints, lines=reader == "ndjson", most=max_items)
