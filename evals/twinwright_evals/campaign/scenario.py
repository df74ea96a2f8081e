"""What happens in one run: drawn from the seed, and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import cos, exp, log, pi
from typing import Any, Literal

import numpy as np

from twinwright_plant.conditions import Conditions, LoadChange, Trim, Work, WorkKind
from twinwright_plant.faults import FAULTS
from twinwright_plant.scenario import Injection

Category = Literal["healthy", "double", "single"]
HOURS = 30.0  # of telemetry: four product changes on each line, and a day and a night
HEALTHY_SHARE, DOUBLE_SHARE = 0.12, 0.08
ONSET_H = (0.75, 10.0)
SEVERITY = (0.04, 1.0)  # from what drowns in noise to what anybody sees
# How often people do anything of a kind on purpose, and how many hours ago at most: the same whether something is wrong
# or not, so that a logged job by itself tells nothing of a fault.
BUSY, EARLIEST_H = 0.6, 18.0
WORKS: tuple[WorkKind, ...] = ("duty swap", "cleaning", "filter change")


@dataclass(frozen=True, slots=True)
class Scenario:
    """One run of the campaign.

    Attributes:
        seed: seed of the scenario and of the plant's own randomness.
        end: the moment of asking.
        injections: the faults; none in a healthy run.
        conditions: season, load, orders and planned maintenance.
        since_h: hours before the end at which the first fault begins; in a healthy run, one might have begun.
        asks_throughput: whether the person asks about a line's throughput, if it has dropped, or about the whole plant.
    """

    seed: int
    end: datetime
    injections: tuple[Injection, ...]
    conditions: Conditions
    since_h: float
    asks_throughput: bool
    hours: float = HOURS

    @property
    def category(self) -> Category:
        """Whether nothing, one thing or two things are wrong."""
        return ("healthy", "single", "double")[len(self.injections)]

    @property
    def onset(self) -> datetime:
        """`since_h` as a time."""
        return self.end - timedelta(hours=self.since_h)


def draw(seed: int) -> Scenario:
    """The scenario of a seed."""
    rng = np.random.default_rng([seed, 20260312])
    end = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=int(rng.integers(365 * 24 * 60)))
    kind = rng.random()
    since = _hours(rng)
    if kind < HEALTHY_SHARE:
        injections: tuple[Injection, ...] = ()
    elif kind < HEALTHY_SHARE + DOUBLE_SHARE:
        injections = _double(rng)
    else:
        injections = (_injection(rng),)
    if injections:
        since = max(one.before_h for one in injections)
    conditions = _conditions(rng, end)
    return Scenario(seed, end, injections, conditions, since, bool(rng.random() < 0.5))


def _hours(rng: np.random.Generator) -> float:
    return round(float(rng.uniform(*ONSET_H)), 2)


def _injection(rng: np.random.Generator) -> Injection:
    """Any kind of fault on any asset that can have it; small ones are as likely as large ones."""
    fault = list(FAULTS.values())[int(rng.integers(len(FAULTS)))]
    severity = exp(rng.uniform(log(SEVERITY[0]), log(SEVERITY[1])))
    return Injection(fault.on(int(rng.integers(len(fault.places)))), round(severity, 3), _hours(rng))


def _double(rng: np.random.Generator) -> tuple[Injection, Injection]:
    """Two faults on different assets, the one that began first in front."""
    first = _injection(rng)
    while True:
        second = _injection(rng)
        if second.fault.twin != first.fault.twin:
            early, late = sorted((first, second), key=lambda one: -one.before_h)
            return early, late


def _conditions(rng: np.random.Generator, end: datetime) -> Conditions:
    """Season, load and plans; most runs have maintenance or a change of load that is recent."""
    day = end.timetuple().tm_yday
    season = 7.0 * cos(2.0 * pi * (day - 196) / 365.0) + float(rng.normal(0.0, 1.5))
    # In summer the chiller has less to give and the product comes warmer: planning asks for less.
    most = 1.0 if season < 3.0 else 0.88
    load = tuple(round(float(rng.uniform(0.7, most)), 2) for _ in range(3))
    works, changes = [], []
    if rng.random() < BUSY:
        for _ in range(int(rng.integers(1, 3))):
            kind = WORKS[int(rng.integers(len(WORKS)))]
            lasts = round(float(rng.uniform(0.4, 0.8)), 2)
            works.append(Work(kind, int(rng.integers(3)), round(float(rng.uniform(0.6, EARLIEST_H)), 2), lasts))
    if rng.random() < BUSY:
        share = round(float(rng.uniform(0.6, most)), 2)
        changes.append(LoadChange(int(rng.integers(3)), round(float(rng.uniform(0.6, EARLIEST_H)), 2), share))
    ages = tuple(round(float(rng.uniform(0.0, 1.0)), 2) for _ in range(3))
    lead = int(rng.choice([-1, 1]))
    return Conditions(season, _three(load), tuple(changes), tuple(works), lead, _three(ages), _trims(rng))


def _trims(rng: np.random.Generator) -> tuple[Trim, ...]:
    """A setpoint trimmed by a tenth or two, in half of the runs in which people do anything at all."""
    if rng.random() > 0.5 * BUSY:
        return ()
    kelvin = (-0.2, -0.1, 0.1, 0.2)[int(rng.integers(4))]
    return (Trim(int(rng.integers(3)), round(float(rng.uniform(0.6, EARLIEST_H)), 2), kelvin),)


def _three(values: tuple[Any, ...]) -> tuple[float, float, float]:
    first, second, third = values
    return first, second, third
