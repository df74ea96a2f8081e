"""Priority is consequence × likelihood, and the sentence says both."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_tools.orders.priority import consequence, priority


@pytest.mark.parametrize(
    ("asset", "level", "outputs"),
    [
        ("pump", 4, ("line-1", "line-2")),
        ("tank", 4, ("line-1", "line-2")),
        ("robot", 4, ("line-2",)),
        ("gauge", 4, ("line-1",)),
        ("press", 2, ()),
        ("washer", 2, ()),
    ],
)
def test_consequence_is_what_an_upset_reaches(workshop: Any, asset: str, level: int, outputs: tuple[str, ...]) -> None:
    found = consequence(workshop, asset)
    assert (found.level, found.outputs, found.known_outputs) == (level, outputs, 2)


@pytest.mark.parametrize(
    ("asset", "likelihood", "wanted"),
    [("pump", 0.9, "P1"), ("pump", 0.3, "P2"), ("pump", 0.1, "P3"), ("press", 0.9, "P3"), ("press", 0.1, "P4")],
)
def test_the_matrix(workshop: Any, asset: str, likelihood: float, wanted: str) -> None:
    found, reason = priority(workshop, asset, likelihood)
    assert found == wanted and reason.startswith(f"{wanted}: ") and f"{likelihood:.0%}" in reason


@given(likelihoods=st.tuples(st.floats(0, 1), st.floats(0, 1)), asset=st.sampled_from(["pump", "robot", "press"]))
def test_a_likelier_cause_is_never_less_urgent(workshop: Any, likelihoods: tuple[float, float], asset: str) -> None:
    less, more = sorted(likelihoods)
    assert priority(workshop, asset, more)[0] <= priority(workshop, asset, less)[0]
