"""Measures how near-copies are found, beside datasketch's MinHashLSH: `python benchmarks/stories.py FOLDER PAIRS`; needs `pip install datasketch`.

FOLDER holds texts (`*.txt`, also in folders below; the name without ending is the text's), PAIRS names two of them a line that
are near-copies, parted by tabs or commas, or as JSON lines (a list, or an object whose first two strings are the names); a
third value is how much of their five-word sequences they share (Jaccard), of 1 or of 100. Lines that begin with `#` and a
header are passed over. Without arguments a collection is made, and its overlaps are counted out.

Both sides take the same shingles, and compare what they find exactly. A pair counts as found where it overlaps by `--at` (0.5
and 0.7 where overlaps are given, else 0.5), and is right where PAIRS has it; one that PAIRS has with less overlap counts neither way.
Documents a second are those of the whole way: shingles, signature, look-up, comparison, insertion. `--postgres` measures look-up and
insertion in Postgres too, also among `--stored` articles that are there already.
"""

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from app.pipeline.likeness import (
    REWRITE,
    SAMPLED,
    likeness,
    look_up_keys,
    promising,
    shingles,
    tied,
    wording,
)
from app.processes import collect_rarely
from benchmarks.pairs import Collection, Pair, collection_of, pair
from benchmarks.story_keys import in_postgres

ROUNDS: Final = 3
"""Both sides are timed so often, in turns; the best time counts."""
NEWEST: Final = 256
"""Texts that one key gives, as in the store; there are fewer there, as one of a story's articles is enough."""
PERMUTATIONS: Final = 128


@dataclass(frozen=True, slots=True)
class Matched:
    """The pairs that one side compared, with their overlap, and how many seconds the whole took."""

    overlaps: Mapping[Pair, float]
    seconds: float


def candidates(
    texts: Mapping[str, str], sets: dict[str, frozenset[int]], at: float = REWRITE
) -> Iterator[tuple[str, list[str]]]:
    """Give for each text those before it that may overlap so much; keeps the shingles of each in `sets`."""
    least = SAMPLED / contained(REWRITE) * contained(at)
    holders: defaultdict[int, list[str]] = defaultdict(list)
    keys: dict[str, tuple[int, ...]] = {}
    for name, text in texts.items():
        own = sets[name] = shingles(text)
        mine = keys[name] = look_up_keys(own)
        shared: Counter[str] = Counter()
        for key in mine:
            held = holders[key]
            if held:
                shared.update(held[-NEWEST:])
            held.append(name)
        yield name, [other for other, count in shared.items() if promising(mine, keys[other], count, least)]


def contained(resemblance: float) -> float:
    """Give the least containment that two texts of a resemblance have: that of texts equally long."""
    return 2 * resemblance / (1 + resemblance)


def ours_at(at: float) -> Callable[[Mapping[str, str]], Matched]:
    """Give our side for one threshold: look-up by keys, the newest texts of each, as the store does."""

    def match(texts: Mapping[str, str]) -> Matched:
        began = time.process_time()
        sets: dict[str, frozenset[int]] = {}
        overlaps = {}
        for name, others in candidates(texts, sets, at):
            for other in others:
                overlaps[pair(name, other)] = likeness(sets[name], sets[other]).resemblance
        return Matched(overlaps, time.process_time() - began)

    return match


def datasketch_at(at: float) -> Callable[[Mapping[str, str]], Matched]:
    """Give the peer at its best for one threshold: MinHashLSH of 128 permutations, fed the same shingles."""
    try:
        from datasketch import MinHash, MinHashLSH  # noqa: PLC0415 - of the benchmark alone
    except ImportError:
        raise SystemExit("The peer is missing: pip install datasketch") from None

    def low(number: int) -> int:
        return number & 0xFFFFFFFF  # a hash of 32 bits, for less than its own hash function takes

    def match(texts: Mapping[str, str]) -> Matched:
        began = time.process_time()
        sets: dict[str, frozenset[int]] = {}
        index: Any = MinHashLSH(threshold=at, num_perm=PERMUTATIONS)
        overlaps = {}
        for name, text in texts.items():
            own = sets[name] = shingles(text)
            signature = MinHash(num_perm=PERMUTATIONS, hashfunc=low)
            signature.update_batch(own)
            for other in index.query(signature):
                overlaps[pair(name, other)] = likeness(own, sets[other]).resemblance
            index.insert(name, signature)
        return Matched(overlaps, time.process_time() - began)

    return match


