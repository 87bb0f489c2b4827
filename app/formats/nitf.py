"""Reads NITF 3.x, IPTC's News Industry Text Format: one article a document."""

from collections.abc import Iterator
from copy import deepcopy
from itertools import islice

from lxml import etree

from app.formats.agency_item import (
    CHARACTERS,
    LIKELY,
    Text,
    claims,
    day,
    finished,
    http,
    is_later,
    item,
    language,
    places,
    rights,
    standing,
    text_of,
    topic,
    topics,
)
from app.formats.body import Body
from app.formats.fragment import read_fragment
from app.formats.markup import one_line
from app.formats.unreadable import Unreadable
from app.formats.xml_document import LANG, Element, found_words, read_document, words
from app.pipeline.article import Claim, RawItem, Standing, Stated

AS_HTML = {
    "hl1": "h2",
    "hl2": "h2",
    "bq": "blockquote",
    "media": "figure",
    "nitf-table-metadata": "figure",
    **dict.fromkeys(("block", "nitf-table", "note", "body.content", "custom-table", "bqblock"), "div"),
    **dict.fromkeys(("abstract", "tagline", "credit", "datasource", "fn", "byline", "dateline", "distributor"), "p"),
}
"""NITF's own elements as HTML has them."""
OF_HTML = frozenset(
    "p pre br hr div ol ul li dl dt dd table caption thead tbody tfoot tr th td col colgroup a em strong q sub sup"  # noqa: SIM905 - a list is thirty lines
    " h1 h2 h3 h4 h5 h6 section blockquote figure script style".split()
)
"""Elements that mean in HTML what they mean here; every other one marks words inside a line."""

MOST_BYLINES = 20


def read_nitf(body: Body) -> list[RawItem]:
    """Give the article of a NITF document; raises Unreadable where it is no XML or no NITF."""
    document = read_document(body)
    root = document.root
    if root.tag != "nitf":
        raise Unreadable([("", f"no NITF: the root element is {root.tag[:100]!r}")])
    return finished([article(root)], body, document.repairs)


def nitf_text(markup: str) -> Text:
    """Give the text of a NITF document, or of a part of one, that another format carries; none where it is no XML."""
    try:
        root = read_document(Body(markup.encode("utf-8", "replace"), "utf-8", Stated(), 1)).root
    except Unreadable:
        return Text()
    return text_in(root) if root.tag == "nitf" else text_of(read_fragment(as_html(root)))


def article(root: Element) -> RawItem:
    """Give the article that a `nitf` element is."""
    return item(guid_of(root), text_in(root), claims_of(root), standing_of(root), "article")


def guid_of(root: Element) -> str | None:
    """Give the document's own id: of `doc-id`, else of `du-key`."""
    return attribute(root, "doc-id", "id-string") or attribute(root, "du-key", "key")


def attribute(root: Element, tag: str, name: str) -> str | None:
    """Give an attribute of the first element of a name that has it."""
    return next((value for found in root.iter(tag) if (value := (found.get(name) or "").strip())), None)


def attributes(root: Element, tag: str, name: str) -> Iterator[str]:
    """Give an attribute of all elements of a name."""
    return (found.get(name, "") for found in root.iter(tag))


def claims_of(root: Element) -> Iterator[Claim]:
    """Give what a document says of its article."""
    yield from titles(root)
    yield from bylines(root)
    yield from agencies(root)
    yield from dates_of(root)
    body = root.find("body")
    tags = [found.get(name) for found in (root, body) if found is not None for name in (LANG, "baselang", "lang")]
    yield from language(tags, "nitf lang")
    yield from claims("url", [http(attribute(root, "pubdata", "ex-ref"))], "nitf pubdata ex-ref")
    yield from rights(rights_of(root), "nitf rights")
    yield from places([dateline_of(found) for found in head_of(root).iter("dateline")][:1], "nitf dateline")
    yield from topics(subjects(root))


def titles(root: Element) -> Iterator[Claim]:
    """Claim the headline; a document's title, which may be a slug, where there is none."""
    yield from claims("title", [found_words(head_of(root), ".//hl1")], "nitf hl1")
    yield from claims("title", [found_words(root, "head/title")], "nitf title", 0.7)


def head_of(root: Element) -> Element:
    """Give the body's head; an empty one where there is none."""
    found = root.find("body/body.head")
    return found if found is not None else etree.Element("body.head")


def bylines(root: Element) -> Iterator[Claim]:
    """Claim the authors: the persons marked in a byline, else its words but for the author's title."""
    for byline in islice(head_of(root).iter("byline"), MOST_BYLINES):
        printed = one_line(" ".join(byline.itertext()))
        people = [name for person in byline.iter("person") if (name := words(person))]
        untitled = deepcopy(byline)
        etree.strip_elements(untitled, "byttl", with_tail=False)
        bare = one_line(" ".join(untitled.itertext())).strip(" ,")
        yield from claims("authors", people or [bare or printed], printed[:CHARACTERS])


