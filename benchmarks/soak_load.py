"""The load of a soak: senders that post distinct, marked articles in every way that intake knows, and readers beside them.

What was answered, and what was not, is written down for the audit.
"""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

import httpx

SITE: Final = "https://soak.example/"
SOURCES: Final = tuple(f"paper-{number}.example" for number in range(6))
TOPICS: Final = ("Ports", "Ferries", "Tides", "Lighthouses", "Cranes", "Fishing quotas", "Quay walls", "Pilots")
AUTHORS: Final = ("Maren Holt", "Tomas Lind", "Ida Brekke", "Owen Sharp", "Lena Falk")
SYLLABLES: Final = (
    "ka",
    "lo",
    "mi",
    "ten",
    "ra",
    "vos",
    "pel",
    "und",
    "sor",
    "ti",
    "gra",
    "hem",
    "nu",
    "del",
    "fa",
    "wick",
)
WORDS: Final = tuple(one + two + three for one in SYLLABLES for two in SYLLABLES for three in SYLLABLES[:4])
READS: Final = (
    "/v1/articles?limit=20", "/v1/topics?limit=20", "/v1/topics/ports/articles?limit=10", "/v1/sources", "/v1/authors",
    "/v1/stories?limit=5", "/v1/changes?since=0&limit=50", "/v1/topics/ports/timeline?bucket=day", "/readyz", "/metrics",
)  # fmt: skip
SECONDS: Final = 40.0
"""How long a client waits for an answer; the service is to say no earlier than that."""
PAUSE: Final = 0.1
TRY_SECONDS: Final = 150.0
"""For how long a request under an Idempotency-Key is sent again."""


@dataclass(slots=True)
class Ledger:
    """What a soak's senders were told."""

    accepted: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """The articles of each receipt that was answered."""
    unanswered: set[int] = field(default_factory=set)
    """Articles that were sent once and not accepted, or whose answer was lost: there once at most."""
    refused: set[int] = field(default_factory=set)
    """Those of them whose request was answered, with 503."""
    doubled_keys: list[str] = field(default_factory=list)
    """Idempotency-Keys that were answered with two receipts."""
    given_up: list[str] = field(default_factory=list)
    """Idempotency-Keys that never got an answer."""
    answers: Counter[str] = field(default_factory=Counter)
    """How often each status, or failure of the connection, was met."""
    odd: list[str] = field(default_factory=list)
    """Answers that the contract does not know here."""
    slowest: float = 0.0
    """Seconds of the slowest answer that came."""

    def took(self, receipt_id: str, numbers: tuple[int, ...]) -> None:
        """Write down that a receipt was answered."""
        self.accepted[receipt_id] = numbers


def an_article(number: int) -> dict[str, Any]:
    """Give an article that no other is like, found again by its URL."""
    chance = random.Random(number)  # noqa: S311 - no secret
    sentences = [" ".join(chance.choices(WORDS, k=12)).capitalize() + "." for _ in range(8)]
    return {
        "url": f"{SITE}{number}",
        "source": chance.choice(SOURCES),
        "title": f"Report {number} from {chance.choice(WORDS)}",
        "authors": [chance.choice(AUTHORS)],
        "topics": chance.sample(TOPICS, 2),
        "published_at": f"2026-03-{number % 28 + 1:02d}T{number % 24:02d}:00:00Z",
        "content": "\n\n".join(sentences),
    }


@dataclass(frozen=True, slots=True)
class Post:
    """One request: its body, and the articles in it."""

    numbers: tuple[int, ...]
    body: str
    headers: dict[str, str]


