"""The explicit-state model: the invariants hold, and every guard is needed or said to be redundant, and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from twinwright_gate.machine import picture
from twinwright_gate.machine.states import Effect, Event, Guard, State
from twinwright_gate.machine.table import LOCKING, TABLE, TERMINAL

from .model import OWN_CHECKS, REDUNDANT, GateAlone, Model

KNOCKED: list[Guard | Effect] = [*Guard, Effect.TAKE_LOCKS]


def test_no_invariant_is_violated_by_gate_and_executor_together() -> None:
    found = Model(own=True, budget=2).explore()
    assert found.violations == {} and found.seen > 2_000


def test_no_invariant_is_violated_by_the_gate_alone() -> None:
    found = GateAlone(own=False, budget=2).explore()
    assert found.violations == {} and found.seen > 2_000


@pytest.mark.parametrize("part", KNOCKED, ids=lambda part: part.name)
def test_each_guard_is_needed_or_redundant(part: Guard | Effect) -> None:
    found = GateAlone(without=frozenset({part}), own=False, budget=1).explore(stop_at_first=True)
    assert bool(found.violations) is (part not in REDUNDANT), (part, found.violations)


@pytest.mark.parametrize("check", OWN_CHECKS)
def test_each_check_of_the_executors_own_is_needed(check: str) -> None:
    found = Model(without=frozenset({check}), own=True, budget=1).explore(stop_at_first=True)
    assert found.violations, check


def test_terminal_states_have_no_exits_and_all_states_can_be_reached() -> None:
    assert not {source for source, _ in TABLE} & TERMINAL
    assert {row.target for row in TABLE.values()} == set(State)
    assert {source for source, _ in TABLE if source is not None} | TERMINAL == set(State)


def test_locks_are_taken_at_select_and_freed_only_where_nothing_of_ours_can_be_in_force() -> None:
    for row in TABLE.values():
        if Effect.TAKE_LOCKS in row.effects:
            assert row.event is Event.SELECT
        if row.source in LOCKING and row.target not in LOCKING:
            assert Effect.FREE_LOCKS in row.effects
        if row.target in LOCKING:
            assert Effect.FREE_LOCKS not in row.effects


def test_every_row_is_recorded() -> None:
    assert all(Effect.AUDIT in row.effects for row in TABLE.values())


def test_the_page_on_safety_has_the_table_that_runs() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "safety.md").read_text()
    assert picture.document() in page, "python -m twinwright_gate.machine.picture"
