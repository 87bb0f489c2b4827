"""Compares two versions of a text sentence by sentence; pure, and bounded however long or repetitive they are.

    common ends ─▶ anchors: sentences that both have once, in order ─▶ difflib between two anchors, while it is cheap

difflib alone is cubic on texts that repeat themselves. What is left between two anchors when the effort is spent counts
as replaced: still a true account of the change, only not the shortest.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain
from typing import Final, Literal

from app.pipeline.sentences import Sentence, sentences

Op = Literal["equal", "removed", "added", "elided"]
EFFORT: Final = 5_000_000
"""Steps that difflib may take for one comparison in the worst case: about two seconds."""
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Hunk:
    """A run of sentences that stay, go or come; of `elided` ones, which stay too, only how many there are is told."""

    op: Op
    sentences: int
    text: str | None


@dataclass(slots=True)
class Effort:
    """The steps that are left."""

    left: int = EFFORT


def diff(before: str, after: str, context: int) -> list[Hunk]:
    """Give what changed in order, with `context` sentences around each change; nothing where no sentence did.

    What goes stands before what comes in its place. Gaps between sentences are those of their own version.
    """
    old, new = sentences(before), sentences(after)
    runs = list(runs_of(old, new, common([one.text for one in old], [one.text for one in new])))
    if all(op == "equal" for op, _ in runs):
        return []
    parts = (
        elided(found, context if number else 0, context if number < len(runs) - 1 else 0)
        if op == "equal"
        else [Hunk(op, len(found), joined(found))]
        for number, (op, found) in enumerate(runs)
    )
    return list(chain.from_iterable(parts))


def runs_of(
    old: Sequence[Sentence], new: Sequence[Sentence], pairs: Sequence[Pair]
) -> Iterator[tuple[Op, list[Sentence]]]:
    """Cut both versions into runs; what stays is as the new one has it."""
    stayed: list[Sentence] = []
    i = j = 0
    for x, y in [*pairs, (len(old), len(new))]:
        if x > i or y > j:
            changes: tuple[tuple[Op, list[Sentence]], ...] = (
                ("equal", stayed), ("removed", list(old[i:x])), ("added", list(new[j:y])),
            )  # fmt: skip
            yield from (run for run in changes if run[1])
            stayed = []
        stayed += new[y : y + 1]
        i, j = x + 1, y + 1
    if stayed:
        yield "equal", stayed


def elided(found: Sequence[Sentence], head: int, tail: int) -> list[Hunk]:
    """Give a run that stays, cut to so many sentences at its two ends."""
    cut = len(found) - head - tail
    if cut <= 0:
        return [Hunk("equal", len(found), joined(found))]
    ends = found[:head], found[len(found) - tail :]
    first, last = ([Hunk("equal", len(end), joined(end))] if end else [] for end in ends)
    return [*first, Hunk("elided", cut, None), *last]


def joined(found: Sequence[Sentence]) -> str:
    """Give a run's text."""
    return "".join(one.text if number == 0 else one.gap + one.text for number, one in enumerate(found))


def common(a: Sequence[str], b: Sequence[str]) -> list[Pair]:
    """Give the places of what two sequences have in common, in order, each place once."""
    head, tail = ends(a, b)
    last = len(a) - tail, len(b) - tail
    effort = Effort()
    found = [(place, place) for place in range(head)]
    done = head, head
    for anchor in [*anchors(a[head : last[0]], b[head : last[1]], head), last]:
        found += between(a, b, done, anchor, effort)
        if anchor != last:
            found.append(anchor)
        done = anchor[0] + 1, anchor[1] + 1
    return [*found, *((last[0] + place, last[1] + place) for place in range(tail))]


def ends(a: Sequence[str], b: Sequence[str]) -> Pair:
    """Give how many elements two sequences have in common at their beginnings and at their ends."""
    most = min(len(a), len(b))
    head = next((place for place in range(most) if a[place] != b[place]), most)
    most -= head
    tail = next((place for place in range(most) if a[-1 - place] != b[-1 - place]), most)
    return head, tail


def anchors(a: Sequence[str], b: Sequence[str], shift: int) -> list[Pair]:
    """Give the longest row of elements that both have once and in the same order (patience sorting)."""
    times = Counter(a), Counter(b)
    there = {one: place for place, one in enumerate(b) if times[1][one] == 1}
    piles: list[int] = []
    tops: list[int] = []
    behind: list[int] = []
    shared = [(place, there[one]) for place, one in enumerate(a) if times[0][one] == 1 and one in there]
    for number, (_, place) in enumerate(shared):
        pile = bisect_left(piles, place)
        behind.append(tops[pile - 1] if pile else -1)
        piles[pile : pile + 1] = [place]
        tops[pile : pile + 1] = [number]
    row: list[Pair] = []
    at = tops[-1] if tops else -1
    while at >= 0:
        row.append((shared[at][0] + shift, shared[at][1] + shift))
        at = behind[at]
    return row[::-1]


def between(a: Sequence[str], b: Sequence[str], start: Pair, end: Pair, effort: Effort) -> list[Pair]:
    """Give what is common between two anchors: at both ends always, in the middle as far as the effort goes."""
    left, right = a[start[0] : end[0]], b[start[1] : end[1]]
    if not left or not right:
        return []
    head, tail = ends(left, right)
    found = [(start[0] + place, start[1] + place) for place in range(head)]
    found += inside(
        left[head : len(left) - tail], right[head : len(right) - tail], (start[0] + head, start[1] + head), effort
    )
    return [*found, *((end[0] - tail + place, end[1] - tail + place) for place in range(tail))]


def inside(left: Sequence[str], right: Sequence[str], shift: Pair, effort: Effort) -> list[Pair]:
    """Give what difflib finds in common, if its worst case costs no more than the effort that is left."""
    times = Counter(right)
    equal = sum(times[one] for one in left)
    cost = (equal + len(left) + len(right)) * (min(len(left), len(right)) + 1)
    if not equal or cost > effort.left:
        return []
    effort.left -= cost
    blocks = SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
    return [(shift[0] + i + n, shift[1] + j + n) for i, j, size in blocks for n in range(size)]
