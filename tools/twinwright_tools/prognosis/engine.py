"""`time_to_limit`: one signal, one limit, one answer or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..telemetry.statistics import robust_slope
from .crossing import first_crossing, settles
from .cycle import Cycle, find_cycle
from .prepare import COARSE, FINE, Samples, Scale, binned, clean, one_regime, without_spikes
from .result import Direction, Micros, Reason, TimeToLimit, Trend, Values
from .segments import piece_begins
from .trend import Futures, Indices, futures
from .words import duration

MONTH_S = 30 * 86_400.0
LONGEST_HORIZON_S = 36_525 * 86_400.0
# Samples, and bins of the present piece, that are too few to tell a trend from noise with memory.
_FEWEST = 12
# A trend must point one way in this share of the possible futures.
_SURE = 0.99
# An interval says nothing if it's wider than this many times the wait, unless it's short beside the history.
_WIDEST, _SHORT_BESIDE_HISTORY = 3.0, 0.25
# Pieces that ended before the present one, from which it can be told how long a trend lasts here.
_TELLING_PIECES = 3
# A change that is lost in the rounding of the history's own spread, which is 1 in scaled values.
_NOTHING = 1e-12
_RECENT_BINS = 5
_CURVE_POINTS = 400


@dataclass(frozen=True, slots=True)
class _History:
    """The signal made ready: `samples` fine, `coarse` the same in few bins, both with the cycle taken out."""

    samples: Samples
    coarse: Samples
    cycle: Cycle | None
    scale: Scale
    limit: float
    sign: float
    notes: tuple[str, ...]


def time_to_limit(
    times: Micros,
    values: Values,
    at: int,
    limit: float,
    direction: Direction | None = None,
    horizon_s: float = MONTH_S,
    level: float = 0.8,
    running: npt.NDArray[np.bool_] | None = None,
) -> TimeToLimit:
    """When the level of a signal crosses a limit if its present trend goes on: a pure function of its arguments.

    The level is the signal without noise, but with its cycle: a daily peak that crosses counts.

    Args:
        times: int64 of shape (n,), microseconds since the Unix epoch, in any order, n ≥ 0. Later ones than `at` are
            never looked at.
        values: float64 of shape (n,), in the limit's unit; what isn't finite is left out. An event log, whose values
            hold until the next one, comes as `prepare.held` makes it.
        at: the moment of asking, microseconds since the Unix epoch.
        limit: in the signal's unit.
        direction: rising for an upper limit, falling for a lower one; None: upper if most of the values lie below it.
        horizon_s: how far ahead an answer is wanted, seconds.
        level: the interval's probability, 0 < level < 1.
        running: bool of shape (n,): whether each sample counts (the asset runs); None: all of them.

    Raises:
        InputError: shapes that differ, a limit that isn't finite, a level or a horizon out of range.
    """
    times, values = np.asarray(times, dtype=np.int64), np.asarray(values, dtype=np.float64)
    _check(times, values, limit, horizon_s, level, running)
    everything, scale = clean(times, values, at)
    counted = everything if running is None else clean(times[running], values[running], at)[0]
    side = direction or _side(values, limit)
    blank = TimeToLimit(side, limit, at, horizon_s, level, None, "")
    if len(counted) < _FEWEST:
        which = " while running" if running is not None else ""
        return _refusal(blank, "too_short", f"only {len(counted)} usable samples{which}; {_FEWEST} are needed")
    age_s, usual_s = -float(everything.seconds[-1]), float(np.median(np.diff(everything.seconds)))
    if age_s > max(10 * usual_s, (everything.seconds[-1] - everything.seconds[0]) / 20):
        return _refusal(blank, "stale", f"the newest sample is {duration(age_s)} old")
    if running is not None:
        counted, scale = clean(times[running], values[running], at)
    # Values near float64's end may leave it on the way back from scaled ones; curves are infinite there, not wrong.
    with np.errstate(over="ignore", under="ignore"):
        return _of_history(_made_ready(counted, scale, limit, side), blank)


def _check(
    times: Micros,
    values: Values,
    limit: float,
    horizon_s: float,
    level: float,
    running: npt.NDArray[np.bool_] | None,
) -> None:
    if times.ndim != 1 or times.shape != values.shape or (running is not None and running.shape != times.shape):
        raise InputError("times, values and running must be arrays of one length", code="limit.shape")
    if not np.isfinite(limit):
        raise InputError(f"a limit must be a finite number, not {limit}", code="limit.value")
    if not 0 < level < 1:
        raise InputError(f"the interval's level must lie between 0 and 1, not at {level}", code="limit.level")
    if not 0 < horizon_s <= LONGEST_HORIZON_S:
        raise InputError("the horizon must be longer than nothing and at most a hundred years", code="limit.horizon")


def _side(values: Values, limit: float) -> Direction:
    finite = values[np.isfinite(values)]
    return "rising" if not len(finite) or float(np.median(finite)) <= limit else "falling"


def _refusal(blank: TimeToLimit, reason: Reason, text: str) -> TimeToLimit:
    return replace(blank, reason=reason, text=text)


def _made_ready(samples: Samples, scale: Scale, limit: float, side: Direction) -> _History:
    scaled = scale.scaled(limit)
    regime, note = one_regime(samples, scaled, side)
    fine = without_spikes(binned(regime, FINE))
    notes = [note] if note else []
    cycle = find_cycle(fine) if note is None else None
    if cycle is not None:
        low, high = cycle.swing()
        notes.append(f"a cycle of {duration(cycle.period_s)} was taken out, {scale.size * (high - low):.3g} high")
        fine = Samples(fine.seconds, fine.values - cycle.at(fine.seconds))
    sign = 1.0 if side == "rising" else -1.0
    return _History(fine, binned(fine, COARSE), cycle, scale, scaled, sign, tuple(notes))


def _of_history(history: _History, blank: TimeToLimit) -> TimeToLimit:
    blank = replace(blank, notes=history.notes)
    if len(history.coarse) < _FEWEST:
        return _refusal(blank, "too_short", f"only {len(history.coarse)} usable samples; {_FEWEST} are needed")
    since = _beyond_since(history)
    if since is not None:
        return replace(
            _refusal(blank, "already_beyond", f"beyond the limit for {duration(-since)}"),
            since=blank.at + round(since * 1e6),
        )
    begins = piece_begins(history.coarse)
    if len(begins) > 1:
        changed = float(-history.coarse.seconds[begins[-1]])
        blank = replace(blank, notes=(*blank.notes, f"it changed {duration(changed)} ago; only what followed counts"))
        if len(history.coarse) - begins[-1] < _FEWEST:
            return _refusal(blank, "regime_changes", f"it changed {duration(changed)} ago: too lately to tell a trend")
    begin = history.coarse.seconds[begins[-1]]
    stretch = binned(history.samples.where(history.samples.seconds >= begin), COARSE)
    if np.ptp(stretch.values) < _NOTHING:
        return _refusal(blank, "not_drifting", "it stays the same")
    return _extrapolated(history, stretch, begins, blank)


def _beyond_since(history: _History) -> float | None:
    """Seconds (≤ 0) after the moment of asking since which it has been beyond; with a cycle, at each of its peaks."""
    seconds, values = history.coarse.seconds, history.coarse.values
    half = _RECENT_BINS // 2
    padded = np.concatenate([np.repeat(values[0], half), values])
    # The median of the last five bins at each bin; the first ones have fewer.
    windows = np.lib.stride_tricks.sliding_window_view(
        np.concatenate([np.repeat(padded[0], half), padded]), _RECENT_BINS
    )
    level = history.sign * (np.median(windows, axis=1) - history.limit)
    if history.cycle is not None:
        level = level + max(history.sign * each for each in history.cycle.swing())
    within = np.flatnonzero(level <= 0)
    if not len(within):
        return float(seconds[0])
    if within[-1] == len(level) - 1:
        return None
    return float(seconds[max(0, within[-1] + 1 - half)])


def _extrapolated(history: _History, stretch: Samples, begins: Indices, blank: TimeToLimit) -> TimeToLimit:
    possible = futures(stretch)
    end_s = float(stretch.seconds[-1])
    waits = np.maximum(first_crossing(possible, history.cycle, history.limit, history.sign, end_s) + end_s, 0.0)
    trend = _trend(history, stretch, possible, waits, blank)
    ordered = np.sort(waits)
    told = replace(blank, trend=trend, draws=ordered, probability=float(np.mean(waits <= blank.horizon_s)))
    toward = float(np.mean(history.sign * possible.slope > 0))
    if toward <= 1 - _SURE:
        return _refusal(told, "wrong_way", "it drifts away from the limit")
    if toward < _SURE:
        return _refusal(told, "not_drifting", "no trend stands out of its noise")
    if np.mean(np.isinf(waits)) >= 0.5 and settles(stretch):
        return _refusal(told, "saturating", "it settles before the limit, by the better of the curves tried")
    return _answer(history, stretch, begins, told)


def _answer(history: _History, stretch: Samples, begins: Indices, told: TimeToLimit) -> TimeToLimit:
    shares = ((1 - told.level) / 2, 0.5, (1 + told.level) / 2)
    low, middle, high = (float(told.draws[int(share * len(told.draws))]) for share in shares)
    if middle > told.horizon_s:
        text = f"more likely than not it takes longer than {duration(told.horizon_s)}"
        return _refusal(told, "beyond_horizon", text)
    pieces = np.diff(history.coarse.seconds[begins])
    if len(pieces) >= _TELLING_PIECES and middle - stretch.seconds[0] > 2 * float(np.median(pieces)):
        text = f"its trend has changed about every {duration(float(np.median(pieces)))}, so it won't last till then"
        return _refusal(told, "regime_changes", text)
    span = -float(history.coarse.seconds[0])
    if not high - low <= max(_WIDEST * middle, _SHORT_BESIDE_HISTORY * span):
        return _refusal(told, "too_noisy", f"it may come in {duration(low)} or in {duration(high)}")
    early, crossing, late = (told.at + round(wait * 1e6) for wait in (low, middle, high))
    text = f"in {duration(middle)} ({duration(low)} to {duration(high)})"
    return replace(told, text=text, crossing=crossing, low=early, high=late)


def _trend(history: _History, stretch: Samples, possible: Futures, waits: Values, blank: TimeToLimit) -> Trend:
    size, end_s = history.scale.size, float(stretch.seconds[-1])
    micros = blank.at + np.round(stretch.seconds * 1e6).astype(np.int64)
    per_hour = robust_slope(micros, stretch.values)[0] or 0.0
    order = np.argsort(waits if np.median(waits) < np.inf else possible.slope, kind="stable")
    middle = order[len(waits) // 2 :][:1]
    until = min(float(waits[middle][0]), blank.horizon_s)
    seconds = np.linspace(stretch.seconds[0], until, _CURVE_POINTS)
    curve = possible.at((seconds - end_s)[:, None], middle)[:, 0]
    if history.cycle is not None:
        curve = curve + history.cycle.at(seconds)
    bend = float(possible.shapes.bend[middle][0])
    return Trend(
        int(micros[0]),
        int(micros[-1]),
        size * float(np.median(possible.slope)),
        size * per_hour / 3600,
        size * possible.noise,
        possible.memory,
        "linear" if bend == 0 else "accelerating" if bend > 0 else "settling",
        blank.at + np.round(seconds * 1e6).astype(np.int64),
        history.scale.middle + size * curve,
    )
