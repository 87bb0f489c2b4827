"""Measures POST to queryable on an idle service: `python benchmarks/latency.py [--base-url URL] [--articles N]`.

One article after the other is posted with `Prefer: wait` and then asked for by a word of its headline; the ceiling beside it is a
request that the same service answers without touching its store, and one that only reads.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from uuid import uuid4

import httpx

SENTENCES = (
    "The harbour office of Port Ellery said on Monday that the northern quay stays open through the winter.",
    "Crews had asked for more light at the tide gates,and the office agreed after a week of talks.",
    "Two of the four gates were replaced last year.The others follow in the spring, if the weather lets them.",
    "Fishermen from the outer islands welcomed the plan, though some would have liked to see it sooner.",
)


def article(mark: str) -> str:
    """Give an article of about 7 KB that no other is like."""
    body = "\n\n".join(f"{sentence} Note {mark}-{number}." for number in range(15) for sentence in SENTENCES)
    return f"Quay stays open {mark}\nBy Maren Holt\n3 March 2025, 14:20 CET\n\n{body}\n\nThe plan covers:\nSubject {mark}: Light at the gates.\nTide gates: Two more of them.\n"


def timed(work: Callable[[], object], times: int) -> list[float]:
    """Give the milliseconds of each run, sorted."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        found.append((time.perf_counter() - began) * 1000)
    return sorted(found)


def line(name: str, found: list[float]) -> None:
    """Print one row."""
    print(f"{name:34s} median {statistics.median(found):8.2f} ms   p99 {found[int(len(found) * 0.99)]:8.2f} ms")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base-url", default="http://127.0.0.1:8000")
    parser.add_argument("--articles", type=int, default=300)
    options = parser.parse_args()
    with httpx.Client(base_url=options.base_url, timeout=60) as client:

        def post_and_ask() -> None:
            mark = uuid4().hex[:10]
            headers = {"Content-Type": "text/plain", "Prefer": "wait=30"}
            answer = client.post("/v1/articles", content=article(mark), headers=headers)
            page = client.get(f"/v1/articles?q={mark}").json()
            assert [item["id"] for item in page["items"]] == [answer.json()["items"][0]["article_id"]]  # noqa: S101

        timed(post_and_ask, 20)
        line("POST to found by its words", timed(post_and_ask, options.articles))
        line(
            "of which: the pipeline (/v1/extract)",
            timed(
                lambda: client.post(
                    "/v1/extract", content=article(uuid4().hex[:10]), headers={"Content-Type": "text/plain"}
                ),
                options.articles,
            ),
        )
        line("a read (/v1/articles?limit=1)", timed(lambda: client.get("/v1/articles?limit=1"), options.articles))
        line("nothing (/livez)", timed(lambda: client.get("/livez"), options.articles))


if __name__ == "__main__":
    main()
