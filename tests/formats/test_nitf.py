"""NITF: what a document says of its article, its body as blocks, and XML that is broken, strange or hostile."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.formats.body import Body
from app.formats.nitf import read_nitf
from app.formats.unreadable import Unreadable
from app.formats.xml_document import root_name
from app.pipeline.article import Heading, ListBlock, ListItem, Paragraph, RawItem, Standing, Stated, Table

DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nitf SYSTEM "nitf-3-5.dtd">
<nitf xml:lang="en-GB">
  <head>
    <title>quay-1</title>
    <tobject><tobject.subject tobject.subject.refnum="04015001" tobject.subject.type="Economy"
      tobject.subject.matter="Shipping"/><tobject.subject tobject.subject.refnum="01000000"/></tobject>
    <docdata management-status="usable">
      <doc-id id-string="NN.1"/><urgency ed-urg="3"/><du-key key="quay" version="2"/>
      <date.issue norm="20260314T093000+0100"/>
      <revision-history norm="20260314T101500+0100"/>
      <doc.copyright year="2026" holder="Norland News"/>
      <key-list><keyword key="Ports"/></key-list>
      <identified-content><org>Quay Board</org></identified-content>
    </docdata>
  </head>
  <body>
    <body.head>
      <hedline><hl1>Quay reopens</hl1><hl2>After the storm</hl2></hedline>
      <byline>By MAREN HOLT<byttl>Harbour Writer</byttl></byline>
      <distributor>Norland News</distributor>
      <dateline><location>PORT ELLERY</location><story.date>March 14</story.date></dateline>
    </body.head>
    <body.content>
      <block><p>The <org>Quay Board</org> reopened it.</p><hl2>Storm</hl2><p>It broke &amp; held.</p>
      <ul><li>North</li><li>South</li></ul>
      <table><tr><th>Quay</th><th>Metres</th></tr><tr><td>North</td><td>80</td></tr></table>
      <media><media-caption>A quay.</media-caption></media></block>
    </body.content>
    <body.end><tagline>Ivo Lund contributed.</tagline></body.end>
  </body>
</nitf>"""


def read(text: str | bytes, charset: str | None = None) -> RawItem:
    [item] = read_nitf(Body(text.encode() if isinstance(text, str) else text, charset, Stated(), 9))
    return item


def said(item: RawItem, field: str) -> list[str]:
    return [claim.text for claim in item.claims if claim.field == field]


def body_of(inside: str) -> str:
    return f"<nitf><body><body.content>{inside}</body.content></body></nitf>"


def test_a_document_says_who_wrote_what_when_and_where() -> None:
    item = read(DOCUMENT)
    assert item.stated.guid == "NN.1"
    assert said(item, "title") == ["Quay reopens", "quay-1"]
    [byline] = [claim for claim in item.claims if claim.field == "authors"]
    assert (byline.text, byline.quote) == ("By MAREN HOLT", "By MAREN HOLT Harbour Writer")
    assert said(item, "published_at") == ["20260314T093000+0100"]
    assert said(item, "modified_at") == ["20260314T101500+0100"]
    assert (said(item, "dateline_place"), said(item, "language")) == (["PORT ELLERY"], ["en-GB"])
    assert said(item, "agency")[0] == "Norland News"
    assert said(item, "rights") == ["© 2026 Norland News"]
    assert item.standing == Standing("usable", None, "2", 3)


def test_subjects_keywords_and_what_is_identified_are_topics() -> None:
    topics = [(claim.text, claim.code, claim.scheme) for claim in read(DOCUMENT).claims if claim.field == "topics"]
    assert topics == [
        ("Economy", None, None),
        ("Shipping", "04015001", "iptc-subject-code"),
        ("Ports", None, None),
        ("Quay Board", None, None),
    ]


def test_the_body_comes_as_blocks_without_its_pictures() -> None:
    assert read(DOCUMENT).blocks == (
        Paragraph("The Quay Board reopened it."),
        Heading(2, "Storm"),
        Paragraph("It broke & held."),
        ListBlock((ListItem(None, "North"), ListItem(None, "South"))),
        Table(("Quay", "Metres"), (("North", "80"),)),
        Paragraph("Ivo Lund contributed."),
    )


def test_persons_marked_in_a_byline_are_its_authors() -> None:
    head = "<byline>By <person>Maren Holt</person> and <person>Ivo Lund</person></byline>"
    item = read(f"<nitf><body><body.head>{head}</body.head></body></nitf>")
    assert [(claim.text, claim.quote) for claim in item.claims] == [
        ("Maren Holt", "By Maren Holt and Ivo Lund"),
        ("Ivo Lund", "By Maren Holt and Ivo Lund"),
    ]


def test_preformatted_text_keeps_its_lines() -> None:
    item = read(body_of("<pre>North 1\nSouth 2</pre>"))
    assert (item.content, item.blocks) == ("North 1\nSouth 2", None)


