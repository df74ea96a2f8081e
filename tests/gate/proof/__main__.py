"""``python -m tests.gate.proof [--nightly]``: runs every part and prints the table; 1 where something doesn't hold."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
import time
from collections.abc import Iterator
from typing import Any

from . import __path__ as here
from .row import Row


def parts() -> Iterator[Any]:
    """The modules beside this one that have rows."""
    for found in sorted(pkgutil.iter_modules(here), key=lambda one: one.name):
        if found.name not in ("__main__", "row"):
            yield importlib.import_module(f"{__package__}.{found.name}")


def table(rows: list[tuple[Row, float]]) -> str:
    """The rows as Markdown."""
    lines = ["| what | extent | figure | holds | s |", "|---|---|---|---|---|"]
    for row, spent in rows:
        lines.append(f"| {row.what} | {row.extent} | {row.figure} | {'yes' if row.holds else '**no**'} | {spent:.1f} |")
    return "\n".join(lines)


def main() -> int:
    """Runs the parts and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nightly", action="store_true", help="the long runs")
    options = parser.parse_args()
    rows: list[tuple[Row, float]] = []
    for part in parts():
        began = time.monotonic()
        for row in part.rows(options.nightly):
            rows.append((row, time.monotonic() - began))
            print(f"{row.what}: {row.figure}", file=sys.stderr, flush=True)
            began = time.monotonic()
    print(table(rows))
    return 0 if all(row.holds for row, _ in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
