"""z3 on the compiled policy itself: what the table allows is what the specification says, without a hole.

The table is turned into formulas over *all* integers (micro-units) at once: value, mode, measured. The specification is
written here, apart from the code. A counterexample is a request; it is given to the real rules as well.
"""

from __future__ import annotations

from typing import Any

import pytest

from twinwright_gate.envelope_table import cells
from twinwright_gate.points import Point
from twinwright_gate.policy import Policy
from twinwright_gate.policy_diff import widenings

from .plantsite import changed_policy, deniers, policy, scene

z3 = pytest.importorskip("z3")

POINTS = [one for one in policy().points if one.writable and one.tier == "twin"]
V, M, B = z3.Ints("value mode measured")


def unsatisfiable(*formulas: Any) -> Any:
    """None where nothing fulfils all formulas, else the counterexample."""
    solver = z3.Solver()
    solver.add(*formulas)
    found = solver.check()
    assert found in (z3.sat, z3.unsat)
    return None if found == z3.unsat else solver.model()


def specification(point: Point) -> Any:
    """The value lies in every layer and in the limits of the one band that the mode is in."""
    inside = [z3.And(one.lo <= V, one.hi >= V) for one in point.layers]
    if point.modes is not None:
        inside.append(
            z3.Or(*(z3.And(one.start <= M, one.end > M, one.lo <= V, one.hi >= V) for one in point.modes.bands))
        )
    return z3.And(*inside)


def compiled(point: Point) -> Any:
    """What the table of cells allows."""
    found = []
    for cell in cells(point):
        mode = True if cell.input is None else z3.And(cell.start <= M, cell.end > M)
        found.append(z3.And(mode, cell.lo <= V, cell.hi >= V))
    return z3.Or(*found)


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.binding.binding_id)
def test_the_table_allows_exactly_what_the_layers_say(point: Point) -> None:
    assert unsatisfiable(compiled(point) != specification(point)) is None


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.binding.binding_id)
def test_a_layer_more_never_allows_more(point: Point) -> None:
    lo, hi = z3.Ints("lo hi")
    narrowed = z3.And(specification(point), lo <= V, hi >= V)
    assert unsatisfiable(narrowed, z3.Not(specification(point))) is None
    assert unsatisfiable(narrowed, lo > hi) is None  # an empty layer leaves nothing


def test_the_modes_meet_without_gap_or_overlap() -> None:
    for point in (one for one in POINTS if one.modes is not None):
        assert point.modes is not None
        bands = point.modes.bands
        inside = [z3.And(one.start <= M, one.end > M) for one in bands]
        whole = z3.And(bands[0].start <= M, bands[-1].end > M)
        assert unsatisfiable(whole, z3.Not(z3.Or(*inside))) is None
        for at, one in enumerate(inside):
            assert all(unsatisfiable(one, other) is None for other in inside[at + 1 :])


def test_a_hole_between_modes_is_found_and_denied() -> None:
    """Bands that exclude their common end leave a hole there: z3 finds it, the rules deny in it, the lint refuses."""
    change = {"points/pump-1-speed/modes/bands/0/end": 5_999_999}
    point = changed_policy(change).points[0]
    assert point.modes is not None
    inside = z3.Or(*(z3.And(one.start <= M, one.end > M) for one in point.modes.bands))
    hole = unsatisfiable(point.modes.bands[0].start <= M, point.modes.bands[-1].end > M, z3.Not(inside))
    assert hole is not None and hole[M].as_long() == 5_999_999
    made = scene(policy=change, snapshot={"values/return-temperature/micro": hole[M].as_long()})
    assert "R05" in deniers(made.judge())


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.binding.binding_id)
def test_no_number_that_is_none_gets_through_the_positive_form(point: Point) -> None:
    """Over floats: NaN and the infinities fulfil no closed interval in positive form, whatever the finite limits."""
    sort = z3.Float64()
    value = z3.FP("value", sort)
    inside = [
        z3.And(z3.fpLEQ(z3.FPVal(one.lo, sort), value), z3.fpLEQ(value, z3.FPVal(one.hi, sort)))
        for one in point.layers
        if one.lo is not None and one.hi is not None
    ]
    assert len(inside) == len(point.layers)
    assert unsatisfiable(z3.And(*inside), z3.Or(z3.fpIsNaN(value), z3.fpIsInf(value))) is None
    negative = [
        z3.Not(z3.Or(z3.fpLT(value, z3.FPVal(one.lo, sort)), z3.fpGT(value, z3.FPVal(one.hi, sort))))
        for one in point.layers
    ]
    assert unsatisfiable(z3.And(*negative), z3.fpIsNaN(value)) is not None  # why the form matters


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.binding.binding_id)
def test_the_budgets_hold_whatever_the_steps(point: Point) -> None:
    """Any two writes within a window that R07 allows have moved the point no further than the travel budget."""
    first, second = z3.Ints("first second")
    rules = point.dynamics

    def size(step: Any) -> Any:
        return z3.If(step >= 0, step, -step)

    allowed = z3.And(size(first) <= rules.max_step, size(second) <= rules.max_step)
    budget = z3.And(size(first) <= rules.travel, size(first) + size(second) <= rules.travel)
    assert unsatisfiable(allowed, budget, size(first + second) > rules.travel) is None


@pytest.mark.parametrize(
    "point", [one for one in POINTS if one.binding.dtype.startswith("int")], ids=lambda one: one.binding.binding_id
)
def test_what_is_written_is_within_the_resolution_and_can_leave_the_limits_only_where_r06_looks(point: Point) -> None:
    """Round half even on scaled integers: the written value is at most the resolution away from any allowed value."""
    binding, raw = point.binding, z3.Int("raw")
    unit = 1_000_000 * binding.scale_den
    exact = (V - binding.offset) * binding.scale_num
    nearest = z3.And(2 * (raw * unit - exact) <= unit, 2 * (exact - raw * unit) <= unit)
    back = raw * unit - exact  # what is written, less what was asked, times scale_num
    allowed = z3.And(specification(point), nearest)
    assert unsatisfiable(allowed, z3.Or(raw > 32_767, raw < -32_768)) is None  # never wraps inside of the limits
    within = z3.And(back <= binding.resolution * binding.scale_num, -back <= binding.resolution * binding.scale_num)
    too_far = unsatisfiable(allowed, z3.Not(within))
    if too_far is not None:
        # A resolution finer than the device's: there are values that can't be written, and R06 denies those.
        target = {"twin_id": point.twin_id, "value": f"{too_far[V].as_long() / 1e6:.6f}"}
        assert "R06" in deniers(scene(target=target).judge())


LAYER_ENDS = (40_000_000, 60_000_001, 90_000_000, 95_000_000)
BAND_ENDS = (-30_000_000, 5_000_000, 6_000_000, 41_000_000, 70_000_000)
CHANGES: list[dict[str, Any]] = [
    *({f"points/pump-1-speed/layers/site/{end}": value} for end in ("lo", "hi") for value in LAYER_ENDS),
    *(
        {f"points/pump-1-speed/modes/bands/{band}/{end}": value}
        for band in (0, 1)
        for end in ("lo", "hi", "start", "end")
        for value in BAND_ENDS
    ),
    {"points/pump-1-speed/modes": None},
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_what_is_loaded_as_a_narrowing_is_one(change: dict[str, Any]) -> None:
    new: Policy = changed_policy(change)
    old_point, new_point = policy().points[0], new.points[0]
    wider = unsatisfiable(specification(new_point), z3.Not(specification(old_point)))
    limits = [one for one in widenings(policy(), new) if one.place.endswith(".limits")]
    assert bool(limits) is (wider is not None)
