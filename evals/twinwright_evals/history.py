"""What the last run of each model came to, kept in a file, so that the next can be compared with it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from twinwright_tools.errors import InputError
from twinwright_tools.times import iso

from .results import SuiteResult


@dataclass(frozen=True)
class Last:
    """A run that was: when, its figures by name, and whether each case was solved."""

    when: str
    figures: Mapping[str, float | None]
    solved: Mapping[str, bool | None]


def last_run(file: Path, model: str) -> Last | None:
    """The last complete run with that model; None if there was none.

    Raises:
        InputError: the file isn't one of ours.
    """
    found = _read(file).get(model)
    return None if found is None else Last(**found)


def keep(file: Path, result: SuiteResult, now: datetime) -> None:
    """Keeps a complete run as the last one of its model."""
    kept = _read(file)
    solved = {one.case: one.scores["solved"] for one in result.results if one.repeat == 0}
    last = Last(iso(now), {one.name: one.value for one in result.figures}, solved)
    kept[result.model] = asdict(last)
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    aside.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    aside.replace(file)


def compared(result: SuiteResult, last: Last | None) -> list[tuple[str, str, str]]:
    """The cases whose task was solved in one of the two runs and not in the other."""
    if last is None:
        return []
    words = {True: "solved", False: "not solved", None: "not asked"}
    return [
        (one.case, words[last.solved[one.case]], words[one.scores["solved"]])
        for one in result.results
        if one.repeat == 0 and one.case in last.solved and last.solved[one.case] is not one.scores["solved"]
    ]


def _read(file: Path) -> dict[str, Any]:
    if not file.exists():
        return {}
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise InputError(f"{file} holds no earlier runs; delete it, or name another with --last: {error}") from error
    return found if isinstance(found, dict) else {}
