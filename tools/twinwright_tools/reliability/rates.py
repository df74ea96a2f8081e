"""Mean time between failures, with an interval, and whether failures come faster than they did.

Observation ends at a moment that isn't a failure (time-terminated), so with n failures in T hours the two-sided
interval of the mean time between failures is 2T / chi2(1 - a/2; 2n + 2) to 2T / chi2(a/2; 2n) (IEC 60605-4). The trend
is Laplace's test (IEC 60605-6): the failures' mean time against the middle of the observation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from typing import Any, Literal

from .failures import Repair

Trend = Literal["rising", "falling", "steady", "too few"]
_FEWEST_FOR_TREND = 5
_CLEARLY = 1.96  # standard normal: 5 in 100 by chance, both sides


@dataclass(frozen=True, slots=True)
class FailureRate:
    """How often one thing (an asset, a model, a failure code) fails.

    Attributes:
        units: how many assets it stands for; their times are added up.
        hours: what was observed, in hours, less the hours booked on repairs.
        mtbf_h, low_h, high_h: mean time between failures and its interval, in hours; high_h is None where it has
            no upper end.
        mttr_h: mean hours booked on a repair, None where no order says any.
        trend: whether failures come faster ("rising") or slower than before.
    """

    name: str
    failures: int
    units: int
    hours: float
    mtbf_h: float | None
    low_h: float
    high_h: float | None
    mttr_h: float | None
    trend: Trend

    def as_dict(self) -> dict[str, Any]:
        """As JSON, hours to a tenth."""
        rounded = {
            name: None if (value := getattr(self, name)) is None else round(value, 1)
            for name in ("hours", "mtbf_h", "low_h", "high_h", "mttr_h")
        }
        return {"name": self.name, "failures": self.failures, "units": self.units, **rounded, "trend": self.trend}


def failure_rates(
    repairs: Sequence[Repair],
    groups: Mapping[str, int],
    of: Callable[[Repair], str | None],
    begin: datetime,
    end: datetime,
    level: float = 0.9,
) -> list[FailureRate]:
    """The rate of each group, most failures first.

    Args:
        groups: every group and how many units it has; a group without a failure has a lower bound alone.
        of: the group that a repair counts for; None for none.
        begin, end: what was observed.
        level: probability of the interval, 0 to 1.

    Raises:
        ValueError: nothing was observed: `end` isn't after `begin`.
    """
    span_h = (end - begin).total_seconds() / 3600.0
    if span_h <= 0:
        raise ValueError("an observation ends after it begins")
    sorted_out: dict[str, list[Repair]] = {name: [] for name in groups}
    for one in repairs:
        name = of(one)
        if name in sorted_out and begin <= one.opened <= end:
            sorted_out[name].append(one)
    found = [_rate(name, rows, groups[name], span_h, begin, level) for name, rows in sorted_out.items()]
    return sorted(found, key=lambda one: (-one.failures, one.name))


def _rate(
    name: str, repairs: Sequence[Repair], units: int, span_h: float, begin: datetime, level: float
) -> FailureRate:
    booked = [one.duration_h for one in repairs if one.duration_h is not None]
    hours = max(span_h * units - sum(booked), 0.0)
    low, high = _interval(len(repairs), hours, level)
    return FailureRate(
        name=name,
        failures=len(repairs),
        units=units,
        hours=hours,
        mtbf_h=hours / len(repairs) if repairs else None,
        low_h=low,
        high_h=high,
        mttr_h=sum(booked) / len(booked) if booked else None,
        trend=trend([(one.opened - begin).total_seconds() / 3600.0 for one in repairs], span_h),
    )


def _interval(failures: int, hours: float, level: float) -> tuple[float, float | None]:
    from scipy.stats import chi2

    tail = (1.0 - level) / 2.0
    low = 2.0 * hours / float(chi2.ppf(1.0 - tail, 2 * failures + 2))
    return low, 2.0 * hours / float(chi2.ppf(tail, 2 * failures)) if failures else None


def trend(times_h: Sequence[float], span_h: float) -> Trend:
    """Laplace's test on times of failure, in hours from the beginning of an observation of `span_h` hours."""
    if len(times_h) < _FEWEST_FOR_TREND:
        return "too few"
    mean = sum(times_h) / len(times_h)
    score = (mean - span_h / 2.0) / (span_h * sqrt(1.0 / (12.0 * len(times_h))))
    if abs(score) < _CLEARLY:
        return "steady"
    return "rising" if score > 0 else "falling"
