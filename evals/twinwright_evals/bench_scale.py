"""How `diagnose_signals` grows with the plant: time, memory and accuracy on synthetic plants, beside other methods.

`python -m twinwright_evals.bench_scale`, part of `make bench`. Every method gets the same plants, one after the other,
each in a process of its own on one core. A method that takes longer than the limit for a plant isn't given larger ones.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import linear_regression, median
from typing import Any

from twinwright_tools.errors import UsageError

from .machine import machine
from .rivals.child import METHODS
from .rivals.synthetic import read_truth

OURS = "twinwright"
SIZES = (25, 100, 1000, 10_000)
SAMPLES = 10_000
GROWTH_FROM = 100  # signals; below, what doesn't depend on the plant counts too much
REQUIRED = {"signals": 1000, "seconds": 2.0, "bytes": 2**30, "exponent": 1.2}
SECTION = "bench-scale"
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS")
_PACKAGES = ("numpy", "scipy", "dowhy", "tigramite")


@dataclass(frozen=True, slots=True)
class Run:
    """One method on one plant.

    Attributes:
        place: rank of the twin at fault among the twins named, from 1; None: not among the first ten, or healthy.
        blames: whether it named a cause; None for methods that always rank.
        seconds, cpu_s: wall and CPU time of the call alone; peak_bytes: of the whole process, plant included.
        before_bytes: the same before the call.
    """

    method: str
    signals: int
    seed: int
    fault: str | None
    place: int | None
    blames: bool | None
    seconds: float
    cpu_s: float
    before_bytes: int
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why a method wasn't run on plants of that size and larger ones."""

    method: str
    signals: int
    why: str


@dataclass(frozen=True, slots=True)
class Row:
    """A method at one size: medians over its runs, the largest peak, and how often it was right."""

    method: str
    signals: int
    runs: int
    seconds: float
    cpu_s: float
    before_bytes: int
    peak_bytes: int
    faulty: int
    top1: int
    top3: int
    healthy: int
    blamed: int | None


def measure(
    sizes: Sequence[int],
    seeds: Callable[[int], Sequence[int]],
    limit_s: int,
    progress: Callable[[str], None],
    samples: int = SAMPLES,
    methods: Iterable[str] = tuple(METHODS),
) -> tuple[list[Run], list[Stopped]]:
    """Every method on every plant.

    Args:
        seeds: those of a size; one seed, one plant.
        limit_s: the most CPU time a method may take for one plant, start of its process included. Ours has no limit.
    """
    runs: list[Run] = []
    stopped: dict[str, Stopped] = {}
    for signals in sizes:
        for seed in seeds(signals):
            with tempfile.TemporaryDirectory(prefix="twinwright-scale-") as name:
                folder = Path(name)
                options = ["--signals", str(signals), "--samples", str(samples), "--seed", str(seed)]
                # In a process of its own too: a child's peak memory begins at that of who starts it.
                child(["make", name, *options], None)
                for method in (one for one in methods if one not in stopped):
                    progress(f"{signals} signals, plant {seed}: {method}")
                    found = _one(method, folder, signals, seed, None if method == OURS else limit_s)
                    if isinstance(found, Stopped):
                        stopped[method] = found
                    else:
                        runs.append(found)
    return runs, list(stopped.values())


def _one(method: str, folder: Path, signals: int, seed: int, limit_s: int | None) -> Run | Stopped:
    try:
        told = json.loads(child([method, str(folder)], limit_s))
    except subprocess.CalledProcessError as error:
        if error.returncode in (-signal.SIGXCPU, -signal.SIGKILL) and limit_s is not None:
            return Stopped(method, signals, f"one plant of that size took more than {limit_s} s of CPU")
        last = (error.stderr or "").strip().splitlines()[-1:] or [f"signal or exit {error.returncode}"]
        return Stopped(method, signals, f"failed on {signals} signals: {last[0][:200]}")
    if "missing" in told:
        return Stopped(method, signals, f"{told['missing']} isn't installed: make .venv/.bench")
    truth = read_truth(folder)
    place = told["twins"].index(truth.twin) + 1 if truth.twin in told["twins"] else None
    figures = (told[name] for name in ("seconds", "cpu_s", "before_bytes", "peak_bytes"))
    return Run(method, signals, seed, truth.fault, place, told["blames"], *figures)


