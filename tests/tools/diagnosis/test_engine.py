"""The engine over plants made in memory: planted deviations, bad input, and nothing read after the moment of asking."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twinwright_tools.diagnosis import Diagnosis, Symptom, diagnose_signals, parse_symptom
from twinwright_tools.diagnosis.engine import deviations_of
from twinwright_tools.diagnosis.failure_modes import load_failure_modes
from twinwright_tools.diagnosis.looking import suspicions
from twinwright_tools.errors import UnknownNameError
from twinwright_tools.telemetry.series import Sampling, Series, SignalInfo, SignalKey, SignalKind
from twinwright_tools.times import from_micros, to_micros
from twinwright_tools.twins.dtdl import ModelSet
from twinwright_tools.twins.flow import Flow, Flows
from twinwright_tools.twins.graph import Relationship, Twin, TwinGraph

START = datetime(2026, 3, 1, tzinfo=UTC)
STEPS = 400
ONSET = 330
AT = START + timedelta(minutes=STEPS - 1)
CHAIN = ("source", "middle", "end")


def graph_of(twins: Sequence[str] = CHAIN, *, cyclic: bool = False) -> TwinGraph:
    pairs = list(pairwise(twins)) + ([(twins[-1], twins[0])] if cyclic else [])
    edges = tuple(Relationship(f"r{i}", "feeds", a, b) for i, (a, b) in enumerate(pairs))
    return TwinGraph({twin: Twin(twin, "dtmi:test:Pump;1") for twin in twins}, edges, Flows({"feeds": Flow("forward")}))


def series_of(twin: str, values: np.ndarray, signal: str = "flow") -> Series:
    times = to_micros(START) + 60_000_000 * np.arange(len(values), dtype=np.int64)
    return Series(SignalKey(twin, signal), times, values.astype(np.float64))


def info_of(series: Series, kind: SignalKind = "numeric", sampling: Sampling = "sampled") -> SignalInfo:
    times = series.times if len(series) else np.array([to_micros(START)])
    first, last = from_micros(int(times[0])), from_micros(int(times[-1]))
    return SignalInfo(series.key, kind, sampling, len(series), first, last, 60.0, "m³/h", True)


def run(found: Sequence[Series], graph: TwinGraph, symptoms: Sequence[Symptom] = (), at: datetime = AT) -> Diagnosis:
    infos = [info_of(series) for series in found]
    return diagnose_signals({series.key: series for series in found}, infos, graph, ModelSet({}), at, symptoms)


def noise(seed: int, steps: int = STEPS) -> np.ndarray:
    return np.random.default_rng(seed).normal(10.0, 0.1, steps)


def planted(kind: str) -> np.ndarray:
    values = noise(1)
    since = np.arange(STEPS - ONSET)
    if kind == "step up":
        values[ONSET:] += 2.0
    elif kind == "step down":
        values[ONSET:] -= 2.0
    elif kind == "ramp":
        values[ONSET:] += 0.05 * since
    elif kind == "stuck":
        values[ONSET:] = values[ONSET]
    elif kind == "spread":
        values[ONSET:] += np.random.default_rng(2).normal(0.0, 1.5, STEPS - ONSET)
    return values


@pytest.mark.parametrize(
    ("plant", "kinds", "direction"),
    [
        ("step up", {"level"}, 1),
        ("step down", {"level"}, -1),
        ("ramp", {"slope"}, 1),
        ("spread", {"spread", "level"}, None),
        ("stuck", {"stuck"}, 0),
    ],
)
def test_a_planted_deviation_is_found_with_its_kind_direction_and_onset(
    plant: str, kinds: set[str], direction: int | None
) -> None:
    series = series_of("source", planted(plant))
    infos = [info_of(series)]
    [deviation] = deviations_of(suspicions({series.key: series}, infos, to_micros(AT)))
    assert deviation.kind in kinds
    assert direction is None or deviation.direction == direction
    late = (deviation.onset - (START + timedelta(minutes=ONSET))).total_seconds()
    assert abs(late) <= max(15 * 60, 2 * deviation.onset_uncertainty_s)


def test_a_dropout_is_found() -> None:
    whole = series_of("source", noise(1))
    keep = np.r_[0:ONSET, ONSET : STEPS - 10 : 6]
    gappy = Series(whole.key, whole.times[keep], whole.values[keep])
    [deviation] = deviations_of(suspicions({gappy.key: gappy}, [info_of(gappy)], to_micros(AT)))
    assert deviation.kind == "dropout"
    assert abs((deviation.onset - START).total_seconds() / 60 - ONSET) <= 15


def test_a_departure_that_went_away_again_is_no_cause() -> None:
    passing, lasting = noise(1), noise(2)
    passing[-80:-74] += 30.0
    lasting[-30:] += 30.0
    found = suspicions(
        {one.key: one for one in (series_of("pump", passing), series_of("filler", lasting))},
        [info_of(series_of("pump", passing)), info_of(series_of("filler", lasting))],
        to_micros(AT),
    )
    assert found[SignalKey("filler", "flow")].excess > 3 * found[SignalKey("pump", "flow")].excess


def test_a_short_excursion_from_a_nearly_constant_past_is_next_to_nothing_once_it_is_over() -> None:
    """A base-load machine that throttles for minutes when demand falls, for the first time, and then runs on."""
    passing, lasting = (100.0 + 0.01 * noise(seed) for seed in (1, 2))
    passing[-120:-110] -= 30.0
    lasting[-120:] -= 30.0
    both = [series_of("pump", passing), series_of("filler", lasting)]
    found = suspicions({one.key: one for one in both}, [info_of(one) for one in both], to_micros(AT))
    assert found[SignalKey("pump", "flow")].excess < 5.0
    assert found[SignalKey("filler", "flow")].excess > 50.0


def test_a_plant_that_only_grew_quieter_is_not_blamed() -> None:
    columns = [noise(seed) * np.linspace(3.0, 0.1, STEPS) for seed in range(4)]
    diagnosis = run([series_of(twin, column) for twin, column in zip(CHAIN, columns, strict=False)], graph_of())
    assert diagnosis.verdict == "nothing_wrong"


def test_a_complaint_that_the_data_does_not_bear_out_names_no_cause() -> None:
    found = [series_of(twin, noise(seed)) for seed, twin in enumerate(CHAIN)]
    assert run(found, graph_of(), [Symptom(CHAIN[-1], "flow")]).verdict != "cause"


def test_the_first_to_leave_its_past_upstream_is_the_cause() -> None:
    found = []
    for place, twin in enumerate(CHAIN):
        values = noise(place)
        values[ONSET + 5 * place :] += 3.0
        found.append(series_of(twin, values))
    diagnosis = run(found, graph_of(), [Symptom("end", "flow")])
    assert diagnosis.hypotheses[0].twin == "source"
    assert diagnosis.hypotheses[0].path == CHAIN
    assert {row["id"] for row in diagnosis.evidence} >= set(diagnosis.hypotheses[0].evidence)


def test_noise_is_not_blamed() -> None:
    verdicts = []
    for seed in range(20):
        diagnosis = run([series_of(twin, noise(10 * seed + i)) for i, twin in enumerate(CHAIN)], graph_of())
        assert all(one.confidence < 0.5 for one in diagnosis.hypotheses)
        verdicts.append(diagnosis.verdict)
    assert "cause" not in verdicts
    assert verdicts.count("nothing_wrong") >= 14


def test_confidence_stays_below_a_half_unless_a_cause_is_named_and_never_rises_down_the_list() -> None:
    values = noise(3)
    values[ONSET:] += 5.0
    diagnosis = run([series_of("source", values), *(series_of(t, noise(4)) for t in CHAIN[1:])], graph_of())
    shown = [one.confidence for one in diagnosis.hypotheses]
    assert shown == sorted(shown, reverse=True)
    assert diagnosis.verdict == "cause" or max(shown) < 0.5
    assert len({(one.twin, one.signal) for one in diagnosis.hypotheses}) == len(diagnosis.hypotheses)


def test_ten_distinct_twins_are_covered() -> None:
    twins = [f"t{i:02}" for i in range(15)]
    found = [series_of(twin, noise(i), f"s{j}") for i, twin in enumerate(twins) for j in range(3)]
    assert len({one.twin for one in run(found, graph_of(twins)).hypotheses}) >= 10


def test_nothing_after_the_moment_of_asking_is_read() -> None:
    values = noise(5)
    values[300:] += 4.0
    at = START + timedelta(minutes=320)
    whole = [series_of("source", values), series_of("middle", noise(6)), series_of("end", noise(7))]
    cut = [Series(one.key, one.times[:321], one.values[:321]) for one in whole]
    assert run(whole, graph_of(), at=at).as_dict() == run(cut, graph_of(), at=at).as_dict()


def test_an_unknown_symptom_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="source"):
        run([series_of("source", noise(1))], graph_of(), [Symptom("sourc")])
    with pytest.raises(UnknownNameError, match="flow"):
        run([series_of("source", noise(1))], graph_of(), [Symptom("source", "flw")])
    with pytest.raises(UnknownNameError):
        parse_symptom("nowhere", graph_of())
    assert parse_symptom("source.motor.current", graph_of()) == Symptom("source", "motor.current")


def test_a_cyclic_graph_and_no_telemetry_at_all_are_answered() -> None:
    assert run([], graph_of(cyclic=True)).verdict != "cause"
    values = noise(8)
    values[ONSET:] += 5.0
    assert run([series_of("middle", values)], graph_of(cyclic=True)).hypotheses[0].twin == "middle"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.lists(st.one_of(st.floats(), st.sampled_from([0.0, 1.0, 1e18, float("nan"), float("inf")])), max_size=60),
        min_size=1,
        max_size=4,
    ),
    st.booleans(),
)
def test_bad_input_never_crashes(columns: list[list[float]], events: bool) -> None:
    found = [series_of("source", np.array(values, dtype=np.float64), f"s{i}") for i, values in enumerate(columns)]
    infos = [info_of(one, "numeric", "events" if events else "sampled") for one in found]
    with np.errstate(all="ignore"):
        diagnosis = diagnose_signals({one.key: one for one in found}, infos, graph_of(), ModelSet({}), AT)
    assert all(0.0 <= one.confidence <= 1.0 for one in diagnosis.hypotheses)
    json.dumps(diagnosis.as_dict())


def test_a_state_never_seen_before_is_a_deviation() -> None:
    times = to_micros(START) + 1_000_000 * np.array([0, 10, 20, 30, 40, 50, 60], dtype=np.int64)
    texts = np.array(["run", "idle", "run", "idle", "run", "idle", "fault"], dtype=object)
    series = Series(SignalKey("source", "state"), times, np.full(7, np.nan), texts)
    at = int(times[-1]) + 5_000_000
    found = suspicions({series.key: series}, [info_of(series, "text", "events")], at)
    deviation = found[series.key].deviation
    assert deviation is not None
    assert (deviation.kind, deviation.before, deviation.after) == ("state", "idle", "fault")
    assert to_micros(deviation.onset) == int(times[-1])


def test_the_library_of_failure_modes_is_whole() -> None:
    modes = load_failure_modes()
    assert len(modes) >= 25
    assert len({mode.id for mode in modes}) == len(modes)
    for mode in modes:
        assert mode.id.isidentifier() and mode.id == mode.id.lower()
        assert mode.equipment and mode.failure and mode.mechanism and mode.checks and mode.tasks and mode.skills
        assert mode.duration_h > 0
        assert any(sign.weight > 0 for sign in mode.signature)


@pytest.mark.shared
@pytest.mark.parametrize("pack", ["process", "process_sim", "services", "lathe", "lathe_healthy"])
def test_the_first_case_of_each_pack_is_answered(pack: str, shared_data: Path, tmp_path: Path) -> None:
    from twinwright_tools.diagnosis import diagnose
    from twinwright_tools.plant import open_plant
    from twinwright_tools.times import parse_time

    folder = shared_data / pack
    case = json.loads((folder / "cases.jsonl").read_text().splitlines()[0])
    at = parse_time(case["observed_at"])
    with open_plant(folder, telemetry=[folder / case["telemetry"]], state=tmp_path, at=at) as plant:
        symptoms = [Symptom(one["twin"], one.get("signal")) for one in case["symptoms"]]
        diagnosis = diagnose(plant, symptoms)
    assert len({one.twin for one in diagnosis.hypotheses}) >= 10
    assert all(one.onset is None or one.onset <= at for one in diagnosis.hypotheses)
