"""What the plant was asked to do and what happened to it anyway: products, shifts, weather, short stops.

Everything here is drawn before the simulation starts, from the seed alone, so a fault can't change it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from .physics.health import LINES, MACHINES

Floats = npt.NDArray[np.float64]
STEP_S = 10.0
ZONE = ZoneInfo("Europe/Berlin")
NOMINAL = (5.0, 7.5, 10.0)  # bottles per second
NOMINAL_VOLTAGE = 400.0  # V, phase to phase
LAST_RUN_H = 1.5  # planning keeps a product on the line at least this long, so none changes right before the end


@dataclass(frozen=True, slots=True)
class Product:
    """A product on a line: bottle volume in litres, share of nominal speed, filling and blending temperature in °C,
    cap torque in Nm."""

    code: str
    name: str
    volume: float
    speed: float
    setpoint: float
    blended: float
    torque: float


PRODUCTS: tuple[tuple[Product, ...], ...] = (
    (
        Product("COLA-100", "Cola 1.0 l PET", 1.0, 1.0, 8.0, 16.6, 1.8),
        Product("ORANGE-100", "Orange 1.0 l PET", 1.0, 0.96, 8.3, 16.9, 1.8),
    ),
    (
        Product("COLA-050", "Cola 0.5 l PET", 0.5, 1.0, 8.0, 16.6, 1.6),
        Product("LEMON-050", "Lemon 0.5 l PET", 0.5, 0.97, 7.8, 16.4, 1.6),
    ),
    (
        Product("COLA-050", "Cola 0.5 l PET", 0.5, 1.0, 8.0, 16.6, 1.6),
        Product("SPRITZ-050", "Apple spritzer 0.5 l PET", 0.5, 0.96, 8.2, 16.8, 1.65),
        Product("LEMON-050", "Lemon 0.5 l PET", 0.5, 0.98, 7.8, 16.4, 1.6),
    ),
)
# Mean time between short stops in minutes, by machine; each lasts some tens of seconds.
STOP_INTERVAL_MIN = (75.0, 160.0, 140.0, 110.0, 55.0, 65.0)
SHIFTS = (("night", 0.985), ("early", 1.0), ("late", 0.995))


@dataclass(frozen=True)
class Schedule:
    """Arrays over the time steps.

    Attributes:
        times: int64, microseconds since the epoch, UTC.
        local_hours: hour of the day at the site, 0 to 24.
        ambient: outdoor temperature, °C; hall: indoors; voltage: of the supply, V.
        products: per line, index into PRODUCTS; changeover: per line, whether the line is being changed over.
        rate: per line, bottles per second asked of the filler.
        stops: per line, boolean of shape (steps, machines).
        shift: index into SHIFTS.
        jitter: standard normal numbers of shape (steps, 6), what the controllers' own sensors add: product thermometers
            of the three lines, glycol header pressure, glycol supply temperature, air header pressure.
        chance: uniform numbers, a new one each 40 s, for what a degraded part does at random.
    """

    times: npt.NDArray[np.int64]
    local_hours: Floats
    ambient: Floats
    hall: Floats
    voltage: Floats
    products: list[npt.NDArray[np.int64]]
    changeover: list[npt.NDArray[np.bool_]]
    rate: list[Floats]
    stops: list[npt.NDArray[np.bool_]]
    shift: npt.NDArray[np.int64]
    jitter: Floats
    chance: Floats

    def between(self, first: int, last: int) -> Schedule:
        """The same from step `first` up to, but without, step `last`."""
        cut = slice(first, last)
        return Schedule(
            self.times[cut],
            self.local_hours[cut],
            self.ambient[cut],
            self.hall[cut],
            self.voltage[cut],
            [each[cut] for each in self.products],
            [each[cut] for each in self.changeover],
            [each[cut] for each in self.rate],
            [each[cut] for each in self.stops],
            self.shift[cut],
            self.jitter[cut],
            self.chance[cut],
        )

    def of_product(self, line: int, attribute: str) -> Floats:
        """A product's attribute over time on a line."""
        table = np.array([getattr(product, attribute) for product in PRODUCTS[line]], dtype=np.float64)
        return table[self.products[line]]


