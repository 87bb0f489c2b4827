"""Decides what an arriving article means for what is stored: a new article, a revision, a sighting, or nothing."""

from dataclasses import dataclass
from datetime import datetime

import xxhash

from app.pipeline.article import Article, Retraction
from app.pipeline.identity import KeyScope, Profile, profile
from app.pipeline.url import identity

LONGEST_VERSION = 18
DISTINCTIVE_WORDS = 8
"""A text of fewer words ("Video", "Live blog") says nothing about identity where a guid or URL does."""
UNMISTAKABLE_WORDS = 40
"""Nor does one of fewer words, without its title, within its source."""


@dataclass(frozen=True, slots=True)
class Key:
    """One thing that an article is known by; 16 bytes of hash under a scope."""

    scope: KeyScope
    value: bytes


@dataclass(frozen=True, slots=True)
class Known:
    """What must be known of a stored article to decide about an arrival."""

    revision: int
    field_hash: bytes
    source: str | None
    modified_at: datetime | None
    received_at: datetime
    current_since: datetime
    processing: str
    profile: Profile
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Insert:
    """The article is new."""


@dataclass(frozen=True, slots=True)
class Revise:
    """The article has changed; the arrival is its new current revision."""

    revision: int


@dataclass(frozen=True, slots=True)
class Sight:
    """The article is known and stays as it is; the arrival is one more sighting."""


Intent = Insert | Revise | Sight


def digest(*parts: str) -> bytes:
    """Hash parts to 16 bytes, with borders that no part can imitate."""
    return xxhash.xxh3_128_digest("\x00".join(parts).encode("utf-8", "replace"))


def keys(article: Article) -> tuple[Key, ...]:
    """Give what an article is known by, the strongest first: the sender's guid, the URL, its source's text, the words.

    A guid is unique only within its source (RSS 2.0 says no more), so it is hashed together with it. So is the text
    without its title: under a new headline and URL it is the same article of its publisher, and a copy from others.
    """
    found = []
    if article.guid:
        found.append(Key("guid", digest(article.source or "", article.guid)))
    if article.url:
        found.append(Key("url", digest(identity(article.url))))
    if article.text_hash and article.source and article.word_count >= UNMISTAKABLE_WORDS:
        found.append(Key("text", digest(article.source, article.text_hash.hex())))
    if not found or article.word_count >= DISTINCTIVE_WORDS:
        found.append(Key("content", article.content_hash))
    return tuple(found)


def named_keys(retraction: Retraction) -> tuple[Key, ...]:
    """Give the keys by which a retraction names an article; its words are none."""
    found = []
    if retraction.guid:
        found.append(Key("guid", digest(retraction.source or "", retraction.guid)))
    if retraction.url:
        found.append(Key("url", digest(identity(retraction.url))))
    return tuple(found)


def route(source: str | None, url: str | None) -> bytes:
    """Hash the route by which an article arrived: its source and its URL."""
    return digest(source or "", url or "")


def ordered(article: Article, known: Known) -> bool:
    """Say whether versions or times of modification, and no order of arrival, tell which of two is newer."""
    versions = version_of(article.version), version_of(known.version)
    times = article.modified_at, known.modified_at
    return any(None not in pair and pair[0] != pair[1] for pair in (versions, times))


def newer(article: Article, received_at: datetime, known: Known) -> bool:
    """Say whether the arrival supersedes the current revision: by version and then by modification time where both state
    one, then by arrival.
    """
    mine, theirs = version_of(article.version), version_of(known.version)
    if mine is not None and theirs is not None and mine != theirs:
        return mine > theirs
    if article.modified_at and known.modified_at and article.modified_at != known.modified_at:
        return article.modified_at > known.modified_at
    return received_at >= known.current_since


def version_of(text: str | None) -> int | None:
    """Give a version that is a number; agencies that name versions otherwise leave no order to go by."""
    return (
        int(text) if text is not None and text.isascii() and text.isdigit() and len(text) <= LONGEST_VERSION else None
    )


def decide(article: Article, received_at: datetime, known: Known | None) -> Intent:
    """Decide about one arrival of an article that is stored as `known`, or not stored.

    Only the source that published an article revises it; others add sightings. That is the source it came from first,
    until the one comes whose host its URL names. A fallback result never replaces a full one.
    """
    if known is None:
        return Insert()
    if supersedes(article, received_at, known) and (
        article.field_hash != known.field_hash or article.source != known.source
    ):
        return Revise(known.revision + 1)
    return Sight()


def supersedes(article: Article, received_at: datetime, known: Known) -> bool:
    """Say whether what an arrival says stands above what is stored: from its publisher, not poorer, not older."""
    if article.processing == "fallback" and known.processing == "full":
        return False
    if article.source == known.source:
        return newer(article, received_at, known)
    return is_rightful(article.source, known)


def is_its_own(mine: Profile, known: Known) -> bool:
    """Say whether another source has what is stored under a name of its own, and says something else there by now.

    Its name is a URL of its host, or its guid where it gives no URL: an aggregator gives its guid and the publisher's URL.
    It may not revise the article, which is another's, and its words are not to be lost: so they are an article of theirs.
    """
    theirs = known.profile
    if mine.source is None or mine.source == known.source or mine.content == theirs.content:
        return False
    named = mine.guid is not None if mine.url is None else mine.url != theirs.url and owns(mine.source, mine.url)
    return named and not is_rightful(mine.source, known)


def is_rightful(source: str | None, known: Known) -> bool:
    """Say whether an article's URL is of this source and not of the one that it came from: an aggregator was quicker."""
    url = known.profile.url
    return url is not None and owns(source, url) and not owns(known.source, url)


def owns(source: str | None, url: str) -> bool:
    """Say whether a source names itself by the host of a URL in its form for identity, or by a domain above it."""
    host = url.partition("/")[0].partition("?")[0].partition(":")[0]
    name = (source or "").casefold().removeprefix("www.")
    return "." in name and (host == name or host.endswith(f".{name}"))


def after(article: Article, received_at: datetime, before: Known | None, submission: object = None) -> Known:
    """Give what is known of an article once it is inserted or revised, for the next arrival of the same batch."""
    return Known(
        revision=before.revision + 1 if before else 1,
        field_hash=article.field_hash,
        source=article.source,
        modified_at=article.modified_at,
        received_at=before.received_at if before else received_at,
        current_since=received_at,
        processing=article.processing,
        profile=profile(article, submission),
        version=article.version,
    )
