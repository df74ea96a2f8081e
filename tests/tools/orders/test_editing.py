"""Edits: every field is checked, what was changed is told, and the habits of planners are counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_tools.errors import OrderError, UnknownNameError
from twinwright_tools.orders import OrderBook, Part, WorkOrder
from twinwright_tools.orders.editing import FIELDS, as_yaml, changes_of, edited, from_words, from_yaml, habits
from twinwright_tools.orders.order import DueWindow, Stock

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
MODES = {"cavitation", "bearing_wear"}


def edit(order: WorkOrder, *words: str) -> tuple[WorkOrder, dict[str, Any]]:
    return edited(order, from_words(words), by="ann", modes=MODES)


def test_fields_are_set_and_what_changed_is_told(draft: WorkOrder) -> None:
    after, what = edit(
        draft,
        "priority=P3",
        "duration_h=4",
        "tasks=[Look, Clean: the basket]".replace("Clean: ", "Clean "),
        "title=Seal: look",
    )
    assert (after.priority, after.duration_h, after.tasks, after.title) == (
        "P3",
        4.0,
        ["Look", "Clean the basket"],
        "Seal: look",
    )
    assert what["priority"] == {"before": "P1", "after": "P3"} and set(what) == {
        "priority",
        "duration_h",
        "tasks",
        "title",
    }
    assert "set by ann" in after.priority_reason and draft.priority_reason in after.priority_reason
    assert changes_of(draft, after) == what


def test_stock_stays_with_its_part(draft: WorkOrder) -> None:
    stock = Stock(on_hand=2)
    order = draft.model_copy(update={"parts": [Part(name="Seal", stock=stock)]})
    after, _ = edit(order, "parts=[{name: Seal, quantity: 2}, {name: Grease}]")
    assert [(part.name, part.quantity, part.stock) for part in after.parts] == [("Seal", 2, stock), ("Grease", 1, None)]


def test_a_window_is_set_whole(draft: WorkOrder) -> None:
    after, what = edit(draft, "start=2026-01-06T06:00:00+01:00", "due=2026-01-06T14:00:00+01:00")
    assert after.window is not None and after.window.start == datetime(2026, 1, 6, 5, tzinfo=UTC)
    assert what["start"]["after"] == "2026-01-06T05:00:00+00:00"
    assert edit(after, "start=null", "due=null")[0].window is None


def test_the_due_window_follows_what_it_is_planned_by_unless_somebody_set_it(draft: WorkOrder) -> None:
    def plan(priority: str, duration_h: float, skills: Sequence[str]) -> DueWindow:
        reason = f"{priority} {duration_h:g} h {', '.join(skills)}"
        return DueWindow(start=AT, due=AT + timedelta(hours=100), reason=reason)

    def changed(order: WorkOrder, *words: str) -> tuple[WorkOrder, dict[str, Any]]:
        return edited(order, from_words(words), by="ann", modes=MODES, plan=plan)

    after, what = changed(draft, "priority=P3", "skills=[fitter]")
    assert after.window == DueWindow(
        start=AT, due=AT + timedelta(hours=100), reason=f"P3 {draft.duration_h:g} h fitter"
    )
    assert what["due"]["after"] == "2026-01-09T13:00:00+00:00"
    assert habits([(draft, after)]).fields == {"priority": 1, "skills": 1}
    assert changed(draft, "title=Look")[0].window == draft.window
    by_hand = changed(draft, "priority=P3", "start=2026-01-06T06:00:00Z", "due=2026-01-07T06:00:00Z")[0]
    assert by_hand.window is not None and by_hand.window.reason == "set by ann"
    assert changed(by_hand, "priority=P2")[0].window == by_hand.window
    assert habits([(draft, by_hand)]).fields == {"priority": 1, "start": 1, "due": 1}


@pytest.mark.parametrize(
    "words",
    [
        ["priority"],
        ["priority=P5"],
        ["title= "],
        ["duration_h=-1"],
        ["duration_h=.nan"],
        ["duration_h=soon"],
        ["tasks=Look"],
        ["parts=[{name: Seal, quantity: 0}]"],
        ["skills=[1, "],
        ["start=2026-01-06T06:00:00+01:00"],
        ["start=2026-01-06T06:00:00", "due=2026-01-07T06:00:00"],
        ["start=2026-01-07T06:00:00Z", "due=2026-01-06T06:00:00Z"],
        ["start='2026-01-06T06:00:00'", "due=2026-01-07T06:00:00Z"],
        ["start=monday", "due=2026-01-07T06:00:00Z"],
        ["id=WO-0007"],
        ["idempotency_key=x"],
        ["taint=[]"],
    ],
)
def test_what_can_not_be_is_refused(draft: WorkOrder, words: list[str]) -> None:
    with pytest.raises(OrderError):
        edit(draft, *words)


def test_wrong_names_get_the_nearest(draft: WorkOrder) -> None:
    with pytest.raises(OrderError, match="did you mean priority"):
        edit(draft, "prioritty=P2")
    with pytest.raises(UnknownNameError) as caught:
        edit(draft, "failure_mode=cavitatoin")
    assert caught.value.suggestions == ["cavitation"]
    assert edit(draft, "failure_mode=null")[0].failure_mode is None


def test_the_text_of_the_editor_reads_back_as_nothing_changed(draft: WorkOrder) -> None:
    assert edited(draft, from_yaml(as_yaml(draft)), by="ann", modes=MODES) == (draft, {})


@pytest.mark.parametrize("text", ["title: [", "- a\n- b", "", "just text"])
def test_what_is_no_list_of_fields_is_refused(text: str) -> None:
    with pytest.raises(OrderError):
        from_yaml(text)


titles = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=20).filter(
    str.strip
)


@given(title=titles, hours=st.floats(0.1, 100), tasks=st.lists(titles, max_size=3))
def test_an_edit_in_the_editor_is_the_edit_that_was_made(title: str, hours: float, tasks: list[str]) -> None:
    order = WorkOrder.model_validate(EXAMPLE)
    wanted, what = edited(order, {"title": title, "duration_h": hours, "tasks": tasks}, by="ann", modes=())
    again = edited(order, from_yaml(as_yaml(wanted)), by="ann", modes=())
    assert again == (wanted, what) and set(what) <= set(FIELDS)


def test_an_edit_is_logged_and_the_draft_is_kept(tmp_path: Path, draft: WorkOrder) -> None:
    book = OrderBook(tmp_path)
    order, revision = book.revision(book.add(draft).id)
    done = book.change(order.id, revision, lambda now: edit(now, "priority=P2"), by="ann", at=AT)
    assert book.get(order.id) == done and book.original(order.id).priority == "P1"
    last = book.log(order.id)[-1]
    assert (last.by, last.event, last.detail) == ("ann", "edited", {"priority": {"before": "P1", "after": "P2"}})
    with pytest.raises(OrderError, match="somebody else"):
        book.change(order.id, revision, lambda now: edit(now, "priority=P4"), by="bob", at=AT)
    _, revision = book.revision(order.id)
    book.change(order.id, revision, lambda now: (now, {}), by="bob", at=AT)
    assert book.log(order.id)[-1] == last, "nothing changed is no edit"


def test_habits_over_all_orders(draft: WorkOrder) -> None:
    pairs = [
        (draft, draft),
        (draft, edit(draft, "priority=P2", "duration_h=4")[0]),
        (draft, edit(draft, "priority=P2", "failure_mode=bearing_wear")[0]),
    ]
    seen = habits(pairs)
    assert (seen.orders, seen.untouched, seen.duration_ratio) == (3, 1, 2.0)
    assert seen.fields == {"priority": 2, "duration_h": 1, "failure_mode": 1}
    assert seen.priorities == {"P1 → P2": 2} and seen.modes == {"cavitation → bearing_wear": 1}
    assert habits([]).orders == 0


EXAMPLE = {
    "id": "WO-0001",
    "asset": "pump",
    "location": ["pump"],
    "title": "t",
    "problem": "p",
    "failure_mode": None,
    "priority": "P3",
    "priority_reason": "r",
    "tasks": [],
    "isolation": [],
    "parts": [],
    "skills": [],
    "duration_h": 1.0,
    "evidence": ["E1"],
    "run": None,
    "created": AT,
    "idempotency_key": "k",
}
