"""How like two texts are in their wording, under which keys one finds the other, and whether they tell the same story.

Texts are compared by their shingles (Broder 1997), all sequences of five words. The keys are the smallest hashes of
those, more of them for longer texts: a sample that every text takes alike. So texts that share much share keys, also where
one is only a part of the other, which bands of MinHash do not see; `benchmarks/stories.py` measures it.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from heapq import nsmallest
from itertools import groupby
from typing import Final, Literal

from xxhash import xxh3_64_intdigest

from app.pipeline.slug import SEPARATORS, SIGNED, UNSEEN, WORD

READ: Final = 100_000
"""Characters of a text that count, some 15,000 words: longer than any report, and compared within a tenth of a second."""
WINDOW: Final = 5
"""Words of a shingle: fewer are common phrases, more lose rewritten texts."""
SPAN: Final = 3
"""Characters that stand for a word where none are parted; five such words span seven characters."""
OPENING: Final = 50
"""Words of a text's opening: a text has only one, however many others it contains."""
CACHED: Final = 64
"""Bytes of a piece of text up to which its words are remembered."""
FEWEST: Final = 8
"""Shingles, of twelve words, below which a text says too little to be known by."""
FEWEST_KEYS: Final = 16
"""At half the shingles shared, one pair of 65,000 shares none of sixteen keys."""
MOST_KEYS: Final = 64
A_KEY_FOR: Final = 20
"""Shingles for each key of a longer text, so that a short text is found again in it."""
SAMPLED: Final = 0.35
"""Share of the smaller text's keys from which on two texts are compared; those that are tied share 0.6 of their shingles, and a
sample of sixteen strays by 0.12."""
FEWEST_SHARED: Final = 2
"""Keys; one is shared by many for a phrase of five words."""
ASCII_WORDS: Final = bytes(
    ord(chr(code).lower()) if code < 128 and chr(code).isalnum() else 32 if code < 128 else code for code in range(256)
)
"""Small letters for capitals, spaces for marks; other bytes stay as they are."""
UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u0f00-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]+"
)
"""Thai, Lao, Burmese, Khmer, kana and Han, which part no words."""
NEVER_UNSPACED: Final = bytes({*range(256)} - {0xE0, 0xE1, *range(0xE3, 0xEA), 0xEF, 0xF0})
"""Bytes that begin none of those letters in UTF-8, nor their compatibility forms."""
FIGURE: Final = re.compile(r"\d")

COPY: Final = 0.8
REWRITE: Final = 0.45
"""Resemblance of a rewrite; of many texts that do not overlap, no text resembles more than two as much."""
WITHIN: Final = 0.8
"""Share of the smaller text that is found in the larger one where that extends it."""
LONGER: Final = 0.85
"""Size of the smaller text, of that of the larger, below which it is cut or the other extended; else both are rewritten."""
MOSTLY: Final = 0.5
"""Share of the larger text that is shared where it extends the smaller, so that a roundup extends none of its parts."""
BEGUN: Final = 0.35
"""That share where both texts begin alike: a roundup begins with one of its parts only, and not with a third of it."""
BEGINS: Final = 0.4
"""Share of the opening that is the same where both begin alike; datelines and a changed first sentence take the rest."""
PASSAGE: Final = 32
"""Shingles that must be shared where less than `SURE` is alike: brief texts share as much with one agency's disclaimer."""
SURE: Final = 0.7
OTHER_FIGURES: Final = 0.6
"""Share of the common wording around figures that states other figures, from which on it is a form filled in again (weather, shares, a
lottery); an update of the same text keeps most of its figures."""
FEW_FIGURES: Final = 8
"""Shingles with other figures up to which they are one or two places, which may be an update."""