def draw(seed: int, steps: int, end: datetime) -> Schedule:
    """The schedule of `steps` steps of 10 s whose last one is at `end` (with a zone)."""
    last = round(end.timestamp() * 1e6)
    times = last + (np.arange(steps, dtype=np.int64) - (steps - 1)) * round(STEP_S * 1e6)
    hours = _local_hours(times, end)
    weather = np.random.default_rng([seed, 1])
    ambient = _ambient(weather, hours)
    voltage = 400.0 + 2.5 * np.sin(2 * np.pi * (hours - 3.0) / 24.0) + _wander(weather, steps, 900.0, 0.8)
    shift = np.where((hours >= 6) & (hours < 14), 1, np.where((hours >= 14) & (hours < 22), 2, 0))
    crew = np.array([speed for _, speed in SHIFTS])[shift]
    products, changeover, rate, stops = [], [], [], []
    for line in range(LINES):
        product, changing = _runs(np.random.default_rng([seed, 10 + line]), line, steps)
        speed = np.array([p.speed for p in PRODUCTS[line]])[product]
        products.append(product)
        changeover.append(changing)
        rate.append(NOMINAL[line] * speed * crew)
        stops.append(_stops(np.random.default_rng([seed, 20 + line]), steps))
    jitter = np.random.default_rng([seed, 5]).standard_normal((steps, LINES + 3))
    chance = np.repeat(np.random.default_rng([seed, 2]).random(steps // 4 + 1), 4)[:steps]
    return Schedule(
        times, hours, ambient, 14.0 + 0.6 * ambient, voltage, products, changeover, rate, stops, shift, jitter, chance
    )


def _local_hours(times: npt.NDArray[np.int64], end: datetime) -> Floats:
    offset = end.astimezone(ZONE).utcoffset() or timedelta()
    return np.asarray((times / 1e6 + offset.total_seconds()) % 86400.0 / 3600.0, dtype=np.float64)


def _wander(rng: np.random.Generator, steps: int, tau_s: float, sigma: float) -> Floats:
    """A slow random movement (knots every tau, joined by straight lines) of that standard deviation."""
    count = int(steps * STEP_S / tau_s) + 3
    knots = rng.normal(0.0, sigma, count)
    return np.asarray(np.interp(np.arange(steps) * STEP_S / tau_s, np.arange(count), knots), dtype=np.float64)


def _ambient(rng: np.random.Generator, hours: Floats) -> Floats:
    """A March day: coldest at five, warmest in the afternoon."""
    level = 9.0 + rng.normal(0.0, 1.0)
    return np.asarray(
        level + 4.5 * np.sin(2 * np.pi * (hours - 11.0) / 24.0) + _wander(rng, len(hours), 7200.0, 0.5),
        dtype=np.float64,
    )


def _runs(rng: np.random.Generator, line: int, steps: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Which product runs when, and the changeovers between runs (about half an hour every four to eight hours)."""
    per_hour = 3600.0 / STEP_S
    product = np.zeros(steps, dtype=np.int64)
    changing = np.zeros(steps, dtype=np.bool_)
    now, code = 0, int(rng.integers(len(PRODUCTS[line])))
    while True:
        length, pause = rng.uniform(4.0, 8.0) * per_hour, rng.uniform(0.3, 0.55) * per_hour
        stop = now + round(length)
        product[now:] = code
        if stop + pause > steps - LAST_RUN_H * per_hour:
            return product, changing
        changing[stop : stop + round(pause)] = True
        now = stop + round(pause)
        code = int((code + 1 + rng.integers(len(PRODUCTS[line]) - 1)) % len(PRODUCTS[line]))


def _stops(rng: np.random.Generator, steps: int) -> npt.NDArray[np.bool_]:
    """Short stops of each machine: exponential intervals, log-normal lengths (median 30 s)."""
    found = np.zeros((steps, len(MACHINES)), dtype=np.bool_)
    for machine, interval in enumerate(STOP_INTERVAL_MIN):
        now = 0.0
        while True:
            now += rng.exponential(interval * 60.0 / STEP_S) + 6.0
            if now >= steps:
                break
            length = min(15.0, max(1.0, rng.lognormal(np.log(3.0), 0.5)))
            found[int(now) : int(now + length), machine] = True
            now += length
    return found
