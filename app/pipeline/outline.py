"""Finds where in a scraped text the article stands: its headline, and the first and last line of running text."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from app.pipeline.article import Line, Outline
from app.pipeline.counters import moves
from app.pipeline.dates import DATE
from app.pipeline.furniture import is_furniture
from app.pipeline.names import is_person, until_role
from app.pipeline.prose import ends_sentence, is_lead_in, is_long, is_prose, sentences, size, split_label, strip_bullet

PROSE_CAP = 60
"""Words that one line of running text counts at most, so that no single line decides."""
FRAGMENT_COST = 5
"""What a line that is no running text costs: the dense stretch is the article, menus and teasers are not."""
GAP_LINES = 10
GAP_WORDS = 12
SENTENCE_WORDS = 3
"""A sentence as short as this belongs to the running text beside it, though it is not enough to begin an article."""
LEAD_IN_WORDS = 4
ANNOUNCED_LINES = 60
HEADLINE_REACH = 25
HEADLINE_WORDS = 3
MOST_HEADLINE_WORDS = 26
BYLINE_REACH = 8
TEXT_BEFORE = 2
"""Lines of running text (captions, a teaser) that may stand before a headline."""
ENOUGH = 4.0
CLEARLY = 0.9
"""By how much a later line must beat an earlier one: kickers, standfirsts and captions look like headlines, and come after."""
CREDIT = re.compile(
    r"©|\((?:Foto|Photo|Bild|Image|Picture|AP|AFP|Getty|Reuters)|(?:AFP|EFE|AP|Reuters|dpa|Getty)\s?/|/\s?(?:AFP|AP|EFE|dpa|Getty|Reuters)\b|\.(?:AFP|EFE|AP)$",
    re.IGNORECASE,
)
BYLINE = re.compile(
    r"^(?:[Bb]y|[Vv]on|[Pp]ar|[Pp]or|[Dd]oor|[Aa]v|[Aa]f|Di|Autor\w*|Author\w*|Text)(?:\s?:|\s+[A-ZÀ-Þ]|$|(?=[A-Z]))"
)


def lines(text: str) -> tuple[Line, ...]:
    """Cut a text into its non-blank lines."""
    found: list[Line] = []
    gap = False
    for raw in text.split("\n"):
        if stripped := raw.strip():
            found.append(Line(len(found), stripped, gap))
            gap = False
        else:
            gap = True
    return tuple(found)


def outline(of: Sequence[Line]) -> Outline:
    """Find the stretch of lines that holds most running text and least else, and the headline that goes with it."""
    weighed = list(weights(of))
    start, end = bridged(weighed, *densest(weighed))
    end = with_last_line(of, with_list(of, end))
    found = headline(of, start)
    return Outline(found, start if found is None else max(start, found + 1), end)


def weights(of: Sequence[Line]) -> Iterator[int]:
    """Weigh the lines one after the other; what a lead-in announces costs next to nothing, as it is the article's own."""
    announced = 0
    for line in of:
        value = weight(line.text)
        if is_lead_in(line.text) and size(line.text) >= LEAD_IN_WORDS:
            announced = ANNOUNCED_LINES
        elif value > 0:
            announced = 0
        elif announced and not is_furniture(line.text):
            announced -= 1
            value = 0
        yield value


def weight(text: str) -> int:
    """Weigh a line: running text for the article, anything else against it; items and labels for neither."""
    if is_furniture(text):
        return -FRAGMENT_COST
    if is_prose(text):
        return min(size(text), PROSE_CAP)
    if ends_sentence(text) and size(text) >= SENTENCE_WORDS:
        return 1
    if strip_bullet(text) is not None or split_label(text) is not None:
        return -1
    return -FRAGMENT_COST


def densest(weights: Sequence[int]) -> tuple[int, int]:
    """Give the stretch with the largest sum (Kadane's algorithm); nothing but empty where no line is running text."""
    best, best_start, best_end = 0, 0, len(weights)
    total, start = 0, 0
    for number, value in enumerate(weights):
        if total <= 0:
            total, start = 0, number
        total += value
        if total > best:
            best, best_start, best_end = total, start, number + 1
    return best_start, best_end


