"""What a body can be, for the contract: each Content-Type with its shape and an example."""

from typing import Any, Final

from app.formats.article_object import ArticleObject

OBJECT: Final = ArticleObject.model_json_schema()
HEADLINE: Final = "Harbour reopens"
TEXT: Final = "The northern quay of Port Ellery reopened on Saturday."
STRING: Final = {"type": "string", "minLength": 1}
PAGE: Final = f"<html><head><title>{HEADLINE}</title></head><body><h1>{HEADLINE}</h1><p>By Maren Holt</p><p>{TEXT}</p></body></html>"
RSS: Final = (
    f'<rss version="2.0"><channel><item><guid>quay-1</guid><title>{HEADLINE}</title><author>Maren Holt</author>'
    f"<pubDate>Sat, 14 Mar 2026 09:30:00 +0100</pubDate><description>{TEXT}</description></item></channel></rss>"
)
ATOM: Final = (
    f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>urn:quay:1</id><title>{HEADLINE}</title>'
    f"<author><name>Maren Holt</name></author><published>2026-03-14T09:30:00+01:00</published><content>{TEXT}</content></entry></feed>"
)
RDF: Final = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
    f'<item rdf:about="https://harbour-post.example/quay"><title>{HEADLINE}</title><description>{TEXT}</description></item></rdf:RDF>'
)
NITF: Final = (
    f"<nitf><body><body.head><hedline><hl1>{HEADLINE}</hl1></hedline><byline>By Maren Holt</byline></body.head>"
    f"<body.content><p>{TEXT}</p></body.content></body></nitf>"
)
JSON_FEED: Final = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Harbour Post",
    "items": [{"id": "quay-1", "title": HEADLINE, "content_text": TEXT, "date_published": "2026-03-14T09:30:00+01:00"}],
}
NINJS: Final = {
    "uri": "http://wire.example/quay-1",
    "version": "1",
    "pubstatus": "usable",
    "versioncreated": "2026-03-14T09:30:00+01:00",
    "headline": HEADLINE,
    "byline": "By Maren Holt",
    "body_text": TEXT,
}


def of_object(example: dict[str, Any], *required: str) -> dict[str, Any]:
    """Give the entry of a JSON format that its own standard describes, with the members without which none is read."""
    many = {"type": "array", "minItems": 1}
    members = {name: many if isinstance(example[name], list) else {"type": "string"} for name in required}
    return {"schema": {"type": "object", "required": list(required), "properties": members}, "example": example}


REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "description": (
        "The Content-Type picks the reader; a body that certainly is something else (a feed sent as a page) is read as what "
        "it is. XML is told apart by its root element: feeds, NITF, NewsML. `Content-Encoding: gzip` is taken."
    ),
    "content": {
        "text/plain": {"schema": STRING, "example": f"{HEADLINE}\nBy Maren Holt\n{TEXT}"},
        "text/html": {"schema": STRING, "example": PAGE},
        "application/xhtml+xml": {"schema": STRING, "example": PAGE},
        "application/json": {
            "schema": {"anyOf": [OBJECT, {"type": "array", "items": OBJECT, "minItems": 1}]},
            "example": OBJECT["examples"][0],
        },
        "application/x-ndjson": {
            "schema": STRING,
            "example": '{"content": "First article."}\n{"content": "Second article."}\n',
        },
        "application/rss+xml": {"schema": STRING, "example": RSS},
        "application/atom+xml": {"schema": STRING, "example": ATOM},
        "application/rdf+xml": {"schema": STRING, "example": RDF},
        "application/xml": {"schema": STRING, "example": NITF},
        "text/xml": {"schema": STRING, "example": RSS},
        "application/feed+json": of_object(JSON_FEED, "items"),
        "application/vnd.iptc.ninjs+json": of_object(NINJS, "uri"),
    },
}
"""The request body of the routes that take articles, as OpenAPI has it."""
