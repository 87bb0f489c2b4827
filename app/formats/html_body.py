"""Finds the article among the lines of a page: the element that holds most of its running text, without what is beside it.

Lines of running text weigh as much as they are long, and nothing where they are links. From the top of the page down, the article is in the element that keeps most of that weight.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate

from app.formats.html_page import Element, Page, TextLine
from app.formats.markup import INLINE
from app.pipeline.vocabulary import vocabulary

LONG_LINE = 45
"""Characters from which a line is running text, if it is not mostly links."""
MOST_WEIGHT = 800
LINKED = 0.45
KEPT = 0.62
"""Share of the weight that an element keeps when it is entered from the one around it."""
HELD = 0.3
"""Share of the page's weight from which an element is no boilerplate, whatever it is named."""
HELD_BY_TAG = 0.7
"""The same where its tag says so, which is meant more often."""
ASIDE = frozenset({"nav", "aside", "footer", "form", "button", "dialog", "figure", "figcaption", "address"})
PARTS = INLINE | {"p", "li", "blockquote", "td", "h1", "h2", "h3", "h4", "dd", "pre"}
"""Elements that are a part of an article, and never hold one."""
SENTENCE = re.compile(r"[.!?…。！？؟।:][\"'”’»)\]]*$")


@dataclass(frozen=True, slots=True)
class Body:
    """Where the article stands: its element, those of its elements that are none of it, and its first and last line."""

    element: Element
    skipped: frozenset[int]
    first: int
    last: int


@cache
def names(kind: str) -> frozenset[str]:
    """Give the words by which pages name elements of a kind."""
    return frozenset(vocabulary("html")["names"][kind])


def weight(line: TextLine) -> float:
    """Give how much a line says for its surroundings being the article."""
    size = len(line.text)
    if size < LONG_LINE or line.linked > LINKED * size:
        return 0
    return min(size, MOST_WEIGHT) * (1 if SENTENCE.search(line.text) else 0.5)


@lru_cache(maxsize=20_000)
def named_aside(tag: str, given: frozenset[str]) -> bool:
    """Say whether an element of that tag and those names is one beside an article; pages repeat a few a thousand times."""
    if tag in {"body", "main", "article", "p", "h1"}:
        return False
    return not given.isdisjoint(names("boilerplate")) and given.isdisjoint(names("not_boilerplate"))


def find(page: Page) -> Body | None:
    """Find the article; None where the page holds no running text."""
    if not page.elements:
        return None
    inside = [weight(line) for line in page.lines]
    asides = beside(page, sums(inside))
    kept = [0.0 if asides[line.element] else size for line, size in zip(page.lines, inside, strict=True)]
    if not any(kept):
        kept, asides = inside, [False] * len(page.elements)
    if not any(kept):
        return None
    return trimmed(page, descend(page, sums(kept)), asides, kept)


def sums(values: Sequence[float]) -> list[float]:
    """Give running sums, so that an element's own is one difference."""
    return [0, *accumulate(values)]


def of(element: Element, weights: Sequence[float]) -> float:
    """Give the weight inside an element."""
    return weights[element.last] - weights[element.first]


def beside(page: Page, weights: Sequence[float]) -> list[bool]:
    """Say of each element whether it, or one around it, is beside the article.

    Its name says so, unless it holds so much of the page's text that the name must mean something else.
    """
    found: list[bool] = []
    for element in page.elements:
        if element.first == element.last or (element.parent >= 0 and found[element.parent]):
            found.append(element.first < element.last)  # one without lines is never asked for
            continue
        held = of(element, weights)
        if element.tag in ASIDE:
            own = held <= HELD_BY_TAG * weights[-1]
        else:
            sure = not element.names.isdisjoint(names("comments"))
            own = named_aside(element.tag, element.names) and (sure or held <= HELD * weights[-1])
        found.append(own)
    return found


def descend(page: Page, weights: Sequence[float]) -> Element:
    """Go from the page's top to the innermost element that keeps most of the weight."""
    here = page.elements[0]
    while True:
        best = max(children(page, here), key=lambda child: of(child, weights), default=None)
        if (
            best is None
            or best.tag in PARTS
            or best.last - best.first < 2
            or of(best, weights) < KEPT * of(here, weights)
        ):
            return here
        here = best


def children(page: Page, element: Element) -> Iterator[Element]:
    """Give the elements right inside an element."""
    number = element.number + 1
    while number < element.end:
        child = page.elements[number]
        yield child
        number = child.end


def trimmed(page: Page, chosen: Element, asides: Sequence[bool], inside: Sequence[float]) -> Body:
    """Leave out what is beside the article inside its element, before its first and after its last running text."""
    lines = page.lines
    running = [number for number in range(chosen.first, chosen.last) if inside[number] > 0]
    first, last = (running[0], running[-1] + 1) if running else (chosen.first, chosen.last)
    dropped = {
        number
        for number in range(chosen.first, chosen.last)
        if not first <= number < last or asides[lines[number].element] or is_link_line(lines[number])
    }
    skipped = {
        element.node.mem_id
        for element in page.elements[chosen.number + 1 : chosen.end]
        if element.first < element.last and all(number in dropped for number in range(element.first, element.last))
    }
    return Body(chosen, frozenset(skipped), first, last)


def is_link_line(line: TextLine) -> bool:
    """Say whether a line is nothing but links, or a link after a word, as menus and lists of other stories are."""
    share = line.linked / len(line.text)
    return len(line.text) < 300 and (share > 0.8 or (share > 0.5 and not SENTENCE.search(line.text)))
