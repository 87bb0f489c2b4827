"""Reads an HTML page: its article's blocks, the lines around them, and what head, data, markup and URL say of each field."""

import re
from collections.abc import Mapping, Sequence
from itertools import islice
from urllib.parse import urlsplit

from app.formats import html_jsonld, html_marks, html_meta
from app.formats.body import Body as Sent
from app.formats.charset import Decoded, attempt, codec_of, decode
from app.formats.dom import parse
from app.formats.fragment import Fragment, lines_of, read_fragment
from app.formats.html_body import Body, find, names
from app.formats.html_marks import PICTURES, is_site
from app.formats.html_page import Page, lay_out
from app.formats.markup import blocks_of, one_line
from app.formats.unreadable import Unreadable
from app.pipeline.article import Block, Claim, Outline, Paragraph, RawItem, Stated
from app.pipeline.prose import size
from app.pipeline.sites import folded

META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s{0,5}=\s{0,5}[\"']?\s{0,5}([\w.:-]{1,40})", re.IGNORECASE)
META_BYTES = 4_096
PAGE = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
MOST_BESIDE = 40
PAGE_START = 2_000
ABOVE = 25
BELOW = 12
UNSAID = 0.45
"""How sure a heading of a word or two is that no title of the page says: it is a section's, or the site's name."""
HEADLINE_WORDS = 4
HEADINGS = ("h1", "h2", "h3", "h4")
MOST_TITLES = 20
MOST_HEADS = 2_000
"""Stated titles, and headings, that are held against each other; a page with more is no article."""
NEARLY = 1.25
LEAST_HEADLINE = 8
"""Letters of a lesser heading from which it is no section's that the title happens to hold."""
STANDFIRST_WORDS = 6
URL_DATE = re.compile(
    r"(?<!\d)(?P<y>(?:19|20)\d\d)(?:(?P<s>[/_.-])(?P<m>0?[1-9]|1[0-2])(?P=s)(?P<d>0?[1-9]|[12]\d|3[01])"
    r"|(?P<m8>0[1-9]|1[0-2])(?P<d8>0[1-9]|[12]\d|3[01]))(?!\d)"
)
"""With marks between its numbers, or as eight digits: fewer are a story's number."""
URL_DAY_FIRST = re.compile(
    r"(?<!\d)(?P<d>1[3-9]|2\d|3[01])(?P<s>[-.])(?P<m>0?[1-9]|1[0-2])(?P=s)(?P<y>(?:19|20)\d\d)(?!\d)"
)
NOT_FREE = re.compile(r'"isAccessibleForFree"\s{0,4}:\s{0,4}"?false', re.IGNORECASE)
"""How a page declares that its text is not whole without paying (schema.org)."""
LONGEST_URL = 2_048
TOLD = 'meta[content], script[type*="ld+json"]'
"""Where a page speaks of itself to machines, found in one look, as each look goes through the whole page."""
SURE_DATE = 0.88
"""Above it, the data of scripts need not be searched for dates."""


def read_page(body: Sent) -> list[RawItem]:
    """Give the page as one item; raises Unreadable where there is nothing in it to read."""
    decoded = decode_page(body.data, body.charset)
    return [read_markup(decoded, body.hints)]


def decode_page(data: bytes, declared: str | None) -> Decoded:
    """Decode a page by the first of header and `meta` that its bytes fit; a charset of the header that fits any bytes waits.

    Servers send a header by default, and authors write `meta`: a one-byte charset in the header is the weaker word.
    """
    found = META_CHARSET.search(data[:META_BYTES])
    inside = found[1].decode("ascii", "replace") if found else None
    if not declared:
        return decode(data, inside)
    stated = codec_of(declared)
    meant = codec_of(inside)
    if meant is not None and meant.startswith("utf-16"):
        meant = None  # a page that can be read so far is in no such charset (WHATWG)
    if meant is not None and (stated is None or stated != meant) and attempt(data, meant) is not None:
        first_choice = stated is not None and stated.startswith(("utf", "gb", "big5", "euc", "cp932", "cp949"))
        if not first_choice or attempt(data, stated) is None:
            return decode(data, inside)
    return decode(data, declared or inside)


