"""What every reader is given, and what it gives back."""

from collections.abc import Callable
from dataclasses import dataclass

from app.pipeline.article import RawItem, Stated


@dataclass(frozen=True, slots=True)
class Body:
    """A body with what is known of it: the charset that its Content-Type states, what the query says of all its items,
    and how many items it may hold.
    """

    data: bytes
    charset: str | None
    hints: Stated
    max_items: int


Reader = Callable[[Body], list[RawItem]]
"""Gives a body's items in order, at least one; raises Unreadable with every fault and its pointer."""
