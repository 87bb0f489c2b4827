"""Tells the log of a trouble that lasts: when it begins, ever more rarely while it goes on, and when it is over."""

import time

import structlog

log = structlog.get_logger()

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 10.0
CALM_SECONDS = 60.0
"""A failure so long after the last one begins another trouble, also where nobody tells that the first was over."""


class Outage:
    """One trouble of one loop: counts its failures in a row, and gives the pause before the next try."""

    def __init__(self, event: str) -> None:
        self.event = event
        self.failures = 0
        self.began = self.last = 0.0

    def failed(self, error: BaseException) -> float:
        """Know of a failure, log it if it is the first, second, fourth, eighth…; give the seconds to wait, 1 to 10."""
        now = time.monotonic()
        if self.failures == 0 or now - self.last > CALM_SECONDS:
            self.failures, self.began = 0, now
        self.failures, self.last = self.failures + 1, now
        if self.failures & (self.failures - 1) == 0:
            log.warning(
                self.event,
                error=str(getattr(error, "orig", None) or error),
                kind=type(error).__name__,
                failures=self.failures,
            )
        return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self.failures - 1, 10))

    def over(self) -> None:
        """Know of a success; logged where it ends a trouble."""
        if self.failures:
            seconds = round(time.monotonic() - self.began, 1)
            log.warning("trouble_over", was=self.event, failures=self.failures, seconds=seconds)
            self.failures = 0
