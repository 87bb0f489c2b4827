"""What the formats of news agencies have in common: claims of their fields, topics with codes, dates and standing."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from app.formats.body import Body
from app.formats.fragment import Fragment, plain
from app.formats.text import is_blank
from app.formats.unreadable import Unreadable
from app.pipeline.article import Block, Claim, RawItem, Standing, Stated

SURE = 0.97
"""How far the field of a machine's own is believed."""
LIKELY = 0.9
"""How far a field is believed that says the same by the way."""
CHARACTERS = 5_000
"""The longest text of a field, as of a sender's `rights`."""
GUID_CHARACTERS = 2_048
LABEL_CHARACTERS = 200
CODE_CHARACTERS = 2
"""A label in small letters that is no longer, and the same as its code, is the code."""
MOST_TOPICS = 500
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,4}")
HTTP = re.compile(r"https?://[^\s<>\"]{4,2000}", re.IGNORECASE)
CODE = re.compile(r"\d{8}")
SCHEMES = {
    "mediatopic": "medtop",
    "medtop": "medtop",
    "subjectcode": "iptc-subject-code",
    "subj": "iptc-subject-code",
    "iptcsubjectcodes": "iptc-subject-code",
    "iptc": "iptc-subject-code",
}
"""IPTC's two schemes by the last part of their addresses and by their usual aliases."""
STATUSES: dict[str, Literal["withheld", "canceled"]] = {
    "withheld": "withheld",
    "withhold": "withheld",
    "hold": "withheld",
    "canceled": "canceled",
    "cancelled": "canceled",
    "killed": "canceled",
}
"""What IPTC's publishing statuses are called; every other one leaves an item usable."""
AFTER_PLACE = re.compile(r"[(\[\d]|\s[-–—_]+(?:\s|$)|--")
DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:Z|[+-]\d\d:?\d\d)?")


@dataclass(frozen=True, slots=True)
class Text:
    """The text of an item: its lines, and its structure where it has one."""

    content: str = ""
    blocks: tuple[Block, ...] | None = None


def claims(
    field: str, texts: Iterable[str | None], quote: str | None = None, confidence: float = SURE
) -> Iterator[Claim]:
    """Claim a field for each text that has words, without tags and entities; the text is its own quote where none is told."""
    for text in texts:
        if text and (said := plain(text)[:CHARACTERS]):
            yield Claim(field, said, "feed", confidence, quote if quote is not None else said)


def topic(label: str | None, quote: str, code: str | None = None, scheme: str | None = None) -> Iterator[Claim]:
    """Claim a topic by its label, with the code it has in a scheme; or by a code alone, which a taxonomy may name.

    A mere "sp" names nothing.
    """
    known, named = coded(code, scheme)
    if known and named and not (label and plain(label)):
        yield Claim("topics", "", "feed", SURE, quote, code=known, scheme=named)
    for claim in claims("topics", [label], quote):
        is_code = claim.text == known and claim.text.islower() and len(claim.text) <= CODE_CHARACTERS
        if len(claim.text) <= LABEL_CHARACTERS and not is_code:
            yield replace(claim, code=known, scheme=named)


def topics(found: Iterable[Claim]) -> Iterator[Claim]:
    """Give each topic once, the first time it is claimed, and five hundred at most."""
    seen: set[tuple[str, str | None]] = set()
    for claim in found:
        key = (claim.text.casefold(), claim.code)
        if key not in seen and len(seen) < MOST_TOPICS:
            seen.add(key)
            yield claim


def coded(code: str | None, scheme: str | None) -> tuple[str | None, str | None]:
    """Give a code and its scheme: a qcode or an address is taken apart, and IPTC's schemes have one name each.

    Eight digits without a scheme are IPTC's: of a media topic from 20000000 on, before that of a subject.
    """
    code = (code or "").strip() or None
    if code is None:
        return None, None
    if not scheme and (cut := max(code.rfind("/"), code.rfind(":"), code.rfind("#"))) > 0:
        scheme, code = code[: cut + 1], code[cut + 1 :] or None
    if not scheme and code and CODE.fullmatch(code):
        return code, "medtop" if code.startswith("2") else "iptc-subject-code"
    last = re.split(r"[/:#]", (scheme or "").rstrip("/:#").lower())[-1]
    return (code[:LABEL_CHARACTERS] if code else None), SCHEMES.get(
        last, (scheme or "").rstrip(":")[:LABEL_CHARACTERS] or None
    )


