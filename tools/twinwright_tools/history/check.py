"""The checks on the tree that need no types: only what is allowed, and nothing but the tables that there are."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection
from typing import Any

import sqlglot
import sqlglot.expressions as exp
from sqlglot.errors import ParseError, SqlglotError

from ..errors import SqlError, nearest
from .language import BY_CLASS, BY_NAME, CLOCK, PARTS, SYNTAX, TYPES, UNITS, Function

_MOST_CHARS = 10_000
_MOST_NODES = 2_000
_MOST_DEPTH = 100
# DuckDB's planner takes most of a minute over a hundred joined tables, and can't be interrupted meanwhile.
_MOST_JOINS = 20
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CATALOGUE = ("pg_", "sqlite_", "duckdb_", "pragma_", "information_schema")
_WRITES = (
    "create",
    "insert",
    "update",
    "delete",
    "drop",
    "alter",
    "copy",
    "attach",
    "merge",
    "set",
    "pragma",
    "command",
)


def parsed(text: str, tables: Collection[str]) -> exp.Query:
    """The tree of exactly one SELECT over some tables, which may still hold anything.

    Raises:
        SqlError: it is none; `position` says where it stops being SQL.
    """
    if len(text) > _MOST_CHARS:
        raise SqlError(f"the statement has {len(text)} characters; {_MOST_CHARS} are allowed", code="sql.too_long")
    # sqlglot warns on standard error of what it takes for a mere command, which is refused below anyway.
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        text.encode()
        statements = [tree for tree in sqlglot.parse(text, dialect="duckdb") if tree is not None]
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        raise SqlError(_syntax(first), code="sql.syntax", position=_offset(text, first)) from error
    except (SqlglotError, RecursionError, ValueError) as error:
        what = "this can't be read as SQL: a quote or a bracket isn't closed, or a number is too long"
        raise SqlError(what, code="sql.syntax") from error
    if len(statements) == 1 and isinstance(statements[0], exp.Query):
        return statements[0]
    what = f"write exactly one SELECT over {named(tables)}"
    if len(statements) > 1:
        what += f"; here are {len(statements)} statements"
    elif statements and statements[0].key in _WRITES:
        what += ": it can only be read"
    raise SqlError(what, code="sql.not_select")


def named(tables: Collection[str]) -> str:
    """Tables as a sentence has them: the table `a`; the tables `a`, `b`."""
    return f"the table{'' if len(tables) == 1 else 's'} {', '.join(f'`{each}`' for each in tables)}"


def _syntax(error: dict[str, Any]) -> str:
    near = f" near {error['highlight']!r}" if error.get("highlight") else ""
    return f"this is no SQL{near}: {error.get('description') or 'it ends too early'}"


def _offset(text: str, error: dict[str, Any]) -> int | None:
    """The 0-based offset of a place that sqlglot gives as line and column of the token's end."""
    if not error.get("line"):
        return None
    before = sum(len(line) for line in text.splitlines(keepends=True)[: error["line"] - 1])
    return int(max(0, min(len(text), before + error["col"] - len(error.get("highlight") or "x"))))


def position(node: Any) -> int | None:
    """Where in the text a node begins, as far as the tree knows."""
    found = [each.meta["start"] for each in node.walk() if isinstance(each.meta.get("start"), int)]
    return min(found, default=None)


def refuse(code: str, text: str, node: Any, suggestions: Collection[str] = ()) -> SqlError:
    """A refusal that points at a node."""
    return SqlError(text, code=f"sql.{code}", suggestions=list(suggestions), position=position(node))


def function_of(node: exp.Expr) -> Function | None:
    """What is known of a function that a node calls; None where that isn't allowed."""
    if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc):
        return BY_NAME.get(node.name.casefold())
    return BY_CLASS.get(type(node).__name__)


def check_nodes(tree: exp.Query) -> None:
    """Every node, every part of it, every function and every type is one of the allow-list.

    Raises:
        SqlError: one isn't.
    """
    if _depth(tree) > _MOST_DEPTH:
        raise SqlError("the statement is nested too deeply; write it simpler", code="sql.too_long")
    joins = 0
    for count, node in enumerate(tree.walk()):
        joins += isinstance(node, exp.Join)
        if joins > _MOST_JOINS:
            raise refuse("too_long", f"a statement may join {_MOST_JOINS} times at most; join fewer tables", node)
        if count > _MOST_NODES:
            raise SqlError("the statement is too large", code="sql.too_long")
        if isinstance(node, SYNTAX):
            _check_parts(node)
        elif isinstance(node, exp.Func):
            if function_of(node) is None:
                raise _no_function(node)
        else:
            what = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__).lower()
            raise refuse("not_allowed", f"{what} isn't allowed here", node)


