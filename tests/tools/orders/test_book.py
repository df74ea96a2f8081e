"""The order book: a key is stored once, whoever tries how often, and nothing is submitted twice."""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinwright_tools.cmms.protocol import Attachment, NewOrder
from twinwright_tools.errors import OrderError, UnknownNameError
from twinwright_tools.orders import OrderBook, WorkOrder
from twinwright_tools.orders.outbox import Outbox

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)


def keyed(draft: WorkOrder, key: str) -> WorkOrder:
    return draft.model_copy(update={"idempotency_key": key})


def add_all(folder: Path, document: str, keys: list[str]) -> list[str]:
    draft = WorkOrder.model_validate_json(document)
    return [OrderBook(folder).add(keyed(draft, key)).id for key in keys]


def submitted(book: OrderBook, order: WorkOrder, by: str, at: datetime = AT) -> WorkOrder:
    message = NewOrder(
        key=order.idempotency_key, asset=order.asset, title=order.title, text=order.problem, priority="P2", by="ann"
    )
    return Outbox(book.store, now=lambda: at).submit(order.id, message, by=by, revision=book.revision(order.id)[1])


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


def later(draft: WorkOrder, run: str = "R2", **changes: object) -> WorkOrder:
    known = {"run": run, "idempotency_key": f"key of {run}", "created": draft.created + timedelta(hours=1)}
    return draft.model_copy(update=known | changes)


def test_an_unsent_draft_of_the_same_failure_is_brought_up_to_date(tmp_path: Path, draft: WorkOrder) -> None:
    book = OrderBook(tmp_path)
    first, how = book.draft(draft)
    assert (first, how) == (draft.model_copy(update={"id": "WO-0001"}), "new")
    book.attach("WO-0001", Attachment("report.html", "text/html", b"<p>"), by="run R1", at=AT)
    wanted = later(draft, problem="Suction pressure fell from 0.61 bar to 0.05 bar.", evidence=["E2"])
    renewed, how = book.draft(wanted)
    kept = {"id": "WO-0001", "idempotency_key": "key-1", "attachments": book.get("WO-0001").attachments}
    assert (renewed, how) == (wanted.model_copy(update=kept), "renewed") and len(renewed.attachments) == 1
    assert book.list() == [renewed] and book.original("WO-0001") == renewed
    last = book.log("WO-0001")[-1]
    assert (last.by, last.event) == ("run R2", "drafted again") and last.detail is not None
    assert last.detail["problem"]["before"] == draft.problem
    lines = len(book.log())
    assert book.draft(wanted)[0] == renewed and len(book.log()) == lines  # a resumed run's call again
    assert book.draft(draft)[0] == renewed and len(book.log()) == lines  # the first run's call again


@pytest.mark.parametrize("by", ["ann", "run R1 (entered by ann)"])
def test_what_a_person_edited_in_a_draft_stays(tmp_path: Path, draft: WorkOrder, by: str) -> None:
    book = OrderBook(tmp_path)
    book.draft(draft)
    order, revision = book.revision("WO-0001")
    mine = order.model_copy(update={"tasks": ["Call Bob first"], "failure_mode": "seal_leak"})
    book.change("WO-0001", revision, lambda _: (mine, {"tasks": {}}), by=by, at=AT)
    assert book.draft(later(draft, priority="P3")) == (mine, "in hand")
    assert book.list() == [mine]


def test_a_draft_of_a_later_moment_is_not_set_back(tmp_path: Path, draft: WorkOrder) -> None:
    book = OrderBook(tmp_path)
    newer, _ = book.draft(later(draft))
    assert book.draft(draft) == (newer, "later") and book.list() == [newer]


@pytest.mark.parametrize("changes", [{"asset": "washer"}, {"failure_mode": "seal_leak"}, {"failure_mode": None}])
def test_another_failure_is_another_draft(tmp_path: Path, draft: WorkOrder, changes: dict[str, object]) -> None:
    book = OrderBook(tmp_path)
    book.draft(draft)
    assert book.draft(later(draft, **changes))[0].id == "WO-0002"
    inspection = later(draft, "R3", failure_mode=None, title="Look at the coupling")
    assert book.draft(inspection)[1] == "new"
    assert book.draft(later(inspection, "R4"))[1] == "renewed"


def test_one_that_was_sent_or_cancelled_is_no_draft_to_renew(tmp_path: Path, draft: WorkOrder) -> None:
    book = OrderBook(tmp_path)
    submitted(book, book.draft(draft)[0], "ann")
    book.cancel(book.draft(later(draft))[0].id, by="ann", at=AT)
    assert book.draft(later(draft, "R3"))[0].id == "WO-0003"


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
    done = submitted(book, order, "ann")
    assert (done.status, done.submitted_by, done.submitted) == ("submitted", "ann", AT)
    assert book.get(order.id) == done and book.list("draft") == [] and book.list("submitted") == [done]
    with pytest.raises(OrderError, match="submitted by ann"):
        submitted(book, order, "bob")
    assert [(entry.by, entry.event) for entry in book.log(order.id)] == [("run R1", "drafted"), ("ann", "submitted")]


