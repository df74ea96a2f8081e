"""The connector against a real Request Tracker 5 (Debian's packages)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from twinwright_cli.orders_demo.rt_server import ALARMS, RtServer
from twinwright_tools.cmms.importing import import_history
from twinwright_tools.cmms.protocol import Attachment, Place
from twinwright_tools.cmms.rt.client import RequestTracker
from twinwright_tools.errors import (
    CmmsAnswerError,
    CmmsConflictError,
    CmmsLoginError,
    CmmsMissingError,
    CmmsRefusedError,
)
from twinwright_tools.plant import Plant

from ..served import new_order

pytestmark = pytest.mark.system("/usr/sbin/rt-setup-database-5")
CHART = Attachment("chart.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)))


def move(technician: httpx.Client, order: str, *statuses: str) -> None:
    """The technician takes a ticket through its lifecycle."""
    for status in statuses:
        said = technician.put(f"/ticket/{order}", json={"Status": status}).raise_for_status().json()
        assert "changed from" in said[0], said


def test_check_says_what_was_found(tracker: RequestTracker, pump: str) -> None:
    version, queue, catalog = tracker.check()
    assert version.startswith("Request Tracker 5.")
    assert "Twinwright key" in queue and "Failure mode" in queue
    assert "Plant has" in catalog


def test_assets_come_with_parent_and_twin(tracker: RequestTracker, pump: str) -> None:
    found = {one.id: one for one in tracker.assets()}
    assert found[pump].name == "Glycol pump 1"
    assert found[pump].tags[0].startswith("pump-")
    parent = found[pump].parent
    assert parent is not None and found[parent].name == "Line 1"


def test_an_order_is_made_whole(tracker: RequestTracker, rt: RtServer, pump: str, key: str) -> None:
    made = tracker.create(new_order(key, pump))
    assert (made.key, made.asset, made.failure_mode, made.priority) == (key, pump, "bearing_wear", "P2")
    assert (made.state, made.status) == ("open", "requested")
    assert "Vibration rose from 2.1 mm/s" in made.text and "Ada Planner" in made.text
    assert tracker.by_key(key) == made == tracker.get(made.id)
    with rt.client() as root:
        ticket = root.get(f"/ticket/{made.id}").json()
    # The server's zone is Europe/Berlin; the times that were asked for are in UTC.
    assert (ticket["Starts"], ticket["Due"]) == ("2030-01-07T06:00:00Z", "2030-01-09T14:00:00Z")
    assert ticket["TimeEstimated"] == "210"
    assert made.url is not None and made.url.endswith(f"/Ticket/Display.html?id={made.id}")


def test_open_orders_of_an_asset(
    tracker: RequestTracker, technician: httpx.Client, rt: RtServer, pump: str, key: str
) -> None:
    ours = tracker.create(new_order(key, pump))
    with rt.client("p.lindqvist") as planner:
        body = {"Queue": "General", "Subject": "elsewhere", "RefersTo": f"asset:{pump}"}
        assert planner.post("/ticket", json=body).status_code == 403
        body["Queue"] = "Maintenance"
        theirs = str(planner.post("/ticket", json=body).raise_for_status().json()["id"])
    over = tracker.create(new_order(f"{key}-2", pump))
    move(technician, over.id, "cancelled")
    found = {one.id: one for one in tracker.open_orders([pump, "987654"])}
    assert set(found) == {ours.id, theirs}
    assert found[theirs].key is None and found[theirs].title == "elsewhere"


def test_a_second_create_with_the_same_key_leaves_one_open_order(tracker: RequestTracker, pump: str, key: str) -> None:
    first = tracker.create(new_order(key, pump))
    second = tracker.create(new_order(key, pump, title="again"))
    assert second.id == first.id
    assert [one.id for one in tracker.open_orders([pump])] == [first.id]


def test_two_people_at_once_leave_one_open_order(
    connect: Callable[..., RequestTracker], tracker: RequestTracker, pump: str, key: str
) -> None:
    connectors = [connect(), connect()]
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda one: one.create(new_order(key, pump)), connectors))
    still = [one.id for one in tracker.open_orders([pump])]
    assert len(still) == 1
    assert tracker.by_key(key).id == still[0]  # type: ignore[union-attr]
    assert still[0] in {one.id for one in made}


def test_the_status_comes_back(tracker: RequestTracker, technician: httpx.Client, pump: str, key: str) -> None:
    made = tracker.create(new_order(key, pump))
    move(technician, made.id, "planned", "in work")
    assert tracker.get(made.id).state == "in_progress"
    technician.post(
        f"/ticket/{made.id}/comment",
        json={"Content": "<p>Bearing &amp; seal <b>replaced</b></p>", "ContentType": "text/html", "TimeTaken": "90"},
    ).raise_for_status()
    move(technician, made.id, "completed")
    done = tracker.by_key(key)
    assert done is not None
    assert (done.state, done.status, done.duration_h) == ("done", "completed", 1.5)
    assert done.closed is not None and done.created is not None and done.closed >= done.created
    assert "Bearing & seal replaced" in done.text


def test_a_transition_that_the_lifecycle_does_not_know_is_refused(tracker: RequestTracker, pump: str, key: str) -> None:
    made = tracker.create(new_order(key, pump))
    with pytest.raises(CmmsRefusedError, match="can't change status from 'requested' to 'completed'"):
        tracker.transition(made, "completed")
    assert tracker.get(made.id).status == "requested"
    assert tracker.transition(made, "planned").status == "planned"


def test_a_change_in_the_meantime_is_a_conflict(
    tracker: RequestTracker, technician: httpx.Client, pump: str, key: str
) -> None:
    made = tracker.create(new_order(key, pump))
    move(technician, made.id, "planned")
    with pytest.raises(CmmsConflictError, match="412"):
        tracker.add(made, "on an old view", "c-1")
    with pytest.raises(CmmsConflictError, match="412"):
        tracker.transition(made, "cancelled")
    assert "old view" not in tracker.get(made.id).text
    assert tracker.get(made.id).status == "planned"


def test_a_comment_is_added_once(tracker: RequestTracker, pump: str, key: str) -> None:
    made = tracker.create(new_order(key, pump))
    added = tracker.add(made, "Seen again: 9.1 mm/s.", f"{key}-c")
    assert tracker.add(made, "Seen again: 9.1 mm/s.", f"{key}-c") == added
    assert added.text.count("9.1 mm/s") == 1
    assert added.version != made.version


def test_nothing_is_added_to_an_order_that_was_closed_meanwhile(
    tracker: RequestTracker, technician: httpx.Client, pump: str, key: str
) -> None:
    made = tracker.create(new_order(key, pump))
    move(technician, made.id, "cancelled")
    with pytest.raises(CmmsRefusedError, match="cancelled in the meantime"):
        tracker.add(made, "too late", "c-1")
    assert "too late" not in tracker.get(made.id).text


def test_a_file_is_attached_once(tracker: RequestTracker, rt: RtServer, pump: str, key: str) -> None:
    made = tracker.create(new_order(key, pump))
    for file in (CHART, CHART, Attachment("Prüfbericht.html", "text/html", b"<p>report</p>")):
        tracker.attach(made.id, file)
    assert sorted(tracker._files(made.id)) == ["Pr_xfcfbericht.html", "chart.png"]
    with rt.client() as root:
        found = root.post("/attachments", json=[{"field": "Filename", "value": "chart.png"}]).json()["items"]
        kept = root.get(f"/attachment/{found[-1]['id']}").json()
    assert kept["ContentType"] == "image/png"
    assert "<p>report</p>" not in tracker.get(made.id).text


def test_unicode_and_large_text_survive(tracker: RequestTracker, pump: str, key: str) -> None:
    title = "Pumpe 7: „Gleitringdichtung“ tauschen – Ölverlust 0,5 l/h 🛢️\nzweite Zeile " * 4
    text = "Zeile mit Ümläuten, 漢字 und <b>Marken</b> & \"Anführung\" 'x'\n" * 4000
    strange = f"{key} 'quoted' \\ \"é\""
    made = tracker.create(new_order(strange, pump, title=title, text=text, failure_mode="seal’s leak"))
    assert made.title.startswith("Pumpe 7: „Gleitringdichtung“ tauschen – Ölverlust 0,5 l/h 🛢️ zweite Zeile")
    assert made.title.endswith("…") and 195 < len(made.title.encode()) <= 200
    assert text.strip() in made.text
    assert (made.key, made.failure_mode) == (strange, "seal’s leak")
    assert tracker.by_key(strange) == made


def test_a_deleted_asset_gets_no_order(tracker: RequestTracker, rt: RtServer, pump: str, key: str) -> None:
    with rt.client() as root:
        assert "deleted" in root.put(f"/asset/{pump}", json={"Status": "deleted"}).text
    for gone in (pump, "987654"):
        with pytest.raises(CmmsMissingError, match="no asset"):
            tracker.create(new_order(key, gone))
    assert tracker.by_key(key) is None
    assert pump not in {one.id for one in tracker.assets()}


def test_an_order_that_is_not_there(tracker: RequestTracker) -> None:
    for strange in ("987654", "no such", "1/history", "../queue/1"):
        with pytest.raises(CmmsMissingError):
            tracker.get(strange)


def test_wrong_credentials(connect: Callable[..., RequestTracker], pump: str, key: str) -> None:
    wrong = connect(password="not-the-secret-at-all")
    for call in (wrong.check, lambda: wrong.by_key(key), lambda: wrong.create(new_order(key, pump))):
        with pytest.raises(CmmsLoginError, match="401") as caught:
            call()
        assert "not-the-secret" not in str(caught.value)


def test_a_queue_that_the_account_may_not_see(connect: Callable[..., RequestTracker], pump: str, key: str) -> None:
    with pytest.raises(CmmsLoginError, match="403"):
        connect(queue="General").create(new_order(key, pump))


def test_a_field_that_is_not_there_stops_before_an_order_is_made(
    connect: Callable[..., RequestTracker], tracker: RequestTracker, pump: str, key: str
) -> None:
    with pytest.raises(CmmsRefusedError, match="no custom field 'Idempotency'"):
        connect(key_field="Idempotency").create(new_order(key, pump))
    assert tracker.open_orders([pump]) == []


def test_a_status_that_nobody_explained(
    connect: Callable[..., RequestTracker], tracker: RequestTracker, pump: str, key: str
) -> None:
    made = tracker.create(new_order(key, pump))
    with pytest.raises(CmmsAnswerError, match=r"status .requested.*statuses = "):
        connect(statuses="").get(made.id)


def test_past_orders_come_by_change(tracker: RequestTracker, technician: httpx.Client, pump: str, key: str) -> None:
    ids = [tracker.create(new_order(f"{key}-{number}", pump)).id for number in range(3)]
    move(technician, ids[0], "planned", "in work", "completed")
    found = [one for one in tracker.past(None) if one.id in ids]
    assert sorted(one.id for one in found) == sorted(ids)
    assert [one.changed for one in found] == sorted(one.changed for one in found if one.changed)
    assert all("Vibration rose" in one.text and one.asset == pump for one in found)
    # Whole seconds: the other two may have changed in the same one.
    since = next(one.changed for one in found if one.id == ids[0])
    assert since is not None and since == found[-1].changed
    later = [one.id for one in tracker.past(since)]
    assert ids[0] in later
    assert [one.id for one in tracker.past(datetime.now(UTC) + timedelta(hours=1))] == []


def test_past_orders_come_page_by_page(
    tracker: RequestTracker, pump: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [tracker.create(new_order(f"{key}-{number}", pump)).id for number in range(3)]
    monkeypatch.setattr("twinwright_tools.cmms.rt.search.PER_PAGE", 2)
    monkeypatch.setattr("twinwright_tools.cmms.rt.client.PER_PAGE", 2)
    found = [one.id for one in tracker.past(None)]
    assert len(found) == len(set(found))
    assert set(ids) <= set(found)
    assert set(ids) == {one.id for one in tracker.open_orders([pump])}


def test_alarms_of_another_queue_are_imported_by_change_and_once(
    connect: Callable[..., RequestTracker],
    rt: RtServer,
    technician: httpx.Client,
    pump: str,
    key: str,
    pump_plant: Path,
    open_pumps: Callable[..., Plant],
) -> None:
    def alarm(text: str) -> str:
        ticket = {"Queue": ALARMS, "Subject": text, "Content": f"{text}, {key}", "RefersTo": f"asset:{pump}"}
        return str(technician.post("/ticket", json=ticket).raise_for_status().json()["id"])

    places = [Place("work_order", connect()), Place("alarm", connect(queue=ALARMS), f"queue = {ALARMS}")]
    later = {"at": datetime.now(UTC) + timedelta(days=1)}
    first, made = alarm("Level low"), connect().create(new_order(key, pump))
    import_history(open_pumps(), places, {pump: "pump-1"})
    second = alarm("Pressure high")
    move(technician, first, "resolved")
    found = import_history(open_pumps(), places, {pump: "pump-1"})
    assert found.stopped is None and found.since is not None
    assert (found.new, found.changed) == (1, 1)
    rows = open_pumps(**later).history.sql("SELECT kind, id, status, text FROM history WHERE twin = 'pump-1'").rows
    assert sorted(rows, key=lambda row: (row[0], int(row[1]))) == [
        ["alarm", first, "closed", f"Level low, {key}"],
        ["alarm", second, "new", f"Pressure high, {key}"],
        ["work_order", made.id, "requested", made.text],
    ]


def test_an_import_that_broke_off_is_whole_the_next_time(
    connect: Callable[..., RequestTracker], pump: str, key: str, pump_plant: Path, open_pumps: Callable[..., Plant]
) -> None:
    ids = [connect().create(new_order(f"{key}-{number}", pump)).id for number in range(2)]
    wrong = connect(password="not-the-secret-at-all", queue=ALARMS)
    broken = [Place("work_order", connect()), Place("alarm", wrong, f"queue = {ALARMS}")]
    found = import_history(open_pumps(), broken, {pump: "pump-1"})
    assert isinstance(found.stopped, CmmsLoginError) and found.new >= 2
    whole = [broken[0], Place("alarm", connect(queue=ALARMS), f"queue = {ALARMS}")]
    again = import_history(open_pumps(), whole, {pump: "pump-1"})
    assert again.stopped is None and again.changed == 0
    later = open_pumps(at=datetime.now(UTC) + timedelta(days=1)).history
    rows = later.sql("SELECT id FROM history WHERE twin = 'pump-1' AND kind = 'work_order'").rows
    assert sorted(rows) == sorted([one] for one in ids)


def test_links_are_the_same_however_they_are_read(tracker: RequestTracker, rt: RtServer, pump: str, key: str) -> None:
    """A whole import reads them off the assets, a later one off the tickets."""
    made = tracker.create(new_order(key, pump))
    with rt.client() as root:
        body = {"Queue": "Maintenance", "Subject": "no asset", "CustomFields": {"Twinwright key": f"{key}-2"}}
        loose = str(root.post("/ticket", json=body).raise_for_status().json()["id"])
    since = datetime.now(UTC) - timedelta(hours=1)
    whole, later = ({one.id: one for one in tracker.past(when)} for when in (None, since))
    assert whole[made.id] == later[made.id]
    assert (whole[made.id].asset, whole[loose].asset, later[loose].asset) == (pump, None, None)
