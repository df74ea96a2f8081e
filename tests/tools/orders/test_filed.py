"""Open orders in the plant's own history files: compared with a draft, never taken for orders of the CMMS."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from twinwright_tools.cmms.choose import connect
from twinwright_tools.orders import draft_order
from twinwright_tools.orders.assets import same_id
from twinwright_tools.orders.duplicates import Match, about_the_same, open_matches
from twinwright_tools.orders.filed import filed_orders
from twinwright_tools.plant import open_plant

AT = datetime(2026, 1, 10, tzinfo=UTC)
HEAD = "kind,twin,time,id,status,code,closed,text\n"


def row(id_: str = "W9", *, twin: str = "P1", status: str = "open", text: str = "Seal leaks", closed: str = "") -> str:
    return f"work_order,{twin},2026-01-09T08:00:00Z,{id_},{status},,{closed},{text}\n"


def filed(folder: Path, *rows: str, known: tuple[str, ...] = (), head: str = HEAD) -> list[str]:
    (folder / "history" / "log.csv").write_text(head + "".join(rows))
    with open_plant(folder, at=AT) as plant:
        return [f"{one.id} {one.state}" for one in filed_orders(plant, known)]


@pytest.mark.parametrize(
    ("status", "found"),
    [
        ("open", ["W9 open"]),
        ("waiting for parts", ["W9 open"]),
        ("REL PCNF", ["W9 open"]),
        ("In progress", ["W9 in_progress"]),
        ("in Arbeit", ["W9 in_progress"]),
        ("closed", []),
        ("TECO CNF", []),
        ("Abgeschlossen", []),
        ("", []),
    ],
)
def test_what_is_open(pump_plant: Path, status: str, found: list[str]) -> None:
    assert filed(pump_plant, row(status=status)) == found


def test_what_is_closed_has_no_twin_or_is_known_already(pump_plant: Path) -> None:
    assert filed(pump_plant, row(closed="2026-01-09T09:00:00Z")) == []
    assert filed(pump_plant, row(twin="")) == []
    assert filed(pump_plant, row(), known=("W9",)) == []
    # It is closed later than what is asked about: then it was still open.
    assert filed(pump_plant, row(status="closed", closed="2026-02-01T09:00:00Z")) == ["W9 open"]


def test_files_that_say_no_status_hold_past_orders(pump_plant: Path) -> None:
    head = "kind,twin,time,id,text\n"
    assert filed(pump_plant, "work_order,P1,2026-01-09T08:00:00Z,W9,Seal leaks\n", head=head) == []


def test_imported_orders_are_the_cmms_s_to_tell(pump_plant: Path) -> None:
    place = pump_plant / ".twinwright" / "state" / "history"
    place.mkdir(parents=True)
    told = {"kind": "work_order", "twin": "P1", "time": "2026-01-09T08:00:00Z", "text": "Seal leaks"}
    rows = [told | {"id": "C1", "status": "open"}, told | {"id": "W9", "status": "closed"}]
    (place / "rt.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    # W9 is closed there in the meantime: the plant's file is older.
    assert filed(pump_plant, row(), row("W10")) == ["W10 open"]


@pytest.fixture
def matched(pump_plant: Path, tmp_path: Path) -> Callable[..., list[Match]]:
    def ask(*rows: str, assets: Callable[[str], str | None] = same_id) -> list[Match]:
        (pump_plant / "history" / "log.csv").write_text(HEAD + "".join(rows))
        with open_plant(pump_plant, at=AT) as plant:
            draft = draft_order(
                plant,
                asset="P1",
                failure_mode="seal_leak",
                title="Change the mechanical seal",
                problem="Leakage rose.",
                evidence=["E1"],
                likelihood=0.8,
                run="R1",
                call="C1",
                onset=AT - timedelta(hours=20),
            )
            return open_matches(plant, draft, connect(plant, {}), assets)

    return ask


def test_they_are_compared_as_the_cmms_s_are(matched: Callable[..., list[Match]]) -> None:
    (same,) = matched(row(), row("W1", twin="P2"))
    assert (same.verdict, same.filed, same.order.id) == ("duplicate", True, "W9")
    assert "history/log.csv:2" in about_the_same(same)
    (other,) = matched(row(text="Repaint the base frame"))
    assert (other.verdict, other.filed) == ("related", True)


def test_an_asset_that_the_cmms_lacks_is_compared_too(matched: Callable[..., list[Match]]) -> None:
    assert [one.order.id for one in matched(row(), assets=lambda twin: None)] == ["W9"]
