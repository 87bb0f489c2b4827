"""The room that is left in the queue: what intake refuses above the high-water mark, and when to come back.

Each lane has a mark of its own. Over it a sender is refused who has his share of the queue already; who has less goes on
to be taken for a quarter of the mark more, so that a flood closes the door to whoever sends it and to nobody else.
"""

import asyncio
import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import Counter as Counted
from prometheus_client import Gauge
from sqlalchemy import text

from app.db import STORE_ERRORS, Database
from app.errors import Unavailable
from app.metrics import REGISTRY
from app.outage import Outage
from app.queue.turns import LANES, Lane

LOOK_SECONDS: Final = 1.0
LOW_WATER: Final = 0.8
"""A lane that was closed opens again below this share of its mark."""
RESERVE: Final = 1.25
"""How far above the mark the queue may be filled by senders who have less than their share."""
RATE_SECONDS: Final = 10
"""The time over which the rate is taken at which workers end submissions."""
SHORTEST_WAIT, LONGEST_WAIT = 1, 120
"""Bounds of Retry-After, in seconds; the longest is said where nothing was ended lately."""

DEPTHS: Final = text(
    "SELECT lane, count(*) AS depth FROM (SELECT lane FROM submissions WHERE state = 'queued' LIMIT :most) AS queued "
    "GROUP BY lane"
)
HELD: Final = text(
    """
    SELECT coalesce(nullif(sender, ''), source, '') AS party, count(*) AS held FROM submissions
    WHERE state = 'queued' AND lane = :lane GROUP BY 1 ORDER BY 2 DESC LIMIT 1000
    """
)
ENDED: Final = text(
    """
    SELECT lane, count(*) AS ended FROM submissions
    WHERE body IS NOT NULL AND finished_at > clock_timestamp() - make_interval(secs => :seconds) GROUP BY lane
    """
)
CLOSED = Gauge(
    "dateline_intake_closed", "1 while a lane's queue is over its high-water mark", ["lane"], registry=REGISTRY
)
REFUSED = Counted(
    "dateline_intake_refused", "Submissions refused as the queue was over its mark", ["lane"], registry=REGISTRY
)


@dataclass(slots=True)
class Seen:
    """What the last look saw of a lane, and what this process let in since.

    `settled` are those among them that are committed, or were not; `rate` is submissions ended a second.
    """

    depth: int = 0
    rate: float = 0.0
    held: dict[str, int] = field(default_factory=dict)
    since: Counter[str] = field(default_factory=Counter)
    settled: Counter[str] = field(default_factory=Counter)
    closed: bool = False

    def filled(self) -> int:
        """Give how many are queued, as far as this process knows."""
        return self.depth + self.since.total()

    def of(self, party: str) -> int:
        """Give how many a sender has queued."""
        return self.held.get(party, 0) + self.since[party]


class Room:
    """The room of every lane; `watch` must be running for what others take and workers end to be seen."""

    def __init__(self, database: Database, high_water: int) -> None:
        self.database = database
        self.high_water = high_water
        self.lanes: dict[Lane, Seen] = {lane: Seen() for lane in LANES}

    def closed(self) -> list[Lane]:
        """Give the lanes that are over their mark."""
        return [lane for lane, seen in self.lanes.items() if seen.closed]

    def admit(self, lane: Lane, party: str) -> None:
        """Let a submission in; raises Unavailable, with the time after which there will be room at the present rate."""
        seen = self.lanes[lane]
        if seen.filled() > self.high_water:
            seen.closed = True
        if not seen.closed:
            return
        parties = len(seen.held.keys() | seen.since.keys()) or 1
        share = LOW_WATER * self.high_water / parties
        if seen.filled() > RESERVE * self.high_water:
            wait = wait_for(seen.filled() - LOW_WATER * self.high_water, seen.rate)
        elif seen.of(party) >= share:
            wait = wait_for(seen.of(party) - share, seen.rate / parties)
        else:
            return
        REFUSED.labels(lane).inc()
        whose = "The queue" if lane == "live" else "The queue of the backfill"
        raise Unavailable(f"{whose} is over its high-water mark; come back in {wait} seconds.", retry_after=wait)

    @contextmanager
    def admitted(self, lane: Lane, party: str) -> Iterator[None]:
        """Let a submission in, and count it from now on, so that no flood is overlooked between two looks.

        One that ends while a look is under way may count twice until the next; none counts as nothing.
        """
        self.admit(lane, party)
        seen = self.lanes[lane]
        seen.since[party] += 1
        try:
            yield
        finally:
            seen.settled[party] += 1

    async def watch(self) -> None:
        """Look every second how full the lanes are."""
        outage = Outage("queue_depth_unknown")
        while True:
            try:
                await self.look()
            except STORE_ERRORS as error:
                outage.failed(error)
            else:
                outage.over()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """See how full the lanes are, and where one is nearly full, by whom."""
        before = {lane: seen.settled.copy() for lane, seen in self.lanes.items()}
        most = math.ceil(len(LANES) * RESERVE * self.high_water) + 1
        async with self.database.reading() as connection:
            depths = {row.lane: row.depth for row in await connection.execute(DEPTHS, {"most": most})}
            ended = {row.lane: row.ended for row in await connection.execute(ENDED, {"seconds": RATE_SECONDS})}
            held: dict[Lane, dict[str, int]] = {}
            for lane in LANES:
                if depths.get(lane, 0) > LOW_WATER * self.high_water:
                    held[lane] = {row.party: row.held for row in await connection.execute(HELD, {"lane": lane})}
        for lane, seen in self.lanes.items():
            seen.since -= before[lane]
            seen.settled -= before[lane]
            seen.depth, seen.held = depths.get(lane, 0), held.get(lane, {})
            seen.rate = ended.get(lane, 0) / RATE_SECONDS
            seen.closed = seen.filled() > self.high_water * (LOW_WATER if seen.closed else 1)
            CLOSED.labels(lane).set(seen.closed)


def wait_for(number: float, rate: float) -> int:
    """Give the seconds until so many are ended at a rate, within bounds."""
    seconds = number / rate if rate else LONGEST_WAIT
    return max(SHORTEST_WAIT, min(LONGEST_WAIT, math.ceil(seconds)))
