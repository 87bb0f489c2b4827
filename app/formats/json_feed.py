"""Reads JSON Feed 1.0 and 1.1: one raw item for each item, what the feed says of it as claims."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from app.formats.body import Body
from app.formats.charset import mended
from app.formats.feed import LONGEST_GUID, NO_WORDS, told_apart
from app.formats.feed_claims import (
    LONGEST_DATE,
    LONGEST_TITLE,
    LONGEST_TOPIC,
    MOST_AUTHORS,
    MOST_TOPICS,
    byline,
    person,
    tag_of,
)
from app.formats.feed_links import LONGEST, is_absolute, joined
from app.formats.feed_text import Written, fullest, line_of
from app.formats.json_feed_check import feed_in
from app.pipeline.article import Claim, RawItem, Stated

NO_OBJECT = "The item is no object."


@dataclass(frozen=True, slots=True)
class Outer:
    """What a feed says of all its items."""

    base: str | None
    language: str | None
    authors: list[str]


def read_json_feed(body: Body) -> list[RawItem]:
    """Give an item for each of the feed's, in their order; one that cannot be read has a fault of its own.

    Raises Unreadable where the body is no JSON, no feed, has no items, or more of them than may be.
    """
    feed = feed_in(body)
    given, repairs = feed.members, feed.decoded.repairs
    outer = Outer(base_of(given, body.hints), tag_of(text_of(given, "language")), names_of(given))
    hints = body.hints if len(feed.items) == 1 else replace(body.hints, url=None)  # one URL is not that of several
    return told_apart([item_of(place, item, outer, hints, repairs) for place, item in enumerate(feed.items)])


def base_of(feed: dict[str, Any], hints: Stated) -> str | None:
    """Give the URL that relative ones begin at."""
    given = (text_of(feed, "home_page_url"), text_of(feed, "feed_url"), hints.url)
    return next((url for url in given if url and is_absolute(url)), None)


def item_of(place: int, item: Any, outer: Outer, hints: Stated, repairs: dict[str, int]) -> RawItem:
    """Read one item."""
    if not isinstance(item, dict):
        return RawItem(place, "", hints, repairs=repairs, fault=NO_OBJECT)
    counts = Counter(repairs)
    item = {name: cleaned(value, counts) for name, value in item.items()}
    claims = tuple(claims_of(item, outer))
    title = next((claim.text for claim in claims if claim.field == "title"), "")
    has_url = any(claim.field == "url" for claim in claims)
    guid = text_of(item, "id")
    content = fullest(
        [
            Written(text_of(item, "content_html"), "html"),
            Written(text_of(item, "content_text"), "plain"),
            Written(text_of(item, "summary"), "unsaid"),
        ]
    )
    return RawItem(
        place,
        content.text if content else title,
        replace(hints, guid=guid if 0 < len(guid) <= LONGEST_GUID else None, url=None if has_url else hints.url),
        repairs=dict(counts),
        blocks=content.blocks if content else None,
        claims=claims,
        truncated=content is not None and content.truncated,
        fault=None if content or title else NO_WORDS,
    )


def claims_of(item: dict[str, Any], outer: Outer) -> Iterator[Claim]:
    """Claim what an item says in fields of its own, and what its feed says for it."""
    if title := line_of(Written(text_of(item, "title"), "unsaid"))[:LONGEST_TITLE]:
        yield Claim("title", title, "feed", 0.95, f"title: {title}"[:200])
    if names := names_of(item):
        yield from byline(names, "authors", 0.95)
    elif outer.authors:
        yield from byline(outer.authors, "feed authors", 0.7)
    published, modified = text_of(item, "date_published"), text_of(item, "date_modified")
    if 0 < len(published) <= LONGEST_DATE:
        yield Claim("published_at", published, "feed", 0.95, f"date_published: {published}")
    if 0 < len(modified) <= LONGEST_DATE:
        yield Claim("modified_at", modified, "feed", 0.95, f"date_modified: {modified}")
        if not published:
            yield Claim("published_at", modified, "feed", 0.7, f"date_modified: {modified}")
    for name, tag, confidence in (
        ("language", tag_of(text_of(item, "language")), 0.95),
        ("feed language", outer.language, 0.8),
    ):
        if tag:
            yield Claim("language", tag, "feed", confidence, f"{name}: {tag}")
    yield from url_claims(item, outer.base)
    yield from topics(item)


def url_claims(item: dict[str, Any], base: str | None) -> Iterator[Claim]:
    """Claim the page of an item, then the page that it is about, then an id that is a URL."""
    own, about = text_of(item, "url"), text_of(item, "external_url")
    given = (
        ("url", joined(base, own) if own else "", 0.95),
        ("external_url", joined(base, about) if about else "", 0.6),
    )
    for name, url, confidence in (*given, ("id", text_of(item, "id"), 0.5)):
        if is_absolute(url) and len(url) <= LONGEST:
            yield Claim("url", url, "feed", confidence, f"{name}: {url}"[:200])


def topics(item: dict[str, Any]) -> Iterator[Claim]:
    """Claim the tags, each once."""
    tags = item.get("tags")
    lines = (
        line_of(Written(tag, "unsaid")) for tag in (tags if isinstance(tags, list) else ()) if isinstance(tag, str)
    )
    found: dict[str, str] = {}
    for line in lines:
        if 0 < len(line) <= LONGEST_TOPIC:
            found.setdefault(line.casefold(), line)
    for line in list(found.values())[:MOST_TOPICS]:
        yield Claim("topics", line, "feed", 0.9, f"tags: {line}")


def names_of(value: dict[str, Any]) -> list[str]:
    """Give the names of `authors`, or of the one `author` that version 1.0 has."""
    authors = value.get("authors")
    listed = authors if isinstance(authors, list) and authors else [authors or value.get("author")]
    texts = [author if isinstance(author, str) else text_of(author, "name") for author in listed[:MOST_AUTHORS]]
    return list(dict.fromkeys(name for name in (person(mended(text).text) for text in texts) if name))


def text_of(value: Any, name: str) -> str:
    """Give a member that is text, or a number as its digits, stripped; "" for anything else."""
    member = value.get(name) if isinstance(value, dict) else None
    if isinstance(member, int | float) and not isinstance(member, bool):
        return str(member)
    return member.strip() if isinstance(member, str) else ""


def cleaned(value: Any, counts: Counter[str]) -> Any:
    """Mend lone surrogates in a member that is text, and drop NUL; counted."""
    if isinstance(value, list):
        return [cleaned(part, counts) if isinstance(part, str) else part for part in value]
    if not isinstance(value, str):
        return value
    decoded = mended(value)
    counts.update(decoded.repairs)
    if nuls := value.count("\x00"):
        counts["control_characters"] += nuls
    return decoded.text.replace("\x00", "")
