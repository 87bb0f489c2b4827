"""Checks the article object of `application/json`, alone or in an array, and of `application/x-ndjson`, one a line."""

import codecs
import math
import re
import zoneinfo
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from app.formats.body import Body
from app.formats.charset import Decoded, decode, mended
from app.formats.json_values import Element, json_elements, line_elements
from app.formats.text import is_blank
from app.formats.unreadable import Unreadable

FAULTS_SHOWN = 20
POINTER_PART = 200
"""Characters of a member's name that a pointer repeats; the name is the sender's, and may be megabytes."""
ESCAPED = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
"""Escapes by which a string can hold what no text holds: NUL, and halves of surrogate pairs."""
SPACE_OR_CONTROL = re.compile(r"[\s\x00-\x1f]")
LANGUAGE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}$"
ZONES = zoneinfo.available_timezones() - {"localtime", "Factory"}
"""Names that mean the same everywhere; those two are the host's own."""
CONTENT_TYPES: Final = ("text/plain", "text/html")
"""What `content` can be."""


def http_url(value: str) -> str:
    """Check that a URL is absolute http(s)."""
    try:
        parts = urlsplit(value)
        fits = parts.scheme.lower() in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fits = False
    if not fits or SPACE_OR_CONTROL.search(value):
        raise ValueError("not an absolute http or https URL")
    return value


def iana_zone(value: str) -> str:
    """Check that a zone is in the IANA database."""
    if value not in ZONES:
        raise ValueError("not an IANA zone name such as Europe/Paris")
    return value


def worded(value: str) -> str:
    """Check that there is something to read."""
    if is_blank(value):
        raise ValueError("blank; there must be words")
    return value


def without_nul(value: str) -> str:
    """Check that a text can be stored: Postgres has no place for NUL."""
    if "\x00" in value:
        raise ValueError("holds the character NUL, which no text has")
    return value


def printed(value: object) -> object:
    """Take an epoch number as the text it would be; what is no finite number stays, to be refused as no string."""
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return str(value) if number else value


def readable(value: object) -> object:
    """Check that there is a reader for what `content` is said to be."""
    kind = value.partition(";")[0].strip().lower() if isinstance(value, str) else value
    if isinstance(kind, str) and kind not in CONTENT_TYPES:
        raise ValueError(f"there is no reader for {kind[:100]!r}; {' and '.join(CONTENT_TYPES)} are taken")
    return kind


Url = Annotated[str, Field(max_length=2048), AfterValidator(http_url)]
Zone = Annotated[str, AfterValidator(iana_zone)]
Language = Annotated[str, Field(pattern=LANGUAGE)]
Source = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(worded), AfterValidator(without_nul)]
Instant = Annotated[str, Field(max_length=100), BeforeValidator(printed)]


class ArticleObject(BaseModel):
    """One raw article with what its sender states in fields of its own; an unknown member is refused, as it may be a typo.

    A member that is null is absent. A date is taken in any form here; one that cannot be understood dates nothing.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "content": "Harbour reopens\nBy Maren Holt\nThe northern quay of Port Ellery reopened on Saturday.",
                    "url": "https://harbour-post.example/quay",
                    "source": "harbour-post.example",
                    "published_at": "2026-03-14T09:30:00+01:00",
                    "topics": ["Ports", "Shipping"],
                }
            ]
        },
    )

    content: Annotated[str, AfterValidator(worded)] = Field(description="The article itself.")
    content_type: Annotated[Literal["text/plain", "text/html"] | None, BeforeValidator(readable)] = Field(
        "text/plain", description="What `content` is."
    )
    url: Url | None = Field(None, description="Where the article stands.")
    guid: Annotated[str, Field(max_length=2048)] | None = Field(None, description="The sender's own id for it.")
    source: Source | None = Field(None, description="Name or domain of the publisher.")
    title: Annotated[str, Field(max_length=2000)] | None = Field(None, description="The headline.")
    authors: Annotated[list[Annotated[str, Field(max_length=500)]], Field(max_length=200)] | None = Field(
        None, description="Bylines."
    )
    published_at: Instant | None = Field(None, description="When it was published, in any usual form.")
    modified_at: Instant | None = Field(None, description="When it was last changed.")
    language: Language | None = Field(None, description="BCP 47 tag.")
    topics: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=500)] | None = Field(
        None, description="The sender's topics."
    )
    timezone: Zone | None = Field(None, description="IANA zone of dates that state none.")
    rights: Annotated[str, Field(max_length=5000)] | None = Field(None, description="Copyright and terms.")


def checked(element: Element) -> tuple[ArticleObject | None, list[tuple[str, str]]]:
    """Fit one element to the article object; give it, or what is wrong with it."""
    if not isinstance(element.value, dict):
        return None, [(element.pointer, "not an object; an article is an object with its text in `content`")]
    try:
        return ArticleObject.model_validate(element.value), []
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)[:FAULTS_SHOWN]
        return None, [
            (f"{element.pointer}{pointer(fault['loc'])}", fault["msg"].removeprefix("Value error, ")) for fault in found
        ]


def pointer(parts: Iterable[int | str]) -> str:
    """Write a place inside an element as a JSON pointer (RFC 6901)."""
    return "".join(f"/{str(part)[:POINTER_PART].replace('~', '~0').replace('/', '~1')}" for part in parts)


def cleaned(element: Element, counts: Counter[str]) -> Element:
    """Take out of an object's strings, and those of its lists, what no text holds; counted."""
    if not isinstance(element.value, dict):
        return element
    members = {mended(name).text: cleaned_member(value, counts) for name, value in element.value.items()}
    return Element(element.pointer, members, element.start, element.end)


