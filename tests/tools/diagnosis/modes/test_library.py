"""The library of failure modes: whole, believable in form, and every mode told from the others by its own signs."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from twinwright_tools.diagnosis.failure_modes import (
    FailureMode,
    happens_to,
    load_failure_modes,
    load_library,
    rank_modes,
)
from twinwright_tools.diagnosis.modes.iso14224 import EQUIPMENT_CLASSES, FAILURE_MODES, MECHANISMS
from twinwright_tools.diagnosis.modes.table import renewed

from .scenes import SUBJECT, places_of, typical

LIBRARY = load_library()
MODES = list(LIBRARY.modes.values())
DOCUMENT = Path(__file__).resolve().parents[4] / "docs" / "failure-modes.md"
# Relied upon elsewhere: in recordings, in orders, in people's notes.
KEPT = [
    "cavitation",
    "impeller_wear",
    "seal_leak",
    "bearing_wear",
    "imbalance",
    "motor_overload",
    "winding_fault",
    "drive_fault",
    "valve_stiction",
    "valve_leak",
    "actuator_fault",
    "fouling",
    "coolant_loss",
    "condenser_fouling",
    "refrigerant_loss",
    "valve_wear",
    "compressor_trip",
    "air_leak",
    "header_pressure_loss",
    "starvation",
    "jam",
    "clutch_wear",
    "fill_fault",
    "belt_slip",
    "sensor_drift",
    "sensor_stuck",
    "supply_loss",
    "feed_quality",
    "reaction_upset",
    "level_low",
    "filter_clogged",
    "voltage_dip",
    "loop_oscillation",
]
WANTED = [
    "wrong_setpoint",
    "sensor_bias",
    "sensor_noise",
    "sensor_dropout",
    "supply_disturbance",
    "vacuum_loss",
    "roller_bearing_wear",
    "misalignment",
]


def test_ids_that_are_relied_upon_are_there() -> None:
    assert len(MODES) >= 70 and len(KEPT) == 33
    assert {*KEPT, *WANTED} <= set(LIBRARY.modes)
    assert load_failure_modes() == tuple(MODES)


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.id)
def test_a_mode_is_whole(mode: FailureMode) -> None:
    assert mode.name[0].isupper() and mode.tasks and mode.skills and 0.25 <= mode.duration_h <= 24
    code, _, text = mode.failure.partition(" – ")
    assert FAILURE_MODES[code] == text
    number, _, mechanism = mode.mechanism.partition(" – ")
    assert MECHANISMS[number] == mechanism
    assert mode.iso_class is None or mode.iso_class in EQUIPMENT_CLASSES
    assert mode.checks == tuple(check.text for check in mode.discriminating)
    assert all(one.minutes <= other.minutes for one, other in pairwise(mode.discriminating))
    # One check at least speaks for or against it: it comes out otherwise than with the other modes.
    assert any(abs(check.tells[mode.id] - check.default) >= 0.3 for check in mode.discriminating)


def rivals(mode: FailureMode, equipment: str) -> list[FailureMode]:
    """The modes whose signals stand on such equipment; what can happen anywhere brings no signals along."""
    return [
        other
        for other in MODES
        if other is mode
        or (happens_to(other, [equipment]) and (not other.anywhere or equipment in " ".join(other.equipment)))
    ]


@pytest.mark.parametrize(
    ("mode", "equipment"),
    [(mode, equipment) for mode in MODES for equipment in mode.equipment],
    ids=lambda one: one.id if isinstance(one, FailureMode) else one,
)
def test_a_mode_is_first_for_its_own_signs(mode: FailureMode, equipment: str) -> None:
    scene = typical(mode, equipment, places_of(rivals(mode, equipment)), LIBRARY)
    fits = rank_modes(SUBJECT, scene.signal, scene.graph, scene.models, scene.found, LIBRARY)
    own = next(one for one in fits if one.mode == mode.id)
    assert own.seen
    assert own.fit >= fits[0].fit - 1e-9, f"{fits[0].mode} fits better: {fits[0].fit:.2f} against {own.fit:.2f}"


def test_roles_are_used() -> None:
    assert {sign.role for mode in MODES for sign in mode.signature} == set(LIBRARY.roles)


def test_the_table_in_the_docs_is_current() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    assert renewed(document, LIBRARY) == document, "run python -m twinwright_tools.diagnosis.modes.table " + str(
        DOCUMENT
    )
