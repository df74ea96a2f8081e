"""Which mode fits: signs seen, missing and contradicted; sensors against processes; neighbours; roles of signals."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_tools.diagnosis.failure_modes import (
    ModeFit,
    best_mode,
    equipment_of,
    load_library,
    rank_modes,
    roles_of,
    shares,
    words_of,
)
from twinwright_tools.diagnosis.modes.neighbours import neighbours
from twinwright_tools.diagnosis.modes.types import BACKGROUND
from twinwright_tools.diagnosis.suspicion import Suspicion
from twinwright_tools.telemetry.series import SignalKey
from twinwright_tools.twins.dtdl import ModelSet
from twinwright_tools.twins.dtdl.types import Interface, Primitive, Quantity, Telemetry, Texts
from twinwright_tools.twins.graph import Twin, TwinGraph

from .scenes import EDGES, FLOWS, NEIGHBOURS, SUBJECT, deviation, labelled, quiet

LIBRARY = load_library()
PUMP_SIGNALS = ("flow", "suctionPressure", "dischargePressure", "vibration", "bearingTemperature", "motorCurrent")


def plant(equipment: str = "Centrifugal pump", **others: str) -> tuple[TwinGraph, ModelSet]:
    labels = {"subject": equipment, **{name: others.get(name, "Thing") for name in NEIGHBOURS}}
    twins = {name: Twin(name, f"dtmi:test:{name};1") for name in (SUBJECT, *NEIGHBOURS)}
    return TwinGraph(twins, EDGES, FLOWS), labelled(**labels)


def scene(recorded: tuple[str, ...], **moved: tuple[str, int]) -> dict[SignalKey, Suspicion]:
    """Signals of the subject, or ``twin.signal``, all quiet but those that moved."""
    keys = [SignalKey(*name.split(".")) if "." in name else SignalKey(SUBJECT, name) for name in recorded]
    return {key: deviation(key, *moved[key.signal]) if key.signal in moved else quiet(key) for key in keys}


def ranked(
    found: Mapping[SignalKey, Suspicion], signal: str | None = None, equipment: str = "Centrifugal pump"
) -> dict[str, ModeFit]:
    graph, models = plant(equipment)
    key = SignalKey(SUBJECT, signal) if signal else None
    return {one.mode: one for one in rank_modes(SUBJECT, key, graph, models, found)}


def test_signs_are_seen_missing_or_contradicted() -> None:
    fits = ranked(
        scene(PUMP_SIGNALS, suctionPressure=("level", -1), flow=("level", -1), dischargePressure=("level", 1))
    )
    one = fits["cavitation"]
    assert {"suction pressure falls", "flow falls"} <= set(one.seen)
    assert "vibration rises" in one.missing
    assert "discharge pressure falls" in one.contradicted


def test_quiet_signs_speak_against_a_mode_and_unrecorded_ones_do_not() -> None:
    moved = {"suctionPressure": ("level", -1), "flow": ("level", -1)}
    few = ranked(scene(("suctionPressure", "flow"), **moved))["cavitation"].fit
    many = ranked(scene(("suctionPressure", "flow", "vibration", "noise"), **moved))["cavitation"].fit
    against = ranked(scene(("suctionPressure", "flow"), suctionPressure=("level", 1), flow=("level", -1)))[
        "cavitation"
    ].fit
    assert against < many < few


def test_a_mode_whose_signs_show_beats_one_whose_signs_are_quiet() -> None:
    found = scene(PUMP_SIGNALS, vibration=("level", 1), bearingTemperature=("slope", 1))
    assert best_mode(SUBJECT, None, *plant(), found) == "bearing_wear"


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("level", "sensor_bias"),
        ("slope", "sensor_drift"),
        ("spread", "sensor_noise"),
        ("dropout", "sensor_dropout"),
        ("stuck", "sensor_stuck"),
    ],
)
def test_a_signal_that_deviates_alone_is_its_sensor(kind: str, mode: str) -> None:
    direction = 1 if kind in ("level", "slope", "spread") else 0
    found = scene(PUMP_SIGNALS, dischargePressure=(kind, direction))
    graph, models = plant()
    key = SignalKey(SUBJECT, "dischargePressure")
    top = rank_modes(SUBJECT, key, graph, models, found)
    sensors = ("sensor_", "pressure_sensor_zero", "impulse_line")
    assert top[0].mode.startswith(sensors)
    assert mode in [one.mode for one in top[:2]]


def test_a_sensor_does_not_win_when_what_goes_together_moves_together() -> None:
    found = scene(PUMP_SIGNALS, flow=("level", -1), dischargePressure=("level", -1))
    assert best_mode(SUBJECT, SignalKey(SUBJECT, "flow"), *plant(), found) == "impeller_wear"


def test_nothing_fits_where_nothing_deviates_or_nothing_is_known() -> None:
    graph, models = plant()
    assert best_mode(SUBJECT, None, graph, models, scene(PUMP_SIGNALS)) is None
    assert best_mode(SUBJECT, None, graph, models, {}) is None
    assert best_mode("nowhere", None, graph, models, {}) is None
    assert rank_modes("nowhere", None, graph, models, {}) == []


def test_a_drive_that_slowed_down_speaks_against_the_pump_and_for_the_drive() -> None:
    recorded = ("flow", "dischargePressure", "driver.frequency")
    moved = {"flow": ("level", -1), "dischargePressure": ("level", -1)}
    graph, models = plant(driver="Variable speed drive")
    found = [scene(recorded, **moved), scene(recorded, **moved, frequency=("level", -1))]
    ranks = [{one.mode: one.fit for one in rank_modes(SUBJECT, None, graph, models, each)} for each in found]
    for mode in ("impeller_wear", "cavitation", "coupling_fault"):
        assert ranks[1][mode] < ranks[0][mode] - 0.5
    drives = [best_mode("driver", SignalKey("driver", "frequency"), graph, models, each) for each in found]
    # A frequency that merely fell leaves open why: a fault, or a drive that limits itself.
    assert drives[0] is None and drives[1] in ("drive_fault", "drive_overheating")


def test_a_strainer_upstream_is_told_by_the_pump_behind_it() -> None:
    graph, models = plant("Strainer")
    recorded = ("flow", "downstream.suctionPressure")
    own = rank_modes(SUBJECT, None, graph, models, scene(recorded, flow=("level", -1)))
    both = rank_modes(SUBJECT, None, graph, models, scene(recorded, flow=("level", -1), suctionPressure=("level", -1)))
    clogged = [next(one for one in fits if one.mode == "filter_clogged") for fits in (own, both)]
    assert clogged[1].fit > clogged[0].fit + 1.0
    assert "suction pressure downstream falls" in clogged[1].seen


def test_neighbours_are_told_apart() -> None:
    graph, models = plant(downstream="Gearbox")
    assert neighbours(SUBJECT, "upstream", graph, models) == ["upstream"]
    assert neighbours(SUBJECT, "driver", graph, models) == ["driver"]
    assert neighbours(SUBJECT, "part", graph, models) == ["part"]
    assert neighbours(SUBJECT, "downstream", graph, models) == []
    assert neighbours("driver", "downstream", *plant()) == [SUBJECT]


def test_a_kind_that_nobody_knows_yet_breaks_nothing() -> None:
    fits = ranked(scene(PUMP_SIGNALS, flow=("never heard of", 0)), "flow")
    assert all(math.isfinite(one.fit) for one in fits.values())


KINDS = st.sampled_from([*BACKGROUND, "something new"])
MOVES = st.dictionaries(st.sampled_from(PUMP_SIGNALS), st.tuples(KINDS, st.sampled_from([-1, 0, 1])))


@given(
    MOVES, st.sampled_from([None, *PUMP_SIGNALS]), st.sampled_from(["Pump", "Control valve", "Tank", "Fan", "Thing"])
)
def test_fits_are_numbers_in_order_and_shares_add_up(
    moved: dict[str, tuple[str, int]], signal: str | None, equipment: str
) -> None:
    fits = list(ranked(scene(PUMP_SIGNALS, **moved), signal, equipment).values())
    values = [one.fit for one in fits]
    assert all(math.isfinite(value) for value in values)
    assert values == sorted(values, reverse=True)
    total = sum(shares(fits).values())
    assert 0.0 <= total < 1.0


def test_roles_come_from_the_name_before_anything_else() -> None:
    contents = (
        Telemetry("command", Primitive("double"), texts=Texts(comment="from the temperature controller")),
        Telemetry("TT101", Primitive("double"), Quantity("Temperature", "degreeCelsius")),
        Telemetry("x1", Primitive("double"), Quantity(None, "bar")),
        Telemetry("Hyd_A_70", Primitive("boolean"), texts=Texts(comment="Alarm: level of the oil")),
        Telemetry("speedSetpoint", Primitive("double")),
        Telemetry("P2", Primitive("double"), texts=Texts(display_name="Suction pressure")),
    )
    models = ModelSet({"dtmi:test:A;1": Interface("dtmi:test:A;1", (), contents, texts=Texts("ControlValve"))})
    graph = TwinGraph({"a": Twin("a", "dtmi:test:A;1")}, (), FLOWS)

    def told(signal: str) -> frozenset[str]:
        return roles_of(SignalKey("a", signal), graph, models, LIBRARY)

    assert "command" in told("command") and "temperature" not in told("command")
    assert "temperature" in told("TT101")
    assert "pressure" in told("x1")
    assert "alarm" in told("Hyd_A_70")
    assert told("speedSetpoint") == {"setpoint"}
    assert {"suction_pressure", "pressure", "measurement"} <= told("P2")
    assert equipment_of("a", graph, models) == ["control valve"]
    assert words_of("glycol-Pump_1.suctionPressure") == "glycol pump 1 suction pressure"
