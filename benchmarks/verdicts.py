"""What measurements say: percentiles, what plans read, and whether each limit holds; all of it pure."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

MOST_P99: Final = 20.0
"""Milliseconds of the 99th percentile of a limited route, at the largest size."""
MOST_OVER: Final = 3.0
"""Milliseconds that HTTP may take beyond the statements, at the median."""
MOST_GROWTH: Final = 1.5
"""The 99th percentile of a limited route at the largest size over that at the smallest."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What one node of a plan reads: how, of which table, and the rows that it looked at."""

    kind: str
    table: str
    index: str | None
    rows: float


@dataclass(frozen=True, slots=True)
class Plan:
    """One statement of a route: Postgres's own milliseconds, 8 KB blocks touched, and the scans."""

    planning: float
    execution: float
    blocks: int
    scans: tuple[Scan, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Milliseconds of a route: over HTTP, and, for other parameters, over HTTP beside its statements sent alone."""

    articles: int
    route: str
    limited: bool
    median: float
    p99: float
    worst: float
    beside: float
    bare: float
    statements: int
    plans: tuple[tuple[Plan, ...], ...] = ()
    sequential: tuple[str, ...] = ()

    @property
    def over(self) -> float:
        """The milliseconds of HTTP beyond the statements."""
        return self.beside - self.bare


def percentile(found: Sequence[float], share: float) -> float:
    """Give the value that this share of all do not exceed (nearest rank)."""
    return sorted(found)[max(0, math.ceil(share * len(found)) - 1)]


def nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Give a plan's nodes."""
    yield node
    for child in node.get("Plans", []):
        yield from nodes(child)


def read_plan(explained: Mapping[str, Any]) -> Plan:
    """Read what `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)` says."""
    top = explained["Plan"]
    scans = [
        Scan(
            one["Node Type"],
            one.get("Relation Name", one.get("Index Name", "")),
            one.get("Index Name"),
            (one["Actual Rows"] + one.get("Rows Removed by Filter", 0)) * one["Actual Loops"],
        )
        for one in nodes(top)
        if "Relation Name" in one or one["Node Type"] == "Bitmap Index Scan"
    ]
    blocks = top["Shared Hit Blocks"] + top["Shared Read Blocks"]
    return Plan(explained["Planning Time"], explained["Execution Time"], blocks, tuple(scans))


def sequential(plans: Collection[Plan], big: Collection[str]) -> tuple[str, ...]:
    """Give the big tables that plans read from end to end, each once."""
    found = (scan for plan in plans for scan in plan.scans)
    return tuple(sorted({scan.table for scan in found if scan.kind == "Seq Scan" and scan.table in big}))


def told(plan: Plan) -> str:
    """Say what a statement reads in one line."""
    listed = dict.fromkeys(f"{scan.kind} `{scan.index or scan.table}` ({scan.rows:,.0f})" for scan in plan.scans)
    return f"{plan.planning:.1f} + {plan.execution:.1f} ms, {plan.blocks:,} blocks: {', '.join(listed)}"


def compared(small: Sequence[Figures], large: Sequence[Figures]) -> Iterator[str]:
    """Give a table of the routes at the smallest size and the largest, as `docs/queries.md` shows it."""
    before = {one.route: one for one in small}
    sizes = f"{small[0].articles:,}: median, p99 | {large[0].articles:,}: median, p99"
    yield f"| route | {sizes} | its SQL alone | HTTP over it | p99 grows |\n|---|---|---|---|---|---|"
    for one in large:
        old = before[one.route]
        yield (
            f"| {one.route} | {old.median:.1f}, {old.p99:.1f} | {one.median:.1f}, {one.p99:.1f} | {one.bare:.1f} | "
            f"{one.over:+.1f} | {one.p99 / old.p99:.1f} |"
        )


def verdict(limit: str, missed: Sequence[str], held: int) -> str:
    """Say whether a limit holds, and who misses it."""
    return f"{'MISSED' if missed else 'held'}: {limit}: " + (
        "; ".join(missed) if missed else f"by all of {held} routes"
    )


def verdicts(small: Sequence[Figures], large: Sequence[Figures]) -> Iterator[str]:
    """Give a line for each limit; `small` and `large` are all figures of the smallest size and the largest."""
    bound = [one for one in large if one.limited]
    slow = [f"{one.route} {one.p99:.1f} ms" for one in bound if one.p99 >= MOST_P99]
    yield verdict(f"p99 of topic pages, filtered pages and timelines under {MOST_P99:.0f} ms", slow, len(bound))
    over = [f"{one.route} {one.over:.1f} ms" for one in large if one.over > MOST_OVER]
    yield verdict(f"HTTP at most {MOST_OVER:.0f} ms over the statements at the median", over, len(large))
    before = {one.route: one.p99 for one in small}
    if small is not large:
        grown = [(one, one.p99 / before[one.route]) for one in large]
        for name, some in (("those routes", True), ("the others", False)):
            these = [(one.route, ratio) for one, ratio in grown if one.limited is some]
            missed = [f"{route} {ratio:.2f}" for route, ratio in these if ratio > MOST_GROWTH]
            yield verdict(f"p99 of {name} at most {MOST_GROWTH} times that of the smallest size", missed, len(these))
    read = [f"{one.route} {', '.join(one.sequential)}" for one in large if one.sequential]
    yield verdict("no sequential scan of a big table", read, len(large))
