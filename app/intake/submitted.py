"""What has been read and checked, and waits to be kept; and the receipt that it gets."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import xxhash
from uuid_utils.compat import uuid7

from app.db import to_json
from app.queue.turns import Lane


@dataclass(frozen=True, slots=True)
class Submission:
    """A checked request body that waits to be accepted; `sender` is whom it is from, empty where nobody is asked."""

    body: bytes
    content_type: str
    hints: dict[str, str]
    key: str | None = None
    sender: str = ""
    lane: Lane = "live"
    id: UUID = field(default_factory=uuid7)

    @property
    def party(self) -> str:
        """Who takes turns with others: the sender, else the source, as far as the query names it."""
        return self.sender or self.hints.get("source", "")

    @property
    def digest(self) -> bytes:
        """What an Idempotency-Key stands for: type, query and body."""
        head = f"{self.content_type}\x00{to_json(sorted(self.hints.items()))}\x00".encode()
        return xxhash.xxh3_128_digest(head + self.body)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The receipt of a committed submission; when it arrived, or None where the receipt is one of an earlier request."""

    receipt_id: UUID
    received_at: datetime | None = None
