"""How much memory the embedded Postgres keeps pages in: a share of what this machine, or this container, has."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

LIMITS: Final = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Where a container's limit stands, in either version of control groups."""
MEGABYTE: Final = 1 << 20
SHARE: Final = 4
"""Postgres's own advice is a quarter of the memory."""
LEAST, MOST = 128 * MEGABYTE, 4096 * MEGABYTE
UNKNOWN: Final = 1024 * MEGABYTE
"""What is assumed of a system that does not tell."""


def memory(limits: Iterable[Path] = LIMITS) -> int:
    """Give the bytes of memory that processes here may use, as far as the system tells."""
    found = []
    with contextlib.suppress(OSError, ValueError):
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    for path in limits:
        with contextlib.suppress(OSError, ValueError):  # where there is no limit, it says so or is absent
            found.append(int(path.read_text()))
    return min(found, default=UNKNOWN)


def shared_buffers(available: int) -> str:
    """Give the setting for so many bytes of memory; pages that are not asked for take none of it."""
    return f"{min(max(available // SHARE, LEAST), MOST) // MEGABYTE}MB"
