"""Blocks, topic lists and evidence become JSON that says everything they say."""

from app.pipeline.article import Block, Evidence, Heading, ListBlock, ListItem, Paragraph, Table, TopicEntry, TopicList
from app.store.documents import blocks_json, evidence_json, topic_lists_json


def test_each_block_is_an_object_with_its_type() -> None:
    blocks: list[Block] = [
        Heading(2, "Works"),
        Paragraph("The quay is open."),
        ListBlock((ListItem("Cranes", "two are new"), ListItem(None, "a ramp"))),
        Table(("Berth", "Depth"), (("4", "12 m"),)),
    ]
    assert blocks_json(blocks) == [
        {"type": "heading", "level": 2, "text": "Works"},
        {"type": "paragraph", "text": "The quay is open."},
        {"type": "list", "items": [{"label": "Cranes", "text": "two are new"}, {"label": None, "text": "a ramp"}]},
        {"type": "table", "header": ["Berth", "Depth"], "rows": [["4", "12 m"]]},
    ]


def test_a_topic_list_keeps_its_lead_in_and_the_printed_slugs() -> None:
    found = [TopicList("They discussed:", 3, (TopicEntry("cranes", "Cranes", "two"), TopicEntry(None, "Other", None)))]
    assert topic_lists_json(found) == [
        {
            "lead_in": "They discussed:",
            "block": 3,
            "entries": [
                {"topic": "cranes", "label": "Cranes", "detail": "two"},
                {"topic": None, "label": "Other", "detail": None},
            ],
        }
    ]


def test_evidence_is_told_field_by_field_with_the_chosen_first() -> None:
    said = [
        Evidence("title", "Quay", "meta", "Quay | Post", 0.5),
        Evidence("authors", "Jo Lund", "url", "/jo-lund", 0.2),
        Evidence("authors", "Maren Holt", "text.byline", "By Maren Holt", 0.9, chosen=True),
        Evidence("authors", "Post Desk", "meta", "Post Desk", 0.95),
    ]
    found = evidence_json(said)
    assert list(found) == ["authors", "title"]
    assert [one["value"] for one in found["authors"]] == ["Maren Holt", "Post Desk", "Jo Lund"]
    assert found["title"] == [
        {"value": "Quay", "from": "meta", "quote": "Quay | Post", "confidence": 0.5, "chosen": False}
    ]


def test_evidence_of_a_date_says_precision_and_zone() -> None:
    said = Evidence("published_at", "2026-03-14T00:00:00Z", "meta", "14 March", 0.7, "day", "assumed_utc", chosen=True)
    [found] = evidence_json([said])["published_at"]
    assert (found["precision"], found["zone"]) == ("day", "assumed_utc")
