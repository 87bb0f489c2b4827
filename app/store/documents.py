"""The parts of an article that are kept and served as JSON documents, in the shape of the contract."""

from collections.abc import Sequence
from typing import Any

from app.pipeline.article import Block, Evidence, Heading, ListBlock, Paragraph, TopicList


def block_json(block: Block) -> dict[str, Any]:
    """Give one block."""
    if isinstance(block, Heading):
        return {"type": "heading", "level": block.level, "text": block.text}
    if isinstance(block, Paragraph):
        return {"type": "paragraph", "text": block.text}
    if isinstance(block, ListBlock):
        return {"type": "list", "items": [{"label": item.label, "text": item.text} for item in block.items]}
    return {"type": "table", "header": list(block.header), "rows": [list(row) for row in block.rows]}


def blocks_json(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    """Give an article's blocks in order."""
    return [block_json(block) for block in blocks]


def topic_lists_json(lists: Sequence[TopicList]) -> list[dict[str, Any]]:
    """Give an article's topic lists with their entries."""
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


def evidence_json(evidence: Sequence[Evidence]) -> dict[str, list[dict[str, Any]]]:
    """Give the evidence by field, in the order it comes; precision and zone only where they are told."""
    by_field: dict[str, list[dict[str, Any]]] = {}
    for claim in evidence:
        shown: dict[str, Any] = {
            "value": claim.value,
            "from": claim.origin,
            "quote": claim.quote,
            "confidence": claim.confidence,
            "chosen": claim.chosen,
        }
        if claim.precision is not None:
            shown |= {"precision": claim.precision, "zone": claim.zone}
        by_field.setdefault(claim.field, []).append(shown)
    return by_field
