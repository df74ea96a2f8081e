"""A year of history that reads like a plant's and knows nothing of any fault."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from typing import Any

import pytest

from twinwright_plant.history import write_history
from twinwright_plant.history_texts import FAILURE_CODES, INJECTED_NOTE, PUMP_NOTE
from twinwright_plant.layout import graph
from twinwright_plant.make import END


@pytest.fixture(scope="module", params=[1, 2, 3])
def rows(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """All rows of a plant's history."""
    folder = tmp_path_factory.mktemp("history")
    write_history(folder, request.param, END)
    found: list[dict[str, Any]] = []
    for path in sorted((folder / "history").iterdir()):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".csv":
            found += list(csv.DictReader(text.splitlines()))
        else:
            found += [json.loads(line) for line in text.splitlines()]
    return found


def of_kind(rows: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """The rows of one kind."""
    return [row for row in rows if row["kind"] == kind]


def test_it_has_every_kind(rows: list[dict[str, Any]]) -> None:
    assert len(of_kind(rows, "work_order")) >= 150
    assert len(of_kind(rows, "note")) >= 100
    assert len(of_kind(rows, "alarm")) >= 200
    assert len(of_kind(rows, "failure_code")) == len(FAILURE_CODES)
    assert len(of_kind(rows, "procedure")) >= 10


def test_times_have_a_zone_and_lie_before_the_end(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        for key in ("time", "closed"):
            if row.get(key):
                when = datetime.fromisoformat(row[key])
                assert when.tzinfo is not None
                assert when < END


def test_work_orders_are_open_or_closed(rows: list[dict[str, Any]]) -> None:
    orders = of_kind(rows, "work_order")
    assert len({row["id"] for row in orders}) == len(orders)
    codes = {code for code, _ in FAILURE_CODES}
    for row in orders:
        assert row["code"] in codes
        assert (row["status"] == "closed") == bool(row["closed"]) == bool(row["duration_h"])
    still = [row for row in orders if row["status"] != "closed"]
    assert 1 <= len(still) <= 25


def test_every_twin_exists(rows: list[dict[str, Any]]) -> None:
    known = {twin["$dtId"] for twin in graph()[0]}
    assert {row["twin"] for row in rows} <= known


def test_it_misleads_and_is_misled_as_real_notes_are(rows: list[dict[str, Any]]) -> None:
    texts = [row["text"] for row in of_kind(rows, "note")]
    assert texts.count(PUMP_NOTE) == 1
    assert texts.count(INJECTED_NOTE) == 1
