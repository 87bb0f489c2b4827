"""Knows API keys without asking the store on every request.

What the store said of a prefix is remembered for some seconds, also that there is no such key; a notification has it
forgotten at once when a key changes. Prefixes that are not known are asked for together, in one statement at a time, so
that a flood of wrong keys is no flood of queries.
"""

import asyncio
import hmac
import math
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final
from uuid import UUID

import structlog

from app.access.key import Presented
from app.access.principal import Principal
from app.db import STORE_ERRORS, Database
from app.errors import Unavailable
from app.store.api_keys import KnownKey, look_up, write_used

log = structlog.get_logger()

FRESH_SECONDS: Final = 5.0
"""How long an answer of the store holds: a key revoked holds no longer, though no notification came."""
DOUBT_SECONDS: Final = 1.0
"""From this age on an answer that does not fit the secret is asked for again: it may have been rotated just now."""
MOST_REMEMBERED: Final = 10_000
"""Prefixes remembered of each kind, keys and no keys, so that wrong ones do not push right ones out."""
MOST_ASKED: Final = 500
"""Prefixes in one statement."""
MOST_WAITING: Final = 10_000
"""Prefixes that wait to be asked for; above it 503."""
ANSWER_SECONDS: Final = 10.0
"""How long a request waits for the store's answer."""
USED_SECONDS: Final = 60.0
"""How often it is written down which keys were used."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the store said of a prefix (None: no such key), and until when by the monotonic clock what holds."""

    key: KnownKey | None
    principal: Principal | None
    read_at: float
    until: float = -math.inf
    previous_until: float = -math.inf

    def fits(self, presented: Presented, now: float) -> bool:
        """Say whether it is this key, in force; compared in a time that tells nothing of how much of a hash was right."""
        if self.key is None:
            return False
        current = hmac.compare_digest(presented.hash, self.key.hash)
        before = hmac.compare_digest(presented.hash, self.key.previous_hash or b"")
        return now < self.until and (current or (before and now < self.previous_until))


def remembered(key: KnownKey | None, now: float) -> Remembered:
    """Give what is remembered of the store's answer: its seconds, counted from now on."""
    if key is None:
        return Remembered(None, None, now)
    sources = None if key.sources is None else tuple(key.sources)
    principal = Principal(str(key.id), frozenset(key.scopes), sources, key.rate_limit, key.prefix)
    until = math.inf if key.seconds_left is None else now + key.seconds_left
    return Remembered(key, principal, now, until, now + (key.previous_seconds_left or -math.inf))


class Keyring:
    """The keys of one HTTP process."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.keys: OrderedDict[str, Remembered] = OrderedDict()
        self.none: OrderedDict[str, Remembered] = OrderedDict()
        self.asked: dict[str, asyncio.Future[Remembered]] = {}
        self.asking: asyncio.Task[None] | None = None
        self.changes = 0
        self.used: set[UUID] = set()

    async def find(self, presented: Presented) -> Principal | None:
        """Give whose key it is, None where it is nobody's or no longer in force; raises what the store raises."""
        found = self.recall(presented.prefix)
        now = time.monotonic()
        if found is None or (not found.fits(presented, now) and found.key and now - found.read_at > DOUBT_SECONDS):
            found = await self.ask(presented.prefix)
        if found.key is None or not found.fits(presented, time.monotonic()):
            return None
        self.used.add(found.key.id)
        return found.principal

    def recall(self, prefix: str) -> Remembered | None:
        """Give what is remembered of a prefix, and is fresh."""
        found = self.keys.get(prefix) or self.none.get(prefix)
        return found if found and time.monotonic() - found.read_at < FRESH_SECONDS else None

    async def ask(self, prefix: str) -> Remembered:
        """Have the store asked, together with whoever asks at the same time."""
        answer = self.asked.get(prefix)
        if answer is None:
            if len(self.asked) >= MOST_WAITING:
                raise Unavailable("Too many unknown keys are being looked up; come back later.", retry_after=1)
            answer = self.asked[prefix] = asyncio.get_running_loop().create_future()
            if self.asking is None or self.asking.done():
                self.asking = asyncio.create_task(self.answer())
        async with asyncio.timeout(ANSWER_SECONDS):
            return await asyncio.shield(answer)

    async def answer(self) -> None:
        """Ask the store for what waits, batch after batch, until nothing does."""
        while self.asked:
            prefixes = list(islice(self.asked, MOST_ASKED))
            changes = self.changes
            try:
                async with self.database.reading() as connection:
                    found = await look_up(connection, prefixes)
            except STORE_ERRORS as error:
                self.refuse(prefixes, error)
            else:
                self.resolve(prefixes, found, keep=changes == self.changes)

    def refuse(self, prefixes: list[str], error: BaseException) -> None:
        """Let those who wait for these prefixes know why there is no answer."""
        for prefix in prefixes:
            answer = self.asked.pop(prefix)
            answer.set_exception(error)
            answer.exception()  # taken note of: whoever waited may be gone

    def resolve(self, prefixes: list[str], found: Mapping[str, KnownKey], *, keep: bool) -> None:
        """Answer those who wait for these prefixes; what may have changed meanwhile is not kept."""
        now = time.monotonic()
        for prefix in prefixes:
            answer = remembered(found.get(prefix), now)
            if keep:
                self.remember(prefix, answer)
            self.asked.pop(prefix).set_result(answer)

    def remember(self, prefix: str, answer: Remembered) -> None:
        """Remember an answer, and forget the oldest of its kind where there are too many."""
        self.keys.pop(prefix, None)
        self.none.pop(prefix, None)
        shelf = self.none if answer.key is None else self.keys
        shelf[prefix] = answer
        if len(shelf) > MOST_REMEMBERED:
            shelf.popitem(last=False)

    def forget(self, prefix: str) -> None:
        """Forget what was said of a prefix: the key has changed."""
        self.changes += 1
        self.keys.pop(prefix, None)
        self.none.pop(prefix, None)

    def forget_all(self) -> None:
        """Forget everything: some changes may have been missed."""
        self.changes += 1
        self.keys.clear()
        self.none.clear()

    async def keep_used(self) -> None:
        """Write down every minute which keys were used; without end."""
        while True:
            await asyncio.sleep(USED_SECONDS)
            await self.write_used()

    async def write_used(self) -> None:
        """Write down which keys were used since the last time; what cannot be written is tried again."""
        used, self.used = self.used, set()
        if not used:
            return
        try:
            async with self.database.transaction() as connection:
                await write_used(connection, used)
        except STORE_ERRORS as error:
            self.used |= used
            log.warning("key_use_not_written", error=str(error))

    async def close(self) -> None:
        """Write down what was used, and end the look-up that is under way."""
        if self.asking is not None:
            self.asking.cancel()
            await asyncio.gather(self.asking, return_exceptions=True)
        await self.write_used()
