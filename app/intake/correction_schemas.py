"""The shape of an editor's correction, and what its values must be."""

import unicodedata
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from app.formats.article_object import without_nul
from app.pipeline.corrections import FIELDS, Published, Said, Wish
from app.pipeline.slug import slug
from app.query.filters import DAY, INSTANT, WHEN_SCHEMA, instant

MOST: Final = 100
"""Authors, and topics, that an article can be given."""
YEARS: Final = range(1000, 9999)
"""Years that can be told at any offset."""


def named(value: str) -> str:
    """Give a name with single spaces; one of nothing else is refused."""
    text = " ".join(value.split())
    if not any(map(str.isalnum, text)):
        raise ValueError("blank; there must be a name")
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise ValueError("holds a control character, which no name has")
    return text


def a_subject(value: str) -> str:
    """Check that a label names a subject, so that it has a slug."""
    if not slug(value):
        raise ValueError("names no subject; there must be letters or digits")
    return value


def published(value: str) -> Published:
    """Read when an article was published: RFC 3339 with its offset, or a date, which is its first instant in UTC."""
    if DAY.fullmatch(value):
        return Published(datetime.combine(date.fromisoformat(value), time.min, UTC), "day", "assumed_utc", value)
    at = instant(value).replace(microsecond=0)
    if at.year not in YEARS:
        raise ValueError(f"must be in the years {YEARS[0]} to {YEARS[-1]}")
    found = INSTANT.fullmatch(value)
    offset = found[5] if found else "Z"
    if offset in {"Z", "z"}:
        return Published(at, "second", "stated", value)
    minutes = int(offset[1:3]) * 60 + int(offset[4:6])
    place = timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
    return Published(at.astimezone(place), "second", "stated", value)


def dated(value: str) -> str:
    """Check that a date can be read."""
    published(value)
    return value


Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(without_nul), AfterValidator(named)]
Label = Annotated[
    str,
    Field(min_length=1, max_length=100),
    AfterValidator(without_nul),
    AfterValidator(named),
    AfterValidator(a_subject),
]
When = Annotated[str, AfterValidator(dated), WithJsonSchema(WHEN_SCHEMA)]


def once(values: list[str] | None) -> tuple[str, ...] | None:
    """Give a list without what it holds again."""
    return None if values is None else tuple(dict.fromkeys(values))


class ArticlePatch(BaseModel):
    """An editor's correction of an article; a field that is left out stays as it is, null takes its correction back."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"authors": ["Maren Holt"], "published_at": "2026-03-14"}]}
    )

    authors: Annotated[list[Name], Field(max_length=MOST)] | None = Field(
        None, description="Persons in order; an empty list says that nobody is named."
    )
    published_at: When | None = Field(
        None, description="RFC 3339 with an offset, or a date, which has the precision `day`."
    )
    topics: Annotated[list[Label], Field(max_length=MOST)] | None = Field(
        None, description="Labels of subjects, the most important first; they replace all topics."
    )

    def wish(self) -> Wish:
        """Give what is asked for."""
        given: dict[str, Any] = {name: getattr(self, name) for name in self.model_fields_set}
        date_ = self.published_at
        said = Said(once(self.authors), None if date_ is None else published(date_), once(self.topics))
        return Wish(said, frozenset(name for name in FIELDS if name in given and given[name] is None))
