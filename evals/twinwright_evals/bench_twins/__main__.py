"""`python -m twinwright_evals.bench_twins`: twin queries on 10,000 to 1,000,000 twins, beside other ways to keep them.

The million takes some minutes and some gigabytes. An engine that isn't installed is left out, with the reason.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from ..bench_scale import replaced_section
from .child import ENGINES
from .report import Measured, differing, measured_on, report, requirements

SIZES = (10_000, 100_000, 1_000_000)
SMALLEST = 200
SECTION = "bench-twins"


def measure(sizes: Sequence[int], engines: Sequence[str], runs: int, progress: Callable[[str], None]) -> list[Measured]:
    """Every engine on every plant, one after the other, each in a process of its own."""
    found: list[Measured] = []
    for twins in sizes:
        with tempfile.TemporaryDirectory(prefix="twinwright-twins-") as name:
            # the server of PostgreSQL runs as a user of its own and has to get at its cluster
            Path(name).chmod(0o755)
            progress(f"{twins} twins: making the plant")
            _child(["make", name, str(twins)])
            for engine in engines:
                progress(f"{twins} twins: {engine}")
                told = json.loads(_child([engine, name, str(twins), "--runs", str(runs)]))
                found.append(Measured(engine, twins, told))
    return found


def _child(words: Sequence[str]) -> str:
    command = [sys.executable, "-m", "twinwright_evals.bench_twins.child", *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="twinwright_evals.bench_twins", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="twins, with commas")
    parser.add_argument("--engines", default=",".join(ENGINES), help="with commas (default: all)")
    parser.add_argument("--runs", type=int, default=7, help="of each task (default 7)")
    parser.add_argument("--write", type=Path, help="also into the marked section of this document")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    asked = parser.parse_args(words)
    if not all(size.isdecimal() and int(size) >= SMALLEST for size in asked.sizes.split(",")):
        parser.error(f"--sizes {asked.sizes}: whole numbers of at least {SMALLEST} twins, with commas")
    if unknown := set(asked.engines.split(",")) - set(ENGINES):
        parser.error(f"--engines: there is no {', '.join(sorted(unknown))}; there are {', '.join(ENGINES)}")
    if asked.runs < 1:
        parser.error("--runs is at least 1")
    if asked.write and not asked.write.is_file():
        parser.error(f"--write {asked.write}: there is no such file")
    return asked


def main(words: Sequence[str] | None = None) -> None:
    """Prints the tables (or JSON), and writes them where asked to."""
    asked = _arguments(words)
    sizes = sorted({int(size) for size in asked.sizes.split(",")})
    before = os.getloadavg()[0]
    measured = measure(
        sizes, asked.engines.split(","), asked.runs, lambda text: print(text, file=sys.stderr, flush=True)
    )
    if wrong := differing(measured):
        sys.exit(f"bench_twins: the engines disagree on {'; '.join(wrong)}: nothing is compared")
    command = " ".join([".venv/bin/python -m twinwright_evals.bench_twins", *(words if words else sys.argv[1:])])
    written = report(measured, command, asked.runs, (before, os.getloadavg()[0]))
    if asked.write:
        text = asked.write.read_text(encoding="utf-8")
        asked.write.write_text(replaced_section(text, written, SECTION), encoding="utf-8")
    if asked.json:
        rows = [asdict(one) for one in measured]
        print(json.dumps({"machine": measured_on(), "required": requirements(measured), "measured": rows}, indent=1))
    else:
        print(written)


if __name__ == "__main__":
    main()
