"""One engine on one plant in a process of its own: `python -m twinwright_evals.bench_twins.child ENGINE FOLDER TWINS`.

Prints one JSON document: seconds to load (and of CPU, of this process), the peak of its resident memory, the median
seconds of every task and a digest of its answer; ours also how long it takes to open again and to check a query. Where
the engine can't be asked here, it is {"missing": why}.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import in_ladybug, in_postgres
from .in_networkx import InNetworkx
from .ours import Ours
from .tasks import Questions, digest, works
from .world import World


@dataclass(frozen=True)
class Kind:
    """An engine and how it is made; `missing` says why it can't be."""

    make: Callable[[Path, Questions], Any]
    missing: Callable[[], str | None] = lambda: None


OURS = "twinwright"
ENGINES = {
    OURS: Kind(Ours),
    "networkx": Kind(InNetworkx),
    "PostgreSQL": Kind(in_postgres.InPostgres, in_postgres.missing),
    "LadybugDB": Kind(in_ladybug.InLadybug, in_ladybug.missing),
}


def measure(name: str, folder: Path, twins: int, runs: int) -> dict[str, Any]:
    """One engine on a plant folder that `World.write` made."""
    kind = ENGINES[name]
    if (why := kind.missing()) is not None:
        return {"missing": why}
    questions = Questions.of(World(twins))
    if name == OURS:
        Ours.forget(folder)
    began, cpu = time.perf_counter(), time.process_time()
    engine = kind.make(folder, questions)
    result: dict[str, Any] = {"load_s": time.perf_counter() - began, "load_cpu_s": time.process_time() - cpu}
    result["peak_bytes"] = peak_bytes()
    try:
        if name == OURS:
            engine.close()
            result["reopen_s"] = _median(lambda: Ours(folder, questions).close(), runs)
            engine = kind.make(folder, questions)
            result["validate_s"] = _median(engine.validate, runs) / len(engine.texts)
        result["tasks"] = {task: _timed(work, runs) for task, work in works(engine).items()}
    finally:
        engine.close()
    return result


def _timed(work: Callable[[], Iterable[object]], runs: int) -> dict[str, Any]:
    answer = list(work())
    return {"seconds": _median(lambda: list(work()), runs), "rows": len(answer), "digest": digest(answer)}


def _median(work: Callable[[], object], runs: int) -> float:
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def peak_bytes() -> int:
    """The most resident memory that this process had so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def main() -> None:
    """Makes a plant, or measures an engine on one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("engine", choices=[*ENGINES, "make"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("twins", type=int)
    parser.add_argument("--runs", type=int, default=7)
    asked = parser.parse_args()
    if asked.engine == "make":
        World(asked.twins).write_plant(asked.folder)
    else:
        print(json.dumps(measure(asked.engine, asked.folder, asked.twins, asked.runs)))


if __name__ == "__main__":
    main()