def a_post(numbers: "count[int]", chance: random.Random) -> Post:
    """Make up the next request: one article, several, one that is waited for, or one under an Idempotency-Key."""
    kind = chance.choice(("single", "lines", "wait", "key", "key"))
    many = tuple(next(numbers) for _ in range(chance.randrange(2, 8) if kind == "lines" else 1))
    lines = "\n".join(json.dumps(an_article(number)) for number in many)
    headers = {"Content-Type": "application/x-ndjson" if kind == "lines" else "application/json"}
    if kind == "wait":
        headers["Prefer"] = f"wait={chance.randrange(1, 4)}"
    if kind == "key":
        headers["Idempotency-Key"] = f"soak-{many[0]}"
    return Post(many, lines, headers)


async def ask(client: httpx.AsyncClient, ledger: Ledger, method: str, path: str, **more: Any) -> httpx.Response | None:
    """Send a request; None where there was no answer, which is written down."""
    clock = asyncio.get_running_loop().time
    began = clock()
    try:
        answer = await client.request(method, path, **more)
    except httpx.HTTPError as error:
        ledger.answers[f"{method} {type(error).__name__}"] += 1
        return None
    ledger.answers[f"{method} {answer.status_code}"] += 1
    ledger.slowest = max(ledger.slowest, clock() - began)
    if answer.status_code == 503 and path != "/readyz" and "retry-after" not in answer.headers:
        ledger.odd.append(f"{method} {path}: 503 without Retry-After")
    return answer


async def send(client: httpx.AsyncClient, ledger: Ledger, post: Post) -> None:
    """Send one request; one under a key until it is answered, and then once more."""
    receipts: set[str] = set()
    key = post.headers.get("Idempotency-Key")
    clock = asyncio.get_running_loop().time
    ends = clock() + (TRY_SECONDS if key else 0)
    first = True
    while first or clock() < ends:
        first = False
        answer = await ask(client, ledger, "POST", "/v1/articles", content=post.body, headers=post.headers)
        if answer is not None and answer.status_code in {200, 202}:
            again = bool(receipts)
            receipts.add(answer.json()["id"])
            ledger.took(answer.json()["id"], post.numbers)
            if again or not key:
                break
            continue
        if answer is not None and answer.status_code != 503:
            ledger.odd.append(f"POST: {answer.status_code} {answer.text[:200]}")
        await asyncio.sleep(PAUSE)
    if not receipts:
        ledger.unanswered.update(post.numbers)
        if answer is not None and not key:
            ledger.refused.update(post.numbers)
        if key:
            ledger.given_up.append(key)
    if len(receipts) > 1 and key:
        ledger.doubled_keys.append(key)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a load goes, what is written down of it, and until when it goes on."""

    url: str
    ledger: Ledger
    over: asyncio.Event
    pause: float

    def client(self) -> httpx.AsyncClient:
        """Give a client of its own to each sender and reader."""
        return httpx.AsyncClient(base_url=self.url, timeout=SECONDS)


async def sender(target: Target, numbers: "count[int]", chance: random.Random) -> None:
    """Post until it is over."""
    async with target.client() as client:
        while not target.over.is_set():
            await send(client, target.ledger, a_post(numbers, chance))
            await asyncio.sleep(target.pause)


async def reader(target: Target, chance: random.Random) -> None:
    """Read until it is over; whatever is answered is an answer of the contract."""
    ledger = target.ledger
    async with target.client() as client:
        while not target.over.is_set():
            path = chance.choice(READS)
            answer = await ask(client, ledger, "GET", path)
            if answer is not None and answer.status_code not in {200, 304, 404, 503}:
                ledger.odd.append(f"GET {path}: {answer.status_code} {answer.text[:200]}")
            await asyncio.sleep(2 * PAUSE)


def load(target: Target, seed: int) -> Sequence["asyncio.Task[None]"]:
    """Start senders and readers."""
    numbers = count(1)
    chances = [random.Random(seed * 100 + number) for number in range(8)]  # noqa: S311 - to be repeated
    return [
        *(asyncio.create_task(sender(target, numbers, chance)) for chance in chances[:6]),
        *(asyncio.create_task(reader(target, chance)) for chance in chances[6:]),
    ]
