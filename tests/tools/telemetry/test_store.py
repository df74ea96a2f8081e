"""The store: every call bounded by the moment of asking, from many threads at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twinwright_tools.plant import Plant, open_plant
from twinwright_tools.telemetry.series import SignalKey
from twinwright_tools.times import to_micros

START = datetime(2026, 1, 5, tzinfo=UTC)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(-5, 50), end=st.none() | st.integers(-5, 100))
def test_nothing_leaks(pump_plant: Path, at: int, end: int | None) -> None:
    moment = START + timedelta(seconds=at)
    asked = None if end is None else START + timedelta(seconds=end)
    with open_plant(pump_plant, at=moment) as plant:
        for series in plant.telemetry.series(end=asked).values():
            assert all(time <= to_micros(min(moment, asked or moment)) for time in series.times)
        infos = plant.telemetry.signals()
        assert all(info.last <= moment for info in infos)
        assert plant.telemetry.count() == len(infos)
        span = (min(info.first for info in infos), max(info.last for info in infos)) if infos else None
        assert plant.telemetry.span() == span
        key = SignalKey("P1", "flow")
        assert all(time <= to_micros(moment) for time in plant.telemetry.last_before(key, START.replace(day=9)).times)
        counted = plant.query("SELECT COUNT() FROM DIGITALTWINS").value
        assert counted == [{"COUNT": 2}]


def test_both_names_of_a_signal(open_pumps: Callable[..., Plant]) -> None:
    plant = open_pumps()
    shown, named = SignalKey("P1", "Flow rate"), SignalKey("P1", "flow")
    found = plant.telemetry.series([shown, named, SignalKey("P2", "flow")])
    assert found[shown].values.tolist() == found[named].values.tolist() == [1, 2, 4, 8, 16]
    assert len(found[SignalKey("P2", "flow")]) == 0
    assert plant.telemetry.info(shown).key == named


def test_threads(open_pumps: Callable[..., Plant]) -> None:
    plant = open_pumps()

    def read(number: int) -> tuple[int, int, int]:
        rows = sum(len(series) for series in plant.telemetry.series().values())
        return (
            rows,
            len(plant.history.search("seal bearing")),
            plant.history.sql("SELECT id FROM history").rows.__len__(),
        )

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(read, range(24))) == {(9, 3, 3)}
