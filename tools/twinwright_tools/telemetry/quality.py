"""How far the data of a window can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..times import from_micros, iso

MOST_GAPS = 50
_GAP_INTERVALS = 3.0
_STALE_INTERVALS = 10.0
_STUCK_SAMPLES = 20
_USUAL_REPEATS = 0.2

Micros = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Gaps:
    """Stretches without a sample.

    Attributes:
        found: begin and end in microseconds, in time order.
        coverage: share of the window in which samples came as they should, 0 to 1.
    """

    found: list[tuple[int, int]]
    coverage: float

    @property
    def longest_s(self) -> float:
        """The longest one in seconds; 0 if there is none."""
        return max(((end - begin) / 1e6 for begin, end in self.found), default=0.0)

    def longest(self) -> tuple[str, str]:
        """Begin and end of the longest one, which must exist, as ISO 8601 times."""
        begin, end = max(self.found, key=lambda gap: gap[1] - gap[0])
        return iso(from_micros(begin)), iso(from_micros(end))

    def listed(self) -> list[list[str]]:
        """The longest ones (fifty at most) in time order, as ISO 8601 times."""
        longest = sorted(self.found, key=lambda gap: gap[0] - gap[1])[:MOST_GAPS]
        return [[iso(from_micros(begin)), iso(from_micros(end))] for begin, end in sorted(longest)]


def sampled_gaps(times: Micros, start: int, end: int, interval_s: float | None) -> Gaps:
    """Gaps of a sampled signal: wherever more than three usual intervals lie between samples, or a sample and an edge.

    Args:
        times: int64 of shape (n,), microseconds, within start and end.
    """
    if interval_s is None or interval_s <= 0 or end <= start:
        return Gaps([], 1.0 if len(times) else 0.0)
    interval = interval_s * 1e6
    edges = np.concatenate(([start], times, [end]))
    lengths = np.diff(edges)
    wide = np.flatnonzero(lengths > _GAP_INTERVALS * interval)
    missing = float(np.sum(lengths[wide] - interval))
    found = [(int(edges[index]), int(edges[index + 1])) for index in wide]
    return Gaps(found, float(np.clip(1 - missing / (end - start), 0.0, 1.0)))


def event_gaps(first: int | None, start: int, end: int) -> Gaps:
    """Gaps of an event log: only before its first row ever, because a value holds until the next row."""
    if first is None or first >= end:
        return Gaps([(start, end)], 0.0)
    if first <= start:
        return Gaps([], 1.0)
    return Gaps([(start, first)], 1 - (first - start) / (end - start))


def stuck(times: Micros, values: Values) -> tuple[float, bool]:
    """The longest run of one and the same value in seconds, and whether that is odd for this signal.

    It is odd when the run has twenty samples or more and the signal seldom repeats a value outside of it; a set point
    or a counter that rests often isn't.
    """
    if len(values) < 2:
        return 0.0, False
    same = values[1:] == values[:-1]
    edges = np.flatnonzero(np.concatenate(([True], ~same, [True])))
    lengths = np.diff(edges)
    longest = int(np.argmax(lengths))
    samples = int(lengths[longest])
    if samples < 2:
        return 0.0, False
    begin = int(edges[longest])
    seconds = float(times[begin + samples - 1] - times[begin]) / 1e6
    outside = len(same) - (samples - 1)
    repeats = int(same.sum()) - (samples - 1)
    return seconds, samples >= _STUCK_SAMPLES and outside >= _STUCK_SAMPLES and repeats <= _USUAL_REPEATS * outside


def out_of_range(values: Values, low: float | None, high: float | None) -> dict[str, Any]:
    """How many values lie outside of where they belong, and how far the furthest does, in the signal's unit."""
    over = values - high if high is not None else np.full(len(values), -np.inf)
    under = low - values if low is not None else np.full(len(values), -np.inf)
    beyond = np.maximum(over, under)
    outside = beyond > 0
    return {
        "count": int(outside.sum()),
        "share": float(outside.mean()) if len(values) else 0.0,
        "furthest": float(beyond[outside].max()) if outside.any() else 0.0,
        "low": low,
        "high": high,
    }


def grade(gaps: Gaps, stuck_s: float | None, odd: bool, age_s: float, interval_s: float | None, sampled: bool) -> str:
    """``good``, or in words what is wrong."""
    words = []
    if gaps.found:
        many = "1 gap" if len(gaps.found) == 1 else f"{len(gaps.found)} gaps"
        words.append(f"{many}, the longest {gaps.longest_s:.6g} s")
    if odd and stuck_s:
        words.append(f"stuck at one value for {stuck_s:.6g} s")
    if sampled and interval_s and age_s > _STALE_INTERVALS * interval_s:
        words.append(f"stale: the last sample is {age_s:.6g} s old")
    return "; ".join(words) or "good"