def timed(texts: Mapping[str, str], sides: Mapping[str, Callable[[Mapping[str, str]], Matched]]) -> dict[str, Matched]:
    """Run all sides in turns; give what each found, with its best time."""
    collect_rarely()  # as the processes do that extract
    best: dict[str, Matched] = {}
    for _ in range(ROUNDS):
        for name, match in sides.items():
            made = match(texts)
            if name not in best or made.seconds < best[name].seconds:
                best[name] = made
    return best


def verdict(name: str, found: set[Pair], pairs: Mapping[Pair, float | None], at: float) -> str:
    """Give a side's line: pairs found, precision, recall and F1 in per cent."""
    true = {names for names, overlap in pairs.items() if overlap is None or overlap >= at}
    right, wrong = len(found & true), len([names for names in found if names not in pairs])
    precision = right / (right + wrong) if right else 0.0
    recall = right / len(true) if true else 0.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return f"{name:22} {right:8} {wrong:6} {100 * precision:10.2f} {100 * recall:8.2f} {100 * f1:7.2f}"


def ties(collection: Collection) -> Iterator[str]:
    """Say which pairs are tied as one story: of those listed, and of texts that tell different stories."""
    read = {name: wording(text) for name, text in collection.texts.items()}
    rules: Counter[str] = Counter()
    found = set()
    for name, others in candidates(collection.texts, {}):
        for other in others:
            if (tie := tied(read[name], read[other])) is not None:
                found.add(pair(name, other))
                rules[tie.rule] += 1
    yield "ties: " + ", ".join(f"{count} {rule}" for rule, count in rules.most_common())
    if (stories := collection.stories) is None:
        unlisted = sum(names not in collection.pairs for names in found)
        yield f"  {len(found & set(collection.pairs))} of {len(collection.pairs)} listed pairs, {unlisted} that are not listed"
        return
    same = {(a, b) for a, b in combinations(sorted(read), 2) if stories[a] == stories[b]}
    half = {names for names in same if (collection.pairs.get(names) or 0) >= REWRITE}
    wrong = Counter(" and ".join(sorted({kind(stories[a]), kind(stories[b])})) for a, b in found - same)
    yield (
        f"  {len(found & half)} of {len(half)} pairs of one story that overlap by {REWRITE} or more, {len(found & same)} of "
        f"all {len(same)}; {wrong.total()} of different stories {dict(wrong) or ''}"
    )


def kind(story: str) -> str:
    """Give what a made story is, without its number."""
    return story.rstrip("0123456789")


def compare(collection: Collection, thresholds: Sequence[float]) -> float:
    """Measure both sides at each threshold and print the table; give our documents a second."""
    count = len(collection.texts)
    words = sum(len(text.split()) for text in collection.texts.values()) / max(1, count)
    print(f"{count} texts of {words:.0f} words, {len(collection.pairs)} pairs")
    speed = 0.0
    for at in thresholds:
        print(f"\nat {at}:{'':15} {'right':>8} {'wrong':>6} {'precision':>10} {'recall':>8} {'F1':>7} {'docs/s':>8}")
        matched = timed(collection.texts, {"dateline": ours_at(at), "datasketch": datasketch_at(at)})
        for name, found in matched.items():
            alike = {names for names, overlap in found.overlaps.items() if overlap >= at}
            line = verdict(name, alike, collection.pairs, at)
            print(f"{line} {count / found.seconds:8.0f}   compared {len(found.overlaps)} pairs")
        speed = count / matched["dateline"].seconds
        print(
            f"dateline takes {matched['datasketch'].seconds / matched['dateline'].seconds:.1f} times as many a second"
        )
    print("\n" + "\n".join(ties(collection)))
    return speed


def main() -> None:
    """Compare, and measure Postgres where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("pairs", nargs="?", type=Path)
    parser.add_argument("--at", type=float, action="append", help="overlap from which a pair counts; repeat for more")
    parser.add_argument("--articles", type=int, default=6_000, help="texts of the collection that is made")
    parser.add_argument("--postgres", metavar="URL|embedded", help="a Postgres to measure too")
    parser.add_argument("--stored", default="100000,1000000", help="articles stored there already, parted by commas")
    options = parser.parse_args()
    if (options.folder is None) != (options.pairs is None):
        parser.error("Name both the folder and the file of pairs, or none.")
    collection = collection_of(options.folder, options.pairs, options.articles)
    overlaps = any(overlap is not None for overlap in collection.pairs.values())
    speed = compare(collection, options.at or ([0.5, 0.7] if overlaps else [0.5]))
    if options.postgres:
        in_postgres(
            options.postgres,
            [*collection.texts.values()],
            speed,
            [int(size) for size in options.stored.split(",") if size],
        )


if __name__ == "__main__":
    main()
