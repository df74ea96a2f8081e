"""The engine on a synthetic plant: what the rivals are compared with."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from twinwright_tools.diagnosis import Diagnosis, Symptom, diagnose_signals
from twinwright_tools.telemetry.series import Series, SignalInfo, SignalKey
from twinwright_tools.times import from_micros, to_micros
from twinwright_tools.twins.dtdl import ModelSet
from twinwright_tools.twins.flow import Flow, Flows
from twinwright_tools.twins.graph import Relationship, Twin, TwinGraph

from .synthetic import INTERVAL_S, SIGNALS, SIGNALS_PER_TWIN, Question, twin_name

_START = datetime(2026, 1, 1, tzinfo=UTC)
_MODEL = "dtmi:com:example:Unit;1"


class Asked:
    """A question in the engine's own terms; samples are views of the question's, times are shared by all signals."""

    def __init__(self, question: Question) -> None:
        signals, samples = question.values.shape
        keys = [key_of(column) for column in range(signals)]
        times = to_micros(_START) + 1_000_000 * INTERVAL_S * np.arange(samples, dtype=np.int64)
        self.at = from_micros(int(times[-1]))
        self.series = {key: Series(key, times, question.values[column]) for column, key in enumerate(keys)}
        ends = from_micros(int(times[0])), self.at
        self.infos = [
            SignalInfo(key, "numeric", "sampled", samples, *ends, float(INTERVAL_S), None, True) for key in keys
        ]
        twins = dict.fromkeys(key.twin for key in keys)
        feeds = (
            Relationship(f"r{number}", "feeds", twin_name(begin), twin_name(end))
            for number, (begin, end) in enumerate(question.feeds)
        )
        self.graph = TwinGraph(
            {twin: Twin(twin, _MODEL) for twin in twins}, tuple(feeds), Flows({"feeds": Flow("forward")})
        )
        self.symptoms = [] if question.complaint is None else [Symptom(*keys[question.complaint])]

    def diagnosis(self) -> Diagnosis:
        """The engine's answer."""
        return diagnose_signals(self.series, self.infos, self.graph, ModelSet({}), self.at, self.symptoms)


def key_of(column: int) -> SignalKey:
    """The signal of a column."""
    return SignalKey(twin_name(column // SIGNALS_PER_TWIN), SIGNALS[column % SIGNALS_PER_TWIN])
