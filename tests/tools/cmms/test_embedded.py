"""The embedded CMMS holds to the Protocol: keys, versions, transitions, attachments, paging by change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from twinwright_tools.cmms.embedded import EmbeddedCmms
from twinwright_tools.cmms.protocol import Attachment, Connector, NewOrder
from twinwright_tools.errors import CmmsConflictError, CmmsMissingError, CmmsRefusedError, CmmsUnavailableError
from twinwright_tools.twins.flow import Flow, Flows
from twinwright_tools.twins.graph import Relationship, Twin, TwinGraph

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
GRAPH = TwinGraph(
    {
        "station": Twin("station", "dtmi:example:Station;1"),
        "pump": Twin("pump", "dtmi:example:Pump;1", {"name": "Pump 1", "serialNumber": "2014-1"}),
    },
    [Relationship("r", "contains", "station", "pump")],
    Flows({"contains": Flow("structure")}),
)


@pytest.fixture
def clock() -> list[datetime]:
    return [AT]


@pytest.fixture
def cmms(tmp_path: Path, clock: list[datetime]) -> EmbeddedCmms:
    return EmbeddedCmms(tmp_path / "cmms.db", GRAPH, lambda: clock[0])


def wanted(key: str = "k", **changes: Any) -> NewOrder:
    words: dict[str, Any] = {"key": key, "asset": "pump", "title": "T", "text": "x", "priority": "P2", "by": "ann"}
    return NewOrder(**(words | changes))


def test_it_is_a_connector(cmms: EmbeddedCmms) -> None:
    connector: Connector = cmms
    assert connector.name and any("2 assets" in line for line in connector.check())


def test_assets_are_the_twins(cmms: EmbeddedCmms) -> None:
    assets = {one.id: one for one in cmms.assets()}
    assert (assets["pump"].name, assets["pump"].parent, assets["pump"].tags) == ("Pump 1", "station", ("2014-1",))
    assert assets["station"].parent is None


def test_an_order_is_made_once_for_a_key(cmms: EmbeddedCmms) -> None:
    made = cmms.create(wanted())
    assert cmms.by_key("k") == cmms.get(made.id) == made and cmms.by_key("other") is None
    assert (made.state, made.created, made.priority) == ("open", AT, "P2")
    with pytest.raises(CmmsRefusedError, match="already"):
        cmms.create(wanted(title="Again"))
    with pytest.raises(CmmsMissingError, match="no asset gone"):
        cmms.create(wanted("k2", asset="gone"))
    assert cmms.by_key("k2") is None


def test_open_orders_are_those_of_the_assets(cmms: EmbeddedCmms) -> None:
    one, two, three = (
        cmms.create(wanted(key, asset=asset)) for key, asset in (("a", "pump"), ("b", "station"), ("c", "pump"))
    )
    cmms.move(three.id, "done", by="bob", duration_h=2.5)
    assert cmms.open_orders(["pump"]) == [one]
    assert {order.id for order in cmms.open_orders(["pump", "station"])} == {one.id, two.id}
    assert cmms.open_orders([]) == []
    closed = cmms.get(three.id)
    assert (closed.state, closed.closed, closed.duration_h) == ("done", AT, 2.5)


def test_a_comment_is_added_once_to_an_open_order_of_that_version(cmms: EmbeddedCmms) -> None:
    made = cmms.create(wanted())
    after = cmms.add(made, "text", "c1")
    assert after.version != made.version and cmms.comments(made.id) == ["text\n[c1]"]
    assert cmms.add(made, "text", "c1") == after, "it is there already, whatever the version"
    with pytest.raises(CmmsConflictError):
        cmms.add(made, "other", "c2")
    cmms.move(made.id, "done", by="bob")
    with pytest.raises(CmmsRefusedError, match="done"):
        cmms.add(cmms.get(made.id), "other", "c2")


@pytest.mark.parametrize("way", [["done", "in_progress"], ["cancelled", "open"], ["done", "cancelled"]])
def test_what_is_closed_can_only_be_opened_again(cmms: EmbeddedCmms, way: list[Any]) -> None:
    made = cmms.create(wanted())
    cmms.move(made.id, way[0], by="bob")
    with pytest.raises(CmmsRefusedError, match="can become"):
        cmms.move(made.id, way[1], by="bob")


def test_an_order_is_opened_again(cmms: EmbeddedCmms) -> None:
    made = cmms.create(wanted())
    cmms.move(made.id, "done", by="bob")
    again = cmms.move(made.id, "open", by="bob")
    assert again.closed is None and cmms.open_orders(["pump"]) == [again]


def test_past_orders_come_by_change(cmms: EmbeddedCmms, clock: list[datetime]) -> None:
    made = []
    for day in range(3):
        clock[0] = AT + timedelta(days=day)
        made.append(cmms.create(wanted(f"k{day}")).id)
    clock[0] = AT + timedelta(days=5)
    cmms.move(made[0], "done", by="bob")
    assert [one.id for one in cmms.past(None)] == [made[1], made[2], made[0]]
    assert [one.id for one in cmms.past(AT + timedelta(days=2))] == [made[2], made[0]]


def test_a_file_of_a_name_is_kept_once(cmms: EmbeddedCmms) -> None:
    made = cmms.create(wanted())
    for content in (b"1", b"2"):
        cmms.attach(made.id, Attachment("a.png", "image/png", content))
    assert cmms.attachments(made.id) == ["a.png"]
    with pytest.raises(CmmsMissingError):
        cmms.attach("E-9", Attachment("a.png", "image/png", b""))


@pytest.mark.parametrize("name", ["E-2", "E-", "1", "", "E-²", "E-1; DROP TABLE orders"])
def test_an_order_that_is_not_there(cmms: EmbeddedCmms, name: str) -> None:
    cmms.create(wanted())
    with pytest.raises(CmmsMissingError):
        cmms.get(name)


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "cmms.db").write_text("no database, but long enough to be read as one" * 30)
    with pytest.raises(CmmsUnavailableError, match="can't be used"):
        EmbeddedCmms(tmp_path / "cmms.db", GRAPH)
