"""Has an instrument failed, or the plant? The evidence for either as plain numbers, and the odds fitted to them.

A failed instrument contradicts those that go with it while they still agree with each other (analytical redundancy,
Chow & Willsky 1984); it may differ from a second one of the same quantity, be silent, scatter without memory or jump
within one sample where the plant has inertia (the usual sensor validation checks, e.g. Qin & Li 1999). A fault of the
plant moves others as well. Where nothing tells, what the signal is decides by the better odds: a thermometer can only
fail as an instrument, a command can't, and vibration rather tells of the machine. `weights.json` ("origin") holds what
each sign counts for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log

from ..telemetry.series import SignalKey
from .features import chance, folds
from .instruments import Instruments
from .relations import Relations
from .result import Origin
from .suspicion import Look
from .weights import load_weights
from .witnesses import Course, Neighbours, Pair, course_of, neighbours_of, worst_pair

ORIGIN_FEATURES = (
    "intercept",
    "silence",
    "pair",
    "instrument",
    "told",
    "condition",
    "logged",
    "contradicted",
    "rest",
    "white",
    "scatter",
    "restless",
    "step",
    "own",
    "around",
    "own_share",
)
SHARE = 0.25  # of faults that are an instrument's, in the fit: what nothing more is known of
_EVEN = 0.05  # chances nearer to a half than that are undecided
_MOVED = 0.4  # in folds: a third further than ever
_MOST_SCATTER = 1.5


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for and against a reading.

    Attributes:
        features: `ORIGIN_FEATURES`, dimensionless and of order one.
        silent: the reading of the twin that rests or drops out most; pair: two of the twin that ought to agree.
    """

    features: Mapping[str, float]
    neighbours: Neighbours = field(default_factory=Neighbours)
    course: Course = field(default_factory=Course)
    pair: Pair | None = None
    silent: SignalKey | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a signal's reading or the plant is wrong.

    Attributes:
        p_sensor: the probability that an instrument has failed, if the fault is at this signal's twin.
        pulls: what each feature adds to the logarithm of its odds.
    """

    origin: Origin = "undecided"
    p_sensor: float = SHARE
    signs: Signs | None = None
    pulls: Mapping[str, float] = field(default_factory=dict)

    @property
    def logit(self) -> float:
        """Logarithm of the odds of an instrument's fault, in nats; 0 is even."""
        bounded = min(max(self.p_sensor, 1e-6), 1.0 - 1e-6)
        return log(bounded / (1.0 - bounded))


def sensor_or_process(key: SignalKey, look: Look, relations: Relations, plant: Instruments) -> Verdict:
    """The verdict on one signal."""
    if key not in look.found:
        return Verdict()
    signs = signs_of(key, look, relations, plant)
    weights = load_weights().origin
    pulls = {name: weights.get(name, 0.0) * value for name, value in signs.features.items()}
    p_sensor = chance(sum(pulls.values()))
    return Verdict(_origin(p_sensor), p_sensor, signs, pulls)


def _origin(p_sensor: float) -> Origin:
    if abs(p_sensor - 0.5) < _EVEN:
        return "undecided"
    return "sensor" if p_sensor > 0.5 else "process"


def signs_of(key: SignalKey, look: Look, relations: Relations, plant: Instruments) -> Signs:
    """The evidence about a signal that was looked at."""
    features = dict.fromkeys(ORIGIN_FEATURES, 0.0) | {
        "intercept": 1.0,
        "instrument": float(plant.is_instrument(key.twin)),
        "told": float(plant.is_intent(key) or plant.follows(key)),
        **_others(key, look, relations),
    }
    if look.grid is None or look.standard is None or key not in look.grid.keys:
        return Signs(features | {"logged": 1.0})
    balanced = float(not (plant.is_intent(key) or plant.follows(key) or plant.is_condition(key)))
    neighbours, course = neighbours_of(key, look, relations), course_of(key, look)
    readings = [one for one in look.grid.keys if one.twin == key.twin and not plant.is_intent(one)]
    silent = max(readings, key=lambda one: look.found[one].silence, default=None)
    pair = worst_pair(readings, look, plant)
    return Signs(
        features
        | {
            "silence": folds(look.found[silent].silence) if silent else 0.0,
            "pair": folds(pair.excess) if pair else 0.0,
            "condition": float(plant.is_condition(key)),
            "contradicted": balanced
            * neighbours.explained
            * max(folds(neighbours.suspect) - folds(neighbours.rest), 0.0),
            "rest": neighbours.rest_explained,
            "step": balanced * (1.0 - _white(course)) * course.step,
            **_scatter(key, look, course, plant),
        },
        neighbours,
        course,
        pair,
        silent,
    )


def _scatter(key: SignalKey, look: Look, course: Course, plant: Instruments) -> dict[str, float]:
    """What the scatter of the reading says."""
    spread, level = folds(look.found[key].spread), folds(look.found[key].level)
    white = _white(course)
    return {
        "white": white * min(spread, _MOST_SCATTER) if not plant.is_intent(key) else 0.0,
        "scatter": max(spread - level, 0.0),
        "restless": (1.0 - course.whiteness) * spread,
    }


def _white(course: Course) -> float:
    """Whiteness that counts: from half of its variance on."""
    return min(max(2.0 * course.whiteness - 1.0, 0.0), 1.0)


def _others(key: SignalKey, look: Look, relations: Relations) -> dict[str, float]:
    """What else left its past, on the twin and around it."""
    near = relations.near(key.twin)
    own = [folds(one.excess) for other, one in look.found.items() if other.twin == key.twin and other != key]
    around = [folds(one.excess) for other, one in look.found.items() if other.twin != key.twin and other.twin in near]
    return {
        "own": max(own, default=0.0),
        "around": max(around, default=0.0),
        "own_share": share_moved(own),
    }


def share_moved(moves: Sequence[float]) -> float:
    """The share of signals that clearly left their past; 0 of none."""
    return sum(one > _MOVED for one in moves) / len(moves) if moves else 0.0
