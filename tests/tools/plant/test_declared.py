"""What twinwright.toml declares of signals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from twinwright_tools.plant import open_plant
from twinwright_tools.telemetry.series import SignalKey

GRAPH = {
    "digitalTwinsFileInfo": {"fileVersion": "1.0.0"},
    "digitalTwinsModels": [
        {
            "@context": "dtmi:dtdl:context;3",
            "@id": "dtmi:com:example:Machine;1",
            "@type": "Interface",
            "displayName": "Some machine",
            "contents": [{"@type": "Telemetry", "name": "rate", "schema": "double"}],
        },
        {
            "@context": "dtmi:dtdl:context;3",
            "@id": "dtmi:com:example:Filler;1",
            "@type": "Interface",
            "extends": "dtmi:com:example:Machine;1",
        },
    ],
    "digitalTwinsGraph": {
        "digitalTwins": [
            {"$dtId": name, "$metadata": {"$model": "dtmi:com:example:Filler;1"}} for name in ("filler", "other")
        ],
        "relationships": [],
    },
}


def plant_folder(folder: Path, config: str) -> Path:
    (folder / "graph.json").write_text(json.dumps(GRAPH))
    (folder / "twinwright.toml").write_text(config)
    (folder / "telemetry").mkdir()
    rows = [
        f"2026-01-05T08:00:0{second}+00:00,{twin},rate,{second}" for second in range(9) for twin in ("filler", "other")
    ]
    (folder / "telemetry" / "rate.csv").write_text("\n".join(["timestamp,twin,signal,value", *rows]) + "\n")
    return folder


@pytest.mark.parametrize("model", ["Some machine", "Machine", "Filler"])
def test_a_unit_holds_for_all_twins_of_a_model_by_either_name(tmp_path: Path, model: str) -> None:
    with open_plant(plant_folder(tmp_path, f'[units]\n"{model}.rate" = "bottles/h"\n')) as plant:
        assert not plant.problems
        assert plant.telemetry.info(SignalKey("other", "rate")).unit == "bottles/h"


def test_the_signals_own_declaration_wins(tmp_path: Path) -> None:
    config = '[units]\n"Machine.rate" = "bottles/h"\n"filler.rate" = "cans/h"\n[ranges]\n"Filler.rate" = { high = 5 }\n'
    with open_plant(plant_folder(tmp_path, config)) as plant:
        assert plant.telemetry.info(SignalKey("filler", "rate")).unit == "cans/h"
        bounds = plant.range_of(SignalKey("filler", "rate"))
        assert bounds is not None
        assert bounds.high == 5


def test_a_declaration_that_fits_nothing_is_named(tmp_path: Path) -> None:
    with open_plant(plant_folder(tmp_path, '[units]\n"Filer.rate" = "bottles/h"\n')) as plant:
        (problem,) = plant.problems
        assert problem.code == "config.units"
        assert "Filler.rate" in problem.message
