"""Tells whether two articles that share a key are one article; each doubt has its reason, and no order of asking changes it.

A key alone does not say so: feeds give all their items one link or one guid, guids are used again, and a URL may hold
another article by now. Nor do other words: a stub of three lines becomes a report. So articles are told apart where their
words are others *and* something else speaks for two.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, Literal

from app.pipeline.article import Article
from app.pipeline.fingerprint import content_hash
from app.pipeline.likeness import likeness, shingles
from app.pipeline.url import identity

KeyScope = Literal["guid", "url", "text", "content"]
Doubt = Literal["another guid", "another URL", "another day", "side by side"]
DAY: Final = timedelta(days=1)
ALIKE: Final = 0.3
"""Share of the smaller text's wording that one article keeps from one delivery to the next, if it keeps its words at all."""
remembered = lru_cache(maxsize=256)(shingles)


@dataclass(frozen=True, slots=True)
class Profile:
    """What an article says by which it is told from others; `title` and `content` are hashes, `url` as identity has it.

    `text` is None while it was not needed, and `submission` while the article is not in the same batch.
    """

    source: str | None
    guid: str | None
    url: str | None
    title: bytes | None
    published_at: datetime | None
    version: str | None
    content: bytes
    text: str | None = None
    submission: object = None

    def with_text(self, text: str) -> "Profile":
        """Give the same with its text."""
        return replace(self, text=text)


def profile(article: Article, submission: object = None) -> Profile:
    """Give the profile of an article that arrives with a submission."""
    return Profile(
        source=article.source,
        guid=article.guid,
        url=identity(article.url) if article.url else None,
        title=content_hash(article.title, "") if article.title else None,
        published_at=article.published_at,
        version=article.version,
        content=article.content_hash,
        text=article.text,
        submission=submission,
    )


def doubt(one: Profile, other: Profile, scope: KeyScope) -> Doubt | None:
    """Say what speaks for two articles although they share a key of that scope; None where nothing does.

    But for the scope `text`, it only counts where their words are others too (`told_apart`), so that these need not be
    read before. Words that lead to an article may be those of before, or what another delivery said in its name: where
    they are no longer its own, they count as little as a URL.
    """
    named = one.guid is not None and (one.source, one.guid) == (other.source, other.guid)
    if one.content == other.content or (scope == "content" and named):  # its own words, of now or of before
        return None
    if one.submission is not None and one.submission == other.submission and scope != "text":
        return None if same_title(one, other) and not apart(one, other, timedelta()) else "side by side"
    if scope != "text" and (same_title(one, other) or same_moment(one, other) or versions(one, other)):
        return None
    if scope != "guid" and other_guid(one, other):
        return "another guid"
    if scope == "guid" and one.url and other.url and one.url != other.url:
        return "another URL"
    return "another day" if apart(one, other, DAY) else None


def told_apart(one: Profile, other: Profile, scope: KeyScope) -> Doubt | None:
    """Say why two articles that share a key are two, None where they are one; both must have their texts."""
    found = doubt(one, other, scope)
    return found if found and (scope == "text" or not alike(one, other)) else None


def remains(one: Profile) -> Profile:
    """Give what a tombstone may remember: no words, and names as hashes alone."""
    return replace(one, guid=hashed(one.guid), url=hashed(one.url), text=None, submission=None)


def hashed(name: str | None) -> str | None:
    """Hash a name."""
    return None if name is None else content_hash(None, name).hex()


def is_another(one: Profile, dead: Profile, scope: KeyScope) -> bool:
    """Say whether an arrival is another article than a deleted one that held its guid, its link or its text.

    The dead one's words are gone, so that more is asked for than between the living: what is deleted must not come back
    for a new date. What says the same is never another.
    """
    found = doubt(one, dead, scope)
    return (
        scope != "content"
        and found is not None
        and ((found == "another guid" and scope == "url") or (found != "another day" and apart(one, dead, DAY)))
    )


def kinship(one: Profile, other: Profile) -> int:
    """Rank what speaks for one article, whatever keys say: the same words 3, title or like words 2, moment 1, nothing 0."""
    if one.content == other.content:
        return 3
    if same_title(one, other) or alike(one, other):
        return 2
    return int(same_moment(one, other))


def alike(one: Profile, other: Profile) -> bool:
    """Say whether two articles have wording in common; unread texts have none."""
    return likeness(remembered(one.text or ""), remembered(other.text or "")).containment >= ALIKE


def same_title(one: Profile, other: Profile) -> bool:
    """Say whether both have a title, and the same."""
    return one.title is not None and one.title == other.title


def same_moment(one: Profile, other: Profile) -> bool:
    """Say whether both have a date, and the same."""
    return one.published_at is not None and one.published_at == other.published_at


def versions(one: Profile, other: Profile) -> bool:
    """Say whether both are numbered versions, as agencies send them, under one guid."""
    return one.version is not None and other.version is not None and one.guid is not None and one.guid == other.guid


def other_guid(one: Profile, other: Profile) -> bool:
    """Say whether one source gives the two different guids."""
    return one.source == other.source and None not in (one.guid, other.guid) and one.guid != other.guid


def apart(one: Profile, other: Profile, least: timedelta) -> bool:
    """Say whether both have a date, and further apart than that."""
    if one.published_at is None or other.published_at is None:
        return False
    return abs(one.published_at - other.published_at) > least
