"""How sure the engine may be: probabilities fitted on simulated faults (`weights.json`), and the verdict they allow."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import exp, log, log10

import numpy as np

from ..telemetry.series import SignalKey
from .features import chance, folds
from .ranking import Candidate
from .result import Symptom, Verdict
from .scan import CLEAR
from .suspicion import BROKEN, Suspicion
from .weights import Weights

_MOST = 0.97
_LEAST_SHARE = 0.01  # a share nearer to 0 or 1 says no more: scores aren't that exact
_BLIND_MOST = 0.05
_RELATIONS = ("own", "fresh", "upstream", "fresh_upstream")
_CLEARLY = 0.4  # chance of a fault (at even odds) from which a cause is named
_NOTHING, _NOTHING_ASKED = 0.25, 0.1  # chance of a fault below which nothing is wrong; lower where somebody complains


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


def fault_features(
    found: Mapping[SignalKey, Suspicion], asked: bool, alarms: Collection[SignalKey] = ()
) -> dict[str, float]:
    """What speaks for anything being wrong at all, as plain numbers.

    The largest of many signals is larger by chance: `many` is the decimal logarithm of their number.

    Args:
        asked: whether somebody complains and the data bears it out.
        alarms: signals that report trouble: one that now holds a state which it never held says that there is some.
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
        "alarm": max((found[key].oddness for key in alarms if key in found), default=0.0),
    }


def chance_of_fault(row: Mapping[str, float], weights: Weights) -> float:
    """The probability that anything is wrong, by its `fault_features`."""
    return _MOST * chance(_fault_logit(row, weights.fault))


def evidence_of(
    scores: Sequence[float],
    rows: Sequence[Mapping[str, float]],
    fault_row: Mapping[str, float],
    fault_weights: Mapping[str, float],
) -> dict[str, float]:
    """What tells how likely the first hypothesis is right.

    Args:
        scores: of all twins, at least one; rows: their features; the rest as for `chance_of_fault`.

    Returns:
        The logit of the first's share of the odds, how far it stands out from the median twin, the logit of the chance
        of a fault and its logarithm (which bounds the whole where hardly anything is wrong), two of its features, and
        the shares of twins whose relations broke and that left their past: what has reached everything may have begun
        anywhere.
    """
    fault = _fault_logit(fault_row, fault_weights)
    top = max(scores)
    share = 1.0 / sum(exp(max(score - top, -700.0)) for score in scores)
    bounded = min(max(share, _LEAST_SHARE), 1.0 - _LEAST_SHARE)
    return {
        "intercept": 1.0,
        "share": log(bounded / (1.0 - bounded)),
        "stands_out": (top - float(np.median(scores))) / 3.0,
        "fault": max(-8.0, min(8.0, fault)),
        "wrong": log(chance(fault)),
        "strongest": fault_row["strongest"],
        "broken": fault_row["broken"],
        "twins_broken": sum(max(row[name] for name in _RELATIONS) > folds(BROKEN) for row in rows) / len(rows),
        "twins_away": sum(row["level"] > folds(CLEAR) for row in rows) / len(rows),
    }


def _fault_logit(row: Mapping[str, float], weights: Mapping[str, float]) -> float:
    return sum(weights.get(name, 0.0) * value for name, value in row.items())


def confidences(candidates: Sequence[Candidate], fault_row: Mapping[str, float], weights: Weights) -> list[float]:
    """The probability of each candidate: that of the first, and of the others as their scores are to its.

    The signals of a twin share what its best has: each gets what its score falls short of that.
    """
    if not candidates:
        return []
    best: dict[str, float] = {}
    rows: dict[str, Mapping[str, float]] = {}
    for one in candidates:
        best[one.twin] = max(best.get(one.twin, -np.inf), one.score)
        rows[one.twin] = one.features
    top = max(best.values())
    odds = {twin: exp(max(score - top, -700.0)) for twin, score in best.items()}
    evidence = evidence_of(list(best.values()), [rows[twin] for twin in best], fault_row, weights.fault)
    first = min(_MOST, chance(sum(weights.confidence.get(name, 0.0) * value for name, value in evidence.items())))
    # The others share what the first leaves, and never have more than it.
    rest = (1.0 - first) / max(sum(odds.values()) - 1.0, 1e-9)
    return [
        (first if best[one.twin] == top else min(first, rest * odds[one.twin])) * exp(one.score - best[one.twin])
        for one in candidates
    ]


def verdict_of(fault: float, shares: Sequence[float], asked: bool) -> Verdict:
    """A cause where one hypothesis is likelier than not, and a fault clearly so; nothing wrong where none shows."""
    if shares and max(shares) >= 0.5 and fault >= _CLEARLY:
        return "cause"
    if fault < (_NOTHING_ASKED if asked else _NOTHING):
        return "nothing_wrong"
    return "cannot_tell"


def blindly(shares: Sequence[float]) -> list[float]:
    """The confidences where nothing can be told from the data: next to nothing."""
    return [min(share, _BLIND_MOST) for share in shares]


def capped(shares: Sequence[float], verdict: Verdict) -> list[float]:
    """The confidences as they may be shown: below 0.5 unless a cause is named, never rising down the list."""
    limit = _MOST if verdict == "cause" else 0.49
    return [float(min(share, limit)) for share in np.minimum.accumulate(list(shares))] if shares else []
