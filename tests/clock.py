"""The clock by which requests are counted, as tests set it."""

from types import SimpleNamespace

import pytest
from limits.aio import strategies
from limits.aio.storage import memory


class Clock:
    """A clock that stands still, in the middle of an hour, until it is set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_773_480_600.0
        for module in (memory, strategies):
            monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: self.now))