def cleaned_member(value: Any, counts: Counter[str]) -> Any:
    """Clean a string or a list of strings; what is nested deeper fits no member, and is left to be refused."""
    if isinstance(value, str):
        return cleaned_text(value, counts)
    if isinstance(value, list):
        return [cleaned_text(part, counts) if isinstance(part, str) else part for part in value]
    return value


def cleaned_text(text: str, counts: Counter[str]) -> str:
    """Drop NUL and mend lone surrogates."""
    decoded = mended(text)
    counts.update(decoded.repairs)
    if nuls := text.count("\x00"):
        counts["control_characters"] += nuls
    return decoded.text.replace("\x00", "")


class Offsets:
    """Turns places among a body's characters into places among its bytes, in one walk forward; UTF-8 alone."""

    def __init__(self, data: bytes, text: str) -> None:
        self.text = text
        self.characters = 0
        self.bytes = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
        self.single = data.isascii() and len(data) == len(text)  # a byte each, so that nothing has to be counted
        self.exact = self.single or data[self.bytes :] == text.encode()

    def at(self, place: int) -> int:
        """Give the byte offset of a character that is not before the last one asked for."""
        if self.single:
            return place
        self.bytes += len(self.text[self.characters : place].encode())
        self.characters = place
        return self.bytes

    def span(self, element: Element) -> tuple[int, int] | None:
        """Give an element's byte range; None where it is the whole body, or the body is not plain UTF-8."""
        return (self.at(element.start), self.at(element.end)) if self.exact and element.pointer else None


@dataclass(frozen=True, slots=True)
class Given:
    """One checked article object with its byte range in the body, what had to be mended to read it, and its place."""

    article: ArticleObject
    span: tuple[int, int] | None
    repairs: Mapping[str, int]
    pointer: str


def json_objects(body: Body) -> list[Given]:
    """Give the article object of a JSON body, or those of its array; raises Unreadable."""
    decoded = decode(body.data, body.charset)
    return objects_of(body, decoded, json_elements(decoded.text, body.max_items))


def line_objects(body: Body) -> list[Given]:
    """Give the article object of each line; raises Unreadable."""
    decoded = decode(body.data, body.charset)
    return objects_of(body, decoded, line_elements(decoded.text, body.max_items))


def objects_of(body: Body, decoded: Decoded, elements: Iterable[Element]) -> list[Given]:
    """Give the article object of each element; one that is none refuses the whole body.

    Raises Unreadable with a pointer for each fault, twenty at most.
    """
    found: list[Given] = []
    faults: list[tuple[str, str]] = []
    offsets = Offsets(body.data, decoded.text)
    unclean = ESCAPED.search(decoded.text) is not None
    for element in elements:
        counts = Counter(decoded.repairs)
        given, wrong = checked(cleaned(element, counts) if unclean else element)
        faults += wrong
        if len(faults) >= FAULTS_SHOWN:
            break
        if given is not None:
            found.append(Given(given, offsets.span(element), dict(counts), element.pointer))
    if faults:
        raise Unreadable(faults[:FAULTS_SHOWN])
    if not found:
        raise Unreadable([("", "no article in it")])
    return found
