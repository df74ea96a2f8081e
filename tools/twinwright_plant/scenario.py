"""A plant's run under given conditions with given faults in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from .conditions import Conditions, planned, served, step_before
from .faults import Fault
from .physics.health import Health
from .physics.simulate import Degrade, Run, simulate, simulate_both
from .schedule import STEP_S, Floats, Schedule, draw
from .truth import Truth

WARM_UP = 720  # steps simulated before the telemetry begins, so that it doesn't begin with a start-up


@dataclass(frozen=True, slots=True)
class Injection:
    """A fault that begins `before_h` hours before the end; severity 1 shows clearly."""

    fault: Fault
    severity: float
    before_h: float


def simulate_scenario(
    injections: Sequence[Injection], seed: int, hours: float, end: datetime, conditions: Conditions | None = None
) -> tuple[Run, Truth]:
    """What really happened, the warm-up before the telemetry included, and the truth about it.

    Raises:
        ValueError: two faults on one asset, or an onset before the telemetry begins.
    """
    conditions = conditions or Conditions()
    schedule = schedule_of(injections, seed, hours, end, conditions)
    return simulate(schedule, degradation(injections, conditions, schedule, seed)), _truths(injections, schedule, end)


def simulate_with_and_without(
    injections: Sequence[Injection], seed: int, hours: float, end: datetime, conditions: Conditions
) -> tuple[Run, Run, Truth]:
    """The same, and between run and truth what would have happened without the faults.

    Raises:
        ValueError: as `simulate_scenario`.
    """
    schedule = schedule_of(injections, seed, hours, end, conditions)
    degrade = degradation(injections, conditions, schedule, seed)
    sound = degradation((), conditions, schedule, seed)
    fork = min((step_before(schedule, one.before_h) for one in injections), default=len(schedule.times))
    run, otherwise = simulate_both(schedule, degrade, sound, fork)
    return run, otherwise, _truths(injections, schedule, end)


def schedule_of(
    injections: Sequence[Injection], seed: int, hours: float, end: datetime, conditions: Conditions
) -> Schedule:
    """The schedule of such a run.

    Raises:
        ValueError: two faults on one asset, or an onset before the telemetry begins.
    """
    if len({one.fault.twin for one in injections}) < len(injections):
        raise ValueError("two faults at once have to sit on different assets")
    if any(not 0.0 < one.before_h < hours for one in injections):
        raise ValueError(f"a fault has to begin within the {hours} h of telemetry")
    return planned(draw(seed, WARM_UP + round(hours * 3600.0 / STEP_S), end), conditions)


def _truths(injections: Sequence[Injection], schedule: Schedule, end: datetime) -> Truth:
    """The truth about the first fault, with the others under `also`; the empty truth if nothing is wrong."""
    truths = [_truth(one, schedule, end) for one in injections]
    return replace(truths[0], also=tuple(truths[1:])) if truths else Truth(None, None, None, None)


def _truth(injection: Injection, schedule: Schedule, end: datetime) -> Truth:
    fault = injection.fault
    late = len(schedule.times) - 1 - step_before(schedule, injection.before_h)
    onset = end - timedelta(seconds=STEP_S * late)
    return Truth(fault.twin, fault.signal, fault.mode, onset, injection.severity)


def degradation(
    injections: Sequence[Injection], conditions: Conditions, schedule: Schedule, seed: int
) -> Degrade | None:
    """Maintenance and faults as a function of the step: no fault up to its onset, and then more and more."""
    serve = served(schedule, conditions)
    if not injections:
        return serve
    found = [
        (one, step_before(schedule, one.before_h), _chances(schedule, seed, number).tolist())
        for number, one in enumerate(injections)
    ]

    def degrade(health: Health, step: int) -> None:
        if serve is not None:
            serve(health, step)
        for one, onset, chances in found:
            if step > onset:
                degree = one.fault.degree(one.severity, (step - onset) * STEP_S / 3600.0)
                one.fault.spoil(health, degree, chances[step])

    return degrade


def _chances(schedule: Schedule, seed: int, number: int) -> Floats:
    """The schedule's chance for the first fault, and a chance of its own for each further one."""
    if number == 0:
        return schedule.chance
    steps = len(schedule.times)
    return np.repeat(np.random.default_rng([seed, 2, number]).random(steps // 4 + 1), 4)[:steps]
