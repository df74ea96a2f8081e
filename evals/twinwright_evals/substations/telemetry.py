"""Three weeks of hourly telemetry of the fleet, as (twin, signal) to values at the hours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from .fleet import SUBSTATIONS, Fleet

Floats = npt.NDArray[np.float64]
END = datetime(2026, 2, 20, 12, tzinfo=UTC)
DAYS = 21
HOURS = [END - timedelta(hours=back) for back in range(24 * DAYS, -1, -1)]
# One transformer's fans failed: it runs hotter than its sister from here on.
HOT, HOT_SINCE = "havnes-t2", END - timedelta(days=5)
# The coast's weather station was silent for a day and a half.
SILENT = (END - timedelta(days=9), END - timedelta(days=7, hours=12))


def numbers(fleet: Fleet) -> Iterator[tuple[str, str, list[datetime], Floats]]:
    """Every numeric signal: twin, signal, times, values (kW, A, kV, °C, bar, m/s, steps)."""
    draw = np.random.default_rng([fleet.seed, 71])
    hour = np.array([time.hour for time in HOURS], dtype=np.float64)
    day = np.array([(time - HOURS[0]).days for time in HOURS], dtype=np.float64)
    air: dict[str, Floats] = {}
    for region in dict.fromkeys(entry[0] for entry in SUBSTATIONS.values()):
        drift = np.asarray(np.repeat(np.cumsum(draw.normal(0.0, 1.2, DAYS + 1)), 24)[: len(HOURS)], dtype=np.float64)
        air[region] = np.round(-4.0 + drift + 3.0 * np.sin((hour - 9.0) * np.pi / 12.0), 1)
        wind = np.round(np.abs(draw.normal(5.0, 3.0, len(HOURS))), 1)
        yield from _weather(region, air[region], np.asarray(wind, dtype=np.float64))
    for name, (region, _voltage, rated, feeders) in SUBSTATIONS.items():
        demand = 1.0 + 0.25 * np.sin((hour - 13.0) * np.pi / 12.0) - 0.012 * air[region] - 0.06 * (day % 7 >= 5)
        total = np.zeros(len(HOURS))
        for number in range(1, feeders + 1):
            power = np.round(draw.uniform(900.0, 3800.0) * demand * draw.uniform(0.93, 1.07, len(HOURS)))
            total += power
            yield f"{name}-f{number}", "activePower", HOURS, power
            yield f"{name}-f{number}", "current", HOURS, np.round(power / (np.sqrt(3.0) * 22.0 * 0.96), 1)
        yield (
            f"{name}-busbar",
            "voltage",
            HOURS,
            np.round(22.3 - 0.4 * (demand - 1.0) + draw.normal(0, 0.05, len(HOURS)), 2),
        )
        for number, power_mva in enumerate(rated, 1):
            yield from _transformer(f"{name}-t{number}", power_mva, total * power_mva / sum(rated), air[region], draw)
    for breaker in fleet.ids("CircuitBreaker"):
        yield breaker, "gasPressure", HOURS, np.round(draw.uniform(6.3, 6.9) + draw.normal(0, 0.02, len(HOURS)), 2)


def texts(fleet: Fleet) -> Iterator[tuple[str, str, list[datetime], list[str]]]:
    """Every text signal, logged when it changes: breaker positions and cooling stages."""
    draw = np.random.default_rng([fleet.seed, 72])
    for breaker in fleet.ids("CircuitBreaker"):
        times, values = [HOURS[0]], ["closed"]
        for _ in range(int(draw.integers(0, 3))):
            opened = HOURS[int(draw.integers(24, len(HOURS) - 24))] + timedelta(minutes=int(draw.integers(0, 50)))
            if opened > times[-1] + timedelta(hours=3):
                times += [opened, opened + timedelta(minutes=int(draw.integers(2, 140)))]
                values += ["open", "closed"]
        yield breaker, "position", times, values
    for transformer in fleet.ids("PowerTransformer"):
        yield transformer, "cooling", [HOURS[0]], ["natural"]


def _weather(region: str, air: Floats, wind: Floats) -> Iterator[tuple[str, str, list[datetime], Floats]]:
    kept = [at for at, time in enumerate(HOURS) if region != "coast" or not SILENT[0] <= time < SILENT[1]]
    times = [HOURS[at] for at in kept]
    yield f"weather-{region}", "airTemperature", times, air[kept]
    yield f"weather-{region}", "windSpeed", times, wind[kept]


def _transformer(
    twin: str, rated_mva: float, load_kw: Floats, air: Floats, draw: np.random.Generator
) -> Iterator[tuple[str, str, list[datetime], Floats]]:
    share = load_kw / (1000.0 * rated_mva)
    # Top-oil rise after IEC 60076-7 in the steady state: rated rise times ((1 + R K^2) / (1 + R)) ** x.
    rise = 50.0 * ((1.0 + 6.0 * share**2) / 7.0) ** 0.8
    failed = np.array([twin == HOT and time >= HOT_SINCE for time in HOURS])
    oil = air + rise + 14.0 * failed + draw.normal(0.0, 0.3, len(HOURS))
    yield twin, "topOilTemperature", HOURS, np.round(oil, 1)
    yield twin, "loadCurrent", HOURS, np.round(load_kw / (np.sqrt(3.0) * 22.0 * 0.96), 1)
    steps = np.repeat(draw.integers(-1, 2, DAYS + 1), 24)[: len(HOURS)]
    yield (
        twin,
        "tapPosition",
        HOURS,
        np.clip(9.0 + np.cumsum(np.where(np.arange(len(HOURS)) % 24 == 0, steps, 0)), 1, 17),
    )
