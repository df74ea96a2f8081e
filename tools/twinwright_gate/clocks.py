"""The two clocks that a decision looks at: UTC, and the time since boot together with the boot's id.

UTC can be set back or forward; CLOCK_BOOTTIME only goes forward and counts sleep, but means nothing after a reboot.
Ages are judged by both (rule R13).
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from .audit import boot_id
from .context import Stamp


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> Stamp:
        """This moment."""
        ...


class SystemClock:
    """The kernel's clocks; the boot's id is empty where the kernel tells none, and an empty one equals none."""

    def now(self) -> Stamp:
        """This moment."""
        return Stamp(
            time.time_ns() // 1_000_000, time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000, boot_id() or ""
        )


class SteppedClock:
    """A clock that goes on only when it is told to: a simulated plant runs by it, and so do tests."""

    def __init__(self, start: datetime) -> None:
        self._utc_ms, self._boot_ms, self._boot = _ms(start), 1_000_000, 1

    def now(self) -> Stamp:
        """This moment."""
        return Stamp(self._utc_ms, self._boot_ms, f"boot-{self._boot}")

    def advance(self, seconds: float) -> None:
        """Time passes, by both clocks."""
        self._utc_ms += round(1000 * seconds)
        self._boot_ms += round(1000 * seconds)

    def step_utc(self, seconds: float) -> None:
        """Somebody sets the UTC clock; the time since boot doesn't notice."""
        self._utc_ms += round(1000 * seconds)

    def reboot(self) -> None:
        """The machine starts anew: another boot id, and the time since boot begins again."""
        self._boot_ms, self._boot = 5_000, self._boot + 1


def _ms(time: datetime) -> int:
    return (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def utc_of(ms: int) -> datetime:
    """The time, with its zone, of milliseconds since 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


def utc_text(ms: int) -> str:
    """The time as plans and records write it."""
    return utc_of(ms).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
