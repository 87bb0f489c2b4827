"""What a tombstone remembers of its article, as the store keeps it: by whom and of when it was, and the rest in hashes."""

from datetime import datetime

from app.pipeline.identity import Profile, remains


def as_remains(one: Profile) -> dict[str, str | None]:
    """Give what a tombstone remembers as JSON."""
    kept = remains(one)
    return {
        "source": kept.source,
        "guid": kept.guid,
        "url": kept.url,
        "title": kept.title.hex() if kept.title else None,
        "published_at": kept.published_at.isoformat() if kept.published_at else None,
        "version": kept.version,
        "content": kept.content.hex(),
    }


def remembered(kept: dict[str, str] | None) -> Profile | None:
    """Read what a tombstone remembers; None for one that was made when they remembered nothing, or before its article came."""
    if kept is None:
        return None
    title, published = kept["title"], kept["published_at"]
    return Profile(
        source=kept["source"],
        guid=kept["guid"],
        url=kept["url"],
        title=bytes.fromhex(title) if title else None,
        published_at=datetime.fromisoformat(published) if published else None,
        version=kept["version"],
        content=bytes.fromhex(kept["content"]),
    )
