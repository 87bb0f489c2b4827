"""ninjs 1.x to 3.x: what an item says of its article, which form of its text is read, and every way to be wrong."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.formats.body import Body
from app.formats.ninjs import read_ninjs
from app.formats.ninjs_check import is_ninjs
from app.formats.unreadable import Unreadable
from app.pipeline.article import Heading, Paragraph, RawItem, Standing, Stated

FIRST = {
    "uri": "urn:quay:1",
    "type": "text",
    "versioncreated": "2026-03-14T10:00:00Z",
    "firstcreated": "2026-03-14T09:30:00Z",
    "headline": "Quay <b>reopens</b>",
    "byline": "By MAREN HOLT, Harbour Writer",
    "located": "PORT ELLERY, Norland",
    "language": "en",
    "copyrightholder": "Norland News",
    "usageterms": "No archives.",
    "body_text": "The northern quay reopened.",
    "body_xhtml": "<h2>Storm</h2><p>The northern quay reopened.</p>",
    "subject": [
        {"name": "port", "code": "20000001", "scheme": "http://cv.iptc.org/newscodes/mediatopic/"},
        {"code": "04000000"},
    ],
    "person": [{"name": "Ivo Lund", "rel": "about"}],
    "pubstatus": "usable",
    "urgency": 4,
    "version": "2",
}
THIRD = {
    "uri": "urn:quay:2",
    "type": "text",
    "versionCreated": "2026-03-14T10:00:00+01:00",
    "headlines": [{"role": "teaser", "value": "It is open"}, {"role": "main", "value": "Quay reopens"}],
    "by": "Maren Holt",
    "infoSources": [{"name": "Harbour Post"}, {"name": "A Fisherman", "rel": "interviewee"}],
    "altIds": [{"role": "itemid", "value": "7"}, {"role": "web", "value": "https://harbour-post.example/quay"}],
    "bodies": [
        {"role": "main", "contentType": "text/html", "value": "<p>The northern quay reopened.</p>"},
        {"role": "teaser", "contentType": "text/plain", "value": "It is open."},
    ],
    "subjects": [{"name": "port", "uri": "http://cv.iptc.org/newscodes/mediatopic/20000001"}],
    "pubStatus": "usable",
}


def read(value: Any, hints: Stated | None = None, max_items: int = 9) -> list[RawItem]:
    return read_ninjs(Body(json.dumps(value).encode(), None, hints or Stated(), max_items))


def said(item: RawItem, field: str) -> list[str]:
    return [claim.text for claim in item.claims if claim.field == field]


def test_an_item_of_the_first_generation_says_everything_in_flat_members() -> None:
    [item] = read(FIRST, Stated(source="norland.example"))
    assert (item.stated.guid, item.stated.source, item.fault) == ("urn:quay:1", "norland.example", None)
    assert said(item, "title") == ["Quay reopens"]
    assert said(item, "authors") == ["By MAREN HOLT, Harbour Writer"]
    assert said(item, "published_at") == ["2026-03-14T09:30:00Z"]
    assert said(item, "modified_at") == ["2026-03-14T10:00:00Z"]
    assert said(item, "dateline_place") == ["PORT ELLERY, Norland"]
    assert (said(item, "agency"), said(item, "rights")) == (["Norland News"], ["No archives."])
    assert item.standing == Standing("usable", None, "2", 4)
    assert item.blocks == (Heading(2, "Storm"), Paragraph("The northern quay reopened."))
    assert item.content == "Storm\nThe northern quay reopened."


def test_a_topic_has_its_code_and_a_code_without_a_name_waits_for_a_taxonomy() -> None:
    [item] = read(FIRST)
    topics = [(claim.text, claim.code, claim.scheme) for claim in item.claims if claim.field == "topics"]
    assert topics == [
        ("port", "20000001", "medtop"), ("", "04000000", "iptc-subject-code"), ("Ivo Lund", None, None),
    ]  # fmt: skip


def test_an_item_of_the_third_generation_says_it_in_lists() -> None:
    [item] = read(THIRD)
    assert said(item, "title") == ["Quay reopens"]
    assert (said(item, "authors"), said(item, "agency")) == (["Maren Holt"], ["Harbour Post"])
    assert said(item, "published_at") == ["2026-03-14T10:00:00+01:00"]
    assert said(item, "modified_at") == []
    assert said(item, "url") == ["https://harbour-post.example/quay"]
    assert [(claim.code, claim.scheme) for claim in item.claims if claim.field == "topics"] == [("20000001", "medtop")]
    assert item.blocks == (Paragraph("The northern quay reopened."),)


def test_a_version_older_than_the_creation_is_the_date_of_publication() -> None:
    [item] = read({**FIRST, "firstcreated": "2026-03-14T11:00:00Z"})
    assert (said(item, "published_at"), said(item, "modified_at")) == (["2026-03-14T10:00:00Z"], [])


def test_people_in_an_authors_role_are_authors_and_no_topics() -> None:
    people = [{"name": "Maren Holt", "rel": "author"}, {"name": "Ivo Lund"}]
    [item] = read({**THIRD, "by": None, "people": people})
    assert said(item, "authors") == ["Maren Holt"]
    assert said(item, "topics") == ["port", "Ivo Lund"]


def test_plain_text_is_read_where_there_is_no_markup_or_it_holds_far_less() -> None:
    [plain] = read({**FIRST, "body_xhtml": None})
    assert (plain.content, plain.blocks) == ("The northern quay reopened.", None)
    [longer] = read({**FIRST, "body_text": "The northern quay reopened. " * 9})
    assert longer.blocks is None


def test_nitf_inside_a_body_is_read_as_nitf() -> None:
    markup = "<nitf><body><body.content><hl2>Storm</hl2><p>It <person>broke</person>.</p></body.content></body></nitf>"
    [item] = read({"uri": "urn:quay:3", "bodies": [{"role": "nitf", "contentType": "text/xml", "value": markup}]})
    assert item.blocks == (Heading(2, "Storm"), Paragraph("It broke."))


def test_a_text_without_body_is_its_description_but_a_caption_is_no_text() -> None:
    [item] = read({"uri": "urn:quay:4", "type": "text", "description_text": "The quay is open."})
    assert (item.content, item.fault) == ("The quay is open.", None)
    [captioned] = read({"uri": "urn:quay:5", "descriptions": [{"role": "caption", "value": "A quay."}]})
    assert captioned.fault is not None


@pytest.mark.parametrize("kind", ["picture", "graphic", "audio", "video", "planning", "event"])
def test_what_is_no_text_is_an_item_at_fault_among_its_mates(kind: str) -> None:
    items = read([FIRST, {"uri": "urn:quay:6", "type": kind, "description_text": "A quay."}])
    assert [item.fault is None for item in items] == [True, False]


def test_a_canceled_item_needs_no_text() -> None:
    [item] = read({"uri": "urn:quay:1", "pubstatus": "canceled", "embargoed": "2026-04-01T00:00:00Z", "urgency": 0})
    assert (item.content, item.fault) == ("", None)
    assert item.standing == Standing("canceled", "2026-04-01T00:00:00Z", None, None)


def test_an_array_is_several_items_each_with_its_own_bytes() -> None:
    body = json.dumps([FIRST, THIRD]).encode()
    items = read_ninjs(Body(body, None, Stated(), 9))
    spans = [json.loads(body[item.span[0] : item.span[1]]) for item in items if item.span]
    assert (spans, [item.position for item in items]) == ([FIRST, THIRD], [0, 1])


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"headline": "Quay"}, "/uri"),
        ([FIRST, 7], "/1"),
        ([FIRST, {"uri": "urn:quay:7", "body_text": {"text": "a b"}}], "/1/body_text"),
        ({"uri": "urn:quay:8", "headlines": "Quay"}, "/headlines"),
    ],
)
def test_what_does_not_fit_refuses_the_whole_with_its_place(value: Any, place: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(value)
    assert [where for where, _ in refused.value.faults] == [place]


def test_too_many_items_and_none_are_refused() -> None:
    with pytest.raises(Unreadable, match="more than 1 item"):
        read([FIRST, THIRD], max_items=1)
    with pytest.raises(Unreadable, match="no item"):
        read([])


def test_half_a_surrogate_is_mended_and_counted() -> None:
    [item] = read({"uri": "urn:quay:9", "body_text": "A \ud800 quay\x00."})
    assert item.content == "A \ufffd quay."
    assert item.repairs == {"surrogates": 1, "control_characters": 1}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (FIRST, True),
        ([FIRST, THIRD], True),
        ({**FIRST, "content": "An article object."}, False),
        ({"uri": "urn:quay:1"}, False),
        ({"headline": "Quay"}, False),
        ([], False),
        ("uri", False),
    ],
)
def test_a_ninjs_item_is_known_by_its_members(value: object, expected: object) -> None:
    assert is_ninjs(value) is expected


NAMES = st.sampled_from([*FIRST, *THIRD, "name", "role", "value", "contentType", "code", "altids", "x"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("<nitf>&a;<p>a"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=20,
)


@given(VALUES | st.dictionaries(NAMES, VALUES).map(lambda value: {"uri": "urn:quay:1", **value}))
def test_any_json_is_read_or_refused(value: Any) -> None:
    is_ninjs(value)
    try:
        items = read(value, max_items=3)
    except Unreadable as refused:
        items, faults = [], refused.faults
    else:
        faults = ()
    assert bool(items) != bool(faults)
    assert [item.position for item in items] == list(range(len(items)))
