"""Feeds: what each kind says of its items, every way to write it, and every way to be broken."""

import html
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.formats.body import Body
from app.formats.feed import NO_WORDS, is_feed, read_feed
from app.pipeline.article import Claim, Heading, ListBlock, ListItem, Paragraph, RawItem, Stated

SPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" xmlns:atom="http://www.w3.org/2005/Atom"'
)


def read(text: str | bytes, *, charset: str | None = None, hints: Stated | None = None) -> list[RawItem]:
    data = text if isinstance(text, bytes) else text.encode()
    return read_feed(Body(data, charset, hints or Stated(), 9))


def rss(items: str, *, channel: str = "") -> str:
    return f'<rss version="2.0" {SPACES}><channel><title>Quay News</title>{channel}{items}</channel></rss>'


def only(text: str | bytes) -> RawItem:
    [item] = read(text)
    return item


def said(item: RawItem, field: str) -> list[str]:
    return [claim.text for claim in item.claims if claim.field == field]


def test_an_item_of_rss_claims_what_it_says() -> None:
    item = only(
        rss(
            """<item><title>Ferry &amp; storm</title><link>https://quay.example/ferry</link>
            <guid isPermaLink="false">f-1</guid><author>desk@quay.example (Maren Holt)</author>
            <pubDate>Sat, 14 Mar 2026 09:30:00 +0100</pubDate><category domain="desk">Ports</category>
            <description>The ferry stayed in port.</description></item>""",
            channel="<language>en-gb</language><copyright>Quay Press</copyright>",
        )
    )
    assert item.claims == (
        Claim("title", "Ferry & storm", "feed", 0.95, "title: Ferry & storm"),
        Claim("authors", "Maren Holt", "feed", 0.94, "author: Maren Holt", exact=True),
        Claim(
            "published_at", "Sat, 14 Mar 2026 09:30:00 +0100", "feed", 0.95, "pubdate: Sat, 14 Mar 2026 09:30:00 +0100"
        ),
        Claim("language", "en-gb", "feed", 0.8, "feed language: en-gb"),
        Claim("url", "https://quay.example/ferry", "feed", 0.95, "link: https://quay.example/ferry"),
        Claim("rights", "Quay Press", "feed", 0.8, "feed rights: Quay Press"),
        Claim("topics", "Ports", "feed", 0.9, "category: Ports", scheme="desk"),
    )
    assert (item.content, item.blocks, item.stated.guid) == ("The ferry stayed in port.", None, "f-1")


def test_an_entry_of_atom_claims_what_it_says() -> None:
    item = only(
        """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://quay.example/news/" xml:lang="nb">
        <author><name>The Desk</name></author><rights>Quay Press</rights>
        <entry xml:lang="nn"><id>tag:quay.example,2026:1</id><title type="html">A &lt;b&gt;calm&lt;/b&gt; day</title>
        <link rel="self" href="1.atom"/><link href="1.html"/>
        <author><name>Ann Lee</name></author><author><name>Bo Ek</name><email>bo@quay.example</email></author>
        <updated>2026-03-15T10:00:00Z</updated><published>2026-03-14T10:00:00Z</published>
        <category term="prt" label="Ports" scheme="urn:desk"/><rights>All rights reserved</rights>
        <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><h2>Noon</h2><p>No <em>wind</em>.</p></div></content>
        </entry></feed>"""
    )
    assert item.blocks == (Heading(2, "Noon"), Paragraph("No wind."))
    assert [(claim.text, claim.quote) for claim in item.claims if claim.field == "authors"] == [
        ("Ann Lee", "author: Ann Lee, Bo Ek"),
        ("Bo Ek", "author: Ann Lee, Bo Ek"),
    ]
    assert said(item, "title") == ["A calm day"]
    assert said(item, "published_at") == ["2026-03-14T10:00:00Z"]
    assert said(item, "modified_at") == ["2026-03-15T10:00:00Z"]
    assert said(item, "language") == ["nn"]
    assert said(item, "url") == ["https://quay.example/news/1.html"]
    assert said(item, "rights") == ["All rights reserved"]
    assert item.claims[-1] == Claim("topics", "Ports", "feed", 0.9, "category: Ports", code="prt", scheme="urn:desk")


