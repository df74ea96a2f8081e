"""The order book: a key is stored once, whoever tries how often, and nothing is submitted twice."""

from __future__ import annotations

import multiprocessing
import sqlite3
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinwright_tools.errors import OrderError, UnknownNameError
from twinwright_tools.orders import OrderBook, WorkOrder

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)


def keyed(draft: WorkOrder, key: str) -> WorkOrder:
    return draft.model_copy(update={"idempotency_key": key})


def add_all(folder: Path, document: str, keys: list[str]) -> list[str]:
    draft = WorkOrder.model_validate_json(document)
    return [OrderBook(folder).add(keyed(draft, key)).id for key in keys]


def test_an_order_gets_a_number_and_comes_back_as_it_was(tmp_path: Path, draft: WorkOrder) -> None:
    stored = OrderBook(tmp_path).add(draft)
    assert stored == draft.model_copy(update={"id": "WO-0001"})
    again = OrderBook(tmp_path)
    assert again.get("WO-0001") == stored and again.list() == [stored]
    assert again.path == tmp_path / "state" / "orders.db"


@settings(max_examples=20, deadline=None)
@given(keys=st.lists(st.sampled_from("abcdef"), min_size=1, max_size=12))
def test_a_key_is_stored_once(tmp_path_factory: pytest.TempPathFactory, keys: list[str]) -> None:
    book = OrderBook(tmp_path_factory.mktemp("book"))
    template = WorkOrder.model_validate(EXAMPLE)
    ids = {key: {book.add(keyed(template, key)).id for _ in range(keys.count(key))} for key in keys}
    assert all(len(found) == 1 for found in ids.values())
    assert [order.id for order in book.list()] == [f"WO-{number:04d}" for number in range(1, len(set(keys)) + 1)]
    assert [order.idempotency_key for order in book.list()] == list(dict.fromkeys(keys))


def test_processes_that_start_at_once_never_duplicate(tmp_path: Path, draft: WorkOrder) -> None:
    keys = [f"key-{number}" for number in range(10)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(3, mp_context=context) as pool:
        jobs = [pool.submit(add_all, tmp_path, draft.model_dump_json(), keys) for _ in range(6)]
        found = [job.result() for job in jobs]
    assert all(ids == found[0] for ids in found)
    assert len(OrderBook(tmp_path).list()) == 10


def test_threads_share_a_book(tmp_path: Path, draft: WorkOrder) -> None:
    book = OrderBook(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda number: book.add(keyed(draft, f"{number % 4}")).id, range(32)))
    assert len(ids) == 4


def test_a_draft_is_submitted_once_by_somebody(tmp_path: Path, draft: WorkOrder) -> None:
    book = OrderBook(tmp_path)
    order = book.add(draft)
    done = book.submit(order.id, by="ann", at=AT)
    assert (done.status, done.submitted_by, done.submitted) == ("submitted", "ann", AT)
    assert book.get(order.id) == done and book.list("draft") == [] and book.list("submitted") == [done]
    with pytest.raises(OrderError, match="submitted by ann"):
        book.submit(order.id, by="bob", at=AT)
    assert [(entry.by, entry.event) for entry in book.log(order.id)] == [("run R1", "drafted"), ("ann", "submitted")]


def test_the_same_key_after_submission_returns_what_was_submitted(tmp_path: Path, draft: WorkOrder) -> None:
    book = OrderBook(tmp_path)
    done = book.submit(book.add(draft).id, by="ann", at=AT)
    assert book.add(draft) == done


def test_one_of_many_submitters_wins(tmp_path: Path, draft: WorkOrder) -> None:
    book = OrderBook(tmp_path)
    order = book.add(draft)

    def submit(number: int) -> bool:
        try:
            book.submit(order.id, by=f"person {number}", at=AT)
        except OrderError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(submit, range(16))) == 1
    assert len(book.log(order.id)) == 2


@pytest.mark.parametrize(
    "name", ["WO-0002", "WO-1000", "WO-", "WO-x", "WO-²", "1", "", "WO-0001; DROP TABLE orders", "WO-" + "9" * 60]
)
def test_an_unknown_order_gets_the_nearest(tmp_path: Path, draft: WorkOrder, name: str) -> None:
    book = OrderBook(tmp_path)
    book.add(draft)
    with pytest.raises(UnknownNameError) as caught:
        book.get(name)
    assert caught.value.code == "unknown_work_order"


def test_case_and_zeros_of_an_id_do_not_matter(tmp_path: Path, draft: WorkOrder) -> None:
    book = OrderBook(tmp_path)
    assert book.get(book.add(draft).id.lower()).id == book.get("WO-1").id == "WO-0001"


@pytest.mark.parametrize(("by", "at"), [("  ", AT), ("ann", AT.replace(tzinfo=None))])
def test_a_submission_names_somebody_and_a_zone(tmp_path: Path, draft: WorkOrder, by: str, at: datetime) -> None:
    book = OrderBook(tmp_path)
    order = book.add(draft)
    with pytest.raises(OrderError):
        book.submit(order.id, by=by, at=at)
    assert book.get(order.id).status == "draft"


def test_a_book_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = OrderBook(tmp_path).path
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(OrderError, match="update it"):
        OrderBook(tmp_path)


def test_a_file_that_is_no_book_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "orders.db").write_text("not a database, but long enough to be read as one" * 20)
    with pytest.raises(OrderError, match="can't be used"):
        OrderBook(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(OrderError, match="--state"):
        OrderBook(tmp_path / "file")


EXAMPLE = {
    "id": "",
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
