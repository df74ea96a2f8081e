"""`make bench-diagnosis`: the engine over every case of the data packs, and over the demo plant's faults.

The packs hold other people's measurements; only what a case shows (telemetry up to the moment of asking, symptoms)
reaches the engine.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

from rich.console import Console
from rich.table import Table

from twinwright_plant import FAULTS, make_plant
from twinwright_tools.diagnosis import Diagnosis, Symptom, diagnose
from twinwright_tools.plant import open_plant
from twinwright_tools.times import parse_time

PACKS = ("process_sim", "process", "services", "lathe", "lathe_healthy")
DEMO_SYMPTOM = Symptom("line-3", "throughput")
DEMO_FAULTS = 8
_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@dataclass(frozen=True, slots=True)
class Run:
    """One diagnosis beside the truth.

    Attributes:
        place: rank of the first true twin among the distinct twins (None: not listed, or nothing is wrong).
        signal_place: the same over (twin, signal), where the truth names signals.
        onset_error_s: of the first hypothesis, in seconds.
    """

    pack: str
    case: str
    healthy: bool
    place: int | None
    signal_place: int | None
    first: str | None
    mode: str | None
    verdict: str
    confidence: float
    onset_error_s: float | None
    seconds: float


def judge(pack: str, case: str, found: Diagnosis, truth: dict[str, Any], seconds: float) -> Run:
    """A diagnosis beside the truth: `{"twins" or "signals", "onset"}`."""
    signals = [(one["twin"], one["signal"]) for one in truth.get("signals") or []]
    twins = truth.get("twins") or [twin for twin, _ in signals]
    first = found.hypotheses[0] if found.hypotheses else None
    error = None
    if first is not None and first.onset is not None and truth.get("onset"):
        error = abs((first.onset - parse_time(truth["onset"])).total_seconds())
    return Run(
        pack=pack,
        case=case,
        healthy=not twins,
        place=_place([one.twin for one in found.hypotheses], twins),
        signal_place=_place([(one.twin, one.signal) for one in found.hypotheses], signals),
        first=first.twin if first else None,
        mode=first.mode if first else None,
        verdict=found.verdict,
        confidence=first.confidence if first else 0.0,
        onset_error_s=error,
        seconds=seconds,
    )


def _place(listed: Sequence[Any], true: Sequence[Any]) -> int | None:
    distinct = list(dict.fromkeys(listed))
    return min((distinct.index(one) + 1 for one in true if one in distinct), default=None)


def run_pack(folder: Path, state: Path) -> Iterator[Run]:
    """The engine over every case of a pack."""
    for line in (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        symptoms = [Symptom(one["twin"], one.get("signal")) for one in case["symptoms"]]
        at = parse_time(case["observed_at"])
        place = state / folder.name / case["case"]
        with open_plant(folder, telemetry=[folder / case["telemetry"]], state=place, at=at) as plant:
            begin = time.perf_counter()
            found = diagnose(plant, symptoms)
        yield judge(folder.name, case["case"], found, case["truth"], time.perf_counter() - begin)


def run_demo(faults: Sequence[str], seeds: Sequence[int], space: Path) -> Iterator[Run]:
    """The engine over the demo plant with each fault and seed; the symptom is line 3's throughput."""
    for fault in faults:
        for seed in seeds:
            folder = space / f"plant-{len(list(space.iterdir()))}"
            truth = make_plant(folder, fault, seed)
            with open_plant(folder, state=space / f"{folder.name}-state") as plant:
                begin = time.perf_counter()
                found = diagnose(plant, [DEMO_SYMPTOM])
            seconds = time.perf_counter() - begin
            known = {"twins": [truth.twin], "onset": truth.onset.isoformat() if truth.onset else None}
            yield judge("demo", f"{fault}/{seed}/{truth.mode}", found, known, seconds)


