"""Fewer points that keep the shape of a curve, its extremes among them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import tsdownsample

Indices = npt.NDArray[np.int64]
_M4 = 4


def kept_samples(times: npt.NDArray[np.int64], values: npt.NDArray[np.float64], most: int) -> Indices:
    """Indices of at most `most` samples, in order; the least and the greatest value are among them (for most ≥ 2).

    M4 keeps the first, last, least and greatest sample of every stretch of time, which is what a line drawn at that
    width shows: U. Jugel et al., "M4: A Visualization-Oriented Time Series Data Aggregation", PVLDB 7 (2014) 797-808.

    Args:
        times: int64 of shape (n,), increasing; values: float64 of shape (n,), finite.
    """
    if len(values) <= most:
        return np.arange(len(values))
    if most < 2 * _M4:
        extremes = [int(np.argmin(values)), int(np.argmax(values)), len(values) - 1, 0]
        chosen = list(dict.fromkeys(extremes))[: max(most, 0)]
        return np.asarray(sorted(chosen), dtype=np.int64)
    downsampler = tsdownsample.M4Downsampler()  # type: ignore[no-untyped-call]  # its constructor has no hints
    line = np.ascontiguousarray(times), np.ascontiguousarray(values)
    found = downsampler.downsample(*line, n_out=most // _M4 * _M4)
    return np.unique(np.asarray(found, dtype=np.int64))


def kept_states(states: Sequence[str], most: int) -> Indices:
    """Indices of at most `most` samples of a signal that has states: where one begins, and the last sample."""
    if not states or most < 1:
        return np.empty(0, dtype=np.int64)
    begins = [0, *(index for index in range(1, len(states)) if states[index] != states[index - 1])]
    kept = np.unique(np.asarray([*begins, len(states) - 1], dtype=np.int64))
    if len(kept) <= most:
        return kept
    return kept[np.unique(np.linspace(0, len(kept) - 1, most).astype(np.int64))]