def test_rdf_cdf_and_old_atom_are_feeds_too() -> None:
    rdf = only(
        """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
        xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><dc:language>da</dc:language></channel>
        <item rdf:about="https://quay.example/1"><title>Ro</title><dc:creator>Ann Lee</dc:creator>
        <dc:date>2026-03-14</dc:date><dc:subject>Vejr</dc:subject><dc:rights>Frit</dc:rights></item></rdf:RDF>"""
    )
    assert [said(rdf, name) for name in ("url", "authors", "published_at", "topics", "rights", "language")] == [
        ["https://quay.example/1"],
        ["Ann Lee"],
        ["2026-03-14"],
        ["Vejr"],
        ["Frit"],
        ["da"],
    ]
    cdf = only('<CHANNEL><ITEM HREF="https://quay.example/2" LASTMOD="2026-03-14"><TITLE>Calm</TITLE></ITEM></CHANNEL>')
    assert (cdf.content, said(cdf, "url"), said(cdf, "modified_at")) == (
        "Calm",
        ["https://quay.example/2"],
        ["2026-03-14"],
    )
    old = only(
        """<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><title>Calm</title><issued>2026-03-14</issued>
        <content type="text/html" mode="base64">PHA+Tm8gd2luZC48L3A+</content></entry></feed>"""
    )
    assert (old.blocks, said(old, "published_at")) == ((Paragraph("No wind."),), ["2026-03-14"])


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("<author>Ann Lee</author>", ["Ann Lee"]),
        ("<author>ann@quay.example</author>", []),
        ("<author>Ann Lee &lt;ann@quay.example&gt;</author>", ["Ann Lee"]),
        ("<author>ann@quay.example Ann Lee</author>", ["Ann Lee"]),
        ("<author>ann@quay.example (Ann Lee (Oslo))</author>", ["Ann Lee (Oslo)"]),
        ("<dc:creator>Ann Lee</dc:creator><dc:creator>Bo Ek</dc:creator>", ["Ann Lee", "Bo Ek"]),
        ("<dc:creator>Ann Lee</dc:creator><itunes:author>Ann Lee</itunes:author>", ["Ann Lee"]),
        ("<itunes:author>Ann Lee</itunes:author>", ["Ann Lee"]),
        ('<media:credit role="author">Ann Lee</media:credit><media:credit role="x">Bo</media:credit>', ["Ann Lee"]),
        ("<atom:author><atom:name>Ann Lee</atom:name></atom:author>", ["Ann Lee"]),
        ("", []),
    ],
)
def test_authors_are_names_without_addresses(given: str, names: list[str]) -> None:
    editor = "<managingEditor>boss@quay.example (The Boss)</managingEditor>"
    assert said(only(rss(f"<item><title>Calm</title>{given}</item>", channel=editor)), "authors") == names


def test_the_author_of_an_atom_feed_stands_for_entries_that_name_none() -> None:
    item = only("<feed><author><name>Ann Lee</name></author><entry><title>Calm</title></entry></feed>")
    assert item.claims == (
        Claim("title", "Calm", "feed", 0.95, "title: Calm"),
        Claim("authors", "Ann Lee", "feed", 0.7, "feed author: Ann Lee", exact=True),
    )


@pytest.mark.parametrize(
    ("given", "urls"),
    [
        ("<link>/1?a=1&b=2</link>", ["https://quay.example/1?a=1&b=2"]),
        ("<guid>https://quay.example/1</guid>", ["https://quay.example/1"]),
        ('<guid isPermaLink="false">https://quay.example/1</guid>', []),
        ("<guid>quay-1</guid>", []),
        ("<link>https://a.example/1</link><feedburner:origLink>https://b.example/2</feedburner:origLink>", ["https://b.example/2", "https://a.example/1"]),
        ('<atom:link rel="self" href="https://quay.example/1.xml"/>', []),
        ("<link>javascript:alert(1)</link>", []),
        ("<link>http://[broken</link>", []),
    ],
)  # fmt: skip
def test_urls_are_absolute_and_the_surest_first(given: str, urls: list[str]) -> None:
    channel = "<link>https://quay.example/home/</link>"
    assert said(only(rss(f"<item><title>Calm</title>{given}</item>", channel=channel)), "url") == urls


def test_where_an_entry_was_changed_only_that_dates_it_less_surely() -> None:
    item = only("<feed><entry><title>Calm</title><updated>2026-03-15</updated></entry></feed>")
    assert [(claim.field, claim.confidence) for claim in item.claims[1:]] == [
        ("modified_at", 0.95),
        ("published_at", 0.7),
    ]


