"""The campaign plays what an opened plant folder would show, says when something is visible, and forgets nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from twinwright_evals.campaign import Case, draw, dropped_line, load, look, play, save
from twinwright_evals.campaign.__main__ import main, seeds_of
from twinwright_evals.campaign.jobs import jobs_of
from twinwright_plant import make_plant
from twinwright_plant.conditions import Conditions, LoadChange, Work
from twinwright_plant.faults import FAULTS
from twinwright_plant.journal import journal
from twinwright_plant.make import write_plant
from twinwright_plant.scenario import WARM_UP, Injection, simulate_scenario
from twinwright_tools.diagnosis.maintenance import events_of_history
from twinwright_tools.plant import open_plant
from twinwright_tools.telemetry.series import Series, SignalInfo, SignalKey

SHORT_H = 12.0
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def case() -> Case:
    """A fault, a duty swap and a filter change in one short run."""
    conditions = Conditions(
        season_k=-4.0,
        load=(0.9, 0.8, 0.95),
        changes=(LoadChange(1, 3.0, 0.78),),
        works=(Work("duty swap", 0, 5.0), Work("filter change", 2, 4.0), Work("cleaning", 0, 6.0, 0.5)),
        lead=1,
        filter_age=(0.4, 0.5, 0.6),
    )
    injections = (Injection(FAULTS["vacuum-loss"].on(0), 1.0, 2.0),)
    scenario = replace(
        draw(5), injections=injections, conditions=conditions, since_h=2.0, asks_throughput=True, hours=SHORT_H
    )
    return play(scenario)


def test_it_plays_what_an_opened_folder_shows(case: Case, tmp_path: Path) -> None:
    scenario = case.scenario
    run, truth = simulate_scenario(scenario.injections, scenario.seed, SHORT_H, scenario.end, scenario.conditions)
    write_plant(tmp_path / "plant", run, scenario.seed, scenario.end, scenario.conditions)
    with open_plant(tmp_path / "plant") as plant:
        assert_same(case, plant.telemetry.series(), plant.telemetry.signals())
        assert plant.at == case.at
        assert plant.graph.twins == case.graph.twins
        assert tuple(plant.graph.relationships) == tuple(case.graph.relationships)
        assert list(plant.models) == list(case.models)
        told = events_of_history(plant.history, plant.at, plant.graph.twins)
        assert sorted(told, key=str) == sorted(jobs_of(case), key=str)
        assert {"duty_swap", "filter_change", "cleaning"} <= {one.kind.id for one in told if one.kind}
    assert truth == case.truth


def test_it_plays_what_make_plant_makes(tmp_path: Path) -> None:
    """The demo plant's own way of breaking something gives the same as a scenario with that fault and onset."""
    end = datetime(2026, 3, 12, 13, tzinfo=UTC)
    truth = make_plant(tmp_path / "plant", "fouling", 3, 6.0, end)
    assert truth.onset is not None
    before = (end - truth.onset) / timedelta(hours=1)
    injected = (Injection(FAULTS["fouling"], 1.0, before),)
    case = play(replace(draw(3), end=end, injections=injected, conditions=Conditions(), since_h=before, hours=6.0))
    with open_plant(tmp_path / "plant") as plant:
        assert_same(case, plant.telemetry.series(), plant.telemetry.signals())
    assert truth == case.truth


def test_a_kept_run_is_the_run(case: Case, tmp_path: Path) -> None:
    save(case, tmp_path)
    again = load(tmp_path, case.scenario.seed)
    assert_same(case, again.signals, again.infos)
    assert (again.at, again.symptoms, again.truth, again.sight) == (case.at, case.symptoms, case.truth, case.sight)
    assert again.journal == case.journal
    assert jobs_of(again) == jobs_of(case)


def test_the_journal_tells_what_people_did_and_nothing_of_the_fault(case: Case) -> None:
    scenario = case.scenario
    run, _ = simulate_scenario((), scenario.seed, SHORT_H, scenario.end, scenario.conditions)
    assert list(case.journal) == journal(run, scenario.conditions, scenario.seed, WARM_UP)


def test_people_do_as_much_whether_something_is_wrong_or_not() -> None:
    """Being logged is no tell: jobs of every kind, and how long ago, are drawn alike in healthy and in faulty runs."""
    drawn = [draw(seed) for seed in range(6000)]
    groups = [[one for one in drawn if (one.category == "healthy") is healthy] for healthy in (True, False)]
    for of in (lambda c: c.works, lambda c: c.changes, lambda c: c.trims):
        jobs = [[of(one.conditions) for one in group] for group in groups]
        healthy, faulty = ([len(each) for each in group] for group in jobs)
        assert np.mean(healthy) == pytest.approx(np.mean(faulty), abs=4.0 * np.std(faulty) / len(healthy) ** 0.5)
        ages = [[job.before_h for each in group for job in each] for group in jobs]
        assert np.mean(ages[0]) == pytest.approx(np.mean(ages[1]), abs=4.0 * np.std(ages[1]) / len(ages[0]) ** 0.5)


def assert_same(case: Case, signals: object, infos: list[SignalInfo]) -> None:
    """Every signal, sample by sample, and all that is known of it."""
    assert isinstance(signals, dict)
    assert list(signals) == list(case.signals)
    assert infos == case.infos
    for key, mine in case.signals.items():
        theirs = signals[key]
        assert np.array_equal(mine.times, theirs.times), key
        assert np.array_equal(mine.values, theirs.values, equal_nan=True), key
        assert (mine.texts is None) == (theirs.texts is None), key
        if mine.texts is not None:
            assert mine.texts.tolist() == theirs.texts.tolist(), key