def test_the_same_key_after_submission_returns_what_was_submitted(tmp_path: Path, draft: WorkOrder) -> None:
    book = OrderBook(tmp_path)
    done = submitted(book, book.add(draft), "ann")
    assert book.add(draft) == done


def test_one_of_many_submitters_wins(tmp_path: Path, draft: WorkOrder) -> None:
    book = OrderBook(tmp_path)
    order = book.add(draft)

    def submit(number: int) -> bool:
        try:
            submitted(book, order, f"person {number}")
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


def test_a_submission_names_somebody(tmp_path: Path, draft: WorkOrder) -> None:
    book = OrderBook(tmp_path)
    order = book.add(draft)
    with pytest.raises(OrderError, match="say who"):
        submitted(book, order, "  ")
    assert book.get(order.id).status == "draft"


def test_a_book_of_the_first_version_opens(tmp_path: Path, draft: WorkOrder) -> None:
    (tmp_path / "state").mkdir()
    stored = draft.model_copy(update={"id": "WO-0001"})
    old = stored.model_dump(mode="json", include=set(EXAMPLE) | {"id", "status", "submitted", "submitted_by", "notes"})
    with sqlite3.connect(tmp_path / "state" / "orders.db") as connection:
        for statement in FIRST_VERSION:
            connection.execute(statement)
        values = ("key-1", "draft", "pump", json.dumps(old))
        connection.execute("INSERT INTO orders (idempotency_key, status, asset, document) VALUES (?, ?, ?, ?)", values)
        connection.execute(
            "INSERT INTO log (number, at, by, event) VALUES (1, '2026-01-05T08:00:00+00:00', 'x', 'drafted')"
        )
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    book = OrderBook(tmp_path)
    assert book.get("WO-0001") == book.original("WO-0001") == stored
    assert [entry.event for entry in book.log("WO-0001")] == ["drafted"]
    assert submitted(book, stored, "ann").status == "submitted"


def test_one_that_was_submitted_before_there_was_an_outbox_can_be_sent(tmp_path: Path, draft: WorkOrder) -> None:
    book = OrderBook(tmp_path)
    order = book.add(draft)
    with book.store.transaction() as connection:
        old = order.model_copy(update={"status": "submitted", "submitted": AT, "submitted_by": "ann"})
        connection.execute("UPDATE orders SET status = 'submitted', document = ?", (old.model_dump_json(),))
    assert submitted(book, order, "bob").submitted_by == "bob"
    with pytest.raises(OrderError, match="only a draft"):
        submitted(book, order, "carl")


def test_a_draft_is_cancelled_and_never_sent(tmp_path: Path, draft: WorkOrder) -> None:
    book = OrderBook(tmp_path)
    order = book.add(draft)
    assert book.cancel(order.id, by="ann", at=AT, reason="was dirt").status == "cancelled"
    with pytest.raises(OrderError, match="cancelled"):
        submitted(book, order, "ann")
    assert book.log(order.id)[-1].detail == {"reason": "was dirt"}


def test_files_are_kept_with_a_draft(tmp_path: Path, draft: WorkOrder) -> None:
    book = OrderBook(tmp_path)
    order = book.add(draft)
    for content in (b"old", b"new", b"new"):
        order = book.attach(order.id, Attachment("a.txt", "text/plain", content), by="ann", at=AT)
    assert [(one.name, one.size) for one in order.attachments] == [("a.txt", 3)]
    assert [one.content for one in book.attachments(order.id)] == [b"new"]
    with pytest.raises(OrderError, match="25 MB"):
        book.attach(order.id, Attachment("b", "text/plain", b"x" * 25_000_001), by="ann", at=AT)
    submitted(book, order, "ann")
    with pytest.raises(OrderError, match="only a draft"):
        book.attach(order.id, Attachment("c", "text/plain", b"x"), by="ann", at=AT)


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


FIRST_VERSION = (
    """CREATE TABLE orders (
        number INTEGER PRIMARY KEY AUTOINCREMENT, idempotency_key TEXT NOT NULL UNIQUE, status TEXT NOT NULL,
        asset TEXT NOT NULL, document TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX orders_by_status ON orders (status, asset)",
    """CREATE TABLE log (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, number INTEGER NOT NULL REFERENCES orders (number), at TEXT NOT NULL,
        by TEXT NOT NULL, event TEXT NOT NULL
    ) STRICT""",
)
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
