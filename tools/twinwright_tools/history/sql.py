"""SQL over history: one SELECT, checked against an allow-list before anything runs.

The check is on the tree, not on the text: every node must be of a kind that is known to do nothing but read the table
`history`. The connection it runs on can neither write nor open any file.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import sqlglot
import sqlglot.expressions as exp
from sqlglot.errors import ParseError, SqlglotError

from ..errors import SqlError, nearest
from .cells import plain

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TABLE = "history"
TIMEOUT_S = 10.0
_MOST_CHARS = 10_000
_MOST_NODES = 2_000
_MOST_BYTES = 64_000_000
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CATALOGUE = ("pg_", "sqlite_", "duckdb_", "pragma_", "information_schema")

_SYNTAX: tuple[type[Any], ...] = (
    exp.Select, exp.SetOperation, exp.Subquery, exp.CTE, exp.With, exp.Table, exp.TableAlias, exp.Alias, exp.Column,
    exp.Identifier, exp.Literal, exp.Star, exp.From, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered,
    exp.Limit, exp.Offset, exp.Distinct, exp.Join, exp.Paren, exp.Neg, exp.Not, exp.Connector, exp.Predicate,
    exp.Case, exp.If, exp.Null, exp.Boolean, exp.Cast, exp.DataType, exp.DataTypeParam, exp.Interval, exp.Add, exp.Sub,
    exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.DPipe, exp.Window, exp.WindowSpec, exp.Filter, exp.Qualify, exp.Tuple,
    exp.Var, exp.AtTimeZone, exp.Escape, exp.WithinGroup,
)  # fmt: skip
_FUNCTIONS_TEXT = """
abs age any_value arg_max arg_min avg ceil ceiling coalesce concat concat_ws contains count count_if date_diff
date_part date_trunc datediff day dayname dayofweek ends_with epoch extract first floor greatest
group_concat hour ifnull ilike instr isodow lag last last_day lead least left length lower ltrim mad max median
min minute mode month monthname nullif percent_rank percentile_cont percentile_disc power quantile quantile_cont
quantile_disc quarter rank dense_rank regexp_extract regexp_matches regexp_replace replace right round
row_number rtrim second split_part sqrt starts_with stddev stddev_pop stddev_samp strftime string_agg strpos
substr substring sum trim trunc try_cast upper var_pop var_samp variance week weekofyear year yearweek
"""
_FUNCTIONS = frozenset(_FUNCTIONS_TEXT.split())
# sqlglot's own names for functions of the list above.
_CLASSES_TEXT = """
Abs AnyValue ArgMax ArgMin Avg Ceil Coalesce Concat ConcatWs Contains Count CountIf DateDiff DateTrunc
TimestampTrunc Day DayOfWeek DayOfWeekIso DayOfMonth DayOfYear Dayname EndsWith Extract First Floor
Greatest GroupConcat Hour Lag Last LastDay Lead Least Left Length Lower Mad Max Median Min Minute Mode Month
Monthname Nullif PercentRank PercentileCont PercentileDisc Pow Quantile ApproxQuantile Quarter Rank DenseRank
RegexpExtract RegexpLike RegexpReplace Replace Right Round RowNumber Second SplitPart Sqrt StartsWith Stddev
StddevPop StddevSamp TimeToStr StrPosition Substring Sum Trim Trunc Upper Variance VariancePop Week WeekOfYear
Year YearOfWeek ToChar TsOrDsToTimestamp TsOrDsToDate TimeToUnix IsInf IsNan Cast TryCast If Case And Or
"""
_CLASSES = frozenset(_CLASSES_TEXT.split())


@dataclass(frozen=True, slots=True)
class SqlResult:
    """Rows of a SELECT over history.

    Attributes:
        rows: values as JSON has them, times in ISO 8601, in the order of `columns`.
        sql: the statement as it was understood.
        truncated: whether there were more rows than were asked for.
    """

    columns: list[str]
    rows: list[list[Any]]
    sql: str
    truncated: bool = False


def checked(text: str, columns: Sequence[str], tables: Collection[str] = ()) -> exp.Query:
    """The tree of one SELECT that reads nothing but `history`.

    Args:
        columns: those of `history`.
        tables: all tables and views of the connection; nothing in a WITH may bear one of these names.

    Raises:
        SqlError: it isn't one; `position` says where.
    """
    if len(text) > _MOST_CHARS:
        raise SqlError(f"the statement has {len(text)} characters; {_MOST_CHARS} are allowed", code="sql.too_long")
    try:
        statements = [tree for tree in sqlglot.parse(text, dialect="duckdb") if tree is not None]
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        raise SqlError(_syntax(first), code="sql.syntax", position=_offset(text, first)) from error
    except (SqlglotError, RecursionError, ValueError) as error:
        text = "this can't be read as SQL: a quote or a bracket isn't closed, or a number is too long"
        raise SqlError(text, code="sql.syntax") from error
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise SqlError("write exactly one SELECT over the table `history`", code="sql.not_select")
    tree = statements[0]
    _check_nodes(tree)
    _check_names(tree, {TABLE, *(name.lower() for name in tables)})
    _check_tables(tree)
    _check_columns(tree, columns)
    return tree


def _syntax(error: dict[str, Any]) -> str:
    near = f" near {error['highlight']!r}" if error.get("highlight") else ""
    return f"this is no SQL{near}: {error.get('description') or 'it ends too early'}"


def _offset(text: str, error: dict[str, Any]) -> int | None:
    """The 0-based offset of a place that sqlglot gives as line and column of the token's end."""
    if not error.get("line"):
        return None
    before = sum(len(line) for line in text.splitlines(keepends=True)[: error["line"] - 1])
    return int(max(0, min(len(text), before + error["col"] - len(error.get("highlight") or "x"))))


