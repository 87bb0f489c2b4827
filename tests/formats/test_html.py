"""Pages: what head, data, markup and text say of an article, and the article's own blocks among all the rest."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.formats.read import read
from app.formats.unreadable import Unreadable
from app.pipeline.article import Article, Heading, ListBlock, Paragraph, RawItem, Stated, Table
from app.pipeline.run import process
from tests.pages import HEADLINE, LEAD, PARAGRAPHS, a_page

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


def item_of(page: str | bytes, content_type: str = "text/html; charset=utf-8", url: str | None = None) -> RawItem:
    """Read a page."""
    body = page.encode() if isinstance(page, str) else page
    [item] = read(body, content_type, Stated(url=url), max_items=5)
    return item


def article_of(page: str | bytes, content_type: str = "text/html; charset=utf-8", url: str | None = None) -> Article:
    """Read and process a page."""
    made = process(item_of(page, content_type, url), NOW)
    assert isinstance(made, Article)
    return made


def data(**members: Any) -> str:
    """Give a script of JSON-LD that holds one news article."""
    node = {"@context": "https://schema.org", "@type": "NewsArticle"} | members
    return f'<script type="application/ld+json">{json.dumps(node)}</script>'


def test_the_text_of_the_article_is_all_that_is_left_of_a_page() -> None:
    article = article_of(a_page())
    assert article.text == "\n\n".join(PARAGRAPHS)
    assert article.title == HEADLINE
    assert article.lead == PARAGRAPHS[0]
    assert article.language == "en"


def test_what_a_page_does_not_say_is_null() -> None:
    article = article_of(a_page())
    assert (article.authors, article.agency, article.published_at, article.modified_at) == ((), None, None, None)
    assert (article.url, article.rights) == (None, None)
    assert not any("declared" in topic.origins for topic in article.topics)


def test_headings_lists_and_real_tables_are_blocks() -> None:
    body = (
        f"<p>{PARAGRAPHS[0]}</p><h2>What it lifted</h2><ul><li>Apples</li><li><b>Timber:</b> from the north</li></ul>"
        f"<p>{PARAGRAPHS[1]}</p><table><tr><th>Year</th><th>Loads</th></tr><tr><td>1936</td><td>12</td></tr>"
        f"<tr><td>2026</td><td>1</td></tr></table><p>{PARAGRAPHS[2]}</p>"
    )
    blocks = article_of(a_page(body=body)).blocks
    assert [type(block) for block in blocks] == [Paragraph, Heading, ListBlock, Paragraph, Table, Paragraph]
    table = blocks[4]
    assert isinstance(table, Table)
    assert (table.header, table.rows) == (("Year", "Loads"), (("1936", "12"), ("2026", "1")))
    listed = blocks[2]
    assert isinstance(listed, ListBlock)
    assert [(entry.label, entry.text) for entry in listed.items] == [(None, "Apples"), ("Timber", "from the north")]


def test_a_table_that_lays_out_the_page_is_none() -> None:
    body = f"<table><tr><td><p>{PARAGRAPHS[0]}</p><p>{PARAGRAPHS[1]}</p></td><td>Advertisement</td></tr></table>"
    assert not any(isinstance(block, Table) for block in article_of(a_page(body=body)).blocks)


def test_a_standfirst_between_headline_and_text_is_part_of_it() -> None:
    article = article_of(a_page(above=f'<p class="standfirst">{LEAD}</p><p class="share-bar">Share this</p>'))
    assert article.blocks[0] == Paragraph(LEAD)
    assert "Share this" not in article.text


def test_cookie_walls_comments_and_teasers_are_left_out() -> None:
    comments = "".join(
        f"<p>I have seen that crane every morning of my life, and number {n} is right.</p>" for n in range(9)
    )
    page = a_page(
        below=f'<section id="comments">{comments}</section><div class="newsletter">Get our letter every day, it is free.</div>'
    )
    assert article_of(page).text == "\n\n".join(PARAGRAPHS)


@pytest.mark.parametrize(
    "author",
    [
        {"@type": "Person", "name": "Maren Holt"},
        [{"@type": "Person", "name": "Maren Holt"}],
        "Maren Holt",
        ["Maren Holt"],
        {"@type": ["Person"], "name": "MAREN HOLT", "url": "https://harbour-post.example/holt"},
    ],
)
def test_json_ld_names_the_author_in_many_forms(author: Any) -> None:
    article = article_of(a_page(data(author=author, headline=HEADLINE)))
    assert article.authors == ("Maren Holt",)
    [shown] = [claim for claim in article.evidence if claim.field == "authors"]
    assert (shown.origin, shown.quote, shown.chosen) == ("jsonld", "JSON-LD author", True)


def test_json_ld_references_are_followed_through_the_graph() -> None:
    graph = {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "WebPage", "@id": "#page", "name": "A page"},
            {
                "@type": "NewsArticle",
                "@id": "#story",
                "author": {"@id": "#holt"},
                "datePublished": "2026-03-14T08:30:00+01:00",
            },
            {"@type": "Person", "@id": "#holt", "name": "Maren Holt"},
            {
                "@type": "ItemList",
                "itemListElement": [{"@type": "NewsArticle", "author": "Nobody Here", "headline": "Other"}],
            },
        ],
    }
    article = article_of(a_page(f'<script type="application/ld+json">{json.dumps(graph)}</script>'))
    assert article.authors == ("Maren Holt",)
    assert article.published_at == datetime(2026, 3, 14, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "script",
    [
        '{"@type": "NewsArticle", "author": "Maren Holt", "datePublished": "2026-03-14",}',
        '<!-- {"@type": "NewsArticle", "author": "Maren Holt", "datePublished": "2026-03-14"} -->',
        '//<![CDATA[\n{"@type": "NewsArticle", "author": "Maren Holt", "datePublished": "2026-03-14"}\n//]]>',
        '{"@type": "NewsArticle", "description": "a\nb\tc", "author": "Maren Holt", "datePublished": "2026-03-14"};',
        '{"@type": "NewsArticle", "description": "it\\\'s", "author": "Maren Holt", "datePublished": "2026-03-14"}',
    ],
)
def test_broken_json_ld_is_repaired_where_that_is_safe(script: str) -> None:
    article = article_of(a_page(f'<script type="application/ld+json">{script}</script>'))
    assert article.authors == ("Maren Holt",)
    assert article.published_at == datetime(2026, 3, 14, tzinfo=UTC)


def test_json_ld_beyond_repair_says_nothing() -> None:
    article = article_of(
        a_page('<script type="application/ld+json">{"@type": "NewsArticle", "author": "Maren</script>')
    )
    assert article.authors == ()


def test_what_no_text_holds_is_taken_out_of_json_ld() -> None:
    article = article_of(a_page(data(author="Maren Holt", keywords=["Cra\x00nes", "Quays\ud800"])))
    assert article.authors == ("Maren Holt",)
    assert labels(article) == ["Cranes", "Quays"]


def test_an_organisation_is_no_author_and_the_publisher_neither() -> None:
    publisher = {"@type": "Organization", "name": "Harbour Post"}
    assert article_of(a_page(data(author=publisher, publisher=publisher))).authors == ()
    assert article_of(a_page('<meta name="author" content="Harbour Post">')).authors == ()


@pytest.mark.parametrize(
    ("head", "above"),
    [
        ('<meta name="author" content="Maren Holt and Jonas Vik">', ""),
        (
            '<meta property="article:author" content="Maren Holt"><meta property="article:author" content="Jonas Vik">',
            "",
        ),
        ("", '<p class="byline">By Maren Holt and Jonas Vik</p>'),
        ("", '<div><a rel="author" href="/a/1">Maren Holt</a>, <a rel="author" href="/a/2">Jonas Vik</a></div>'),
        ("", '<span itemprop="author">Maren Holt</span> <span itemprop="author">Jonas Vik</span>'),
        ("", "<p>By Maren Holt and Jonas Vik</p>"),
    ],
)
def test_authors_stand_in_head_or_markup_or_text(head: str, above: str) -> None:
    assert article_of(a_page(head, above)).authors == ("Maren Holt", "Jonas Vik")


def test_a_profiles_address_is_no_name() -> None:
    assert article_of(a_page('<meta property="article:author" content="https://social.example/holt">')).authors == ()


def test_a_pen_name_counts_where_the_markup_says_that_it_is_a_name() -> None:
    above = '<span class="author vcard"><a class="url fn" rel="author" href="/author/tideline">tideline</a></span>'
    assert article_of(a_page(above=above)).authors == ("tideline",)


def test_a_whole_name_is_chosen_before_its_first_part() -> None:
    page = a_page(data(author={"@type": "Person", "name": "Maren"}), '<p class="byline">By Maren Holt</p>')
    assert article_of(page).authors == ("Maren Holt",)


def test_bylines_of_other_stories_and_pictures_are_none() -> None:
    page = a_page(
        above='<figure><img src="x.jpg"><figcaption class="author">Photo: Petra Lund</figcaption></figure>',
        below='<aside class="related"><span class="byline">By Somebody Else</span></aside>',
    )
    assert article_of(page).authors == ()


@pytest.mark.parametrize(
    ("head", "above", "expected", "precision"),
    [
        (data(datePublished="2026-03-14T09:30:00+01:00"), "", "2026-03-14T09:30:00+01:00", "second"),
        (
            '<meta property="article:published_time" content="2026-03-14T08:30:00Z">',
            "",
            "2026-03-14T08:30:00+00:00",
            "second",
        ),
        ("", '<time datetime="2026-03-14T08:30:00Z">14 March</time>', "2026-03-14T08:30:00+00:00", "second"),
        ("", '<span class="date">14 March 2026, 08:30</span>', "2026-03-14T08:30:00+00:00", "minute"),
        ("", "<p>14 March 2026</p>", "2026-03-14T00:00:00+00:00", "day"),
        ('<script>{"publishedAt": "2026-03-14T08:30:00Z"}</script>', "", "2026-03-14T08:30:00+00:00", "second"),
    ],
)
def test_dates_stand_in_head_markup_text_or_scripts(head: str, above: str, expected: str, precision: str) -> None:
    article = article_of(a_page(head, above))
    assert article.published_at is not None
    assert (article.published_at.isoformat(), article.published_precision) == (expected, precision)


def test_a_date_in_the_url_is_the_weakest_word() -> None:
    url = "https://harbour-post.example/2026/03/14/crane"
    assert article_of(a_page(), url=url).published_at == datetime(2026, 3, 14, tzinfo=UTC)
    shown = article_of(a_page(above="<p>15 March 2026</p>"), url=url)
    assert shown.published_at == datetime(2026, 3, 15, tzinfo=UTC)
    assert [claim.origin for claim in shown.evidence if claim.field == "published_at"][-1] == "url"


def test_of_one_moment_the_form_with_its_zone_is_served() -> None:
    page = a_page(
        data(datePublished="2026-03-14T09:30:15"),
        '<time datetime="2026-03-14T08:30:15Z">Published 14 March 2026</time>',
    )
    article = article_of(page)
    assert (article.published_at, article.published_zone) == (datetime(2026, 3, 14, 8, 30, 15, tzinfo=UTC), "stated")
    assert len([claim for claim in article.evidence if claim.field == "published_at"]) > 1


def test_when_it_was_changed_is_told_apart() -> None:
    head = data(datePublished="2026-03-14T08:30:00Z", dateModified="2026-03-15T10:00:00Z")
    assert article_of(a_page(head)).modified_at == datetime(2026, 3, 15, 10, tzinfo=UTC)
    above = '<time class="published" datetime="2026-03-14T08:30Z">1</time><time class="updated" datetime="2026-03-15T10:00Z">2</time>'
    article = article_of(a_page(above=above))
    assert article.published_at == datetime(2026, 3, 14, 8, 30, tzinfo=UTC)
    assert article.modified_at == datetime(2026, 3, 15, 10, tzinfo=UTC)


def test_a_time_that_is_printed_as_an_update_is_none_of_publication() -> None:
    printed = "14 March 2026, 08:30 UTC / Updated 14 March 2026, 11:00 UTC"
    article = article_of(a_page(above=f'<time datetime="2026-03-14T11:00:00Z">{printed}</time>'))
    assert article.published_at == datetime(2026, 3, 14, 8, 30, tzinfo=UTC)
    assert article.modified_at == datetime(2026, 3, 14, 11, tzinfo=UTC)


def test_where_an_element_prints_another_day_than_it_states_the_printed_label_counts() -> None:
    above = '<time datetime="2026-03-19T10:18:46Z">Published on 14 March 2026</time>'
    assert article_of(a_page(above=above)).published_at == datetime(2026, 3, 14, tzinfo=UTC)


def test_a_sentence_below_the_text_may_say_when_it_was_published() -> None:
    said = "This entry was posted on 14 March 2026 at 08:30 by harbourmaster, and filed under cranes, tides and pilots."
    below = f"<div>{'<p>Menu</p>' * 20}</div><div>{said}</div>"
    assert article_of(a_page(below=below)).published_at == datetime(2026, 3, 14, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "day"),
    [("/2026/03/14/crane", 14), ("/crane-20260314", 14), ("/crane/2026034", None), ("/news/2039026", None)],
)
def test_a_storys_number_in_a_url_is_no_day(path: str, day: int | None) -> None:
    at = article_of(a_page(), url=f"https://harbour-post.example{path}").published_at
    assert (at and at.day) == day


def labels(article: Article) -> list[str]:
    """Give the labels of an article's declared topics."""
    return sorted(topic.label for topic in article.topics if "declared" in topic.origins)


