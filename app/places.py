"""How many requests may do at once, in one process, what holds something for long: wait, stream, try an article out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from app.errors import Unavailable

RETRY_AFTER_SECONDS = 5


@dataclass(slots=True)
class Places:
    """So many places, for one kind of request."""

    kind: str
    most: int
    taken: int = 0

    @property
    def full(self) -> bool:
        """Whether there is none left."""
        return self.taken >= self.most

    def make_sure(self) -> None:
        """Raise Unavailable where there is none left."""
        if self.full:
            raise Unavailable(
                f"{self.most} {self.kind} are open here; come back later.", retry_after=RETRY_AFTER_SECONDS
            )

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold a place until the block ends; raises Unavailable where there is none left."""
        self.make_sure()
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1


@dataclass(frozen=True, slots=True)
class Kinds:
    """The places of a process."""

    waiting: Places
    streams: Places
    extracting: Places


def places(*, waiting: int, streams: int, extracting: int) -> Kinds:
    """Give a process its places, by their numbers."""
    return Kinds(
        Places("requests that wait", waiting),
        Places("streams", streams),
        Places("requests that try an article out", extracting),
    )
