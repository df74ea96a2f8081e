"""How sure the engine may be: probabilities fitted on simulated faults (`weights.json`), and the verdict they allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, log10

import numpy as np

from ..telemetry.series import SignalKey
from .features import chance, folds
from .ranking import Candidate
from .result import Symptom, Verdict
from .suspicion import Suspicion
from .weights import Weights

_MOST = 0.97
_NOTHING, _NOTHING_ASKED = 0.5, 0.2  # chance of a fault below which nothing is wrong; lower where somebody complains


def substantiated(found: Mapping[SignalKey, Suspicion], symptoms: Sequence[Symptom]) -> bool:
    """Whether the data bears out any complaint: the signal, or a signal of the twin, left its own past.

    A complaint of something that isn't recorded is believed.
    """
    for symptom in symptoms:
        recorded = [
            one for key, one in found.items() if key.twin == symptom.twin and symptom.signal in (None, key.signal)
        ]
        if not recorded or any(one.deviation is not None for one in recorded):
            return True
    return False


def fault_features(found: Mapping[SignalKey, Suspicion], asked: bool) -> dict[str, float]:
    """What speaks for anything being wrong at all, as plain numbers.

    The largest of many signals is larger by chance: `many` is the decimal logarithm of their number.
    """
    excesses = sorted((folds(one.excess) for one in found.values()), reverse=True) or [0.0]
    breaks = sorted((folds(max(one.broken, one.upstream)) for one in found.values()), reverse=True) or [0.0]
    fifth = min(4, len(excesses) - 1)
    return {
        "intercept": 1.0,
        "strongest": excesses[0],
        "fifth": excesses[fifth],
        "broken": breaks[0],
        "broken_fifth": breaks[fifth],
        "state": max((one.oddness for one in found.values()), default=0.0),
        "many": log10(max(len(found), 1)),
        "asked": float(asked),
    }


def chance_of_fault(found: Mapping[SignalKey, Suspicion], asked: bool, weights: Weights) -> float:
    """The probability that anything is wrong."""
    if not found:
        return 0.0
    row = fault_features(found, asked)
    return _MOST * chance(sum(weights.fault.get(name, 0.0) * value for name, value in row.items()))


def confidences(candidates: Sequence[Candidate], fault: float, weights: Weights) -> list[float]:
    """The probability of each candidate: that of a fault, shared among twins by score, less for lesser signals."""
    if not candidates:
        return []
    best: dict[str, float] = {}
    for one in candidates:
        best[one.twin] = max(best.get(one.twin, -np.inf), one.score)
    top = max(best.values())
    weight = {twin: exp(weights.sharpness * (score - top)) for twin, score in best.items()}
    total = sum(weight.values())
    return [
        fault * weight[one.twin] / total * exp(weights.sharpness * (one.score - best[one.twin])) for one in candidates
    ]


def verdict_of(fault: float, shares: Sequence[float], asked: bool) -> Verdict:
    """A cause where one hypothesis is likelier than not; nothing wrong where nothing deviates and nobody complains."""
    if shares and max(shares) >= 0.5:
        return "cause"
    if fault < (_NOTHING_ASKED if asked else _NOTHING):
        return "nothing_wrong"
    return "cannot_tell"


def capped(shares: Sequence[float], verdict: Verdict) -> list[float]:
    """The confidences as they may be shown: below 0.5 unless a cause is named, never rising down the list."""
    limit = _MOST if verdict == "cause" else 0.49
    return [float(min(share, limit)) for share in np.minimum.accumulate(list(shares))] if shares else []
