"""How many proposals one caller may make, and how many connections it may hold."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

BURST = 128
PER_S = 8.0
CONNECTIONS = 256
PER_CALLER = 128


@dataclass
class Throttle:
    """A token bucket for each caller: `BURST` proposals at once, `PER_S` a second in the long run."""

    tokens: dict[int, tuple[float, float]] = field(default_factory=dict)
    refused: int = 0

    def admits(self, caller: int, now_s: float) -> bool:
        """Whether a caller (a user id) may propose now, by a clock that only goes forward."""
        left, since = self.tokens.get(caller, (float(BURST), now_s))
        left = min(float(BURST), left + (now_s - since) * PER_S)
        admitted = left >= 1
        self.tokens[caller] = (left - 1 if admitted else left, now_s)
        self.refused += not admitted
        return admitted

    def take_refused(self) -> int:
        """How many were refused since the last time this was asked: the next record tells it."""
        count, self.refused = self.refused, 0
        return count


@dataclass
class Seats:
    """Open connections: `CONNECTIONS` in all, `PER_CALLER` for one caller, so that one alone can't take them all."""

    taken: Counter[int] = field(default_factory=Counter)

    def take(self, caller: int) -> bool:
        """Whether a caller (a user id) may have one more connection; if so it is counted until `leave`."""
        free = self.taken.total() < CONNECTIONS and self.taken[caller] < PER_CALLER
        self.taken[caller] += free
        return free

    def leave(self, caller: int) -> None:
        """Gives a taken one back."""
        self.taken[caller] -= 1
