"""What kind of signal it is, told from its samples where no model says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from ..times import from_micros
from .series import Sampling, SignalInfo, SignalKey, SignalKind

FEW = 4
_STEADY_SHARE = 0.8
_STEADY_TOLERANCE = 0.2
_JITTER_RATIO = 4.0
_JITTER_SAMPLES = 20
_RESTS = 3
_REST_SHARE = 0.2
_FEW_TO_REST = 12  # samples below which one rest, of most of the time, is enough
_MOST = 0.5
_ON_TICK = 0.05
_AT_THE_START = timedelta(minutes=1)
_FAR_FEWER = 10  # times: a number with so many fewer samples than the sampled ones is no sampled one itself

Micros = npt.NDArray[np.int64]


def infer_kind(schema: str | None, numbers: int, texts: int, only_bits: bool) -> SignalKind:
    """The kind of a signal.

    Args:
        schema: DTDL schema that the model gives, or None.
        numbers, texts: how many samples hold a number, how many a text.
        only_bits: whether every number is 0 or 1.
    """
    if not numbers and not texts:
        return "empty"
    if texts > numbers:
        return "text"
    if schema == "boolean":
        return "boolean" if only_bits else "numeric"
    return "boolean" if schema is None and only_bits else "numeric"


def infer_sampling(times: Micros, codes: npt.NDArray[np.float64], kind: SignalKind) -> Sampling:
    """Whether samples come at a steady interval, or only when the value changes.

    Steady: four in five intervals are the median one or a multiple of it, give or take a fifth of it (so that dropouts
    don't matter), or all of them scatter by less than a factor of four while some values repeat (a jittery clock). A
    state that changes with every single sample is an event log, however steady, and so is a number that never repeats
    and rests again and again (a controller that reports changes at its own pace). One that rests once or twice, or for
    whole intervals, has lost samples.
    With fewer than four samples nothing can be told: events (the store lets numbers go by the plant's others).

    Args:
        times: int64 of shape (n,), microseconds, increasing; several rows may share a time.
        codes: float64 of shape (n,); equal where the values are equal, NaN where there is none.
    """
    if len(times) < FEW:
        return "events"
    repeats = int(np.count_nonzero(codes[1:] == codes[:-1]))
    if kind in ("boolean", "text") and not repeats:
        return "events"
    gaps = np.diff(times)
    gaps = gaps[gaps > 0]  # two rows of one time tell no interval
    if not len(gaps):
        return "events"
    typical = float(np.median(gaps))
    ticks = np.maximum(np.round(gaps / typical), 1)
    if float(np.mean(np.abs(gaps - ticks * typical) <= _STEADY_TOLERANCE * typical)) >= _STEADY_SHARE:
        return "events" if not repeats and _rests(gaps, typical) else "sampled"
    low, high = np.quantile(gaps, [0.05, 0.95])
    jitter = len(times) >= _JITTER_SAMPLES and repeats > 0 and high <= _JITTER_RATIO * low
    return "sampled" if jitter else "events"


def info_of(
    key: SignalKey,
    times: Micros,
    values: npt.NDArray[np.float64],
    texts: npt.NDArray[np.object_] | None,
    *,
    schema: str | None,
    unit: str | None,
    known: bool,
) -> SignalInfo:
    """What its samples (at least one, in time order) tell of a signal.

    Args:
        texts: of shape (n,) with str or None; None for a signal without any.
        schema, unit, known: what the model says of it, see `SignalInfo`.
    """
    numbers = values[~np.isnan(values)]
    words = 0 if texts is None else sum(text is not None for text in texts)
    only_bits = bool(np.all((numbers == 0) | (numbers == 1)))
    kind = infer_kind(schema, len(numbers), words, only_bits)
    codes = values
    if texts is not None and kind == "text":
        codes = np.unique(texts.astype(str), return_inverse=True)[1].astype(np.float64)
    gaps = np.diff(times)
    return SignalInfo(
        key,
        kind,
        infer_sampling(times, codes, kind),
        len(times),
        from_micros(int(times[0])),
        from_micros(int(times[-1])),
        float(np.median(gaps)) / 1e6 if len(gaps) else None,
        unit,
        known,
    )


def with_few_told(found: Mapping[SignalKey, SignalInfo]) -> dict[SignalKey, SignalInfo]:
    """The same signals; numbers with too few samples to tell how they are recorded go by most of the plant's others.

    But for one that is there from the beginning, where the others have far more samples in the same time: a log states
    its value at the start, and then only what somebody changed, such as a set-point.
    """
    told = dict(found)
    enough = [info for info in told.values() if info.count >= FEW]
    usual = Counter(info.sampling for info in enough).most_common(1)
    counts = sorted(info.count for info in enough if info.sampling == "sampled")
    far_fewer = bool(counts) and counts[len(counts) // 2] > _FAR_FEWER * FEW
    start = min((info.first for info in enough), default=None)
    for key, info in found.items():
        from_the_start = far_fewer and start is not None and info.first <= start + _AT_THE_START
        if usual and info.count < FEW and info.kind == "numeric" and not from_the_start:
            told[key] = replace(info, sampling=usual[0][0])
    return told


def _rests(gaps: Micros, typical: float) -> bool:
    """Whether a fifth of the time is rests, several of them, that don't keep to the clock of the samples.

    With fewer than 12 samples one rest of half of the time is enough.
    """
    if len(gaps) < _FEW_TO_REST - 1 and gaps.max() >= _MOST * gaps.sum():
        return True
    rests = gaps[gaps > _JITTER_RATIO * typical]
    if len(rests) < _RESTS or rests.sum() < _REST_SHARE * gaps.sum():
        return False
    ticks = rests / typical
    return bool(np.mean(np.abs(ticks - np.round(ticks)) <= _ON_TICK) < _STEADY_SHARE)