def bridged(weighed: Sequence[int], start: int, end: int) -> tuple[int, int]:
    """Draw running text on the other side of a short gap in: a table or a few headings may outweigh a paragraph."""
    for number in range(start - 1, max(-1, start - 1 - GAP_LINES), -1):
        if weighed[number] >= GAP_WORDS:
            start = number
    for number in range(end, min(len(weighed), end + GAP_LINES)):
        if weighed[number] >= GAP_WORDS:
            end = number + 1
    return start, end


def with_list(of: Sequence[Line], end: int) -> int:
    """Draw the list or table that the last running text announces, or that follows as items, into the body."""
    announced = end > 0 and is_lead_in(of[end - 1].text)
    while end < len(of):
        text = of[end].text
        item = strip_bullet(text) is not None or "|" in text or "\t" in text
        if is_furniture(text) or not (item or (announced and not is_long(text))):
            break
        end += 1
    return end


def with_last_line(of: Sequence[Line], end: int) -> int:
    """Draw in a single line behind the running text, with which the whole text ends ("Final score: 2-1", "12 dead").

    What stands around an article are many lines. A signature, a credit and a date are read where they are.
    """
    if end != len(of) - 1 or end == 0 or not is_prose(of[end - 1].text):
        return end
    text = of[end].text
    apart = (
        is_furniture(text)
        or moves(text)
        or CREDIT.search(text)
        or BYLINE.match(text)
        or DATE.search(text)
        or names_somebody(text)
    )
    return end if apart else end + 1


def headline(of: Sequence[Line], start: int) -> int | None:
    """Find the headline: the line near the body's beginning for which most speaks (see `speaks_for`).

    Captions and standfirsts may look like the body's beginning, so lines after it count too, if a date or a byline
    follows them or they are printed twice: the lead of an article that begins without a headline is never passed over.
    """
    first = max(0, start - HEADLINE_REACH)
    window = [line.text for line in of[first : start + HEADLINE_REACH]]
    repeated = {text for text, count in Counter(window).items() if count > 1}
    best: tuple[float, int] | None = None
    text_lines = 0
    for place, text in enumerate(window):
        number = first + place
        if text_lines > TEXT_BEFORE:
            break
        if is_headline_like(text):
            score = speaks_for(window, place, repeated=text in repeated, before=number < start)
            if score >= ENOUGH and (best is None or score >= best[0] + CLEARLY):
                best = score, number
        text_lines += is_prose(text) and number >= start
    return best[1] if best else None


def is_headline_like(text: str) -> bool:
    """Say whether a line can be a headline at all; questions and quotations can, though they end as sentences do."""
    words = size(text)
    return (
        HEADLINE_WORDS <= words <= MOST_HEADLINE_WORDS
        and len(text) <= 220
        and not text.endswith((".", ",", ";", "…", "。"))
        and sentences(text) <= 3
        and not is_lead_in(text)
        and not is_furniture(text)
        and not is_trail(text)
        and strip_bullet(text) is None
        and CREDIT.search(text) is None
        and BYLINE.match(text) is None
        and DATE.search(text) is None
        and not (words <= 4 and any(character.isdigit() for character in text))
        and not names_somebody(text)
    )


def names_somebody(text: str) -> bool:
    """Say whether a line is a person's name, perhaps with a role."""
    return is_person(" ".join(until_role(text.split())))


def speaks_for(window: Sequence[str], place: int, *, repeated: bool, before: bool) -> float:
    """Weigh a headline: 3 for its length, 3 for being printed twice, 2 for a date or byline and 1 for running text soon
    after it. One that comes after running text must be signed or repeated.
    """
    after = [text for text in window[place + 1 : place + 1 + 3 * BYLINE_REACH] if not is_furniture(text)][:BYLINE_REACH]
    signed = any(size(text) <= 16 and (DATE.search(text) or BYLINE.match(text)) for text in after)
    if not before and not (repeated or signed):
        return 0.0
    usual = 5 <= size(window[place]) <= 18
    return 2.0 + usual + 3 * repeated + 2 * signed + any(map(is_prose, after))


def is_trail(text: str) -> bool:
    """Say whether a line is a trail of links ("Home » News » Africa") or a label with a value."""
    if any(mark in text for mark in (" » ", " › ", " / ", " > ", "|")):
        return True
    return split_label(text) is not None and size(text) < 4