def summary(runs: Sequence[Run]) -> dict[str, Any]:
    """Shares right among the first 1, 3 and 5, false blame, abstentions and median seconds of one pack."""
    faulty = [run for run in runs if not run.healthy]
    healthy = [run for run in runs if run.healthy]
    signals = [run for run in faulty if run.signal_place is not None]
    errors = [run.onset_error_s for run in faulty if run.onset_error_s is not None]
    return {
        "faulty": len(faulty),
        "healthy": len(healthy),
        **{f"top{k}": _share([run.place for run in faulty], k) for k in (1, 3, 5)},
        **{f"signal_top{k}": _share([run.signal_place for run in faulty], k) if signals else None for k in (1, 3, 5)},
        "false_blame": mean(run.confidence >= 0.5 for run in healthy) if healthy else None,
        "abstained_faulty": sum(run.verdict != "cause" for run in faulty),
        "abstained_healthy": sum(run.verdict != "cause" for run in healthy),
        "onset_error_s": median(errors) if errors else None,
        "median_s": median(run.seconds for run in runs),
    }


def _share(places: Sequence[int | None], most: int) -> float | None:
    return mean(place is not None and place <= most for place in places) if places else None


def _packs_table(summaries: dict[str, dict[str, Any]]) -> Table:
    table = Table(title="Data packs: share of faulty cases with a true cause among the first k")
    names = list(next(iter(summaries.values())))
    for name in ("pack", *names):
        table.add_column(name.replace("_", " "), justify="left" if name == "pack" else "right")
    for pack, row in summaries.items():
        table.add_row(pack, *("-" if row[name] is None else f"{row[name]:.3g}" for name in names))
    return table


def _demo_table(runs: Sequence[Run]) -> Table:
    table = Table(title="Demo plant: place of the right asset, by seed; symptom line-3.throughput")
    for name in ("fault", "places", "right first", "right mode", "called a cause", "median s"):
        table.add_column(name)
    for fault in dict.fromkeys(run.case.split("/")[0] for run in runs):
        own = [run for run in runs if run.case.startswith(f"{fault}/")]
        table.add_row(
            fault,
            " ".join(str(run.place or "-") for run in own),
            f"{sum(run.place == 1 for run in own)}/{len(own)}",
            f"{sum(run.place == 1 and run.mode == run.case.split('/')[2] for run in own)}/{len(own)}",
            f"{sum(run.verdict == 'cause' for run in own)}/{len(own)}",
            f"{median(run.seconds for run in own):.2f}",
        )
    return table


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=_DATA, help="folder of the data packs")
    parser.add_argument("--faults", default=",".join(list(FAULTS)[:DEMO_FAULTS]), help="demo faults, or 'all'")
    parser.add_argument("--seeds", default="1,2,3,4,5", help="seeds of the demo plant")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--packs-only", action="store_true")
    only.add_argument("--demo-only", action="store_true")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> None:
    """Runs the benchmark and prints its tables, or one JSON document."""
    arguments = _arguments(words)
    console = Console(stderr=arguments.json)
    runs: list[Run] = []
    with tempfile.TemporaryDirectory(prefix="twinwright-bench-") as name:
        space = Path(name)
        packs = [] if arguments.demo_only else [arguments.data / pack for pack in PACKS]
        for folder in packs:
            if not (folder / "cases.jsonl").is_file():
                console.print(f"no pack at {folder}: left out")
                continue
            runs += run_pack(folder, space / "states")
        faults = list(FAULTS) if arguments.faults == "all" else arguments.faults.split(",")
        demo: list[Run] = []
        if not arguments.packs_only:
            (space / "demo").mkdir()
            demo = list(run_demo(faults, [int(seed) for seed in arguments.seeds.split(",")], space / "demo"))
    summaries = {
        pack: summary([run for run in runs if run.pack == pack]) for pack in dict.fromkeys(r.pack for r in runs)
    }
    if arguments.json:
        document = {
            "packs": summaries,
            "demo": summary(demo) if demo else None,
            "runs": [asdict(r) for r in runs + demo],
        }
        print(json.dumps(document, indent=1))
        return
    if summaries:
        console.print(_packs_table(summaries))
    if demo:
        console.print(_demo_table(demo))
        console.print(f"right asset first in {sum(run.place == 1 for run in demo)} of {len(demo)} runs")


if __name__ == "__main__":
    main()
