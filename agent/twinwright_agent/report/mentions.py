"""What the evidence says of each signal: found by the shape of the data, whichever tool it came from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from twinwright_tools.errors import InputError
from twinwright_tools.evidence import Evidence
from twinwright_tools.telemetry.series import SignalKey, parse_key

from .words import as_time

_DEEPEST = 8
_LISTS = ("signals", "symptoms")


@dataclass(frozen=True, slots=True)
class Mention:
    """One place in the evidence that names a signal.

    Attributes:
        evidence: id of the evidence.
        score: how far the signal left its own past, in robust standard deviations; 0 where that isn't said.
        onset: when it began, or None; onset_uncertainty_s is the half-width of that in seconds, or None.
    """

    key: SignalKey
    evidence: str
    score: float
    onset: datetime | None
    onset_uncertainty_s: float | None


def mentions(evidence: Sequence[Evidence], twins: Collection[str]) -> list[Mention]:
    """Every mention of a signal in the data and the arguments of the evidence, in order of the evidence."""
    found: list[Mention] = []
    for one in evidence:
        for holder in _dicts([one.arguments, one.data]):
            if (key := _key_of(holder, twins)) is not None:
                score = _figure(holder.get("score_sigma")) or _figure(holder.get("score")) or 0.0
                onset, uncertainty = as_time(_text(holder.get("onset"))), _figure(holder.get("onset_uncertainty_s"))
                found.append(Mention(key, one.id, abs(score), onset, uncertainty))
            found.extend(Mention(key, one.id, 0.0, None, None) for key in _listed(holder, twins))
    return found


def stated_symptoms(evidence: Sequence[Evidence]) -> list[str]:
    """The complaint as the investigation took it, TWIN or TWIN.SIGNAL: the symptoms that causes were ranked for."""
    named = [one.arguments.get("symptoms") for one in evidence]
    return [text for texts in named if isinstance(texts, list) for text in texts if isinstance(text, str)]


def best_of(found: Iterable[Mention], twins: Collection[str], signal: str | None = None) -> Mention | None:
    """The mention of one of these twins (and of that signal) that deviates most; one with an onset goes first."""
    fitting = [one for one in found if one.key.twin in twins and (signal is None or one.key.signal == signal)]
    return max(fitting, key=lambda one: (one.onset is not None, one.score), default=None)


def onsets(found: Iterable[Mention]) -> dict[str, datetime]:
    """When each twin first left its own past, as the evidence has it."""
    first: dict[str, datetime] = {}
    for one in found:
        if one.onset is not None:
            first[one.key.twin] = min(one.onset, first.get(one.key.twin, one.onset))
    return first


def _dicts(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from _dicts(item, depth + 1)


def _key_of(holder: dict[str, Any], twins: Collection[str]) -> SignalKey | None:
    twin, signal = _text(holder.get("twin")), _text(holder.get("signal"))
    if twin is not None and twin in twins and signal:
        own = signal.removeprefix(f"{twin}.")
        return SignalKey(twin, own)
    text = signal or _text(holder.get("key"))
    return _key(text, twins) if text else None


def _listed(holder: dict[str, Any], twins: Collection[str]) -> list[SignalKey]:
    texts = [text for name in _LISTS if isinstance(texts := holder.get(name), list) for text in texts]
    return [key for text in texts if isinstance(text, str) and (key := _key(text, twins)) is not None]


def _key(text: str, twins: Collection[str]) -> SignalKey | None:
    if text in twins:
        return None
    try:
        return parse_key(text, twins)
    except InputError:
        return None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _figure(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
