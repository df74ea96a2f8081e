"""The data packs: other people's measurements; and the demo plant with a complaint about each fault's own line."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from twinwright_plant import FAULTS, make_plant
from twinwright_tools.diagnosis import Symptom, diagnose
from twinwright_tools.errors import InputError
from twinwright_tools.plant import open_plant
from twinwright_tools.times import parse_time, to_micros

from ..reliability import Pair
from .figures import Figure, Share
from .judging import Run, judge
from .visible import VISIBLE, excess

PACKS = ("process_sim", "process", "services", "lathe", "lathe_healthy")
TARGETS: dict[str, dict[str, float]] = {
    "process_sim": {"A@1": 0.55, "A@3": 0.72, "Avg@5": 0.65, "visible A@1": 0.85, "blamed": 0},
    "process": {"A@1": 0.66, "A@3": 1.0},
    "services": {"A@1": 0.55, "A@3": 0.90},
    "lathe": {"P@1": 0.95, "P@3": 1.0},
    "lathe_healthy": {"blamed": 1},
}


def run_pack(folder: Path, state: Path) -> Iterator[Run]:
    """The engine over every case of a pack.

    Raises:
        InputError: a line of its cases is no case.
    """
    for number, line in enumerate((folder / "cases.jsonl").read_text(encoding="utf-8").splitlines(), 1):
        try:
            case = json.loads(line)
            symptoms = [Symptom(one["twin"], one.get("signal")) for one in case["symptoms"]]
            at, truth, name = parse_time(case["observed_at"]), case["truth"], case["case"]
            telemetry = folder / case["telemetry"]
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{folder / 'cases.jsonl'}, line {number}, is no case: {error}") from error
        with open_plant(folder, telemetry=[telemetry], state=state / folder.name / name, at=at) as plant:
            begin = time.perf_counter()
            found = diagnose(plant, symptoms)
            seconds = time.perf_counter() - begin
            visible = None
            if truth.get("onset") and case.get("kind", "").startswith("sampled"):
                onset = to_micros(parse_time(truth["onset"]))
                visible = excess(plant.telemetry.series(), onset, to_micros(at)) > VISIBLE
        yield judge(folder.name, name, found, truth, seconds, visible)


def run_demo(
    faults: Sequence[str], seeds: Sequence[int], space: Path, progress: Callable[[str], None]
) -> Iterator[Run]:
    """The engine over the demo plant with each fault and seed, asked about the throughput of the fault's own line."""
    for fault in faults:
        progress(f"demo plant: {fault}")
        symptom = Symptom(f"line-{FAULTS[fault].line}", "throughput")
        for seed in seeds:
            folder = space / f"plant-{len(list(space.iterdir()))}"
            truth = make_plant(folder, fault, seed)
            with open_plant(folder, state=space / f"{folder.name}-state") as plant:
                begin = time.perf_counter()
                found = diagnose(plant, [symptom])
            seconds = time.perf_counter() - begin
            known = {"twins": [truth.twin], "onset": truth.onset.isoformat() if truth.onset else None}
            yield judge("demo", f"{fault}/{seed}/{truth.mode}", found, known, seconds)


def within(places: Sequence[int | None], most: int) -> Share:
    """How many places are among the first so many."""
    return Share.of(place is not None and place <= most for place in places)


def pairs_of(runs: Sequence[Run]) -> list[Pair]:
    """(confidence, correct) of every first hypothesis; one about a healthy run is wrong."""
    return [(run.confidence, run.place == 1) for run in runs if run.confidence is not None]


def figures_of(pack: str, runs: Sequence[Run]) -> list[Figure]:
    """What was measured of one pack, with its targets."""
    faulty, healthy = [run for run in runs if not run.healthy], [run for run in runs if run.healthy]
    asked = TARGETS.get(pack, {})
    figures: list[Figure] = []
    if faulty:
        figures += _places("A", [run.place for run in faulty], asked)
        figures.append(Figure("Avg@5", _average([run.place for run in faulty]), asked.get("Avg@5")))
        for word, seen in (("visible", True), ("not visible", False)):
            places = [run.place for run in faulty if run.visible is seen]
            if any(run.visible is not None for run in faulty):
                figures.append(Figure(f"{word} A@1", within(places, 1), asked.get(f"{word} A@1")))
    signals = [run for run in faulty if run.named_signals]
    if signals:
        figures += _places("sA", [run.signal_place for run in signals], asked)
        figures += _places("P", [run.all_within for run in signals], asked, (1, 3))
    if healthy:
        blamed = sum(run.blamed for run in healthy)
        unit = f"of {len(healthy)} healthy cases"
        figures.append(Figure("blamed", blamed, most=asked.get("blamed"), unit=unit))
    errors = [run.onset_error_s for run in faulty if run.onset_error_s is not None]
    figures += [
        Figure("faulty cases without a cause named", Share.of(run.verdict != "cause" for run in faulty)),
        Figure("healthy cases without a cause named", Share.of(run.verdict != "cause" for run in healthy)),
        Figure("onset error, median", median(errors) if errors else None, unit="s"),
        Figure("time a case, median", median(run.seconds for run in runs) if runs else None, unit="s"),
    ]
    return [one for one in figures if one.value is not None and not _of_nothing(one.value)]


def _of_nothing(value: Share | float) -> bool:
    return isinstance(value, Share) and not value.total


def _places(
    letter: str, places: Sequence[int | None], asked: dict[str, float], ranks: Sequence[int] = (1, 3, 5)
) -> list[Figure]:
    return [Figure(f"{letter}@{k}", within(places, k), asked.get(f"{letter}@{k}")) for k in ranks]


def _average(places: Sequence[int | None]) -> float:
    """The mean of A@1 to A@5."""
    return sum(within(places, k).count for k in range(1, 6)) / (5 * len(places))


def summary_of(figures: Sequence[Figure]) -> dict[str, Any]:
    """Figures by name, for JSON."""
    return {one.name: one.as_dict() for one in figures}
