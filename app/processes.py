"""Ties a child process to its parent's life, so that a killed parent leaves nothing running."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def end_with_parent(parent: int, number: signal.Signals = signal.SIGTERM) -> None:
    """Have the kernel send this process a signal when its parent dies (Linux; elsewhere the parent's own stop must do).

    Called in the child. The signal follows the parent's *thread* that started the child, so that one must live on.
    """
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, int(number))
    if os.getppid() != parent:  # it died between our start and the call above
        os.kill(os.getpid(), number)
