"""A draft: all of it comes from the graph, the failure modes or the run; the same call makes the same draft."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_tools.diagnosis.failure_modes import load_failure_modes
from twinwright_tools.errors import OrderError, UnknownNameError
from twinwright_tools.orders import WorkOrder, draft_order
from twinwright_tools.orders.draft import idempotency_key

MODES = {mode.id: mode for mode in load_failure_modes()}


def drafted(workshop: Any, **changes: Any) -> WorkOrder:
    words: dict[str, Any] = {
        "asset": "pump",
        "failure_mode": "cavitation",
        "title": "Check the suction strainer",
        "problem": "Suction pressure fell from 0.61 bar to 0.12 bar.",
        "evidence": ["E1", "E3", "E1"],
        "likelihood": 0.8,
        "run": "R1",
        "call": "C1",
    }
    return draft_order(workshop, **(words | changes))


def test_a_draft_is_filled_from_the_graph_and_the_failure_mode(workshop: Any) -> None:
    order, mode = drafted(workshop), MODES["cavitation"]
    assert (order.id, order.status, order.created) == ("", "draft", workshop.at)
    assert order.location == ["site", "pump"]
    assert order.evidence == ["E1", "E3"]
    assert order.priority == "P1" and order.priority_reason.startswith("P1: ")
    assert order.isolation and order.duration_h == mode.duration_h > 0
    assert order.skills == list(mode.skills) and [part.name for part in order.parts] == list(mode.parts)
    tasks = order.tasks
    assert all(check in tasks for check in mode.checks) and all(task in tasks for task in mode.tasks)
    lock = next(number for number, task in enumerate(tasks) if task.startswith("Isolate"))
    assert tasks.index(mode.checks[-1]) < lock < tasks.index(mode.tasks[0])


def test_without_a_failure_mode_it_is_an_inspection(workshop: Any) -> None:
    order = drafted(workshop, failure_mode=None)
    assert order.failure_mode is None and order.parts == [] and "inspection" in " ".join(order.notes)
    assert order.tasks[0].startswith("Inspect pump")


def test_a_mode_of_other_equipment_is_noted(workshop: Any) -> None:
    assert drafted(workshop).notes == []
    assert "check that board has such a part" in " ".join(drafted(workshop, asset="board").notes)


@pytest.mark.parametrize("mode", MODES)
def test_every_failure_mode_makes_an_order(workshop: Any, mode: str) -> None:
    order = drafted(workshop, failure_mode=mode)
    assert WorkOrder.model_validate_json(order.model_dump_json()) == order


@pytest.mark.parametrize("changes", [{"asset": "pmp"}, {"failure_mode": "cavitatoin"}])
def test_unknown_names_get_the_nearest(workshop: Any, changes: dict[str, str]) -> None:
    with pytest.raises(UnknownNameError) as caught:
        drafted(workshop, **changes)
    assert caught.value.suggestions[0] in ("pump", "cavitation")


@pytest.mark.parametrize(
    "changes",
    [{"title": " "}, {"evidence": []}, {"likelihood": 1.1}, {"likelihood": -0.1}, {"likelihood": float("nan")}],
)
def test_what_no_planner_would_take_is_refused(workshop: Any, changes: dict[str, Any]) -> None:
    with pytest.raises(OrderError):
        drafted(workshop, **changes)


def test_the_key_is_of_run_call_asset_and_mode(workshop: Any) -> None:
    key = drafted(workshop).idempotency_key
    assert key == drafted(workshop, title="Other words", likelihood=0.2).idempotency_key
    others = [{"run": "R2"}, {"call": "C2"}, {"asset": "washer"}, {"failure_mode": None}]
    assert key not in {drafted(workshop, **change).idempotency_key for change in others}


@given(*[st.tuples(*[st.none() | st.text(max_size=3)] * 4)] * 2)
def test_different_parts_never_make_the_same_key(one: tuple[Any, ...], other: tuple[Any, ...]) -> None:
    assert (one == other) == (idempotency_key(*one) == idempotency_key(*other))
