"""Make a plant folder, with or without something broken in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from .cooling_model.attach import write_models
from .faults import FAULTS, Fault
from .history import write_history
from .physics.health import Health
from .physics.simulate import Degrade, Run, simulate
from .schedule import STEP_S, Schedule, draw
from .signals import all_signals
from .truth import Truth
from .writer import write_telemetry, write_twins

END = datetime.fromisoformat("2026-03-12T14:00:00+01:00")
WARM_UP = 720  # steps simulated before the telemetry begins, so that it doesn't begin with a start-up
HOURS = 48.0


def make_plant(
    folder: Path,
    fault: str | None,
    seed: int,
    hours: float = HOURS,
    end: datetime | None = None,
    severity: float = 1.0,
) -> Truth:
    """Simulate `hours` hours that end at `end` (with a zone) and write them as a plant folder.

    The folder says nothing of fault, seed or truth; two plants of one seed differ in their telemetry alone, and that
    only after the onset.

    Raises:
        ValueError: an unknown fault, a naive end, hours or severity out of range.
    """
    end = END if end is None else end
    if end.tzinfo is None:
        raise ValueError(f"the end {end.isoformat()} has no time zone; write one such as +01:00")
    if fault is not None and fault not in FAULTS:
        raise ValueError(f"unknown fault {fault!r}; there are {', '.join(FAULTS)}")
    if not 1.0 <= hours <= 24.0 * 60:
        raise ValueError(f"hours is {hours}; it must lie between 1 and 1440")
    if not 0.0 < severity <= 1.5:
        raise ValueError(f"severity is {severity}; it must lie above 0 and not above 1.5")
    run, truth = simulate_plant(fault, seed, hours, end, severity)
    sampled, events = all_signals(run)
    folder.mkdir(parents=True, exist_ok=True)
    write_twins(folder)
    write_models(folder)
    write_telemetry(folder, sampled, events, run.schedule.times, seed, WARM_UP)
    write_history(folder, seed, end)
    return truth


def simulate_plant(
    fault: str | None, seed: int, hours: float, end: datetime, severity: float = 1.0
) -> tuple[Run, Truth]:
    """What really happened in such a plant, the warm-up before its telemetry included, and the truth about it."""
    steps = round(hours * 3600.0 / STEP_S)
    schedule = draw(seed, WARM_UP + steps, end)
    if fault is None:
        return simulate(schedule), Truth(None, None, None, None)
    broken = FAULTS[fault]
    early, late = broken.lead_h[1], broken.lead_h[0]
    lead = np.random.default_rng([seed, 4]).uniform(min(late, 0.5 * hours), min(early, 0.8 * hours))
    onset_step = len(schedule.times) - 1 - round(lead * 3600.0 / STEP_S)
    onset = end - timedelta(seconds=STEP_S * (len(schedule.times) - 1 - onset_step))
    run = simulate(schedule, _degrade(broken, severity, schedule, onset_step))
    return run, Truth(broken.twin, broken.signal, broken.mode, onset, severity)


def _degrade(fault: Fault, severity: float, schedule: Schedule, onset_step: int) -> Degrade:
    """The fault as a function of the step: nothing up to the onset, and then more and more."""
    chance = schedule.chance.tolist()

    def degrade(health: Health, step: int) -> None:
        if step > onset_step:
            degree = fault.degree(severity, (step - onset_step) * STEP_S / 3600.0)
            fault.effect(health, degree, chance[step])

    return degrade
