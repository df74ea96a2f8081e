"""What was probably meant where a text that was asked for stands in no row: the nearest value of the column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import sqlglot.expressions as exp

from ..errors import nearest
from ..telemetry.sources import identifier

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# A column with more values than this is no list of choices (ids, texts), and the search for a near one takes long.
_MOST_VALUES = 1_000
_MOST_SHOWN = 8


def literal_hints(literals: Iterable[tuple[tuple[str, str], exp.Literal]], cursor: DuckDBPyConnection) -> list[str]:
    """One sentence for each text that its column has in no row that can be seen."""
    hints: dict[str, None] = {}
    values: dict[tuple[str, str], Sequence[str] | None] = {}
    for origin, literal in literals:
        if origin not in values:
            values[origin] = _values(*origin, cursor)
        known, column = values[origin], origin[1]
        if known is None or literal.this in known:
            continue
        near = nearest(literal.this, known)
        if near:
            meant = f"did you mean {' or '.join(map(repr, near))}?"
        elif len(known) <= _MOST_SHOWN:
            meant = f"there {'is' if len(known) == 1 else 'are'} {', '.join(map(repr, known)) or 'none'}"
        else:
            meant = f"it has {len(known)} values, such as {', '.join(map(repr, known[:3]))}"
        hints[f"no row has {column} {literal.this!r}; {meant}"] = None
    return list(hints)


def _values(table: str, column: str, cursor: DuckDBPyConnection) -> list[str] | None:
    name = identifier(column)
    query = f"SELECT DISTINCT {name} FROM {table} WHERE {name} IS NOT NULL LIMIT {_MOST_VALUES + 1}"
    found = sorted(str(value) for (value,) in cursor.execute(query).fetchall())
    return found if len(found) <= _MOST_VALUES else None
