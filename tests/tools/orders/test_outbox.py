"""The outbox: what each failure of the CMMS becomes, that a key is made once, and that nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from twinwright_tools.cmms.embedded import EmbeddedCmms
from twinwright_tools.cmms.protocol import Attachment, CmmsOrder, NewOrder
from twinwright_tools.errors import (
    CmmsAnswerError,
    CmmsConflictError,
    CmmsError,
    CmmsLoginError,
    CmmsRefusedError,
    CmmsUnavailableError,
    OrderError,
    UnknownNameError,
)
from twinwright_tools.orders import OrderBook, WorkOrder
from twinwright_tools.orders.duplicates import Match
from twinwright_tools.orders.message import new_order
from twinwright_tools.orders.outbox import Entry, Outbox
from twinwright_tools.orders.sending import Sender

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")


class Cmms(EmbeddedCmms):
    """The embedded CMMS, whose calls fail as they are told: before they do anything, or after they have done it."""

    before: dict[str, list[CmmsError]]
    after: dict[str, list[CmmsError]]

    def by_key(self, key: str) -> CmmsOrder | None:
        return self._under("by_key", lambda: super(Cmms, self).by_key(key))

    def create(self, order: NewOrder) -> CmmsOrder:
        return self._under("create", lambda: super(Cmms, self).create(order))

    def add(self, order: CmmsOrder, text: str, key: str) -> CmmsOrder:
        return self._under("add", lambda: super(Cmms, self).add(order, text, key))

    def attach(self, order: str, attachment: Attachment) -> None:
        return self._under("attach", lambda: super(Cmms, self).attach(order, attachment))

    def _under(self, name: str, call: Callable[[], Any]) -> Any:
        if self.before.get(name):
            raise self.before[name].pop(0)
        found = call()
        if self.after.get(name):
            raise self.after[name].pop(0)
        return found


@dataclass
class Site:
    """A book, a CMMS, a clock that is moved by hand, and what the duplicate check says."""

    folder: Path
    graph: Any
    now: datetime = AT
    matches: list[Match] = field(default_factory=list)
    crash: str = ""

    def __post_init__(self) -> None:
        self.book = OrderBook(self.folder)
        self.cmms = Cmms(self.folder / "state" / "cmms.db", self.graph, lambda: self.now)
        self.cmms.before, self.cmms.after = {}, {}
        self.outbox = Outbox(self.book.store, now=lambda: self.now, fail=self.fail)
        self.sender = Sender(self.outbox, self.cmms, self.check, settle_s=60)

    def fail(self, point: str) -> None:
        if point == self.crash:
            self.crash = ""
            raise KeyboardInterrupt(point)

    def check(self, order: str) -> Sequence[Match]:
        return self.matches

    def submit(self, order: WorkOrder, **words: Any) -> None:
        message = new_order(order, order.asset, "ann", UTC_ZONE)
        self.outbox.submit(order.id, message, by="ann", revision=self.book.revision(order.id)[1], **words)

    def send(self, after_s: float = 0) -> Entry:
        self.now += timedelta(seconds=after_s)
        self.sender.send()
        entry = self.outbox.entry("WO-0001")
        assert entry is not None
        return entry

    def orders(self) -> list[CmmsOrder]:
        return list(self.cmms.past(None))


@pytest.fixture
def site(tmp_path: Path, workshop: Any) -> Site:
    return Site(tmp_path, workshop.graph)


@pytest.fixture
def order(site: Site, draft: WorkOrder) -> WorkOrder:
    return site.book.add(draft)


def unavailable(happened: bool, retry: float | None = None) -> CmmsUnavailableError:
    return CmmsUnavailableError("no answer", may_have_happened=happened, retry_after_s=retry)


def test_an_order_gets_there_once_with_its_files(site: Site, order: WorkOrder) -> None:
    site.book.attach(order.id, Attachment("report.html", "text/html", b"<p>"), by="ann", at=AT)
    site.submit(order)
    entry = site.send()
    assert (entry.state, entry.attempts, entry.attached) == ("confirmed", 1, {"report.html": ""})
    (made,) = site.orders()
    assert (made.key, made.asset, made.priority, made.title) == (order.idempotency_key, "pump", "P1", order.title)
    assert site.cmms.attachments(made.id) == [f"WO-0001-{order.idempotency_key[:8]}-report.html"]
    assert site.sender.send() == [] and len(site.orders()) == 1
    events = [(one.by, one.event) for one in site.book.log(order.id)]
    assert events[-4:] == [("ann", "submitted"), ("outbox", "sending"), ("outbox", "confirmed"), ("outbox", "attached")]


def test_after_a_time_out_the_cmms_is_asked_before_anything(site: Site, order: WorkOrder) -> None:
    site.cmms.after = {"create": [unavailable(True)]}
    site.submit(order)
    assert site.send().state == "unclear"
    assert site.send(30).attempts == 1, "it gets the time to finish what it may be doing"
    assert site.send(31).state == "confirmed" and len(site.orders()) == 1


def test_what_surely_did_not_happen_is_tried_again_later_and_later(site: Site, order: WorkOrder) -> None:
    site.cmms.before = {"create": [unavailable(False)] * 3}
    site.submit(order)
    waits = []
    for _ in range(3):
        entry = site.send(3600)
        assert entry.state == "queued"
        waits.append((entry.not_before - site.now).total_seconds())
    assert waits == [5, 10, 20]
    assert site.send(3600).state == "confirmed" and len(site.orders()) == 1


@pytest.mark.parametrize(
    ("asked", "waits"), [(300.0, 300), (1.0, 5), (1e12, 86400), (float("inf"), 5), (float("nan"), 5)]
)
def test_it_waits_as_long_as_it_is_asked_to_within_reason(
    site: Site, order: WorkOrder, asked: float, waits: float
) -> None:
    site.cmms.before = {"create": [unavailable(False, asked)]}
    site.submit(order)
    assert (site.send().not_before - site.now).total_seconds() == waits


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (CmmsLoginError("wrong password"), "queued"),
        (CmmsConflictError("changed"), "queued"),
        (CmmsAnswerError("HTML"), "unclear"),
        (CmmsRefusedError("no such field"), "refused"),
    ],
)
def test_each_failure_has_its_state(site: Site, order: WorkOrder, error: CmmsError, state: str) -> None:
    site.cmms.before = {"create": [error]}
    site.submit(order)
    entry = site.send()
    assert (entry.state, entry.note) == (state, error.message)


@pytest.mark.parametrize("error", [CmmsLoginError("x"), CmmsAnswerError("half a page"), unavailable(False)])
def test_what_is_unclear_stays_so_until_the_cmms_can_be_asked(site: Site, order: WorkOrder, error: CmmsError) -> None:
    site.cmms.after = {"create": [unavailable(True)]}
    site.submit(order)
    site.send()
    site.cmms.before = {"by_key": [error]}
    assert site.send(100).state == "unclear"
    assert site.send(10_000).state == "confirmed" and len(site.orders()) == 1


def test_a_refused_order_is_a_draft_again_and_can_be_sent_again(site: Site, order: WorkOrder) -> None:
    site.cmms.before = {"create": [CmmsRefusedError("priority P1 needs a phone call")]}
    site.submit(order)
    site.send()
    again = site.book.get(order.id)
    assert (again.status, again.submitted_by) == ("draft", None)
    site.submit(again)
    assert site.send().state == "confirmed" and len(site.orders()) == 1


def test_an_asset_that_is_gone_is_said_and_nothing_is_lost(site: Site, draft: WorkOrder) -> None:
    order = site.book.add(draft.model_copy(update={"asset": "scrapped-pump"}))
    site.submit(order)
    entry = site.send()
    assert entry.state == "refused" and "scrapped-pump" in entry.note and "anew" in entry.note
    assert site.book.get(order.id).status == "draft"


def test_a_plant_that_lost_the_twin_holds_up_no_other_order(site: Site, order: WorkOrder, draft: WorkOrder) -> None:
    other = site.book.add(draft.model_copy(update={"idempotency_key": "key-2"}))

    def check(order_id: str) -> Sequence[Match]:
        if order_id == "WO-0001":
            raise UnknownNameError.of("twin", "pump", [])
        return []

    site.submit(order)
    site.submit(other)
    states = {entry.order: entry.state for entry in Sender(site.outbox, site.cmms, check).send()}
    assert states == {"WO-0001": "refused", "WO-0002": "confirmed"}


def _match(site: Site, verdict: Any) -> Match:
    other = NewOrder(key="other", asset="pump", title="Cavitates", text="", priority="P2", by="bob")
    return Match(site.cmms.create(other), verdict, ("it is on the same asset",))


def test_an_order_that_was_opened_meanwhile_stops_a_second_one(site: Site, order: WorkOrder) -> None:
    site.submit(order)
    site.matches = [_match(site, "duplicate")]
    entry = site.send()
    assert entry.state == "refused" and "E-1" in entry.note and "--as-new" in entry.note
    site.submit(site.book.get(order.id), seen=["E-1"])
    assert site.send().state == "confirmed" and len(site.orders()) == 2


def test_a_related_order_stops_nothing(site: Site, order: WorkOrder) -> None:
    site.submit(order)
    site.matches = [_match(site, "related")]
    assert site.send().state == "confirmed"


def test_an_addition_is_a_comment_once(site: Site, order: WorkOrder) -> None:
    target = _match(site, "duplicate").order
    site.cmms.after = {"add": [unavailable(True)]}
    site.submit(order, adds_to=target.id)
    assert site.send().state == "unclear"
    entry = site.send(100)
    assert entry.state == "confirmed" and entry.answer is not None and entry.answer.id == target.id
    assert len(site.orders()) == 1 and len(site.cmms.comments(target.id)) == 1
    assert order.idempotency_key in site.cmms.comments(target.id)[0]


def test_an_addition_to_an_order_that_somebody_changes_goes_to_what_it_then_is(site: Site, order: WorkOrder) -> None:
    target = _match(site, "duplicate").order
    site.cmms.before = {"add": [CmmsConflictError("changed")] * 2}
    site.submit(order, adds_to=target.id)
    assert site.send().state == "confirmed"


@pytest.mark.parametrize("state", ["done", "cancelled"])
def test_an_order_closed_in_the_meantime_takes_no_addition(site: Site, order: WorkOrder, state: Any) -> None:
    target = _match(site, "duplicate").order
    site.submit(order, adds_to=target.id)
    site.cmms.move(target.id, state, by="carl")
    entry = site.send()
    assert entry.state == "refused" and "closed in the meantime" in entry.note and "--as-new" in entry.note
    assert site.book.get(order.id).status == "draft" and site.cmms.comments(target.id) == []


def test_an_order_that_is_gone_takes_no_addition(site: Site, order: WorkOrder) -> None:
    site.submit(order, adds_to="E-77")
    assert "E-77 is gone" in site.send().note


@pytest.mark.parametrize("minutes", [-180, 180])
def test_a_clock_that_is_off_is_said(site: Site, order: WorkOrder, minutes: int) -> None:
    site.submit(order)
    site.cmms._now = lambda: site.now + timedelta(minutes=minutes)
    entry = site.send()
    assert entry.state == "confirmed" and "180 min" in entry.note
    assert ("ahead" in entry.note) == (minutes > 0)


def test_a_clock_that_was_set_back_holds_nothing_up(site: Site, order: WorkOrder) -> None:
    site.cmms.before = {"create": [unavailable(False)]}
    site.now = AT + timedelta(days=400)
    site.submit(order)
    site.send()
    site.now = AT
    assert site.send().state == "confirmed"


def test_files_come_later_where_they_must_and_are_said_where_they_can_not(site: Site, order: WorkOrder) -> None:
    for name in ("a.png", "b.html"):
        site.book.attach(order.id, Attachment(name, "image/png", b"x"), by="ann", at=AT)
    site.cmms.before = {"attach": [unavailable(True), CmmsRefusedError("too large")]}
    site.submit(order)
    entry = site.send()
    assert (entry.state, entry.attached) == ("confirmed", {}) and "a.png" in entry.note
    assert site.send(100).attached == {"a.png": "too large", "b.html": ""}
    assert site.sender.send() == []


@pytest.mark.parametrize(
    "point",
    [
        "claim: committed",
        "by_key: answered",
        "change: before",
        "change: answered",
        "confirmed: before",
        "confirmed: committed",
    ],
)
def test_a_crash_while_sending_is_made_good(site: Site, order: WorkOrder, point: str) -> None:
    site.submit(order)
    site.crash = point
    with pytest.raises(KeyboardInterrupt):
        site.send()
    if point != "confirmed: committed":
        assert site.outbox.due() == [], "it gets the time to finish first"
    assert site.send(61).state == "confirmed" and len(site.orders()) == 1


@pytest.mark.parametrize("point", ["submit: before", "submit: written"])
def test_a_crash_before_it_was_queued_leaves_a_draft(site: Site, order: WorkOrder, point: str) -> None:
    site.crash = point
    with pytest.raises(KeyboardInterrupt):
        site.submit(order)
    assert site.book.get(order.id).status == "draft" and site.outbox.entries() == []


def test_what_was_edited_since_it_was_read_is_not_submitted(site: Site, order: WorkOrder) -> None:
    _, revision = site.book.revision(order.id)
    site.book.mark(order.id, struck=["a claim"], at=AT)
    with pytest.raises(OrderError, match="changed by somebody else"):
        site.outbox.submit(order.id, new_order(order, "pump", "ann", UTC_ZONE), by="ann", revision=revision)


def test_many_senders_make_one(site: Site, order: WorkOrder) -> None:
    site.submit(order)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: site.sender.send(), range(6)))
    assert len(site.orders()) == 1


def test_who_waits_too_long_for_another_sender_is_told(site: Site) -> None:
    with site.outbox.alone(), pytest.raises(OrderError, match="another process"), site.outbox.alone(wait_s=0.05):
        pass
