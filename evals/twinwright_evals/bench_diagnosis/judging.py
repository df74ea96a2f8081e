"""An answer beside the truth, as the data packs and the demo's faults have it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from twinwright_tools.diagnosis import Diagnosis
from twinwright_tools.times import parse_time

BLAMED = 0.5  # the confidence from which on a hypothesis is a claim


@dataclass(frozen=True, slots=True)
class Run:
    """One diagnosis beside the truth.

    Attributes:
        true: the twins at fault, or `twin.signal` where the truth names signals; empty: nothing is wrong.
        place: rank of the first true twin among the distinct twins (None: not listed, or nothing is wrong).
        signal_place: the same over (twin, signal), where the truth names signals.
        all_within: the least k for which all true signals are among the first (number of them) + k - 1 distinct
            signals (P@k of causRCA); None: they never are, or the truth names no signals.
        named_signals: whether the truth names signals.
        first_three: what the first hypotheses name: twins, or `twin.signal` where the truth names signals.
        confidence: of the first hypothesis, None without one; blamed: whether any confidence is 0.5 or more.
        visible: whether any signal left its range after the onset; None where that can't be told.
        onset_error_s, seconds: error of the first hypothesis' onset, and time of the call; in seconds.
    """

    pack: str
    case: str
    true: tuple[str, ...]
    place: int | None
    signal_place: int | None
    all_within: int | None
    named_signals: bool
    first: str | None
    mode: str | None
    first_three: tuple[str, ...]
    verdict: str
    confidence: float | None
    blamed: bool
    visible: bool | None
    onset_error_s: float | None
    seconds: float

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return not self.true


def judge(
    pack: str, case: str, found: Diagnosis, truth: dict[str, Any], seconds: float, visible: bool | None = None
) -> Run:
    """A diagnosis beside the truth: `{"twins" or "signals", "onset"}`."""
    signals = [(one["twin"], one["signal"]) for one in truth.get("signals") or []]
    twins = truth.get("twins") or list(dict.fromkeys(twin for twin, _ in signals))
    first = found.hypotheses[0] if found.hypotheses else None
    listed = list(dict.fromkeys(one.twin for one in found.hypotheses))
    keys = list(dict.fromkeys((one.twin, one.signal) for one in found.hypotheses if one.signal))
    told = [".".join(key) for key in keys] if signals else listed
    error = None
    if first is not None and first.onset is not None and truth.get("onset"):
        error = abs((first.onset - parse_time(truth["onset"])).total_seconds())
    return Run(
        pack=pack,
        case=case,
        true=tuple(".".join(key) for key in signals) or tuple(twins),
        place=place_of(listed, twins),
        signal_place=place_of(keys, signals),
        all_within=all_within(keys, signals),
        named_signals=bool(signals),
        first=first.twin if first else None,
        mode=first.mode if first else None,
        first_three=tuple(told[:3]),
        verdict=found.verdict,
        confidence=first.confidence if first else None,
        blamed=any(one.confidence >= BLAMED for one in found.hypotheses),
        visible=visible,
        onset_error_s=error,
        seconds=seconds,
    )


def place_of(listed: Sequence[Hashable], true: Sequence[Hashable]) -> int | None:
    """The rank, from 1, of the first true one in a list of distinct ones; None: there is none."""
    return min((listed.index(one) + 1 for one in true if one in listed), default=None)


def all_within(listed: Sequence[Hashable], true: Sequence[Hashable]) -> int | None:
    """The least k for which all true ones are within the first len(true) + k - 1; None: never, or none is true."""
    if not true or not set(true) <= set(listed):
        return None
    last = max(listed.index(one) + 1 for one in true)
    return last - len(set(true)) + 1