def read_content(markup: str, stated: Stated, repairs: Mapping[str, int]) -> RawItem:
    """Read the markup that an article object carries: a whole page as one, a fragment as all body.

    Raises Unreadable where there is nothing in it to read.
    """
    if PAGE.search(markup[:PAGE_START]):
        return read_markup(Decoded(markup, dict(repairs)), stated)
    found = read_fragment(markup)
    if not found.text:
        raise Unreadable([("", "The markup holds no text to read.")])
    return RawItem(0, found.text, stated, None, repairs, blocks=found.blocks)


def read_body(markup: str) -> Fragment:
    """Read the markup of a feed's item: its whole text, or the article's where it is a whole page."""
    if not PAGE.search(markup[:PAGE_START]):
        return read_fragment(markup)
    page = lay_out(parse(markup))
    body = find(page)
    blocks = blocks_around(page, body, headline_of(page, body, []))
    return Fragment(blocks, "\n".join(lines_of(blocks)))


def read_markup(decoded: Decoded, hints: Stated) -> RawItem:
    """Read the text of a page as an item; raises Unreadable where there is nothing in it to read."""
    tree = parse(decoded.text)
    base = hints.url
    told = tree.css(TOLD)
    head = list(html_meta.claims_of(tree, [node for node in told if node.tag == "meta"], base))
    titles = [claim.text for claim in head if claim.field == "title"]
    title_element = tree.css_first("title")
    title = one_line(title_element.text()) if title_element is not None else ""
    canonical = next((claim.text for claim in head if claim.field == "url"), base)
    scripts = [node.text() or "" for node in told if node.tag == "script"]
    graph = html_jsonld.graph_of(scripts)
    data = html_jsonld.claims_of(graph, html_jsonld.Place(base or canonical, titles[0] if titles else title or None))
    page = lay_out(tree)
    body = find(page)
    headline = headline_of(page, body, [*titles, *(claim.text for claim in data if claim.field == "title")], title)
    marks = list(html_marks.claims_of(page, body, headline))
    claims = [*data, *head, *marks, *from_url(base or canonical)]
    if not any(claim.field == "published_at" and claim.confidence > SURE_DATE for claim in claims):
        claims += html_meta.claims_of_scripts(tree)
    if headline is not None:
        text = page.lines[headline].text
        sure = size(text) >= HEADLINE_WORDS or says_so(text, [*titles, title])
        claims.append(Claim("title", text, "markup", 0.9 if sure else UNSAID, "h1"))
    if title:
        claims.append(Claim("title", title, "meta", 0.5, "title"))
    blocks = blocks_around(page, body, headline)
    if not blocks and not title:
        raise Unreadable([("", "The page holds no text to read.")])
    content, outline = content_of(page, body, headline, blocks)
    return RawItem(
        0,
        content,
        hints,
        None,
        decoded.repairs,
        blocks=blocks,
        claims=tuple(claims),
        outline=outline,
        truncated=any(map(NOT_FREE.search, scripts)),
    )


def headline_of(page: Page, body: Body | None, titles: Sequence[str], title: str = "") -> int | None:
    """Give the line of the headline: the `h1` that says a stated title, else the last one above the article's text.

    Where no `h1` says a title, a lesser heading that is one is the headline: the site's name is the `h1` of many blogs.
    """
    titles = titles[:MOST_TITLES]
    heads = [element for element in page.elements if element.tag == "h1" and element.first < element.last][:MOST_HEADS]
    for element in heads:
        if says_so(page.lines[element.first].text, titles):
            return element.first
    if (lesser := lesser_headline(page, [*titles, title])) is not None:
        return lesser
    if not heads:
        return None
    if body is None:
        return heads[0].first
    above = [element.first for element in heads if element.first <= body.first]
    return above[-1] if above else None