def child(words: Sequence[str], limit_s: int | None) -> str:
    """What the child process prints, on one core with one BLAS thread.

    Raises:
        subprocess.CalledProcessError: it failed, or was ended by a signal when its CPU time was used up.
    """
    limit = [] if limit_s is None else ["--limit", str(limit_s)]
    environment = dict(os.environ) | dict.fromkeys(_ONE_THREAD, "1")
    command = [sys.executable, "-m", "twinwright_evals.rivals.child", *words, *limit]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def rows_of(runs: Sequence[Run]) -> Iterator[Row]:
    """Runs by method and size, in the order of METHODS."""
    for method in METHODS:
        for signals in sorted({run.signals for run in runs if run.method == method}):
            own = [run for run in runs if (run.method, run.signals) == (method, signals)]
            faulty = [run for run in own if run.fault]
            healthy = [run for run in own if not run.fault]
            judged = [run.blames for run in healthy if run.blames is not None]
            yield Row(
                method,
                signals,
                len(own),
                median(run.seconds for run in own),
                median(run.cpu_s for run in own),
                max(run.before_bytes for run in own),
                max(run.peak_bytes for run in own),
                len(faulty),
                sum(run.place == 1 for run in faulty),
                sum(run.place is not None and run.place <= 3 for run in faulty),
                len(healthy),
                sum(judged) if judged else None,
            )


def exponent(rows: Iterable[Row]) -> float | None:
    """b of cpu_s = a · signals^b, by least squares of the logarithms, from 100 signals on; None with fewer than two."""
    measured = [row for row in rows if row.signals >= GROWTH_FROM]
    if len({row.signals for row in measured}) < 2:
        return None
    sizes, seconds = [row.signals for row in measured], [row.cpu_s for row in measured]
    return linear_regression([math.log(one) for one in sizes], [math.log(one) for one in seconds]).slope


def requirements(rows: Sequence[Row]) -> list[str]:
    """What is asked of the engine, what it does, and whether that is enough; CPU seconds, as others use the machine."""
    lines = []
    at_size = next((row for row in rows if row.method == OURS and row.signals == REQUIRED["signals"]), None)
    if at_size is not None:
        where = f"{at_size.signals:,} signals × {SAMPLES:,} samples"
        lines.append(_held(f"{where} in at most 2 s on one core", at_size.cpu_s, REQUIRED["seconds"], "s"))
        lines.append(_held(f"{where} in at most 1 GiB", at_size.peak_bytes / 2**30, 1.0, "GiB"))
    growth = exponent(row for row in rows if row.method == OURS)
    if growth is not None:
        lines.append(_held("close to linear growth (exponent at most 1.2)", growth, REQUIRED["exponent"], ""))
    return lines


def _held(what: str, value: float, limit: float, unit: str) -> str:
    return f"{what}: {value:.2f}{' ' + unit if unit else ''}, {'met' if value <= limit else 'NOT met'}"