def test_declared_topics_are_those_of_the_surest_list() -> None:
    head = (
        data(keywords=["Cranes", "Port Ellery"], articleSection="Local")
        + '<meta name="keywords" content="crane news, crane news today, harbour post">'
    )
    article = article_of(a_page(head))
    assert labels(article) == ["Cranes", "Port Ellery"]
    unchosen = [claim.value for claim in article.evidence if claim.field == "topics" and not claim.chosen]
    assert "crane news" in unchosen


@pytest.mark.parametrize(
    ("head", "below", "expected"),
    [
        ('<meta name="keywords" content="Cranes, Port Ellery; Museums">', "", ["Cranes", "Museums", "Port Ellery"]),
        ('<meta property="article:tag" content="Salt, and pepper">', "", ["Salt, and pepper"]),
        (data(keywords="Topic: Cranes, day: friday, page type: article"), "", ["Cranes"]),
        (data(keywords="Harbour Post, Cranes"), "", ["Cranes"]),
        (
            "",
            '<ul class="tags"><li><a href="/t/1">#Cranes</a></li><li><a href="/t/2">Museums (12)</a></li></ul>',
            ["Cranes", "Museums"],
        ),
        ("", '<p><a rel="tag" href="/x">Cranes</a></p>', ["Cranes"]),
        ("", '<div class="tags share"><a href="https://social.example/">Share on Social</a></div>', []),
        ('<meta property="article:section" content="Maritime">', "", ["Maritime"]),
    ],
)
def test_topics_are_declared_in_head_data_and_tag_links(head: str, below: str, expected: list[str]) -> None:
    assert labels(article_of(a_page(head, below=below))) == expected


