"""DuckDB's own word on a statement before it runs: what its parser sees in the text, and what its planner expects.

The tree that was checked is sqlglot's, and what runs is what DuckDB reads in the text that was printed from it. So the
printed text is parsed once more, by DuckDB, and its tree is held to the same allow-list: a statement runs only if both
parsers see one SELECT over the tables that there are.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

import duckdb

from ..errors import SqlError
from .language import BY_NAME, OPERATORS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_CLASSES_TEXT = """
COLUMN_REF CONSTANT FUNCTION COMPARISON CONJUNCTION OPERATOR CAST CASE BETWEEN SUBQUERY WINDOW STAR TYPE
"""
_CLASSES = frozenset(_CLASSES_TEXT.split())
_FROM = frozenset({"EMPTY", "BASE_TABLE", "SUBQUERY", "JOIN"})
# Operators that pair every row of one side with every row of the other.
_PAIRING = frozenset({"CROSS_PRODUCT", "NESTED_LOOP_JOIN", "BLOCKWISE_NL_JOIN"})
# Rows that all operators together may have to go through: some ten seconds of them on two cores.
MOST_WORK = 2e9


def check_words(sql: str, cursor: DuckDBPyConnection, tables: Collection[str]) -> None:
    """DuckDB's parser sees one SELECT that reads nothing but these tables and calls nothing but allowed functions.

    Raises:
        SqlError: it sees something else.
        duckdb.Error: it can't read it.
    """
    statements = cursor.extract_statements(sql)
    ((text,),) = cursor.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()
    document = json.loads(text)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT or document.get("error"):
        raise SqlError("write exactly one SELECT", code="sql.not_select")
    for node in _nodes(document["statements"]):
        wrong = _wrong(node, tables)
        if wrong:
            raise SqlError(f"{wrong} isn't allowed here", code="sql.not_allowed")


def _wrong(node: dict[str, Any], tables: Collection[str]) -> str | None:
    """What of a node of DuckDB's tree isn't allowed."""
    if "table_name" in node and "type" in node and node["type"] == "BASE_TABLE":
        plain = not node.get("schema_name") and not node.get("catalog_name") and not node.get("at_clause")
        return None if plain and node["table_name"].lower() in tables else f"the table {node['table_name']!r}"
    if "function_name" in node:
        name = str(node["function_name"]).lower()
        plain = not node.get("schema") and not node.get("catalog")
        return None if plain and (name in BY_NAME or name in OPERATORS) else f"the function {name}"
    if node.get("sample"):
        return "a sample"
    if "class" in node and node["class"] not in _CLASSES:
        return str(node["class"]).lower()
    if "from_table" in node and node["from_table"] and node["from_table"].get("type") not in _FROM:
        return str(node["from_table"].get("type")).lower()
    return None


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            yield each
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each


def estimated_work(sql: str, cursor: DuckDBPyConnection, tables: Collection[str]) -> float:
    """How many rows all operators of a statement are expected to go through, together.

    DuckDB's planner guesses that a filter keeps a fifth of the rows, and `history` has one (what is later isn't shown).
    Where tables are paired, that is set right by the number of rows that there are: by that of the table of which it
    guesses least.

    Args:
        tables: those that it reads.

    Raises:
        duckdb.Error: the statement doesn't fit the columns' types.
    """
    plan = json.loads(_explain(sql, cursor, "(FORMAT json) "))
    if not any(_name(node) in _PAIRING for node in _nodes(plan)):
        return _work(plan, 1.0)
    return _work(plan, max((_more_than_guessed(table, cursor) for table in tables), default=1.0))


def _more_than_guessed(table: str, cursor: DuckDBPyConnection) -> float:
    """How many times the rows that DuckDB expects of a table there are, at least 1."""
    ((visible,),) = cursor.execute(f"SELECT count(*) FROM {table}").fetchall()
    all_of_it = json.loads(_explain(f"SELECT * FROM {table}", cursor, "(FORMAT json) "))
    guessed = max((_told(node) or 0.0 for node in _nodes(all_of_it) if _name(node) == "SEQ_SCAN"), default=0.0)
    return max(1.0, float(visible) / max(guessed, 1.0))


def plan_text(sql: str, cursor: DuckDBPyConnection) -> str:
    """DuckDB's plan for people."""
    return _explain(sql, cursor, "")


def _explain(sql: str, cursor: DuckDBPyConnection, options: str) -> str:
    return str(cursor.execute(f"EXPLAIN {options}{sql}").fetchall()[0][1])


def _work(plan: list[dict[str, Any]], factor: float) -> float:
    def visit(node: dict[str, Any]) -> tuple[float, float]:
        """The rows that an operator gives, and the work of it and of all below it."""
        below = [visit(child) for child in node.get("children", [])]
        given = [rows for rows, _ in below]
        pairs = math.prod(max(rows, 1.0) for rows in given)
        told = _told(node)
        rows = max(given, default=0.0) if told is None else told * factor
        if _name(node) == "CROSS_PRODUCT":
            rows = pairs
        return rows, sum(work for _, work in below) + (pairs if _name(node) in _PAIRING else rows)

    return sum(visit(node)[1] for node in plan)


def _name(node: dict[str, Any]) -> str:
    return str(node.get("name", "")).strip()


def _told(node: dict[str, Any]) -> float | None:
    """The rows that DuckDB expects of an operator, where it says."""
    text = str(node.get("extra_info", {}).get("Estimated Cardinality", "")).lstrip("~")
    return float(text) if text.isdigit() else None


def check_work(work: float) -> None:
    """Refuses a statement that would take longer than anybody waits.

    Raises:
        SqlError: it would.
    """
    if work > MOST_WORK:
        text = (
            f"about {work:.1g} rows would have to be gone through, {MOST_WORK:.0e} are allowed: join the tables on a "
            "column, narrow the query with a WHERE, or aggregate first"
        )
        raise SqlError(text, code="sql.cost")


def explained(error: duckdb.Error) -> str:
    """What DuckDB says of it, without the candidates and the arrow."""
    first = str(error).splitlines()[0]
    return first.partition("Error: ")[2] or first
