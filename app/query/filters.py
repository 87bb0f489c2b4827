"""What article lists can be asked for."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from app.query.schemas import ARTICLE_FIELDS

Sort = Literal["-published_at", "published_at", "-received_at", "relevance"]
MOST_TOPICS = 20


def instant(value: object) -> object:
    """Read RFC 3339 with an offset; a plain date is given back as a date, for the day that it means."""
    if not isinstance(value, str):
        return value
    try:
        if len(value) == len("2025-02-27"):
            return date.fromisoformat(value)
        found = datetime.fromisoformat(value.replace(" ", "+") if "T" in value else value)
    except ValueError as error:
        message = "not a date (2025-02-27) or an RFC 3339 time with offset (2025-02-27T11:03:18Z)"
        raise ValueError(message) from error
    if found.tzinfo is None:
        message = "a time needs an offset, such as Z or +01:00"
        raise ValueError(message)
    return found


def usable(value: datetime | date) -> datetime | date:
    """Keep to the years that can be reckoned with."""
    if not 1 < value.year < 9999:
        message = "a year between 2 and 9998"
        raise ValueError(message)
    return value


def without_nul(value: str) -> str:
    """Refuse a NUL, which no text of the store can hold."""
    if "\x00" in value:
        message = "has a NUL character"
        raise ValueError(message)
    return value


Moment = Annotated[datetime | date, BeforeValidator(instant), AfterValidator(usable)]
Slug = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(without_nul)]
Words = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(without_nul)]


def begin(value: datetime | date | None) -> datetime | None:
    """Give the first instant that a lower bound means."""
    if value is None or isinstance(value, datetime):
        return value
    return datetime.combine(value, time.min, UTC)


def end(value: datetime | date | None) -> tuple[datetime, bool] | None:
    """Give the last instant that an upper bound means, and whether it is included; a date includes its whole day."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return value, True
    return datetime.combine(value, time.min, UTC) + timedelta(days=1), False


class WalkQuery(BaseModel):
    """How to walk a list."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=200, description="Rows a page.")
    cursor: Annotated[str, Field(max_length=2000)] | None = Field(None, description="From a page's `next`.")
    total: bool = Field(False, description="Count the whole walk, too.")


class ArticleQuery(WalkQuery):
    """Filters of article lists; all that are given must hold."""

    topic: list[Slug] = Field([], max_length=MOST_TOPICS, description="Slugs of topics that it must have, all of them.")
    any_topic: list[Slug] = Field([], max_length=MOST_TOPICS, description="Slugs of topics of which it must have one.")
    not_topic: list[Slug] = Field([], max_length=MOST_TOPICS, description="Slugs of topics that it must not have.")
    author: Words | None = Field(None, description="A whole name, blind to case and accents.")
    source: Words | None = Field(None, description="The publisher, as it was given.")
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")] | None = Field(
        None, description="ISO 639 code; `q` is then stemmed in that language."
    )
    published_from: Moment | None = Field(None, description="RFC 3339, or a date: that whole day in UTC.")
    published_to: Moment | None = Field(None, description="RFC 3339, or a date, which is included.")
    received_from: Moment | None = Field(None, description="RFC 3339, or a date: that whole day in UTC.")
    received_to: Moment | None = Field(None, description="RFC 3339, or a date, which is included.")
    q: Words | None = Field(None, description='Web search syntax: words, "phrases", or, -not.')
    sort: Sort = Field(
        "-published_at",
        description="Articles without date come last; `relevance` ranks the newest 1,000 matches of `q`.",
    )
    fields: Annotated[str, Field(max_length=1000)] | None = Field(
        None, description="Comma-separated names of the fields to show; `id` is always there."
    )

    def question(self) -> dict[str, Any]:
        """Give what makes a walk: everything but where it is and how it is shown."""
        return self.model_dump(mode="json", exclude={"cursor", "limit", "total", "fields"})

    def shown(self) -> frozenset[str]:
        """Give the names of the fields asked for that exist; none for the usual ones."""
        return frozenset(name.strip() for name in (self.fields or "").split(",") if name.strip())

    def unknown_fields(self) -> frozenset[str]:
        """Give the names in `fields` that no article has."""
        return self.shown() - ARTICLE_FIELDS
