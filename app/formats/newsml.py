"""Reads NewsML-G2, IPTC's frame for news items: one alone, or the items of a message. NewsML 1.2 is read beside it."""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass

from lxml import etree

from app.formats import newsml_one
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
from app.formats.body import Body
from app.formats.fragment import is_markup, read_fragment
from app.formats.nitf import bylines, text_in, titles
from app.formats.unreadable import Unreadable
from app.formats.xml_document import LANG, Element, found_words, read_document, words
from app.pipeline.article import Claim, RawItem, Standing

ITEMS = {
    "newsItem": "article",
    "packageItem": "package",
    "conceptItem": "concept",
    "knowledgeItem": "set of concepts",
    "planningItem": "plan",
    "catalogItem": "catalogue",
}
"""The kinds of items; only the first holds text."""
SILENT = frozenset({"picture", "graphic", "audio", "video", "animation"})
OWN_ADDRESS = frozenset({"canonical", "permalink", "web", "isversionontheweb", "hasweb"})
"""What a link's relation ends in where it leads to the item itself."""
REPEATED = frozenset({"header", "head", "nav", "footer"})
"""Parts of an XHTML page that print the fields of the item once more."""
LAST = 100_000


@dataclass(frozen=True, slots=True)
class Names:
    """The names that an item gives to codes in its assertions, and the language it is in."""

    asserted: dict[str, Element]
    language: str


def read_newsml(body: Body) -> list[RawItem]:
    """Give an item for each item of a message, or the one that the document is; raises Unreadable.

    Packages, concepts, plans and catalogues are items at fault, as their mates are none the worse for them.
    """
    document = read_document(body)
    root = document.root
    if root.tag == "NewsML":
        return finished(newsml_one.items_of(root), body, document.repairs)
    found = [root] if root.tag in ITEMS else [each for each in root.iterfind("itemSet/*") if each.tag in ITEMS]
    if not found:
        raise Unreadable([("", f"no item of NewsML-G2 in it; the root element is {root.tag[:100]!r}")])
    return finished(map(item_of, found), body, document.repairs)


def item_of(root: Element) -> RawItem:
    """Give the item that an element is."""
    asserted = {
        key: each for each in root.iterfind("assert") for key in (each.get("qcode"), each.get("literal")) if key
    }
    tags = [each.get("tag") for each in root.iterfind("contentMeta/language")]
    names = Names(asserted, next((tag for tag in (*tags, root.get(LANG)) if tag), ""))
    kind = class_of(root)
    text = Text() if root.tag != "newsItem" or kind in SILENT else text_of_item(root)
    named = kind if root.tag == "newsItem" and kind in SILENT else ITEMS[root.tag]
    return item(root.get("guid"), text, claims_of(root, names), standing_of(root), named)


def class_of(root: Element) -> str:
    """Give the item's class without its scheme: text, picture, composite."""
    found = root.find("itemMeta/itemClass")
    said = (found.get("qcode") or found.get("uri") or "") if found is not None else ""
    return str(said).replace("/", ":").rpartition(":")[2].lower()


def standing_of(root: Element) -> Standing:
    """Give how the item may be used."""
    status = root.find("itemMeta/pubStatus")
    return standing(
        (status.get("qcode") or status.get("uri")) if status is not None else None,
        found_words(root, "itemMeta/embargoed"),
        root.get("version"),
        found_words(root, "contentMeta/urgency"),
    )


def claims_of(root: Element, names: Names) -> Iterator[Claim]:
    """Give what an item says of its article; what its NITF says, where it says nothing itself."""
    inside = next(root.iter("nitf"), None)
    told = [*headlines(root), *authors(root, names)]
    for field, spare in (("title", titles), ("authors", bylines)):
        if inside is not None and not any(claim.field == field and claim.confidence > LIKELY for claim in told):
            told += spare(inside)
    yield from told
    yield from agencies(root, names)
    yield from dates_of(root)
    yield from language([names.language], "newsml language")
    yield from claims("url", addresses(root), "newsml link")
    yield from rights(terms(root, names.language), "newsml rightsInfo")
    yield from places([found_words(root, "contentMeta/dateline")], "newsml dateline")
    located = [name_of(each, names) for each in root.iterfind("contentMeta/located")]
    yield from places(located[:1], "newsml located", 0.95)
    yield from topics(subjects(root, names))


def headlines(root: Element) -> Iterator[Claim]:
    """Claim the headline: of the first rank, and the first of those; an item's title, which may be a slug, without one."""
    ranked = sorted(root.iterfind("contentMeta/headline"), key=rank_of)
    yield from claims("title", [text for each in ranked if (text := words(each))][:1], "newsml headline")
    yield from claims("title", [found_words(root, "itemMeta/title")], "newsml title", 0.7)


def rank_of(element: Element) -> int:
    """Give the place of a headline among several: the main one, those without a role by rank, then subheadlines."""
    role, rank = str(element.get("role") or "").rpartition(":")[2].lower(), element.get("rank") or ""
    if role:
        return -1 if role == "main" else LAST
    return int(rank) if rank.isascii() and rank.isdigit() and len(rank) < 6 else 0


def authors(root: Element, names: Names) -> Iterator[Claim]:
    """Claim the authors: the byline as printed, else the creators that are named as people are."""
    printed = [text for each in root.iterfind("contentMeta/by") if (text := words(each))]
    for text in printed[:1]:
        yield from claims("authors", [text])
    people = [name_of(each, names) for each in root.iterfind("contentMeta/creator") if is_person(each)]
    yield from claims("authors", [name for name in people if is_names(name)], "newsml creator", LIKELY)


