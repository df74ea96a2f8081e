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
from dataclasses import dataclass, replace
from functools import cache

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
                if f[0] == 0:
                    found[which] = np.expm1(b * here) / b
                    continue
                base = np.maximum(1 + f * b * here, 1e-12)
                found[which] = np.log(base) / (f * b) if f[0] == -1 else (base ** (1 / f + 1) - 1) / (b * (1 + f))
        return found

    def when(self, gained: Values) -> Values:
        """The time ≥ 0 at which so much (≥ 0) is gained if the slope at 0 is 1; inf if it never is."""
        gained, bend, form = np.broadcast_arrays(np.asarray(gained, dtype=np.float64), self.bend, self.form)
        found = np.array(gained)
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            for which, here, b, f in _groups(bend, form, gained):
                if f[0] == 0:
                    found[which] = np.log1p(b * here) / b
                elif f[0] == -1:
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
) -> Iterator[tuple[npt.NDArray[np.bool_], Values, Values, Values]]:
    """For exponentials, logarithms and powers: where they are, and the numbers, bends and forms there."""
    exponential, logarithm = form == 0, form == -1
    for kind in (exponential, logarithm, ~(exponential | logarithm)):
        which = kind & (bend != 0)
        if which.any():
            yield which, numbers[which], bend[which], form[which]


@dataclass(frozen=True, slots=True)
class _Family:
    """A box of shapes, cut into cells: exponents p of power laws (form = 1 / (p − 1)) × curvatures.

    A power law's curvature is its relative growth in the middle of the stretch, bend / (1 − form · bend / 2): the data
    tell it nearly independently of the exponent, so that a box can be closed in on both.

    Attributes:
        form: of a family that has one form only, whose curvature is its bend; None for the power laws.
        powers, curvatures: least and greatest.
    """

    belief: float
    form: float | None
    curvatures: tuple[float, float]
    powers: tuple[float, float] = (1.0, 2.0)

    def cells(self, steps: int) -> tuple[Shapes, Values]:
        """The shapes in the cells' middles, arrays of shape (exponents, steps), and the logarithms of their beliefs.

        The beliefs are as yet of any sum: normal about no curvature, and nothing where an onset lies in the stretch.
        """
        curvatures = _middles(self.curvatures, steps)
        size = (self.curvatures[1] - self.curvatures[0]) / steps * (self.powers[1] - self.powers[0])
        belief = np.log(max(size, 1e-300)) - 0.5 * (curvatures / _BEND_SPREAD) ** 2
        if self.form is not None:
            return Shapes(curvatures[None, :], np.full((1, steps), self.form)), belief[None, :]
        forms = 1 / (_middles(self.powers, _POWERS)[:, None] - 1)
        bends = curvatures / (1 + forms * curvatures / 2)
        shapes = Shapes(bends, np.broadcast_to(forms, bends.shape))
        return shapes, np.where(forms * curvatures <= 2, belief - np.log(_POWERS), -1e6)

    def closer(self, held: Values) -> _Family:
        """The same over the cells that hold all but a sliver of the weight, and their neighbours."""
        told = held >= 1e-4 * held.max()
        powers = self.powers if self.form is not None else _around(self.powers, told.any(axis=1))
        return replace(self, curvatures=_around(self.curvatures, told.any(axis=0)), powers=powers)


_POWERS = 8
# A power law's onset lies at the begin of the stretch at most: inside, it would be a change point. A decay of negative
# form begins, infinitely steep, before the stretch.
_FAMILIES = (
    _Family(5 / 16, 0.0, (-6.0, 6.0)),
    _Family(1 / 8, None, (0.0, 4.4), (1.2, 3.2)),
    _Family(1 / 32, -1.0, (-0.95, 0.0)),
    _Family(1 / 32, -0.5, (-1.9, 0.0)),
)
_STRAIGHT, _BEND_SPREAD = 0.5, 3.0


def _middles(ends: tuple[float, float], cells: int) -> Values:
    return ends[0] + (ends[1] - ends[0]) * (np.arange(cells) + 0.5) / cells


def _around(ends: tuple[float, float], told: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """The ends of what is told of equal cells, with one neighbour on each side."""
    step, which = (ends[1] - ends[0]) / len(told), np.flatnonzero(told)
    return max(ends[0], ends[0] + step * (which[0] - 1)), min(ends[1], ends[0] + step * (which[-1] + 2))


@dataclass(frozen=True, slots=True)
class ShapeGrid:
    """Shapes beside each other, for a stretch that lasts 1: a straight line first, then cells of each family.

    Half of the belief before any data says straight, 5/16 exponential growth or approach, 1/8 power law, 1/16 a slower
    settling. Curvatures are normal about none, with a standard deviation of 3 by the stretch.

    Attributes:
        shapes: all of them, of shape (n,).
        beliefs: the logarithm of how likely each is before any data, of shape (n,).
    """

    families: tuple[_Family, ...]
    steps: int
    shapes: Shapes
    beliefs: Values

    @classmethod
    def of(cls, families: tuple[_Family, ...], steps: int) -> ShapeGrid:
        """The cells of those families, with so many curvatures of each form."""
        cells = [family.cells(steps) for family in families]
        bends = np.concatenate([[0.0], *(shapes.bend.ravel() for shapes, _ in cells)])
        forms = np.concatenate([[0.0], *(shapes.form.ravel() for shapes, _ in cells)])
        beliefs = [belief.ravel() + mass for (_, belief), mass in zip(cells, _masses(steps), strict=True)]
        return cls(families, steps, Shapes(bends, forms), np.concatenate([[np.log(_STRAIGHT)], *beliefs]))

    def closer(self, weights: Values) -> ShapeGrid:
        """As many cells, but only where a family's weight lies; `weights` of shape (n,)."""
        families, begin = [], 1
        for family in self.families:
            shape = (1 if family.form is not None else _POWERS, self.steps)
            end = begin + shape[0] * shape[1]
            families.append(family.closer(weights[begin:end].reshape(shape)))
            begin = end
        return ShapeGrid.of(tuple(families), self.steps)


@cache
def all_shapes(steps: int) -> ShapeGrid:
    """Every family over its whole range, with so many curvatures of each form."""
    return ShapeGrid.of(_FAMILIES, steps)


@cache
def _masses(steps: int) -> tuple[float, ...]:
    """What has to be added to the logarithms of each family's beliefs, so that they add up to its own."""
    sums = [float(np.sum(np.exp(family.cells(steps)[1]))) for family in _FAMILIES]
    return tuple(float(np.log(family.belief / each)) for family, each in zip(_FAMILIES, sums, strict=True))
