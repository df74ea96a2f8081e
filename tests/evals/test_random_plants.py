"""Random plants: the same seed makes the same case, healthy ones are stable, faults show, nothing tells the truth."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinwright_evals.random_plants import FAULTS, RandomCase, draw
from twinwright_evals.random_plants.__main__ import main
from twinwright_evals.random_plants.cache import load_cases
from twinwright_evals.random_plants.design import UnbalancedError, draw_design
from twinwright_evals.random_plants.flowsheet import LEAST_TWINS, MOST_TWINS, draw_flowsheet
from twinwright_evals.random_plants.judging import FAR, excursion, excursions
from twinwright_evals.random_plants.physics import at_rest, calm, undelayed
from twinwright_tools.diagnosis import diagnose_signals
from twinwright_tools.errors import UnknownNameError
from twinwright_tools.times import parse_time, to_micros

SEEDS = st.integers(0, 10**6)


@cache
def case_of(seed: int, kind: str | None = None, severity: float | None = None) -> RandomCase:
    return draw(seed, kind, severity)


def onset_of(case: RandomCase) -> int:
    """The sample at which the fault begins."""
    assert case.truth["onset"] is not None
    times = next(iter(case.signals.values())).times
    return int(np.searchsorted(times, to_micros(parse_time(case.truth["onset"]))))


def assert_equal(one: RandomCase, other: RandomCase) -> None:
    assert list(one.signals) == list(other.signals)
    for key, series in one.signals.items():
        np.testing.assert_array_equal(series.times, other.signals[key].times)
        np.testing.assert_array_equal(series.values, other.signals[key].values)
    assert one.infos == other.infos
    assert one.graph == other.graph
    assert one.models.interfaces == other.models.interfaces
    assert (one.at, one.symptoms, one.truth) == (other.at, other.symptoms, other.truth)


@settings(max_examples=3)
@given(SEEDS)
def test_the_same_seed_makes_the_same_case(seed: int) -> None:
    assert_equal(draw(seed), draw(seed))


def test_a_case_is_the_same_in_another_process_and_after_pickling() -> None:
    code = "import pickle, sys; from twinwright_evals.random_plants import draw; "
    code += "sys.stdout.buffer.write(pickle.dumps(draw(11)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env={"PYTHONPATH": paths()})
    assert_equal(pickle.loads(done.stdout), case_of(11))


def paths() -> str:
    return ":".join(path for path in sys.path if path)


@pytest.mark.parametrize("seed", range(8))
def test_what_a_case_holds_fits_together(seed: int) -> None:
    case = case_of(seed)
    assert [info.key for info in case.infos] == list(case.signals)
    for info in case.infos:
        series = case.signals[info.key]
        assert np.isfinite(series.values).all()
        assert (info.kind, info.sampling, info.known) == ("numeric", "sampled", True)
        assert info.count == len(series) and 150 <= info.count <= 700
        assert info.interval_s is not None and 60 <= info.interval_s <= 300
        assert info.last <= case.at < info.last + timedelta(seconds=info.interval_s)
        assert info.key.twin in case.graph.twins
    areas = set(case.graph.parents.values())
    assert LEAST_TWINS <= len(case.graph.twins) - len(areas) <= MOST_TWINS
    counts = Counter(key.twin for key in case.signals)
    assert set(counts) == set(case.graph.twins) - areas and max(counts.values()) <= 10
    assert set(case.truth["twins"]) <= set(case.graph.twins) - areas
    assert {each.name for each in case.graph.relationships} >= {"feeds"}
    for symptom in case.symptoms:
        assert (symptom.twin, symptom.signal) in case.signals


def test_the_engine_takes_a_case_as_it_is() -> None:
    case = case_of(8)
    found = diagnose_signals(case.signals, case.infos, case.graph, case.models, case.at, case.symptoms)
    assert {hypothesis.twin for hypothesis in found.hypotheses} <= set(case.graph.twins)


@settings(max_examples=40)
@given(SEEDS)
def test_a_design_is_at_rest(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sheet = draw_flowsheet(rng)
    try:
        design = draw_design(sheet, rng)
    except UnbalancedError:
        return
    now = undelayed(design, at_rest(design), calm(design))
    np.testing.assert_allclose(now.flow, design.flow, rtol=1e-6)
    for rate in (now.liquid_rate, now.gas_rate, now.temperature_rate):
        assert np.abs(rate).max() < 1e-3


@pytest.mark.parametrize("begin", range(0, 100, 10))
def test_healthy_plants_are_stable(begin: int) -> None:
    for seed in range(begin, begin + 10):
        case = case_of(seed, "healthy")
        assert case.truth["twins"] == [] and case.truth["onset"] is None and not case.truth["visible"]
        for key, series in case.signals.items():
            half = len(series) // 2
            early, late = (np.ptp(part) for part in (series.values[:half], series.values[half:]))
            # What grows without end grows by more than a change of production or a swing at rest does.
            assert late <= 12.0 * early + 0.15 * abs(float(np.median(series.values))) + 1e-9, (seed, str(key))


@pytest.mark.parametrize("kind", FAULTS)
def test_a_severe_fault_moves_something_after_its_onset_and_nothing_before(kind: str) -> None:
    # A plant without what the fault needs (a machine) is drawn anew, and then isn't that of the healthy case.
    seeds = (seed for seed in range(100, 112) if case_of(seed, kind, 1.0).truth["visible"])
    seed = next(
        seed for seed in seeds if list(case_of(seed, kind, 1.0).signals) == list(case_of(seed, "healthy").signals)
    )
    faulty = case_of(seed, kind, 1.0)
    onset = onset_of(faulty)
    assert faulty.truth["kind"] == kind
    assert max(excursions(faulty.signals, onset).values()) > FAR
    healthy = case_of(seed, "healthy")
    for key, series in faulty.signals.items():
        np.testing.assert_array_equal(series.values[:onset], healthy.signals[key].values[:onset])
    assert faulty.graph == healthy.graph
    assert faulty.models.interfaces == healthy.models.interfaces
    assert faulty.infos == healthy.infos
    assert faulty.at == healthy.at


def test_no_name_or_model_speaks_of_faults() -> None:
    for seed in range(8):
        case = case_of(seed)
        told = f"{case.graph.twins} {case.graph.relationships} {case.models.interfaces} {list(case.signals)}".lower()
        words = {word for kind in FAULTS for word in kind.split("_")} - {"valve", "pressure", "temperature", "feed"}
        words -= {"sensor", "composition", "utility", "machine", "gain", "loss", "noise"}
        assert not [word for word in words | {"fault", "truth", "healthy"} if word in told]


def test_a_symptom_is_of_a_signal_that_left_its_past() -> None:
    told = [case for case in map(case_of, range(16)) if case.symptoms and case.truth["twins"]]
    assert told
    for case in told:
        [symptom] = case.symptoms
        series = {key: one for key, one in case.signals.items() if key == (symptom.twin, symptom.signal)}
        assert max(excursions(series, onset_of(case)).values()) > 2.0


def test_shares_of_health_and_visibility() -> None:
    cases = [case_of(seed) for seed in range(32)]
    faulty = [case for case in cases if case.truth["twins"]]
    assert 20 <= len(faulty) < 32
    assert 0.35 <= np.mean([case.truth["visible"] for case in faulty]) <= 0.85


def test_an_excursion_needs_three_samples_and_is_told_in_ranges() -> None:
    values = np.tile([0.0, 1.0, 2.0, 3.0, 4.0], 60)
    assert excursion(values, 250) == pytest.approx(0.5)
    values[260] = 1e6
    assert excursion(values, 250) == pytest.approx(0.5)
    values[270:280] = 23.0
    assert excursion(values, 250) == pytest.approx(10.0)


def test_cases_are_written_by_several_processes_and_read_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--seeds", "99-100", "--out", str(tmp_path), "--jobs", "2"]
    module = [sys.executable, "-m", "twinwright_evals.random_plants", *words]
    done = subprocess.run(module, check=True, capture_output=True, text=True, env={"PYTHONPATH": paths()})
    assert "2 cases" in done.stdout and "2 of 2 files" in done.stderr
    files = ["random-0000099-0000099.pickle", "random-0000100-0000100.pickle"]
    assert sorted(path.name for path in tmp_path.iterdir()) == files
    cases = list(load_cases(tmp_path))
    assert [case.seed for case in cases] == [99, 100]
    assert_equal(cases[0], case_of(99))
    before = [(tmp_path / file).stat().st_mtime_ns for file in files]
    assert main([*words[:-1], "1"]) == 0  # the files are there
    assert "2 cases" in capsys.readouterr().out
    assert [(tmp_path / file).stat().st_mtime_ns for file in files] == before


@pytest.mark.parametrize("words", [["--seeds", "9-3", "--out", "x"], ["--seeds", "a", "--out", "x"], []])
def test_bad_input_is_named(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert "error: " in capsys.readouterr().err


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="valve_stuk"):
        draw(1, "valve_stuk")


def test_a_case_can_be_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert main(["--plot", "4", str(tmp_path / "four.png")]) == 0
    assert (tmp_path / "four.png").stat().st_size > 10_000
