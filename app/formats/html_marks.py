"""Reads bylines, dates and tags that stand in a page's visible markup, by how the elements are named and where they stand."""

import re
from collections.abc import Iterable, Iterator, Sequence
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
SAID = 0.66
"""How sure a sentence of the page is that says when something was published: this article, or another one."""
SAID_CHARACTERS = 200
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
def links_to(kind: str) -> re.Pattern[str]:
    """Give the pattern of what the address of an author's page, or of a tag's, has in it."""
    return re.compile("/(?:" + "|".join(map(re.escape, vocabulary("html")["links"][kind])) + ")")


def claims_of(page: Page, body: Body | None, headline: int | None) -> Iterator[Claim]:
    """Give what stands in markup near the article; `headline` is the line of its headline."""
    first = min(headline if headline is not None else body.first if body else 0, body.first if body else 10**9)
    last = body.last if body else min(len(page.lines), first + 40)
    near = [
        element for element in page.elements if first - ABOVE <= element.first and element.last <= last + TAGS_BELOW
    ]
    yield from islice(bylines(page, near, first, last), MOST_CLAIMS)
    yield from islice(dates(page, near, first, last), MOST_CLAIMS)
    yield from sentence(page, first, last)
    yield from tags(page, near, first, last)


def is_others(page: Page, element: Element) -> bool:
    """Say whether an element stands among comments or other stories."""
    comments, others = names("comments"), names("others")
    for above in page.above(element.number):
        if not above.names.isdisjoint(comments) and above.tag not in {"body", "main", "article"}:
            return True
        if (
            not above.names.isdisjoint(others)
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


def bylines(page: Page, near: Sequence[Element], first: int, last: int) -> Iterator[Claim]:
    """Give the bylines: short elements that are named so, those inside them as less sure; neighbours that are alike are one."""
    covered = -1
    run: list[Signed] = []
    for element in near:
        if not first - BYLINE_ABOVE <= element.first <= last + BELOW:
            continue
        found = signed(page, element, first, last, inside=element.number < covered)
        if found is None:
            continue
        if element.number >= covered:
            covered = element.end
        if run and not (alike(run[-1], found) and abs(found.confidence - run[-1].confidence) < NEAR):
            yield from claims_of_run(run)
            run = []
        run.append(found)
    yield from claims_of_run(run)


def signed(page: Page, element: Element, first: int, last: int, *, inside: bool) -> Signed | None:
    """Read one element as a byline; None where it is none."""
    linked = element.tag == "a" and leads_to(element, "authors") and not in_sentence(page, element)
    named = not element.names.isdisjoint(names("author"))
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


def leads_to(element: Element, kind: str) -> bool:
    """Say whether a link leads to an author's page, or a tag's."""
    return links_to(kind).search(element.attributes.get("href") or "") is not None


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
    named = names("date")
    for element in near:
        is_time = element.tag == "time"
        if not (is_time or not element.names.isdisjoint(named)) or element.first > last + BELOW:
            continue
        text = page.text(element)
        if len(text) > DATE_CHARACTERS or is_others(page, element) or is_menu(page, element):
            continue
        stated = (
            element.attributes.get("datetime") or element.attributes.get("content")
            if is_time or "date" in element.names
            else None
        )
        changed = any(above.names & names("modified") for above in list(page.above(element.number))[:2])
        published = "published" in element.names or "publish" in element.names
        field = "modified_at" if changed and not published else "published_at"
        where = placed(element, first, last)
        if stated:
            yield Claim(field, stated, "markup", 0.88 - where, f"{element.tag}: {text}"[:200])
        elif text and any(character.isdigit() for character in text):
            yield Claim(field, text, "markup", 0.8 - where, text)


def placed(element: Element, first: int, last: int) -> float:
    """Give how much less sure a date is for its place: none beside the headline, more the farther from it."""
    if first - 3 <= element.first <= first + 6:
        return 0.0
    if first - ABOVE // 3 <= element.first < first:
        return 0.09
    return 0.1 if element.first >= last - 1 else 0.2


@cache
def publishing() -> re.Pattern[str]:
    """Give the pattern of the labels of more than one word, with a number soon after: "This entry was posted on 4"."""
    labels = vocabulary("dates")["labels"]["published"]
    phrases = sorted((label for label in labels if " " in label), key=len, reverse=True)
    return re.compile(
        rf"(?<![^\W\d_])(?:{'|'.join(map(re.escape, phrases))})(?![^\W\d_])[^\d\n]{{0,40}}\d", re.IGNORECASE
    )


def sentence(page: Page, first: int, last: int) -> Iterator[Claim]:
    """Give the first line around the article that says in words when it was published, whatever its element is named."""
    start = max(0, first - ABOVE)
    for number, line in enumerate(page.lines[start : last + TAGS_BELOW], start):
        if len(line.text) > SAID_CHARACTERS and first <= number < last:
            continue
        found = publishing().search(line.text[:SAID_CHARACTERS])
        if found and not is_others(page, page.elements[line.element]):
            text = line.text[found.start() : found.start() + DATE_CHARACTERS]
            yield Claim("published_at", text, "markup", SAID, text)
            return


def tags(page: Page, near: Sequence[Element], first: int, last: int) -> Iterator[Claim]:
    """Give the tags: links in an element named for them, links that say so themselves, links to pages of tags.

    Below the text the first lot of them is taken: lists of the whole site's topics come after it.
    """
    given, previous = 0, last
    for element in near:
        if element.tag != "a" or element.first < first - TAGS_ABOVE or element.names & names("author"):
            continue
        around = list(islice(page.above(element.number), HOLDERS + 1))
        said = "tag" in element.names or leads_to(element, "tags")
        if not (said or is_any(around[:HOLDERS], names("tags"))) or is_any(around, names("sharing")):
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


def is_any(elements: Iterable[Element], named: frozenset[str]) -> bool:
    """Say whether one of the elements is named so."""
    return any(not named.isdisjoint(element.names) for element in elements)


def label_of(page: Page, element: Element) -> str | None:
    """Give the label of a link to a tag's page, without its mark and the count of articles; None for any other link."""
    text = COUNT.sub("", HASH.sub("", page.text(element)))
    if (element.attributes.get("href") or "").startswith(NO_PAGE):
        return None
    return text if 1 < len(text) <= TAG_CHARACTERS and len(text.split()) <= TAG_WORDS else None


def is_menu(page: Page, element: Element, *, below: bool = False) -> bool:
    """Say whether an element stands in the page's own menu, head or foot, or in a list of other stories.

    `below` the text, pages put their tags into elements of navigation.
    """
    tagged, others = names("tags"), names("others")
    for above in page.above(element.number):
        if above.tag in INSIDE_ARTICLE:
            return False
        named = not above.names.isdisjoint(tagged)
        if not above.names.isdisjoint(others) and above.tag not in WHOLE_PAGE and not named:
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
