"""Synthetic plants of any size whose causal structure is known: what the engine and its rivals are timed and scored on.

A plant has a twin for every five signals. Twins feed one another in a directed acyclic graph with short reach, as along
lines; a signal depends linearly on its own past, on another signal of its twin and on signals of the twins that feed
it, one to five samples late. One thing goes wrong at a random twin and moment, or nothing does. Magnitudes were fixed
before any method was run on it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

Floats = npt.NDArray[np.float64]
Fault = Literal["step", "slope", "variance", "stuck", "offset"]
FAULTS: tuple[Fault, ...] = get_args(Fault)
SENSOR_FAULTS: tuple[Fault, ...] = ("stuck", "offset")  # only the reading is wrong: nothing downstream changes
SIGNALS_PER_TWIN = 5
SIGNALS = ("flow", "pressure", "temperature", "power", "vibration")
INTERVAL_S = 10
_REACH = 8  # a twin is fed by some of the eight before it
_MOST_LAG = 5
_OWN_SHARE = 0.3  # standard deviation of what isn't its causes', of a signal that has some
_LEAST_EFFECT = 2.0  # standard deviations by which a signal has to move for anybody to complain
_VALUES, _PLANT, _TRUTH = "values.npy", "plant.json", "truth.json"


@dataclass(frozen=True, slots=True)
class Link:
    """`effect` takes `weight` times what `cause` was `lag` samples ago; both are columns."""

    cause: int
    effect: int
    lag: int
    weight: float


@dataclass(frozen=True, slots=True)
class Truth:
    """What was done to a plant; kept apart from what a method is shown.

    Attributes:
        fault: None where nothing is wrong; column: of the signal it begins at; onset: sample from which on.
    """

    fault: Fault | None
    column: int | None
    onset: int | None

    @property
    def twin(self) -> str | None:
        """The twin at fault."""
        return None if self.column is None else twin_name(self.column // SIGNALS_PER_TWIN)


@dataclass(frozen=True)
class Question:
    """What a method is shown.

    Attributes:
        values: float64 (N, T), row by signal, a sample every ten seconds; signal n is of twin n // 5.
        feeds: pairs (from, to) of twin numbers.
        complaint: the signal that somebody complains of, or None.
    """

    values: Floats
    feeds: tuple[tuple[int, int], ...]
    complaint: int | None


def twin_name(number: int) -> str:
    """The id of a twin; its number says nothing of its place."""
    return f"unit-{number:05d}"


def make(folder: Path, signals: int, samples: int, seed: int) -> None:
    """Writes a plant into a folder: the question and, in a file of its own, the truth.

    Every sixth seed is a healthy plant; the others go through the kinds of fault in turn.
    """
    generator = np.random.default_rng([seed, signals, samples])
    turn = seed % (len(FAULTS) + 1)
    kind: Fault | None = FAULTS[turn] if turn < len(FAULTS) else None
    twins = -(-signals // SIGNALS_PER_TWIN)
    feeds = _feeds(twins, generator)
    links = _links(signals, feeds, generator)
    memory = generator.uniform(0.5, 0.95, signals)
    column = int(generator.integers(signals))
    onset = int(samples * generator.uniform(0.75, 0.95))
    truth = Truth(kind, column, onset) if kind else Truth(None, None, None)
    noise_seed = int(generator.integers(2**32))
    size = float(generator.uniform(2.0, 5.0)) * float(generator.choice([-1.0, 1.0]))
    values = simulate(links, memory, samples, noise_seed, truth, size)
    complaint = None
    if kind and kind not in SENSOR_FAULTS:
        reached = _reached(links, column)
        complaint = _complaint(values, reached, column, onset, generator)
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / _VALUES, values)
    (folder / _PLANT).write_text(json.dumps({"feeds": feeds, "complaint": complaint}))
    (folder / _TRUTH).write_text(json.dumps(asdict(truth)))


def read_question(folder: Path) -> Question:
    """What a method is shown of a plant."""
    told = json.loads((folder / _PLANT).read_text())
    return Question(np.load(folder / _VALUES), tuple((a, b) for a, b in told["feeds"]), told["complaint"])


def read_truth(folder: Path) -> Truth:
    """What is wrong with a plant; for who scores, never for a method."""
    return Truth(**json.loads((folder / _TRUTH).read_text()))


def _feeds(twins: int, generator: np.random.Generator) -> list[tuple[int, int]]:
    """One or two of the eight twins before it feed each; one in ten is a source."""
    found = []
    for twin in range(1, twins):
        if generator.random() < 0.1:
            continue
        near = np.arange(max(0, twin - _REACH), twin)
        chosen = generator.choice(near, size=min(len(near), int(generator.integers(1, 3))), replace=False)
        found += [(int(one), twin) for one in sorted(chosen)]
    return found


def _links(signals: int, feeds: list[tuple[int, int]], generator: np.random.Generator) -> list[Link]:
    """In a twin each signal follows an earlier one; along a relationship two or three follow the other twin's."""
    links = []

    def link(cause: int, effect: int) -> None:
        weight = float(generator.uniform(0.7, 1.3) * generator.choice([-1.0, 1.0]))
        links.append(Link(cause, effect, int(generator.integers(1, _MOST_LAG + 1)), weight))

    for column in range(signals):
        first = column - column % SIGNALS_PER_TWIN
        if column > first:
            link(int(generator.integers(first, column)), column)
    for begin, end in feeds:
        for _ in range(int(generator.integers(2, 4))):
            cause = SIGNALS_PER_TWIN * begin + int(generator.integers(SIGNALS_PER_TWIN))
            effect = SIGNALS_PER_TWIN * end + int(generator.integers(SIGNALS_PER_TWIN))
            if cause < signals and effect < signals:
                link(cause, effect)
    return links