def _position(node: Any) -> int | None:
    for each in node.walk():
        start = each.meta.get("start")
        if isinstance(start, int):
            return start
    return None


def _check_nodes(tree: exp.Query) -> None:
    for count, node in enumerate(tree.walk()):
        if count > _MOST_NODES:
            raise SqlError("the statement is too large", code="sql.too_long")
        if isinstance(node, exp.With) and node.args.get("recursive"):
            raise SqlError("recursive queries aren't allowed", code="sql.recursive", position=_position(node))
        if isinstance(node, exp.Select) and (node.args.get("into") or node.args.get("locks")):
            raise SqlError("a SELECT may only read", code="sql.not_select", position=_position(node))
        if isinstance(node, exp.Func) and type(node).__name__ not in _CLASSES:
            _check_function(node)
        elif not isinstance(node, exp.Func) and not isinstance(node, _SYNTAX):
            what = type(node).__name__.lower()
            raise SqlError(f"{what} isn't allowed here", code="sql.not_allowed", position=_position(node))


def _check_function(node: exp.Func) -> None:
    if isinstance(node, _SYNTAX):
        return
    name = node.name if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc) else node.sql_name()
    if name.casefold() in _FUNCTIONS:
        return
    near = nearest(name, _FUNCTIONS)
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    raise SqlError(
        f"the function {name.lower()} isn't allowed{hint}",
        code="sql.function",
        suggestions=near,
        position=_position(node),
    )


def _check_names(tree: exp.Query, taken: Collection[str]) -> None:
    """A WITH may neither hide a table nor look like a file: then no reading of scopes can lead past `history`."""
    for cte in tree.find_all(exp.CTE):
        name = cte.alias
        if name.lower() in taken or name.lower().startswith(_CATALOGUE):
            text = f"{name!r} names a table; call the WITH something else"
            raise SqlError(text, code="sql.table", position=_position(cte.args["alias"]))
        identifier = cte.args["alias"].this
        if identifier.quoted or not _NAME.fullmatch(name):
            text = f"{name!r} is no plain name; call the WITH by letters, digits and _, without quotes"
            raise SqlError(text, code="sql.table", position=_position(cte.args["alias"]))


