"""Senders whose items broke extraction lately: what they have queued is worked on apart, where nobody else waits for it.

An item that hangs costs its time limit, some times over; who sends one may have sent thousands. A worker remembers for
itself whom it has met: the first costs others one time limit, the rest nothing.
"""

import time
from collections.abc import Callable
from typing import Final

SECONDS: Final = 300.0
"""How long a sender stays apart after the last of its items that broke extraction."""
MOST: Final = 1000
"""Senders that are remembered; the one that was met longest ago is forgotten first."""


class Suspects:
    """The senders that are apart, by the numbers that take turns at the queue."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.until: dict[int, float] = {}

    def accuse(self, party: int) -> bool:
        """Set a sender apart from now on; say whether it is new there."""
        new = party not in self.parties()
        self.until.pop(party, None)
        self.until[party] = self.clock() + SECONDS
        if len(self.until) > MOST:
            del self.until[next(iter(self.until))]
        return new

    def parties(self) -> list[int]:
        """Give those who are apart now."""
        now = self.clock()
        self.until = {party: until for party, until in self.until.items() if until > now}
        return list(self.until)
