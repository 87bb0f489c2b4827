"""The parts of an article that are stored and served as JSON documents."""

from collections.abc import Iterable
from typing import Any

from app.pipeline.article import Block, Evidence, Heading, ListBlock, Paragraph, TopicList


def block_json(block: Block) -> dict[str, Any]:
    """Give a block as an object with its `type`."""
    if isinstance(block, Heading):
        return {"type": "heading", "level": block.level, "text": block.text}
    if isinstance(block, Paragraph):
        return {"type": "paragraph", "text": block.text}
    if isinstance(block, ListBlock):
        return {"type": "list", "items": [{"label": item.label, "text": item.text} for item in block.items]}
    return {"type": "table", "header": list(block.header), "rows": [list(row) for row in block.rows]}


def blocks_json(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    """Give a body as a list of objects, in order."""
    return [block_json(block) for block in blocks]


def topic_lists_json(lists: Iterable[TopicList]) -> list[dict[str, Any]]:
    """Give the topic lists; an entry's `topic` is the slug as printed."""
    return [
        {
            "lead_in": found.lead_in,
            "block": found.block,
            "entries": [
                {"topic": entry.topic, "label": entry.label, "detail": entry.detail} for entry in found.entries
            ],
        }
        for found in lists
    ]


def one_evidence_json(evidence: Evidence) -> dict[str, Any]:
    """Give one value with where it was read; `precision` and `zone` only where it is a date."""
    shown: dict[str, Any] = {
        "value": evidence.value,
        "from": evidence.origin,
        "quote": evidence.quote,
        "confidence": round(evidence.confidence, 4),
        "chosen": evidence.chosen,
    }
    if evidence.precision is not None:
        shown |= {"precision": evidence.precision, "zone": evidence.zone}
    return shown


def evidence_json(evidence: Iterable[Evidence]) -> dict[str, list[dict[str, Any]]]:
    """Give the evidence field by field: the chosen first, then by confidence, else in the order it was found."""
    by_field: dict[str, list[dict[str, Any]]] = {}
    for found in sorted(evidence, key=lambda e: (not e.chosen, -e.confidence)):
        by_field.setdefault(found.field, []).append(one_evidence_json(found))
    return dict(sorted(by_field.items()))
