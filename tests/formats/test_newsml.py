"""NewsML-G2 and NewsML 1.x: single items and messages, names by language, and what holds no text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.formats.body import Body
from app.formats.newsml import read_newsml
from app.formats.unreadable import Unreadable
from app.pipeline.article import Heading, Paragraph, RawItem, Standing, Stated

G2 = "http://iptc.org/std/nar/2006-10-01/"
META = """
<rightsInfo><copyrightHolder><name>Norland News Ltd</name></copyrightHolder>
  <copyrightNotice xml:lang="de">Alle Rechte vorbehalten</copyrightNotice>
  <copyrightNotice xml:lang="en">All rights reserved</copyrightNotice><usageTerms>No archives.</usageTerms></rightsInfo>
<itemMeta><itemClass qcode="ninat:text"/><provider literal="norland"/>
  <versionCreated>2026-03-14T10:00:00Z</versionCreated><firstCreated>2026-03-14T09:30:00Z</firstCreated>
  <embargoed>2026-03-15T00:00:00Z</embargoed><pubStatus qcode="stat:usable"/>
  <link rel="irel:seeAlso" href="https://other.example/"/>
  <link rel="irel:canonical" href="https://norland.example/quay"/></itemMeta>
<contentMeta><urgency>3</urgency><located><name>Port Ellery</name></located><language tag="en-GB"/>
  <creator><name>holt.m</name></creator><by>By Maren Holt, Norland News</by><creditline>Norland News</creditline>
  <headline rank="3">Harbour</headline><headline rank="1">Quay <i>reopens</i></headline>
  <dateline>PORT ELLERY, March 14 (NN) - </dateline><keyword>Ports</keyword>
  <subject qcode="medtop:20000350"><name xml:lang="de">Hafen</name><name xml:lang="en">port</name></subject>
  <subject qcode="nn:7"/><subject qcode="nn:8"/><genre><name>Report</name></genre></contentMeta>