def test_the_symptom_is_a_line_that_lost_throughput(case: Case) -> None:
    assert [(one.twin, one.signal) for one in case.symptoms] == [("line-1", "throughput")]
    assert case.sight.visible


def test_draws_are_a_function_of_the_seed_and_mixed_as_agreed() -> None:
    drawn = [draw(seed) for seed in range(2000)]
    assert drawn[:50] == [draw(seed) for seed in range(50)]
    shares = {name: sum(one.category == name for one in drawn) / 2000 for name in ("healthy", "double", "single")}
    assert shares["healthy"] == pytest.approx(0.12, abs=0.03)
    assert shares["double"] == pytest.approx(0.08, abs=0.03)
    kinds = [one.injections[0].fault.id for one in drawn if one.category == "single"]
    assert set(kinds) == set(FAULTS)
    assert max(kinds.count(kind) for kind in FAULTS) < 2.0 * len(kinds) / len(FAULTS)
    places = {one.injections[0].fault.twin for one in drawn if one.category == "single"}
    assert len(places) > 60
    for one in drawn:
        assert len({each.fault.twin for each in one.injections}) == len(one.injections)
        assert all(0.0 < each.before_h <= one.since_h < one.hours - 8.0 for each in one.injections)
        assert one.end.tzinfo is not None
    busy = [bool(one.conditions.works or one.conditions.changes) for one in drawn]
    assert sum(busy) > 0.8 * len(busy)


def walk(seed: int, jump: float = 0.0, stop: bool = False) -> dict[SignalKey, Series]:
    """Twelve hours of noise of deviation 1 about 100, a jump in the last hour, and stops to 0 before it."""
    rng = np.random.default_rng(seed)
    values = 100.0 + rng.standard_normal(12 * 360)
    if stop:
        values[::1200] = 0.0
        values[1200:1400] = 0.0
    values[-360:] += jump
    key = SignalKey("pump", "flow")
    start = round(BEGIN.timestamp() * 1e6)
    return {key: Series(key, start + np.arange(len(values), dtype=np.int64) * 10_000_000, values)}


@pytest.mark.parametrize(
    ("jump", "stop", "visible"), [(0.0, False, False), (30.0, False, True), (30.0, True, False), (-8.0, False, True)]
)
def test_visible_is_what_leaves_the_range_of_its_past(jump: float, stop: bool, visible: bool) -> None:
    signals = walk(1, jump, stop)
    key = next(iter(signals))
    at = BEGIN + timedelta(hours=12, seconds=-10)
    info = SignalInfo(key, "numeric", "sampled", 4320, BEGIN, at, 10.0, None, True)
    onset = at - timedelta(hours=1)
    assert look(signals, [info], onset, at).visible == visible
    assert not look(signals, [info], onset, at, otherwise=signals).visible
    assert look(signals, [info], onset, at, otherwise=walk(1)).visible == (visible and not stop)
    assert not look(signals, [replace(info, sampling="events")], onset, at).visible


def test_a_changeover_is_no_drop_and_a_slower_hour_is_one() -> None:
    times = round(BEGIN.timestamp() * 1e6) + np.arange(12 * 360, dtype=np.int64) * 10_000_000
    at = BEGIN + timedelta(hours=12, seconds=-10)

    def seen(slow: float, changeover: bool) -> str | None:
        signals: dict[SignalKey, Series] = {}
        for line in ("line-1", "line-2", "line-3"):
            values = np.full(len(times), 30000.0)
            if line == "line-2":
                values[-240 if changeover else -360 :] *= slow
            words = np.array(["running", "changeover"], dtype=object)
            at_change = np.array([times[0], times[-240]])
            if line != "line-2" or not changeover:
                words, at_change = words[:1], at_change[:1]
            state = SignalKey(f"{line}-filler", "state")
            signals[SignalKey(line, "throughput")] = Series(SignalKey(line, "throughput"), times, values)
            signals[state] = Series(state, at_change, np.full(len(words), np.nan), words)
        return dropped_line(signals, at)

    assert seen(1.0, False) is None
    assert seen(0.8, False) == "line-2"
    assert seen(0.0, True) is None


def test_the_command_keeps_runs_and_makes_none_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seeds", "7", "--out", str(tmp_path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["runs"] == 1
    file = tmp_path / "run-000007.parquet"
    made = file.stat().st_mtime_ns
    assert main(["--seeds", "7", "--out", str(tmp_path)]) == 0
    assert file.stat().st_mtime_ns == made
    rows = [json.loads(line) for line in (tmp_path / "truths.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["seed"] for row in rows] == [7]
    assert set(rows[0]) >= {"truth", "visible", "symptoms", "kinds", "at", "category"}


def test_a_run_can_be_had_as_a_plant_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seeds", "7", "--out", str(tmp_path), "--plants"]) == 0
    told = json.loads(capsys.readouterr().out)
    with open_plant(Path(told["plants"][0]["folder"])) as plant:
        assert plant.at == draw(7).end
    assert not list(tmp_path.glob("*.jsonl")), "the truth stands nowhere near"


def test_seeds_are_ranges_and_lists() -> None:
    assert seeds_of("0-3,7") == [0, 1, 2, 3, 7]


@pytest.mark.parametrize("words", [["--seeds", "x", "--out", "o"], ["--seeds", "1", "--out", "o", "--jobs", "0"]])
def test_bad_words_end_with_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
