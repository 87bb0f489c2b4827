"""What may be asked of articles: the query parameters, each checked before it reaches the store."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from app.query.pages import WalkQuery
from app.query.schemas import ArticleSummary

Sort = Literal["-published_at", "published_at", "-received_at", "relevance"]

INSTANT: Final = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d):(\d\d)(\.\d{1,12})?([Zz]|[+\- ]\d\d:\d\d)?", re.ASCII)
"""RFC 3339; a `+` that was not percent-encoded arrives as a space."""
DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
WHEN_SCHEMA: Final = {
    "anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}],
    "examples": ["2026-03-14", "2026-03-14T07:45:00Z"],
}
EARLIEST: Final = datetime(1, 1, 1, tzinfo=UTC)
LATEST: Final = datetime.combine(date(9999, 12, 31), time.max, UTC)
FIELDS: Final = tuple(ArticleSummary.model_fields)
FIELDS_PATTERN: Final = f"^({'|'.join(FIELDS)})(,({'|'.join(FIELDS)}))*$"
"""For clients' own checks; what is taken here may also hold spaces."""


def storable(value: str) -> str:
    """Refuse what Postgres cannot hold, for it cannot be in any article either."""
    if "\x00" in value:
        raise PydanticCustomError("refused", "must not hold U+0000")
    return value


def instant(value: str) -> datetime:
    """Read an RFC 3339 time with its offset as UTC, clipped to the years 1 to 9999; a leap second is the next second."""
    if not (found := INSTANT.fullmatch(value)):
        raise PydanticCustomError(
            "refused", "must be an RFC 3339 time or a date, such as 2026-03-14T07:45:00Z or 2026-03-14"
        )
    day, minutes, seconds, fraction, offset = found.groups()
    if not offset:
        raise PydanticCustomError(
            "refused", "must state its offset, such as Z or +01:00; a date alone is that whole day in UTC"
        )
    leap = seconds == "60"
    offset = offset.upper().replace(" ", "+")
    read = datetime.fromisoformat(f"{day}T{minutes}:{'59' if leap else seconds}{fraction or ''}{offset}")
    try:
        return read.astimezone(UTC) + timedelta(seconds=leap)
    except OverflowError:
        return EARLIEST if read.year == 1 else LATEST


def bound(value: object, edge: time) -> object:
    """Read one end of a span of time; a date alone is that day's first or last instant in UTC."""
    if not isinstance(value, str):
        return value
    if DAY.fullmatch(value):
        return datetime.combine(date.fromisoformat(value), edge, UTC)
    return instant(value)


def first_instant(value: object) -> object:
    """Read a `from`, which is inclusive."""
    return bound(value, time.min)


def last_instant(value: object) -> object:
    """Read a `to`, which is inclusive; a date means the whole of it."""
    return bound(value, time.max)


def primary(language: str) -> str:
    """Give a bare ISO 639 code in lower case, as articles have it; any other tag as it is."""
    return language.lower() if len(language) <= 3 else language


def named_fields(value: str) -> str:
    """Check a list of fields; unknown names are refused by name."""
    unknown = sorted({name for name in split_fields(value) if name not in FIELDS})
    if unknown:
        names = {"unknown": ", ".join(unknown), "known": ", ".join(FIELDS)}
        raise PydanticCustomError("refused", "unknown: {unknown}; known are {known}", names)
    return value


def split_fields(value: str) -> list[str]:
    """Give the names in a list of fields."""
    return [name.strip() for name in value.split(",")]


From = Annotated[datetime, BeforeValidator(first_instant), WithJsonSchema(WHEN_SCHEMA)]
To = Annotated[datetime, BeforeValidator(last_instant), WithJsonSchema(WHEN_SCHEMA)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=255), AfterValidator(storable)]
Language = Annotated[Name, AfterValidator(primary)]
Slugs = Annotated[list[Name], Field(max_length=20)]
Question = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Fields = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1_000),
    AfterValidator(named_fields),
    WithJsonSchema({"type": "string", "pattern": FIELDS_PATTERN, "minLength": 1, "maxLength": 1_000}),
]


class ArticleQuery(WalkQuery):
    """Filters of articles; all that are given must hold."""

    topic: Slugs = Field([], description="Slug; repeat for more. Articles on all of them.")
    any_topic: Slugs = Field([], description="Slug; repeat for more. Articles on at least one of them.")
    not_topic: Slugs = Field([], description="Slug; repeat for more. No articles on any of them.")
    narrower: bool = Field(False, description="Let each topic stand for its narrower ones too.")
    author: Name | None = Field(None, description="A whole name, blind to case and accents.")
    source: Name | None = Field(None, description="Name or domain of the publisher, as stored.")
    language: Language | None = Field(None, description="ISO 639-1; `q` is then stemmed in it.", examples=["en"])
    published_from: From | None = Field(None, description="Published then or later. A date is that day in UTC.")
    published_to: To | None = Field(None, description="Published then or earlier. A date includes that day in UTC.")
    received_from: From | None = Field(None, description="Arrived then or later.")
    received_to: To | None = Field(None, description="Arrived then or earlier.")
    q: Question | None = Field(
        None,
        description='Web search over title and text: words, "phrases", `or`, `-not`.',
        examples=['"northern quay" -ferry'],
    )
    story: UUID | None = Field(None, description="Id of a story: its articles.")
    duplicates: Literal["include", "exclude", "only"] = Field(
        "include", description="Articles that are near-duplicates of one that was published earlier."
    )
    sort: Sort = Field(
        "-published_at",
        description="Articles without a date come last either way; `relevance` needs `q` and ranks its newest 1,000.",
    )
    fields: Fields | None = Field(
        None, description="The fields to show, comma separated; `id` always is.", examples=["title,published_at"]
    )

    def shown_fields(self) -> tuple[str, ...] | None:
        """Give the fields asked for, with `id`; None where none were."""
        return None if self.fields is None else tuple(dict.fromkeys(["id", *split_fields(self.fields)]))
