"""The detectors' findings in the engine: their measures, which deviation wins, and what people read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import inf

import numpy as np
import pytest

from twinwright_tools.diagnosis import diagnose_signals
from twinwright_tools.diagnosis.grid import Floats
from twinwright_tools.diagnosis.looking import suspicions
from twinwright_tools.diagnosis.ranges import Bounds
from twinwright_tools.diagnosis.result import Diagnosis
from twinwright_tools.diagnosis.suspicion import Suspicion
from twinwright_tools.telemetry.series import Sampling, Series, SignalInfo, SignalKey
from twinwright_tools.times import from_micros, to_micros
from twinwright_tools.twins.dtdl import ModelSet
from twinwright_tools.twins.flow import Flow, Flows
from twinwright_tools.twins.graph import Relationship, Twin, TwinGraph

START = datetime(2026, 3, 1, tzinfo=UTC)
BEGIN, MINUTE = to_micros(START), 60_000_000
STEPS, ONSET = 1440, 1200
AT = BEGIN + MINUTE * (STEPS - 1)
PV, VALVE, SWITCH = SignalKey("loop", "pv"), SignalKey("gate", "valve"), SignalKey("gate", "open")


def sampled(values: Floats) -> Series:
    return Series(PV, BEGIN + MINUTE * np.arange(STEPS, dtype=np.int64), values)


def noise() -> Floats:
    return np.random.default_rng(0).normal(50.0, 1.0, STEPS)


def gate() -> list[Series]:
    """A valve that opens for ten minutes every hour; from the 21st time on its switch doesn't answer any more."""
    opened = BEGIN + MINUTE * (60 * np.arange(1, 24, dtype=np.int64) + 55)
    command = np.sort(np.concatenate([[BEGIN], opened, opened[:-1] + 10 * MINUTE]))
    states = np.concatenate([[0.0], np.tile([1.0, 0.0], 22), [1.0]])
    delay = np.random.default_rng(1).integers(1_000_000, 3_000_000, 41)
    feedback = command[:41] + delay
    return [Series(VALVE, command, states), Series(SWITCH, feedback, states[:41])]


def info_of(series: Series, unit: str | None = None) -> SignalInfo:
    sampling: Sampling = "sampled" if series.key == PV else "events"
    first, last = from_micros(int(series.times[0])), from_micros(int(series.times[-1]))
    return SignalInfo(series.key, "numeric", sampling, len(series), first, last, 60.0, unit, True)


def suspected(
    found: Sequence[Series], unit: str | None = None, bounds: Mapping[SignalKey, Sequence[Bounds]] | None = None
) -> dict[SignalKey, Suspicion]:
    infos = [info_of(series, unit) for series in found]
    return suspicions({series.key: series for series in found}, infos, AT, bounds=bounds)


def diagnosed(
    found: Sequence[Series], unit: str | None = None, bounds: Mapping[SignalKey, Sequence[Bounds]] | None = None
) -> Diagnosis:
    twins = {twin: Twin(twin, "dtmi:test:Thing;1") for twin in ("loop", "gate")}
    graph = TwinGraph(twins, (Relationship("r", "feeds", "gate", "loop"),), Flows({"feeds": Flow("forward")}))
    infos = [info_of(series, unit) for series in found]
    signals = {series.key: series for series in found}
    return diagnose_signals(signals, infos, graph, ModelSet({}), from_micros(AT), bounds=bounds)


def text_of(diagnosis: Diagnosis, kind: str) -> str:
    [text] = [row["text"] for row in diagnosis.evidence if row["kind"] == kind]
    return str(text)


def swinging() -> Series:
    late = np.arange(STEPS) >= ONSET
    return sampled(noise() + 3.0 * np.sin(2.0 * np.pi * np.arange(STEPS) / 20.0) * late)


def test_an_oscillation_is_a_spread_with_a_period() -> None:
    one = suspected([swinging()])[PV]
    assert one.deviation is not None
    assert one.deviation.kind == "oscillation"
    assert one.spread >= one.deviation.score / 4
    text = text_of(diagnosed([swinging()], "°C"), "oscillation")
    assert "oscillates with a period of 1" in text
    assert "°C" in text


def test_a_mismatch_counts_as_the_feedbacks_odd_state_and_names_its_command() -> None:
    found = suspected(gate())
    one = found[SWITCH]
    assert one.deviation is not None
    assert one.deviation.kind == "mismatch"
    assert one.oddness > 0.8
    assert one.onset == BEGIN + (21 * 60 + 55) * MINUTE
    assert found[VALVE].oddness == 0.0
    text = text_of(diagnosed(gate()), "mismatch")
    assert "gate.open disagrees with its command gate.valve, which is 1: it is 0 and should be 1" in text


def test_a_stated_limit_makes_a_deviation_of_what_is_not_unusual() -> None:
    series, bounds = sampled(noise()), {PV: [Bounds(-inf, 40.0, "[limits]")]}
    assert suspected([series])[PV].deviation is None
    one = suspected([series], bounds=bounds)[PV]
    assert one.deviation is not None
    assert one.deviation.kind == "out_of_range"
    assert one.level == pytest.approx(1.25)
    assert "is out of range, above 40 mm ([limits])" in text_of(diagnosed([series], "mm", bounds), "out_of_range")


def test_a_value_that_cannot_be_says_more_than_a_shift() -> None:
    values = noise()
    values[ONSET:] = 140.0
    one, shifted = (suspected([sampled(values)], unit)[PV].deviation for unit in ("%", "mm"))
    assert one is not None
    assert one.kind == "out_of_range"
    assert one.onset == from_micros(BEGIN + ONSET * MINUTE)
    assert shifted is not None
    assert shifted.kind != "out_of_range"


def test_a_changed_duration_raises_the_share() -> None:
    rng = np.random.default_rng(2)
    lengths = np.column_stack([rng.lognormal(3.0, 0.1, 60), rng.lognormal(2.0, 0.1, 60)])
    lengths[48:, 1] *= 2.0
    begins = BEGIN + np.round(np.cumsum(np.append(0.0, lengths.ravel()[:-1])) * MINUTE / 2).astype(np.int64)
    series = Series(VALVE, begins, (np.arange(120) % 2).astype(np.float64))
    one = suspected([series])[VALVE]
    assert one.deviation is not None
    assert one.deviation.kind == "duration"
    assert (one.deviation.direction, one.deviation.unit) == (1, "s")
    assert one.share > 1.25
    assert "gate.valve changed the duration of 1 from" in text_of(diagnosed([series]), "duration")