def _check_tables(tree: exp.Query) -> None:
    """Every table is `history`, or what a WITH around it has defined before."""
    waiting: list[tuple[exp.Expr, frozenset[str]]] = [(tree, frozenset({TABLE}))]
    while waiting:
        node, known = waiting.pop()
        defined = node.args.get("with_")
        if defined is not None:
            for cte in defined.expressions:
                waiting.append((cte.this, known))
                known |= {cte.alias.lower()}
        if isinstance(node, exp.Table):
            _check_table(node, known)
        waiting += [(child, known) for child in node.iter_expressions() if child is not defined]


def _check_table(table: exp.Table, known: Collection[str]) -> None:
    named = isinstance(table.this, exp.Identifier) and not table.args.get("db") and not table.args.get("catalog")
    if not named or table.name.lower() not in known:
        text = f"there is no table {table.name or table.sql('duckdb')!r}; the only one is `history`"
        raise SqlError(text, code="sql.table", suggestions=[TABLE], position=_position(table))


def _check_columns(tree: exp.Query, columns: Sequence[str]) -> None:
    named = {each.alias.casefold() for each in tree.find_all(exp.Alias, exp.Subquery, exp.Table, exp.CTE) if each.alias}
    named |= {each.name.casefold() for alias in tree.find_all(exp.TableAlias) for each in alias.columns}
    known = {*(name.casefold() for name in columns), *named, TABLE}
    for column in tree.find_all(exp.Column):
        if isinstance(column.this, exp.Star) or column.name.casefold() in known:
            continue
        near = nearest(column.name, [*columns, *named])
        hint = f"; did you mean {', '.join(near)}?" if near else f"; there are {', '.join(columns)}"
        text = f"`history` has no column {column.name!r}{hint}"
        if isinstance(column.this, exp.Identifier) and column.this.quoted:
            text += " (texts stand in single quotes)"
        raise SqlError(text, code="sql.column", suggestions=near or list(columns), position=_position(column))


def run(tree: exp.Query, text: str, cursor: DuckDBPyConnection, limit: int) -> SqlResult:
    """The result of a checked statement on a cursor that has the view `history`.

    Raises:
        SqlError: it doesn't fit the columns' types, takes longer than ten seconds or more memory than there is, or
            gives values that JSON has no form for.
    """
    try:
        sql = tree.sql("duckdb")
    except (SqlglotError, RecursionError, ValueError) as error:
        raise SqlError("the statement is nested too deeply; write it simpler", code="sql.too_long") from error
    table = _table(f"SELECT * FROM ({sql}) AS asked LIMIT {max(0, limit) + 1}", cursor)
    if table.nbytes > _MOST_BYTES:
        raise SqlError(_too_much("the result is too large"), code="sql.memory")
    try:
        columns = [table.column(index).to_pylist() for index in range(table.num_columns)]
        rows = [[plain(value) for value in row] for row in zip(*columns, strict=True)]
    except (ArithmeticError, ValueError, pa.ArrowException) as error:
        what = "a time or an interval in the result lies outside the years 1 to 9999; leave it out, or bound it"
        raise SqlError(what, code="sql.range") from error
    return SqlResult(list(table.column_names), rows[:limit], sql, len(rows) > limit)


def _table(sql: str, cursor: DuckDBPyConnection) -> pa.Table:
    timer = threading.Timer(TIMEOUT_S, cursor.interrupt)
    timer.daemon = True
    timer.start()
    try:
        return cursor.sql(sql).to_arrow_table()
    except duckdb.InterruptException as error:
        raise SqlError(f"this took longer than {TIMEOUT_S:g} s; ask for less", code="sql.timeout") from error
    except (duckdb.OutOfMemoryException, MemoryError) as error:
        raise SqlError(_too_much("this needs too much memory"), code="sql.memory") from error
    except duckdb.Error as error:
        raise SqlError(_explained(error), code="sql.failed") from error
    finally:
        timer.cancel()


def _too_much(what: str) -> str:
    return f"{what}; narrow the query: fewer columns, a WHERE, an aggregate, no join of all rows with all"


def _explained(error: duckdb.Error) -> str:
    """What DuckDB says of it, without the candidates and the arrow."""
    first = str(error).splitlines()[0]
    return first.partition("Error: ")[2] or first
