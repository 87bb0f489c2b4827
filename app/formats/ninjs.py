"""Reads ninjs 1.x, 2.x and 3.x, IPTC's News in JSON: one item, or an array of them."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from app.formats.agency_item import (
    LIKELY,
    Text,
    claims,
    dates,
    finished,
    http,
    item,
    language,
    places,
    richest,
    rights,
    standing,
    text_of,
    topic,
    topics,
)
from app.formats.article_object import FAULTS_SHOWN, Offsets, cleaned_text
from app.formats.body import Body
from app.formats.charset import decode
from app.formats.fragment import is_markup, read_fragment
from app.formats.json_values import json_elements
from app.formats.ninjs_check import faults_of
from app.formats.nitf import nitf_text
from app.formats.unreadable import Unreadable
from app.pipeline.article import Claim, RawItem

SILENT = frozenset({"picture", "graphic", "planning", "event"})
"""Types whose words describe something that is no text."""
MEDIA = frozenset({"audio", "video", "animation", "component"})
"""Types whose description is no article; a body that they carry is one."""
CALLED = {"planning": "plan"}
ABOUT = ("subject", "person", "people", "organisation", "organization", "place", "event", "keyword")
AUTHORS = re.compile(r"(?:^|[/:#])(?:author|writer|creator|by|byline|reporter|correspondent)$", re.IGNORECASE)
OF_A_PICTURE = re.compile(r"caption|credit|writer|note|alt", re.IGNORECASE)
OWN_ADDRESS = re.compile(r"web|url|canonical|link|href", re.IGNORECASE)


def read_ninjs(body: Body) -> list[RawItem]:
    """Give an item for each ninjs item; raises Unreadable with a pointer to each member that does not fit."""
    decoded = decode(body.data, body.charset)
    offsets = Offsets(body.data, decoded.text)
    items: list[RawItem] = []
    faults: list[tuple[str, str]] = []
    for element in json_elements(decoded.text, body.max_items):
        faults += faults_of(element)
        if len(faults) >= FAULTS_SHOWN:
            break
        if not faults and len(items) <= body.max_items:
            items.append(replace(item_of(Members.of(element.value)), span=offsets.span(element)))
    if faults:
        raise Unreadable(faults[:FAULTS_SHOWN])
    if not items:
        raise Unreadable([("", "no item in it")])
    return finished(items, body, decoded.repairs)


@dataclass(frozen=True, slots=True)
class Members:
    """An object's members by their names in lower case, and what had to be mended in those read so far."""

    values: dict[str, Any]
    repairs: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, value: dict[str, Any]) -> "Members":
        """Take an object; of two names that differ in case, the first counts."""
        return cls({name.lower(): each for name, each in reversed(value.items())})

    def text(self, name: str) -> str | None:
        """Give a member that is a text, mended; None for one that is missing, blank or no text."""
        value = self.values.get(name)
        return (cleaned_text(value, self.repairs) or None) if isinstance(value, str) and value.strip() else None

    def objects(self, *names: str) -> Iterator["Members"]:
        """Give the objects of members that are lists, or one object."""
        for name in names:
            value = self.values.get(name)
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, dict):
                    yield Members(Members.of(each).values, self.repairs)

    def words(self, name: str) -> Iterator[str]:
        """Give the texts of a member that is a list of them, or one."""
        value = self.values.get(name)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, str):
                yield cleaned_text(each, self.repairs)


def item_of(given: Members) -> RawItem:
    """Give the item that an object is."""
    kind = (given.text("type") or "").strip().lower()
    urgency = given.values.get("urgency")
    how = standing(
        given.text("pubstatus"),
        given.text("embargoed"),
        given.text("version") or numeral(given.values.get("version")),
        given.text("urgency") or numeral(urgency),
    )
    text = Text() if kind in SILENT else text_in(given, kind)
    guid = given.text("uri") or given.text("guid")
    made = item(guid, text, [*claims_of(given)], how, CALLED.get(kind, kind if kind in SILENT | MEDIA else "item"))
    return replace(made, repairs=dict(given.repairs))


