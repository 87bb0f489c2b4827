"""When a failed submission is tried again: pure, so that it can be read and tested as a table."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential pauses: `base` seconds, doubled with each failure, at most `cap`; none after `most` failures."""

    base: float
    cap: float
    most: int


def pause(policy: RetryPolicy, failures: int, spread: float) -> timedelta | None:
    """Give the pause after the nth failure (from 1), or None to give up.

    `spread`, 0 to 1, shortens it by up to a fifth, so that submissions that failed together do not all come back
    together.
    """
    if failures >= policy.most:
        return None
    doubled = policy.base * 2.0 ** min(failures - 1, 60)
    return timedelta(seconds=min(policy.cap, doubled) * (1 - 0.2 * spread))
