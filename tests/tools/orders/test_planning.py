"""The plant's own planning: matrix, criticality, stock, calendar, and what is said where it is broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from twinwright_tools.orders import draft_order
from twinwright_tools.orders.message import new_order, order_text, part_line
from twinwright_tools.orders.priority import priority
from twinwright_tools.plant.config import PlantConfig, read_config
from twinwright_tools.plant.planning_config import MATRIX, PlanningConfig

CALENDAR = """start,end,kind,twin,text
2026-01-06T06:00:00Z,2026-01-06T10:00:00Z,stop,line-1,cleaning
2026-01-07T06:00:00Z,2026-01-07T12:00:00Z,stop,,whole site
2026-01-07T09:00:00Z,2026-01-07T12:00:00Z,closed,,assembly
"""
STOCK = """part,number,on_hand,store,lead_time_d,twin
Strainer basket and gasket,104,2,A-3,5,
strainer basket and gasket,105,0,,,pump
Bearing set,110,0,,21,
"""


@pytest.fixture
def planned(workshop: Any, tmp_path: Path) -> Any:
    """The workshop with a calendar and a stock."""
    (tmp_path / "calendar.csv").write_text(CALENDAR)
    (tmp_path / "stock.csv").write_text(STOCK)
    planning = PlanningConfig(calendar="calendar.csv", stock="stock.csv", consequence={"pump": 3})
    return replace(workshop, folder=tmp_path, config=PlantConfig(planning=planning))


def drafted(plant: Any, **changes: Any) -> Any:
    words: dict[str, Any] = {
        "asset": "pump",
        "failure_mode": "cavitation",
        "title": "T",
        "problem": "p",
        "evidence": ["E1"],
        "likelihood": 0.9,
        "run": "R",
        "call": "C",
    }
    return draft_order(plant, **(words | changes))


def test_the_work_goes_into_the_first_stop_that_is_for_it(planned: Any) -> None:
    order = drafted(planned)  # P2, 3 h; the stop of line 1 isn't for the pump, and of the second 3 h are left
    assert order.priority == "P2" and order.window is not None
    assert order.window.start == datetime(2026, 1, 7, 6, tzinfo=UTC)
    assert order.window.due == datetime(2026, 1, 7, 9, tzinfo=UTC)
    washer = drafted(planned, asset="washer", likelihood=0.3, failure_mode=None)
    assert washer.window is not None and washer.window.start == datetime(2026, 1, 6, 6, tzinfo=UTC)


def test_stock_is_of_the_asset_before_that_of_the_site(planned: Any) -> None:
    (part,) = drafted(planned).parts
    assert part.stock is not None and (part.stock.number, part.stock.on_hand) == ("105", 0)
    assert "NOT ENOUGH" in part_line(part)
    (other,) = drafted(planned, asset="drive").parts
    assert other.stock is not None and other.stock.on_hand == 2 and "A-3" in part_line(other)
    bearing = drafted(planned, failure_mode="bearing_wear").parts
    assert [part.stock is None for part in bearing] == [False, True] and "not known" in part_line(bearing[1])


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("stock.csv", "part,on_hand\nSeal,many\n", "stock.csv, line 2, on_hand"),
        ("stock.csv", "part,on_hand\nSeal,-1\n", "stock.csv, line 2, on_hand"),
        ("calendar.csv", "start,end,kind\n2026-01-06T06:00:00,2026-01-07T06:00:00,stop\n", "no zone"),
        ("calendar.csv", "start,end,kind\n2026-01-07T06:00:00Z,2026-01-06T06:00:00Z,stop\n", "before the start"),
        (
            "calendar.csv",
            "start,end,kind\n2026-01-06T06:00:00Z,2026-01-07T06:00:00Z,party\n",
            "calendar.csv, line 2, kind",
        ),
        ("calendar.csv", None, "calendar.csv"),
    ],
)
def test_a_broken_file_is_told_in_the_order_and_stops_no_draft(
    planned: Any, name: str, text: str | None, told: str
) -> None:
    path = planned.folder / name
    path.unlink() if text is None else path.write_text(text)
    order = drafted(planned)
    assert any(told in note for note in order.notes), order.notes
    assert str(planned.folder) not in " ".join(order.notes)


def test_a_skill_without_shifts_is_said(planned: Any) -> None:
    planning = PlanningConfig(shifts={"electrician": ["Mon-Fri 06:00-14:00"]})
    order = drafted(replace(planned, config=PlantConfig(planning=planning)))
    assert any("no shifts are known for mechanical fitter" in note for note in order.notes)
    nobody = drafted(replace(planned, config=PlantConfig(planning=PlanningConfig(shifts={"default": []}))))
    assert nobody.window is None and any("no due window" in note for note in nobody.notes)


@pytest.mark.parametrize(("level", "wanted"), [(5, "P1"), (3, "P2"), (1, "P4")])
def test_the_plant_states_the_consequence(workshop: Any, level: int, wanted: str) -> None:
    for name in ("press", "Machine"):
        planning = PlanningConfig(consequence={name: level})
        found, reason = priority(replace(workshop, config=PlantConfig(planning=planning)), "press", 0.9)
        assert found == wanted and name in reason


def test_a_matrix_of_the_plants_own(workshop: Any) -> None:
    calm = PlanningConfig(matrix=(("P4",) * 5,) * 5)
    assert priority(replace(workshop, config=PlantConfig(planning=calm)), "pump", 1.0)[0] == "P4"


@pytest.mark.parametrize(
    "changes",
    [
        {"matrix": MATRIX[:4]},
        {"matrix": tuple(reversed(MATRIX))},
        {"matrix": (("P0",) * 5,) * 5},
        {"likelihood": (0.5, 0.2, 0.6, 0.8)},
        {"likelihood": (0.1, 0.2, 0.6)},
        {"levels": {"A": 6}},
        {"due_h": {"P1": 0}},
        {"due_h": {"P9": 1}},
        {"stops": ["sometimes"]},
        {"shifts": {"fitter": ["Mon 6-14"]}},
        {"stock": "../stock.csv"},
        {"calendar": "/etc/passwd"},
    ],
)
def test_settings_that_make_no_sense_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PlanningConfig(**changes)


def test_a_wrong_key_is_named_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "twinwright.toml").write_text('[planning]\ncalender = "c.csv"\n')
    with pytest.raises(Exception, match="did you mean calendar"):
        read_config(tmp_path)


def test_the_text_for_the_cmms_holds_everything_and_warns_first(planned: Any) -> None:
    order = drafted(planned, taint=["the problem quotes a note of 3 January"], struck=["The seal leaks (no evidence)"])
    order = order.model_copy(update={"isolation_listed": ["Q-GP1"]})
    text = order_text(order, planned.config.zone)
    assert text.startswith("!! TAINTED") and "!! The seal leaks" in text
    for each in (*order.tasks, *(point.action for point in order.isolation), "Q-GP1", "no. 105", order.priority_reason):
        assert each in text
    message = new_order(order.model_copy(update={"title": "a\nb " + "x" * 300}), "A1", "ann", planned.config.zone)
    assert message.title.startswith("a b x") and len(message.title) == 200
    assert message.due is not None and message.due - message.start == timedelta(hours=3)  # type: ignore[operator]
