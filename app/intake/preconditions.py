"""What a request asks to hold before it changes an article: `If-Match` (RFC 9110, section 13.1.1)."""

from typing import Annotated
from uuid import UUID

from fastapi import Header
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import to_json
from app.errors import PreconditionFailed
from app.query.answers import etag
from app.query.article import current_article

IfMatch = Annotated[
    str | None,
    Header(
        description="The article's ETag, or `*`: nothing is done where it is another by now.", examples=['"3f1c9a0b"']
    ),
]


def matches(if_match: str, tag: str) -> bool:
    """Say whether If-Match names this ETag, compared strongly (RFC 9110, section 13.1.1)."""
    named = [one.strip() for one in if_match.split(",")]
    return "*" in named or tag in named


async def check_unchanged(connection: AsyncConnection, article_id: UUID, if_match: str | None) -> None:
    """Refuse to change an article, which the caller holds, that is another than the sender saw; raises PreconditionFailed."""
    if if_match is None:
        return
    tag = etag(to_json(await current_article(connection, article_id)).encode())
    if not matches(if_match, tag):
        raise PreconditionFailed(f"The article has changed: its ETag is {tag} now.", headers={"ETag": tag})
