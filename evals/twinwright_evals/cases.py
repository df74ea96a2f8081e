"""Cases: a question about a plant, and what a right answer holds. The agent never sees the second half."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from twinwright_tools.errors import InputError

CASES = Path(__file__).resolve().parent.parent / "cases"


class Expectation(BaseModel):
    """What a right answer holds; a None is not scored.

    Attributes:
        status: how the investigation ends.
        twin: the cause's twin id, or the twin that the answer is about.
        mode: the failure mode's id.
        answer_has: words that the answer contains, whatever their case.
        order: whether a work order is drafted.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Literal["concluded", "cannot_tell", "refused"] | None = None
    twin: str | None = None
    mode: str | None = None
    answer_has: tuple[str, ...] = ()
    order: bool | None = None


class Case(BaseModel):
    """One case. The plant is the demo plant with that fault (or none) and seed.

    The fault is what the simulator is told; `expect` is held by the scorer alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    category: str
    question: str
    fault: str | None
    seed: int
    expect: Expectation


def load_cases(folder: Path = CASES) -> list[Case]:
    """The cases of all `*.jsonl` files in a folder, by file name and line.

    Raises:
        InputError: a line is no case, or two have one id; file and line are named.
    """
    cases: dict[str, Case] = {}
    for file in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if not line.strip():
                continue
            case = _case(line, f"{file.name}, line {number}")
            if case.id in cases:
                raise InputError(f"{file.name}, line {number}: there is a case {case.id!r} already", code="eval.case")
            cases[case.id] = case
    if not cases:
        raise InputError(f"there are no cases in {folder}", code="eval.no_cases")
    return list(cases.values())


def _case(line: str, where: str) -> Case:
    try:
        return Case.model_validate(json.loads(line))
    except (json.JSONDecodeError, ValidationError) as error:
        raise InputError(f"{where}: {error}", code="eval.case") from error
