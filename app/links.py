"""OpenAPI links: which answer leads to which question, for clients that follow them and for tests that do."""

from typing import Any, Final

Link = tuple[str, str, str, dict[str, str]]
ARTICLE: Final = "article_id"

LINKS: Final[tuple[Link, ...]] = (
    ("post_articles", "200", "get_receipt", {"receipt_id": "id"}),
    ("post_articles", "200", "read_article", {ARTICLE: "items/0/article_id"}),
    ("post_articles", "202", "get_receipt", {"receipt_id": "id"}),
    ("get_receipt", "200", "read_article", {ARTICLE: "items/0/article_id"}),
    ("get_receipt", "200", "post_replay", {"receipt_id": "id"}),
    ("list_receipts", "200", "get_receipt", {"receipt_id": "items/0/id"}),
    ("list_quarantine", "200", "post_replay", {"receipt_id": "items/0/receipt_id"}),
    ("list_articles", "200", "read_article", {ARTICLE: "items/0/id"}),
    ("list_articles", "200", "read_raw", {ARTICLE: "items/0/id"}),
    ("list_articles", "200", "read_topic", {"slug": "items/0/topics/0/slug"}),
    ("list_articles", "200", "read_source", {"source": "items/0/source"}),
    ("list_articles", "200", "read_story", {"story_id": "items/0/story_id"}),
    ("read_article", "200", "list_revisions", {ARTICLE: "id"}),
    ("read_article", "200", "patch_article", {ARTICLE: "id"}),
    ("read_article", "200", "delete", {ARTICLE: "id"}),
    ("read_article", "200", "read_topic", {"slug": "topics/0/slug"}),
    ("read_article", "200", "read_story", {"story_id": "story_id"}),
    ("list_stories", "200", "read_story", {"story_id": "items/0/id"}),
    ("read_story", "200", "read_article", {ARTICLE: "original_id"}),
    ("list_topics", "200", "read_topic", {"slug": "items/0/slug"}),
    ("list_topics", "200", "read_timeline", {"slug": "items/0/slug"}),
    ("read_topic", "200", "list_topic_articles", {"slug": "slug"}),
    ("list_sources", "200", "read_source", {"source": "items/0/source"}),
    ("list_changes", "200", "read_article", {ARTICLE: "items/0/article_id"}),
)
"""From an operation's answer of a status to another operation, its parameters as pointers into the answer."""


def link(paths: dict[str, Any]) -> None:
    """Write the links into the operations of a document; raises KeyError for one that is not there."""
    operations = {operation["operationId"]: operation for item in paths.values() for operation in item.values()}
    for start, status, end, pointers in LINKS:
        answer = operations[start]["responses"][status]
        answer.setdefault("links", {})[end] = {
            "operationId": operations[end]["operationId"],
            "parameters": {name: f"$response.body#/{pointer}" for name, pointer in pointers.items()},
            "description": operations[end]["summary"],
        }
