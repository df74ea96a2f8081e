"""What the plant itself calls things: properties of twins, kinds and columns of history, and values that were said."""

from __future__ import annotations

from dataclasses import dataclass

from twinwright_tools.toolbox.words import pieces, synonyms

from ..seen import Seen
from .asking import asked, quoted, rows_of, sql
from .reading import Reading

_TWINS = frozenset({"id", "name", "model", "kind", "parent", "location", "property_name"})
_RECORDS = frozenset(
    {"kind", "twin", "text", "time", "source_row", "title", "closed", "duration_h", "id", "asset", "key"}
)
_COLUMNS = "SELECT * FROM {table} LIMIT 1"
_KINDS = "SELECT kind, count(*) AS n FROM history WHERE kind IS NOT NULL GROUP BY kind ORDER BY n DESC LIMIT 30"
_MOST_COLUMNS = 48
_AT_ONCE = 8
# What people call a work order without saying so.
_ORDERS = frozenset(
    {
        "repair",
        "repaired",
        "order",
        "job",
        "breakdown",
        "fail",
        "failed",
        "failure",
        "ticket",
        "maintenance",
        "overhaul",
    }
    | {"overhauled", "replaced", "serviced"}
)


@dataclass(frozen=True)
class Schema:
    """Properties and kinds.

    Attributes:
        properties: columns of `twins` that are properties.
        kinds: kinds of history rows, most rows first.
        columns: columns of history that a row may be told by.
        cited: the evidence behind.
    """

    properties: list[str]
    kinds: list[str]
    columns: list[str]
    cited: tuple[str, ...]

    def kind(self, reading: Reading) -> str | None:
        """The kind of record that the question names: all words of a kind's name, or what people call an order."""
        said = set(reading.words)
        named = [kind for kind in self.kinds if set(pieces(kind)) <= said]
        if named:
            return max(named, key=lambda kind: len(pieces(kind)))
        orders = next((kind for kind in self.kinds if "order" in pieces(kind)), None)
        return orders if orders and said & _ORDERS else None

    def property(self, reading: Reading) -> str | None:
        """The property that the question names by all words of its name; the longest name wins."""
        return _named(self.properties, reading)

    def column(self, reading: Reading) -> str | None:
        """The column of history that the question names, a unit at its end left out."""
        return _named(self.columns, reading)


def schema_of(seen: Seen) -> Schema:
    """What the plant calls things.

    Raises:
        Missing: it hasn't been asked yet.
    """
    twins, kinds, history = asked(
        seen,
        "looking up what the plant records",
        [sql(_COLUMNS.format(table="twins")), sql(_KINDS), sql(_COLUMNS.format(table="history"))],
    )
    return Schema(
        properties=[name for name in (twins.data["columns"] if twins else []) if name not in _TWINS],
        kinds=[str(row["kind"]) for row in rows_of(kinds)],
        columns=[name for name in (history.data["columns"] if history else []) if name not in _RECORDS],
        cited=tuple(one.id for one in (twins, kinds, history) if one is not None),
    )


def values_said(seen: Seen, reading: Reading, table: str, columns: list[str]) -> list[tuple[str, str, str]]:
    """Values of columns that stand in the question as words of their own: (column, value, evidence).

    Raises:
        Missing: it hasn't been asked yet.
    """
    said = quoted(reading.said)
    parts = [
        f"SELECT DISTINCT {quoted(name)} AS property, CAST({_column(name)} AS VARCHAR) AS value FROM {table} "
        f"WHERE contains({said}, ' ' || lower(CAST({_column(name)} AS VARCHAR)) || ' ')"
        f" OR (length(CAST({_column(name)} AS VARCHAR)) > 2"
        f" AND contains({said}, ' ' || lower(CAST({_column(name)} AS VARCHAR)) || 's '))"
        for name in columns[:_MOST_COLUMNS]
    ]
    calls = [sql(" UNION ALL ".join(parts[place : place + _AT_ONCE])) for place in range(0, len(parts), _AT_ONCE)]
    numbers = {word for word in reading.said.split() if word.replace(".", "").isdigit()}
    return [
        (str(row["property"]), str(row["value"]), found.id)
        for found in asked(seen, "looking for values that the question names", calls)
        if found is not None
        for row in rows_of(found)
        if str(row["value"]) not in numbers
    ]


def column(name: str) -> str:
    """A column's name in SQL."""
    return _column(name)


def _column(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _named(columns: list[str], reading: Reading) -> str | None:
    said = set(reading.words)
    wide = {other for word in said for other in synonyms(word)}
    exact = [name for name in columns if _words(name) <= said]
    alike = [name for name in columns if len(_words(name)) > 1 and _words(name) <= wide and _words(name) & said]
    return max(exact or alike, key=lambda name: len(_words(name)), default=None)


def _words(name: str) -> set[str]:
    """The words of a column's name; a component before it and a unit after it needn't be said."""
    last = name.rpartition("_")
    kept = last[0] if last[2] in {"ppm", "h", "s", "pct", "kw", "c", "mm", "bar"} and last[0] else name
    return set(pieces(kept.rpartition("_")[2] or kept)) if kept[:1].islower() and "_" in kept else set(pieces(kept))
