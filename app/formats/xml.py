"""Reads XML as what its root element says it is: a feed, NITF, NewsML, or a page."""

from app.formats.body import Body, Reader
from app.formats.feed import is_feed, read_feed
from app.formats.html import read_page
from app.formats.newsml import read_newsml
from app.formats.nitf import read_nitf
from app.formats.unreadable import Unreadable
from app.formats.xml_document import root_name
from app.pipeline.article import RawItem

ROOTS: dict[str, Reader] = {
    "rss": read_feed,
    "rdf": read_feed,
    "feed": read_feed,
    "channel": read_feed,
    "nitf": read_nitf,
    "newsitem": read_newsml,
    "newsmessage": read_newsml,
    "newsml": read_newsml,
    "packageitem": read_newsml,
    "conceptitem": read_newsml,
    "knowledgeitem": read_newsml,
    "planningitem": read_newsml,
    "html": read_page,
}
"""Which reader reads which root element, by its local name in small letters."""


def read_xml(body: Body) -> list[RawItem]:
    """Give the items of an XML body; raises Unreadable, naming the root elements that are read."""
    name = root_name(body.data)
    reader = ROOTS.get((name or "").lower())
    if reader is None and is_feed(body.data):
        reader = read_feed
    if reader is None:
        found = f"its root element is {name[:60]!r}" if name else "no element begins in it"
        raise Unreadable([("", f"{found}; feeds (rss, rdf:RDF, feed), nitf, newsItem and newsMessage are read")])
    return reader(body)
