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
UNIT_LOSS = 3.2e-6  # pressure drop of a line's air service unit, bar per (Nm³/h)²


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
    unloaded: bool = False

    def step(self, dt: float, health: Health, demands: list[float], jitter: float = 0.0) -> None:
        """Advance by dt seconds; `demands` are the lines' shares of their nominal consumption, `jitter` what the
        pressure sensor adds, in standard deviations."""
        for line, share in enumerate(demands):
            absolute = self.branch[line] + 1.0
            flow = (LINE_DEMAND[line] * share / 8.0 + health.air_leak[line]) * absolute
            self.drawn[line] = flow
            goal = max(0.0, self.pressure - UNIT_LOSS * flow * flow)
            self.branch[line] += 0.4 * (goal - self.branch[line])
        self.demand = sum(self.drawn) + BASE_DEMAND * (self.pressure + 1.0) / 8.0
        self._control(dt, jitter)
        for compressor, load in enumerate(self.loads):
            self.delivered[compressor] = DELIVERY * load * (1.0 - health.compressor_valve[compressor])
        surplus = sum(self.delivered) - self.demand
        self.pressure = max(0.0, self.pressure + surplus * dt / 3600.0 / RECEIVER_M3)

    def _control(self, dt: float, jitter: float) -> None:
        """The base compressor unloads above 7.4 bar and loads again below 7.05; the other one holds 7 bar (PI)."""
        self.unloaded = self.pressure > (7.05 if self.unloaded else 7.4)
        self.loads[0] = 0.0 if self.unloaded else 1.0
        error = SETPOINT - self.pressure - 0.012 * jitter
        self.integral = clip(self.integral + 0.8 * error * dt / 60.0)
        self.loads[1] = clip(self.integral + 0.8 * error)