def lesser_headline(page: Page, titles: Sequence[str]) -> int | None:
    """Give the line of the heading that is most of a title, the longest; an `h1` that is nearly as long goes first."""
    wanted = [said for title in titles if (said := folded(title))]
    best: tuple[float, int, int] | None = None
    headings = (element for element in page.elements if element.tag in HEADINGS)
    for element in islice(headings, MOST_HEADS):
        if element.first < element.last:
            said = folded(page.lines[element.first].text)
            fits = any(said in title and 2 * len(said) >= len(title) for title in wanted)
            if fits and len(said) >= LEAST_HEADLINE and not is_site(page, element):
                rank = (-len(said) * (NEARLY if element.tag == "h1" else 1), HEADINGS.index(element.tag), element.first)
                best = rank if best is None else min(best, rank)
    return best[2] if best else None


def says_so(text: str, titles: Sequence[str]) -> bool:
    """Say whether a heading says what a title of the page says, or a part of it."""
    said = folded(text)
    wanted = [folded(title) for title in titles]
    return bool(said) and any(said in title or title in said for title in wanted if title)


def blocks_around(page: Page, body: Body | None, headline: int | None) -> tuple[Block, ...]:
    """Give the article's blocks, with the standfirst that stands between headline and text."""
    if body is None:
        return ()
    blocks = blocks_of(body.element.node, body.skipped)
    if headline is not None and headline < body.first:
        said = {block.text for block in blocks if isinstance(block, Paragraph)}
        blocks = [*(Paragraph(text) for text in standfirsts(page, headline, body) if text not in said), *blocks]
    return tuple(blocks)


def standfirsts(page: Page, headline: int, body: Body) -> list[str]:
    """Give the lines between headline and text that an element named for a standfirst holds."""
    found = []
    for line in page.lines[headline + 1 : body.element.first]:
        held = any(above.names & names("standfirst") for above in list(page.above(line.element))[:3])
        if held and len(line.text.split()) >= STANDFIRST_WORDS and line.linked * 2 < len(line.text):
            found.append(line.text)
    return found


def content_of(page: Page, body: Body | None, headline: int | None, blocks: Sequence[Block]) -> tuple[str, Outline]:
    """Give the lines of the article with those around it, where bylines and dates stand, and which of them are which."""
    if body is None:
        lines = [line.text for line in page.lines[: ABOVE + BELOW]]
        return "\n".join(lines), Outline(None, len(lines), len(lines))
    top = headline if headline is not None and headline < body.first else body.first
    start = max(0, top - ABOVE // 2)
    kept = [number for number in range(start, min(body.first, start + 2 * ABOVE)) if not is_picture(page, number)]
    above = [page.lines[number].text for number in kept]
    inside = list(lines_of(blocks))
    below = [
        page.lines[n].text for n in range(body.last, min(len(page.lines), body.last + BELOW)) if not is_others(page, n)
    ]
    place = kept.index(top) if top in kept else None
    return "\n".join([*above, *inside, *below]), Outline(place, len(above), len(above) + len(inside))


def is_picture(page: Page, number: int) -> bool:
    """Say whether a line is a picture's, whose names and dates are not the article's."""
    return any(above.tag in PICTURES for above in page.above(page.lines[number].element))


def is_others(page: Page, number: int) -> bool:
    """Say whether a line below the text is a picture's or another story's."""
    return any(
        above.tag in PICTURES
        or above.tag == "aside"
        or (above.names & names("other_stories") and above.last - above.first < MOST_BESIDE)
        for above in page.above(page.lines[number].element)
    )


def from_url(url: str | None) -> list[Claim]:
    """Give the day that a URL's path names."""
    if not url:
        return []
    try:
        path = urlsplit(url[:LONGEST_URL]).path
    except ValueError:
        return []
    found = URL_DATE.search(path) or URL_DAY_FIRST.search(path)
    if found is None:
        return []
    parts = found.groupdict()
    month, day = int(parts["m"] or parts["m8"]), int(parts["d"] or parts["d8"])
    text = f"{found['y']}-{month:02}-{day:02}"
    return [Claim("published_at", text, "url", 0.6 if found["s"] == "/" else 0.55, path[:200])]
