"""`make bench`: how long things take on the demo plant, each beside a named alternative in the same run.

Our side and the alternative are run in turn (A B A B …), so that a machine that slows down slows both. What is compared
gives the same answer on both sides; where it doesn't, the benchmark fails instead of printing a ratio.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from twinwright_plant import make_plant
from twinwright_tools.diagnosis import Symptom, diagnose
from twinwright_tools.plant import Plant, open_plant
from twinwright_tools.telemetry.series import SignalKey
from twinwright_tools.telemetry.window import window
from twinwright_tools.twins.graph import Twin

from .machine import machine

Work = Callable[[], object]


@dataclass(frozen=True)
class Measured:
    """Medians in seconds over the runs; ratio is the alternative's median by ours (above 1: ours is quicker)."""

    what: str
    ours_s: float
    alternative: str
    alternative_s: float | None
    ratio: float | None
    runs: int


def measure(what: str, ours: Work, alternative: str, other: Work | None, runs: int) -> Measured:
    """Times both sides in turn after one warm-up each."""
    sides = [ours] if other is None else [ours, other]
    for side in sides:
        side()
    seconds: list[list[float]] = [[] for _ in sides]
    for _ in range(runs):
        for side, taken in zip(sides, seconds, strict=True):
            began = time.perf_counter()
            side()
            taken.append(time.perf_counter() - began)
    medians = [statistics.median(taken) for taken in seconds]
    ratio = medians[1] / medians[0] if other is not None else None
    return Measured(what, medians[0], alternative, medians[1] if other is not None else None, ratio, runs)


def bench_window(plant: Plant, key: SignalKey, runs: int) -> Measured:
    """Statistics and 200 kept samples of 48 h of one signal, against pandas reading the same Parquet files."""
    first, last = plant.telemetry.span() or (plant.at, plant.at)
    files = sorted((plant.folder / "telemetry").glob("*.parquet"))

    def ours() -> float:
        mean = window(plant, key, first, last).as_dict()["statistics"]["mean"]
        return float(mean)

    def with_pandas() -> float:
        parts = [
            pd.read_parquet(file, filters=[("twin", "=", key.twin), ("signal", "=", key.signal)]) for file in files
        ]
        frame = pd.concat(parts).sort_values("timestamp")
        frame["value"].describe()
        frame.iloc[:: max(1, len(frame) // 200)]
        return float(frame["value"].mean())

    _agree("window mean", ours(), with_pandas())
    return measure("telemetry window, one signal, 48 h", ours, "pandas.read_parquet with filters", with_pandas, runs)


def bench_query(plant: Plant, runs: int) -> Measured:
    """Twins of a model and its heirs, parsed and checked each time, against a scan of networkx nodes."""
    model = max(plant.models.interfaces, key=lambda one: sum(plant.models.is_a(t.model, one) for t in _twins(plant)))
    text = f"SELECT COUNT() FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, '{model}')"

    def ours() -> int:
        return int(plant.query(text).value[0]["COUNT"])

    def with_networkx() -> int:
        return sum(plant.models.is_a(plant.graph.twins[node].model, model) for node in plant.graph.influence.nodes)

    _agree("count of twins", ours(), with_networkx())
    return measure("twin query, COUNT by model with heirs", ours, "networkx node scan, unchecked", with_networkx, runs)


def bench_history(plant: Plant, runs: int) -> Measured:
    """Ranked word search, against pandas' str.contains over the same rows."""
    result = plant.history.sql("SELECT text FROM history", limit=100_000)
    frame = pd.DataFrame(result.rows, columns=result.columns)

    def with_pandas() -> object:
        return frame[frame["text"].str.contains("pump", case=False, regex=False)].head(20)

    return measure(
        f"history search, {len(frame)} rows, ranked",
        lambda: plant.history.search("pump"),
        "pandas str.contains, unranked",
        with_pandas,
        runs,
    )


def bench_diagnose(plant: Plant, symptom: Symptom, runs: int) -> Measured:
    """The whole diagnosis, against a robust z-score of every signal's last hour in pandas (which names no cause)."""
    files = sorted((plant.folder / "telemetry").glob("*.parquet"))

    def with_pandas() -> object:
        frame = pd.concat([pd.read_parquet(file) for file in files])
        wide = frame.pivot_table(index="timestamp", columns=["twin", "signal"], values="value", aggfunc="last")
        past, now = wide.iloc[:-360], wide.iloc[-360:]
        spread = (past.quantile(0.75) - past.quantile(0.25)).clip(lower=1e-9)
        return ((now.median() - past.median()).abs() / spread).sort_values(ascending=False)

    return measure(
        "diagnose, whole plant, 48 h",
        lambda: diagnose(plant, [symptom]),
        "pandas robust z-score of every signal",
        with_pandas,
        runs,
    )


def run(runs: int) -> list[Measured]:
    """Every benchmark on one demo plant."""
    with tempfile.TemporaryDirectory(prefix="twinwright-bench-") as name:
        folder = Path(name) / "plant"
        spare = Path(name) / "spare"
        simulated = measure(
            "simulate and write 48 h of the demo plant", lambda: make_plant(spare, None, 1), "–", None, 2
        )
        make_plant(folder, None, 1)
        began = time.perf_counter()
        with open_plant(folder) as plant:
            opened = time.perf_counter() - began
            key = SignalKey("line-3", "throughput")
            return [
                simulated,
                Measured("open the demo plant for the first time (index built)", opened, "–", None, None, 1),
                measure("open it again", lambda: open_plant(folder).close(), "–", None, runs),
                bench_window(plant, key, runs),
                bench_query(plant, runs),
                bench_history(plant, runs),
                bench_diagnose(plant, Symptom(*key), max(2, runs // 2)),
            ]


def as_markdown(measured: Sequence[Measured]) -> str:
    """A table of medians and ratios."""
    lines = ["| what | ours | alternative | its time | ratio |", "|---|---:|---|---:|---:|"]
    for one in measured:
        other = "" if one.alternative_s is None else _duration(one.alternative_s)
        ratio = "" if one.ratio is None else f"{one.ratio:.2g} ×"
        lines.append(f"| {one.what} | {_duration(one.ours_s)} | {one.alternative} | {other} | {ratio} |")
    return "\n".join(lines)


def _duration(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms"


def _twins(plant: Plant) -> Sequence[Twin]:
    return list(plant.graph.twins.values())


def _agree(what: str, ours: float, other: float) -> None:
    if not math.isclose(ours, other, rel_tol=1e-6):
        sys.exit(f"bench: {what}: {ours} here, {other} there; nothing is compared")


def main() -> None:
    """Prints the table (or JSON)."""
    parser = argparse.ArgumentParser(description="Benchmarks on the demo plant.")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    measured = run(asked.runs)
    if asked.json:
        print(json.dumps({"machine": machine(), "measured": [asdict(one) for one in measured]}, indent=2))
        return
    print(f"Medians of {asked.runs} runs, both sides in turn; {machine()}.\n")
    print(as_markdown(measured))


if __name__ == "__main__":
    main()