def test_the_canonical_url_is_served_without_tracking() -> None:
    head = '<link rel="canonical" href="https://harbour-post.example/crane?utm_source=feed&id=7">'
    assert article_of(a_page(head)).url == "https://harbour-post.example/crane?id=7"
    assert article_of(a_page('<link rel="canonical" href="javascript:alert(1)">')).url is None


def test_what_was_not_chosen_is_shown_too() -> None:
    head = (
        '<link rel="canonical" href="https://harbour-post.example/crane">'
        '<meta property="og:url" content="https://harbour-post.example/crane?print=1"><meta name="dc.language" content="de">'
    )
    article = article_of(a_page(head))
    for field, chosen, other in (
        ("url", "https://harbour-post.example/crane", "https://harbour-post.example/crane?print=1"),
        ("language", "en", "de"),
    ):
        claims = [claim for claim in article.evidence if claim.field == field]
        assert [claim.value for claim in claims if claim.chosen] == [chosen]
        assert other in [claim.value for claim in claims if not claim.chosen]


def test_a_feeds_item_that_is_a_page_is_read_as_one() -> None:
    feed = f"<rss version='2.0'><channel><item><title>One</title><description><![CDATA[{a_page()}]]></description></item></channel></rss>"
    assert article_of(feed, "application/rss+xml").text == "\n\n".join(PARAGRAPHS)


