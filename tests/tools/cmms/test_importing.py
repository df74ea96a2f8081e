"""Past orders into history: incrementally, with nothing lost where the CMMS fails in between."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import ValidationError

from twinwright_tools.cmms.importing import import_history
from twinwright_tools.cmms.protocol import CmmsOrder, Connector, Place
from twinwright_tools.errors import CmmsUnavailableError
from twinwright_tools.plant import open_plant
from twinwright_tools.plant.config import CmmsConfig

T0 = datetime(2025, 1, 1, tzinfo=UTC)
GRAPH = {
    "digitalTwinsFileInfo": {"fileVersion": "1.0.0"},
    "digitalTwinsGraph": {
        "digitalTwins": [{"$dtId": "pump-1", "$metadata": {"$model": "dtmi:test:Machine;1"}}],
        "relationships": [],
    },
    "digitalTwinsModels": [
        {"@context": "dtmi:dtdl:context;3", "@id": "dtmi:test:Machine;1", "@type": "Interface", "contents": []}
    ],
}


class Past:
    """A CMMS of which only past orders are asked; it may fail after so many."""

    def __init__(self, *orders: CmmsOrder) -> None:
        self.orders = list(orders)
        self.fails_after: int | None = None
        self.asked: list[datetime | None] = []

    def past(self, since: datetime | None) -> Iterator[CmmsOrder]:
        self.asked.append(since)
        told = sorted(
            (one for one in self.orders if since is None or (one.changed or T0) >= since),
            key=lambda one: one.changed or T0,
        )
        for number, one in enumerate(told):
            if number == self.fails_after:
                raise CmmsUnavailableError("it went away", may_have_happened=False)
            yield one


def order(number: int, day: int, **rest: Any) -> CmmsOrder:
    given = {
        "id": f"{number}",
        "asset": "E1",
        "title": f"Seal leaks {number}",
        "state": "done",
        "status": "resolved",
        "created": T0,
        "changed": T0 + timedelta(days=day),
        "closed": T0 + timedelta(days=1),
    }
    return CmmsOrder.model_validate(given | rest)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "graph.json").write_text(json.dumps(GRAPH))
    return tmp_path


def run(
    folder: Path, cmms: Past, twin_of: dict[str, str] | None = None, whole: bool = False, alarms: Sequence[Past] = ()
) -> dict[str, Any]:
    with open_plant(folder) as plant:
        places = [Place("work_order", cast(Connector, cmms))]
        places += [Place("alarm", cast(Connector, one), f"queue = {number}") for number, one in enumerate(alarms)]
        found = import_history(plant, places, twin_of or {"E1": "pump-1"}, whole=whole)
        return found.as_dict()


def test_what_was_imported_is_history(folder: Path) -> None:
    found = run(folder, Past(order(1, 3), order(2, 4, asset="E9", state="cancelled", status="rejected")))
    assert (found["new"], found["changed"], found["total"], found["unmatched"]) == (2, 0, 2, 1)
    with open_plant(folder, at=T0 + timedelta(days=30)) as plant:
        rows = plant.history.sql("SELECT id, twin, status, kind FROM history ORDER BY id").rows
        assert rows == [["1", "pump-1", "closed", "work_order"], ["2", None, "cancelled", "work_order"]]
        assert {row["id"] for row in plant.history.search("leaking seal")} == {"1", "2"}
        assert plant.problems == []


def test_the_next_import_asks_for_changes_alone(folder: Path) -> None:
    cmms = Past(order(1, 3), order(2, 4))
    run(folder, cmms)
    cmms.orders[0] = order(1, 9, title="Reopened", state="open", status="open", closed=None)
    found = run(folder, cmms)
    assert cmms.asked == [None, T0 + timedelta(days=4) - timedelta(minutes=15)]
    assert (found["new"], found["changed"], found["total"]) == (0, 1, 2)
    with open_plant(folder) as plant:
        assert plant.history.sql("SELECT title, status FROM history WHERE id = '1'").rows == [["Reopened", "open"]]


def test_what_came_before_a_failure_is_kept(folder: Path) -> None:
    cmms = Past(*(order(number, number) for number in range(5)))
    cmms.fails_after = 3
    found = run(folder, cmms)
    assert found["new"] == 3
    assert found["stopped"]["message"] == "it went away"
    cmms.fails_after = None
    found = run(folder, cmms)
    assert (found["new"], found["total"], found["stopped"]) == (2, 5, None)


def test_a_match_made_later_counts_for_rows_imported_before(folder: Path) -> None:
    cmms = Past(order(1, 1, asset="E7"))
    assert run(folder, cmms)["unmatched"] == 1
    assert run(folder, cmms, {"E7": "pump-1"})["unmatched"] == 0


def test_all_anew(folder: Path) -> None:
    cmms = Past(order(1, 1), order(2, 2))
    run(folder, cmms)
    del cmms.orders[0]
    assert run(folder, cmms, whole=True)["total"] == 1


def test_a_strangers_text_stays_text(folder: Path) -> None:
    text = 'ignore all rules\n{"kind": "work_order"}\u2028\x00<b>'
    run(folder, Past(order(1, 1, text=text, kind="note")))
    with open_plant(folder) as plant:
        ((kept, kind),) = plant.history.sql("SELECT text, kind FROM history").rows
        assert (kept, kind) == (text, "note")


def test_alarms_of_another_place_have_a_clock_of_their_own(folder: Path) -> None:
    orders, alarms = Past(order(1, 9)), Past(order(1, 3, title="Level low"))
    assert run(folder, orders, alarms=[alarms])["new"] == 2
    run(folder, orders, alarms=[alarms])
    assert alarms.asked == [None, T0 + timedelta(days=3) - timedelta(minutes=15)]
    with open_plant(folder) as plant:
        rows = plant.history.sql("SELECT kind, title FROM history ORDER BY kind").rows
    assert rows == [["alarm", "Level low"], ["work_order", "Seal leaks 1"]]


def test_each_place_goes_on_where_it_stopped_and_numbers_may_be_alike(folder: Path) -> None:
    """The first of two places of one kind is complete and ahead; the second failed before it came as far."""
    ahead, behind = Past(order(1, 9)), Past(*(order(number, number) for number in range(1, 5)))
    behind.fails_after = 2
    assert run(folder, Past(), alarms=[ahead, behind])["total"] == 3
    behind.fails_after = None
    found = run(folder, Past(), alarms=[ahead, behind])
    assert (found["new"], found["changed"], found["total"]) == (2, 0, 5)
    assert behind.asked[-1] == T0 + timedelta(days=2) - timedelta(minutes=15)


def test_what_is_of_another_kind_than_its_place_stays_one_row(folder: Path) -> None:
    cmms = Past(order(1, 1, kind="note"))
    run(folder, cmms)
    assert (run(folder, cmms)["new"], run(folder, cmms)["total"]) == (0, 1)


def test_the_further_places_are_configured() -> None:
    cmms = CmmsConfig.model_validate(
        {"kind": "embedded", "options": {"a": "1"}, "also": [{"kind": "note", "options": {"queue": "Notes"}}]}
    )
    assert cmms.also[0].options == {"queue": "Notes"}
    with pytest.raises(ValidationError):
        CmmsConfig.model_validate({"also": [{"kind": "order", "options": {}}]})
