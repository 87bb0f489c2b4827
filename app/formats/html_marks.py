"""Reads bylines, dates and tags that stand in a page's visible markup, by how the elements are named and where they stand."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice

from app.formats.html_body import Body, names
from app.formats.html_page import Element, Page
from app.formats.markup import one_line
from app.pipeline.article import Claim
from app.pipeline.vocabulary import vocabulary

ABOVE = 30
"""Lines above the article in which its byline and its date stand."""
BELOW = 14
TAGS_BELOW = 60
MOST_CLAIMS = 100
"""Bylines, and dates, of a page that are looked at; one with more is a list of stories."""
BYLINE_ABOVE = 10
PICTURES = frozenset({"figure", "figcaption"})
NEAR = 0.03
SENTENCE_CHARACTERS = 110
INSIDE_ARTICLE = frozenset({"article", "main"})
BYLINE_CHARACTERS = 160
MOST_PARTS = 12
EXACT = frozenset({"vcard", "fn", "author", "name", "authorname"})
WHOLE_PAGE = frozenset({"body", "main", "article", "section", "img"})
DATE_CHARACTERS = 120
SITE_TITLE = frozenset({"site", "title"})
TAGS_ABOVE = 3
TAG_CHARACTERS = 60
TAG_WORDS = 6
HOLDERS = 4
"""Elements around a link, itself the first, that may be named for tags."""
TAGS_APART = 8
COUNT = re.compile(r"\s*\(\s*\d[\d.,]*\s*\)$")
NO_PAGE = ("#", "mailto:", "javascript:", "whatsapp:")
MOST_TAGS = 40
HASH = re.compile(r"^#\s?")


@cache
def links_to(kind: str) -> str:
    """Give the CSS selector of links to pages of authors, or of tags."""
    return ", ".join(f'a[href*="/{part}"]' for part in vocabulary("html")["links"][kind])


def claims_of(page: Page, body: Body | None, headline: int | None) -> Iterator[Claim]:
    """Give what stands in markup near the article; `headline` is the line of its headline."""
    first = min(headline if headline is not None else body.first if body else 0, body.first if body else 10**9)
    last = body.last if body else min(len(page.lines), first + 40)
    near = [
        element for element in page.elements if first - ABOVE <= element.first and element.last <= last + TAGS_BELOW
    ]
    pages = {node.mem_id for node in page.tree.css(links_to("authors"))}
    yield from islice(bylines(page, near, pages, first, last), MOST_CLAIMS)
    yield from islice(dates(page, near, first, last), MOST_CLAIMS)
    yield from tags(page, near, first, last)


def is_others(page: Page, element: Element) -> bool:
    """Say whether an element stands among comments or other stories."""
    for above in page.above(element.number):
        if above.names & names("comments") and above.tag not in {"body", "main", "article"}:
            return True
        if (
            above.names & names("others")
            and above.tag not in {"body", "main", "html"}
            and above.last - above.first < 40
        ):
            return True
    return False


def is_site(page: Page, element: Element) -> bool:
    """Say whether an element holds the site's own name, which many blogs sign with and none of their articles."""
    return any(
        above.names >= SITE_TITLE or not names("site").isdisjoint(above.names)
        for above in islice(page.above(element.number), 2)
        if above.tag not in WHOLE_PAGE
    )


@dataclass(frozen=True, slots=True)
class Signed:
    """An element that may be a byline: its text with its parts kept apart, whether it is a name alone, how sure it is."""

    element: Element
    text: str
    exact: bool
    confidence: float


def bylines(page: Page, near: Sequence[Element], author_pages: set[int], first: int, last: int) -> Iterator[Claim]:
    """Give the bylines: short elements that are named so, those inside them as less sure; neighbours that are alike are one."""
    covered = -1
    run: list[Signed] = []
    for element in near:
        if not first - BYLINE_ABOVE <= element.first <= last + BELOW:
            continue
        found = signed(page, element, author_pages, first, last, inside=element.number < covered)
        if found is None:
            continue
        if element.number >= covered:
            covered = element.end
        if run and not (alike(run[-1], found) and abs(found.confidence - run[-1].confidence) < NEAR):
            yield from claims_of_run(run)
            run = []
        run.append(found)
    yield from claims_of_run(run)


def signed(  # noqa: PLR0913 - all of one element
    page: Page, element: Element, author_pages: set[int], first: int, last: int, *, inside: bool
) -> Signed | None:
    """Read one element as a byline; None where it is none."""
    linked = element.tag == "a" and element.node.mem_id in author_pages and not in_sentence(page, element)
    named = bool(element.names & names("author"))
    if not (named or linked) or element.names & names("not_author") or element.tag in WHOLE_PAGE:
        return None
    text = parts(element)
    if not 2 <= len(text) <= BYLINE_CHARACTERS or is_others(page, element) or is_menu(page, element):
        return None
    if is_site(page, element):
        return None
    if any(above.tag in PICTURES for above in page.above(element.number)):
        return None
    confidence = 0.84 if element.first <= first + 5 else 0.76 if element.first >= last - 1 else 0.7
    confidence -= 0.002 * min(abs(element.first - first), 10) if element.first <= first + 5 else 0
    exact = bool(element.names & EXACT) and ("author" in element.names or linked or "autor" in element.names)
    return Signed(element, text, exact or linked, confidence - (0.06 if inside else 0))