def numeral(value: object) -> str | None:
    """Write a whole number; None for anything else."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18 else None


def claims_of(given: Members) -> Iterator[Claim]:
    """Give what an object says of its article."""
    yield from titles(given)
    yield from authors(given)
    yield from agencies(given)
    version = given.text("versioncreated")
    first = (
        given.text("firstpublished")
        or given.text("firstcreated")
        or (None if version else given.text("contentcreated"))
    )
    yield from dates(first, version, ("ninjs firstCreated", "ninjs versionCreated"))
    yield from language([given.text("language")], "ninjs language")
    yield from claims("url", addresses(given), "ninjs altIds")
    terms = [given.text(name) for name in ("copyrightnotice", "usageterms")]
    linked = [each.text("linkedrights") for each in given.objects("rightsinfo")]
    yield from rights([*terms, *linked], "ninjs copyrightNotice, usageTerms")
    yield from places([given.text("located")], "ninjs located")
    yield from topics(subjects(given))


def titles(given: Members) -> Iterator[Claim]:
    """Claim the headline: the one of 1.x, or that of the main role; an item's mere title where there is none."""
    told = [("headline", given.text("headline")), ("headline_main", given.text("headline_main"))]
    told += [(each.text("role") or "", each.text("value")) for each in given.objects("headlines")]
    told = [(role, text) for role, text in told if text]
    main = [text for role, text in told if role in {"headline", "headline_main", "main", ""}] or [t for _, t in told]
    yield from claims("title", main[:1], "ninjs headline")
    yield from claims("title", [given.text("title")], "ninjs title", 0.7)


def authors(given: Members) -> Iterator[Claim]:
    """Claim the authors: the byline as printed, and the people in an author's role."""
    byline = given.text("byline") or given.text("by")
    yield from claims("authors", [byline])
    people = [*given.objects("authors", "author"), *given.objects("person", "people")]
    named = [each.text("name") for each in people if is_author(each)]
    yield from claims("authors", named, "ninjs people", 0.95 if byline else LIKELY)


def is_author(person: Members) -> bool:
    """Say whether a person has the role of an author."""
    return any(AUTHORS.search(person.text(name) or "") for name in ("role", "rel"))


def agencies(given: Members) -> Iterator[Claim]:
    """Claim whose copy it is: the source of its information, unless that is a person it interviewed, else the owner."""
    sources = [each.text("name") for each in given.objects("infosource", "infosources") if not each.text("rel")]
    credits_ = [each.text("value") for each in given.objects("descriptions") if each.text("role") == "creditline"]
    yield from claims("agency", [*sources, *credits_, given.text("description_creditline")], "ninjs infoSources")
    yield from claims("agency", [given.text("source"), given.text("provider")], "ninjs source", 0.95)
    yield from claims("agency", [given.text("copyrightholder")], "ninjs copyrightHolder", LIKELY)


def addresses(given: Members) -> Iterator[str]:
    """Give the addresses where an item says that it stands on the web."""
    for name in ("canonical", "link", "url"):
        yield http(given.text(name)) or ""
    told = [(each.text("role") or "", each.text("value")) for each in given.objects("altids")]
    for each in given.objects("altids"):
        told += [(role, each.text(role)) for role in each.values if role not in {"role", "value"}]
    for role, value in told:
        yield (http(value) or "") if OWN_ADDRESS.search(role) else ""


def subjects(given: Members) -> Iterator[Claim]:
    """Claim what an item is about: subjects, people, organisations, places, events and keywords, by name."""
    for name in ABOUT:
        for each in given.objects(name, f"{name}s"):
            if name in {"person", "people"} and is_author(each):
                continue
            code, scheme = each.text("code") or each.text("literal"), each.text("scheme")
            yield from topic(
                each.text("name"), f"ninjs {name}", *((code, scheme) if scheme else (each.text("uri") or code, None))
            )
        for label in (*given.words(name), *given.words(f"{name}s")):
            yield from topic(label, f"ninjs {name}")


def text_in(given: Members, kind: str) -> Text:
    """Give the text of an item: the richest form of its body; its description where it has none and is no medium."""
    found = richest(forms(given, "body", "bodies"))
    return found if found.content or kind in MEDIA else richest(descriptions(given))


def forms(given: Members, prefix: str, plural: str) -> Iterator[Text]:
    """Give the forms of a text: those of 1.x, that tell their kind in the member's name, and those of a list."""
    for name in given.values:
        if name.startswith(f"{prefix}_"):
            yield form(given.text(name), name)
    for each in given.objects(plural):
        yield form(each.text("value"), f"{each.text('contenttype')} {each.text('role')}".lower())


def form(text: str | None, kind: str) -> Text:
    """Read one form of a text: NITF, HTML or plain, by what it is said to be, else by its looks."""
    if text is None:
        return Text()
    if "nitf" in kind or text.lstrip()[:5] in {"<?xml", "<nitf"}:
        return nitf_text(text)
    if "html" in kind or ("plain" not in kind and is_markup(text)):
        return text_of(read_fragment(text))
    return Text(text)


def descriptions(given: Members) -> Iterator[Text]:
    """Give the forms of the description, but for captions and credits."""
    told = {name: value for name, value in given.values.items() if not OF_A_PICTURE.search(name)}
    listed = [each.values for each in given.objects("descriptions") if not OF_A_PICTURE.search(each.text("role") or "")]
    return forms(Members({**told, "descriptions": listed}, given.repairs), "description", "descriptions")
