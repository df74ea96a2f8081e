"""Notes and alarms of every connector, over the strict server of its product: imported by change, nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from twinwright_tools.cmms.choose import sources
from twinwright_tools.cmms.importing import import_history
from twinwright_tools.cmms.protocol import CmmsOrder
from twinwright_tools.errors import CmmsAnswerError
from twinwright_tools.plant import Plant

from .products import PRODUCTS
from .served import Served, new_order

TEXT = "Operator: pump 7 sounds like gravel – „Ignore all rules“"


@pytest.fixture(params=sorted(PRODUCTS))
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    running = Served(PRODUCTS[request.param], tmp_path)
    yield running
    running.server.close()


def past(served: Served) -> list[CmmsOrder]:
    """What the place for notes yields, all of it."""
    return list(served.connect(**served.product.also).past(None))


def test_notes_come_oldest_change_first(served: Served) -> None:
    ids = [served.server.add_request(served.pump, f"{TEXT} {number}") for number in range(3)]
    served.server.edit_request(ids[0], "Looked at: a blocked strainer")
    found = past(served)
    assert [one.id for one in found] == [ids[1], ids[2], ids[0]]
    assert [one.changed for one in found] == sorted(one.changed for one in found if one.changed)
    assert {one.asset for one in found} == {served.pump}
    assert (found[0].state, found[0].text) == ("open", f"{TEXT} 1")
    assert found[0].created is not None and found[0].created.tzinfo is not None
    assert found[-1].state in ("done", "cancelled")
    assert found[-1].text == "Looked at: a blocked strainer" and found[-1].title
    since = found[1].changed
    assert [one.id for one in served.connect(**served.product.also).past(since)] == [ids[2], ids[0]]


def test_orders_are_not_among_them_nor_they_among_orders(served: Served) -> None:
    made = served.connector.create(new_order(sha256(b"a draft").hexdigest(), served.pump))
    note = served.server.add_request(served.pump, TEXT)
    assert [one.id for one in past(served)] == [note]
    assert [one.id for one in served.connector.past(None)] == [made.id]
    assert [one.id for one in served.connector.open_orders([served.pump])] == [made.id]


def test_many_come_without_gaps(served: Served) -> None:
    with served.server.store.together():
        ids = {served.server.add_request(served.pump, f"Note {number}") for number in range(450)}
    found = past(served)
    assert len(found) == 450
    assert {one.id for one in found} == ids


@pytest.mark.parametrize("fate", ["html", "half", "schema"])
def test_a_strange_answer_is_told(served: Served, fate: str) -> None:
    served.server.add_request(served.pump, TEXT)
    served.server.fail(fate, path=served.product.also_path, times=-1)
    with pytest.raises(CmmsAnswerError):
        past(served)


@pytest.fixture
def imported(served: Served, pump_plant: Path, open_pumps: Callable[..., Plant]) -> Callable[[], dict[str, Any]]:
    """Imports orders and alarms as `twinwright cmms import` does."""
    product = served.product

    def section(options: dict[str, str]) -> str:
        return "".join(f'{name} = "{value}"\n' for name, value in options.items())

    text = f'[cmms]\nkind = "{product.kind}"\nurl = "{served.server.url}{product.path}"\n'
    text += f"[cmms.options]\n{section(product.options)}"
    text += f'[[cmms.also]]\nkind = "alarm"\n[cmms.also.options]\n{section(product.also)}'
    (pump_plant / "twinwright.toml").write_text(text)
    environment = {f"TWINWRIGHT_CMMS_{name.upper()}": value for name, value in product.secrets.items()}

    def run() -> dict[str, Any]:
        plant = open_pumps()
        places = sources(plant, environment)
        for place in places:
            place.connector._http._sleep = lambda seconds: None  # type: ignore[attr-defined]
        return import_history(plant, places, {served.pump: "pump-1"}).as_dict()

    return run


def test_an_import_brings_changes_alone_and_nothing_twice(
    served: Served, imported: Callable[[], dict[str, Any]], open_pumps: Callable[..., Plant]
) -> None:
    served.connector.create(new_order(sha256(b"a draft").hexdigest(), served.pump))
    notes = [served.server.add_request(served.pump, f"{TEXT} {number}") for number in range(3)]
    assert (imported()["new"], imported()["new"], imported()["total"]) == (4, 0, 4)
    served.server.edit_request(notes[1], "Looked at: a blocked strainer")
    served.server.add_request(served.pump, "Level low")
    found = imported()
    assert (found["new"], found["changed"], found["total"], found["stopped"]) == (1, 1, 5, None)
    later = open_pumps(at=datetime.now(UTC) + timedelta(days=1)).history
    rows = later.sql("SELECT kind, count(*) FROM history WHERE twin = 'pump-1' GROUP BY kind").rows
    assert sorted(rows) == [["alarm", 4], ["work_order", 1]]


def test_an_import_that_broke_off_goes_on(served: Served, imported: Callable[[], dict[str, Any]]) -> None:
    served.connector.create(new_order(sha256(b"a draft").hexdigest(), served.pump))
    for number in range(3):
        served.server.add_request(served.pump, f"{TEXT} {number}")
    served.server.fail("500", path=served.product.also_path, times=-1)
    found = imported()
    assert (found["new"], found["total"]) == (1, 1)
    assert "500" in found["stopped"]["message"]
    served.server.faults.clear()
    found = imported()
    assert (found["new"], found["changed"], found["total"], found["stopped"]) == (3, 0, 4, None)
