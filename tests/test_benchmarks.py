"""What the benchmark of queries says of its measurements: limits that are missed are named, sequential scans are found."""

import random
from dataclasses import replace

import pytest

from benchmarks.routes import Route, routes
from benchmarks.verdicts import Figures, compared, percentile, read_plan, sequential, told, verdicts

FAST = Figures(1_000, "a page", limited=True, median=2.0, p99=4.0, worst=5.0, beside=3.0, bare=1.0, statements=1)
OTHER = replace(FAST, route="a list", limited=False, p99=50.0)
EXPLAINED = {
    "Planning Time": 0.2,
    "Execution Time": 1.5,
    "Plan": {
        "Node Type": "Limit", "Actual Rows": 5, "Actual Loops": 1, "Shared Hit Blocks": 7, "Shared Read Blocks": 2,
        "Plans": [
            {"Node Type": "Index Scan", "Relation Name": "topics", "Index Name": "pk_topics", "Actual Rows": 1, "Actual Loops": 5},
            {"Node Type": "Seq Scan", "Relation Name": "articles", "Actual Rows": 5, "Rows Removed by Filter": 90, "Actual Loops": 1},
            {"Node Type": "Seq Scan", "Relation Name": "source_boilerplate", "Actual Rows": 3, "Actual Loops": 1},
        ],
    },
}  # fmt: skip


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert percentile([float(n) for n in range(1, 101)], 0.99) == 99
    assert percentile([3.0, 1.0], 0.99) == 3
    assert percentile([2.0], 0.5) == 2


def test_a_plan_is_read_with_the_rows_that_each_scan_looked_at() -> None:
    plan = read_plan(EXPLAINED)
    assert told(plan) == (
        "0.2 + 1.5 ms, 9 blocks: Index Scan `pk_topics` (5), Seq Scan `articles` (95), Seq Scan `source_boilerplate` (3)"
    )
    assert sequential([plan], {"articles", "topics"}) == ("articles",)


def test_limits_that_hold_are_told_so() -> None:
    lines = list(verdicts([FAST, OTHER], [FAST, OTHER]))
    assert [line.split(":")[0] for line in lines] == ["held"] * 5


def test_sizes_stand_side_by_side() -> None:
    larger = replace(FAST, articles=10_000, median=3.0, p99=6.0)
    [head, row] = compared([FAST, OTHER], [larger])
    assert head.startswith("| route | 1,000: median, p99 | 10,000: median, p99 |")
    assert row == "| a page | 2.0, 4.0 | 3.0, 6.0 | 1.0 | +2.0 | 1.5 |"


@pytest.mark.parametrize(
    ("changed", "limit"),
    [
        (replace(FAST, p99=20.0), "p99 of topic pages"),
        (replace(FAST, p99=6.1), "p99 of those routes"),
        (replace(FAST, beside=4.2), "HTTP at most"),
        (replace(FAST, sequential=("articles",)), "no sequential scan"),
    ],
    ids=str,
)
def test_a_limit_that_is_missed_names_the_route(changed: Figures, limit: str) -> None:
    missed = [line for line in verdicts([FAST, OTHER], [changed, OTHER]) if line.startswith("MISSED")]
    assert any(limit in line and "a page" in line for line in missed)


def test_paths_are_others_each_time_as_far_as_there_are_any() -> None:
    chance = random.Random(1)
    assert len(set(Route("", lambda c: f"/{c.randrange(40)}").paths(chance, 40))) >= 35
    assert Route("", lambda _: "/same").paths(chance, 3) == ["/same"] * 3
    assert len({path for route in routes(100) for path in route.paths(chance, 2)}) >= len(routes(100))
