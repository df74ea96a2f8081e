"""Whether demands on one value can be met together, against trying values out."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_evals.agree_twins.agree import models
from twinwright_evals.agree_twins.graphs import random_graph
from twinwright_evals.agree_twins.queries import Aliases, condition, random_query
from twinwright_evals.agree_twins.reference import evaluate
from twinwright_tools.errors import QueryError
from twinwright_tools.twins.dtdl.types import EnumSchema, EnumValue, Primitive, Schema
from twinwright_tools.twins.query.check import check_query
from twinwright_tools.twins.query.contradictions import contradictions
from twinwright_tools.twins.query.cost import estimate
from twinwright_tools.twins.query.demands import Demand, impossible
from twinwright_tools.twins.query.parse import parse_query
from twinwright_tools.twins.query.plan import (
    Binding,
    Comparison,
    Condition,
    Connection,
    Constant,
    Membership,
    Negation,
    Ordering,
    Path,
    TypeTest,
)

TWINS = Binding("T", "twin", frozenset({"dtmi:test:Pump;1"}))
ORDERS: tuple[Ordering, ...] = ("=", "!=", "<", ">", "<=", ">=")
CHOICE = EnumSchema("integer", tuple(EnumValue(f"v{value}", value) for value in (1, 2, 4)))
# Between any two values of a query (0, 0.5 … 3) lies one of these, and some lie outside.
TRIED = [number / 4 for number in range(-4, 17)]


def path(*schemas: Schema, name: str = "x") -> Path:
    return Path(TWINS, (name,), schemas, f"T.{name}")


def demands_on(where: Path, numbers: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Demand]]:
    unused = TypeTest("IS_DEFINED", where)
    single = st.tuples(st.sampled_from(ORDERS), numbers.map(lambda number: (number,)))
    among = st.tuples(st.sampled_from(["IN", "NIN"]), st.lists(numbers, min_size=1, max_size=3).map(tuple))
    return st.lists(
        st.one_of(single, among).map(lambda parts: Demand(unused, where, parts[0], parts[1], "number")), min_size=1
    )


def meets_all(value: object, demands: list[Demand]) -> bool:
    return all(each.met_by(value) for each in demands)


halves = st.integers(0, 6).map(lambda number: number / 2)


@given(demands_on(path(Primitive("double")), halves))
def test_numbers(demands: list[Demand]) -> None:
    assert bool(impossible(demands)) == (not any(meets_all(value, demands) for value in TRIED))


@given(demands_on(path(Primitive("integer")), halves))
def test_whole_numbers(demands: list[Demand]) -> None:
    possible = any(meets_all(value, demands) for value in range(-1, 5))
    # that two limits leave one whole number, and NIN takes it away, isn't looked for
    assert possible <= (not impossible(demands))


@given(demands_on(path(CHOICE), st.sampled_from([1, 2, 4])))
def test_values_of_an_enum(demands: list[Demand]) -> None:
    assert bool(impossible(demands)) == (not any(meets_all(value, demands) for value in (1, 2, 4)))


TEXTS = ["", "a", "b", "ab", "ba", "aab", "abb"]


@given(
    st.lists(
        st.tuples(st.sampled_from([*ORDERS, "STARTSWITH", "ENDSWITH", "CONTAINS"]), st.sampled_from(TEXTS)).map(
            lambda parts: Demand(TypeTest("IS_DEFINED", path()), path(), parts[0], (parts[1],), "text")
        ),
        min_size=1,
    )
)
def test_texts(demands: list[Demand]) -> None:
    tried = [first + middle + last for first in TEXTS for middle in ("", "a", "b", "z") for last in TEXTS]
    if impossible(demands):
        assert not any(meets_all(value, demands) for value in tried)


leaves: st.SearchStrategy[Condition] = st.tuples(st.sampled_from("xy"), st.sampled_from(ORDERS), halves).map(
    lambda parts: Comparison(path(Primitive("double"), name=parts[0]), parts[1], Constant(parts[2]), "number")
)
pairs: st.SearchStrategy[Condition] = st.sampled_from(ORDERS).map(
    lambda order: Comparison(path(name="x"), order, path(name="y"), "number")
)
lists: st.SearchStrategy[Condition] = st.tuples(st.lists(halves, min_size=1, max_size=3), st.booleans()).map(
    lambda parts: Membership(path(name="x"), tuple(map(Constant, parts[0])), parts[1], "number")
)
filters = st.recursive(
    st.one_of(leaves, pairs, lists),
    lambda inner: st.one_of(
        inner.map(Negation),
        st.tuples(st.sampled_from(["AND", "OR"]), st.lists(inner, min_size=2, max_size=3)).map(
            lambda parts: Connection(parts[0], tuple(parts[1]))
        ),
    ),
    max_leaves=8,
)


def holds(condition: Condition, row: dict[str, float]) -> bool:
    """Whether a condition holds for a document that has both values."""
    match condition:
        case Negation(inner):
            return not holds(inner, row)
        case Connection("AND", parts):
            return all(holds(part, row) for part in parts)
        case Connection(_, parts):
            return any(holds(part, row) for part in parts)
        case Membership(where, values, negated, _):
            return (row[where.names[0]] in [value.value for value in values]) != negated
        case Comparison(where, order, other, _):
            given_value = row[other.names[0]] if isinstance(other, Path) else other.value
            return Demand(condition, where, order, (given_value,), "number").met_by(row[where.names[0]])
    raise TypeError(condition)


@given(filters)
def test_a_filter_that_is_refused_holds_for_nothing(condition: Condition) -> None:
    _, never = contradictions(condition)
    if never:
        assert not any(holds(condition, {"x": x, "y": y}) for x in TRIED for y in TRIED)


@pytest.mark.parametrize("seed", range(4))
def test_on_random_graphs_refused_filters_find_nothing_and_bounds_hold(seed: int) -> None:
    """Against the slow evaluator, which knows nothing of contradictions and costs."""
    chance = Random(seed)
    loaded, documents = random_graph(chance, models())
    statistics, refused = loaded.graph.statistics, 0
    for _ in range(250):
        parts = [condition(chance, Aliases(twins=["T"])) for _ in range(chance.randint(2, 5))]
        filtered = f"SELECT T FROM DIGITALTWINS T WHERE {' AND '.join(parts)}"
        tree = parse_query(filtered if chance.random() < 0.7 else random_query(chance))
        try:
            query = check_query(tree, loaded.models, statistics, dialect="embedded")
        except QueryError as error:
            if error.code == "query.never":
                refused += 1
                query = check_query(tree, loaded.models, statistics, dialect="embedded", checked=False)
                assert evaluate(query, documents) in ([], [{query.count: 0}]), error.message
            continue
        assert len(evaluate(query, documents)) <= estimate(query, statistics).bound
    assert refused > 5


@pytest.mark.parametrize("word", ["AND", "OR"])
def test_a_wide_filter_takes_no_long_time(word: str) -> None:
    other = "OR" if word == "AND" else "AND"
    some = [Comparison(path(name=f"x{n}"), "=", Constant(n), "number") for n in range(200)]
    parts = [Connection(other, (one, two)) for one, two in pairwise(some)]  # type: ignore[arg-type]
    assert contradictions(Connection(word, tuple(parts))) == ([], False)  # type: ignore[arg-type]
