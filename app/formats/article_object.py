"""Reads the article object of `application/json`, alone or in an array, and of `application/x-ndjson`, one a line."""

import json
import re
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from app.formats.charset import attempt, decode, mended
from app.formats.text import is_blank
from app.formats.unreadable import Unreadable
from app.pipeline.article import RawItem, Stated

FAULTS_SHOWN = 20
SPACE = re.compile(r"[ \t\n\r]*")
ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
LANGUAGE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}$"
ZONES = zoneinfo.available_timezones()


def http_url(value: str) -> str:
    """Check that a URL is absolute http(s)."""
    try:
        parts = urlsplit(value)
        fits = parts.scheme.lower() in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fits = False
    if not fits or re.search(r"[\s\x00-\x1f]", value):
        message = "not an absolute http or https URL"
        raise ValueError(message)
    return value


def iana_zone(value: str) -> str:
    """Check that a zone is in the IANA database."""
    if value not in ZONES:
        message = "not an IANA zone name such as Europe/Paris"
        raise ValueError(message)
    return value


def worded(value: str) -> str:
    """Check that there is something to read."""
    if is_blank(value):
        message = "blank; an article has words"
        raise ValueError(message)
    return value


def printed(value: object) -> object:
    """Take an epoch number as the text it would be."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Url = Annotated[str, Field(max_length=2048), AfterValidator(http_url)]
Zone = Annotated[str, AfterValidator(iana_zone)]
Language = Annotated[str, Field(pattern=LANGUAGE)]
Source = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(worded)]
Instant = Annotated[str, Field(max_length=100), BeforeValidator(printed)]


class ArticleObject(BaseModel):
    """One raw article with what its sender states in fields of its own; an unknown member is refused, as it may be a typo."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "content": "Harbour reopens\\nBy Maren Holt\\nThe northern quay of Port Ellery reopened on Saturday.",
                    "url": "https://harbour-post.example/quay",
                    "source": "harbour-post.example",
                    "published_at": "2026-03-14T09:30:00+01:00",
                    "topics": ["Ports", "Shipping"],
                }
            ]
        },
    )

    content: Annotated[str, AfterValidator(worded)] = Field(description="The article itself.")
    content_type: Literal["text/plain"] = Field("text/plain", description="What `content` is.")
    url: Url | None = Field(None, description="Where the article stands.")
    guid: Annotated[str, Field(max_length=2048)] | None = Field(None, description="The sender's own id for it.")
    source: Source | None = Field(None, description="Name or domain of the publisher.")
    title: Annotated[str, Field(max_length=2000)] | None = Field(None, description="The headline.")
    authors: list[Annotated[str, Field(max_length=500)]] = Field([], max_length=200, description="Bylines.")
    published_at: Instant | None = Field(None, description="When it was published, in any usual form.")
    modified_at: Instant | None = Field(None, description="When it was last changed.")
    language: Language | None = Field(None, description="BCP 47 tag.")
    topics: list[Annotated[str, Field(max_length=200)]] = Field([], max_length=500, description="The sender's topics.")
    timezone: Zone | None = Field(None, description="IANA zone of dates that state none.")
    rights: Annotated[str, Field(max_length=5000)] | None = Field(None, description="Copyright and terms.")


@dataclass(frozen=True, slots=True)
class Element:
    """One JSON value of a body: its pointer, and its place among the body's characters."""

    pointer: str
    value: Any
    start: int
    end: int


def no_constant(name: str) -> float:
    """Refuse NaN and Infinity, which RFC 8259 has no place for."""
    message = f"{name} is no JSON"
    raise ValueError(message)


DECODER = json.JSONDecoder(parse_constant=no_constant)


