"""Typed columns from JSON lines: SQL that reads each line's fields once for all that is made of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .columns import JSON_TYPES, SQL_TYPES, Column, pointer

TWIN_HEADS = ("$dtId", "$metadata.$model", "$etag")
EDGE_HEADS = ("$sourceId", "$relationshipId", "$relationshipName", "$targetId", "$etag")


class Fields:
    """The fields that are read of every line: heads (``$…``), then places, as the lists `types` and `texts`."""

    def __init__(self, heads: Sequence[str], columns: Sequence[Column], more: Iterable[str] = ()) -> None:
        """Of typed columns, and of further fields of the top."""
        self.heads = heads
        self.columns = columns
        places = dict.fromkeys([each.pointer for each in columns] + [pointer([each]) for each in more])
        pointers = [pointer(each.split(".")) for each in heads] + list(places)
        self._at = {each: at for at, each in enumerate(pointers, start=1)}

    def reading(self, table: str, line: str) -> str:
        """A query for a table with its lines' fields beside them, and their `names`."""
        pointers = ", ".join(map(quoted, self._at))
        return (
            f"SELECT *, json_type({line}, [{pointers}]) AS types, json_extract_string({line}, [{pointers}]) AS texts, "
            f"json_keys({line}) AS names FROM {table}"
        )

    def head(self, at: int, name: str) -> str:
        """A head, by its number from 0, as a column."""
        return f"texts[{at + 1}] AS {name}"

    def at(self, place: str) -> int:
        """Where a field of the top stands in the lists."""
        return self._at[pointer([place])]

    def typed(self) -> list[str]:
        """The typed columns, and `odd`: whether a line has more than they hold."""
        return [*map(self._cast, self.columns), f"{self.own()} <> {self._held()} AS odd"]

    def own(self) -> str:
        """How many fields a line has beside its heads."""
        tops = [at for at, head in enumerate(self.heads, start=1)]
        return "len(names) - " + " - ".join(f"(types[{at}] IS NOT NULL)::INTEGER" for at in tops)

    def _cast(self, column: Column) -> str:
        at = self._at[column.pointer]
        types = ", ".join(map(quoted, JSON_TYPES[column.kind]))
        value = f"TRY_CAST(texts[{at}] AS {SQL_TYPES[column.kind]})"
        return f'CASE WHEN types[{at}] IN ({types}) THEN {value} END AS "{column.name}"'

    def _held(self) -> str:
        tops: dict[str, list[str]] = {}
        for each in self.columns:
            if len(each.place) == 1:
                tops.setdefault(each.place[0], []).append(f'"{each.name}" IS NOT NULL')
        return " + ".join(["0", *(f"({' OR '.join(tests)})::INTEGER" for tests in tops.values())])


def quoted(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"