def is_person(creator: Element) -> bool:
    """Say whether a creator is not said to be anything but a person who writes."""
    kind, role = (str(creator.get(name) or "").rpartition(":")[2].lower() for name in ("type", "role"))
    named = creator.find("organisationDetails") is None and kind in {"", "person"}
    return named and role in {"", "author", "writer", "reporter", "creator", "correspondent"}


def is_names(name: str) -> bool:
    """Say whether a name has the form of a person's and not that of an account ("brown.s") or an agency."""
    return len(name.split()) > 1 or (name.isalpha() and name.lower() == name.upper())


def name_of(element: Element, names: Names) -> str:
    """Give the name of what an element refers to: its own, else the one asserted of its code, else its literal value."""
    asserted = names.asserted.get(element.get("qcode") or element.get("literal") or "")
    for source in (element, asserted):
        if source is not None and (chosen := in_language([*source.iterfind("name")], names.language)):
            return chosen
    return str(element.get("literal") or "") if element.get("qcode") is None and element.find("name") is None else ""


def in_language(told: Iterable[Element], tag: str) -> str:
    """Choose among names, or notices, by role and language: one to display, in the item's language or in none told."""
    base = tag.partition("-")[0].lower()

    def order(name: Element) -> tuple[int, int]:
        of = str(name.get(LANG) or "").partition("-")[0].lower()
        role = str(name.get("role") or "").rpartition(":")[2]
        return (0 if of == base else 1 if not of else 2), (1 if role in {"mnemonic", "short"} else 0)

    return next((text for name in sorted(told, key=order) if (text := words(name))), "")


def agencies(root: Element, names: Names) -> Iterator[Claim]:
    """Claim whose copy it is: the credited, the source of its information, the provider, the owner."""
    yield from claims("agency", [found_words(root, "contentMeta/creditline")], "newsml creditline")
    for path, confidence in (
        ("contentMeta/infoSource", 0.96),
        ("itemMeta/provider", 0.95),
        ("rightsInfo/copyrightHolder", LIKELY),
    ):
        told = dict.fromkeys(name_of(each, names) for each in root.iterfind(path))
        yield from claims("agency", told, f"newsml {path.rpartition('/')[2]}", confidence)


def dates_of(root: Element) -> Iterator[Claim]:
    """Claim when the item was first made and when this version of it was; when its content was, without either."""
    version = found_words(root, "itemMeta/versionCreated")
    first = found_words(root, "itemMeta/firstCreated") or (
        "" if version else found_words(root, "contentMeta/contentCreated")
    )
    yield from dates(first, version, ("newsml firstCreated", "newsml versionCreated"))


def addresses(root: Element) -> Iterator[str | None]:
    """Give the addresses where an item says that it stands on the web."""
    for link in root.iterfind("itemMeta/link"):
        if str(link.get("rel") or "").replace("/", ":").rpartition(":")[2].lower() in OWN_ADDRESS:
            yield http(link.get("href"))
    yield from (http(words(each)) for each in root.iterfind("contentMeta/altId"))


def terms(root: Element, tag: str) -> Iterator[str]:
    """Give the notice of copyright and the terms of use, each in one language."""
    for part in ("copyrightNotice", "usageTerms"):
        yield in_language([*root.iterfind(f"rightsInfo/{part}")], tag)


def subjects(root: Element, names: Names) -> Iterator[Claim]:
    """Claim the subjects that have names, with their codes, and the keywords."""
    for subject in root.iterfind("contentMeta/subject"):
        if subject.find("name") is not None or subject.get("qcode") or subject.get("uri"):
            yield from topic(name_of(subject, names), "newsml subject", subject.get("qcode") or subject.get("uri"))
    for keyword in root.iterfind("contentMeta/keyword"):
        yield from topic(words(keyword), "newsml keyword")


def text_of_item(root: Element) -> Text:
    """Give the text of an item: the richest of its contents; its description where a text item has no other."""
    found = richest(contents(root))
    if found.content.strip() or class_of(root) != "text":
        return found
    return Text(found_words(root, "contentMeta/description"))


def contents(root: Element) -> Iterator[Text]:
    """Give the contents that stand in an item: NITF, XHTML, or plain text; what is of another vocabulary is none."""
    for inline in root.iterfind("contentSet/inlineXML"):
        yield xml_text(inline)
    for inline in root.iterfind("contentSet/inlineData"):
        data, kind = "".join(inline.itertext()), str(inline.get("contenttype") or "text/plain")
        if kind.startswith("text/") and not inline.get("encoding"):
            yield text_of(read_fragment(data)) if is_markup(data) else Text(data.strip())


def xml_text(parent: Element) -> Text:
    """Give the text of the NITF or XHTML inside an element."""
    inside = next(parent.iter("nitf"), None)
    if inside is not None:
        return text_in(inside)
    page = next(parent.iter("html", "body"), None)
    if page is None and parent.find("p") is None and parent.find("div") is None:
        return Text()
    copied = deepcopy(parent if page is None else page)
    etree.strip_elements(copied, *REPEATED, with_tail=False)
    return text_of(read_fragment(str(etree.tostring(copied, encoding="unicode", method="html", with_tail=False))))
