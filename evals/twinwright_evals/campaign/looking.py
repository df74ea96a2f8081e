"""What can be seen in a run's signals, by measures that know nothing of diagnosis: is anything visible at all, and has
a line's throughput dropped?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from twinwright_tools.telemetry.series import Series, SignalInfo, SignalKey
from twinwright_tools.times import to_micros

Floats = npt.NDArray[np.float64]
BIN_US = 60_000_000
REFERENCE_H = 8.0
VISIBLE = 5.0  # interquartile ranges
DROPPED = 0.93  # of the usual throughput
LINES = ("line-1", "line-2", "line-3")


@dataclass(frozen=True, slots=True)
class Sight:
    """The signal that left its range by most: by how many interquartile ranges (0 if none did)."""

    excess: float
    key: SignalKey | None

    @property
    def visible(self) -> bool:
        """Whether that is more than 5."""
        return self.excess > VISIBLE


def look(
    signals: Mapping[SignalKey, Series],
    infos: Sequence[SignalInfo],
    onset: datetime,
    at: datetime,
    otherwise: Mapping[SignalKey, Series] | None = None,
) -> Sight:
    """The numeric signal that leaves its range most after `onset`.

    The distance of a sample is |x - median| / IQR, on means of one minute (or of the sampling interval, where that is
    longer), median and IQR being those of the 8 hours before `onset`; the standard deviation where the IQR is next to
    nothing. What counts is by how much the farthest sample after `onset` exceeds the farthest one of all before it, so
    that product changes, stops and shifts, which every past has, don't.

    Args:
        otherwise: the signals as they would have been without the fault. What they do after `onset` counts as their
            range as well: a buffer that runs full, or maintenance, is nothing that the fault shows by.
    """
    best = Sight(0.0, None)
    begin, end = to_micros(onset), to_micros(at)
    for info in infos:
        if info.kind != "numeric" or info.sampling != "sampled":
            continue
        excess = _excess(*_minutes(signals[info.key], end), begin)
        if otherwise is not None and excess > best.excess:
            excess -= _excess(*_minutes(otherwise[info.key], end), begin)
        if excess > best.excess:
            best = Sight(excess, info.key)
    return best


def _minutes(series: Series, end: int) -> tuple[npt.NDArray[np.int64], Floats]:
    """Ends (microseconds) and means of the minutes that hold samples."""
    good = np.isfinite(series.values) & (series.times <= end)
    back = (end - series.times[good]) // BIN_US
    if not len(back):
        return np.empty(0, dtype=np.int64), np.empty(0)
    bins = back[0] - back
    counts = np.bincount(bins)
    sums = np.bincount(bins, weights=series.values[good])
    held = np.flatnonzero(counts)
    return end - (back[0] - held) * BIN_US, sums[held] / counts[held]


def _excess(times: npt.NDArray[np.int64], values: Floats, onset: int) -> float:
    before = times <= onset
    reference = values[before & (times > onset - round(REFERENCE_H * 3600e6))]
    after = values[times - BIN_US >= onset]
    if len(reference) < 30 or not len(after):
        return 0.0
    low, middle, high = np.quantile(reference, [0.25, 0.5, 0.75])
    scale = float(high - low)
    size = max(1e-9, 1e-6 * abs(float(middle)))
    if scale <= size:
        scale = float(np.std(reference))
    if scale <= size:
        return 0.0
    past = np.abs(values[before] - middle).max()
    return max(0.0, float(np.abs(after - middle).max() - past) / scale)


def dropped_line(signals: Mapping[SignalKey, Series], at: datetime) -> str | None:
    """The line whose throughput of the last hour has dropped most, as somebody who looks at the trend would say.

    The last hour's mean lies more than 7 % below the median of the hours before (eight at most); time in which the
    line was being changed over doesn't count. None if no line's has.
    """
    shares = {line: _share_left(signals, line, at) for line in LINES}
    worst = min(shares, key=lambda line: shares[line])
    return worst if shares[worst] < DROPPED else None


def _share_left(signals: Mapping[SignalKey, Series], line: str, at: datetime) -> float:
    trend = signals[SignalKey(line, "throughput")]
    running = _running(signals[SignalKey(f"{line}-filler", "state")], trend.times)
    hours = [_mean_of_hour(trend, running, at - timedelta(hours=back)) for back in range(9)]
    usual = [mean for mean in hours[1:] if mean is not None]
    if hours[0] is None or len(usual) < 3:
        return 1.0
    return hours[0] / max(1.0, float(np.median(usual)))


def _running(states: Series, times: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Whether the filler was not being changed over, at these times and for ten minutes before."""
    words = states.texts if states.texts is not None else np.empty(0, dtype=np.object_)
    calm = np.ones(len(times), dtype=np.bool_)
    for index in np.flatnonzero(words == "changeover").tolist():
        left = states.times[index + 1] if index + 1 < len(states.times) else times[-1] + 1
        calm &= (times < states.times[index]) | (times > left + 10 * BIN_US)
    return calm


def _mean_of_hour(trend: Series, running: npt.NDArray[np.bool_], end: datetime) -> float | None:
    """Mean of the hour up to `end` while the line ran; None with less than 20 minutes of it."""
    last = to_micros(end)
    inside = running & (trend.times <= last) & (trend.times > last - 60 * BIN_US)
    return float(trend.values[inside].mean()) if inside.sum() >= 120 else None
