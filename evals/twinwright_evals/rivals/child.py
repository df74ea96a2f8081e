"""One method on one plant in a process of its own: `python -m twinwright_evals.rivals.child METHOD FOLDER`.

Prints one JSON document: seconds, CPU seconds, peak resident memory, and the twins in the order in which the method
suspects them. The process is pinned to one core; who starts it also holds BLAS to one thread. It never reads the truth.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import resource
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .synthetic import SIGNALS_PER_TWIN, Question, make, read_question, twin_name

_MOST_TWINS = 10
Prepared = Callable[[], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Method:
    """A way to find a root cause.

    Attributes:
        needs: modules that have to be importable, imported before the clock starts.
        prepare: what turns a question into the call that is timed.
    """

    needs: tuple[str, ...]
    prepare: Callable[[Question], Prepared]


def _engine(question: Question) -> Prepared:
    from .engine import Asked

    asked = Asked(question)

    def run() -> dict[str, Any]:
        found = asked.diagnosis()
        twins = list(dict.fromkeys(one.twin for one in found.hypotheses))
        return {"twins": twins[:_MOST_TWINS], "blames": found.verdict == "cause"}

    return run


def _ranking(module: str) -> Callable[[Question], Prepared]:
    def prepare(question: Question) -> Prepared:
        rank: Callable[[Question], list[int]] = importlib.import_module(f"{__package__}.{module}").rank

        def run() -> dict[str, Any]:
            twins = dict.fromkeys(twin_name(column // SIGNALS_PER_TWIN) for column in rank(question))
            return {"twins": list(twins)[:_MOST_TWINS], "blames": None}

        return run

    return prepare


METHODS = {
    "twinwright": Method((), _engine),
    "BARO-style": Method((), _ranking("baro")),
    "dowhy.gcm": Method(("pandas", "dowhy.gcm"), _ranking("attribution")),
    "tigramite": Method(("tigramite.pcmci", "tigramite.independence_tests.parcorr"), _ranking("discovery")),
}


def run(name: str, folder: Path) -> dict[str, Any]:
    """One timed call: {"seconds", "cpu_s", "peak_bytes", "before_bytes", "twins", "blames"}, or {"missing": module}."""
    method = METHODS[name]
    for module in method.needs:
        try:
            importlib.import_module(module)
        except ImportError:
            return {"missing": module.partition(".")[0]}
    call = method.prepare(read_question(folder))
    before = peak_bytes()
    began, cpu = time.perf_counter(), time.process_time()
    found = call()
    taken = {"seconds": time.perf_counter() - began, "cpu_s": time.process_time() - cpu}
    return taken | {"before_bytes": before, "peak_bytes": peak_bytes()} | found


def peak_bytes() -> int:
    """The most resident memory that this process had so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def pin() -> None:
    """Keeps this process on one of its cores, where the system knows how."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def main() -> None:
    """Makes a plant, or runs a method on one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("method", choices=[*METHODS, "make"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--signals", type=int, default=100)
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=int, help="seconds of CPU, after which the system ends this process")
    asked = parser.parse_args()
    if asked.limit is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (asked.limit, asked.limit + 1))
    if asked.method == "make":
        make(asked.folder, asked.signals, asked.samples, asked.seed)
        return
    pin()
    warnings.simplefilter("ignore")
    print(json.dumps(run(asked.method, asked.folder)))


if __name__ == "__main__":
    main()