def parse(text: str, start: int, pointer: str) -> tuple[Any, int]:
    """Parse one JSON value; raises Unreadable with the place of what is wrong."""
    try:
        value, end = DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise Unreadable([(pointer, f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}")]) from error
    except RecursionError as error:
        raise Unreadable([(pointer, "nested too deeply")]) from error
    except ValueError as error:
        raise Unreadable([(pointer, f"not JSON: {error}")]) from error
    return value, end


def space(text: str, start: int) -> int:
    """Give the place of the next character that is no white space of JSON."""
    found = SPACE.match(text, start)
    return found.end() if found else start


def array_elements(text: str, start: int) -> Iterator[Element]:
    """Give the elements of the array that begins at `start`, with their places; raises Unreadable."""
    place, index = space(text, start + 1), 0
    if text[place : place + 1] == "]":
        place += 1
    else:
        while True:
            value, end = parse(text, place, f"/{index}")
            yield Element(f"/{index}", value, place, end)
            place, index = space(text, end), index + 1
            if text[place : place + 1] == "]":
                place += 1
                break
            if text[place : place + 1] != ",":
                raise Unreadable([("", f"not JSON: expected ',' or ']' after element {index - 1}")])
            place = space(text, place + 1)
    if space(text, place) != len(text):
        raise Unreadable([("", "not JSON: something follows the array")])


def json_elements(text: str) -> Iterator[Element]:
    """Give the article objects of a JSON body, which is one or an array of them; raises Unreadable."""
    start = space(text, 0)
    if text[start : start + 1] == "[":
        yield from array_elements(text, start)
        return
    value, end = parse(text, start, "")
    if space(text, end) != len(text):
        raise Unreadable([("", "not JSON: something follows the object; several go in an array, or as NDJSON")])
    yield Element("", value, start, end)


def ndjson_elements(text: str) -> Iterator[Element]:
    """Give the article objects of an NDJSON body, one a line; blank lines are passed over; raises Unreadable."""
    place = index = 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip(" \t\r"):
            value, end = parse(line, space(line, 0), f"/{index}")
            if space(line, end) != len(line):
                raise Unreadable([(f"/{index}", f"not JSON: something follows the object of line {number}")])
            yield Element(f"/{index}", value, place, place + len(line))
            index += 1
        place += len(line) + 1


def escape(part: object) -> str:
    """Write one part of a JSON pointer."""
    return str(part).replace("~", "~0").replace("/", "~1")


def checked(element: Element) -> tuple[ArticleObject | None, list[tuple[str, str]]]:
    """Fit one element to the article object; give it, or what is wrong with it."""
    try:
        return ArticleObject.model_validate(element.value), []
    except ValidationError as error:
        return None, [
            ("".join([element.pointer, *(f"/{escape(part)}" for part in fault["loc"])]), str(fault["msg"]))
            for fault in error.errors(include_url=False, include_context=False, include_input=False)
        ]


def without_surrogates(value: Any, counts: list[int]) -> Any:
    """Mend lone surrogates in the strings of an object and of its lists, which pydantic would refuse."""
    if isinstance(value, str):
        decoded = mended(value)
        counts[0] += decoded.repairs.get("surrogates", 0)
        return decoded.text
    if isinstance(value, list):
        return [without_surrogates(part, counts) for part in value]
    if isinstance(value, dict):
        return {key: without_surrogates(part, counts) for key, part in value.items()}
    return value


def stated_by(given: ArticleObject, hints: Stated) -> Stated:
    """Give what the object states, filled up with what the query says."""
    return Stated(
        url=given.url or hints.url,
        guid=given.guid or None,
        source=given.source or hints.source,
        title=given.title,
        authors=tuple(given.authors),
        published_at=given.published_at,
        modified_at=given.modified_at,
        language=given.language or hints.language,
        topics=tuple(given.topics),
        timezone=given.timezone or hints.timezone,
        rights=given.rights,
    )


class Offsets:
    """Turns places among a body's characters into places among its bytes, in one walk forward; UTF-8 alone."""

    def __init__(self, body: bytes, text: str) -> None:
        self.text = text
        self.exact = attempt(body, "utf-8") == text
        self.characters = self.bytes = 0

    def at(self, place: int) -> int:
        """Give the byte offset of a character that is not before the last one asked for."""
        self.bytes += len(self.text[self.characters : place].encode())
        self.characters = place
        return self.bytes

    def span(self, element: Element) -> tuple[int, int] | None:
        """Give an element's byte range; None where the body is not plain UTF-8."""
        return (self.at(element.start), self.at(element.end)) if self.exact else None


def read_objects(body: bytes, charset: str | None, hints: Stated, *, lines: bool, most: int) -> list[RawItem]:
    """Give an item for each article object; one that does not fit refuses the whole body.

    Raises Unreadable with a pointer for each fault, twenty at most.
    """
    decoded = decode(body, charset)
    text = decoded.text
    items: list[RawItem] = []
    faults: list[tuple[str, str]] = []
    offsets = Offsets(body, text)
    surrogates = ESCAPED_SURROGATE.search(text) is not None
    for element in ndjson_elements(text) if lines else json_elements(text):
        if len(items) == most:
            raise Unreadable([(element.pointer, f"more than {most} items in one body")])
        counts = [0]
        value = without_surrogates(element.value, counts) if surrogates else element.value
        given, wrong = checked(Element(element.pointer, value, element.start, element.end))
        faults += wrong
        if len(faults) >= FAULTS_SHOWN:
            break
        if given is not None:
            span = offsets.span(element)
            repairs = decoded.repairs | ({"surrogates": counts[0]} if counts[0] else {})
            items.append(RawItem(len(items), given.content, stated_by(given, hints), span, repairs))
    if faults:
        raise Unreadable(faults[:FAULTS_SHOWN])
    if not items:
        raise Unreadable([("", "no article in it")])
    return items
