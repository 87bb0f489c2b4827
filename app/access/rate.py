"""How much one sender or reader may ask: a window that slides, counted by each HTTP process for itself.

The fields are those of draft-ietf-httpapi-ratelimit-headers, structured as of its version 8.
"""

import math
from ipaddress import IPv6Address, ip_address
from typing import Final

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from app.access.refusal import TooManyRequests

POLICY: Final = "default"
NETWORK_BITS: Final = 64
"""Who has an IPv6 address has this whole network of them."""

Fields = dict[str, str]


class Rates:
    """Counts requests; forgets a counter two windows after it was last used."""

    def __init__(self) -> None:
        self.storage = MemoryStorage()
        self.limiter = SlidingWindowCounterRateLimiter(self.storage)
        self.parsed: dict[str, RateLimitItem] = {}

    async def count(self, who: str, rate: str) -> Fields:
        """Count one request, and give the fields that say how many are left; raises TooManyRequests."""
        item = self.parsed.get(rate)
        if item is None:
            item = self.parsed[rate] = parse(rate)
        admitted = await self.limiter.hit(item, who)
        left, seconds = await self.state(item, who)
        fields = {
            "RateLimit-Policy": f'"{POLICY}";q={item.amount};w={item.get_expiry()}',
            "RateLimit": f'"{POLICY}";r={left if admitted else 0};t={seconds}',
        }
        if not admitted:
            raise TooManyRequests(
                f"More than {item.amount} requests in {item.get_expiry()} seconds.", retry_after=seconds, fields=fields
            )
        return fields

    async def state(self, item: RateLimitItem, who: str) -> tuple[int, int]:
        """Give how many requests are left, and the seconds until there is one more.

        The library's own word on that is "now" to whoever spends a window in its first instant.
        """
        window = item.get_expiry()
        before, before_left, now, now_left = await self.storage.get_sliding_window(item.key_for(who), window)
        weighted = before * before_left / window + now
        waits = [before_left % (window / before)] if before else []
        waits += [now_left - window] if now else []
        return max(0, item.amount - math.floor(weighted)), max(1, math.ceil(min(waits, default=0.0)))


def by_address(client: tuple[str, int] | None) -> str:
    """Give whom to count a request for where only its address is known."""
    host = client[0] if client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host[:255]
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(IPv6Address(int(address) >> (128 - NETWORK_BITS) << (128 - NETWORK_BITS)))
    return str(address)
