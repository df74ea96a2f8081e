"""The library as a table: `python -m twinwright_tools.diagnosis.modes.table FILE` renews it in a Markdown document."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from ..failure_modes import load_library
from .types import FailureMode, Library

BEGIN = "<!-- modes: generated, see the end of this page -->"
END = "<!-- /modes -->"
_MOST_SIGNS = 3


def table(library: Library) -> str:
    """The modes, grouped by the file that they come from, with their strongest signs."""
    groups: dict[str, list[FailureMode]] = {}
    for mode in library.modes.values():
        groups.setdefault(Path(mode.source).stem.replace("_", " "), []).append(mode)
    return "\n".join(part for name, modes in groups.items() for part in _group(name, modes))


def renewed(document: str, library: Library) -> str:
    """The document with the table between its marks as the library has it.

    Raises:
        ValueError: the document has no such marks.
    """
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document has no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n{table(library)}\n{END}{after}"


def _group(name: str, modes: Sequence[FailureMode]) -> list[str]:
    rows = [
        f"| `{mode.id}` | {mode.name} | {_class(mode)} | {mode.failure} | {mode.mechanism} | {_signs(mode)} |"
        for mode in modes
    ]
    head = "| id | name | equipment | failure mode | mechanism | strongest signs |"
    return ["", f"### {name.capitalize()}", "", head, "|---|---|---|---|---|---|", *rows]


def _class(mode: FailureMode) -> str:
    words = ", ".join(mode.equipment) + (" (or any twin)" if mode.anywhere else "")
    return f"{words} [{mode.iso_class}]" if mode.iso_class else words


def _signs(mode: FailureMode) -> str:
    strongest = sorted((sign for sign in mode.signature if sign.weight > 0), key=lambda one: -one.seen)
    return "; ".join(sign.text for sign in strongest[:_MOST_SIGNS])


def main(arguments: Sequence[str]) -> int:
    """Renews the table in the documents that are named."""
    for name in arguments:
        path = Path(name)
        path.write_text(renewed(path.read_text(encoding="utf-8"), load_library()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
