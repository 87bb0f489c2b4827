"""Checks a body at the door, as far as it can be judged without reading it: what is blank, or JSON that does not fit; a feed's items are judged one by one, by the worker."""

from collections.abc import Callable, Mapping
from typing import Any

from app.formats.article_object import Given, json_objects, line_objects
from app.formats.binary import refuse_binary
from app.formats.body import Body
from app.formats.charset import decode
from app.formats.json_feed_check import feed_in
from app.formats.ninjs_check import check_ninjs
from app.formats.sniff import media_type, reader_of
from app.formats.text import is_blank, read_text
from app.formats.unreadable import Unreadable
from app.pipeline.article import Stated


def check(body: bytes, content_type: str, hints: Stated, *, max_items: int) -> list[Given] | None:
    """Refuse what no reader could take: raises UnknownType, or Unreadable with every fault and its pointer.

    Gives the article objects of a body that is made of them: no other items can state a source of their own.

    Markup is judged by the worker, behind its wall: an HTTP process parses nothing of a stranger's but JSON.
    """
    _, charset = media_type(content_type)
    kind, whole = reader_of(content_type, body), Body(body, charset, hints, max_items)
    if kind in OBJECTS:
        return OBJECTS[kind](whole)
    refuse_binary(whole)
    CHECKS.get(kind, check_words)(whole)
    return None


def check_words(body: Body) -> None:
    """Refuse a body that holds nothing to read; of a long one the beginning tells."""
    if not body.data.strip(b" \t\r\n\x00\xef\xbb\xbf") or (
        len(body.data) < SHORT and is_blank(decode(body.data, body.charset).text)
    ):
        raise Unreadable([("", "The body is blank; an article has words.")])


SHORT = 1_000
CHECKS: Mapping[str, Callable[[Body], Any]] = {
    "text": read_text,
    "json_feed": feed_in,
    "ninjs": check_ninjs,
}
"""What checks a body, by the reader that will read it."""
OBJECTS: Mapping[str, Callable[[Body], list[Given]]] = {"article_object": json_objects, "ndjson": line_objects}
"""The same for those that give article objects."""
