"""What processes of the service need of the system: an end with their parent, less to collect, files for all clients."""

import ctypes
import gc
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform.startswith("linux") else None
"""Loaded once and early: to load it in a forked child could wait for a lock that no thread there will ever release."""


def collect_rarely() -> None:
    """Leave what is loaded so far out of garbage collection, and collect the rest less often.

    A page is parsed into tens of thousands of objects that all die together: looking for cycles among them takes an
    eighth of the time, and finds none. Requests that wait together for a commit are taken for objects that last, so that
    all that is loaded was looked through again and again: that was a third of what accepting cost.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


def end_with_parent(parent: int, number: signal.Signals = signal.SIGTERM) -> None:
    """Have the kernel send this process a signal when its parent dies (Linux; elsewhere the parent's own stop must do).

    Called in the child. The signal follows the parent's *thread* that started the child, so that one must live on.
    """
    if LIBC is None:
        return
    LIBC.prctl(PR_SET_PDEATHSIG, int(number))
    if os.getppid() != parent:  # it died between our start and the call above
        os.kill(os.getpid(), number)


def allow_files(number: int) -> None:
    """Raise the number of files that this process may have open to that, as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = number if hard == resource.RLIM_INFINITY else min(number, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
