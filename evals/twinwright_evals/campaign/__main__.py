"""`python -m twinwright_evals.campaign --seeds 0-199 --out DIR [--jobs N]`: plays runs and keeps them in a folder.

Runs that are there already are left alone. The folder gets a truths.jsonl: one line for each run in it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

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


def make_all(out: Path, seeds: Sequence[int], jobs: int) -> Iterator[dict[str, Any]]:
    """The same for many, in as many processes."""
    if jobs == 1:
        yield from (make(out, seed) for seed in seeds)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(partial(make, out), seeds, chunksize=1)


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Counts, and the shares of faulty and of healthy runs in which anything is visible."""
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
    asked = parser.parse_args(words)
    if asked.jobs < 1:
        parser.error("--jobs must be 1 or more")
    asked.out.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, row in enumerate(make_all(asked.out, asked.seeds, asked.jobs), 1):
        rows.append(row)
        if number % 20 == 0 or number == len(asked.seeds):
            print(f"{number}/{len(asked.seeds)} runs", file=sys.stderr)
    kept = {int(path.stem.removeprefix("run-")) for path in asked.out.glob("run-*.parquet")}
    others = [known["truth"] for seed in kept - set(asked.seeds) if (known := about(asked.out, seed)) is not None]
    write_truths(asked.out, [*rows, *others])
    print(json.dumps(summary(rows), indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