def parts(element: Element) -> str:
    """Give the text of an element with its lines, and the elements inside a line, kept apart."""
    if element.last - element.first > MOST_PARTS:
        return ""
    return one_line(element.node.text(separator=" | ", strip=True))


def alike(one: Signed, other: Signed) -> bool:
    """Say whether two elements are of one list of authors."""
    a, b = one.element, other.element
    return a.tag == b.tag and a.names == b.names and a.depth == b.depth and b.first - a.last <= 2 and a.end <= b.number


def claims_of_run(run: Sequence[Signed]) -> Iterator[Claim]:
    """Give the claims of neighbours as one byline."""
    quote = one_line(" ".join(found.text.replace("|", " ") for found in run))
    for found in run:
        yield Claim("authors", found.text, "markup", round(run[0].confidence, 3), quote, exact=found.exact)


def dates(page: Page, near: Sequence[Element], first: int, last: int) -> Iterator[Claim]:
    """Give the dates: of `time` elements, and of elements that are named so."""
    for element in near:
        is_time = element.tag == "time"
        if not (is_time or element.names & names("date")) or element.first > last + BELOW:
            continue
        text = page.text(element)
        if len(text) > DATE_CHARACTERS or is_others(page, element) or is_menu(page, element):
            continue
        stated = (
            element.node.attributes.get("datetime") or element.node.attributes.get("content")
            if is_time or "date" in element.names
            else None
        )
        changed = any(above.names & names("modified") for above in list(page.above(element.number))[:2])
        published = "published" in element.names or "publish" in element.names
        field = "modified_at" if changed and not published else "published_at"
        where = 0.0 if first - 3 <= element.first <= first + 6 else 0.1 if element.first >= last - 1 else 0.2
        if stated:
            yield Claim(field, stated, "markup", 0.88 - where, f"{element.tag}: {text}"[:200])
        elif text and any(character.isdigit() for character in text):
            yield Claim(field, text, "markup", 0.8 - where, text)


def tags(page: Page, near: Sequence[Element], first: int, last: int) -> Iterator[Claim]:
    """Give the tags: links in an element named for them, links that say so themselves, links to pages of tags.

    Below the text the first lot of them is taken: lists of the whole site's topics come after it.
    """
    pages = {node.mem_id for node in page.tree.css(links_to("tags"))}
    named, given, previous = names("tags"), 0, last
    for element in near:
        if element.tag != "a" or element.first < first - TAGS_ABOVE or element.names & names("author"):
            continue
        around = list(islice(page.above(element.number), HOLDERS + 1))
        said = "tag" in element.names or element.node.mem_id in pages
        held = not all(named.isdisjoint(above.names) for above in around[:HOLDERS])
        if not (said or held) or any(above.names & names("sharing") for above in around):
            continue
        if is_menu(page, element, below=element.first >= last) or in_sentence(page, element):
            continue
        text = label_of(page, element)
        if text is None:
            continue
        if element.first - previous > TAGS_APART and given and element.first > last:
            return
        given, previous = given + 1, max(previous, element.first)
        if given > MOST_TAGS:
            return
        yield Claim("topics", text, "markup", 0.8, "tag link")


def label_of(page: Page, element: Element) -> str | None:
    """Give the label of a link to a tag's page, without its mark and the count of articles; None for any other link."""
    text = COUNT.sub("", HASH.sub("", page.text(element)))
    if (element.node.attributes.get("href") or "").startswith(NO_PAGE):
        return None
    return text if 1 < len(text) <= TAG_CHARACTERS and len(text.split()) <= TAG_WORDS else None


def is_menu(page: Page, element: Element, *, below: bool = False) -> bool:
    """Say whether an element stands in the page's own menu, head or foot, or in a list of other stories.

    `below` the text, pages put their tags into elements of navigation.
    """
    for above in page.above(element.number):
        if above.tag in INSIDE_ARTICLE:
            return False
        named = bool(above.names & names("tags"))
        if above.names & names("others") and above.tag not in WHOLE_PAGE and not named:
            return True
        if above.tag == "footer" or (above.tag == "nav" and not below and not named):
            return True
        if named and below:
            return False
        if above.tag == "header" and not any(inner.tag == "h1" for inner in page.elements[above.number : above.end]):
            return True
    return False


def in_sentence(page: Page, element: Element) -> bool:
    """Say whether a link stands inside running text."""
    if element.first >= len(page.lines):
        return False
    line = page.lines[element.first]
    return len(line.text) > SENTENCE_CHARACTERS and line.linked < 0.6 * len(line.text)
