"""What speaks against each signal before topology is looked at: how far, how oddly and since when it left its past."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..telemetry.series import SignalKey
from .events import EventFinding
from .grid import Floats, Grid
from .result import Deviation
from .scan import CLEAR

DEVIATES = CLEAR
BROKEN = 1.6  # excess of a residual from which a relation counts as broken, and so has an onset


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What speaks against one signal before topology is looked at.

    Every measure is an excess: the strongest departure after the reference over the largest one within it, at the time
    scale where that is largest (1: as far as ever). 0 where it can't be said.

    Attributes:
        excess: how far it left its past (in its operating regime), as the deviation tells.
        level, spread: the same of its level, and of the spread of its steps.
        own, fresh: of what the twin's other signals don't explain; and what its own last steps don't explain either.
        upstream, fresh_upstream: the same where the signals of the twins that influence it directly explain it too.
        around: of what neither its twin's other signals nor those of the twins up- and downstream explain.
        explained, explained_upstream: share of its variance in the reference that those signals explain, out of sample.
        level_direction, spread_direction: signs of those departures, 0 where there is none.
        silence: how much longer than ever it rests, or how much more of it is missing.
        oddness: 0 to 1, of the state that an event log holds.
        share: of its shares of time in each state.
        deviation: as the diagnosis reports it, or None.
        onset: microseconds, or None without a deviation.
        since: from when on it is there without a break; microseconds, or None where that is no other time.
        broke: when the first of its relations broke, microseconds, or None where none did.
        odd: the state of an event log, or None.
        held: how much longer than ever it rests at a value that is no limit.
    """

    key: SignalKey
    excess: float = 0.0
    level: float = 0.0
    spread: float = 0.0
    level_direction: int = 0
    spread_direction: int = 0
    own: float = 0.0
    fresh: float = 0.0
    upstream: float = 0.0
    fresh_upstream: float = 0.0
    around: float = 0.0
    explained: float = 0.0
    explained_upstream: float = 0.0
    silence: float = 0.0
    oddness: float = 0.0
    share: float = 0.0
    deviation: Deviation | None = None
    onset: int | None = None
    since: int | None = None
    broke: int | None = None
    odd: EventFinding | None = None
    held: float = 0.0

    @property
    def broken(self) -> float:
        """The strongest excess of what the twin's other signals don't explain."""
        return max(self.own, self.fresh)

    @property
    def strength(self) -> float:
        """Logarithm of the excess, within ±1.5."""
        return float(1.5 * np.tanh(np.log(max(self.excess, 0.3)) / 1.5))


@dataclass(frozen=True)
class Look:
    """Every recorded signal with what speaks against it, and the grid on which the sampled ones were looked at.

    Attributes:
        grid: None where there are too few samples.
        standard: (T, N), the grid's columns as `standardised`, in their operating regimes; reference_end: steps of the
            past that they were judged against.
    """

    found: dict[SignalKey, Suspicion]
    grid: Grid | None = None
    standard: Floats | None = None
    reference_end: int = 0
