"""The two clocks that a decision looks at: UTC, and the time since boot together with the boot's id.

UTC can be set back or forward; CLOCK_BOOTTIME only goes forward and counts sleep, but means nothing after a reboot.
Ages are judged by both (rule R13).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from .audit import boot_id


@dataclass(frozen=True, slots=True)
class Instant:
    """One moment by both clocks.

    Attributes:
        utc: with its zone.
        boot_ms: milliseconds of CLOCK_BOOTTIME.
        boot_id: the kernel's id of the boot that `boot_ms` counts from; empty where the kernel tells none.
    """

    utc: datetime
    boot_ms: int
    boot_id: str

    @property
    def text(self) -> str:
        """The UTC time as plans and permits write it, to the microsecond."""
        return self.utc.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> Instant:
        """This moment."""
        ...


class SystemClock:
    """The kernel's clocks."""

    def now(self) -> Instant:
        """This moment."""
        return Instant(datetime.now(UTC), time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000, boot_id() or "")


class SteppedClock:
    """A clock that goes on only when it is told to: a simulated plant runs by it, and so do tests."""

    def __init__(self, start: datetime, boot: str = "boot-1") -> None:
        self._utc, self._boot_ms, self._boot = start, 1_000_000, boot

    def now(self) -> Instant:
        """This moment."""
        return Instant(self._utc, self._boot_ms, self._boot)

    def advance(self, seconds: float) -> None:
        """Time passes, by both clocks."""
        self._utc += timedelta(seconds=seconds)
        self._boot_ms += round(1000 * seconds)

    def step_utc(self, seconds: float) -> None:
        """Somebody sets the UTC clock; the time since boot doesn't notice."""
        self._utc += timedelta(seconds=seconds)

    def reboot(self) -> None:
        """The machine starts anew: another boot id, and the time since boot begins again."""
        number = int(self._boot.rpartition("-")[2]) + 1
        self._boot_ms, self._boot = 5_000, f"boot-{number}"


def parse_utc(text: str) -> datetime:
    """The time that a plan, approval or permit writes.

    Raises:
        ValueError: it is no time in UTC.
    """
    if not text.endswith("Z"):
        raise ValueError(f"{text!r} is not a time in UTC that ends in Z")
    return datetime.fromisoformat(text)
