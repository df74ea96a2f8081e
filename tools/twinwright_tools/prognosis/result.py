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
    """The present trend, as a curve: level + slope · (exp(bend · t) − 1) / bend, t in seconds after `end`.

    Attributes:
        begin, end: microseconds since the epoch: the stretch of history that the trend was fitted to.
        level: of the signal at `end`, in its unit, noise and cycle taken out.
        slope: at `end`, in unit per second.
        bend: per second; 0 is a straight line, above 0 it speeds up, below 0 it settles.
        robust_slope: Theil–Sen slope over the stretch, in unit per second.
        noise: standard deviation about the curve, in unit; `memory` is its autocorrelation from one bin to the next.
    """

    begin: int
    end: int
    level: float
    slope: float
    bend: float
    robust_slope: float
    noise: float
    memory: float

    def at(self, times: Micros) -> Values:
        """The curve at times in microseconds; shape as given, in the signal's unit."""
        seconds = (np.asarray(times) - self.end) / 1e6
        return self.level + self.slope * growth(seconds, np.float64(self.bend))


def growth(seconds: Values, bend: Values | np.float64) -> Values:
    """(exp(bend · t) − 1) / bend, which is t where `bend` is 0; its slope at t = 0 is 1. Arrays are broadcast."""
    seconds, bend = np.broadcast_arrays(np.asarray(seconds, dtype=np.float64), np.asarray(bend, dtype=np.float64))
    straight = bend == 0
    safe = np.where(straight, 1.0, bend)
    with np.errstate(over="ignore"):
        return np.where(straight, seconds, np.expm1(safe * seconds) / safe)


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
                "value": trend.level,
                "slope_per_h": trend.slope * 3600,
                "robust_slope_per_h": trend.robust_slope * 3600,
                "shape": "linear" if trend.bend == 0 else "accelerating" if trend.bend > 0 else "settling",
                "noise": trend.noise,
            },
            "notes": list(self.notes),
        }


def _iso(micros: int | None) -> str | None:
    return None if micros is None else iso(from_micros(micros))
