"""Reads RSS 0.9 to 2.0, RDF, Atom 0.3 and 1.0 and CDF: one raw item for each item, what the feed says of it as claims."""

import re
from collections.abc import Iterator
from dataclasses import replace

from app.formats.body import Body
from app.formats.feed_claims import (
    Channel,
    authors,
    dates,
    language_of,
    languages,
    rights,
    rights_of,
    titles,
    topics,
)
from app.formats.feed_document import Element, read_xml, xml_text
from app.formats.feed_links import document_base, url_claims
from app.formats.feed_names import Parts, attribute, name_of, named, parts_of
from app.formats.feed_text import fullest, written
from app.formats.unreadable import Unreadable
from app.pipeline.article import Claim, RawItem, Stated

ROOTS = frozenset({"rss", "rdf:rdf", "rdf", "feed", "channel", "entry"})
WRAPPED = frozenset({"rss", "rdf:rdf", "feed"})
"""What is a feed even where it stands in something else, as in a page."""
ITEMS = frozenset({"item", "entry"})
LOOKED_AT = 4_096
OPENING = re.compile(
    r"(?:\s++|<\?(?:(?!\?>).)*+\?>|<!--(?:(?!-->).)*+-->|<!DOCTYPE[^\[<>]*+(?:\[(?:(?!\]\s{0,9}>).)*+\]\s{0,9})?>)*+"
    r"<(?:[A-Za-z_][\w.-]{0,40}:)?(?P<root>rss|rdf|feed|channel)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
BODIES = ("content:encoded", "content", "xhtml:body", "body", "fullitem")
SUMMARIES = (
    "description",
    "summary",
    "abstract",
    "media:description",
    "itunes:summary",
    "dc:description",
    "itunes:subtitle",
)
LONGEST_GUID = 2_048
NO_WORDS = "The item has neither a title nor a text."
NO_FEED = "There is no feed in it: its first element is none of rss, rdf:RDF, feed and channel."


def is_feed(data: bytes) -> bool:
    """Say whether a body is a feed by its first element, whatever comment or doctype stands before that."""
    text, _ = xml_text(data[:LOOKED_AT], None)
    return OPENING.match(text.removeprefix("\ufeff")) is not None


def read_feed(body: Body) -> list[RawItem]:
    """Give an item for each of the feed's, in their order; one without words has a fault of its own.

    Raises Unreadable where there is no feed, no item in it, or more of them than may be.
    """
    document = read_xml(body.data, body.charset)
    feed = feed_in(document.root) if document else None
    if document is None or feed is None:
        raise Unreadable([("", NO_FEED)])
    elements: list[Element] = []
    for element in items_in(feed):
        if len(elements) == body.max_items:
            raise Unreadable([("", f"more than {body.max_items} items in one feed")])
        elements.append(element)
    if not elements:
        raise Unreadable([("", "The feed holds no items.")])
    channel = channel_of(feed, body.hints)
    hints = body.hints if len(elements) == 1 else replace(body.hints, url=None)  # one URL is not that of several
    return told_apart(
        [item_of(place, element, document.repairs, channel, hints) for place, element in enumerate(elements)]
    )


def feed_in(root: Element) -> Element | None:
    """Give the element that is the feed: the root, or the first one below it; None where there is none."""
    if name_of(root) in ROOTS:
        return root
    return next((element for element in root.iter() if name_of(element) in WRAPPED), None)


def items_in(feed: Element) -> Iterator[Element]:
    """Give the items of a feed in document order, whatever they are nested in; what stands in an item is its own."""
    if name_of(feed) in ITEMS:
        yield feed
        return
    waiting = [iter(feed)]
    while waiting:
        for child in waiting[-1]:
            if name_of(child) in ITEMS:
                yield child
            elif len(child):
                waiting.append(iter(child))
                break
        else:
            waiting.pop()


def channel_of(root: Element, hints: Stated) -> Channel:
    """Read what a feed says of all its items."""
    outer = parts_of(root)
    inner = next((element for _, element in named(outer, "channel")), None)
    parts: Parts = outer if inner is None else {**outer, **parts_of(inner)}
    return Channel(parts, language_of(parts), rights_of(parts), document_base(parts, hints.url))


def item_of(place: int, element: Element, repairs: dict[str, int], channel: Channel, hints: Stated) -> RawItem:
    """Read one item."""
    parts = parts_of(element)
    claims: tuple[Claim, ...] = (
        *titles(parts),
        *authors(parts, channel.parts),
        *dates(element, parts),
        *languages(element, parts, channel),
        *url_claims(element, parts, channel.base),
        *rights(parts, channel),
        *topics(parts),
    )
    content = fullest([written(text, is_body=True) for _, text in named(parts, *BODIES, *SUMMARIES)])
    title = next((claim.text for claim in claims if claim.field == "title"), "")
    has_url = any(claim.field == "url" for claim in claims)
    return RawItem(
        place,
        content.text if content else title,
        replace(hints, guid=guid_of(element, parts), url=None if has_url else hints.url),
        repairs=repairs,
        blocks=content.blocks if content else None,
        claims=claims,
        truncated=content is not None and content.truncated,
        fault=None if content or title else NO_WORDS,
    )


def guid_of(element: Element, parts: Parts) -> str | None:
    """Give the feed's own id of an item."""
    stated = ((found.text or "").strip() for _, found in named(parts, "guid", "id", "dc:identifier"))
    given = next(filter(None, stated), "") or attribute(element, "about")
    return given if 0 < len(given) <= LONGEST_GUID else None


def told_apart(items: list[RawItem]) -> list[RawItem]:
    """Take a guid from the items that share it and stand in different places: it identifies none of them."""
    places: dict[str, set[str | None]] = {}
    for item in items:
        if item.stated.guid:
            places.setdefault(item.stated.guid, set()).add(place_of(item))
    shared = {guid for guid, found in places.items() if len(found) > 1}
    return [
        replace(item, stated=replace(item.stated, guid=None)) if item.stated.guid in shared else item for item in items
    ]


def place_of(item: RawItem) -> str | None:
    """Give the URL of an item that it is told apart by."""
    return next((claim.text for claim in item.claims if claim.field == "url"), None)
