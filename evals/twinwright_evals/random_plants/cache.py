"""Random cases in files: one pickle for each hundred seeds, drawn once."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

from .case import RandomCase, draw

CHUNK = 100


def load_cases(folder: Path) -> Iterator[RandomCase]:
    """The cases of a folder, each seed once. Only for files of one's own making: they are pickles."""
    seen: set[int] = set()
    for path in sorted(folder.glob("random-*.pickle")):
        with path.open("rb") as file:
            cases: list[RandomCase] = pickle.load(file)
        yield from (case for case in cases if case.seed not in seen)
        seen |= {case.seed for case in cases}


def chunks(first: int, last: int) -> list[tuple[int, int]]:
    """The seeds from first to last, both included, cut at multiples of a hundred.

    So a longer range finds the files of a shorter one.
    """
    edges = range(first - first % CHUNK, last + 1, CHUNK)
    return [(max(edge, first), min(edge + CHUNK - 1, last)) for edge in edges]


def write_chunk(first: int, last: int, folder: Path) -> list[tuple[str, bool, bool]]:
    """Draws the seeds from first to last into one file, unless it is there; kind, visible, with symptom of each."""
    path = folder / f"random-{first:07d}-{last:07d}.pickle"
    if path.is_file():
        with path.open("rb") as file:
            cases: list[RandomCase] = pickle.load(file)
    else:
        cases = [draw(seed) for seed in range(first, last + 1)]
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            pickle.dump(cases, file, protocol=pickle.HIGHEST_PROTOCOL)
        part.replace(path)
    return [(case.truth["kind"], case.truth["visible"], bool(case.symptoms)) for case in cases]
