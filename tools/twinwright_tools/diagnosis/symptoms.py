"""Symptoms: what somebody complains of, checked against the plant."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..errors import UnknownNameError
from ..telemetry.series import SignalKey, parse_key
from ..twins.graph import TwinGraph
from .result import Symptom


def parse_symptom(text: str, graph: TwinGraph) -> Symptom:
    """``TWIN`` or ``TWIN.SIGNAL`` as a symptom; the longest twin id that exists wins.

    Raises:
        UnknownNameError: no such twin exists; the nearest are suggested.
    """
    if text in graph.twins:
        return Symptom(text)
    if "." not in text:
        raise UnknownNameError.of("twin", text, graph.twins)
    key = parse_key(text, graph.twins)
    return Symptom(key.twin, key.signal)


def check_symptoms(symptoms: Sequence[Symptom], graph: TwinGraph, known: Collection[SignalKey]) -> None:
    """Refuses a symptom that the plant doesn't have.

    Args:
        known: the signals that were recorded or that a model declares.

    Raises:
        UnknownNameError: the twin or the signal isn't there; the nearest are suggested.
    """
    for symptom in symptoms:
        graph.twin(symptom.twin)
        if symptom.signal is not None and SignalKey(symptom.twin, symptom.signal) not in known:
            names = [key.signal for key in known if key.twin == symptom.twin]
            raise UnknownNameError.of("signal", symptom.signal, names)
