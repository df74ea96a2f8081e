"""Make a plant folder, with or without something broken in it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np

from .conditions import Conditions
from .cooling_model.attach import write_models
from .faults import Fault, named
from .history import write_history
from .journal import write_journal
from .physics.simulate import Run
from .planning import write_planning
from .scenario import WARM_UP, Injection, simulate_scenario
from .signals import all_signals
from .truth import Truth
from .writer import write_telemetry, write_twins

END = datetime.fromisoformat("2026-03-12T14:00:00+01:00")
HOURS = 48.0


def make_plant(
    folder: Path,
    fault: str | None,
    seed: int,
    hours: float = HOURS,
    end: datetime | None = None,
    severity: float = 1.0,
    conditions: Conditions | None = None,
) -> Truth:
    """Simulate `hours` hours that end at `end` (with a zone) and write them as a plant folder.

    `fault` is the id of a fault, two of them joined by + (on different assets), or None. The folder says nothing of
    fault, seed or truth; two plants of one seed and the same conditions differ in their telemetry alone, and that only
    after the onset, but for what people entered (a setpoint), which stands in the journal as well.

    Raises:
        ValueError: an unknown fault, a naive end, hours or severity out of range.
    """
    end = END if end is None else end
    if end.tzinfo is None:
        raise ValueError(f"the end {end.isoformat()} has no time zone; write one such as +01:00")
    if not 1.0 <= hours <= 24.0 * 60:
        raise ValueError(f"hours is {hours}; it must lie between 1 and 1440")
    if not 0.0 < severity <= 1.5:
        raise ValueError(f"severity is {severity}; it must lie above 0 and not above 1.5")
    run, truth = simulate_plant(fault, seed, hours, end, severity, conditions)
    write_plant(folder, run, seed, end, conditions)
    return truth


def simulate_plant(
    fault: str | None,
    seed: int,
    hours: float,
    end: datetime,
    severity: float = 1.0,
    conditions: Conditions | None = None,
) -> tuple[Run, Truth]:
    """What really happened in such a plant, the warm-up before its telemetry included, and the truth about it.

    Raises:
        ValueError: an unknown fault, or two on one asset.
    """
    injections = [Injection(one, severity, _lead(one, seed, number, hours)) for number, one in enumerate(named(fault))]
    return simulate_scenario(injections, seed, hours, end, conditions)


def _lead(fault: Fault, seed: int, number: int, hours: float) -> float:
    """How many hours before the end a fault begins."""
    early, late = fault.lead_h[1], fault.lead_h[0]
    draw = np.random.default_rng([seed, 4, number] if number else [seed, 4])
    return float(draw.uniform(min(late, 0.5 * hours), min(early, 0.8 * hours)))


def write_plant(folder: Path, run: Run, seed: int, end: datetime, conditions: Conditions | None = None) -> None:
    """Write a run as a plant folder."""
    sampled, events = all_signals(run)
    folder.mkdir(parents=True, exist_ok=True)
    write_twins(folder)
    write_planning(folder, end)
    write_models(folder)
    write_telemetry(folder, sampled, events, run.schedule.times, seed, WARM_UP)
    write_history(folder, seed, end)
    write_journal(folder, run, conditions or Conditions(), seed, WARM_UP)
