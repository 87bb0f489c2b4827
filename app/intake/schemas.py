"""The shapes of intake: what its queries take, what receipts show."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.formats.article_object import Language, Source, Zone, http_url
from app.pipeline.article import Stated
from app.query.examples import ARTICLE
from app.query.filters import Name
from app.query.pages import WalkQuery
from app.query.schemas import ExtractedArticle, Total
from app.queue.turns import Lane

ItemOutcome = Literal[
    "stored", "revised", "unchanged", "duplicate", "rejected", "failed", "retracted", "deleted"
]  # fmt: skip
State = Literal["queued", "processing", "done", "quarantined"]


def url_or_none(value: str | None) -> str | None:
    """Give an http(s) URL as it is, None for anything else: pipelines pass on what they have, and the article is worth more."""
    try:
        return http_url((value or "").strip())
    except ValueError:
        return None


class BodyQuery(BaseModel):
    """What the sender knows of a body that the body may not say; an item's own statement is stronger."""

    model_config = ConfigDict(extra="forbid")

    source: Source | None = Field(None, description="Name or domain of the publisher.")
    url: Annotated[str | None, Field(max_length=2048), AfterValidator(url_or_none)] = Field(
        None, description="Where the article stands; what is no absolute http or https URL is passed over."
    )
    timezone: Zone | None = Field(None, description="IANA zone, used where a date states none.")
    language: Language | None = Field(None, description="BCP 47 tag.")

    def hints(self) -> dict[str, str]:
        """Give what was said, as it is kept with the submission."""
        return self.model_dump(exclude_none=True)

    def stated(self) -> Stated:
        """Give what was said, as the readers take it."""
        return Stated(url=self.url, source=self.source, timezone=self.timezone, language=self.language)


class IntakeQuery(BodyQuery):
    """The same, and how soon the body is to be processed, which changes nothing of what comes out."""

    lane: Lane = Field(
        "live",
        description="`backfill` for what is not news: it yields to live submissions, is never held up by them for good, "
        "and has a queue of its own to fill. An `Idempotency-Key` stands for a body in either lane.",
    )

    def hints(self) -> dict[str, str]:
        """Give what was said of the body, as it is kept with the submission."""
        return self.model_dump(exclude_none=True, exclude={"lane"})


class ReceiptItem(BaseModel):
    """What became of one item of a submission."""

    position: int = Field(description="Its place in the body, from 0.")
    outcome: ItemOutcome = Field(
        description="`duplicate`: known by another route, `unchanged`: by the same; `deleted`: it met a tombstone."
    )
    article_id: UUID | None = Field(description="The article that it is a sighting of.")
    reason: str | None = Field(description="Why it was rejected or failed.")


RECEIPT_EXAMPLE: dict[str, Any] = {
    "id": "019a1b2c-3d4e-7f60-8a9b-0c1d2e3f4a5b",
    "state": "done",
    "received_at": "2026-03-14T08:31:07.120000Z",
    "attempts": 1,
    "error": None,
    "items": [
        {
            "position": 0,
            "outcome": "stored",
            "article_id": "019a1b2c-3d62-7c11-9e0f-5a6b7c8d9e0f",
            "reason": None,
        }
    ],
    "next": None,
}


class ReceiptBrief(BaseModel):
    """A receipt in a list."""

    id: UUID
    state: State
    received_at: datetime
    attempts: int = Field(description="How often a worker has claimed it.")
    source: str | None
    content_type: str
    bytes: int = Field(description="Size of the body.")
    error: str | None = Field(description="What the last failed attempt said.")


class Receipt(BaseModel):
    """The promise given for a submission, and what became of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [RECEIPT_EXAMPLE]})

    id: UUID
    state: State = Field(description="`quarantined` only when nothing of it could be processed.")
    received_at: datetime
    attempts: int = Field(description="How often a worker has claimed it.")
    error: str | None = Field(description="What the last failed attempt said; null when none failed.")
    items: list[ReceiptItem] = Field(description="Outcomes by position, 200 at most.")
    next: str | None = Field(description="Path of the items that follow.")


class ReceiptPage(BaseModel):
    """A page of receipts, newest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {
                            "id": RECEIPT_EXAMPLE["id"],
                            "state": "done",
                            "received_at": RECEIPT_EXAMPLE["received_at"],
                            "attempts": 1,
                            "source": "harbour-post.example",
                            "content_type": "text/plain",
                            "bytes": 2210,
                            "error": None,
                        }
                    ],
                    "next": None,
                    "total": None,
                }
            ]
        }
    )

    items: list[ReceiptBrief]
    next: str | None
    total: Total | None


class Held(BaseModel):
    """A failed item, or a quarantined submission (`position` null)."""

    receipt_id: UUID
    position: int | None
    error: str | None
    state: State
    received_at: datetime
    attempts: int
    source: str | None


class HeldPage(BaseModel):
    """A page of what could not be processed, oldest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {
                            "receipt_id": RECEIPT_EXAMPLE["id"],
                            "position": 3,
                            "error": "extraction took more than 10 seconds",
                            "state": "done",
                            "received_at": RECEIPT_EXAMPLE["received_at"],
                            "attempts": 5,
                            "source": None,
                        }
                    ],
                    "next": None,
                    "total": None,
                }
            ]
        }
    )

    items: list[Held]
    next: str | None
    total: Total | None


class ExtractItem(BaseModel):
    """One item of a body that was tried out."""

    position: int
    outcome: Literal["article", "rejected", "failed"]
    reason: str | None
    article: ExtractedArticle | None


EXTRACT_EXAMPLE: dict[str, Any] = {
    "items": [
        {
            "position": 0,
            "outcome": "article",
            "reason": None,
            "article": {name: ARTICLE[name] for name in ExtractedArticle.model_fields},
        },
        {"position": 1, "outcome": "rejected", "reason": "There is no text left in it.", "article": None},
    ]
}


class ExtractResult(BaseModel):
    """What a body would be stored as."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXTRACT_EXAMPLE]})

    items: list[ExtractItem]


class ReceiptQuery(BaseModel):
    """Which of a receipt's items to show."""

    model_config = ConfigDict(extra="forbid")

    from_position: int = Field(0, ge=0, le=2**31 - 1, description="The first position shown.")


class ReceiptsQuery(WalkQuery):
    """Which receipts to list."""

    state: State | None = Field(None, description="Only those in this state.")
    source: Name | None = Field(None, description="Only of this source.")
