"""`python -m twinwright_evals.campaign --seeds 0-199 --out DIR [--jobs N]`: plays runs and keeps them in a folder.

Runs that are there already are left alone. The folder gets a truths.jsonl: one line for each run in it. With --plants
it gets a plant folder for each run instead, for looking at one with the other commands; no truth is in there.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

from twinwright_plant.make import write_plant
from twinwright_plant.scenario import simulate_scenario

from .playing import play
from .scenario import draw
from .store import about, row_of, save, write_truths


def make(out: Path, seed: int) -> dict[str, Any]:
    """Plays a seed and keeps the run, unless it is there; gives its line of truths.jsonl."""
    known = about(out, seed)
    if known is not None:
        row: dict[str, Any] = known["truth"]
        return row
    case = play(draw(seed))
    save(case, out)
    return row_of(case)


def make_folder(out: Path, seed: int) -> dict[str, Any]:
    """Plays a seed into a plant folder; gives seed and folder."""
    scenario = draw(seed)
    run, _ = simulate_scenario(scenario.injections, seed, scenario.hours, scenario.end, scenario.conditions)
    folder = out / f"plant-{seed:06d}"
    write_plant(folder, run, seed, scenario.end, scenario.conditions)
    return {"seed": seed, "folder": str(folder)}


def make_all(
    each: Callable[[Path, int], dict[str, Any]], out: Path, seeds: Sequence[int], jobs: int
) -> Iterator[dict[str, Any]]:
    """One of these two for many seeds, in as many processes."""
    if jobs == 1:
        yield from (each(out, seed) for seed in seeds)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(partial(each, out), seeds, chunksize=1)


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Counts, and the shares of faulty and of healthy runs in which anything is visible.

    `left_range_of_healthy` is the share of healthy runs in which some signal left its range all the same: what an
    engine that goes by range alone would blame.
    """
    faulty = [row for row in rows if row["kinds"]]
    healthy = [row for row in rows if not row["kinds"]]
    kinds = Counter(kind for row in faulty for kind in row["kinds"])
    seen = Counter(kind for row in faulty if row["visible"] for kind in row["kinds"])
    return {
        "runs": len(rows),
        **{name: sum(row["category"] == name for row in rows) for name in ("healthy", "single", "double")},
        "with_symptom": sum(bool(row["symptoms"]) for row in rows),
        "visible_of_faulty": round(mean(row["visible"] for row in faulty), 3) if faulty else None,
        "visible_of_healthy": round(mean(row["visible"] for row in healthy), 3) if healthy else None,
        "left_range_of_healthy": round(mean(row["left_range"] for row in healthy), 3) if healthy else None,
        "by_kind": {kind: f"{seen[kind]}/{count} visible" for kind, count in sorted(kinds.items())},
    }


def seeds_of(text: str) -> list[int]:
    """The seeds of ``0-199`` or ``3,5,8-10``.

    Raises:
        ValueError: it is neither.
    """
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def main(words: Sequence[str] | None = None) -> int:
    """The command; 2 for bad input."""
    parser = argparse.ArgumentParser(prog="python -m twinwright_evals.campaign", description=__doc__)
    parser.add_argument("--seeds", type=seeds_of, required=True, metavar="0-199", help="which runs")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder that keeps them")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--plants", action="store_true", help="write plant folders instead")
    asked = parser.parse_args(words)
    if asked.jobs < 1:
        parser.error("--jobs must be 1 or more")
    asked.out.mkdir(parents=True, exist_ok=True)
    rows = []
    each = make_folder if asked.plants else make
    for number, row in enumerate(make_all(each, asked.out, asked.seeds, asked.jobs), 1):
        rows.append(row)
        if number % 20 == 0 or number == len(asked.seeds):
            print(f"{number}/{len(asked.seeds)} runs", file=sys.stderr)
    if not asked.plants:
        _write_truths(asked.out, rows)
    print(json.dumps({"plants": rows} if asked.plants else summary(rows), indent=1))
    return 0


def _write_truths(out: Path, rows: Sequence[dict[str, Any]]) -> None:
    """truths.jsonl of these runs and of all others in the folder."""
    kept = {int(path.stem.removeprefix("run-")) for path in out.glob("run-*.parquet")} - {row["seed"] for row in rows}
    others = [known["truth"] for seed in kept if (known := about(out, seed)) is not None]
    write_truths(out, [*rows, *others])


if __name__ == "__main__":
    raise SystemExit(main())
