"""JSON as text that costs few tokens: names said once, tables with a header, numbers as precise as sensors are.

::

    around: line-3; steps: 3
    deviations (2; kind level): signal|direction|onset|before|after|unit
    line-3-filler.rejectRate|rose|2026-03-12T11:20Z|0.1833|1.582|%
    chiller.returnTemperature|fell|2026-03-12T06:54Z|6.946|4.664|°C

Only a single word of harmless characters stands as it is. Everything else is a JSON string: no text can end its line or
its cell, or pass for anything else than a text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

# A word of letters, digits and marks that neither separate nor quote.
_BARE = re.compile(r"[\w.:/+\-%°·()<>=*$@#~±]+")
_TIME = re.compile(r"\b(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)(?!\w)")
# A sensor's own error is larger than what a fifth digit says.
_DIGITS = 4


def text_of(data: Any, *, verbatim: bool = False) -> str:
    """The value as lines of text.

    Args:
        verbatim: whether texts are other people's, in which not even times are shortened.
    """
    lines = _Writer(verbatim).members(data) if isinstance(data, dict) else _Writer(verbatim).member("data", data)
    return "\n".join(lines)


def word(value: Any, *, verbatim: bool = False) -> str:
    """A scalar on one line: a bare word, a number, or a JSON string."""
    return _Writer(verbatim).scalar(value)


def short_times(text: str) -> str:
    """The text with its times as ``2026-03-12T11:20Z`` or ``…T12:20+01:00``; seconds only where there are any."""
    return _TIME.sub(_short_time, text)


def _short_time(found: re.Match[str]) -> str:
    seconds = "" if (found[2] or ":00") == ":00" else found[2]
    return f"{found[1]}{seconds}{'Z' if found[3] == '+00:00' else found[3]}"


class _Writer:
    def __init__(self, verbatim: bool) -> None:
        self.verbatim = verbatim

    def members(self, value: dict[str, Any]) -> list[str]:
        """Each member on a line of its own, scalars beside one another; what is empty is left out."""
        lines: list[str] = []
        beside: list[str] = []
        rest = dict(value)
        if _is_table(rest):
            columns, units = rest.pop("columns"), rest.pop("units", None) or {}
            rest["units"] = {name: unit for name, unit in units.items() if name not in columns}
            head = [f"{each} [{units[each]}]" if each in units else each for each in columns]
            rest["rows"] = [dict(enumerate(row)) for row in rest["rows"]]
            named = {place: self.cell(name) for place, name in enumerate(head)}
        else:
            named = {}
        for name, item in rest.items():
            if _is_empty(item):
                continue
            if not isinstance(item, dict | list):
                beside.append(f"{self.cell(name)}: {self.scalar(item)}")
                continue
            if isinstance(item, list) and name == "rows" and named:
                lines += self.table(name, item, named)
            else:
                lines += self.member(name, item)
        return ["; ".join(beside), *lines] if beside else lines

    def member(self, name: str, item: Any) -> list[str]:
        """One member: on one line where it is flat."""
        head = self.cell(name)
        if isinstance(item, dict):
            if all(not isinstance(each, dict | list) or _is_empty(each) for each in item.values()):
                return [f"{head}: {self.flat(item)}"]
            return [f"{head}:", *(f" {line}" for line in self.members(item))]
        if isinstance(item, list):
            if not any(isinstance(each, dict | list) for each in item):
                return [f"{head}: {', '.join(map(self.scalar, item))}"]
            if all(isinstance(each, dict) for each in item):
                tabular = all(self.fits_a_cell(cell) for each in item for cell in each.values())
                return self.table(name, item, {}) if tabular else self.records(name, item)
            return [f"{head}: {' '.join(map(self.cell, item))}"]
        return [f"{head}: {self.scalar(item)}"]

    def records(self, name: str, items: Sequence[dict[str, Any]]) -> list[str]:
        """Objects that hold more than cells can: one below the other."""
        lines = [f"{self.cell(name)} ({len(items)}):"]
        for each in items:
            lines += [f"{' ' if number else '-'} {line}" for number, line in enumerate(self.members(each))]
        return lines

    def table(self, name: str, rows: Sequence[dict[Any, Any]], named: dict[Any, str]) -> list[str]:
        """A header and a line a row; what is the same in all rows is said in the header."""
        columns = list(named) or list(dict.fromkeys(column for row in rows for column in row))
        label = {column: named.get(column) or self.cell(column) for column in columns}
        cells = {column: [self.cell(row.get(column)) for row in rows] for column in columns}
        same = [column for column in columns if len(rows) > 1 and not named and len(set(cells[column])) == 1]
        shown = [column for column in columns if column not in same]
        said = "".join(f"; {label[column]} {cells[column][0]}" for column in same if cells[column][0])
        head = f"{self.cell(name)} ({len(rows)}{said}): {'|'.join(label[column] for column in shown)}"
        lines = ("|".join(cells[column][place] for column in shown) for place in range(len(rows)))
        # Cells that are missing at the end of a line are null, too.
        return [head, *(line.rstrip("|") or "-" for line in lines)]

    def fits_a_cell(self, item: Any) -> bool:
        """Whether it is a scalar, or a list or an object of such."""
        inside = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        return not any(isinstance(each, dict | list) for each in inside)

    def cell(self, item: Any) -> str:
        """A cell: nothing for null, pairs and lists in brackets."""
        if item is None:
            return ""
        if isinstance(item, dict):
            return f"{{{self.flat(item)}}}" if item else ""
        if isinstance(item, list):
            return f"[{' '.join(map(self.cell, item))}]" if item else ""
        return self.scalar(item)

    def flat(self, item: dict[str, Any]) -> str:
        """The members of an object of scalars on one line."""
        return ", ".join(f"{self.cell(name)} {self.cell(each)}" for name, each in item.items() if not _is_empty(each))

    def scalar(self, value: Any) -> str:
        """A number at four digits, a bare word, or a JSON string."""
        if value is None or isinstance(value, bool):
            return {None: "null", True: "true", False: "false"}[value]
        if isinstance(value, int):
            return str(value)
        if isinstance(value, float):
            return number(value)
        text = str(value)
        whole = _TIME.fullmatch(text)
        text = short_times(text) if whole or not self.verbatim else text
        return text if _BARE.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def number(value: float) -> str:
    """Four significant digits, and never fewer than a whole number's own."""
    if value.is_integer() or abs(value) >= 10**_DIGITS:
        return f"{value:.0f}" if abs(value) < 1e15 else f"{value:.6g}"
    return f"{value:.{_DIGITS}g}"


def _is_table(value: dict[str, Any]) -> bool:
    columns, rows = value.get("columns"), value.get("rows")
    return (
        isinstance(columns, list)
        and isinstance(rows, list)
        and len(rows) > 0
        and all(isinstance(each, str) for each in columns)
        and all(isinstance(row, list) and len(row) == len(columns) for row in rows)
    )


def _is_empty(item: Any) -> bool:
    return item is None or (isinstance(item, dict | list | str) and not item)
