"""The kinds of values that expressions give, and what can't be compared, added or asked of them.

DuckDB converts in silence what it can, and fails in the middle of the rows where it can't. Here a text stays a text:
its comparison with a number, that of a time with a date in quotes, or of what `strftime` makes with a time, is refused
before it runs, with what was probably meant.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlglot.expressions as exp

from ..errors import nearest
from .check import function_of, refuse
from .comparing import MOMENTS, OPEN, a_kind, compare, shown
from .language import TYPES, Function, Kind, Tables
from .scopes import Col, Columns, Scope, add_sources, renamed

_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_SUMS = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod)
_ONLY = {
    "number": frozenset({"number"}),
    "measure": frozenset({"number", "interval", *MOMENTS}),
    "moment": frozenset({*MOMENTS, "interval", "time of day"}),
    "text": frozenset({"text"}),
    "boolean": frozenset({"boolean"}),
}


class Kinds:
    """Checks one statement and remembers which texts its columns are compared with.

    Attributes:
        literals: columns, as table and name, with a text that each is asked to equal, for hints.
        seen: the columns that are read, as table and name, with their kinds.
    """

    def __init__(self, tables: Tables) -> None:
        """Over tables with columns of these SQL types."""
        self._tables: dict[str, Columns] = {
            table: {name.casefold(): Col(kind_of_type(kind), (table, name)) for name, kind in columns.items()}
            for table, columns in tables.items()
        }
        self.literals: list[tuple[tuple[str, str], exp.Literal]] = []
        self.seen: dict[tuple[str, str], Kind] = {}
        self._known: dict[int, Kind] = {}

    def check(self, tree: exp.Query) -> Columns:
        """The columns of the result.

        Raises:
            SqlError: a name isn't there, or a value is used as what it isn't.
        """
        return self._query(tree, None, self._tables)

    def _query(self, node: exp.Expr, outer: Scope | None, ctes: dict[str, Columns]) -> Columns:
        ctes = self._ctes(node, outer, ctes)
        if isinstance(node, exp.Select):
            return self._select(node, outer, ctes)
        if isinstance(node, exp.SetOperation):
            left, right = (self._query(each, outer, ctes) for each in (node.this, node.expression))
            if len(left) != len(right):
                raise refuse(
                    "columns", f"{node.key} needs as many columns on both sides: {len(left)}, {len(right)}", node
                )
            self._modifiers(node, Scope(outer, {"": left}), ctes)
            return left
        if isinstance(node, exp.Subquery | exp.Paren):
            found = self._query(node.this, outer, ctes)
            self._modifiers(node, Scope(outer, {"": found}), ctes)
            return found
        raise refuse("not_allowed", f"{node.key} is no query", node)

    def _ctes(self, node: exp.Expr, outer: Scope | None, ctes: dict[str, Columns]) -> dict[str, Columns]:
        defined = node.args.get("with_")
        found = dict(ctes)
        for cte in defined.expressions if defined else []:
            found[cte.alias.casefold()] = renamed(self._query(cte.this, outer, found), cte.args.get("alias"))
        return found

    def _select(self, node: exp.Select, outer: Scope | None, ctes: dict[str, Columns]) -> Columns:
        scope = Scope(outer)
        add_sources(node, scope, ctes, self._query)
        result: Columns = {}
        for number, each in enumerate(node.expressions):
            result |= self._output(each, number, scope, ctes)
        for join in node.args.get("joins") or []:
            self._condition(join.args.get("on"), "ON", scope, ctes)
        for name in ("where", "having", "qualify"):
            clause = node.args.get(name)
            self._condition(clause.this if clause else None, name.upper(), scope, ctes)
        for part in (node.args.get("group"), node.args.get("distinct"), *(node.args.get("windows") or [])):
            self._inside(part, scope, ctes)
        self._modifiers(node, scope, ctes)
        return result

    def _modifiers(self, node: exp.Expr, scope: Scope, ctes: dict[str, Columns]) -> None:
        for name in ("order", "limit", "offset"):
            part = node.args.get(name)
            if name == "order" and part is not None and _is_all(part):
                continue
            self._inside(part, scope, ctes)

    def _inside(self, node: exp.Expr | None, scope: Scope, ctes: dict[str, Columns]) -> None:
        for child in node.iter_expressions() if node is not None else ():
            self.kind(child, scope, ctes)

    def _condition(self, node: exp.Expr | None, word: str, scope: Scope, ctes: dict[str, Columns]) -> None:
        if node is None:
            return
        kind = self.kind(node, scope, ctes)
        if kind not in OPEN and kind != "boolean":
            raise refuse("type", f"{word} needs a condition; {shown(node)} is {a_kind(kind)}", node)

    def _output(self, node: exp.Expr, number: int, scope: Scope, ctes: dict[str, Columns]) -> Columns:
        """The columns that one expression after SELECT gives."""
        star = node if isinstance(node, exp.Star) else node.this if isinstance(node, exp.Column) else None
        if isinstance(star, exp.Star):
            return self._star(star, node, scope)
        inner = node.this if isinstance(node, exp.Alias) else node
        kind = self.kind(inner, scope, ctes)
        origin = scope.find(inner).origin if isinstance(inner, exp.Column) else None
        name = (node.alias if isinstance(node, exp.Alias) else inner.name or f"({number})").casefold()
        if isinstance(node, exp.Alias):
            scope.aliases.setdefault(name, Col(kind, origin))
        return {name: Col(kind, origin)}

    def _star(self, star: exp.Star, node: exp.Expr, scope: Scope) -> Columns:
        table = node.table.casefold() if isinstance(node, exp.Column) else ""
        if table and table not in scope.sources:
            near = nearest(table, scope.sources)
            raise refuse("table", f"no table here is called {table!r}", node, near)
        if not scope.sources:
            raise refuse("column", "* needs a table after FROM", node, list(self._tables))
        sources = [scope.sources[table]] if table else list(scope.sources.values())
        found = {name: col for columns in reversed(sources) for name, col in columns.items()}
        for each in star.args.get("except_") or []:
            if each.name.casefold() not in found:
                near = nearest(each.name, found)
                raise refuse("column", f"EXCLUDE names {each.name!r}, which isn't there", each, near)
            del found[each.name.casefold()]
        self.seen |= {col.origin: col.kind for col in found.values() if col.origin}
        return found

    def kind(self, node: exp.Expr, scope: Scope, ctes: dict[str, Columns]) -> Kind:
        """The kind of an expression; everything inside of it is checked."""
        if isinstance(node, exp.Column):
            if isinstance(node.this, exp.Star):
                return "unknown"
            found = scope.find(node)
            if found.origin:
                self.seen[found.origin] = found.kind
            return found.kind
        if isinstance(node, exp.Query | exp.Exists):
            columns = self._query(node.this if isinstance(node, exp.Exists) else node, scope, ctes)
            first = next(iter(columns.values()), Col("unknown"))
            return "boolean" if isinstance(node, exp.Exists) else first.kind
        if isinstance(node, exp.Literal):
            return "text" if node.is_string else "number"
        kinds = {id(child): self.kind(child, scope, ctes) for child in node.iter_expressions()}
        self._known |= kinds
        return self._of(node, kinds, scope)

    def _of(self, node: exp.Expr, kinds: dict[int, Kind], scope: Scope) -> Kind:
        """The kind of a node whose parts' kinds are known."""
        parts = list(node.iter_expressions())
        if isinstance(node, (*_COMPARISONS, exp.Between, exp.In, exp.Like, exp.ILike, exp.Is)):
            self._comparison(node, kinds, scope)
            return "boolean"
        if isinstance(node, exp.And | exp.Or | exp.Not):
            for part in parts:
                self._need(part, kinds[id(part)], "boolean", f"{node.key.upper()} joins conditions")
            return "boolean"
        if isinstance(node, _SUMS):
            return self._sum(node, kinds)
        if isinstance(node, exp.Cast | exp.TryCast):
            return TYPES.get(node.to.this.name, "unknown")
        if isinstance(node, exp.Case):
            return self._case(node, kinds)
        if isinstance(node, exp.If):
            return kinds[id(node.args["true"])]
        fixed = _FIXED.get(type(node))
        if fixed is not None:
            return fixed
        if isinstance(node, exp.AtTimeZone):
            return {"time": "local time", "local time": "time"}.get(kinds[id(node.this)], "unknown")  # type: ignore[return-value]
        function = function_of(node) if isinstance(node, exp.Func) else None
        if function is not None:
            return self._function(node, function, kinds)
        return kinds.get(id(node.this), "unknown") if isinstance(node.this, exp.Expr) else "unknown"

    def _function(self, node: exp.Expr, function: Function, kinds: dict[int, Kind]) -> Kind:
        values = list(_arguments(node))
        first = values[0] if values else None
        kind = kinds.get(id(first), "unknown")
        if isinstance(first, exp.Distinct | exp.Order):
            kind = "unknown"
        within = isinstance(node.parent, exp.WithinGroup)
        if first is not None and function.takes != "any" and not within:
            name = function.names[0]
            self._need(first, kind, function.takes, f"{name}() takes {_TAKES[function.takes]}")
        return kind if function.gives == "first" and not within else _given(function)

    def _need(self, node: exp.Expr, kind: Kind, takes: str, why: str) -> None:
        if kind in OPEN or kind in _ONLY[takes]:
            return
        hints = {
            ("moment", "text"): "; write TIMESTAMPTZ '2026-01-05T08:00:00Z', or use the column time",
            ("text", "number"): f"; write CAST({shown(node)} AS VARCHAR)",
            ("number", "text"): f"; write TRY_CAST({shown(node)} AS DOUBLE)",
            ("measure", "text"): f"; write TRY_CAST({shown(node)} AS DOUBLE)",
        }
        raise refuse("type", f"{why}; {shown(node)} is {a_kind(kind)}{hints.get((takes, kind), '')}", node)

    def _sum(self, node: exp.Expr, kinds: dict[int, Kind]) -> Kind:
        left, right = kinds[id(node.this)], kinds[id(node.expression)]
        for part, kind in ((node.this, left), (node.expression, right)):
            if kind in ("text", "boolean", "row"):
                hint = "; texts are joined with ||" if kind == "text" and isinstance(node, exp.Add) else ""
                raise refuse(
                    "type",
                    f"{shown(node)}: {shown(part)} is {a_kind(kind)}, and no sum can be done with it{hint}",
                    part,
                )
        if left in OPEN or right in OPEN:
            return "unknown"
        if left in MOMENTS and right in MOMENTS:
            if isinstance(node, exp.Sub):
                return "number" if left == right == "date" else "interval"
            raise refuse("type", f"{shown(node)}: two times can only be subtracted", node)
        if right in MOMENTS and isinstance(node, exp.Sub):
            raise refuse("type", f"{shown(node)}: a time can only be subtracted from a time", node)
        for one, other, part in ((left, right, node.expression), (right, left, node.this)):
            if one in ("time", "local time") and other == "number":
                text = f"{shown(node)}: {shown(part)} has no unit; write INTERVAL {shown(part)} DAY (or HOUR …)"
                raise refuse("type", text, part)
        moment = next((kind for kind in (left, right) if kind in MOMENTS), None)
        if moment:
            return "local time" if moment == "date" and "interval" in (left, right) else moment
        return "interval" if "interval" in (left, right) else "number"

    def _case(self, node: exp.Case, kinds: dict[int, Kind]) -> Kind:
        branches = node.args.get("ifs") or []
        for branch in branches if node.this is not None else []:
            compare(node.this, kinds[id(node.this)], branch.this, self._known[id(branch.this)])
        given = [*branches, *([node.args["default"]] if node.args.get("default") is not None else [])]
        return next((kinds[id(each)] for each in given if kinds[id(each)] not in OPEN), "unknown")

    def _comparison(self, node: exp.Expr, kinds: dict[int, Kind], scope: Scope) -> None:
        if isinstance(node, exp.Is):
            return
        left = node.this
        if isinstance(node, exp.Like | exp.ILike):
            for part in (left, node.expression):
                self._need(part, kinds[id(part)], "text", f"{node.key.upper()} looks into texts")
            return
        if isinstance(node, exp.In) and node.args.get("query") is not None:
            others = [node.args["query"]]
        elif isinstance(node, exp.In):
            others = node.expressions
        elif isinstance(node, exp.Between):
            others = [node.args["low"], node.args["high"]]
        else:
            others = [node.expression]
        for other in others:
            compare(left, kinds[id(left)], other, kinds[id(other)])
            if isinstance(node, exp.EQ | exp.In) and not _negated(node):
                self._remember(left, other, scope)
                self._remember(other, left, scope)

    def _remember(self, column: exp.Expr, literal: exp.Expr, scope: Scope) -> None:
        if isinstance(column, exp.Column) and isinstance(literal, exp.Literal) and literal.is_string:
            found = scope.find(column)
            if found.origin and found.kind == "text":
                self.literals.append((found.origin, literal))


