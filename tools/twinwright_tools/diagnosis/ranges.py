"""Signals beyond what the plant states as their limits, or beyond what their unit can say at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..errors import InputError
from ..telemetry.series import Series, SignalInfo, SignalKey
from .grid import Floats, usable

if TYPE_CHECKING:
    from ..plant import Plant
    from ..twins.dtdl import ModelSet

_ABSOLUTE_ZERO = {"K": 0.0, "°C": -273.15, "°F": -459.67}
# NAMUR NE 43: a 4-20 mA signal below 3.6 or above 21 mA tells of a fault of the instrument, not of a measurement.
_PERCENT = (-2.5, 106.25)
_MAJORITY = 5  # samples of which most must lie outside: one alone is noise
_TINY = float(np.finfo(np.float64).tiny)
_SCATTER = 3.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where a signal's values must lie, in its own unit; infinite where an end is open.

    Attributes:
        source: who says so, in words.
        always: whether it holds for a signal that lay outside in the first half of its past as well.
        impossible: whether a value outside tells of the instrument rather than of what it measures.
    """

    low: float
    high: float
    source: str
    always: bool = True
    impossible: bool = False


@dataclass(frozen=True, slots=True)
class OutOfRange:
    """A signal that is outside its bounds at the moment of asking.

    Attributes:
        direction: +1 above, -1 below; limit: the bound that was passed.
        since: when it left them, microseconds; uncertainty_s: half the time to the sample before, in seconds.
        before, after: median before (None if it was never inside) and since.
        score: distance from the median before, in robust standard deviations of what was before.
    """

    key: SignalKey
    bounds: Bounds
    direction: Literal[-1, 1]
    limit: float
    since: int
    uncertainty_s: float
    before: float | None
    after: float
    score: float


def stated_bounds(plant: Plant, infos: Iterable[SignalInfo]) -> dict[SignalKey, list[Bounds]]:
    """The limits that a plant states of its signals (`[limits]`, else properties of twins), and booleans by schema.

    A limit in another unit than the signal's bounds nothing: `twinwright limit` refuses it, with the reason.
    """
    from ..prognosis.limits import stated_limits

    found: dict[SignalKey, list[Bounds]] = {}
    for info in infos:
        if info.kind not in ("numeric", "boolean"):
            continue
        try:
            limits = stated_limits(plant, info.key, info.unit)
        except InputError:
            limits = []
        ends = [(-inf, one.value) if one.direction == "rising" else (one.value, inf) for one in limits]
        bounds = [Bounds(low, high, one.source) for (low, high), one in zip(ends, limits, strict=True)]
        bounds += _of_schema(plant.models, plant.graph.twins[info.key.twin].model, info) if _placed(plant, info) else []
        if bounds:
            found[info.key] = bounds
    return found


def _placed(plant: Plant, info: SignalInfo) -> bool:
    return info.key.twin in plant.graph.twins


def _of_schema(models: ModelSet, model: str, info: SignalInfo) -> list[Bounds]:
    definition = models.signal(model, info.key.signal)
    boolean = definition is not None and definition.schema == "boolean"
    return [Bounds(0.0, 1.0, "a boolean is 0 or 1", impossible=True)] if boolean else []


def possible_bounds(unit: str | None) -> Bounds | None:
    """What values of a unit can be at all; None where nothing is known.

    Some quantities in per cent do pass 100 or 0 (a load, a deviation), so that holds only for one that never did.
    """
    if unit in _ABSOLUTE_ZERO:
        return Bounds(_ABSOLUTE_ZERO[unit], inf, "absolute zero", impossible=True)
    if unit == "%":
        return Bounds(*_PERCENT, "no measurement in per cent reads that (NAMUR NE 43)", always=False, impossible=True)
    return None


def out_of_range(
    signals: Mapping[SignalKey, Series],
    infos: Iterable[SignalInfo],
    at: int,
    stated: Mapping[SignalKey, Sequence[Bounds]] | None = None,
) -> dict[SignalKey, OutOfRange]:
    """The numeric signals that are outside their bounds at `at` (microseconds); an impossible value goes first."""
    found: dict[SignalKey, OutOfRange] = {}
    for info in infos:
        if info.key not in signals or info.kind not in ("numeric", "boolean"):
            continue
        own = possible_bounds(info.unit)
        bounds = [*([own] if own else []), *(stated or {}).get(info.key, ())]
        if not bounds:
            continue
        series = _upto(signals[info.key], at)
        outside = [_outside(series, one, info.sampling == "sampled") for one in bounds] if len(series) else []
        told = sorted((one for one in outside if one), key=lambda one: (not one.bounds.impossible, one.since))
        if told:
            found[info.key] = told[0]
    return found


def _upto(series: Series, at: int) -> Series:
    series = usable(series)
    order = np.argsort(series.times, kind="stable")
    order = order[series.times[order] <= at]
    return Series(series.key, series.times[order], series.values[order])


def _outside(series: Series, bounds: Bounds, sampled: bool) -> OutOfRange | None:
    above = _stretch(series.values > bounds.high, sampled)
    below = _stretch(series.values < bounds.low, sampled)
    begin = above if above is not None else below
    if begin is None:
        return None
    values, times = series.values, series.times
    past = values[: len(values) // 2]
    if not bounds.always and np.any((past < bounds.low) | (past > bounds.high)):
        return None
    before, after = values[:begin], float(np.median(values[begin:]))
    return OutOfRange(
        key=series.key,
        bounds=bounds,
        direction=1 if above is not None else -1,
        limit=bounds.high if above is not None else bounds.low,
        since=int(times[begin]),
        uncertainty_s=float(times[begin] - times[begin - 1]) / 2e6 if begin else 0.0,
        before=float(np.median(before)) if begin else None,
        after=after,
        score=_score(before, after),
    )


def _stretch(outside: np.ndarray[tuple[int], np.dtype[np.bool_]], sampled: bool) -> int | None:
    """Where the last stretch that is mostly outside began; None if the signal isn't outside at the end.

    A log holds its value, so there every row counts; of samples, most of five in a row.
    """
    if not outside.any():
        return None
    width = _MAJORITY if sampled else 1
    if len(outside) < width:
        return None
    counts = np.convolve(outside, np.ones(width), mode="valid")
    mostly = counts > width / 2
    if not mostly[-1]:
        return None
    inside = np.flatnonzero(~mostly)
    first = int(inside[-1]) + 1 if len(inside) else 0
    return first + int(outside[first:].argmax())


def _score(before: Floats, after: float) -> float:
    """How far the median moved, in robust standard deviations; three where there is no past to tell."""
    if len(before) < 3:
        return _SCATTER
    with np.errstate(over="ignore"):
        low, middle, high = np.percentile(before, [25, 50, 75])
        scale = max(float(high - low) / 1.349, 0.2 * float(before.std()), 1e-3 * abs(float(middle)), _TINY)
        return abs(after - float(middle)) / scale