Rule = Literal["copy", "rewrite", "extended"]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much two sets of shingles share: of both together, of the smaller one, and how many."""

    resemblance: float
    containment: float
    shared: int

    @property
    def of_larger(self) -> float:
        """The share of the larger set."""
        if not self.shared:
            return 0.0
        smaller = self.shared / self.containment
        return self.shared / (self.shared / self.resemblance + self.shared - smaller)


@dataclass(frozen=True, slots=True)
class Tie:
    """Why two texts tell the same story, and how like they are, from 0 to 1."""

    rule: Rule
    score: float


@dataclass(frozen=True, slots=True)
class Filled:
    """In how many shingles two texts state figures in the same words, and in how many of those they are other figures."""

    places: int
    other: int


@dataclass(frozen=True, slots=True)
class Wording:
    """What of a text is compared: all its shingles, those of its opening, those with figures, and those with any in their place."""

    shingles: frozenset[int]
    opening: frozenset[int]
    figures: frozenset[int]
    form: frozenset[int]


def shingles(text: str) -> frozenset[int]:
    """Give the hashes (64 bits, the same on every machine) of all five-word sequences in the first 100,000 characters.

    Case, punctuation, spaces and compatibility forms make no difference. A text of fewer than five words is one shingle.
    """
    return hashed(words(text))


def wording(text: str) -> Wording:
    """Give all that of a text is compared, for those texts that share a key."""
    found = words(text)
    return Wording(hashed(found), hashed(found[:OPENING]), *form_of(found))


def form_of(found: Sequence[bytes]) -> tuple[frozenset[int], frozenset[int]]:
    """Hash the sequences of five words with figures among them, as they are and with any in their place.

    Figures side by side are one word.
    """
    places = [place for place, word in enumerate(found) if not word.isalpha() and FIGURE.search(word.decode())]
    stated: list[bytes] = []
    blank: list[bytes] = []
    starts: set[int] = set()
    read = 0
    for place in places:
        between = found[read:place]
        if between or not blank:
            stated += between
            blank += between
            starts.update(range(max(0, len(stated) - WINDOW + 1), len(stated) + 1))
            stated.append(found[place])
            blank.append(b"0")
        else:
            stated[-1] += b" " + found[place]
        read = place + 1
    rest = found[read : read + WINDOW - 1]  # what follows is in no sequence with figures
    return windows_at([*stated, *rest], starts), windows_at([*blank, *rest], starts)


def windows_at(found: Sequence[bytes], starts: Iterable[int]) -> frozenset[int]:
    """Hash the sequences of five words that begin at these places, as far as there are five."""
    last = len(found) - WINDOW
    return frozenset(xxh3_64_intdigest(b" ".join(found[start : start + WINDOW])) for start in starts if start <= last)


def hashed(found: Sequence[bytes]) -> frozenset[int]:
    """Hash every sequence of five words."""
    if len(found) < WINDOW:
        return frozenset(xxh3_64_intdigest(b" ".join(found)) for _ in found[:1])
    windows = zip(*(found[place:] for place in range(WINDOW)), strict=False)
    return frozenset(map(xxh3_64_intdigest, map(b" ".join, windows)))


def words(text: str) -> list[bytes]:
    """Give the words of a text as they are compared."""
    written = text[:READ].encode("utf-8", "replace")
    pieces = written.translate(ASCII_WORDS).split()
    if written.isascii():
        return pieces
    found: list[bytes] = []
    for piece in pieces:
        if piece.isascii():
            found.append(piece)
        else:
            found += remembered(piece) if len(piece) <= CACHED else folded(piece)
    return stretched(found) if written.translate(None, NEVER_UNSPACED) else found


def folded(piece: bytes) -> tuple[bytes, ...]:
    """Give the words of a piece between spaces or marks that has letters or marks beyond ASCII."""
    once = unicodedata.normalize("NFKC", UNSEEN.sub("", piece.decode()))
    plain = unicodedata.normalize("NFKC", once.casefold())
    parted = SEPARATORS.sub(" ", plain).split() if SIGNED.search(plain) else WORD.findall(plain)
    return tuple(word.encode() for word in parted)


remembered = lru_cache(maxsize=32_768)(folded)
"""The same, for short pieces: most words of a language come again."""


def stretched(found: Sequence[bytes]) -> list[bytes]:
    """Give words with runs of unspaced letters, over spaces and marks, as one word for each letter and its next two."""
    parted = [part for word in found for part in parted_scripts(word.decode())]
    made: list[bytes] = []
    for unspaced, run in groupby(parted, key=lambda part: UNSPACED.match(part) is not None):
        if unspaced:
            letters = "".join(run)
            made += [letters[place : place + SPAN].encode() for place in range(max(1, len(letters) - SPAN + 1))]
        else:
            made += [word.encode() for word in run]
    return made


def parted_scripts(word: str) -> list[str]:
    """Part a word where letters of a script without spaces meet others."""
    return UNSPACED.sub(lambda run: f" {run[0]} ", word).split()


def look_up_keys(found: frozenset[int]) -> tuple[int, ...]:
    """Give the keys, signed 64-bit integers in order, some of which two texts that are like share; none under twelve words.

    They are the smallest hashes: one for 20 shingles, but 16 to 64 as far as there are so many.
    """
    if len(found) < FEWEST:
        return ()
    count = min(MOST_KEYS, max(FEWEST_KEYS, len(found) // A_KEY_FOR))
    bound = (2 * count << 64) // len(found)  # twice as many as needed: most texts need no sorting of all
    few = [number for number in found if number < bound]
    smallest = sorted(few)[:count] if len(few) >= count else nsmallest(count, found)
    return tuple(number - (1 << 63) for number in smallest)


def promising(a: Sequence[int], b: Sequence[int], shared: int, least: float = SAMPLED) -> bool:
    """Say by their keys alone, and how many they share, whether two texts may be tied; most that meet share a frame or a phrase.

    Keys up to where those of both reach are a sample of both texts; `least` is the share of the smaller one's that must
    be the other's too.
    """
    if shared < FEWEST_SHARED:
        return False
    mine, others = (len(a), bisect_right(b, a[-1])) if a[-1] < b[-1] else (bisect_right(a, b[-1]), len(b))
    return shared >= least * min(mine, others)


def likeness(a: frozenset[int], b: frozenset[int]) -> Likeness:
    """Compare two sets of shingles; nothing is like an empty one."""
    shared = len(a & b)
    if not shared:
        return Likeness(0.0, 0.0, 0)
    return Likeness(shared / (len(a) + len(b) - shared), shared / min(len(a), len(b)), shared)


def tied(a: Wording, b: Wording) -> Tie | None:
    """Decide whether two texts tell the same story; their order makes no difference."""
    found = likeness(a.shingles, b.shingles)
    if found.of_larger <= BEGUN:  # which no rule allows, and most texts that are compared are so
        return None
    places = len(a.form & b.form)
    filled = Filled(places, max(0, places - len(a.figures & b.figures)))
    return tie(found, likeness(a.opening, b.opening), filled)


def tie(found: Likeness, opening: Likeness | None = None, filled: Filled | None = None) -> Tie | None:
    """Decide whether two texts tell the same story, by how like they and their openings are, and by the figures they state.

    What is not given is taken for no evidence: without an opening, a short text is not tied to one more than twice as
    long; without figures, a form filled in again passes for a rewrite.
    """
    if found.shared < FEWEST or (found.resemblance < SURE and found.shared < PASSAGE):
        return None
    if filled is not None and filled.other > max(FEW_FIGURES, OTHER_FIGURES * filled.places):
        return None
    rule = rule_of(found, alike=opening is not None and opening.containment >= BEGINS)
    return None if rule is None else Tie(rule, (found.resemblance + found.containment) / 2)


def rule_of(found: Likeness, *, alike: bool) -> Rule | None:
    """Give the rule by which texts of this likeness are tied; `alike` says that both begin alike."""
    if found.resemblance >= COPY:
        return "copy"
    if found.containment >= WITHIN and found.of_larger < LONGER * found.containment:
        return "extended" if found.of_larger > (BEGUN if alike else MOSTLY) else None
    return "rewrite" if found.resemblance >= REWRITE else None
