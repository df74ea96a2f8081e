"""Samples made ready for a trend: finite, in order, one per bin, without spikes, of one operating regime."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from .result import Direction, Micros, Values

# Medians of this many bins are what a curve is fitted to at most; a cycle is looked for at the finer width.
FINE, COARSE = 2048, 128
# Of fewer samples none is called a stray.
_FEW_OF = 12
_SPIKE_WIDTH, _SPIKE_SIGMAS = 11, 6.0
# Two regimes: this far apart in units of the wider one's spread, each with this share of samples, this many switches.
_APART, _SHARE, _SWITCHES = 6.0, 0.1, 4


@dataclass(frozen=True, slots=True)
class Samples:
    """Usable samples, ascending: `seconds` relative to the moment of asking (≤ 0), `values` scaled; shapes (n,)."""

    seconds: Values
    values: Values

    def __len__(self) -> int:
        return len(self.seconds)

    def where(self, kept: npt.NDArray[np.bool_]) -> Samples:
        """The samples that a mask of shape (n,) keeps."""
        return Samples(self.seconds[kept], self.values[kept])


@dataclass(frozen=True, slots=True)
class Scale:
    """How values were scaled: value = middle + size · scaled. It keeps sums of squares inside of float64."""

    middle: float
    size: float

    def scaled(self, value: float) -> float:
        """A value in scaled units, however far off it is."""
        return float(np.clip(value / self.size - self.middle / self.size, -1e30, 1e30))


def clean(times: Micros, values: Values, at: int) -> tuple[Samples, Scale]:
    """The finite samples up to `at`, in order of time, several of one time as their median, and scaled robustly.

    Args:
        times: int64 of shape (n,), microseconds, in any order; values: float64 of shape (n,).
    """
    usable = np.isfinite(values) & (times <= at)
    times, values = times[usable], values[usable]
    order = np.lexsort((values, times))
    times, values = times[order], values[order]
    scale = _scale(values)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = (values - scale.middle) / scale.size
    # What is infinitely far off by the signal's own measure is no measurement of it.
    kept = np.isfinite(scaled) & (np.abs(scaled) < 1e30)
    seconds, values = (times[kept] - at) / 1e6, scaled[kept]
    begins = np.flatnonzero(np.diff(seconds, prepend=-np.inf) > 0)
    return _without_strays(Samples(seconds[begins], _medians(values, begins))), scale


def _without_strays(samples: Samples) -> Samples:
    """Without the few first samples that lie further back than all others last, such as those of a clock at 1970."""
    few = max(1, len(samples) // 100)
    gaps, rest = np.diff(samples.seconds), samples.seconds[-1:] - samples.seconds[1:]
    stray = np.flatnonzero((gaps > rest)[:few])
    if len(samples) <= _FEW_OF or not len(stray):
        return samples
    return samples.where(np.arange(len(samples)) > stray[-1])


def held(times: Micros, values: Values, at: int) -> tuple[Micros, Values]:
    """Evenly spaced samples of an event log, whose values hold until the next one: of its first event up to `at`."""
    usable = np.isfinite(values) & (times <= at)
    times, values = times[usable], values[usable]
    if not len(times):
        return times, values
    order = np.argsort(times, kind="stable")
    even = np.unique(np.linspace(times[order[0]], at, FINE).astype(np.int64))
    return even, values[order][np.maximum(np.searchsorted(times[order], even, side="right") - 1, 0)]


def _scale(values: Values) -> Scale:
    if not len(values):
        return Scale(0.0, 1.0)
    low, middle, high = (float(found) for found in np.quantile(values / 4, (0.05, 0.5, 0.95)))
    size = high - low if high > low else float(np.max(np.abs(values / 4 - middle)))
    return Scale(4 * middle, float(np.clip(4 * size, 0, 1e300)) or 1.0)


def _medians(values: Values, begins: npt.NDArray[np.int64]) -> Values:
    """The median of each run of values that are ascending within their run; shape of `begins`."""
    ends = np.append(begins[1:], len(values))
    lower, upper = begins + (ends - begins - 1) // 2, begins + (ends - begins) // 2
    return values[lower] / 2 + values[upper] / 2 if len(values) else values


def binned(samples: Samples, most: int) -> Samples:
    """At most `most` samples: the median of each of that many equal stretches of time, at their mean time."""
    if len(samples) <= most:
        return samples
    begin, end = samples.seconds[0], samples.seconds[-1]
    number = np.minimum(((samples.seconds - begin) / (end - begin) * most).astype(np.int64), most - 1)
    order = np.lexsort((samples.values, number))
    begins = np.flatnonzero(np.diff(number, prepend=-1) > 0)
    counts = np.diff(np.append(begins, len(samples)))
    return Samples(np.add.reduceat(samples.seconds, begins) / counts, _medians(samples.values[order], begins))


def without_spikes(samples: Samples) -> Samples:
    """Without single values far from their neighbours; a step stays.

    Hampel's filter: further from the running median than six robust standard deviations of such distances. F. R.
    Hampel, "The influence curve and its role in robust estimation", J. Am. Stat. Assoc. 69 (1974) 383-393.
    """
    if len(samples) < _SPIKE_WIDTH:
        return samples
    off = np.abs(samples.values - ndimage.median_filter(samples.values, _SPIKE_WIDTH, mode="nearest"))
    spread = 1.4826 * float(np.median(off))
    return samples.where(off <= _SPIKE_SIGMAS * spread) if spread > 0 else samples.where(off <= 0.5)


def one_regime(samples: Samples, limit: float, direction: Direction) -> tuple[Samples, str | None]:
    """The samples of the regime that the limit is about, where the values fall into two that alternate; a note.

    Values alternate between two levels (running and standing still) if they are far apart, both often there, and left
    several times. The regime on the limit's side counts, unless it was beyond the limit all along and is the quieter
    one: then it is standstill (a pump's suction pressure below its limit while the pump is off).
    """
    values = samples.values
    cut = _otsu(values)
    if cut is None:
        return samples, None
    upper = values > cut
    inner = [values[~upper], values[upper]]
    if min(len(each) for each in inner) < _SHARE * len(values) or np.sum(upper[1:] != upper[:-1]) < _SWITCHES:
        return samples, None
    spreads = [float(np.subtract(*np.quantile(each, (0.9, 0.1)))) for each in inner]
    gap = float(np.quantile(inner[1], 0.05) - np.quantile(inner[0], 0.95))
    if gap <= 0 or gap < _APART / 2.56 * max(spreads) / 2:
        return samples, None
    wanted = 1 if direction == "rising" else 0
    sign = 1.0 if direction == "rising" else -1.0
    always_beyond = float(np.mean(sign * (inner[wanted] - limit) > 0)) > 0.95
    if always_beyond and spreads[wanted] < spreads[1 - wanted]:
        wanted = 1 - wanted
    kept = samples.where(upper == bool(wanted))
    share = len(kept) / len(samples)
    name = "higher" if wanted else "lower"
    return kept, f"the values alternate between two levels; only the {name} one is looked at ({share:.0%} of samples)"


def _otsu(values: Values) -> float | None:
    """The cut that splits values into two groups with the least variance inside them; None where there is none.

    N. Otsu, "A threshold selection method from gray-level histograms", IEEE Trans. SMC 9 (1979) 62-66.
    """
    ordered = np.sort(values)
    count = len(ordered)
    if count < 20 or ordered[0] == ordered[-1]:
        return None
    below = np.arange(1, count)
    sums = np.cumsum(ordered)
    between = (sums[:-1] / below - (sums[-1] - sums[:-1]) / (count - below)) ** 2 * below * (count - below)
    best = int(np.argmax(between))
    return float(ordered[best] / 2 + ordered[best + 1] / 2)
