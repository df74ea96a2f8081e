"""Which columns a name can mean where it stands: sources, aliases, and the queries around."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import sqlglot.expressions as exp

from ..errors import nearest
from .check import refuse
from .language import Kind


@dataclass(frozen=True, slots=True)
class Col:
    """A column: its kind, and its table and name there where it is nothing but a column of a table."""

    kind: Kind
    origin: tuple[str, str] | None = None


# Columns by folded name, in order; the names as written are their keys in `shown`.
Columns = dict[str, Col]


@dataclass(slots=True)
class Scope:
    """What is known inside of one SELECT."""

    parent: Scope | None = None
    sources: dict[str, Columns] = field(default_factory=dict)
    aliases: Columns = field(default_factory=dict)

    def find(self, column: exp.Column) -> Col:
        """The column that a name means.

        Raises:
            SqlError: there is none; the nearest names are suggested.
        """
        name, table = column.name.casefold(), column.table.casefold()
        scope: Scope | None = self
        while scope is not None:
            found = scope._own(name, table)
            if found is not None:
                return found
            scope = scope.parent
        raise self._unknown(column, name, table)

    def _own(self, name: str, table: str) -> Col | None:
        if table:
            return self.sources.get(table, {}).get(name)
        for columns in self.sources.values():
            if name in columns:
                return columns[name]
        return self.aliases.get(name)

    def _all(self) -> list[Scope]:
        return [self, *(self.parent._all() if self.parent else [])]

    def _unknown(self, column: exp.Column, name: str, table: str) -> Exception:
        sources = {alias: columns for scope in reversed(self._all()) for alias, columns in scope.sources.items()}
        if table and table not in sources:
            near = nearest(table, sources)
            hint = f"; did you mean {', '.join(near)}?" if near else f"; there are {', '.join(sources) or 'none'}"
            return refuse("table", f"no table here is called {column.table!r}{hint}", column, near)
        if not table and name in sources:
            what = f"{column.name!r} is a table here, no column; name one of its columns, or use count(*)"
            return refuse("column", what, column, list(sources[name]))
        known = list(sources[table]) if table else list(dict.fromkeys(n for each in sources.values() for n in each))
        if not table:
            known += [alias for scope in self._all() for alias in scope.aliases if alias not in known]
        near = nearest(name, known)
        hint = f"; did you mean {', '.join(near)}?" if near else f"; there are {', '.join(known) or 'none'}"
        where = table or " or ".join(sources)
        text = f"`{where}` has no column {column.name!r}{hint}"
        if not sources:
            text = f"there is no column {column.name!r}: no table stands after FROM"
        if isinstance(column.this, exp.Identifier) and column.this.quoted:
            text += " (texts stand in single quotes)"
        return refuse("column", text, column, near or known)


Describe = Callable[[exp.Expr, "Scope | None", dict[str, Columns]], Columns]


def add_sources(select: exp.Select, scope: Scope, ctes: dict[str, Columns], describe: Describe) -> None:
    """Give a SELECT's scope the tables and queries after FROM and JOIN; `describe` tells the columns of a query."""
    start = select.args.get("from_")
    joins = select.args.get("joins") or []
    for item in [*([start.this] if start else []), *(join.this for join in joins)]:
        columns = _described(item, scope, ctes, describe)
        name = (item.alias or item.name or f"({len(scope.sources)})").casefold()
        if name in scope.sources:
            raise refuse("table", f"two tables are called {name!r}: give one of them another name with AS", item)
        scope.sources[name] = renamed(columns, item.args.get("alias"))
    for join in joins:
        for each in join.args.get("using") or []:
            _check_using(each, scope)


def _described(item: exp.Expr, scope: Scope, ctes: dict[str, Columns], describe: Describe) -> Columns:
    if isinstance(item, exp.Table):
        return ctes[item.name.casefold()]
    if isinstance(item, exp.Subquery):
        # DuckDB lets a query after FROM see what stands before it (LATERAL).
        return describe(item.this, scope, ctes)
    raise refuse("not_allowed", f"{item.key} isn't allowed after FROM", item)


def renamed(columns: Columns, alias: exp.Expr | None) -> Columns:
    """Columns under the names of ``AS t(a, b)``."""
    names = [each.name.casefold() for each in alias.args.get("columns") or []] if alias is not None else []
    return dict(zip([*names, *list(columns)[len(names) :]], columns.values(), strict=False)) if names else columns


def _check_using(node: exp.Expr, scope: Scope) -> None:
    name = node.name.casefold()
    if sum(name in columns for columns in scope.sources.values()) < 2:
        known = [each for columns in scope.sources.values() for each in columns]
        raise refuse("column", f"USING needs a column of both sides; {node.name!r} isn't", node, nearest(name, known))
