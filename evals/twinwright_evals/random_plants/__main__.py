"""`python -m twinwright_evals.random_plants`: random cases into files, or one of them as a picture."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from twinwright_tools.errors import TwinwrightError, UsageError

from .cache import chunks, write_chunk
from .case import draw
from .drawing import plot_case


def _seeds(text: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    if not first.isdigit() or (dash and not last.isdigit()) or (dash and int(last) < int(first)):
        raise UsageError(f"--seeds {text!r} is no range; write 0-399, or one seed")
    return int(first), int(last) if dash else int(first)


def _write(seeds: tuple[int, int], folder: Path, jobs: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    parts = chunks(*seeds)
    begin, found = time.monotonic(), []
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(write_chunk, first, last, folder) for first, last in parts]
        for number, done in enumerate(as_completed(waiting), 1):
            found += done.result()
            spent = time.monotonic() - begin
            print(f"{number} of {len(parts)} files, {len(found)} cases, {spent:.0f} s", file=sys.stderr, flush=True)
    _report(found)


def _report(found: Sequence[tuple[str, bool, bool]]) -> None:
    faulty = [visible for kind, visible, _ in found if kind != "healthy"]
    healthy, told = len(found) - len(faulty), sum(symptom for _, _, symptom in found)
    print(f"{len(found)} cases, {healthy} of them healthy, {told} with a symptom")
    if faulty:
        print(f"visible: {sum(faulty)} of {len(faulty)} faulty cases ({sum(faulty) / len(faulty):.0%})")
    for kind in sorted({kind for kind, _, _ in found if kind != "healthy"}):
        own = [visible for each, visible, _ in found if each == kind]
        print(f"  {kind:<20} {sum(own):>4} of {len(own)}")


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m twinwright_evals.random_plants", description=__doc__)
    parser.add_argument("--seeds", default="0-399", metavar="A-B", help="which cases to draw (default: %(default)s)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for one pickle file per hundred cases")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: %(default)s)")
    parser.add_argument("--plot", nargs=2, metavar=("SEED", "F.png"), help="draw one case instead")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> int:
    """Writes cases, or draws one; returns the exit code (2 for bad input)."""
    arguments = _arguments(words)
    try:
        if arguments.plot:
            plot_case(draw(_seeds(arguments.plot[0])[0]), Path(arguments.plot[1]))
        elif arguments.out is None:
            raise UsageError("say where to: --out DIR, or --plot SEED F.png")
        else:
            _write(_seeds(arguments.seeds), arguments.out, max(arguments.jobs, 1))
    except TwinwrightError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
