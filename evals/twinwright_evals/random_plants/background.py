"""What goes on around a healthy plant: feeds and utilities that wander, noise, set-points that people change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.signal import lfilter

from .design import COMPONENTS, Design, Floats
from .flowsheet import Rng, chance
from .loops import Loop
from .sensors import Channels, Sensor
from .simulate import Script


def wander(rng: Rng, steps: int, count: int, memory: tuple[float, float]) -> Floats:
    """Columns (steps, count) of AR(1) noise of unit variance with correlation times drawn from `memory`, in steps."""
    kept = np.exp(-1.0 / rng.uniform(*memory, count))
    noise = rng.normal(size=(steps, count))
    noise[1:] *= np.sqrt(1.0 - kept**2)
    columns = [lfilter([1.0], [1.0, -keep], noise[:, i]) for i, keep in enumerate(kept.tolist())]
    return np.column_stack(columns) if columns else np.empty((steps, 0))


def draw_script(design: Design, loops: Sequence[Loop], sensors: Sequence[Sensor], steps: int, rng: Rng) -> Script:
    """A script in which nothing is wrong."""
    sheet = design.sheet
    feeds, utilities, valves = len(sheet.feed_roles), sheet.utilities, len(design.opening)
    restless = float(np.exp(rng.normal(0.1, 0.45)))
    deep = restless * rng.uniform(0.01, 0.06, feeds * COMPONENTS)
    logs = wander(rng, steps, feeds * COMPONENTS, (20.0, 150.0)) * deep
    mix = design.feed_mix * np.exp(logs).reshape(steps, feeds, COMPONENTS)
    supply = wander(rng, steps, feeds, (10.0, 80.0)) * rng.uniform(0.003, 0.015, feeds) * restless
    warm = wander(rng, steps, feeds, (20.0, 150.0)) * rng.uniform(0.2, 1.2, feeds) * restless
    header = wander(rng, steps, utilities, (15.0, 80.0)) * rng.uniform(0.003, 0.015, utilities) * restless
    day = np.sin(2 * np.pi * (np.arange(steps)[:, None] / rng.uniform(500.0, 1500.0) + rng.random(utilities)))
    cold = day * rng.uniform(0.0, 0.8, utilities) + wander(rng, steps, utilities, (15.0, 100.0)) * 0.4 * restless
    exchangers, reactors = len(sheet.consumers), len(design.rate)
    return Script(
        mix=mix / mix.sum(2, keepdims=True),
        feed_temperature=design.feed_temperature + warm,
        feed_pressure=design.feed_pressure * (1.0 + supply),
        utility_temperature=design.utility_temperature + cold,
        utility_pressure=1.0 + header,
        capacity=1.0 + wander(rng, steps, valves, (3.0, 40.0)) * 0.004 * restless,
        transfer=1.0 + wander(rng, steps, exchangers, (30.0, 200.0)) * 0.008,
        kinetics=1.0 + wander(rng, steps, reactors, (30.0, 200.0)) * 0.01 * restless,
        leak=np.zeros((steps, len(sheet.units))),
        band=np.repeat(_bands(valves, rng)[None], steps, axis=0),
        setpoint=np.repeat(np.array([loop.setpoint for loop in loops])[None], steps, axis=0),
        gain=np.repeat(np.array([loop.gain for loop in loops])[None], steps, axis=0),
        reset=np.repeat(np.array([loop.reset for loop in loops])[None], steps, axis=0),
        shift=rng.normal(size=(steps, len(sensors))) * np.array([sensor.noise for sensor in sensors]),
        fresh=_fresh(sensors, steps, rng),
    )


def _bands(valves: int, rng: Rng) -> Floats:
    """Every valve has a little backlash; a few stick enough to swing in a small circle for ever."""
    band = rng.uniform(0.02, 0.15, valves)
    return np.where(rng.random(valves) < 0.06, rng.uniform(0.6, 1.5, valves), band)


def _fresh(sensors: Sequence[Sensor], steps: int, rng: Rng) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """The components of one analyser come at one moment."""
    begins = {sensor.twin: int(rng.integers(sensor.hold)) for sensor in sensors}
    columns = [(np.arange(steps) - begins[sensor.twin]) % sensor.hold == 0 for sensor in sensors]
    return np.column_stack(columns)


def change_production(script: Script, design: Design, loops: Sequence[Loop], step: int, factor: float) -> None:
    """From that step on all feeds run at another rate; it takes a few steps to get there."""
    channels = Channels(design)
    feeds = {i for i, stream in enumerate(design.sheet.streams) if stream.phase == "feed"}
    moving = [
        i for i, loop in enumerate(loops) if loop.kind == "flow" and loop.channel - channels.of("flow", 0) in feeds
    ]
    ramp = np.clip((np.arange(len(script.mix)) - step) / 12.0, 0.0, 1.0)
    script.setpoint[:, moving] *= 1.0 + (factor - 1.0) * ramp[:, None]


def change_setpoint(script: Script, loops: Sequence[Loop], step: int, rng: Rng) -> None:
    """Somebody moves the set-point of one level or temperature a little."""
    open_to = [i for i, loop in enumerate(loops) if loop.kind in ("level", "temperature")]
    if open_to:
        chosen = int(rng.choice(open_to))
        amount = {"level": 0.03, "temperature": 2.0}[loops[chosen].kind] * float(rng.choice([-1.0, 1.0]))
        script.setpoint[step:, chosen] += amount


def draw_operations(
    script: Script, design: Design, loops: Sequence[Loop], span: tuple[int, int, int], rng: Rng
) -> None:
    """Changes by people: in the past of four plants in ten, in the last hours of one in ten.

    Args:
        span: the first step that is recorded, the step that parts past and last hours, and the last one.
    """
    first, parting, last = span
    if chance(rng, 0.3):
        factor = 1.0 + float(rng.uniform(0.02, 0.08)) * float(rng.choice([-1.0, 1.0]))
        change_production(script, design, loops, int(rng.integers(first, parting)), factor)
    if chance(rng, 0.15):
        change_setpoint(script, loops, int(rng.integers(first, parting)), rng)
    if chance(rng, 0.1):
        factor = 1.0 + float(rng.uniform(0.01, 0.05)) * float(rng.choice([-1.0, 1.0]))
        change_production(script, design, loops, int(rng.integers(parting, last)), factor)