def test_what_the_sender_states_is_stronger_than_the_page() -> None:
    body = json.dumps(
        {"content": a_page(data(author="Maren Holt")), "content_type": "text/html", "authors": ["Jonas Vik"]}
    )
    assert article_of(body, "application/json").authors == ("Jonas Vik",)


def test_a_fragment_in_an_article_object_is_all_body() -> None:
    body = json.dumps(
        {"content": f"<h2>Crane</h2><p>{PARAGRAPHS[0]}</p>", "content_type": "text/html", "title": "Crane gone"}
    )
    article = article_of(body, "application/json")
    assert [type(block) for block in article.blocks] == [Heading, Paragraph]
    assert article.title == "Crane gone"


def test_a_paywall_is_told() -> None:
    assert article_of(a_page(data(isAccessibleForFree=False))).truncated
    assert not article_of(a_page(data(isAccessibleForFree=True))).truncated


def test_a_headlines_site_name_is_cut() -> None:
    article = article_of(a_page(f'<meta property="og:title" content="{HEADLINE} - Harbour Post">'))
    assert article.title == HEADLINE


UMLAUT = (
    "Der Kran von Port Ellery hebt seine letzte Last, sagt der Wärter, und für die Möwen ändert sich nichts über Nacht."
)


@pytest.mark.parametrize("above", ["", "<h1>Harbour Post</h1>"])  # the site's name is no headline
def test_a_headline_need_not_be_an_h1(above: str) -> None:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    article = article_of(
        "<html lang=en><head><title>The quay will be rebuilt by spring - Harbour Post</title></head>"
        f"<body><div class=post>{above}<h2>The quay will be rebuilt by spring</h2>{text}</div></body></html>"
    )
    assert article.title == "The quay will be rebuilt by spring"
    assert not any(isinstance(block, Heading) for block in article.blocks)