def agencies(root: Element) -> Iterator[Claim]:
    """Claim whose copy it is: the distributor's, else the owner's."""
    yield from claims("agency", [words(found) for found in head_of(root).iter("distributor")], "nitf distributor")
    owners = [found_words(root, ".//rights.owner"), attribute(root, "doc.rights", "owner")]
    sources = [attribute(root, "doc.copyright", "holder"), attribute(root, "from-src", "src-name")]
    yield from claims("agency", [*owners, *sources], "nitf owner", LIKELY)


def dates_of(root: Element) -> Iterator[Claim]:
    """Claim when the article was issued, else released, dated or delivered; and revised, where that is later."""
    told = (
        (attribute(root, tag, name), f"nitf {tag}")
        for tag, name in (
            ("date.issue", "norm"),
            ("date.release", "norm"),
            ("story.date", "norm"),
            ("pubdata", "date.publication"),
        )
    )
    issued, quote = next((found for found in told if found[0]), (None, ""))
    yield from claims("published_at", [day(issued)], quote)
    revised = [*attributes(root, "revision-history", "norm")][-1:]
    if revised and is_later(revised[0], issued):
        yield from claims("modified_at", [day(revised[0])], "nitf revision-history")


def standing_of(root: Element) -> Standing:
    """Give how the article may be used: not before its release, where that is later than its issue."""
    status, release = attribute(root, "docdata", "management-status"), attribute(root, "date.release", "norm")
    held = status == "embargoed" or is_later(release, attribute(root, "date.issue", "norm"))
    return standing(
        status,
        release if held else None,
        attribute(root, "du-key", "version"),
        attribute(root, "urgency", "ed-urg"),
    )


def dateline_of(dateline: Element) -> str:
    """Give the place of a dateline: its location, else its words without its date."""
    bare = deepcopy(dateline)
    etree.strip_elements(bare, "story.date", with_tail=False)
    return found_words(bare, ".//location/city", ".//location", ".")


def rights_of(root: Element) -> Iterator[str]:
    """Give the terms of use as far as they are told in words: notices, owners with their years."""
    for copyright_ in root.iter("doc.copyright"):
        if holder := copyright_.get("holder"):
            yield " ".join(f"© {copyright_.get('year', '')[:4]} {holder}".split())
    yield from attributes(root, "doc.rights", "type")
    yield from (words(found) for found in root.iterfind("body/body.head/rights"))


def subjects(root: Element) -> Iterator[Claim]:
    """Claim the subjects with their codes, then the keywords, then what the document is said to be about."""
    for subject in root.iter("tobject.subject"):
        named = [subject.get(f"tobject.subject.{part}") for part in ("type", "matter", "detail")]
        labels = [label for label in named if label and label.strip()]
        scheme = subject.get("tobject.subject.ipr")
        for label in labels[:-1]:
            yield from topic(label, "nitf tobject.subject")
        for label in labels[-1:]:
            yield from topic(label, "nitf tobject.subject", subject.get("tobject.subject.refnum"), scheme)
    for key in attributes(root, "keyword", "key"):
        yield from topic(key, "nitf keyword")
    for about in root.iter("identified-content"):
        for named in about.iter("person", "org", "location", "event", "classifier", "object.title"):
            yield from topic(words(named) or named.get("value"), f"nitf {named.tag}")


def text_in(root: Element) -> Text:
    """Give the text of the body, and the tagline at its end; preformatted text keeps its lines and has no structure."""
    found = [part for path in ("body/body.content", "body/body.end/tagline") for part in root.iterfind(path)]
    if found and all(is_preformatted(part) for part in found):
        return Text("\n".join("".join(part.itertext()) for part in found).strip("\n"))
    return text_of(read_fragment("".join(as_html(part) for part in found)))


def is_preformatted(part: Element) -> bool:
    """Say whether all words of a part stand in `pre`."""
    lines = [*part.iter("pre")]
    return bool(lines) and sum(map(text_size, lines)) >= text_size(part)


def text_size(element: Element) -> int:
    """Count the characters of an element's words."""
    return sum(len(one_line(text)) for text in element.itertext())


def as_html(part: Element) -> str:
    """Write a part of a body as HTML."""
    copied = deepcopy(part)
    copied.tail = None
    for element in copied.iter(etree.Element):
        element.tag = element.tag if element.tag in OF_HTML else AS_HTML.get(element.tag, "span")
        element.attrib.clear()
    return str(etree.tostring(copied, encoding="unicode", method="html"))
