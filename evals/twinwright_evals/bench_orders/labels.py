"""The labelled pairs of a draft and an open order, and how well the duplicate check tells them apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from twinwright_plant.history import write_history
from twinwright_plant.make import END
from twinwright_plant.writer import write_twins
from twinwright_tools.cmms.protocol import CmmsOrder
from twinwright_tools.diagnosis.failure_modes import modes_of_plant
from twinwright_tools.orders.duplicates import Comparison, Match, failure_codes, subject_of
from twinwright_tools.orders.order import WorkOrder
from twinwright_tools.plant import Plant, open_plant

LABELS = Path(__file__).resolve().parents[2] / "labels" / "duplicates.jsonl"
TARGET = 0.95


@dataclass(frozen=True)
class Judged:
    """One pair: its split, what kind of case it is, the label, and what the check says."""

    split: str
    kind: str
    label: str
    draft: str
    match: Match


@dataclass(frozen=True)
class Score:
    """Precision and recall of "duplicate" over some pairs; `pairs` is how many, `positive` how many are duplicates."""

    pairs: int
    positive: int
    precision: float
    recall: float
    verdicts: float

    @classmethod
    def of(cls, judged: list[Judged]) -> Score:
        """The score; `verdicts` is the share of pairs whose verdict of three is the labelled one."""
        said = [one for one in judged if one.match.verdict == "duplicate"]
        right = sum(one.label == "duplicate" for one in said)
        positive = sum(one.label == "duplicate" for one in judged)
        same = sum(one.label == one.match.verdict for one in judged)
        return cls(len(judged), positive, right / len(said), right / positive, same / len(judged))


def judged_pairs(folder: Path, split: str | None = None) -> list[Judged]:
    """What the duplicate check says of every labelled pair; the demo plant's twins are written into the folder."""
    lines = [json.loads(line) for line in LABELS.read_text(encoding="utf-8").splitlines()]
    folder.mkdir(parents=True, exist_ok=True)
    with _plant(folder) as plant:
        comparison = Comparison(modes_of_plant(plant).modes, failure_codes(plant))
        return [found for line in lines if split in (None, line["split"]) for found in _judge(line, plant, comparison)]


@contextmanager
def _plant(folder: Path) -> Iterator[Plant]:
    write_twins(folder)
    write_history(folder, 1, END)
    with open_plant(folder, at=END) as plant:
        yield plant


def _judge(line: dict[str, Any], plant: Plant, comparison: Comparison) -> Iterator[Judged]:
    subject = subject_of(plant, _draft(line, plant.at), lambda twin: twin)
    assert subject is not None
    orders = [_order(number, one, plant.at) for number, one in enumerate(line["orders"])]
    by_id = {match.order.id: match for match in comparison.judge(subject, orders)}
    for number, one in enumerate(line["orders"]):
        yield Judged(line["split"], one["kind"], one["label"], line["title"], by_id[str(number)])


def _draft(line: dict[str, Any], at: datetime) -> WorkOrder:
    return WorkOrder(
        id="WO-0001",
        asset=line["asset"],
        location=[],
        title=line["title"],
        problem=line["problem"],
        failure_mode=line["mode"],
        priority="P2",
        priority_reason="",
        tasks=[],
        isolation=[],
        parts=[],
        skills=[],
        duration_h=1,
        evidence=["E1"],
        run=None,
        created=at,
        onset=at - timedelta(hours=line["onset_h"]),
        idempotency_key="key",
    )


def _order(number: int, one: dict[str, Any], at: datetime) -> CmmsOrder:
    return CmmsOrder(
        id=str(number),
        asset=one["asset"],
        title=one["title"],
        text=one["text"],
        failure_mode=one["code"],
        state=one["state"],
        status=one["state"].replace("_", " "),
        created=at - timedelta(hours=one["age_h"]),
        changed=at - timedelta(hours=one["changed_h"]),
    )
