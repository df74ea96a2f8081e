"""How a drift goes on: straight, speeding up or settling, as curves of level, present slope, bend and form.

The slope at t seconds after the present is slope · (1 + form · bend · t)^(1/form), a family that holds the usual ones:

=====  ==========  ==================================================================
form   bend > 0    bend < 0
=====  ==========  ==================================================================
0      exponential exponential approach to a level, which is never passed
f > 0  power law   – (its exponent is 1 + 1/f: quadratic for 1, cubic for 1/2)
−1     –           logarithmic growth
−1/2   –           hyperbolic approach to a level, which is never passed
=====  ==========  ==================================================================

and straight lines where the bend is 0. A power law is flat before its onset.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shapes:
    """Shapes of curves, one per index: `bend` in 1 per unit of time, `form` as above; arrays of one shape."""

    bend: Values
    form: Values

    def growth(self, times: Values) -> Values:
        """What is gained by a time if the slope at 0 is 1; times are broadcast against the shapes."""
        times, bend, form = np.broadcast_arrays(np.asarray(times, dtype=np.float64), self.bend, self.form)
        found = np.array(times)
        with np.errstate(over="ignore"):
            for which, here, b, f in _groups(bend, form, times):
                if f == 0:
                    found[which] = np.expm1(b * here) / b
                    continue
                base = np.maximum(1 + f * b * here, 1e-12)
                found[which] = np.log(base) / (f * b) if f == -1 else (base ** (1 / f + 1) - 1) / (b * (1 + f))
        return found

    def when(self, gained: Values) -> Values:
        """The time ≥ 0 at which so much (≥ 0) is gained if the slope at 0 is 1; inf if it never is."""
        gained, bend, form = np.broadcast_arrays(np.asarray(gained, dtype=np.float64), self.bend, self.form)
        found = np.array(gained)
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            for which, here, b, f in _groups(bend, form, gained):
                if f == 0:
                    found[which] = np.log1p(b * here) / b
                elif f == -1:
                    found[which] = np.expm1(f * b * here) / (f * b)
                else:
                    found[which] = ((1 + b * (1 + f) * here) ** (f / (1 + f)) - 1) / (f * b)
        return np.where(np.isfinite(found) & (found >= 0), found, np.inf)

    def at(self, index: npt.NDArray[np.int64]) -> Shapes:
        """The shapes at indices."""
        return Shapes(self.bend[index], self.form[index])

    def over(self, span: float) -> Shapes:
        """The same in units in which what was 1 lasts `span`."""
        return Shapes(self.bend / span, self.form)


def _groups(
    bend: Values, form: Values, numbers: Values
) -> Iterator[tuple[npt.NDArray[np.bool_], Values, Values, float]]:
    """For each form of bent curves: where they are, and the numbers and bends there."""
    for each in np.unique(form):
        which = (form == each) & (bend != 0)
        yield which, numbers[which], bend[which], float(each)


# For each form, the bends that are tried on a stretch of history that lasts 1. Above 1 / form a power law's onset would
# lie inside of the stretch, which is a change point; below −1 / |form| a decay would begin in it, infinitely steep.
_TRIED = {
    0.0: (-6.0, 6.0),
    2.0: (0.0, 0.5),
    4 / 3: (0.0, 0.75),
    1.0: (0.0, 1.0),
    2 / 3: (0.0, 1.5),
    0.5: (0.0, 2.0),
    -1.0: (-0.95, 0.0),
    -0.5: (-1.9, 0.0),
}


@dataclass(frozen=True, slots=True)
class ShapeGrid:
    """Shapes beside each other: a straight line first, then `steps` bends of each form, each in the middle of a cell.

    Attributes:
        ranges: form to its range of bends; `steps`: cells of a range.
    """

    ranges: dict[float, tuple[float, float]]
    steps: int

    @property
    def shapes(self) -> Shapes:
        """All of them, of shape (1 + forms · steps,)."""
        middles = (np.arange(self.steps) + 0.5) / self.steps
        bends = [low + (high - low) * middles for low, high in self.ranges.values()]
        forms = np.repeat(np.asarray(list(self.ranges)), self.steps)
        return Shapes(np.concatenate([[0.0], *bends]), np.concatenate([[0.0], forms]))

    @property
    def widths(self) -> Values:
        """Of the cells, in bend; 1 for the straight line."""
        sizes = np.asarray([high - low for low, high in self.ranges.values()]) / self.steps
        return np.concatenate([[1.0], np.repeat(sizes, self.steps)])

    def closer(self, weights: Values) -> ShapeGrid:
        """The same number of cells over those that hold all but a sliver of each form's weight, and their neighbours.

        Args:
            weights: probability of each shape.
        """
        ranges = {}
        for (form, (low, high)), held in zip(self.ranges.items(), weights[1:].reshape(-1, self.steps), strict=True):
            step = (high - low) / self.steps
            told = np.flatnonzero(held >= 1e-4 * held.max())
            ranges[form] = max(low, low + step * (told[0] - 1)), min(high, low + step * (told[-1] + 2))
        return ShapeGrid(ranges, self.steps)


def all_shapes(steps: int) -> ShapeGrid:
    """Every form over its whole range, for a stretch that lasts 1."""
    return ShapeGrid(dict(_TRIED), steps)