def as_markdown(rows: Sequence[Row], stopped: Sequence[Stopped]) -> str:
    """The table, the growth, what is required, and why some cells are missing."""
    lines = [
        "| method | signals | runs | wall, median | CPU, median | × ours (CPU) | peak memory (before the call) | "
        "right first | among 3 | blamed, healthy |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    ours = {row.signals: row.cpu_s for row in rows if row.method == OURS}
    for row in rows:
        ratio = f"{row.cpu_s / ours[row.signals]:.2g}" if row.signals in ours else ""
        memory = f"{row.peak_bytes / 2**20:.0f} MiB ({row.before_bytes / 2**20:.0f})"
        blamed = "always ranks" if row.blamed is None else f"{row.blamed} of {row.healthy}"
        right = f"{row.top1} of {row.faulty} | {row.top3} of {row.faulty}" if row.faulty else "– | –"
        lines.append(
            f"| {row.method} | {row.signals:,} | {row.runs} | {row.seconds:.2f} s | {row.cpu_s:.2f} s | {ratio} | "
            f"{memory} | {right} | {blamed if row.healthy else '–'} |"
        )
    lines.append("")
    for method in METHODS:
        growth = exponent(row for row in rows if row.method == method)
        if growth is not None:
            lines.append(f"- {method}: CPU time grows with the signals to the power of {growth:.2f}.")
    lines += [f"- Required: {line}." for line in requirements(rows)]
    lines += [f"- {one.method}: not run on {one.signals:,} signals or more: {one.why}." for one in stopped]
    return "\n".join(lines)


def by_fault(runs: Sequence[Run]) -> str:
    """How often each method had the twin at fault first, by kind of fault, over all sizes that it was run on."""
    faults = sorted({run.fault for run in runs if run.fault})
    lines = [f"| right first | {' | '.join(faults)} |", f"|---|{'---:|' * len(faults)}"]
    for method in dict.fromkeys(run.method for run in runs):
        own = [[run.place == 1 for run in runs if (run.method, run.fault) == (method, fault)] for fault in faults]
        lines.append(f"| {method} | {' | '.join(f'{sum(one)} of {len(one)}' for one in own)} |")
    return "\n".join(lines)


def replaced_section(text: str, body: str, name: str = SECTION) -> str:
    """A document with what stands between the marks of a section replaced; the section is added where it isn't there.

    Raises:
        UsageError: only one of the marks is there.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    if (begin in text) != (end in text):
        raise UsageError(f"only one of {begin} and {end} is in the document; put the other one back")
    section = f"{begin}\n{body}\n{end}"
    if begin not in text:
        return f"{text.rstrip()}\n\n{section}\n"
    return text[: text.index(begin)] + section + text[text.index(end) + len(end) :]


def measured_on() -> str:
    """What this was measured on, and with which versions."""
    return machine(_PACKAGES, ", of which one was used")


def report(runs: Sequence[Run], stopped: Sequence[Stopped], command: str) -> str:
    """The whole section in Markdown."""
    return "\n".join(
        [
            "## Scale, on synthetic plants",
            "",
            f"Measured on {datetime.now(UTC):%Y-%m-%d}: {measured_on()}.",
            "Others may have used it at the same time, so quote CPU seconds and ratios. "
            f"{SAMPLES:,} samples a signal; a twin for every five signals; one plant in six is healthy.",
            "",
            f"```\n{command}\n```",
            "",
            as_markdown(list(rows_of(runs)), stopped),
            "",
            by_fault(runs),
        ]
    )


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="signals, with commas")
    parser.add_argument("--seeds", type=int, default=6, help="plants of each size up to 1,000 signals (default 6)")
    parser.add_argument("--large-seeds", type=int, default=1, help="plants of each larger size (default 1)")
    parser.add_argument(
        "--limit", type=int, default=30, help="CPU seconds that a rival may take for a plant (default 30)"
    )
    parser.add_argument("--methods", default=",".join(METHODS), help="with commas (default: all)")
    parser.add_argument("--write", type=Path, help="also into the marked section of this document")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    asked = parser.parse_args(words)
    if not all(size.isdecimal() and int(size) >= 5 for size in asked.sizes.split(",")):
        parser.error(f"--sizes {asked.sizes}: whole numbers of at least 5 signals, with commas, such as 100,1000")
    if unknown := set(asked.methods.split(",")) - set(METHODS):
        parser.error(f"--methods: there is no {', '.join(sorted(unknown))}; there are {', '.join(METHODS)}")
    if min(asked.seeds, asked.large_seeds, asked.limit) < 1:
        parser.error("--seeds, --large-seeds and --limit are at least 1")
    if asked.write and not asked.write.is_file():
        parser.error(f"--write {asked.write}: there is no such file")
    return asked


def main(words: Sequence[str] | None = None) -> None:
    """Prints the tables (or JSON), and writes them where asked to."""
    asked = _arguments(words)

    def seeds(signals: int) -> Sequence[int]:
        return range(asked.seeds if signals <= 1000 else asked.large_seeds)

    sizes = sorted({int(size) for size in asked.sizes.split(",")})
    methods = asked.methods.split(",")
    runs, stopped = measure(
        sizes, seeds, asked.limit, lambda text: print(text, file=sys.stderr, flush=True), methods=methods
    )
    command = " ".join([".venv/bin/python -m twinwright_evals.bench_scale", *(words if words else sys.argv[1:])])
    written = report(runs, stopped, command)
    if asked.write:
        asked.write.write_text(replaced_section(asked.write.read_text(encoding="utf-8"), written), encoding="utf-8")
    if asked.json:
        rows = list(rows_of(runs))
        document: dict[str, Any] = {"machine": measured_on(), "required": requirements(rows)}
        document |= {"rows": [asdict(row) for row in rows], "runs": [asdict(run) for run in runs]}
        print(json.dumps(document | {"stopped": [asdict(one) for one in stopped]}, indent=1))
    else:
        print(written)


if __name__ == "__main__":
    main()
