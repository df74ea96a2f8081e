"""What the plant's instruments make of what really happens: noise, resolution, dropouts, change-only states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from zlib import crc32

import numpy as np
import numpy.typing as npt

from .physics.health import Instrument
from .physics.simulate import Instruments
from .schedule import Floats


@dataclass(frozen=True, slots=True)
class Measured:
    """A sampled signal before its sensor: true values, standard deviation of the noise, and resolution.

    `relative` is noise in proportion to the value (vibration, flow). `counted` makes it a share in percent that is
    measured by counting: whole bottles, among those that passed in each step, over the last two minutes.
    `wrong` lists the steps at which something is wrong with the instrument, and what.
    """

    twin: str
    signal: str
    values: Floats
    noise: float
    resolution: float
    relative: float = 0.0
    counted: Floats | None = None
    wrong: Sequence[tuple[int, Instrument]] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Events:
    """A signal that is logged when it changes: texts, or numbers for a boolean."""

    twin: str
    signal: str
    values: npt.NDArray[np.object_] | Floats


def sense(signal: Measured, seed: int) -> tuple[npt.NDArray[np.int64], Floats]:
    """The indices of the steps at which a sample arrived, and the samples.

    The noise depends on seed and signal alone, so two runs of one seed differ by what happened only.
    """
    name = crc32(f"{signal.twin}.{signal.signal}".encode())
    rng = np.random.default_rng([seed, 3, name])
    steps = len(signal.values)
    values = signal.values + signal.noise * rng.standard_normal(steps)
    if signal.counted is not None:
        # A generator of its own: how many numbers a count takes depends on what is counted.
        values = _count(signal.values, signal.counted, np.random.default_rng([seed, 6, name]))
    if signal.relative:
        values = values + signal.relative * signal.values * rng.standard_normal(steps)
    values = np.round(np.round(values / signal.resolution) * signal.resolution, 6) + 0.0
    kept = rng.random(steps) > 0.002
    for _ in range(rng.poisson(0.5 * steps / 17280)):  # now and then the connection is lost for some minutes
        start = int(rng.integers(steps))
        kept[start : start + int(rng.integers(6, 60))] = False
    if signal.wrong:
        values = _spoil(signal, values, kept, np.random.default_rng([seed, 7, name]))
    arrived = np.flatnonzero(kept)
    return arrived, values[arrived]


def with_instruments(sampled: list[Measured], instruments: Instruments) -> list[Measured]:
    """The signals, those of spoilt instruments with what is wrong with them.

    Raises:
        ValueError: an instrument that measures nothing.
    """
    known = {(one.twin, one.signal) for one in sampled}
    if not instruments.keys() <= known:
        raise ValueError(f"no such instrument: {', '.join('.'.join(key) for key in instruments.keys() - known)}")
    return [replace(one, wrong=instruments.get((one.twin, one.signal), ())) for one in sampled]


def _spoil(signal: Measured, values: Floats, kept: npt.NDArray[np.bool_], rng: np.random.Generator) -> Floats:
    """What a spoilt instrument sends; `kept` loses the samples that never arrive."""
    steps = np.array([step for step, _ in signal.wrong])
    faults = [fault for _, fault in signal.wrong]
    usual = signal.noise + signal.relative * np.abs(signal.values[steps])
    noise = np.array([fault.noise for fault in faults]) * usual * rng.standard_normal(len(steps))
    spoilt = values.copy()
    off = values[steps] + np.array([fault.bias for fault in faults]) + noise
    spoilt[steps] = np.round(np.round(off / signal.resolution) * signal.resolution, 6) + 0.0
    kept[steps] &= rng.random(len(steps)) >= np.array([fault.lost for fault in faults])
    held = steps[[fault.stuck for fault in faults]]
    if len(held):
        spoilt[held] = spoilt[max(0, held[0] - 1)]
    return spoilt


def _count(share: Floats, passed: Floats, rng: np.random.Generator) -> Floats:
    """Percent of bottles counted as rejected over the last 12 steps; 0 while none passed."""
    rejected = rng.poisson(np.maximum(0.0, share) / 100.0 * passed)
    window = np.ones(12)
    sums = [np.convolve(each, window)[: len(share)] for each in (rejected.astype(np.float64), passed)]
    return np.asarray(100.0 * sums[0] / np.maximum(sums[1], 1.0), dtype=np.float64)


def changes(signal: Events) -> npt.NDArray[np.int64]:
    """The indices of the steps at which an event log gets a row: the first, and each change."""
    differs = np.ones(len(signal.values), dtype=np.bool_)
    differs[1:] = signal.values[1:] != signal.values[:-1]
    return np.flatnonzero(differs)