_FIXED: dict[type[exp.Expr], Kind] = {
    exp.Interval: "interval",
    exp.Boolean: "boolean",
    exp.Null: "null",
    exp.DPipe: "text",
    exp.Tuple: "row",
    exp.DataType: "unknown",
    exp.Var: "unknown",
    exp.WithinGroup: "unknown",
}
_TAKES = {
    "number": "a number",
    "measure": "numbers or spans of time",
    "moment": "a time",
    "text": "a text",
    "boolean": "a condition",
}


def kind_of_type(sql_type: str) -> Kind:
    """The kind of a DuckDB type by its name, such as ``TIMESTAMP WITH TIME ZONE``."""
    name = sql_type.upper().partition("(")[0]
    name = {"TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ", "INTEGER": "INT", "HUGEINT": "INT128"}.get(name, name)
    return TYPES.get(name, "unknown")


def _arguments(node: exp.Expr) -> Iterator[exp.Expr]:
    for key in ("this", "expressions"):
        value = node.args.get(key)
        if isinstance(value, exp.Expr):
            yield value
        elif isinstance(value, list):
            yield from value


def _given(function: Function) -> Kind:
    return "unknown" if function.gives == "first" else function.gives


def _is_all(order: exp.Expr) -> bool:
    """Whether this is ORDER BY ALL."""
    first = order.expressions[0].this if order.expressions else None
    return isinstance(first, exp.Column | exp.Var) and first.name.upper() == "ALL" and len(order.expressions) == 1


def _negated(node: exp.Expr) -> bool:
    parent = node.parent
    while isinstance(parent, exp.Paren):
        parent = parent.parent
    return isinstance(parent, exp.Not)
