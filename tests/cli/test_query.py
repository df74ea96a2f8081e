"""`twinwright query`: its dialects, what runs unchecked, and what it explains."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twinwright_cli.main import main

PLANT = Path(__file__).parents[1] / "tools" / "twins" / "data" / "plant"
WALK = "SELECT a.$dtId AS a, b.$dtId AS b FROM DIGITALTWINS MATCH (a)-[:feeds*..2]->(b) WHERE a.$dtId = 'pump2'"
OPEN = "SELECT a.$dtId AS a FROM DIGITALTWINS MATCH (a)-[:feeds]->(b) WHERE b.name = 'Valve'"
MISSPELLED = "SELECT * FROM DIGITALTWINS T WHERE T.powr > 5"

Run = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def query(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command on a small plant; the exit code and the document on stdout."""
    plant = tmp_path / "plant"
    shutil.copytree(PLANT, plant)

    def run(*words: str) -> tuple[int, dict[str, Any]]:
        code = main(["query", "-C", str(plant), "--json", *words])
        return code, json.loads(capsys.readouterr().out)

    return run


def test_a_walk(query: Run) -> None:
    code, document = query(WALK)
    assert code == 0
    assert document["value"] == [{"a": "pump2", "b": "tank1"}, {"a": "pump2", "b": "valve1"}]


def test_the_embedded_dialect_lifts_a_restriction(query: Run) -> None:
    code, document = query(OPEN)
    assert code == 2
    assert document["error"]["code"] == "query.no_start"
    assert "the dialect 'embedded' lifts this" in document["error"]["message"]
    code, document = query(OPEN, "--dialect", "embedded")
    assert code == 0
    assert document["value"] == [{"a": "tank1"}]


def test_unchecked_finds_nothing_where_checked_refuses(query: Run) -> None:
    code, document = query(MISSPELLED)
    assert code == 2
    error = document["error"]
    assert (error["code"], error["suggestions"], error["position"]) == (
        "query.unknown_property",
        ["power"],
        MISSPELLED.index("powr"),
    )
    assert query(MISSPELLED, "--unchecked") == (0, {"value": [], "continuationToken": None})


def test_explained_before_it_runs(query: Run) -> None:
    code, document = query(WALK, "--explain")
    assert code == 0
    assert set(document) == {"tree", "checks", "plan", "bound", "sql"}
    assert document["bound"] >= 2
    assert "follow a.feeds leads to b in 1 to 2 hops" in document["plan"]
    assert any(line.startswith("expect about ") for line in document["plan"])
