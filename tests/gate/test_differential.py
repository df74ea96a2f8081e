"""The real gate and the reference agree; the long runs are ``python -m tests.gate.differential``."""

from __future__ import annotations

import pytest

from .differential import batch, difference
from .edge_cases import DENIED
from .rule_cases import CASES
from .test_rules import played


def test_they_agree_on_every_case_of_every_rule() -> None:
    found = [(case.reason, difference(played(case))[1]) for case in (*CASES, *DENIED)]
    assert [one for one in found if one[1] is not None] == []


@pytest.mark.parametrize("seed", [1, 2])
def test_they_agree_on_what_an_adversary_draws(seed: int) -> None:
    rules, found = batch(seed, 600)
    assert found == []
    assert rules[""] > 100 and len(rules) > 15
