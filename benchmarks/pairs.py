"""Reads texts and the file of which of them are near-copies, or makes both."""

import csv
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.pipeline.likeness import shingles
from benchmarks.near_copies import near_copies

Pair = tuple[str, str]
LEAST: Final = 0.3
"""Overlap down to which the made collection's pairs are counted out."""


@dataclass(frozen=True, slots=True)
class Collection:
    """Texts by name, which pairs are near-copies and by how much, and which story each tells where that is known."""

    texts: Mapping[str, str]
    pairs: Mapping[Pair, float | None]
    stories: Mapping[str, str] | None = None


def pair(a: str, b: str) -> Pair:
    """Name a pair, whichever of the two comes first."""
    return (a, b) if a < b else (b, a)


def texts_of(folder: Path) -> dict[str, str]:
    """Read the texts of a folder and of those below; ends where two have one name, as a pair could mean either."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*.txt")):
        if path.stem in found:
            raise SystemExit(f"Two texts are called {path.stem}; rename one: {path}")
        found[path.stem] = path.read_text("utf-8", "replace")
    return found


def rows_of(lines: Sequence[str]) -> Iterator[list[str]]:
    """Give the values of each line of a file of pairs, in whichever form it is."""
    kept = [line for line in lines if line.strip() and not line.startswith("#")]
    if kept and kept[0].lstrip().startswith(("{", "[")):
        for line in kept:
            found = json.loads(line)
            values = [*(found.values() if isinstance(found, dict) else found)]
            yield [str(value) for value in sorted(values, key=lambda value: not isinstance(value, str))]
        return
    yield from csv.reader(kept, delimiter="\t" if kept and "\t" in kept[0] else ",", skipinitialspace=True)


def pairs_of(path: Path, texts: Mapping[str, str]) -> dict[Pair, float | None]:
    """Read the pairs of a file; lines that name no two of the texts are counted and told of."""
    found: dict[Pair, float | None] = {}
    unknown = 0
    for row in rows_of(path.read_text("utf-8-sig").splitlines()):
        names = [Path(name.strip()).name.removesuffix(".txt") for name in row[:2]]
        if len(names) < 2 or not all(name in texts for name in names):
            unknown += 1
            continue
        number = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%?\s*", row[2]) if len(row) > 2 else None
        overlap = None if number is None else float(number[1])
        found[pair(*names)] = overlap if overlap is None or overlap <= 1 else overlap / 100
    if unknown:
        print(f"{unknown} lines of {path} name no two of the texts (one is its header, perhaps)")
    return found


def counted_out(texts: Mapping[str, str]) -> dict[Pair, float | None]:
    """Count for every pair of texts all the shingles that both have; no key has a part in it."""
    sets = {name: shingles(text) for name, text in texts.items()}
    holders: defaultdict[int, list[str]] = defaultdict(list)
    found: dict[Pair, float | None] = {}
    for name, own in sets.items():
        shared: Counter[str] = Counter(other for shingle in own for other in holders[shingle])
        for shingle in own:
            holders[shingle].append(name)
        for other, count in shared.items():
            overlap = count / (len(own) + len(sets[other]) - count)
            if overlap >= LEAST:
                found[pair(name, other)] = overlap
    return found


def collection_of(folder: Path | None, pairs: Path | None, articles: int) -> Collection:
    """Read the collection that is named, or make one."""
    if folder is None or pairs is None:
        made = near_copies(articles)
        return Collection(made.texts, counted_out(made.texts), made.stories)
    texts = texts_of(folder)
    return Collection(texts, pairs_of(pairs, texts))
