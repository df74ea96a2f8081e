"""What every engine is asked, in its own words, and how its answers are told to be the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from .world import LINE, World, dtmi

HOT = 99.0
HOPS = 5


@dataclass(frozen=True)
class Questions:
    """What is asked of a plant of some size.

    Attributes:
        twin: the id to look up, and where a walk along `feeds` begins.
        line: the id where two JOINs along `contains` begin.
    """

    twin: str
    line: str
    model: str = dtmi("Pump")
    base: str = dtmi("Machine")

    @classmethod
    def of(cls, world: World) -> Questions:
        """Questions about the line in the middle, and a machine that feeds more than one other, as one in ten does."""
        machine = world.machines // 20 // LINE * LINE + 3
        return cls(f"machine-{machine:07d}", f"line-{world.lines // 2:07d}")


class Engine(Protocol):
    """One way to keep a plant and to answer questions on it. Answers are ids, texts or counts, in any order."""

    def look_up(self) -> Iterable[object]:
        """The serial number of one twin, by its id."""

    def filter(self) -> Iterable[object]:
        """The ids of all pumps hotter than `HOT`."""

    def join(self) -> Iterable[object]:
        """The ids of what is contained in what a line contains."""

    def walk(self) -> Iterable[object]:
        """The ids of the machines that one machine feeds within `HOPS` hops."""

    def count(self) -> Iterable[object]:
        """How many machines there are, of all models that extend that one."""


# What a task is called, what the method is, and what ours may take at a million twins, in seconds.
TASKS: dict[str, tuple[str, float]] = {
    "look-up by id": ("look_up", 0.005),
    "filter by model and property": ("filter", 0.060),
    "two JOINs from one root": ("join", 0.015),
    f"MATCH of up to {HOPS} hops from one root": ("walk", 0.060),
    "COUNT by model with heirs": ("count", 0.030),
}


def works(engine: Engine) -> dict[str, Callable[[], Iterable[object]]]:
    """Each task as a call."""
    return {name: getattr(engine, method) for name, (method, _) in TASKS.items()}


def digest(answer: Iterable[object]) -> str:
    """Equal for equal answers in any order."""
    return hashlib.sha256(json.dumps(sorted(map(str, answer))).encode()).hexdigest()[:16]
