"""Spans of time in logarithmic buckets, eight to a doubling: any quantile of them is known to within 4.5 %.

A bucket `b` holds spans of `2 ** (b / 8)` seconds up to the next, and is told as its middle (of the logarithms); bucket
-1 holds what is shorter than a second, and is told as 0. A month is bucket 170, so a histogram is a few rows.
"""

import math
from collections.abc import Mapping
from typing import Final

TO_A_DOUBLING: Final = 8
SHORTEST: Final = -1
"""The bucket of spans of less than a second."""


def bucket_sql(span: str) -> str:
    """Give the SQL of the bucket that an interval, as an SQL expression, falls into."""
    seconds = f"extract(epoch FROM {span})::float8"
    return (
        f"CASE WHEN {seconds} < 1 THEN {SHORTEST} ELSE floor({TO_A_DOUBLING} * ln({seconds}) / ln(2::float8))::int END"
    )


def told(bucket: int) -> float:
    """Give the seconds that a bucket stands for."""
    return 0.0 if bucket == SHORTEST else math.pow(2, (bucket + 0.5) / TO_A_DOUBLING)


def longest(bucket: int) -> float:
    """Give the seconds at which a bucket ends."""
    return math.pow(2, (bucket + 1) / TO_A_DOUBLING)


def bucket_at(histogram: Mapping[int, int], rank: int) -> int:
    """Give the bucket of the span with this rank, the shortest being 1; there are that many."""
    seen = 0
    for bucket, number in sorted(histogram.items()):
        seen += number
        if seen >= rank:
            return bucket
    message = f"There are {seen} spans, and none has rank {rank}."
    raise ValueError(message)


def quantile(histogram: Mapping[int, int], share: float) -> int | None:
    """Give the whole seconds that this share of the spans does not exceed; None where there are no spans."""
    total = sum(histogram.values())
    return round(told(bucket_at(histogram, max(1, math.ceil(share * total))))) if total else None