def _depth(tree: exp.Expr) -> int:
    deepest, waiting = 0, [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting += [(child, depth + 1) for child in node.iter_expressions()]
    return deepest


def _check_parts(node: exp.Expr) -> None:
    if isinstance(node, exp.Select) and (node.args.get("into") or node.args.get("locks")):
        raise refuse("not_select", "a SELECT may only read", node)
    if isinstance(node, exp.Select) and not node.expressions:
        raise refuse("syntax", "nothing stands after SELECT", node)
    allowed = PARTS.get(type(node))
    for name, value in node.args.items():
        if allowed is not None and value and name not in allowed:
            raise refuse("not_allowed", f"{name.strip('_')} of {node.key} isn't allowed here", node)
    if isinstance(node, exp.Join) and node.args.get("method") not in (None, "", "ASOF"):
        raise refuse("not_allowed", f"a {node.args['method']} JOIN isn't allowed; say ON or USING what joins", node)
    if isinstance(node, exp.With) and node.args.get("recursive"):
        raise refuse("recursive", "recursive queries aren't allowed: nothing bounds them", node)
    if isinstance(node, exp.DataType) and (node.this.name not in TYPES or node.args.get("nested")):
        raise refuse(
            "not_allowed",
            f"the type {node.sql('duckdb')} isn't allowed; VARCHAR, DOUBLE, BIGINT, DATE and TIMESTAMPTZ are",
            node,
        )
    by_all = isinstance(node.parent, exp.Ordered) and node.name.upper() == "ALL"
    if isinstance(node, exp.Var) and not by_all and node.name.lower().removesuffix("s") not in UNITS:
        near = nearest(node.name.lower(), UNITS)
        raise refuse("not_allowed", f"{node.name!r} is no unit of time; there are day, month, year …", node, near)
    if isinstance(node, exp.Interval) and not isinstance(node.this, exp.Literal):
        raise refuse("not_allowed", "an interval is written with a number, such as INTERVAL 3 DAY", node)


def _no_function(node: exp.Func) -> SqlError:
    name = node.name if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc) else node.sql_name()
    name = name.lower()
    if name in CLOCK:
        text = (
            "there is no clock here: compare with max(time), or with a time such as TIMESTAMPTZ '2026-01-05T08:00:00Z'"
        )
        return refuse("function", text, node)
    near = nearest(name, BY_NAME)
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    return refuse("function", f"the function {name} isn't allowed{hint}", node, near)


def check_names(tree: exp.Query, taken: Collection[str]) -> None:
    """A WITH may neither hide a table nor look like a file: then no reading of scopes can lead past the tables.

    Raises:
        SqlError: one does.
    """
    for cte in tree.find_all(exp.CTE):
        name = cte.alias
        if name.lower() in taken or name.lower().startswith(_CATALOGUE):
            text = f"{name!r} names a table; call the WITH something else"
            raise refuse("table", text, cte.args["alias"])
        identifier = cte.args["alias"].this
        if identifier.quoted or not _NAME.fullmatch(name):
            text = f"{name!r} is no plain name; call the WITH by letters, digits and _, without quotes"
            raise refuse("table", text, cte.args["alias"])


def check_tables(tree: exp.Query, tables: Collection[str]) -> None:
    """Every table is one of these, or what a WITH around it has defined before.

    Raises:
        SqlError: one isn't.
    """
    waiting: list[tuple[exp.Expr, frozenset[str]]] = [(tree, frozenset(tables))]
    while waiting:
        node, known = waiting.pop()
        defined = node.args.get("with_")
        if defined is not None:
            for cte in defined.expressions:
                waiting.append((cte.this, known))
                known |= {cte.alias.lower()}
        if isinstance(node, exp.Table):
            _check_table(node, known, tables)
        waiting += [(child, known) for child in node.iter_expressions() if child is not defined]


def _check_table(table: exp.Table, known: frozenset[str], tables: Collection[str]) -> None:
    plain = isinstance(table.this, exp.Identifier) and not table.args.get("db") and not table.args.get("catalog")
    if not plain or table.name.lower() not in known:
        near = nearest(table.name, known, 1) or list(tables)[:1]
        others = f", and {', '.join(sorted(known - set(tables)))} of the WITH" if len(known) > len(tables) else ""
        hint = f"; did you mean {near[0]!r}?" if near and len(known) > 1 else ""
        text = f"there is no table {table.name or table.sql('duckdb')!r}; there is only {named(tables)}{others}{hint}"
        raise refuse("table", text, table, near)
