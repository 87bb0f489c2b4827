"""The load: a process of its own that posts made-up articles over keep-alive connections, and counts what each answer said.

Requests are put together from ready pieces and answers are hardly parsed, so that it costs a tenth of what it measures; how many it
can send at most, `benchmarks/accept.py` measures against a bare ASGI application. wrk would cost less still, but cuts the requests
off that are on their way at the end, and then no one can say whether every answered article is stored.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final
from uuid import uuid4

import uvloop

from benchmarks.near_copies import Press
from benchmarks.verdicts import percentile

ARTICLE_BYTES: Final = 7_000
DIFFERENT: Final = 200
"""Texts that are made up; each request prints one of them under a number of its own, so that no two are alike."""
MARK: Final = 12
BATCH: Final = 500
"""Articles of one NDJSON body."""
LOCATION: Final = b"location: /v1/receipts/"


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent: where to, the kind of body, over how many connections, for how long; the warm-up is not counted."""

    port: int
    kind: str
    connections: int
    seconds: float
    warm_up: float
    receipts: str

    def arguments(self) -> list[str]:
        """Give it as a command line."""
        return [json.dumps([getattr(self, name) for name in self.__slots__])]


@dataclass(frozen=True, slots=True)
class Answers:
    """What came back: answers of 202 by all, those counted, requests a second and milliseconds of those, and its own CPU seconds."""

    accepted: int
    refused: int
    counted: int
    rate: float
    p50: float
    p99: float
    worst: float
    cpu: float


@cache
def articles() -> list[tuple[str, str]]:
    """Make up the texts: a headline that the request's number goes behind, and about 7 KB under it."""
    press = Press(3)
    made = []
    for number in range(DIFFERENT):
        lines = [f"By Maren Holt\n3 March 2025, 14:{number % 60:02d} CET\n"]
        while sum(map(len, lines)) < ARTICLE_BYTES - 150:
            lines.append(press.prose(60) + "\n")
        made.append((press.prose(8).rstrip("."), "\n".join(lines)[: ARTICLE_BYTES - 100].rstrip()))
    return made


def as_text(headline: str, text: str, mark: str) -> str:
    """Print an article as a scraper sends it."""
    return f"{headline} {mark}\n{text}\n"


def as_object(headline: str, text: str, mark: str) -> str:
    """Print an article as the article object."""
    stated = {
        "source": "harbour-post.example",
        "published_at": "2025-03-03T14:20:00+01:00",
        "topics": ["Ports", "Trade"],
    }
    return json.dumps({"title": f"{headline} {mark}", "content": text} | stated)


def requests(kind: str) -> list[tuple[bytes, ...]]:
    """Give requests in pieces between which their numbers go; `single` takes plain text and objects in turn."""
    made = articles()
    hole = "#" * MARK
    if kind == "ndjson":
        chance = random.Random(5)  # noqa: S311 - chance that can be repeated
        bodies = [
            ("application/x-ndjson", "\n".join(as_object(*one, hole) for one in chance.choices(made, k=BATCH)))
            for _ in range(4)
        ]
    else:
        bodies = [
            ("application/json", as_object(*one, hole)) if number % 2 else ("text/plain", as_text(*one, hole))
            for number, one in enumerate(made)
        ]
    return [
        tuple(
            f"POST /v1/articles HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {content_type}\r\n"
            f"Content-Length: {len(body.encode())}\r\n\r\n{body}".encode().split(hole.encode())
        )
        for content_type, body in bodies
    ]


class Connection(asyncio.Protocol):
    """One client: sends a request, takes its answer, sends the next, until the time is over."""

    def __init__(self, load: "Sender") -> None:
        self.load = load
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.answer = b""
        self.began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self.transport = transport
        self.send()

    def send(self) -> None:
        """Send a request; the last one was answered."""
        self.began = time.perf_counter()
        self.transport.write(self.load.next())  # type: ignore[attr-defined] # asyncio's transports of TCP write

    def data_received(self, data: bytes) -> None:
        """Take an answer, once it is whole."""
        self.answer = data if not self.answer else self.answer + data
        head = self.answer.find(b"\r\n\r\n")
        if head < 0:
            return
        place = self.answer.find(b"content-length: ") + 16
        if len(self.answer) < head + 4 + int(self.answer[place : self.answer.find(b"\r", place)]):
            return
        self.load.answered(self.answer, self.began)
        self.answer = b""
        if time.perf_counter() < self.load.until:
            self.send()
        else:
            self.transport.close()
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Say that the server went away, if it did."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("The server closed a connection."))


class Sender:
    """Numbers the requests and notes the answers of all connections."""

    def __init__(self, load: Load) -> None:
        self.requests = requests(load.kind)
        self.run = uuid4().hex[:4]
        self.sent = 0
        self.refused = 0
        self.receipts: list[bytes] = []
        self.times: list[tuple[float, float]] = []
        self.load = load
        self.until = self.counted_from = 0.0

    def next(self) -> bytes:
        """Give the next request."""
        self.sent += 1
        mark = f"{self.run}{self.sent:0{MARK - 4}d}".encode()
        return mark.join(self.requests[self.sent % len(self.requests)])

    def answered(self, answer: bytes, began: float) -> None:
        """Note an answer."""
        if answer[9:12] == b"202":
            place = answer.find(LOCATION) + len(LOCATION)
            self.receipts.append(answer[place : place + 36])
        else:
            self.refused += 1
        if began >= self.counted_from:
            self.times.append((time.perf_counter(), began))

    async def send(self) -> Answers:
        """Send for as long as it is told; every request is answered when it ends."""
        loop = asyncio.get_running_loop()
        self.counted_from = time.perf_counter() + self.load.warm_up
        self.until = self.counted_from + self.load.seconds
        make: Callable[[], Connection] = lambda: Connection(self)  # noqa: E731 - typed
        opened = [await loop.create_connection(make, "127.0.0.1", self.load.port) for _ in range(self.load.connections)]
        before = time.process_time()
        await asyncio.gather(*(connection.done for _, connection in opened))
        took = [(end - began) * 1000 for end, began in self.times]
        return Answers(
            len(self.receipts),
            self.refused,
            len(took),
            len(took) / (max(end for end, _ in self.times) - self.counted_from),
            percentile(took, 0.5),
            percentile(took, 0.99),
            max(took),
            time.process_time() - before,
        )


def main() -> None:
    """Send one load, print what came back as JSON, and leave the receipts' ids in a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "load", type=lambda given: Load(*json.loads(given)), help="the fields of a load, as a JSON list"
    )
    sender = Sender(parser.parse_args().load)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        answers = runner.run(sender.send())
    Path(sender.load.receipts).write_bytes(b"\n".join(sender.receipts))
    sys.stdout.write(json.dumps({name: getattr(answers, name) for name in Answers.__slots__}))


if __name__ == "__main__":
    main()
