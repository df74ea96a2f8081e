"""The diagnosis benchmark puts answers beside the truth as its documents say, and loses nothing that was measured."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_evals.bench_diagnosis.__main__ import main
from twinwright_evals.bench_diagnosis.campaign_figures import by_kind, campaign_figures, campaign_pairs
from twinwright_evals.bench_diagnosis.figures import Figure, Share
from twinwright_evals.bench_diagnosis.judging import all_within, judge, place_of
from twinwright_evals.bench_diagnosis.packs import figures_of, pairs_of
from twinwright_evals.bench_diagnosis.simulated import Simulated
from twinwright_evals.bench_diagnosis.simulated import judge as judge_simulated
from twinwright_evals.bench_diagnosis.visible import excess
from twinwright_evals.campaign import Case, draw, play, save
from twinwright_evals.reliability import reliability
from twinwright_plant.truth import Truth
from twinwright_tools.diagnosis import Diagnosis, Hypothesis
from twinwright_tools.telemetry.series import Series, SignalKey

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ONSET = AT - timedelta(hours=2)
FAULTY, DOUBLE, HEALTHY = 2, 3, 13  # seeds of the campaign
SHORT_H = 12.0


def answer(*told: tuple[str, str | None, float], verdict: Any = "cause", **first: Any) -> Diagnosis:
    listed = [Hypothesis(n, twin, signal, None, share, None) for n, (twin, signal, share) in enumerate(told, 1)]
    return Diagnosis(AT, verdict, (), (replace(listed[0], **first), *listed[1:]) if listed else (), ())


# --- the packs


def test_places_are_over_distinct_twins_and_signals_over_distinct_signals() -> None:
    truth = {"signals": [{"twin": "b", "signal": "x"}, {"twin": "b", "signal": "y"}], "onset": ONSET.isoformat()}
    found = answer(
        ("a", "x", 0.4),
        ("a", "y", 0.2),
        ("b", None, 0.1),
        ("b", "y", 0.1),
        ("b", "x", 0.1),
        onset=AT - timedelta(hours=3),
    )
    run = judge("lathe", "one", found, truth, 0.1)
    assert (run.place, run.signal_place, run.all_within) == (2, 3, 3)
    assert run.first_three == ("a.x", "a.y", "b.y")
    assert run.true == ("b.x", "b.y")
    assert run.onset_error_s == 3600.0
    assert not run.blamed


def test_a_healthy_case_is_blamed_by_any_confident_hypothesis_and_right_by_none() -> None:
    run = judge("process_sim", "one", answer(("a", "x", 0.2), ("b", "x", 0.5)), {"twins": [], "onset": None}, 0.1)
    assert run.healthy and run.blamed and run.place is None
    assert pairs_of([run]) == [(0.2, False)]
    silent = judge("process_sim", "two", answer(verdict="nothing_wrong"), {"twins": []}, 0.1)
    assert silent.confidence is None and not silent.blamed and pairs_of([silent]) == []


@given(st.permutations("abcdef"), st.sets(st.sampled_from("abcdefgh"), min_size=1, max_size=3))
def test_p_at_k_is_what_it_is_said_to_be(listed: list[str], true: set[str]) -> None:
    least = all_within(listed, sorted(true))
    for k in range(1, 7):
        held = true <= set(listed[: len(true) + k - 1])
        assert held == (least is not None and least <= k)
    assert place_of(listed, sorted(true)) == next((n for n, one in enumerate(listed, 1) if one in true), None)


def test_the_figures_of_a_pack_worked_by_hand() -> None:
    truth = {"twins": ["a"], "onset": ONSET.isoformat()}
    first = judge("process_sim", "1", answer(("a", "x", 0.7), ("b", "x", 0.1)), truth, 1.0, True)
    fourth = judge("process_sim", "2", answer(*((twin, "x", 0.2) for twin in "bcda")), truth, 3.0, False)
    healthy = judge("process_sim", "3", answer(("b", "x", 0.6)), {"twins": []}, 2.0)
    figures = {one.name: one for one in figures_of("process_sim", [first, fourth, healthy])}
    assert [figures[name].number for name in ("A@1", "A@3", "A@5", "Avg@5")] == [0.5, 0.5, 1.0, 0.7]
    assert (figures["visible A@1"].number, figures["not visible A@1"].number) == (1.0, 0.0)
    assert (figures["blamed"].value, figures["blamed"].judged) == (1, "NOT met")
    assert (figures["Avg@5"].judged, figures["A@1"].judged) == ("met", "NOT met")
    assert figures["time a case, median"].number == 2.0
    assert not {"P@1", "sA@1"} & set(figures)


# --- figures


def test_a_figure_says_whether_its_target_is_met() -> None:
    assert Figure("a", Share(88, 100), least=0.88).judged == "met"
    assert Figure("a", Share(87, 100), least=0.88).judged == "NOT met"
    assert Figure("a", 0.061, most=0.06).judged == "NOT met"
    assert Figure("a", 0, most=0).judged == "met"
    assert Figure("a", Share(0, 0), least=0.9).judged == "not measured"
    assert Figure("a", 0.3).judged == ""
    assert str(Share(5, 10)) == "0.500 [0.24, 0.76] (5 of 10)"


# --- what is visible


def test_a_signal_is_visible_when_its_last_samples_left_the_range_before_the_onset() -> None:
    times = np.arange(200, dtype=np.int64) * 180_000_000
    values = np.where(np.arange(200) % 2, 1.0, 3.0)  # median 2, quartiles 1 and 3
    key = SignalKey("a", "x")

    def seen(**changes: float) -> float:
        own = values.copy()
        for place, value in changes.items():
            own[int(place.removeprefix("at"))] = value
        return excess({key: Series(key, times, own)}, int(times[150]), int(times[198]))

    assert seen() == pytest.approx(0.5)
    assert seen(at185=14.0) == pytest.approx(6.0)
    assert seen(at178=14.0) == pytest.approx(0.5), "the last 20 samples up to the moment of asking begin at 179"
    assert seen(at199=14.0) == pytest.approx(0.5), "after the moment of asking"


def test_a_constant_signal_is_measured_in_its_own_unit() -> None:
    times, key = np.arange(60, dtype=np.int64), SignalKey("a", "x")
    values = np.where(times < 50, 4.0, 10.5)
    assert excess({key: Series(key, times, values)}, 40, 59) == pytest.approx(6.5)
    assert excess({}, 40, 59) == 0.0


# --- the campaign


def simulated(seed: int = 0, **changes: Any) -> Simulated:
    """A run in which everything is right."""
    usual: dict[str, Any] = {
        "kinds": ("vacuum-loss",),
        "true": ("packer",),
        "visible": True,
        "asked": (),
        "place": 1,
        "all_in_three": True,
        "first": "packer",
        "mode": "vacuum_loss",
        "mode_right": True,
        "origin": "process",
        "sensor_true": False,
        "confidence": 0.9,
        "blamed": True,
        "verdict": "cause",
        "onset_error_s": 60.0,
        "seconds": 1.0,
        "current": True,
    }
    return Simulated(seed=seed, **(usual | changes))


WRONG: dict[str, Any] = {"first": "filler", "mode_right": False, "sensor_true": None, "onset_error_s": None}
RUNS = [
    simulated(0),
    simulated(1, place=3, confidence=0.3, **WRONG),
    simulated(2, kinds=("noisy-instrument",), mode="sensor_noise", origin="sensor", sensor_true=True, confidence=0.4),
    simulated(3, kinds=("noisy-instrument",), mode=None, mode_right=False, origin="process", sensor_true=True),
    simulated(4, origin="undecided", kinds=("vacuum-loss", "air-leak"), true=("packer", "air"), all_in_three=False),
    simulated(5, visible=False, place=None, confidence=0.1, blamed=False, verdict="nothing_wrong", **WRONG),
    simulated(6, kinds=(), true=(), visible=False, place=None, confidence=0.6, **WRONG),
]


def test_the_figures_of_a_campaign_worked_by_hand() -> None:
    figures = {one.name: one.value for one in campaign_figures(RUNS, None)}
    assert figures["faulty runs in which the fault is visible"] == Share(5, 6)
    assert figures["right asset first"] == Share(4, 5)
    assert figures["right asset in the first three"] == Share(5, 5)
    assert figures["both assets of a double in the first three"] == Share(0, 1)
    assert figures["right asset and failure mode first"] == Share(3, 5)
    assert figures["right failure mode, where the asset is right"] == Share(3, 4)
    assert figures["healthy runs blamed (any confidence ≥ 0.5)"] == Share(1, 1)
    assert figures["correct first answers with confidence ≥ 0.5"] == Share(3, 4)
    assert figures["sensor told from process fault, where decided"] == Share(2, 3)
    assert figures["… of sensor faults"] == Share(1, 2)
    assert figures["… left undecided"] == Share(1, 4)
    assert figures["sensor told from process fault by the mode, where one is named"] == Share(3, 3)
    assert figures["onset error where the asset is right, median"] == 60.0


def test_calibration_is_over_all_runs_and_a_claim_on_a_healthy_one_is_wrong() -> None:
    pairs = campaign_pairs(RUNS)
    assert pairs == [(0.9, True), (0.3, False), (0.4, True), (0.9, True), (0.9, True), (0.1, False), (0.6, False)]
    figures = {one.name: one for one in campaign_figures(RUNS, reliability(pairs))}
    error = figures["expected calibration error, all runs, 10 bins of equal width"]
    assert error.number == pytest.approx((3 * 0.1 + 0.3 + 0.6 + 0.1 + 0.6) / 7)
    assert error.judged == "NOT met"


def test_the_table_of_faults_has_every_run_once() -> None:
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in by_kind(RUNS).splitlines()[2:]]
    assert [row[0] for row in rows] == ["noisy-instrument", "vacuum-loss", "double", "healthy"]
    assert sum(int(row[1]) for row in rows) == len(RUNS)
    assert rows[0][2:] == ["2", "2", "2", "1", "2", "1 of 2"]
    assert rows[1][2:] == ["2", "1", "2", "1", "2", "1 of 1"]
    assert rows[3][6] == "1 of 1"


@pytest.fixture(scope="module")
def cases() -> dict[int, Case]:
    """Two short runs of the campaign, one of them healthy."""
    return {seed: play(replace(draw(seed), hours=SHORT_H)) for seed in (FAULTY, HEALTHY)}


def test_either_asset_of_a_double_counts_with_its_own_mode_and_onset(cases: dict[int, Case]) -> None:
    also = Truth("pump", "vibration", "sensor_noise", ONSET)
    truth = Truth("packer", "vacuum", "vacuum_loss", ONSET - timedelta(hours=1), also=(also,))
    case = replace(cases[FAULTY], truth=truth, scenario=draw(DOUBLE))
    first = {"mode": "sensor_noise", "onset": ONSET + timedelta(minutes=1), "origin": "sensor"}
    run = judge_simulated(case, answer(("pump", "x", 0.6), ("filler", "x", 0.1), ("packer", "x", 0.1), **first), 1.0)
    assert (run.place, run.mode_right, run.sensor_true, run.onset_error_s) == (1, True, True, 60.0)
    assert run.all_in_three and run.kind == "double"
    run = judge_simulated(case, answer(("packer", "x", 0.6), **first), 1.0)
    assert (run.place, run.mode_right, run.sensor_true, run.all_in_three) == (1, False, False, False)
    run = judge_simulated(case, answer(("filler", "x", 0.6), **first), 1.0)
    assert (run.place, run.mode_right, run.sensor_true, run.onset_error_s) == (None, False, None, None)
    assert judge_simulated(case, answer(), 1.0).confidence is None


def test_the_campaign_is_measured_and_written(
    cases: dict[int, Case], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for case in cases.values():
        save(case, tmp_path / "runs")
    document = tmp_path / "benchmarks.md"
    document.write_text("# Benchmarks\n", encoding="utf-8")
    words = ["--campaign-only", "--campaign", str(tmp_path / "runs"), "--campaign-seeds", f"{FAULTY},{HEALTHY}"]
    assert main([*words, "--json", "--write", str(document)]) == 0
    out, err = capsys.readouterr()
    told = json.loads(out)
    faulty, healthy = told["campaign_runs"]
    assert (faulty["seed"], faulty["true"]) == (FAULTY, [cases[FAULTY].truth.twin])
    assert (healthy["kinds"], healthy["true"], healthy["place"]) == ([], [], None)
    assert told["packs"] == {} and told["demo"] is None
    assert told["campaign"]["right asset first"]["least"] == 0.88
    assert told["reliability"]["campaign"]["count"] == 2
    assert "2 of 2" in err
    text = document.read_text(encoding="utf-8")
    assert text.startswith("# Benchmarks\n") and "<!-- bench-diagnosis-campaign: begin -->" in text
    assert "1 of them faulty" in text and "at least 0.97" in text
    assert (tmp_path / "reliability-demo.png").read_bytes().startswith(b"\x89PNG")
    assert not (tmp_path / "diagnosis-cases.md").exists()


# --- the command


def test_a_pack_is_measured_and_each_case_written(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text("# Benchmarks\n\n## Others\n", encoding="utf-8")
    words = ["--packs-only", "--packs", "process", "--data", str(shared_data), "--write", str(document)]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "6 faulty cases, 0 healthy" in out and "at least 0.66" in out
    text = document.read_text(encoding="utf-8")
    assert "## Others" in text and text.count("bench-diagnosis-packs: begin") == 1
    lines = (tmp_path / "diagnosis-cases.md").read_text(encoding="utf-8").splitlines()
    names = [json.loads(line)["case"] for line in (shared_data / "process" / "cases.jsonl").read_text().splitlines()]
    assert [line.split("|")[1].strip() for line in lines if line.startswith("| run-")] == names


@pytest.mark.parametrize(
    "words",
    [
        ["--campaign-seeds", "first"],
        ["--campaign-seeds", "9-3"],
        ["--faults", "gremlins"],
        ["--packs", "none"],
        ["--jobs", "0"],
        ["--write", "nowhere.md"],
        ["--packs-only", "--demo-only"],
    ],
)
def test_words_that_mean_nothing_are_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert words[-1] in capsys.readouterr().err.splitlines()[-1]


def test_bad_input_ends_with_an_error_and_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--packs-only", "--data", str(tmp_path), "--json"]) == 2
    assert "no data pack" in json.loads(capsys.readouterr().out)["error"]["message"]
    (tmp_path / "process").mkdir()
    (tmp_path / "process" / "cases.jsonl").write_text('{"case": "one"}\n', encoding="utf-8")
    assert main(["--packs-only", "--data", str(tmp_path)]) == 2
    assert "line 1, is no case" in capsys.readouterr().err
    half = tmp_path / "half.md"
    half.write_text("<!-- bench-diagnosis-demo: end -->\n", encoding="utf-8")
    assert main(["--demo-only", "--write", str(half)]) == 2
    assert "only one of" in capsys.readouterr().err


def test_a_file_that_is_no_run_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run-000007.parquet").write_bytes(b"not Parquet")
    assert main(["--campaign-only", "--campaign", str(tmp_path), "--campaign-seeds", "7", "--jobs", "1"]) == 2
    assert "run-000007.parquet is no run of the campaign" in capsys.readouterr().err
