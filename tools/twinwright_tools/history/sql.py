"""SQL over a plant's tables: one SELECT, checked before anything runs, bounded, and explained.

The steps: read it (`check.parsed`); hold its tree to an allow-list (`check`); resolve every name and compare nothing
that can't be compared (`kinds`); print it, and let DuckDB's own parser and planner confirm what it is and what it costs
(`witness`); run it under limits of time, memory and cells. The connection can neither write nor open any file.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import sqlglot.expressions as exp
from sqlglot.errors import SqlglotError

from ..errors import SqlError
from ..times import iso_local
from .cells import plain
from .check import check_names, check_nodes, check_tables, parsed
from .hints import literal_hints
from .kinds import Kinds
from .language import Tables
from .witness import check_words, check_work, estimated_work, explained, plan_text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TIMEOUT_S = 10.0
_MOST_BYTES = 64_000_000
_MOST_CELLS = 500_000


@dataclass(frozen=True, slots=True)
class SqlResult:
    """Rows of a SELECT.

    Attributes:
        rows: values as JSON has them, times in ISO 8601 with the site's offset, in the order of `columns`.
        sql: the statement as it was understood.
        truncated: whether there were more rows than were asked for.
        hints: what was probably meant where a text that was asked for stands in no row.
        zone: the site's, in which all times are, and days and texts made of them; None where none are read.
    """

    columns: list[str]
    rows: list[list[Any]]
    sql: str
    truncated: bool = False
    hints: list[str] = field(default_factory=list)
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class SqlPlan:
    """How a statement is understood, without running it.

    Attributes:
        tree: what was parsed; `checks`: what was checked, in words.
        work: rows that DuckDB expects to go through, all operators together.
        plan: DuckDB's plan; `sql`: what it is asked.
    """

    tree: str
    checks: list[str]
    work: float
    plan: str
    sql: str
    hints: list[str]

    def as_dict(self) -> dict[str, Any]:
        """The plan as `twinwright history --explain --json` has it."""
        return {
            "tree": self.tree,
            "checks": self.checks,
            "work": self.work,
            "plan": self.plan,
            "sql": self.sql,
            "hints": self.hints,
        }


@dataclass(frozen=True, slots=True)
class Checked:
    """A statement that may be run: its tree, its text as DuckDB gets it, and what was found out about it.

    Attributes:
        reads: the tables that it reads; `named`: those of its WITH.
    """

    tree: exp.Query
    sql: str
    kinds: Kinds
    reads: tuple[str, ...]
    named: frozenset[str]


def checked(text: str, tables: Tables, taken: Collection[str] = ()) -> Checked:
    """One SELECT that reads nothing but these tables.

    Args:
        taken: all tables and views of the connection; nothing in a WITH may bear one of these names.

    Raises:
        SqlError: it isn't one; `position` says where.
    """
    tree = parsed(text, tables)
    try:
        check_nodes(tree)
        check_names(tree, {*tables, *(name.lower() for name in taken)})
        check_tables(tree, tables)
        kinds = Kinds(tables)
        kinds.check(tree)
        _put_in_order(tree)
        # Comments are the one part of a text that no tree checks.
        sql = tree.sql("duckdb", comments=False)
    except (SqlglotError, RecursionError, ValueError) as error:
        raise SqlError("the statement is nested too deeply; write it simpler", code="sql.too_long") from error
    found = {table.name.lower() for table in tree.find_all(exp.Table)}
    named = frozenset(cte.alias.lower() for cte in tree.find_all(exp.CTE))
    return Checked(tree, sql, kinds, tuple(name for name in tables if name in found), named)


def _put_in_order(tree: exp.Query) -> None:
    """Rows and lists that would come in another order each time get one: by their columns, after the order asked for.

    Groups, distinct rows, set operations and joins have no order of their own; rows of one table have that of its file.
    """
    for one in list(tree.find_all(exp.GroupConcat)):
        if isinstance(one.this, exp.Distinct):
            by = [exp.Ordered(this=each.copy(), nulls_first=False) for each in one.this.expressions]
            one.set("this", exp.Order(this=one.this, expressions=by))
    loose = isinstance(tree, exp.SetOperation) or any(tree.args.get(name) for name in ("group", "distinct", "joins"))
    if not loose:
        return
    asked = tree.args.get("order")
    known = list(asked.expressions) if asked else []
    told = {one.name.upper() for one in known}
    if known and (tree.is_star or "ALL" in told):
        return
    columns = ["ALL"] if tree.is_star else [str(place) for place, _ in enumerate(tree.selects, 1)]
    by = [exp.Ordered(this=exp.Var(this=column), nulls_first=False) for column in columns if column not in told]
    if by:
        tree.set("order", exp.Order(expressions=[*known, *by]))


def run(statement: Checked, cursor: DuckDBPyConnection, limit: int) -> SqlResult:
    """The result of a checked statement on a cursor that has the tables.

    Raises:
        SqlError: it doesn't fit the columns' types, is too much work, takes longer than ten seconds or more memory than
            there is, or gives values that JSON has no form for.
    """
    with _limited(cursor):
        check_words(statement.sql, cursor, {*statement.reads, *statement.named})
        check_work(estimated_work(statement.sql, cursor, statement.reads))
        table = cursor.sql(f"SELECT * FROM ({statement.sql}) AS asked LIMIT {max(0, limit) + 1}").to_arrow_table()
    if table.nbytes > _MOST_BYTES or table.num_rows * table.num_columns > _MOST_CELLS:
        raise SqlError(_too_much("the result is too large"), code="sql.memory")
    try:
        columns = [table.column(index).to_pylist() for index in range(table.num_columns)]
        # The connection speaks of the site's zone: so do texts and days that were made of times in it.
        rows = [[plain(value, iso_local) for value in row] for row in zip(*columns, strict=True)]
    except (ArithmeticError, ValueError, pa.ArrowException) as error:
        what = "a time or an interval in the result lies outside the years 1 to 9999; leave it out, or bound it"
        raise SqlError(what, code="sql.range") from error
    with _limited(cursor):
        hints = literal_hints(statement.kinds.literals, cursor)
    ((zone,),) = cursor.execute("SELECT current_setting('TimeZone')").fetchall()
    timed = "time" in statement.kinds.seen.values()
    return SqlResult(
        list(table.column_names), rows[:limit], statement.sql, len(rows) > limit, hints, zone if timed else None
    )


def explain(statement: Checked, cursor: DuckDBPyConnection) -> SqlPlan:
    """How a checked statement is understood and what it costs; nothing of it is run.

    Raises:
        SqlError: it doesn't fit the columns' types, or is too much work.
    """
    with _limited(cursor):
        check_words(statement.sql, cursor, {*statement.reads, *statement.named})
        work = estimated_work(statement.sql, cursor, statement.reads)
        check_work(work)
        hints = literal_hints(statement.kinds.literals, cursor)
        plan = plan_text(statement.sql, cursor)
    return SqlPlan(repr(statement.tree), _checks(statement), work, plan, statement.sql, hints)


def _checks(statement: Checked) -> list[str]:
    read = ", ".join(f"`{table}`" for table in statement.reads) or "no table"
    named = ", ".join(sorted(statement.named))
    found = ["one statement, read only, seen so by two parsers"]
    found.append(f"it reads {read}{f' and, of its WITH, {named}' if named else ''}")
    found += [f"{name}: {kind}" for (_, name), kind in statement.kinds.seen.items()]
    found += [f"{name} is asked to be {literal.sql('duckdb')}" for (_, name), literal in statement.kinds.literals]
    return list(dict.fromkeys(found))


@contextmanager
def _limited(cursor: DuckDBPyConnection) -> Iterator[None]:
    """A block that DuckDB has ten seconds for; what it says of a statement becomes a refusal."""
    timer = threading.Timer(TIMEOUT_S, cursor.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    except duckdb.InterruptException as error:
        raise SqlError(f"this took longer than {TIMEOUT_S:g} s; ask for less", code="sql.timeout") from error
    except (duckdb.OutOfMemoryException, MemoryError) as error:
        raise SqlError(_too_much("this needs too much memory"), code="sql.memory") from error
    except duckdb.Error as error:
        raise SqlError(explained(error), code="sql.failed") from error
    finally:
        timer.cancel()
        timer.join()  # a thread that still runs when the interpreter goes down can take the whole process with it


def _too_much(what: str) -> str:
    return f"{what}; narrow the query: fewer columns, a WHERE, an aggregate, no join of all rows with all"
