"""Measures reading pages beside trafilatura: `python benchmarks/extraction.py FOLDER [--json OUT]`; needs `pip install trafilatura lxml_html_clean`.

FOLDER holds HTML pages (`*.html`, gzipped if they like). Each reader runs in a process of its own, one page at a time, over
the same pages in the same order: ours through the reader and the whole pipeline (language, structure, topics, evidence),
trafilatura through `bare_extraction` with metadata. CPU seconds are counted. Then pages are read by ours until `--many`
are, and the process's memory is looked at on the way: it must stay flat.
"""

import argparse
import gzip
import json
import multiprocessing
import resource
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from typing import Any

ROUNDS = 3
MEGABYTE = 1024


def ours() -> Callable[[bytes], object]:
    """Give this project's reader and pipeline."""
    from app.formats.read import read  # noqa: PLC0415 - each reader is loaded in its own process alone
    from app.formats.unreadable import Unreadable  # noqa: PLC0415
    from app.pipeline.article import Stated  # noqa: PLC0415
    from app.pipeline.run import process  # noqa: PLC0415
    from app.processes import collect_rarely  # noqa: PLC0415

    now = datetime.now(UTC)
    collect_rarely()  # as the processes do that extract

    def extract(page: bytes) -> object:
        try:
            return [process(item, now) for item in read(page, "text/html", Stated(), max_items=100)]
        except Unreadable as error:
            return error

    return extract


def trafilatura() -> Callable[[bytes], object]:
    """Give trafilatura with its dates and metadata."""
    from trafilatura import bare_extraction  # noqa: PLC0415

    def extract(page: bytes) -> object:
        return bare_extraction(page, with_metadata=True)

    return extract


READERS = {"dateline": ours, "trafilatura": trafilatura}


def pages_of(folder: Path) -> list[bytes]:
    """Give the pages of a folder, in the order of their names."""
    found = sorted(path for path in folder.rglob("*") if path.name.endswith((".html", ".html.gz", ".htm")))
    read = [path.read_bytes() for path in found]
    return [gzip.decompress(page) if page[:2] == b"\x1f\x8b" else page for page in read]


def measure(name: str, folder: Path) -> dict[str, float]:
    """Give milliseconds of CPU a page (the best of three rounds for each) and pages a second."""
    pages, extract = pages_of(folder), READERS[name]()
    for page in pages[:5]:
        extract(page)
    best = [float("inf")] * len(pages)
    for _ in range(ROUNDS):
        for number, page in enumerate(pages):
            began = time.process_time()
            extract(page)
            best[number] = min(best[number], (time.process_time() - began) * 1000)
    ordered = sorted(best)
    return {
        "pages": len(pages),
        "pages_a_second": 1000 * len(pages) / sum(best),
        "median_ms": statistics.median(ordered),
        "p95_ms": ordered[int(len(ordered) * 0.95)],
    }


def memory(folder: Path, many: int) -> dict[str, float]:
    """Give the process's largest memory after a tenth of many pages, and after all of them, in megabytes."""
    pages, extract = pages_of(folder), ours()
    seen = {}
    for number, page in enumerate(islice(cycle(pages), many), 1):
        extract(page)
        if number in {many // 10, many}:
            seen[f"after_{number}"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE
    return seen


def in_process(work: Callable[..., dict[str, float]], *arguments: Any) -> dict[str, float]:
    """Run work in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def main() -> None:
    """Run both, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--many", type=int, default=10_000, help="pages that memory is watched over")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    figures: dict[str, Any] = {name: in_process(measure, name, options.folder) for name in READERS}
    print(f"{'':12} {'pages/s':>9} {'median ms':>10} {'p95 ms':>8}")
    for name, found in figures.items():
        print(f"{name:12} {found['pages_a_second']:9.1f} {found['median_ms']:10.1f} {found['p95_ms']:8.1f}")
    ratio = figures["dateline"]["pages_a_second"] / figures["trafilatura"]["pages_a_second"]
    print(f"dateline reads {ratio:.1f} times as many pages a second")
    figures["ratio"] = ratio
    if options.many:
        figures["memory_mb"] = in_process(memory, options.folder, options.many)
        print("largest memory:", ", ".join(f"{name} {size:.0f} MB" for name, size in figures["memory_mb"].items()))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
