"""Season, load and planned work move signals, stand in the journal, and leave a plant of the defaults as it was."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twinwright_plant.conditions import Conditions, LoadChange, Trim, Work, planned
from twinwright_plant.faults import FAULTS
from twinwright_plant.journal import journal, write_journal
from twinwright_plant.layout import graph
from twinwright_plant.make import END, WARM_UP
from twinwright_plant.physics.simulate import Run
from twinwright_plant.scenario import Injection, simulate_scenario, simulate_with_and_without
from twinwright_plant.schedule import draw
from twinwright_plant.signals import all_signals

HOURS = 4.0
BUSY = Conditions(
    season_k=-8.0,
    load=(0.9, 0.8, 1.0),
    changes=(LoadChange(1, 2.0, 0.6),),
    works=(Work("duty swap", 0, 1.5), Work("filter change", 2, 1.0), Work("cleaning", 0, 3.0, 0.5)),
    lead=1,
    filter_age=(0.2, 0.4, 0.9),
    trims=(Trim(2, 1.2, 0.2),),
)


@pytest.fixture(scope="module")
def busy() -> Run:
    """Four hours with everything that planning can do."""
    return simulate_scenario((), 4, HOURS, END, BUSY)[0]


@pytest.fixture(scope="module")
def plain() -> Run:
    """The same hours under the demo plant's conditions."""
    return simulate_scenario((), 4, HOURS, END)[0]


def before(run: Run, signal: tuple[str, str], hours: float) -> float:
    """The true value of a signal, that many hours before the end (mean of ten minutes)."""
    values = next(each.values for each in all_signals(run)[0] if (each.twin, each.signal) == signal)
    step = len(values) - round(hours * 360)
    return float(values[step - 60 : step].mean())


def test_the_defaults_change_nothing() -> None:
    schedule = draw(4, 1000, END)
    assert planned(schedule, Conditions()) is schedule


def test_winter_is_colder_and_cools_better(busy: Run, plain: Run) -> None:
    assert np.allclose(busy.schedule.ambient, plain.schedule.ambient - 8.0)
    assert busy.plant["capacity"].mean() > 1.02 * plain.plant["capacity"].mean()
    warm = [run.lines[2]["product_in"].mean() for run in (busy, plain)]
    assert warm[0] < warm[1] - 0.5


def test_planning_slows_a_line_down(busy: Run, plain: Run) -> None:
    share = busy.schedule.rate[1] / plain.schedule.rate[1]
    assert share[-1] == pytest.approx(0.6)
    assert share[-800] == pytest.approx(0.8)


def test_the_pumps_swap_the_lead(busy: Run) -> None:
    for hours, leads in ((2.0, True), (0.2, False)):
        faster = before(busy, ("glycol-pump-1", "speed"), hours) > before(busy, ("glycol-pump-2", "speed"), hours)
        assert faster == leads


def test_a_new_filter_element_has_less_drop(busy: Run) -> None:
    key = ("line-3-air-filter", "differentialPressure")
    flow = ("line-3-air-supply", "flow")
    used, new = (before(busy, key, h) / before(busy, flow, h) ** 2 for h in (1.2, 0.2))
    assert new < 0.6 * used


def test_an_operator_trims_a_setpoint(busy: Run) -> None:
    assert busy.lines[2]["setpoint_error"][-1] == 0.2
    assert busy.lines[2]["setpoint_error"][-600] == 0.0
    assert not busy.lines[0]["setpoint_error"].any()


def test_a_line_stands_for_its_cleaning(busy: Run) -> None:
    assert before(busy, ("line-1-depalletizer", "speed"), 2.7) < 1.0


def test_the_journal_tells_what_was_planned_and_entered(busy: Run, tmp_path: Path) -> None:
    rows = journal(busy, BUSY, 4, WARM_UP)
    texts = " | ".join(f"{row['twin']}: {row['text']}" for row in rows)
    for part in (
        "duty swap, glycol pump 2 leads",
        "line-3-air-filter: Planned",
        "cleaning in place",
        "set to 60 %",
        "at the line's panel",
    ):
        assert part in texts
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
    known = {twin["$dtId"] for twin in graph()[0]}
    for row in rows:
        assert row["twin"] in known
        assert datetime.fromisoformat(row["time"]) <= END
    (tmp_path / "history").mkdir()
    write_journal(tmp_path, busy, BUSY, 4, WARM_UP)
    lines = (tmp_path / "history" / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == rows


@pytest.mark.parametrize(
    ("fault", "twin", "words"),
    [
        ("wrong-setpoint", "line-1-filler", "temperatureSetpoint changed from"),
        ("wrong-pressure-setpoint", "glycol-header", "pressureSetpoint changed from 2.0 to 0.6 bar"),
    ],
)
def test_a_wrong_setpoint_is_logged_as_any_other(fault: str, twin: str, words: str) -> None:
    run, truth = simulate_scenario((Injection(FAULTS[fault], 1.0, 1.0),), 4, HOURS, END)
    rows: list[dict[str, Any]] = [row for row in journal(run, Conditions(), 4, WARM_UP) if words in row["text"]]
    entered = [row for row in rows if row["twin"] == twin and "recipe" not in row["text"]]
    assert len(entered) == 1
    assert truth.onset is not None
    assert abs((datetime.fromisoformat(entered[0]["time"]) - truth.onset).total_seconds()) <= 10.0
    assert not any(word in str(entered[0]).lower() for word in ("wrong", "fault", "mistake", fault))


def test_a_setpoint_is_recorded_as_it_was_entered() -> None:
    run, _ = simulate_scenario((Injection(FAULTS["wrong-pressure-setpoint"], 0.775, 1.0),), 4, HOURS, END)
    logs = {(one.twin, one.signal): one for one in all_signals(run)[1]}
    assert set(logs["glycol-header", "pressureSetpoint"].values.tolist()) == {2.0, 0.9}  # 2.0 - 1.1 is no 0.9


def test_without_the_fault_is_the_run_without_it(plain: Run) -> None:
    injections = (Injection(FAULTS["fouling"], 1.0, 1.5),)
    run, otherwise, truth = simulate_with_and_without(injections, 4, HOURS, END, Conditions())
    alone, told = simulate_scenario(injections, 4, HOURS, END)
    assert truth == told
    for name, values in alone.lines[2].items():
        assert np.array_equal(values, run.lines[2][name]), name
        assert np.array_equal(plain.lines[2][name], otherwise.lines[2][name]), name
    assert run.lines[2]["fouling"][-1] > 0.0


def test_a_run_is_a_function_of_its_arguments() -> None:
    injections = (Injection(FAULTS["vacuum-loss"], 0.6, 1.0), Injection(FAULTS["noisy-instrument"], 0.5, 0.7))
    one, two = (simulate_scenario(injections, 9, 1.5, END, BUSY)[0] for _ in range(2))
    for first, second in zip([*one.lines, one.plant], [*two.lines, two.plant], strict=True):
        assert all(np.array_equal(first[name], second[name]) for name in first)
    assert one.instruments == two.instruments


@pytest.mark.parametrize("before_h", [0.0, 4.0])
def test_an_onset_outside_of_the_telemetry_is_refused(before_h: float) -> None:
    with pytest.raises(ValueError, match="within"):
        simulate_scenario((Injection(FAULTS["fouling"], 1.0, before_h),), 1, HOURS, END)
