"""What a plant goes through besides faults: season, load, orders that change it, and planned maintenance.

None of it is a fault, and all of it moves signals.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from .physics.health import LINES, Health
from .schedule import STEP_S, Floats, Schedule

WorkKind = Literal["duty swap", "cleaning", "filter change"]
LEAD = 0.03  # share by which the leading glycol pump runs faster than the controller's command


@dataclass(frozen=True, slots=True)
class Work:
    """Planned maintenance, beginning `before_h` hours before the end.

    Attributes:
        kind: the glycol pumps swap the lead, a line is cleaned in place, or a line's air filter gets a new element.
        line: index of the line; of no meaning for a duty swap.
        lasts_h: how long a line stands for its cleaning.
    """

    kind: WorkKind
    line: int
    before_h: float
    lasts_h: float = 0.6


@dataclass(frozen=True, slots=True)
class LoadChange:
    """Planning sets a line to another share of its rate, `before_h` hours before the end."""

    line: int
    before_h: float
    share: float


@dataclass(frozen=True, slots=True)
class Trim:
    """An operator trims a filler's product temperature setpoint by a tenth or two, as operators do."""

    line: int
    before_h: float
    kelvin: float


@dataclass(frozen=True, slots=True)
class Conditions:
    """The circumstances of a run; those of the demo plant are the defaults.

    Attributes:
        season_k: how much warmer than in March it is outdoors, K.
        load: share of its rate that each line is asked for.
        changes, works, trims: what people do on purpose.
        lead: whether glycol pump 1 (1) or 2 (-1) leads at the beginning, or neither (0).
        filter_age: dirt of each line's air filter at the beginning, 0 to 1.
    """

    season_k: float = 0.0
    load: tuple[float, float, float] = (1.0, 1.0, 1.0)
    changes: tuple[LoadChange, ...] = ()
    works: tuple[Work, ...] = ()
    lead: int = 0
    filter_age: tuple[float, float, float] = (0.0, 0.0, 0.0)
    trims: tuple[Trim, ...] = ()


def step_before(schedule: Schedule, hours: float) -> int:
    """The index of the step that many hours before the end."""
    return max(0, len(schedule.times) - 1 - round(hours * 3600.0 / STEP_S))


def planned(schedule: Schedule, conditions: Conditions) -> Schedule:
    """The schedule under these conditions; itself under those of the demo plant."""
    if conditions == Conditions():
        return schedule
    ambient = schedule.ambient + conditions.season_k
    rate: list[Floats] = []
    changeover = [each.copy() for each in schedule.changeover]
    for line in range(LINES):
        share = np.full(len(schedule.times), conditions.load[line])
        for change in sorted(conditions.changes, key=lambda one: -one.before_h):
            if change.line == line:
                share[step_before(schedule, change.before_h) :] = change.share
        rate.append(schedule.rate[line] * share)
    for work in conditions.works:
        if work.kind == "cleaning":
            end = step_before(schedule, max(0.0, work.before_h - work.lasts_h))
            changeover[work.line][step_before(schedule, work.before_h) : end] = True
    return replace(schedule, ambient=ambient, hall=14.0 + 0.6 * ambient, rate=rate, changeover=changeover)


def served(schedule: Schedule, conditions: Conditions) -> Callable[[Health, int], None] | None:
    """What people did to the plant on purpose, as a function of (health, step); None under the demo's conditions."""
    if conditions == Conditions():
        return None
    works = [(step_before(schedule, work.before_h), work) for work in conditions.works]
    trims = sorted((step_before(schedule, trim.before_h), trim.line, trim.kelvin) for trim in conditions.trims)

    def serve(health: Health, step: int) -> None:
        lead, age, trimmed = conditions.lead, list(conditions.filter_age), [0.0] * LINES
        for begin, work in works:
            if begin <= step and work.kind == "duty swap":
                lead = -lead
            elif begin <= step and work.kind == "filter change":
                age[work.line] = 0.0
        for begin, line, kelvin in trims:
            if begin <= step:
                trimmed[line] = kelvin
        health.lead = LEAD * lead
        health.filter_age[:] = age
        health.setpoint[:] = trimmed

    return serve
