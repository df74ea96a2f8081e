"""Limits that the plant states, and values that a unit can't have."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from math import inf
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_tools.diagnosis.grid import Floats
from twinwright_tools.diagnosis.ranges import Bounds, OutOfRange, out_of_range, stated_bounds
from twinwright_tools.plant import open_plant
from twinwright_tools.telemetry.series import Sampling, Series, SignalInfo, SignalKey
from twinwright_tools.times import from_micros, to_micros

KEY = SignalKey("tank", "level")
MINUTE = 60_000_000
START = datetime(2026, 3, 1, tzinfo=UTC)


def look(
    values: Floats | list[float],
    unit: str | None = None,
    bounds: Bounds | None = None,
    sampling: Sampling = "sampled",
    at: int | None = None,
) -> OutOfRange | None:
    array = np.array(values, dtype=np.float64)
    series = Series(KEY, MINUTE * np.arange(len(array), dtype=np.int64), array)
    info = SignalInfo(KEY, "numeric", sampling, len(array), START, START, 60.0, unit, True)
    end = MINUTE * len(array) if at is None else at
    return out_of_range({KEY: series}, [info], end, {KEY: [bounds]} if bounds else None).get(KEY)


def quiet(middle: float, count: int = 60) -> Floats:
    return np.random.default_rng(0).normal(middle, 1.0, count)


@pytest.mark.parametrize(
    ("unit", "usual", "wrong", "direction"),
    [("%", 50.0, 140.0, 1), ("%", 50.0, -30.0, -1), ("K", 300.0, -5.0, -1), ("°C", 20.0, -300.0, -1)],
)
def test_an_impossible_value_is_found_with_its_beginning(unit: str, usual: float, wrong: float, direction: int) -> None:
    one = look(np.append(quiet(usual), np.full(10, wrong)), unit)
    assert one is not None
    assert one.bounds.impossible
    assert (one.direction, one.since, one.after) == (direction, 60 * MINUTE, wrong)
    assert one.before == pytest.approx(usual, abs=0.5)
    assert one.score > 10


def test_a_load_that_passes_a_hundred_per_cent_as_ever_is_none() -> None:
    assert look(quiet(120.0, 80), "%") is None


def test_one_sample_is_noise_and_a_return_is_the_end_of_it() -> None:
    assert look(np.append(quiet(50.0), [50.0, 140.0]), "%") is None
    assert look(np.concatenate([quiet(50.0), np.full(10, 140.0), quiet(50.0)]), "%") is None


def test_a_stated_limit_counts_from_the_sample_that_passed_it_for_good() -> None:
    ramp = np.concatenate([quiet(50.0), np.linspace(50.0, 90.0, 41)])
    one = look(ramp, "mm", Bounds(-inf, 80.0, "[limits]"))
    assert one is not None
    assert (one.since, one.limit, one.bounds.impossible) == (91 * MINUTE, 80.0, False)


def test_an_event_log_holds_its_last_row() -> None:
    one = look([1.0, 0.0, 1.0, 2.0], None, Bounds(0.0, 1.0, "boolean", impossible=True), "events")
    assert one is not None
    assert one.since == 3 * MINUTE


@given(st.lists(st.floats(), max_size=40), st.sampled_from(["%", "K", None]), st.integers(-1, 50))
def test_any_values_are_looked_at_up_to_the_moment_of_asking_only(
    values: list[float], unit: str | None, at: int
) -> None:
    bounds = Bounds(0.0, 10.0, "stated")
    assert look(values, unit, bounds, at=at * MINUTE) == look(values[: at + 1], unit, bounds, at=at * MINUTE)


@pytest.fixture
def tanks(tmp_path: Path) -> Path:
    """Two tanks whose level is in metres: limits in the configuration for the one, as a property of the other."""
    model = {
        "@context": ["dtmi:dtdl:context;3", "dtmi:dtdl:extension:quantitativeTypes;1"],
        "@id": "dtmi:test:Tank;1",
        "@type": "Interface",
        "contents": [
            {"@type": ["Telemetry", "Length"], "name": "level", "schema": "double", "unit": "metre"},
            {"@type": ["Telemetry", "Length"], "name": "foam", "schema": "double", "unit": "metre"},
            {"@type": "Telemetry", "name": "full", "schema": "boolean"},
            {"@type": ["Property", "Length"], "name": "levelHighLimit", "schema": "double", "unit": "metre"},
        ],
    }
    twins = [
        {"$dtId": "north", "$metadata": {"$model": "dtmi:test:Tank;1"}},
        {"$dtId": "south", "$metadata": {"$model": "dtmi:test:Tank;1"}, "levelHighLimit": 5.0},
    ]
    graph = {"digitalTwinsGraph": {"digitalTwins": twins, "relationships": []}, "digitalTwinsModels": [model]}
    (tmp_path / "graph.json").write_text(json.dumps(graph), encoding="utf-8")
    (tmp_path / "telemetry").mkdir()
    rows = ["timestamp,twin,signal,value,text"]
    for minute in range(60):
        when = f"2026-03-01T00:{minute:02}:00Z"
        rows += [f"{when},{twin},{name},{minute / 10}," for twin in ("north", "south") for name in ("level", "foam")]
        rows += [f"{when},north,full,{int(minute % 7 == 0) if minute < 50 else 3},"]
    (tmp_path / "telemetry" / "all.csv").write_text("\n".join(rows), encoding="utf-8")
    limits = '[limits]\n"north.level" = { high = 4, low = 1 }\n"north.foam" = { high = 1, unit = "bar" }\n'
    (tmp_path / "twinwright.toml").write_text(limits, encoding="utf-8")
    return tmp_path


def test_a_plants_limits_are_read_and_one_of_another_unit_bounds_nothing(tanks: Path) -> None:
    with open_plant(tanks) as plant:
        infos = plant.telemetry.signals()
        stated = stated_bounds(plant, infos)
        found = out_of_range(plant.telemetry.series(), infos, to_micros(plant.at), stated)
    assert [(one.low, one.high) for one in stated[SignalKey("north", "level")]] == [(-inf, 4.0), (1.0, inf)]
    assert SignalKey("north", "foam") not in stated
    assert stated[SignalKey("south", "level")][0].source == "property levelHighLimit of south"
    assert {str(key): from_micros(one.since).minute for key, one in found.items()} == {
        "north.level": 41,
        "south.level": 51,
        "north.full": 50,
    }
