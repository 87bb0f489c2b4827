"""Reads NewsML 1.x, which NewsML-G2 took the place of: its news items, whose text stands in nested components."""

from collections.abc import Iterator

from app.formats.agency_item import (
    LIKELY,
    Text,
    claims,
    dates,
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
from app.formats.fragment import is_markup, read_fragment
from app.formats.nitf import as_html, text_in
from app.formats.unreadable import Unreadable
from app.formats.xml_document import LANG, Element, found_words, words
from app.pipeline.article import Claim, RawItem, Standing

NAME = "FormalName"
SILENT = frozenset({"photo", "graphic", "audio", "video", "animation", "complexdata"})
"""Media whose words are no article's."""
APART = frozenset({"caption", "photo caption", "thumbnail", "quicklook"})
"""Roles of components that belong to a picture."""


def items_of(root: Element) -> Iterator[RawItem]:
    """Give the items of a `NewsML` element; raises Unreadable where it has none."""
    found = [*root.iterfind("NewsItem")]
    if not found:
        raise Unreadable([("", "no NewsItem in it")])
    return map(item_of, found)


def item_of(root: Element) -> RawItem:
    """Give the item that a `NewsItem` element is."""
    guid = found_words(root, "Identification/NewsIdentifier/PublicIdentifier") or found_words(root, ".//NewsItemId")
    return item(guid, richest(contents(root)), claims_of(root), standing_of(root), "item")


def formal(root: Element, *paths: str) -> list[str]:
    """Give the formal names of the elements at some paths."""
    return [name for path in paths for each in root.iterfind(path) if (name := (each.get(NAME) or "").strip())]


def standing_of(root: Element) -> Standing:
    """Give how the item may be used: an embargoed one not before its status changes."""
    status = next(iter(formal(root, "NewsManagement/Status")), None)
    ends = found_words(root, "NewsManagement/StatusWillChange/DateAndTime")
    urgency = next(iter(formal(root, "NewsManagement/Urgency")), None)
    revision = found_words(root, "Identification/NewsIdentifier/RevisionId")
    return standing(status, ends if (status or "").lower() == "embargoed" else None, revision, urgency)


def claims_of(root: Element) -> Iterator[Claim]:
    """Give what an item says of its article."""
    yield from claims("title", [found_words(root, ".//NewsLines/HeadLine")], "newsml HeadLine")
    yield from claims("authors", [found_words(root, ".//NewsLines/ByLine")])
    yield from claims("agency", [found_words(root, ".//NewsLines/CreditLine")], "newsml CreditLine")
    yield from claims("agency", formal(root, ".//Source/Party", ".//Provider/Party")[:3], "newsml Party", LIKELY)
    first = found_words(root, "NewsManagement/FirstCreated")
    revised = found_words(root, "NewsManagement/ThisRevisionCreated")
    yield from dates(first, revised, ("newsml FirstCreated", "newsml ThisRevisionCreated"))
    tags = [each.get(LANG) for each in (root, *root.iterfind(".//NewsLines/HeadLine"))]
    yield from language([*formal(root, ".//DescriptiveMetadata/Language"), *tags], "newsml Language")
    paths = (".//NewsLines/CopyrightLine", ".//NewsLines/RightsLine", ".//UsageRights/UsageType")
    yield from rights([words(each) for path in paths for each in root.iterfind(path)], "newsml rights")
    yield from places([found_words(root, ".//NewsLines/DateLine")], "newsml DateLine")
    yield from places(origins(root), "newsml Location", LIKELY)
    yield from topics(subjects(root))


def origins(root: Element) -> Iterator[str]:
    """Give the cities that are told as where the text comes from."""
    for place in root.iterfind(".//Location"):
        if place.get("HowPresent") in {"Origin", "FromWhere"}:
            yield from (each.get("Value", "") for each in place.iterfind("Property") if each.get(NAME) == "City")


def subjects(root: Element) -> Iterator[Claim]:
    """Claim the subjects whose names stand in the item's own sets of topics, and the keywords."""
    for each in root.iterfind(".//TopicSet/Topic"):
        code = each.find("FormalName")
        scheme = code.get("Scheme") if code is not None else None
        named = [about for about in each.iterfind("Description") if about.get("Variant") in {"Name", None}]
        label = next((words(about) for about in named if str(about.get(LANG) or "en").startswith("en")), "")
        yield from topic(label or next(map(words, named), ""), "newsml Topic", words(code), scheme)
    for line in root.iterfind(".//NewsLines/KeywordLine"):
        yield from topic(words(line), "newsml KeywordLine")
    for each in root.iterfind(".//DescriptiveMetadata/Property"):
        if each.get(NAME) == "Keyword":
            yield from topic(each.get("Value"), "newsml Keyword")


def contents(root: Element) -> Iterator[Text]:
    """Give the texts of an item's components, but for those of pictures."""
    for content in root.iter("ContentItem"):
        if next(content.iterancestors("DataContent"), None) is not None:
            continue
        media = {name.lower() for name in formal(content, "MediaType")}
        role = {name.lower() for name in formal(content.getparent(), "Role")}
        data = content.find("DataContent")
        if data is not None and SILENT.isdisjoint(media) and APART.isdisjoint(role):
            yield text_of_data(data)


def text_of_data(data: Element) -> Text:
    """Give the text of a component's data: NITF, a page, or markup or plain text in characters."""
    inside = next(data.iter("nitf"), None)
    if inside is not None:
        return text_in(inside)
    if len(data):
        return text_of(read_fragment(as_html(data)))
    written = "".join(data.itertext())
    return text_of(read_fragment(written)) if is_markup(written) else Text(written.strip())
