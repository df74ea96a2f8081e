"""Compressed air: a fixed-speed compressor for the base load, a speed-controlled one that holds the pressure, a
receiver, and an air service unit for each line. Flows in Nm³/h, pressures in bar gauge."""

from __future__ import annotations

from dataclasses import dataclass, field

from .health import LINES, Health
from .line import clip

DELIVERY = 500.0  # of each compressor, Nm³/h
LINE_DEMAND = (230.0, 240.0, 300.0)  # at nominal speed and 7 bar
BASE_DEMAND = 60.0  # workshops, blow-off, the leaks that every plant lives with
RECEIVER_M3 = 12.0
SETPOINT = 7.0
UNIT_LOSS = 3.2e-6  # pressure drop of a line's air filter and service unit, bar per (Nm³/h)²
FILTER_SHARE = 0.35  # of that falls over a clean filter
DRYER_LOSS = 1.7e-7  # pressure drop of the dryer, bar per (Nm³/h)²
RELIEF_BAR, RELIEF_BAND = 8.1, 0.6  # a compressor's relief valve opens above this and blows all off within the band


@dataclass(slots=True)
class AirSystem:
    """State of the compressed-air system; `delivered`, `loads` by compressor, `branch` and `drawn` by line."""

    pressure: float = SETPOINT
    loads: list[float] = field(default_factory=lambda: [1.0, 0.6])
    integral: float = 0.6
    delivered: list[float] = field(default_factory=lambda: [500.0, 300.0])
    branch: list[float] = field(default_factory=lambda: [6.7] * LINES)
    drawn: list[float] = field(default_factory=lambda: [250.0] * LINES)
    demand: float = 800.0
    dryer_drop: float = 0.12
    unloaded: bool = False

    def step(self, dt: float, health: Health, demands: list[float], jitter: float = 0.0) -> None:
        """Advance by dt seconds; `demands` are the lines' shares of their nominal consumption, `jitter` what the
        pressure sensor adds, in standard deviations."""
        for line, share in enumerate(demands):
            absolute = self.branch[line] + 1.0
            flow = (LINE_DEMAND[line] * share / 8.0 + health.air_leak[line]) * absolute
            self.drawn[line] = flow
            dirt = 1.0 + 2.4 * health.filter_clog[line] + 0.5 * health.filter_age[line]
            goal = max(0.0, self.pressure - UNIT_LOSS * flow * flow * dirt)
            self.branch[line] += 0.4 * (goal - self.branch[line])
        self.demand = sum(self.drawn) + BASE_DEMAND * (self.pressure + 1.0) / 8.0
        self._control(dt, health, jitter)
        relief = clip(1.0 - (self.pressure + self.dryer_drop - RELIEF_BAR) / RELIEF_BAND)
        for compressor, load in enumerate(self.loads):
            sound = (1.0 - health.compressor_valve[compressor]) * (1.0 - 0.3 * health.intake[compressor])
            self.delivered[compressor] = DELIVERY * load * sound * relief
        surplus = sum(self.delivered) - self.demand
        through = sum(self.delivered)
        self.dryer_drop += 0.4 * (DRYER_LOSS * (1.0 + 12.0 * health.dryer) * through * through - self.dryer_drop)
        self.pressure = max(0.0, self.pressure + surplus * dt / 3600.0 / RECEIVER_M3)

    def _control(self, dt: float, health: Health, jitter: float) -> None:
        """The base compressor unloads above 7.4 bar and loads again below 7.05; the other one holds 7 bar (PI)."""
        measured = self.pressure + health.air_bias
        self.unloaded = measured > (7.05 if self.unloaded else 7.4)
        self.loads[0] = 0.0 if self.unloaded or health.off[0] else 1.0
        error = SETPOINT - measured - 0.012 * jitter
        self.integral = clip(self.integral + 0.8 * error * dt / 60.0)
        self.loads[1] = 0.0 if health.off[1] else clip(self.integral + 0.8 * error)
