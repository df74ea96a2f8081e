"""The status back: what became of the orders in the CMMS."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from twinwright_tools.cmms.embedded import EmbeddedCmms
from twinwright_tools.cmms.protocol import CmmsOrder
from twinwright_tools.errors import CmmsMissingError, CmmsUnavailableError
from twinwright_tools.orders import OrderBook, WorkOrder
from twinwright_tools.orders.message import new_order
from twinwright_tools.orders.outbox import Outbox
from twinwright_tools.orders.sending import Sender
from twinwright_tools.orders.sync import sync


class Site:
    """A book with two orders that were sent."""

    def __init__(self, folder: Path, graph: Any, draft: WorkOrder) -> None:
        self.book = OrderBook(folder)
        self.outbox = Outbox(self.book.store)
        self.cmms = EmbeddedCmms(folder / "state" / "cmms.db", graph)
        for number in range(2):
            order = self.book.add(draft.model_copy(update={"idempotency_key": f"key-number-{number}"}))
            _, revision = self.book.revision(order.id)
            self.outbox.submit(order.id, new_order(order, "pump", "ann", ZoneInfo("UTC")), by="ann", revision=revision)
        Sender(self.outbox, self.cmms, lambda _: []).send()
        self.first, self.second = [entry.answer for entry in self.outbox.entries() if entry.answer]

    def status(self, order: str) -> str:
        entry = self.outbox.entry(order)
        assert entry is not None and entry.answer is not None
        return entry.answer.status


@pytest.fixture
def site(tmp_path: Path, workshop: Any, draft: WorkOrder) -> Site:
    return Site(tmp_path, workshop.graph, draft)


def test_a_status_comes_back_and_stands_in_the_log(site: Site) -> None:
    site.cmms.move(site.first.id, "done", by="tim", duration_h=2.5)
    first, second = sync(site.outbox, site.cmms, "ann")
    assert (first.changed, second.changed) == (True, False)
    assert first.as_dict()["state"] == "done"
    assert first.as_dict()["duration_h"] == 2.5
    assert site.status(first.order) == "done"
    assert [one.event for one in site.book.log(first.order)][-1] == "status back"
    assert [one.event for one in site.book.log(second.order)].count("status back") == 0


def test_what_has_ended_is_asked_for_only_when_all_is(site: Site) -> None:
    site.cmms.move(site.first.id, "done", by="tim")
    sync(site.outbox, site.cmms, "ann")
    site.cmms.move(site.first.id, "open", by="tim")
    assert [one.order for one in sync(site.outbox, site.cmms, "ann")] == ["WO-0002"]
    assert [one.changed for one in sync(site.outbox, site.cmms, "ann", everything=True)] == [True, False]


def test_an_order_that_was_deleted_there_is_told_and_kept(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def get(order: str) -> CmmsOrder:
        if order == site.first.id:
            raise CmmsMissingError("gone")
        return site.second

    monkeypatch.setattr(site.cmms, "get", get)
    first, second = sync(site.outbox, site.cmms, "ann")
    assert (first.as_dict()["state"], second.changed) == ("gone", False)
    assert site.status(first.order) == "open"
    log = site.book.log(first.order)[-1]
    assert (log.event, (log.detail or {})["status"]) == ("status back", "gone")


def test_what_was_learned_before_a_failure_is_kept(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.cmms.move(site.first.id, "in_progress", by="tim")
    real = site.cmms.get

    def get(order: str) -> CmmsOrder:
        if order == site.second.id:
            raise CmmsUnavailableError("broke off", may_have_happened=False)
        return real(order)

    monkeypatch.setattr(site.cmms, "get", get)
    with pytest.raises(CmmsUnavailableError):
        sync(site.outbox, site.cmms, "ann")
    assert site.status("WO-0001") == "in progress"
