"""How long a rule takes, and what is done about one that never ends.

What counts is the time that passes while the rule computes, sleeps or blocks. What doesn't count is the time in which
it was ready and the kernel let it wait for a core: a loaded machine is no slow rule. Linux keeps that account for each
thread (the second figure of ``/proc/thread-self/schedstat``, ns); where there is none, waiting counts too, which
denies more and never less.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator

Clock = Callable[[], int]
_ACCOUNT = "/proc/thread-self/schedstat"


@contextlib.contextmanager
def own_time() -> Iterator[Clock]:
    """A clock (ns) of the thread that opens it, which stands still while that thread waits for a core."""
    try:
        account = os.open(_ACCOUNT, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        yield time.monotonic_ns
        return
    try:
        yield lambda: time.monotonic_ns() - _waited_ns(account)
    finally:
        os.close(account)


def _waited_ns(account: int) -> int:
    try:
        return int(os.pread(account, 64, 0).split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def within(seconds: float, work: Callable[[], None]) -> bool:
    """Does some work in a thread of its own, and says whether it was over in time.

    A thread can't be ended from outside: one that hangs is left alone, and ends with the process.
    """
    worker = threading.Thread(target=work, name="rules", daemon=True)
    worker.start()
    worker.join(seconds)
    return not worker.is_alive()
