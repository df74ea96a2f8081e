"""What the rest of the plant's signals testify about one reading: neighbours, a redundant one, its own inertia."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..telemetry.series import SignalKey
from .features import folds
from .grid import Floats, Ints
from .instruments import Instruments
from .relations import Relations
from .residuals import residuals
from .scan import scan
from .suspicion import Look

_MOST_NEIGHBOURS = 12
_LEAST_LIKENESS = 0.25  # correlation in the past from which two signals count as coupled
_ALIKE = 0.9  # correlation of two readings of the same quantity …
_SAME = 0.5  # … and how far apart their means may be, in standard deviations
_AROUND_ONSET = 6  # steps before and after the onset in which a jump is looked for
_LEAST_STEPS = 4


@dataclass(frozen=True, slots=True)
class Neighbours:
    """How a signal and those that go with it agree, the signal left out of what explains the others.

    Attributes:
        count: how many go with it.
        suspect: excess of what they don't explain of it; rest: the largest such excess among them; broken: of which.
        explained: share of its variance in the past that they explain, 0 to 1; rest_explained: `folds(rest)` times
            the same share of the one that breaks, at its largest.
        moved: median of what they don't explain of it since that began, in its unit; usual: the most of it in the past.
    """

    count: int = 0
    suspect: float = 0.0
    rest: float = 0.0
    broken: SignalKey | None = None
    explained: float = 0.0
    rest_explained: float = 0.0
    moved: float = 0.0
    usual: float = 0.0


@dataclass(frozen=True, slots=True)
class Pair:
    """Two readings of the same quantity: the excess of their difference, its median since and its most before."""

    one: SignalKey
    other: SignalKey
    excess: float
    now: float
    before: float


@dataclass(frozen=True, slots=True)
class Course:
    """The shape of a departure.

    Attributes:
        whiteness: share of its variance since that goes from one sample to the next, 0 (smooth) to 1 (no memory).
        step: share of its shift that came within one step, times how clear that step is (0 to 2).
    """

    whiteness: float = 0.0
    step: float = 0.0


def neighbours_of(key: SignalKey, look: Look, relations: Relations) -> Neighbours:
    """What the signals that go with it say (analytical redundancy, Chow & Willsky 1984, with learned relations)."""
    assert look.grid is not None and look.standard is not None  # the caller has seen to it
    columns = _coupled(look.grid.keys.index(key), look, relations)
    if len(columns) < 3:
        return Neighbours(len(columns) - 1)
    end = look.reference_end
    predictors = [np.array([j for j in range(1, len(columns)) if j != i], dtype=np.int64) for i in range(len(columns))]
    left = residuals(look.standard[:, columns], predictors, end, own_past=False)
    found = scan(left, end)
    excess = found.excess
    explained = np.clip(1.0 - left[:end].var(axis=0), 0.0, 1.0)
    worst = 1 + int(excess[1:].argmax())
    scale = float(look.grid.values[:end, columns[0]].std())
    return Neighbours(
        count=len(columns) - 1,
        suspect=float(excess[0]),
        rest=float(excess[worst]),
        broken=look.grid.keys[columns[worst]],
        explained=float(explained[0]),
        rest_explained=max(
            folds(float(one)) * float(share) for one, share in zip(excess[1:], explained[1:], strict=True)
        ),
        moved=scale * float(np.median(left[found.since[0] :, 0])),
        usual=scale * float(np.abs(left[:end, 0]).max()),
    )


def worst_pair(keys: list[SignalKey], look: Look, plant: Instruments) -> Pair | None:
    """Of those readings the two of one quantity that were always alike and now differ most; None without such."""
    assert look.grid is not None and look.standard is not None  # the caller has seen to it
    end, place = look.reference_end, look.grid.keys.index
    worst = None
    for index, key in enumerate(keys):
        for other in plant.same_quantity(key, keys[index + 1 :]):
            one, two = place(key), place(other)
            likeness = abs(float(np.mean(look.standard[:end, one] * look.standard[:end, two])))
            apart = look.grid.values[:, one] - look.grid.values[:, two]
            usual = float(look.grid.values[:end, one].std())
            if likeness < _ALIKE or abs(float(apart[:end].mean())) > _SAME * usual:
                continue
            found = scan(apart[:, None], end)
            excess = float(found.excess[0])
            if worst is None or excess > worst.excess:
                now = float(np.median(apart[found.since[0] :]))
                worst = Pair(key, other, excess, now, float(np.abs(apart[:end]).max()))
    return worst


def course_of(key: SignalKey, look: Look) -> Course:
    """How a signal left its past: without memory (noise), within one sample (a jump), or as things with inertia do."""
    assert look.grid is not None and look.standard is not None  # the caller has seen to it
    column, end = look.grid.keys.index(key), look.reference_end
    since = look.standard[end:, column]
    if len(since) < _LEAST_STEPS:
        return Course()
    # Von Neumann's ratio, halved: 1 for white noise.
    whiteness = min(1.0, float(np.diff(since).var() + 1e-9) / (2.0 * float(since.var()) + 1e-9))
    if look.found[key].onset is None:
        return Course(whiteness)
    values = look.standard[:, column]
    steps = np.abs(np.diff(values))
    onset = _since(key, look)
    largest = float(steps[max(onset - _AROUND_ONSET, 0) : onset + _AROUND_ONSET].max(initial=0.0))
    shift = abs(float(np.median(values[onset:]) - np.median(values[:end])))
    clear = np.log1p(largest / max(float(np.diff(values[:end]).std()), 1e-12)) - 1.0
    return Course(whiteness, float(np.clip(clear, 0.0, 2.0)) * min(1.0, largest / max(shift, 1e-12)))


def _since(key: SignalKey, look: Look) -> int:
    """The step of its onset; the end of the reference where it has none."""
    assert look.grid is not None  # the caller has seen to it
    onset = look.found[key].onset
    step = look.reference_end if onset is None else int(np.searchsorted(look.grid.ends, onset))
    return min(step, look.grid.shape[0] - 1)


def _coupled(column: int, look: Look, relations: Relations) -> Ints:
    """The suspect's column first, then those of its surroundings that went with it in the past, closest first."""
    assert look.grid is not None and look.standard is not None  # the caller has seen to it
    keys = look.grid.keys
    near = relations.near(keys[column].twin)
    others = np.array([i for i, other in enumerate(keys) if other.twin in near and i != column], dtype=np.int64)
    past: Floats = look.standard[: look.reference_end]
    likeness = np.abs(past[:, others].T @ past[:, column]) / max(look.reference_end, 1)
    chosen = others[np.argsort(-likeness, kind="stable")][:_MOST_NEIGHBOURS]
    kept = np.sort(-likeness)[:_MOST_NEIGHBOURS] <= -_LEAST_LIKENESS
    return np.concatenate([np.array([column], dtype=np.int64), chosen[kept]])