def test_the_fullest_text_is_the_content() -> None:
    full = (
        "<content:encoded><![CDATA[<p>No wind at&nbsp;all.</p><ul><li>Calm</li><li>Fog</li></ul>]]></content:encoded>"
    )
    item = only(rss(f"<item><description>No wind […]</description>{full}</item>"))
    assert item.blocks == (Paragraph("No wind at all."), ListBlock((ListItem(None, "Calm"), ListItem(None, "Fog"))))
    assert item.content == "No wind at all.\nCalm\nFog"
    assert not item.truncated
    longer = only("<feed><entry><content>No wind...</content><summary>No wind at all today.</summary></entry></feed>")
    assert longer.content == "No wind at all today."
    other = only("<feed><entry><content>No wind.</content><summary>A much longer teaser.</summary></entry></feed>")
    assert other.content == "No wind."


@pytest.mark.parametrize(
    ("text", "truncated"),
    [
        ("No wind at [...]", True),
        ("No wind at […]\nThe post Calm appeared first on Quay.", True),
        ("No wind at…", True),
        ("No wind at all. Read more »", True),
        ("Kein Wind. Weiterlesen", True),
        ("No wind at all.", False),
        ("She stayed at home to read more", False),
    ],
)
def test_a_text_that_goes_on_elsewhere_is_truncated(text: str, truncated: bool) -> None:  # noqa: FBT001 - a case
    assert only(rss(f"<item><description>{text}</description></item>")).truncated is truncated


def test_one_bad_item_does_not_cost_the_others() -> None:
    items = read(
        rss(
            "<item><title>One</title></item><item><link>https://quay.example/2</link></item>"
            "<item><title>Three</title><description><p>No wind & <br> calm</description>"
            "<item><title>Four<link>https://quay.example/4</link></item>"
        )
    )
    assert [(item.position, item.fault) for item in items] == [(0, None), (1, NO_WORDS), (2, None), (3, None)]
    assert [said(item, "title") for item in items] == [["One"], [], ["Three"], ["Four"]]
    assert items[2].content == "No wind & calm"


def test_a_guid_that_two_places_share_identifies_neither() -> None:
    two = "<item><title>One</title><guid>1</guid><link>https://quay.example/{}</link></item>"
    assert [item.stated.guid for item in read(rss(two.format("a") + two.format("b")))] == [None, None]
    assert [item.stated.guid for item in read(rss(two.format("a") + two.format("a")))] == ["1", "1"]


def test_hints_are_kept_but_for_a_url_that_is_not_the_items() -> None:
    hints = Stated(source="quay.example", url="https://quay.example/feed", timezone="Europe/Oslo")
    [item] = read(rss("<item><title>Calm</title></item>"), hints=hints)
    assert item.stated == hints
    [item] = read(rss("<item><title>Calm</title><link>/1</link></item>"), hints=hints)
    assert (item.stated.url, said(item, "url")) == (None, ["https://quay.example/1"])


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        ("<rss version='2.0'>", True),
        ("\ufeff<?xml version='1.0'?><!-- a <feed> --><!DOCTYPE rss [<!ENTITY a 'b'>]>\n<rdf:RDF xmlns:rdf='x'>", True),
        ("<a:feed xmlns:a='http://www.w3.org/2005/Atom'>", True),
        ("<CHANNEL HREF='x'>", True),
        ("<nitf><feed></feed></nitf>", False),
        ("<!-- <rss> --><html>", False),
        ("A text about <rss >", False),
        ("", False),
    ],
)
def test_a_feed_is_known_by_its_first_element(data: str, answer: bool) -> None:  # noqa: FBT001 - a case
    assert is_feed(data.encode()) is answer
    assert is_feed(data.removeprefix("\ufeff").encode("utf-16")) is answer


WORDS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=9), st.sampled_from(["utf-8", "utf-16"]))
def test_a_generated_feed_gives_back_its_items(items: list[tuple[str, str, str]], codec: str) -> None:
    written = "".join(
        f"<item><title>{escape(title)} &amp; co</title><dc:creator>Ann {escape(name)}</dc:creator>"
        f"<description>{escape(html.escape(f'{text} <3'))}</description></item>"
        for title, name, text in items
    )
    given_back = read(rss(written).encode(codec))
    assert [(said(item, "title"), said(item, "authors"), item.content) for item in given_back] == [
        ([f"{title} & co"], [f"Ann {name}"], f"{text} <3") for title, name, text in items
    ]
