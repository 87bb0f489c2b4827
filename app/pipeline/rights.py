"""Reads under which rights an article is printed: the copyright and licence lines at its end, or what the sender states.

Running text about copyright is no notice: a line must hold a fixed formula ("all rights reserved"), a © or the word with
a year, or say of the text itself whose it is or what may be done with it.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from app.pipeline.article import Evidence, Line, Outline, Reading
from app.pipeline.prose import ends_sentence, size
from app.pipeline.vocabulary import vocabulary

ABOVE = 4
"""Lines before the body in which a notice may stand, the headline's among them."""
INSIDE = 3
"""Last lines of the body that may be notices."""
BELOW = 15
LAST_LINES = 20
LOOKED_AT = 600
NEAR = 60
"""Characters within which a notice begins where the line is part of the body, and a text speaks of itself."""
MOST_WORDS = 60
MOST_WORDS_OF_FOOTER = 160
"""Where a line begins with the notice, a site's whole legal footer may follow on it."""
CREDIT_WORDS = 6
LONGEST = 2_000
DATED = re.compile(
    r"(?:©|\(c\)|\bcopyrights?\b|&copy;)[\s©:,.(c)–-]{0,8}(?:by\s)?(?:[a-z]{3}\s)?(?:19|20)\d\d"
    r"|\bcopyrights?\s?(?:©|\(c\)|:\s|by\s)"
)
"""A sign of copyright with a year, or the word with the sign; on folded text."""
SIGNED = re.compile(r"^\W{0,2}(?:©|\(c\))\s?[^\W\d_]")
OTHERS_SITE = 0.7
NEAREST = 0.9


@cache
def phrases(kind: str) -> re.Pattern[str]:
    """Give the pattern of one kind of phrases, in all languages."""
    found = {phrase for words in vocabulary("rights")[kind].values() for phrase in words}
    return re.compile("|".join(map(re.escape, sorted(found))))


def is_notice(text: str, *, inside: bool) -> bool:
    """Say whether a line says whose the text is; inside the body only if the line begins with it."""
    folded = text[:LOOKED_AT].casefold()
    found = formula(folded)
    if found is None or size(text) > (MOST_WORDS_OF_FOOTER if found < 4 else MOST_WORDS):
        return False
    return not inside or found <= NEAR


def formula(folded: str) -> int | None:
    """Give where a line's notice begins; None where it has none."""
    places = [found.start() for found in (phrases("reserved").search(folded),) if found]
    bare = folded.lstrip(" \"'“„«([*–—-")
    if phrases("starts").match(bare):
        places.append(0)
    itself = phrases("texts").search(folded[:NEAR])
    if itself and phrases("claims").search(folded, itself.start()):
        places.append(itself.start())
    dated = DATED.search(folded)
    if dated and not phrases("pictures").search(folded):
        places.append(dated.start())
    return min(places, default=None)


def is_signature(line: Line, outline: Outline, last: int) -> bool:
    """Say whether a line at the very end is a bare "© Name"; farther up that is a picture's."""
    text = line.text[:LOOKED_AT]
    return (
        line.number >= max(outline.end, last - CREDIT_WORDS)
        and SIGNED.match(text) is not None
        and size(text) <= CREDIT_WORDS
        and "/" not in text
        and not ends_sentence(text)
        and phrases("pictures").search(text.casefold()) is None
    )


def places(count: int, outline: Outline) -> Iterator[int]:
    """Give the numbers of the lines that may be notices: just above the body, at its end, and at the end of the text."""
    top = outline.start if outline.headline is None else outline.headline
    near = {
        *range(max(0, top - ABOVE), outline.start),
        *range(max(outline.start, outline.end - INSIDE), outline.end + BELOW),
    }
    yield from sorted(
        number for number in near | {*range(max(outline.end, count - LAST_LINES), count)} if number < count
    )


def read(lines: Sequence[Line], outline: Outline) -> Reading:
    """Read the notices around the body, lines that follow one another joined; the one nearest to its end is the surest."""
    runs: list[list[int]] = []
    for number in places(len(lines), outline):
        line = lines[number]
        above, inside = number < outline.start, outline.start <= number < outline.end
        if above and DATED.search(line.text[:LOOKED_AT].casefold()):
            continue  # a picture's, or a site's, but not the text's
        if is_notice(line.text, inside=inside) or is_signature(line, outline, len(lines) - 1):
            if runs and runs[-1][-1] == number - 1:
                runs[-1].append(number)
            else:
                runs.append([number])
    below = [run for run in runs if run[-1] >= outline.start]
    nearest = below[0] if below else runs[0] if runs else None
    evidence = []
    for run in runs:
        value = " ".join(lines[number].text for number in run)[:LONGEST]
        sure = NEAREST if run is nearest else OTHERS_SITE
        evidence.append(Evidence("rights", value, "text.footer", value[:200], sure))
    return Reading(tuple(evidence), frozenset(number for run in runs for number in run))


def stated(rights: str | None) -> tuple[Evidence, ...]:
    """Take what the sender states."""
    text = (rights or "").strip()[:LONGEST]
    return (Evidence("rights", text, "sender", text[:200], 1.0),) if text else ()