@pytest.mark.parametrize(
    ("header", "meta", "codec"),
    [
        ("text/html", "utf-8", "utf-8"),
        ("text/html; charset=iso-8859-1", "utf-8", "utf-8"),
        ("text/html; charset=utf-8", "iso-8859-1", "iso-8859-1"),
        ("text/html", "iso-8859-1", "utf-8"),
        ("text/html; charset=utf-8", "utf-8", "cp1252"),
        ("text/html; charset=iso-8859-1", "windows-1250", "cp1250"),
    ],
)
def test_headers_and_meta_may_lie_about_the_charset(header: str, meta: str, codec: str) -> None:
    page = (
        f'<html><head><meta charset="{meta}"><title>Kran</title></head><body><h1>Kran</h1><p>{UMLAUT}</p></body></html>'
    )
    assert UMLAUT in item_of(page.encode(codec), header).content


def test_a_feed_sent_as_a_page_is_read_as_a_feed() -> None:
    feed = f"<?xml version='1.0'?><rss version='2.0'><channel><item><title>One</title><description>{LEAD}</description></item></channel></rss>"
    assert item_of(feed).claims[0].origin == "feed"


def test_a_page_sent_as_xml_or_as_text_is_read_as_a_page() -> None:
    for content_type in ("application/xml", "text/plain"):
        assert article_of(a_page(), content_type).text == "\n\n".join(PARAGRAPHS)


def test_a_page_without_words_is_refused() -> None:
    with pytest.raises(Unreadable, match="no text"):
        item_of("<html><body><img src=x></body></html>")


@given(st.text(alphabet=st.sampled_from(list("<>/=\"' abp1ul!-&;")), max_size=300))
def test_any_markup_is_read_or_refused(markup: str) -> None:
    try:
        made = process(item_of(f"<html><body>{markup}</body></html>"), NOW)
    except Unreadable:
        return
    assert made == process(item_of(f"<html><body>{markup}</body></html>"), NOW)


def test_very_many_titles_and_headings_are_not_all_held_against_each_other() -> None:
    head = "".join(f'<meta property="og:title" content="Title number {number} of this page">' for number in range(900))
    body = "".join(f"<h4>Heading number {number}</h4>" for number in range(40_000)) + f"<p>{PARAGRAPHS[0]}</p>"
    assert article_of(a_page(head, body=body)).title == "Title number 0 of this page"
