"""Knows a JSON Feed among JSON values, and says what keeps a body from being one."""

from dataclasses import dataclass
from typing import Any

from app.formats.body import Body
from app.formats.charset import Decoded, decode
from app.formats.json_values import json_elements
from app.formats.unreadable import Unreadable


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as it was sent: its members, its items one by one, and the text that it was read from."""

    members: dict[str, Any]
    items: list[Any]
    decoded: Decoded


def feed_in(body: Body) -> Feed:
    """Give the feed that a body is, whatever its items are.

    Raises Unreadable where it is no JSON, no feed, has no items, or more of them than may be.
    """
    decoded = decode(body.data, body.charset)
    elements = list(json_elements(decoded.text, body.max_items))
    feed = elements[0].value if len(elements) == 1 and not elements[0].pointer else None
    if not isinstance(feed, dict):
        raise Unreadable([("", "There is no feed in it: a JSON Feed is an object with a list of `items`.")])
    items = feed.get("items")
    if not isinstance(items, list):
        raise Unreadable([("/items", "There is no feed in it: a JSON Feed is an object with a list of `items`.")])
    if not items:
        raise Unreadable([("/items", "The feed holds no items.")])
    if len(items) > body.max_items:
        raise Unreadable([("/items", f"more than {body.max_items} items in one feed")])
    return Feed(feed, items, decoded)
