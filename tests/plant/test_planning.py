"""The plan of the demo plant's maintenance fits the plant: twins, skills, parts, and no problem in it."""

from __future__ import annotations

from pathlib import Path

from twinwright_plant.make import END
from twinwright_plant.planning import PARTS, write_planning
from twinwright_plant.writer import write_twins
from twinwright_tools.diagnosis.failure_modes import load_failure_modes
from twinwright_tools.orders.planning import read_planning
from twinwright_tools.plant import open_plant


def test_it_is_read_without_a_problem_and_names_what_exists(tmp_path: Path) -> None:
    write_twins(tmp_path)
    write_planning(tmp_path, END)
    with open_plant(tmp_path, at=END) as plant:
        planning = read_planning(plant)
        assert not planning.problems and plant.problems == []
        assert all(row.start > END or row.kind == "stop" for row in planning.calendar) and len(planning.calendar) == 3
        assert {row.twin for row in (*planning.calendar, *planning.stock) if row.twin} <= set(plant.graph.twins)
        levels = plant.config.planning.levels
        known = {
            twin.properties["criticality"] for twin in plant.graph.twins.values() if "criticality" in twin.properties
        }
        assert known <= set(levels)
        shifts = set(plant.config.planning.shifts)
    modes = load_failure_modes()
    assert shifts - {"default"} <= {skill for mode in modes for skill in mode.skills}
    assert {part[0] for part in PARTS} <= {part for mode in modes for part in mode.parts}
