"""How sure the engine may be. A first sensible mapping: not yet calibrated on simulated faults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, log

import numpy as np

from ..telemetry.series import SignalKey
from .ranking import Candidate
from .result import Symptom, Verdict
from .suspicion import Suspicion

_SHARPNESS = 0.3  # score difference at which one twin is e times as likely as another
_FAULT_EXCESS = 4.0  # excess at which a departure is as likely a fault as chance, for one signal …
_PER_TENFOLD = 0.25  # … and how much more for every tenfold number of signals: the largest of many is larger
_STEEPNESS = 3.0
_ASKED_BONUS = 4.0  # somebody complains: a fault is likelier than on a plain day
_MOST = 0.97


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


def chance_of_fault(found: Mapping[SignalKey, Suspicion], asked: bool) -> float:
    """The probability that anything is wrong, from the strongest departure of all signals."""
    if not found:
        return 0.0
    excess = max(suspicion.excess for suspicion in found.values() if suspicion.excess >= 0.0)
    limit = _FAULT_EXCESS + _PER_TENFOLD * log(len(found), 10)
    evidence = _STEEPNESS * log(max(excess, 1e-3) / limit) + (_ASKED_BONUS if asked else 0.0)
    return _MOST / (1.0 + exp(-max(-30.0, min(30.0, evidence))))


def confidences(candidates: Sequence[Candidate], fault: float) -> list[float]:
    """The probability of each candidate: that of a fault, shared among twins by score, less for lesser signals."""
    if not candidates:
        return []
    best: dict[str, float] = {}
    for one in candidates:
        best[one.twin] = max(best.get(one.twin, -np.inf), one.score)
    top = max(best.values())
    weight = {twin: exp((score - top) / _SHARPNESS) for twin, score in best.items()}
    total = sum(weight.values())
    return [fault * weight[one.twin] / total * exp((one.score - best[one.twin]) / _SHARPNESS) for one in candidates]


def verdict_of(fault: float, shares: Sequence[float], asked: bool) -> Verdict:
    """A cause where one hypothesis is likelier than not; nothing wrong where nothing deviates and nobody complains."""
    if shares and max(shares) >= 0.5:
        return "cause"
    if fault < (0.2 if asked else 0.5):
        return "nothing_wrong"
    return "cannot_tell"


def capped(shares: Sequence[float], verdict: Verdict) -> list[float]:
    """The confidences as they may be shown: below 0.5 unless a cause is named, never rising down the list."""
    limit = _MOST if verdict == "cause" else 0.49
    return [float(min(share, limit)) for share in np.minimum.accumulate(list(shares))] if shares else []
