"""The plants that cases are asked about: made once each, edited, and forgotten with the run."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twinwright_tools.errors import InputError

from .cases import Case, Edit, HistoryRow, ModelText, NoTelemetry, Tag, TwinText

if TYPE_CHECKING:
    from datetime import datetime

    from twinwright_plant import Truth


def make_case_plant(case: Case, folder: Path) -> Truth | None:
    """Makes a case's plant in an empty folder; its truth, which is never written there.

    Raises:
        InputError: an edit names something that the plant doesn't have, or there is no such fault.
    """
    truth = None
    if case.plant == "substations":
        from .substations import make_substations

        make_substations(folder, case.seed)
    else:
        from twinwright_plant import make_plant

        try:
            truth = make_plant(folder, case.fault, case.seed)
        except ValueError as error:
            raise InputError(f"case {case.id!r}: {error}", code="eval.case") from error
    edit_plant(folder, case.edits)
    return truth


def copy_plant(made: Path, folder: Path) -> None:
    """A copy of a plant folder that may be edited: what it shares with the first are files that are never changed."""
    shutil.copytree(made, folder, copy_function=os.link, ignore=shutil.ignore_patterns(".twinwright"))


def edit_plant(folder: Path, edits: tuple[Edit, ...]) -> None:
    """Carries the edits out, in order. A file that is changed is written anew, so that a copy keeps its own.

    Raises:
        InputError: an edit names something that the plant doesn't have.
    """
    for edit in edits:
        if isinstance(edit, HistoryRow):
            _history_row(folder / "history" / edit.file, edit.row)
        elif isinstance(edit, TwinText):
            _in_graph(folder, lambda graph, edit=edit: _twin_text(graph, edit))  # type: ignore[misc]
        elif isinstance(edit, ModelText):
            _in_graph(folder, lambda graph, edit=edit: _model_text(graph, edit))  # type: ignore[misc]
        elif isinstance(edit, Tag):
            _tag(folder / "telemetry", edit)
        else:
            _without(folder / "telemetry", edit)


def _replace(path: Path, text: str) -> None:
    aside = path.with_name(f".{path.name}.new")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def _history_row(path: Path, row: Mapping[str, str]) -> None:
    if path.suffix == ".jsonl":
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        _replace(path, before + json.dumps(dict(row), ensure_ascii=False) + "\n")
        return
    if not path.exists():
        raise InputError(f"there is no {path.name} in the plant's history", code="eval.case")
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        columns, rows = list(reader.fieldnames or ()), list(reader)
    if unknown := [name for name in row if name not in columns]:
        raise InputError(f"{path.name} has no column {unknown[0]!r}", code="eval.case")
    aside = path.with_name(f".{path.name}.new")
    with aside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows([*rows, row])
    aside.replace(path)


def _in_graph(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = folder / "graph.json"
    graph = json.loads(path.read_text(encoding="utf-8"))
    change(graph)
    _replace(path, json.dumps(graph, indent=1, ensure_ascii=False) + "\n")


def _twin_text(graph: dict[str, Any], edit: TwinText) -> None:
    twins = {twin["$dtId"]: twin for twin in graph["digitalTwinsGraph"]["digitalTwins"]}
    if edit.twin not in twins:
        raise InputError(f"the plant has no twin {edit.twin!r}", code="eval.case")
    twins[edit.twin][edit.property] = edit.value


def _model_text(graph: dict[str, Any], edit: ModelText) -> None:
    models = {model["@id"]: model for model in graph["digitalTwinsModels"]}
    if edit.model not in models:
        raise InputError(f"the plant has no model {edit.model!r}", code="eval.case")
    models[edit.model][edit.member] = edit.value


def _tag(folder: Path, edit: Tag) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    files = sorted(folder.glob("*.parquet"))
    schema = pq.read_schema(files[0])
    last: datetime = max(pq.read_table(file, columns=["timestamp"])["timestamp"][-1].as_py() for file in files)
    times = [last - timedelta(minutes=back) for back in range(60, 0, -10)]
    is_text = isinstance(edit.value, str)
    columns = {
        "timestamp": times,
        "twin": [edit.twin] * len(times),
        "signal": [edit.signal] * len(times),
        "value": [None if is_text else edit.value] * len(times),
        "text": [edit.value if is_text else None] * len(times),
    }
    pq.write_table(pa.table(columns, schema), folder / f"more-{len(files)}.parquet")


def _without(folder: Path, edit: NoTelemetry) -> None:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    left = 0
    for file in sorted(folder.glob("*.parquet")):
        table = pq.read_table(file)
        kept = table.filter(pc.not_equal(table["twin"], edit.twin))
        left += table.num_rows - kept.num_rows
        if table.num_rows > kept.num_rows:
            aside = file.with_name(f".{file.name}.new")
            pq.write_table(kept, aside, compression="zstd", row_group_size=250_000)
            aside.replace(file)
    if not left:
        raise InputError(f"the plant has no telemetry of {edit.twin!r}", code="eval.case")