def simulate(links: list[Link], memory: Floats, samples: int, seed: int, truth: Truth, size: float) -> Floats:
    """Samples (N, T) around a level of each signal's own; standard deviations are about 0.5 to 1.

    x_t = a x_{t-1} + (1 - a) Σ weight / √k · cause_{t-lag} + s √(1 - a²) e_t over its k causes; e_t is normal, s is 1
    without a cause, else 0.3. So each signal is a first-order lag of its causes: what lasts goes through, what flickers
    is smoothed, and an upset may stand out more downstream than where it began, as in tanks and pipes.

    Args:
        memory: (N,), a of each signal.
        size: how far a fault reaches, in about standard deviations; of a variance, how many times as large it gets.
    """
    generator = np.random.default_rng(seed)
    by_effect: dict[int, list[Link]] = {}
    for one in links:
        by_effect.setdefault(one.effect, []).append(one)
    values = np.empty((len(memory), samples))
    for column, own in enumerate(memory):
        noise = generator.normal(size=samples)
        faulty = truth.fault if truth.column == column else None
        if faulty == "variance" and truth.onset is not None:
            noise[truth.onset :] *= abs(size)
        causes = by_effect.get(column, [])
        push = (_OWN_SHARE if causes else 1.0) * np.sqrt(1 - own**2) * noise
        for one in causes:
            push[one.lag :] += (1 - own) * one.weight / np.sqrt(len(causes)) * values[one.cause, : samples - one.lag]
        values[column] = lfilter([1.0], [1.0, -own], push)
        if faulty in ("step", "slope") and truth.onset is not None:
            values[column] += _shift(faulty, size, samples, truth.onset)
    # Readings: a sensor's fault, and a level, only now that everything downstream is made.
    if truth.column is not None and truth.onset is not None and truth.fault in SENSOR_FAULTS:
        reading = values[truth.column]
        if truth.fault == "stuck":
            reading[truth.onset :] = reading[truth.onset]
        else:
            reading[truth.onset :] += size
    values += generator.uniform(20.0, 80.0, len(memory))[:, None]
    return values


def _shift(kind: Fault, size: float, samples: int, onset: int) -> Floats:
    """A step of `size`, or a slope that reaches it at the end."""
    course = np.zeros(samples)
    course[onset:] = size if kind == "step" else np.linspace(0.0, size, samples - onset)
    return course


def _reached(links: list[Link], column: int) -> list[int]:
    """The columns downstream of one, in order; links lead from lower columns of a twin and lower twins upwards."""
    reached = {column}
    for one in sorted(links, key=lambda link: link.effect):
        if one.cause in reached:
            reached.add(one.effect)
    return sorted(reached - {column})


def _complaint(
    values: Floats, reached: list[int], column: int, onset: int, generator: np.random.Generator
) -> int | None:
    """A signal of another twin downstream that visibly moved, if there is any: what people notice is the effect."""
    others = [one for one in reached if one // SIGNALS_PER_TWIN != column // SIGNALS_PER_TWIN]
    moved = []
    for one in others:
        past, since = values[one, :onset], values[one, onset:]
        spread = float(past.std())
        shift = abs(float(np.median(since[-len(since) // 4 :]) - np.median(past))) / spread
        if shift >= _LEAST_EFFECT or float(since.std()) >= _LEAST_EFFECT * spread:
            moved.append(one)
    return int(generator.choice(moved)) if moved else None
