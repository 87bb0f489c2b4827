"""Holds two revisions of an article against each other, as clients are shown them: field by field, the text by sentence."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.pipeline.text_diff import Op, diff
from app.query.examples import ARTICLE, LEAD
from app.store.differences import PLAIN, TIMES

WHOLE: Final = tuple(name for name in (*PLAIN, *TIMES) if name not in {"text", "blocks"})
EXAMPLE: Final[dict[str, Any]] = {
    "article_id": ARTICLE["id"],
    "revision": 2,
    "against": 1,
    "fields": [
        {"field": "authors", "before": ["M. Holt"], "after": ["Maren Holt"]},
        {
            "field": "topics",
            "before": ["ferries"],
            "after": ["crane-safety"],
            "added": ["crane-safety"],
            "removed": ["ferries"],
        },
    ],
    "text": [
        {"op": "removed", "sentences": 1, "text": LEAD.replace("four", "three")},
        {"op": "added", "sentences": 1, "text": LEAD},
        {"op": "equal", "sentences": 1, "text": "The port authority says that the works dealt with:"},
        {"op": "elided", "sentences": 4, "text": None},
    ],
}


class FieldChange(BaseModel):
    """A field whose value is another one."""

    field: str = Field(description="Its name, as on articles; `topics` are told by their slugs.")
    before: Any = Field(description="The value in the revision compared with.")
    after: Any = Field(description="The value in the revision asked about.")
    added: list[str] | None = Field(None, description="`topics` alone: the slugs that came.")
    removed: list[str] | None = Field(None, description="`topics` alone: the slugs that went.")


class TextHunk(BaseModel):
    """A run of sentences of the text."""

    op: Op = Field(description="`elided`: they stay, and are too far from any change to be shown.")
    sentences: int = Field(ge=1, description="How many there are.")
    text: str | None = Field(description="The sentences; null where they are elided.")


class RevisionDiff(BaseModel):
    """What changed from one revision of an article to another."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    article_id: UUID
    revision: int = Field(ge=1, description="The revision asked about.")
    against: int = Field(ge=1, description="The one that it is compared with.")
    fields: list[FieldChange] = Field(
        description="Fields that differ. `text` is told below; `blocks` is here only where they differ and no sentence does."
    )
    text: list[TextHunk] = Field(
        description="The text in order, what goes before what comes; empty if no sentence differs."
    )


def compared(before: Mapping[str, Any], after: Mapping[str, Any], context: int) -> dict[str, Any]:
    """Give the changes between two articles as they are served, with `context` sentences around those of the text."""
    hunks = diff(before["text"], after["text"], context)
    names = [*WHOLE, "topic_lists"] if hunks else [*WHOLE, "topic_lists", "blocks"]
    fields = [changed(name, before[name], after[name]) for name in names if before[name] != after[name]]
    was, now = ([topic["slug"] for topic in article["topics"]] for article in (before, after))
    if set(was) != set(now):
        came, went = [one for one in now if one not in was], [one for one in was if one not in now]
        fields.append(changed("topics", was, now) | {"added": came, "removed": went})
    return {
        "fields": fields,
        "text": [{"op": hunk.op, "sentences": hunk.sentences, "text": hunk.text} for hunk in hunks],
    }


def changed(name: str, before: Any, after: Any) -> dict[str, Any]:
    """Give one field's change."""
    return {"field": name, "before": before, "after": after}