@pytest.mark.parametrize(
    ("docdata", "expected"),
    [
        ('<docdata management-status="canceled"/>', Standing("canceled")),
        ('<docdata management-status="withheld"/>', Standing("withheld")),
        (
            '<docdata><date.issue norm="20260314T090000Z"/><date.release norm="20260315T000100Z"/></docdata>',
            Standing("usable", "20260315T000100Z"),
        ),
        (
            '<docdata><date.issue norm="20260314T090000Z"/><date.release norm="20260314T090000Z"/></docdata>',
            Standing("usable"),
        ),
    ],
)
def test_a_later_release_is_an_embargo_and_the_status_is_told(docdata: str, expected: Standing) -> None:
    item = read(f"<nitf><head>{docdata}</head></nitf>")
    assert item.standing == expected
    assert (item.fault is None) == (expected.status == "canceled")


def test_a_date_with_an_offset_and_no_time_is_a_day() -> None:
    item = read('<nitf><head><docdata><date.issue norm="20260314+0100"/></docdata></head></nitf>')
    assert said(item, "published_at") == ["2026-03-14"]


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        (body_of("<p>Sturm über Århus</p>").encode("utf-16"), None),
        (body_of("<p>Sturm über Århus</p>").encode("utf-16-be"), None),
        (b'<?xml version="1.0" encoding="utf-16"?>' + body_of("<p>Sturm über Århus</p>").encode(), None),
        (b'<?xml version="1.0" encoding="iso-8859-1"?>' + body_of("<p>Sturm über Århus</p>").encode("latin-1"), None),
        (body_of("<p>Sturm über Århus</p>").encode("latin-1"), "iso-8859-1"),
        (b"\xef\xbb\xbf \n<!-- a > b --> " + body_of("<p>Sturm &uuml;ber &#xC5;rhus</p>").encode(), None),
    ],
)
def test_bytes_are_decoded_as_their_mark_header_or_declaration_says(data: bytes, charset: str | None) -> None:
    assert read(data, charset).content == "Sturm über Århus"
    assert root_name(data) == "nitf"


def test_what_leaves_no_doubt_is_mended() -> None:
    item = read(body_of("<p>Holt & Lund&nbsp;Ltd &unheard; \x01&#2;</p><p><![CDATA[a &nbsp; b]]></p>"))
    assert item.content == "Holt & Lund Ltd &unheard;\na &nbsp; b"
    assert item.repairs == {"control_characters": 1}


def test_no_entity_of_its_own_is_ever_expanded() -> None:
    item = read(
        '<!DOCTYPE nitf [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y "a]>a">]>' + body_of("<p>&x;&y;</p>")
    )
    assert item.content == "&x;&y;"


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        (
            "<nitf>\n<body></nitf>",
            "not XML: Opening and ending tag mismatch: body line 2 and nitf at line 2, column 14",
        ),
        ("\n quay", "not XML: no element begins at line 2, column 2"),
        ("<nitf>" * 300, "Excessive depth"),
        ("<rss/>", "no NITF: the root element is 'rss'"),
        ("", "not XML"),
    ],
)
def test_what_is_no_nitf_is_refused_with_the_place(text: str, detail: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(text)
    assert detail in refused.value.faults[0][1]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b'<?xml version="1.0"?><?style x?><!DOCTYPE a [<!ENTITY b "]>"> <!-- ]> -->]><x:feed a="1">', "feed"),
        ("<nyheter/>".encode("utf-16-le"), "nyheter"),
        (b"\xef\xbb\xbf\n<rdf:RDF\n>", "RDF"),
        (b"<!-- <rss> ", None),
        (b"<!DOCTYPE a [ '", None),
        (b"text <rss>", None),
        (b"<rss", None),
        (b"", None),
        (b"<!---->" * 20_000 + b"<rss>", None),
    ],
)
def test_the_roots_name_is_found_behind_the_prolog(data: bytes, name: str | None) -> None:
    assert root_name(data) == name


PIECES = (
    "<nitf> </nitf> <body> </body> <body.head> <body.content> <p> </p> <byline> <byttl/> <a~b='&#1;'/> <!-- -->"  # noqa: SIM905 - a list is thirty lines
    " <![CDATA[ ]]> <!DOCTYPE~nitf[ ]> <? ?> & &a; ' \" \x00 \ud800 ø ~".split()
)


@given(
    st.binary(max_size=80)
    | st.lists(st.sampled_from(PIECES), max_size=30).map(
        lambda parts: "".join(parts).replace("~", " ").encode("utf-8", "surrogatepass")
    )
)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    root_name(data)
    try:
        items = read_nitf(Body(data, None, Stated(), 9))
    except Unreadable as refused:
        items, faults = [], refused.faults
    else:
        faults = ()
    assert bool(items) != bool(faults)
