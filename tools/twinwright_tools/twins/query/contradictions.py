"""Filters that can never be true, such as ``x > 5 AND x < 3``.

A filter is taken apart into the ways in which it can be met (its disjunctive normal form). A way is impossible if the
demands that it makes of one value, of two values or of one twin's model can't be met together. A filter is refused if
all its ways are impossible. ``IS_DEFINED``, ``IS_NUMBER`` … demand nothing here: they are asked because documents don't
always keep to their models.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from .demands import Demand, demand_words, impossible
from .plan import (
    Comparison,
    Condition,
    Connection,
    Constant,
    Membership,
    ModelTest,
    Negation,
    Ordering,
    Path,
    TextTest,
)

MAX_WAYS = 32

_NEGATED: dict[Ordering, Ordering] = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_SIGNS: dict[Ordering, frozenset[str]] = {
    "=": frozenset("="),
    "!=": frozenset("<>"),
    "<": frozenset("<"),
    ">": frozenset(">"),
    "<=": frozenset("<="),
    ">=": frozenset(">="),
}
_MIRRORED = str.maketrans("<>", "><")

Literal = tuple[Condition, bool]
"""A condition without parts, and whether it is negated."""


@dataclass(frozen=True)
class Contradiction:
    """Why a way can't be: `condition` is the last one that has part in it."""

    condition: Condition
    words: str


def contradictions(condition: Condition) -> tuple[list[Contradiction], bool]:
    """Why some ways of meeting a condition are impossible, and whether all of them are."""
    ways = _ways(condition, negated=False)
    if ways is None:
        return [], False
    found = [_contradiction(way) for way in ways]
    return [each for each in found if each], all(found)


def _ways(condition: Condition, negated: bool) -> list[list[Literal]] | None:
    """The ways in which a condition can be met; None if they are too many to look at."""
    if isinstance(condition, Negation):
        return _ways(condition.condition, not negated)
    if not isinstance(condition, Connection):
        return [[(condition, negated)]]
    parts = [_ways(each, negated) for each in condition.conditions]
    known = [part for part in parts if part is not None]
    if (condition.word == "AND") == negated:
        found = [way for part in known for way in part]
        return found if len(found) <= MAX_WAYS and len(known) == len(parts) else None
    # a part of an AND that is too wide may be left out: the rest has to hold anyway
    found = [[]]
    for part in known:
        if len(found) * len(part) <= MAX_WAYS:
            found = [[*one, *other] for one, other in product(found, part)]
    return found


def _contradiction(way: Sequence[Literal]) -> Contradiction | None:
    values: dict[tuple[str, tuple[str, ...]], list[Demand]] = {}
    pairs: dict[tuple[Path, Path], tuple[frozenset[str], list[Comparison]]] = {}
    for condition, negated in way:
        if isinstance(condition, Comparison) and isinstance(condition.right, Path):
            _add_pair(pairs, condition, negated)
        for demand in _demands(condition, negated):
            values.setdefault((demand.path.binding.alias, demand.path.names), []).append(demand)
    for demands in values.values():
        involved = impossible(demands)
        if involved:
            return Contradiction(involved[-1].condition, demand_words(involved))
    for signs, compared in pairs.values():
        if not signs:
            words = " and ".join(f"{each.left.text} {each.order} {_text(each.right)}" for each in compared)
            return Contradiction(compared[-1], f"{words} can't hold")
    return _models(way)


def _text(value: object) -> str:
    return value.text if isinstance(value, Path) else str(value)


def _add_pair(
    pairs: dict[tuple[Path, Path], tuple[frozenset[str], list[Comparison]]], condition: Comparison, negated: bool
) -> None:
    """Narrow how two values can stand to each other: below, equal or above."""
    left, right = condition.left, condition.right
    assert isinstance(right, Path)
    signs = _SIGNS[_NEGATED[condition.order] if negated else condition.order]
    if (right, left) in pairs:
        left, right = right, left
        signs = frozenset("".join(signs).translate(_MIRRORED))
    if left.binding == right.binding and left.names == right.names:
        signs &= {"="}
    before, compared = pairs.get((left, right), (frozenset("<=>"), []))
    pairs[left, right] = before & signs, [*compared, condition]


def _demands(condition: Condition, negated: bool) -> Iterator[Demand]:
    """What a condition demands of one value."""
    if isinstance(condition, Comparison) and not isinstance(condition.right, Path):
        order = _NEGATED[condition.order] if negated else condition.order
        yield Demand(condition, condition.left, order, (condition.right.value,), condition.compared_as)
    elif isinstance(condition, Membership):
        word = "NIN" if condition.negated != negated else "IN"
        values = tuple(each.value for each in condition.values)
        yield Demand(condition, condition.path, word, values, condition.compared_as)
    elif isinstance(condition, TextTest) and not isinstance(condition.value, Path) and not negated:
        yield Demand(condition, condition.path, condition.function, (condition.value.value,), "text")


def _models(way: Sequence[Literal]) -> Contradiction | None:
    """Whether a twin would have to be of models that no twin can have at once."""
    by_alias: dict[str, list[tuple[ModelTest, bool]]] = {}
    for condition, negated in way:
        test = _model_test(condition)
        if test is None:
            continue
        tests = by_alias.setdefault(test.binding.alias, [])
        tests.append((test, negated))
        wanted = [each.models for each, no in tests if not no]
        if not wanted or not all(wanted):
            continue
        left = frozenset.intersection(*wanted).difference(*(each.models for each, no in tests if no))
        if not left:
            named = " and ".join(("not " if no else "") + each.model for each, no in tests)
            who = test.binding.alias if test.binding.is_named else "a twin"
            return Contradiction(condition, f"no model lets {who} be {named}")
    return None


def _model_test(condition: Condition) -> ModelTest | None:
    """A test of a twin's model, also where it is written as ``$metadata.$model = '…'``."""
    if isinstance(condition, ModelTest):
        return condition
    if not isinstance(condition, Comparison) or condition.left.names != ("$model",) or condition.order != "=":
        return None
    if not isinstance(condition.right, Constant):
        return None
    model = str(condition.right.value)
    return ModelTest(condition.left.binding, model, True, frozenset([model]))
