"""What is said about one signal and one limit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..times import from_micros, iso

Micros = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]
Direction = Literal["rising", "falling"]
Reason = Literal[
    "not_drifting",
    "wrong_way",
    "already_beyond",
    "too_short",
    "too_noisy",
    "saturating",
    "regime_changes",
    "stale",
    "beyond_horizon",
]


@dataclass(frozen=True, slots=True)
class Trend:
    """The present trend.

    Attributes:
        begin, end: microseconds since the epoch: the stretch of history that the trend was fitted to.
        slope: at `end`, in unit per second: the median of the possible ones.
        robust_slope: Theil–Sen slope over the stretch, in unit per second.
        noise: standard deviation about the curve, in unit; `memory` is its autocorrelation from one bin to the next.
        curve_times, curve: microseconds and unit, both of shape (n,): the possible future whose crossing is the
            median one (whose slope is, where it never crosses), over the stretch and on to the crossing.
        shape: of that curve.
    """

    begin: int
    end: int
    slope: float
    robust_slope: float
    noise: float
    memory: float
    shape: Literal["linear", "accelerating", "settling"]
    curve_times: Micros = field(repr=False, compare=False)
    curve: Values = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class TimeToLimit:
    """When a signal crosses a limit, or why that can't be said.

    Attributes:
        direction: rising (the limit is an upper one) or falling.
        reason: None if there is an answer, else why there is none; `text` says it in words.
        crossing, low, high: microseconds since the epoch, low ≤ crossing ≤ high: the median and the interval that
            holds the crossing with probability `level`. None without an answer.
        probability: of a crossing between `at` and `at` + `horizon_s`, 0..1; None where no trend could be fitted.
        since: since when it has been beyond the limit (already_beyond only); microseconds.
        trend: the curve behind it, where one could be fitted.
        notes: what a reader should know: regimes left out, cycles taken out, change points.
        draws: float64 of shape (n,): seconds after `at` of the crossing in n equally likely futures, inf for never,
            ascending; empty without a trend.
    """

    direction: Direction
    limit: float
    at: int
    horizon_s: float
    level: float
    reason: Reason | None
    text: str
    crossing: int | None = None
    low: int | None = None
    high: int | None = None
    probability: float | None = None
    since: int | None = None
    trend: Trend | None = None
    notes: tuple[str, ...] = ()
    draws: Values = field(default_factory=lambda: np.empty(0), repr=False, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """The answer as `twinwright limit --json` has it: times ISO 8601, durations in seconds, slopes per hour."""
        trend = self.trend
        return {
            "reason": self.reason,
            "text": self.text,
            "crossing": _iso(self.crossing),
            "interval": [_iso(self.low), _iso(self.high)] if self.low is not None else None,
            "in_s": (self.crossing - self.at) / 1e6 if self.crossing is not None else None,
            "probability": self.probability,
            "since": _iso(self.since),
            "trend": None
            if trend is None
            else {
                "from": _iso(trend.begin),
                "to": _iso(trend.end),
                "slope_per_h": trend.slope * 3600,
                "robust_slope_per_h": trend.robust_slope * 3600,
                "shape": trend.shape,
                "noise": trend.noise,
            },
            "notes": list(self.notes),
        }


def _iso(micros: int | None) -> str | None:
    return None if micros is None else iso(from_micros(micros))
