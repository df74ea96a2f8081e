"""Was it that?"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from twinwright_tools.cmms.protocol import CmmsOrder
from twinwright_tools.errors import OrderError
from twinwright_tools.orders.feedback import Feedback, FeedbackBook, read_back, recalibration, scores

NOW = datetime(2026, 2, 1, tzinfo=UTC)


def said(order: str, found: str = "right", mode: str | None = "cavitation", confidence: float = 0.8) -> Feedback:
    rest: dict[str, Any] = {"found": found, "found_twin": None, "found_mode": None, "by": "ann", "at": NOW}
    return Feedback(order=order, twin="pump-1", mode=mode, confidence=confidence, **rest)


@pytest.fixture
def book(tmp_path: Path) -> FeedbackBook:
    (tmp_path / "state").mkdir()
    return FeedbackBook(tmp_path)


def test_what_was_said_last_of_an_order_counts(book: FeedbackBook) -> None:
    book.keep(said("WO-0001", "wrong"))
    book.keep(said("WO-0002"))
    book.keep(said("WO-0001", "asset"))
    assert {one.order: one.found for one in book.all()} == {"WO-0001": "asset", "WO-0002": "right"}


def test_scores_by_mode() -> None:
    found = scores([said("1"), said("2", "asset"), said("3", "wrong"), said("4", "nothing", mode=None)])
    assert [(one.mode, one.orders, one.asset_right, one.mode_right) for one in found] == [
        ("cavitation", 3, 2, 1),
        ("none named", 1, 0, 0),
    ]
    assert 0 < found[0].low < 2 / 3 < found[0].high < 1


def test_enough_outcomes_recalibrate() -> None:
    few = [said(f"{number}") for number in range(5)]
    assert recalibration(few).calibration is None
    many = [said(f"{number}", "right" if number % 2 else "wrong", confidence=0.9) for number in range(60)]
    calibration = recalibration(many).calibration
    assert calibration is not None
    assert calibration.of(0.9) == pytest.approx(0.5, abs=0.05)


def test_nonsense_is_refused(book: FeedbackBook) -> None:
    with pytest.raises(OrderError, match="none of right"):
        book.keep(said("1", "perhaps"))
    with pytest.raises(OrderError, match="between 0 and 1"):
        book.keep(said("1", confidence=7.0))
    assert book.all() == []


def test_a_broken_book_says_so(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "feedback.db").write_bytes(b"no database at all, but long enough to be read as one" * 20)
    with pytest.raises(OrderError, match=r"feedback\.db can't be used"):
        FeedbackBook(tmp_path)


def closed(order: str, code: str | None, state: str = "done") -> Any:
    answer = CmmsOrder.model_validate(
        {"id": "7", "title": "t", "state": state, "status": state, "failure_mode": code, "closed": NOW}
    )
    return SimpleNamespace(order=order, answer=answer, adds_to=None, changed=NOW)


def test_the_cmms_is_read_where_nobody_has_spoken() -> None:
    orders = {
        name: SimpleNamespace(id=name, asset="pump-1", failure_mode="cavitation", raw_likelihood=0.8)
        for name in ("WO-1", "WO-2", "WO-3", "WO-4", "WO-5")
    }
    entries = [
        closed("WO-1", "Cavitation"),
        closed("WO-2", "seal leak"),
        closed("WO-3", "whatever"),
        closed("WO-4", "cavitation", state="open"),
        closed("WO-5", "cavitation"),
    ]
    found = read_back(entries, orders, {"cavitation", "seal_leak"}, [said("WO-5", "wrong")])  # type: ignore[arg-type]
    assert [(one.order, one.found, one.found_mode, one.by) for one in found] == [
        ("WO-1", "right", None, "the CMMS"),
        ("WO-2", "asset", "seal_leak", "the CMMS"),
    ]
