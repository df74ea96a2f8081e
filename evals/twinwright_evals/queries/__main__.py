"""``python -m twinwright_evals.queries``: writes evals/cases/queries.jsonl, questions whose answer is a query.

Half of them are about the demo plant and half about the substation fleet. What is right is worked out here from the raw
files, row by row in plain Python: nothing of Twinwright's query, telemetry or history code is used.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..cases import CASES, Case, Expectation, PlantKind
from ..plants import make_case_plant
from ..raw_plant import RawPlant
from .working import Question

FILE = CASES / "queries.jsonl"
SEEDS: dict[PlantKind, int] = {"demo": 206, "substations": 7}


def write(file: Path = FILE) -> int:
    """Writes the cases anew; how many there are."""
    lines = [case.model_dump_json(exclude_defaults=True) + "\n" for case in worked_out()]
    file.write_text("".join(lines), encoding="utf-8")
    return len(lines)


def worked_out(kinds: Iterable[PlantKind] = ("demo", "substations")) -> list[Case]:
    """The query cases of these plants with their expected rows."""
    from . import demo, fleet

    questions: dict[PlantKind, Sequence[Question]] = {"demo": demo.QUESTIONS, "substations": fleet.QUESTIONS}
    found = []
    for kind in kinds:
        with tempfile.TemporaryDirectory(prefix="twinwright-cases-") as place:
            empty = Case(id="plant", category="", question="", plant=kind, seed=SEEDS[kind], expect=Expectation())
            make_case_plant(empty, Path(place) / "plant")
            plant = RawPlant.read(Path(place) / "plant")
            found += [_case(one, kind, plant) for one in questions[kind]]
    return found


def _case(one: Question, kind: PlantKind, plant: RawPlant) -> Case:
    return Case.model_validate(
        {
            "id": one.id,
            "category": one.category,
            "asker": one.asker,
            "plant": kind,
            "question": one.text,
            "seed": SEEDS[kind],
            "expect": one.answer(plant).model_copy(update={"order": False}).model_dump(exclude_defaults=True),
        }
    )


if __name__ == "__main__":
    print(f"{write()} cases in {FILE}")