<assert qcode="nn:8"><name>Quay Board</name></assert>"""
XHTML = """<inlineXML contenttype="application/xhtml+xml"><html xmlns="http://www.w3.org/1999/xhtml">
<head><title>Quay</title></head><body><header><h1>Quay reopens</h1></header>
<h2>Storm</h2><p>The quay <b>reopened</b>.</p></body></html></inlineXML>"""
NITF = """<inlineXML contenttype="application/nitf+xml"><nitf xmlns="http://iptc.org/std/NITF/2006-10-18/"><body>
<body.head><hedline><hl1>Quay reopens</hl1></hedline><byline>By Ivo Lund</byline></body.head>
<body.content><p>The <org>Board</org> reopened it.</p></body.content></body></nitf></inlineXML>"""
FIRST = """<NewsML><NewsItem xml:lang="en"><Identification><NewsIdentifier><RevisionId>2</RevisionId>
<PublicIdentifier>urn:quay:1</PublicIdentifier></NewsIdentifier></Identification>
<NewsManagement><FirstCreated>20260314T093000Z</FirstCreated><ThisRevisionCreated>20260314T100000Z</ThisRevisionCreated>
<Status FormalName="Embargoed"/><StatusWillChange><DateAndTime>20260315T000000Z</DateAndTime></StatusWillChange>
<Urgency FormalName="4"/></NewsManagement>
<NewsComponent><TopicSet><Topic><FormalName Scheme="IptcSubjectCodes">04000000</FormalName>
<Description Variant="Category">ECO</Description><Description Variant="Name" xml:lang="en">Economy</Description>
</Topic></TopicSet>
<NewsLines><HeadLine>Quay reopens</HeadLine><ByLine>By Maren Holt</ByLine><DateLine>Port Ellery, March 14</DateLine>
<CreditLine>NN</CreditLine><KeywordLine>Storms</KeywordLine><CopyrightLine>© NN</CopyrightLine></NewsLines>
<DescriptiveMetadata><Language FormalName="en"/>
<Location HowPresent="Origin"><Property FormalName="City" Value="Ellery"/></Location><Property FormalName="Keyword" Value="Ports"/></DescriptiveMetadata>
<NewsComponent><Role FormalName="Caption"/><ContentItem><DataContent><p>A quay, seen from the sea at dawn.</p>
</DataContent></ContentItem></NewsComponent>
<NewsComponent><Role FormalName="Main"/><ContentItem><MediaType FormalName="Text"/><DataContent>%s</DataContent>
</ContentItem></NewsComponent></NewsComponent></NewsItem></NewsML>"""


def news_item(content: str = XHTML, meta: str = META, kind: str = "newsItem") -> str:
    return f'<{kind} xmlns="{G2}" guid="urn:quay:1" version="2">{meta}<contentSet>{content}</contentSet></{kind}>'


def read(text: str, max_items: int = 9) -> list[RawItem]:
    return read_newsml(Body(text.encode(), None, Stated(source="norland.example"), max_items))


def said(item: RawItem, field: str) -> list[str]:
    return [claim.text for claim in item.claims if claim.field == field]


def test_an_item_says_who_wrote_what_when_and_where() -> None:
    [item] = read(news_item())
    assert (item.stated.guid, item.stated.source, item.fault) == ("urn:quay:1", "norland.example", None)
    assert (said(item, "title"), said(item, "authors")) == (["Quay reopens"], ["By Maren Holt, Norland News"])
    assert said(item, "agency") == ["Norland News", "norland", "Norland News Ltd"]
    assert said(item, "published_at") == ["2026-03-14T09:30:00Z"]
    assert said(item, "modified_at") == ["2026-03-14T10:00:00Z"]
    assert said(item, "dateline_place") == ["PORT ELLERY", "Port Ellery"]
    assert (said(item, "language"), said(item, "url")) == (["en-GB"], ["https://norland.example/quay"])
    assert said(item, "rights") == ["All rights reserved No archives."]
    assert item.standing == Standing("usable", "2026-03-15T00:00:00Z", "2", 3)


def test_a_topic_has_its_name_in_the_items_language_or_by_assertion() -> None:
    [item] = read(news_item())
    topics = [(claim.text, claim.code, claim.scheme) for claim in item.claims if claim.field == "topics"]
    assert topics == [
        ("port", "20000350", "medtop"), ("", "7", "nn"), ("Quay Board", "8", "nn"), ("Ports", None, None),
    ]  # fmt: skip


def test_a_page_inside_is_read_without_what_it_prints_of_the_fields() -> None:
    [item] = read(news_item())
    assert item.blocks == (Heading(2, "Storm"), Paragraph("The quay reopened."))


def test_nitf_inside_is_read_and_speaks_where_the_item_is_silent() -> None:
    [item] = read(news_item(NITF, "<itemMeta><itemClass qcode='ninat:text'/></itemMeta>"))
    assert item.blocks == (Paragraph("The Board reopened it."),)
    assert (said(item, "title"), said(item, "authors")) == (["Quay reopens"], ["By Ivo Lund"])


def test_plain_text_inside_has_no_structure() -> None:
    [item] = read(news_item("<inlineData contenttype='text/plain'>\nThe quay\nreopened.\n</inlineData>"))
    assert (item.content, item.blocks) == ("The quay\nreopened.", None)


def test_a_creator_with_a_persons_name_is_the_author_where_there_is_no_byline() -> None:
    parties = "<creator><name>holt.m</name></creator><creator><name>Maren Holt</name></creator>"
    agency = "<creator><name>Norland News</name><organisationDetails/></creator>"
    [item] = read(news_item(meta=f"<contentMeta>{parties}{agency}</contentMeta>"))
    assert said(item, "authors") == ["Maren Holt"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            news_item(meta='<itemMeta><itemClass qcode="ninat:picture"/></itemMeta>'),
            "This picture holds no text to read.",
        ),
        (news_item("<remoteContent href='a.txt'/>"), "This article holds no text to read."),
        (news_item("<inlineXML><sports-content><p>1:0</p></sports-content></inlineXML>"), "This article holds no text"),
        (news_item(kind="packageItem"), "This package holds no text to read."),
        (news_item(kind="planningItem"), "This plan holds no text to read."),
        (news_item(kind="conceptItem"), "This concept holds no text to read."),
    ],
)
def test_what_holds_no_text_is_at_fault(text: str, fault: str) -> None:
    [item] = read(text)
    assert item.fault is not None
    assert item.fault.startswith(fault)


def test_a_canceled_item_needs_no_text() -> None:
    [item] = read(news_item("", '<itemMeta><pubStatus qcode="stat:canceled"/></itemMeta>'))
    assert (item.content, item.fault, item.standing.status) == ("", None, "canceled")


def test_a_message_holds_several_items_and_a_package_spoils_none() -> None:
    items = read(
        f'<newsMessage xmlns="{G2}"><itemSet>{news_item(kind="packageItem")}{news_item()}</itemSet></newsMessage>'
    )
    assert [(item.position, item.fault is None) for item in items] == [(0, False), (1, True)]


@pytest.mark.parametrize(
    "data",
    [
        "<nitf><body><body.content><p>The quay reopened.</p></body.content></body></nitf>",
        "<![CDATA[<P>The quay reopened.</P>]]>",
        "<p>The quay reopened.</p>",
        "<html><body><div><p>The quay reopened.</p></div></body></html>",
    ],
)
def test_the_first_newsml_is_read_too(data: str) -> None:
    [item] = read(FIRST % data)
    assert (item.stated.guid, item.blocks) == ("urn:quay:1", (Paragraph("The quay reopened."),))
    assert (said(item, "title"), said(item, "authors")) == (["Quay reopens"], ["By Maren Holt"])
    assert (said(item, "published_at"), said(item, "modified_at")) == (["20260314T093000Z"], ["20260314T100000Z"])
    assert (said(item, "dateline_place"), said(item, "agency")) == (["Port Ellery", "Ellery"], ["NN"])
    topics = [(claim.text, claim.code, claim.scheme) for claim in item.claims if claim.field == "topics"]
    assert topics == [("Economy", "04000000", "iptc-subject-code"), ("Storms", None, None), ("Ports", None, None)]
    assert item.standing == Standing("usable", "20260315T000000Z", "2", 4)


@pytest.mark.parametrize("text", ["<newsMessage/>", "<contentSet/>", "<NewsML/>", "<newsItem>", "no"])
def test_a_document_without_items_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read(text)


def test_too_many_items_are_refused() -> None:
    with pytest.raises(Unreadable, match="more than 1 item"):
        read(f"<newsMessage><itemSet>{news_item()}{news_item()}</itemSet></newsMessage>", max_items=1)


@given(
    st.text(alphabet="<>/&;ab'\"= \x00é", max_size=60)
    | st.permutations([META, XHTML, NITF, "<contentMeta><by/>", "</contentMeta>", "<inlineData>", "</inlineData>"]).map(
        lambda parts: f"<newsItem>{''.join(parts[:4])}</newsItem>"
    )
)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        items = read(text)
    except Unreadable as refused:
        items, faults = [], refused.faults
    else:
        faults = ()
    assert bool(items) != bool(faults)
