"""Which two figures may be compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_agent.grounding.comparing import Carried, named, pairs

ROLES = ["before", "after", "min", "max", "median", "last", "std", "count", "score", "nominalRate"]


def compared(*names: str, unit: str = "x") -> bool:
    return any(pairs([named(1.0, None, unit, name, f"E{number}") for number, name in enumerate(names)]))


@pytest.mark.parametrize(
    ("one", "other", "may"),
    [
        ("p-1.flow before", "p-1.flow after", True),
        ("p-1.flow median", "p-1.flow last", True),
        ("p-1.flow median", "p-2.flow median", True),
        ("line-3 nominalRate", "line-3.throughput last", True),
        ("line-3 nominalRate", "line-2.throughput last", False),
        ("p-1.flow std", "p-1.flow median", False),
        ("p-1.flow min", "p-1.flow last", False),
        ("p-1.flow before", "p-2.flow after", False),
        ("p-1.flow score", "p-2.flow score", False),
    ],
)
def test_pairs(one: str, other: str, may: bool) -> None:
    assert compared(one, other) is may


def test_two_units_are_never_compared() -> None:
    assert not any(pairs([named(1, None, "a", "p.q before", "E1"), named(1, None, "b", "p.q after", "E1")]))


@given(st.lists(st.tuples(st.sampled_from(["a.x", "a.y", "b.x"]), st.sampled_from(ROLES)), max_size=20))
def test_comparing_is_mutual(figures: list[tuple[str, str]]) -> None:
    found = list(pairs([Carried(1.0, None, "u", subject, role) for subject, role in figures]))
    assert all((other, one) in found for one, other in found)
