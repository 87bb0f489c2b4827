"""Makes items of article objects, whose content is plain text or HTML."""

from dataclasses import replace

from app.formats.article_object import ArticleObject, Given, json_objects, line_objects
from app.formats.body import Body
from app.formats.html import read_content
from app.formats.unreadable import Unreadable
from app.pipeline.article import RawItem, Stated


def read_objects(body: Body) -> list[RawItem]:
    """Give an item for the article object of a JSON body, or for each one of its array; raises Unreadable."""
    return [item_of(given, position, body.hints) for position, given in enumerate(json_objects(body))]


def read_lines(body: Body) -> list[RawItem]:
    """Give an item for the article object of each line; raises Unreadable."""
    return [item_of(given, position, body.hints) for position, given in enumerate(line_objects(body))]


def item_of(given: Given, position: int, hints: Stated) -> RawItem:
    """Give the item of one article object; markup without any text is that item's own fault."""
    article, stated = given.article, stated_by(given.article, hints)
    if article.content_type != "text/html":
        return RawItem(position, article.content, stated, given.span, given.repairs)
    try:
        item = read_content(article.content, stated, given.repairs)
    except Unreadable as error:
        return RawItem(position, "", stated, given.span, given.repairs, fault=error.faults[0][1])
    return replace(item, position=position, span=given.span)


def stated_by(given: ArticleObject, hints: Stated) -> Stated:
    """Give what the object states, filled up with what the query says."""
    return Stated(
        url=given.url or hints.url,
        guid=given.guid or None,
        source=given.source or hints.source,
        title=given.title,
        authors=tuple(given.authors or ()),
        published_at=given.published_at,
        modified_at=given.modified_at,
        language=given.language or hints.language,
        topics=tuple(given.topics or ()),
        timezone=given.timezone or hints.timezone,
        rights=given.rights,
    )
