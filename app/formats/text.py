"""Reads `text/plain`: the whole body is one article."""

from app.formats.body import Body
from app.formats.charset import decode
from app.formats.unreadable import Unreadable
from app.pipeline.article import RawItem


def read_text(body: Body) -> list[RawItem]:
    """Give the body as one item; raises Unreadable where there is nothing in it to read."""
    decoded = decode(body.data, body.charset)
    if is_blank(decoded.text):
        raise Unreadable([("", "The body is blank; an article has words.")])
    return [RawItem(0, decoded.text, body.hints, None, decoded.repairs)]


def is_blank(text: str) -> bool:
    """Say whether a text has nothing to show: white space, control and format characters alone."""
    return not any(char.isprintable() and not char.isspace() for char in text)
