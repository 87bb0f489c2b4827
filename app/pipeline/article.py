"""The values that travel between readers, stages and the store; all frozen, none with behaviour beyond its own shape."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Origin = Literal[
    "sender",
    "feed",
    "jsonld",
    "meta",
    "markup",
    "text.byline",
    "text.footer",
    "text.dateline",
    "url",
    "derived",
    "editor",
]
"""Where a value was read: the closed vocabulary of `evidence[].from`."""

Precision = Literal["second", "minute", "day", "month"]
Zone = Literal["stated", "source", "assumed_utc"]
TopicOrigin = Literal["declared", "list", "table", "heading", "text", "place", "organisation", "person"]
Processing = Literal["full", "fallback"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One value that the input offers for one field: its origin, the words it was read from, a confidence from 0 to 1.

    `value` is what would be served if chosen; for `published_at` and `modified_at` it is RFC 3339, and `precision`
    and `zone` go with it. Authors of one byline share `origin` and `quote`, so that they are chosen together.
    """

    field: str
    value: str
    origin: Origin
    quote: str
    confidence: float
    precision: Precision | None = None
    zone: Zone | None = None
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One non-blank line of repaired text: its 0-based number among those, and whether a blank line came before it."""

    number: int
    text: str
    after_gap: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    """The line number of the headline, if the text has one before its body, and the body's lines [start, end)."""

    headline: int | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What a stage read from the lines: evidence, and the numbers of lines that are furniture and no part of the body."""

    evidence: tuple[Evidence, ...] = ()
    lines: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is the headline, 2 a section."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of running text on one line."""

    text: str


@dataclass(frozen=True, slots=True)
class ListItem:
    """A list item, with the label that stood before its colon if it had one."""

    label: str | None
    text: str


@dataclass(frozen=True, slots=True)
class ListBlock:
    """A bulleted, numbered or bare list."""

    items: tuple[ListItem, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table: one header row, and rows of as many cells."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Heading | Paragraph | ListBlock | Table


@dataclass(frozen=True, slots=True)
class Topic:
    """One subject of an article: `label` as this article prints it, `score` 0 to 1, and where it was read.

    `fold` is the key under which all spellings of the subject meet.
    """

    slug: str
    label: str
    score: float
    origins: tuple[TopicOrigin, ...]
    mentions: int
    fold: str


@dataclass(frozen=True, slots=True)
class Acronym:
    """An acronym that an article defines, and its meaning, both as printed there."""

    label: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Code:
    """A subject's code in a scheme, as an agency states it; `slug` is that of the label beside it, None where it has none."""

    scheme: str
    code: str
    slug: str | None


@dataclass(frozen=True, slots=True)
class TopicEntry:
    """One entry of a topic list: the slug of the topic it names (None if it names none), its label and its detail."""

    topic: str | None
    label: str
    detail: str | None


@dataclass(frozen=True, slots=True)
class TopicList:
    """A list or table in which the article enumerates subjects; `block` is the 0-based index into `Article.blocks`."""

    lead_in: str | None
    block: int
    entries: tuple[TopicEntry, ...]


@dataclass(frozen=True, slots=True)
class Stated:
    """What the sender says of an item in fields of its own, or in the query; evidence of origin `sender`."""

    url: str | None = None
    guid: str | None = None
    source: str | None = None
    title: str | None = None
    authors: tuple[str, ...] = ()
    published_at: str | None = None
    modified_at: str | None = None
    language: str | None = None
    topics: tuple[str, ...] = ()
    timezone: str | None = None
    rights: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What a format says of one field, in its own words and without markup; the pipeline parses it and chooses.

    `field` is that of the article (`title`, `authors`, `agency`, `published_at`, `modified_at`, `language`, `url`,
    `rights`, `dateline_place`, `topics`), `quote` where and how it stands there ("meta article:author", a byline as
    printed). Claims of `authors` that share origin and quote are one byline; `exact` ones are a name and nothing else, a
    pen name perhaps. `scheme` is that of a topic's code. The field `site` names the publication, which is no author, no
    topic, and no part of a headline.
    """

    field: str
    text: str
    origin: Origin
    confidence: float
    quote: str = ""
    exact: bool = False
    code: str | None = None
    scheme: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What an agency says of how its item may be used: IPTC's publishing status, not before when, version, urgency."""

    status: Literal["usable", "withheld", "canceled"] = "usable"
    embargoed: str | None = None
    version: str | None = None
    urgency: int | None = None


@dataclass(frozen=True, slots=True)
class RawItem:
    """One raw article inside a submission.

    `content` is its text, a line for each block. `blocks` is the structure of its body where the format has one, and
    `outline` then says which lines of `content` stand around it; the pipeline rebuilds both from `content` where they
    are None. `span` is the byte range of the item inside the submission's
    body where the body holds several, else None. `repairs` counts what the reader had to mend to make text of the
    bytes. `fault` says why this item cannot be read, though its mates can: it is rejected for that.
    """

    position: int
    content: str
    stated: Stated = field(default_factory=Stated)
    span: tuple[int, int] | None = None
    repairs: Mapping[str, int] = field(default_factory=dict)
    blocks: tuple[Block, ...] | None = None
    outline: Outline | None = None
    claims: tuple[Claim, ...] = ()
    standing: Standing = field(default_factory=Standing)
    truncated: bool = False
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The item is no article, for a reason that a sender can act on."""

    reason: str


@dataclass(frozen=True, slots=True)
class Retraction:
    """An agency's word that an article must not be used: `canceled` for good, or `withheld` until it is sent as usable."""

    source: str | None
    guid: str | None
    url: str | None
    status: Literal["withheld", "canceled"]


@dataclass(frozen=True, slots=True)
class Article:
    """One normalised article, without what only the store knows (id, revision, story, sightings).

    `truncated` says that the input declares its text to be a part only. `content_hash` identifies the words (title and text, blind to case, punctuation and space), `text_hash` those of the text alone, `field_hash`
    everything whose change makes a revision. `background` is the number of the snapshot of the archive that topics were inferred
    by, None where none were; `vocabulary` then holds the words of the text. The archive learns from those, and from
    `acronyms`, whose meaning the text says.
    """

    url: str | None
    guid: str | None
    source: str | None
    title: str | None
    lead: str | None
    language: str | None
    authors: tuple[str, ...]
    agency: str | None
    published_at: datetime | None
    published_precision: Precision | None
    published_zone: Zone | None
    modified_at: datetime | None
    dateline_place: str | None
    rights: str | None
    topics: tuple[Topic, ...]
    topic_lists: tuple[TopicList, ...]
    blocks: tuple[Block, ...]
    text: str
    word_count: int
    repairs: Mapping[str, int]
    evidence: tuple[Evidence, ...]
    content_hash: bytes
    field_hash: bytes
    processing: Processing
    pipeline_version: str
    version: str | None = None
    urgency: int | None = None
    embargoed_until: datetime | None = None
    truncated: bool = False
    codes: tuple[Code, ...] = ()
    background: int | None = None
    vocabulary: frozenset[str] = frozenset()
    acronyms: tuple[Acronym, ...] = ()
    text_hash: bytes = b""