def dates(created: str | None, version: str | None, quotes: tuple[str, str]) -> Iterator[Claim]:
    """Claim when an item was published and last changed.

    Published is when its first version was made, unless that is said to be later than this version, or not said at
    all; this version is its change, where it was made at another time.
    """
    first, last = instant(created), instant(version)
    if created and not (first and last and first > last):
        yield from claims("published_at", [day(created)], quotes[0])
        if version and (first is None or first != last):
            yield from claims("modified_at", [day(version)], quotes[1])
    else:
        yield from claims("published_at", [day(version)], quotes[1])


def instant(text: str | None) -> datetime | None:
    """Parse ISO 8601, without a zone as UTC, to tell which of two times comes first; None for what it is not."""
    try:
        at = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def is_later(text: str | None, than: str | None) -> bool:
    """Say whether a time is known to be after another."""
    at, other = instant(text), instant(than)
    return at is not None and other is not None and at > other


def http(text: str | None) -> str | None:
    """Give a text that is an absolute address of the web; None for any other."""
    found = (text or "").strip()
    return found if HTTP.fullmatch(found) else None


def day(text: str | None) -> str | None:
    """Give a date that ISO 8601 writes with an offset but no time as the day it is; any other text as it stands."""
    found = DAY.fullmatch((text or "").strip())
    return "-".join(found.groups()) if found else text


def places(texts: Iterable[str | None], quote: str, confidence: float = SURE) -> Iterator[Claim]:
    """Claim the places of datelines: what stands before the date, the dash, and the agency in brackets."""
    for text in texts:
        printed = plain(text or "")
        found = AFTER_PLACE.search(printed)
        place = printed[: found.start()] if found else printed
        if found and found[0].isdigit():  # "Oslo, July 4": the month goes with its day
            place = place.rpartition(",")[0]
        yield from claims("dateline_place", [place.strip(" ,.-–—_")], quote, confidence)


def language(texts: Iterable[str | None], quote: str) -> Iterator[Claim]:
    """Claim the first language tag."""
    tags = (text.strip().replace("_", "-") for text in texts if text and LANGUAGE.fullmatch(text.strip()))
    yield from claims("language", [next(tags, None)], quote)


def rights(texts: Iterable[str | None], quote: str) -> Iterator[Claim]:
    """Claim the terms of use, what is said twice said once."""
    said = dict.fromkeys(plain(text) for text in texts if text)
    yield from claims("rights", [" ".join(text for text in said if text)], quote)


def standing(
    status: str | None, embargoed: str | None = None, version: str | None = None, urgency: str | None = None
) -> Standing:
    """Give how an item may be used; the status may be a word, a qcode or an address."""
    word = re.split(r"[/:#]", (status or "").strip().lower())[-1]
    level = (urgency or "").strip()
    return Standing(
        status=STATUSES.get(word, "usable"),
        embargoed=(embargoed or "").strip()[:100] or None,
        version=(version or "").strip()[:100] or None,
        urgency=int(level) if re.fullmatch(r"[1-9]", level) else None,
    )


def richest(bodies: Iterable[Text]) -> Text:
    """Choose among the forms of one text: the longest with structure, unless one without says more than twice as much."""
    found = [body for body in bodies if body.content.strip()]
    whole = max(found, key=lambda body: len(body.content), default=Text())
    marked = max((body for body in found if body.blocks), key=lambda body: len(body.content), default=whole)
    return marked if len(marked.content) * 2 >= len(whole.content) else whole


def text_of(fragment: Fragment) -> Text:
    """Give the text of a fragment as that of an item."""
    return Text(fragment.text, fragment.blocks or None)


def item(guid: str | None, text: Text, said: Iterable[Claim], how: Standing, kind: str) -> RawItem:
    """Put an item together; one that holds no text is at fault, unless it calls off what was sent before."""
    missing = is_blank(text.content) and how.status != "canceled"
    return RawItem(
        0,
        text.content,
        Stated(guid=(guid or "")[:GUID_CHARACTERS] or None),
        blocks=text.blocks,
        claims=tuple(said),
        standing=how,
        fault=f"This {kind} holds no text to read." if missing else None,
    )


def finished(items: Iterable[RawItem], body: Body, repairs: Mapping[str, int]) -> list[RawItem]:
    """Give the items of a body their numbers, and them what is known of all; raises Unreadable for too many."""
    made: list[RawItem] = []
    for found in items:
        if len(made) == body.max_items:
            raise Unreadable([("", f"more than {body.max_items} items in one body")])
        guid = found.stated.guid or body.hints.guid
        made.append(
            replace(
                found, position=len(made), stated=replace(body.hints, guid=guid), repairs={**repairs, **found.repairs}
            )
        )
    return made
