"""What holds for every text and every value."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp, parse_one

from twinwright_tools.errors import QueryError
from twinwright_tools.twins import LoadedTwins, explain_query, run_query
from twinwright_tools.twins.query.check import check_query
from twinwright_tools.twins.query.nodes import ALLOWED
from twinwright_tools.twins.query.parse import parse_query, print_query

HEADS = ["SELECT * FROM DIGITALTWINS T WHERE", "SELECT a FROM DIGITALTWINS MATCH (a)-[r]->(b) WHERE a.$dtId = 'x' AND"]
FRAME = ["SELECT", "*", "TOP", "5", "COUNT", "AS", "FROM", "DIGITALTWINS", "RELATIONSHIPS", "JOIN", "RELATED", "MATCH"]
ARROWS = [
    "(a)",
    "(b)",
    "()",
    "-[",
    "-[]->",
    "<-[]-",
    "-[]-",
    "]->",
    "]-",
    "r",
    ":",
    "feeds",
    "|",
    "*",
    "..",
    "3",
    "<",
    ">",
]
NAMES = [
    "T",
    "C",
    "a",
    "b",
    "T.feeds",
    "T.power",
    "T.name",
    "T.$dtId",
    "T.motor.poles",
    "$metadata.$model",
    "[[a",
    "b]]",
]
CONDITIONS = ["WHERE", "=", "!=", "<=", "AND", "OR", "NOT", "IN", "NIN", "[", "]", ",", "(", ")", ".", "exact"]
VALUES = ["'x'", "'it\\'s'", "-1", "1.5", "true", "null", "'dtmi:test:Pump;1'", "1e9", "'2026-01-01T00:00:00Z'"]
CALLS = ["IS_OF_MODEL", "STARTSWITH", "IS_DEFINED", "ARRAY_CONTAINS", "IS_OF_MODEL(T, 'dtmi:test:Pump;1')"]
STRANGE = [
    ";",
    '"',
    "'",
    "--",
    "/*",
    "*/",
    "UNION",
    "DROP",
    "INSERT",
    "UPDATE",
    "@",
    "\\",
    "\0",
    "{",
    "}",
    "ü",
    "group",
]
WORDS = [*FRAME, *ARROWS, *NAMES, *CONDITIONS, *VALUES, *CALLS, *STRANGE]

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


def spoken(words: list[str], most: int) -> st.SearchStrategy[str]:
    """Texts of the language's words, in any order."""
    return st.lists(st.sampled_from(words), max_size=most).flatmap(
        lambda found: st.sampled_from([" ", "", "\n"]).map(lambda space: space.join(found))
    )


names = st.sampled_from(["a", "T", "feeds", "power", "[[order by]]", "[[ ]]", "$dtId", "x1"])
paths = st.lists(names, min_size=1, max_size=4).map(".".join)
literals = st.one_of(
    st.integers(-(10**6), 10**6).map(str),
    st.floats(0, 1e6, allow_nan=False).map(repr),
    st.sampled_from(["true", "FALSE", "null"]),
    texts.map(lambda text: "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"),
)
operands = st.one_of(paths, literals)
calls = st.tuples(st.sampled_from(["IS_NULL", "contains", "F"]), st.lists(operands, max_size=3)).map(
    lambda call: f"{call[0]}({', '.join(call[1])})"
)
comparisons = st.tuples(operands, st.sampled_from(["=", "!=", "<", ">", "<=", ">="]), operands).map(" ".join)
memberships = st.tuples(
    operands, st.sampled_from(["IN", "NIN", "NOT IN"]), st.lists(literals, min_size=1, max_size=4)
).map(lambda parts: f"{parts[0]} {parts[1]} [{', '.join(parts[2])}]")
conditions = st.recursive(
    st.one_of(calls, comparisons, memberships),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "or"]), inner).map(" ".join),
        inner.map(lambda one: f"NOT {one}"),
        inner.map(lambda one: f"({one})"),
    ),
    max_leaves=6,
)
hops = st.sampled_from(["", "*2", "*..3", "*1..4", "*0..1"])
arrows = st.tuples(
    st.sampled_from(["-[{}]->", "<-[{}]-", "-[{}]-"]), st.sampled_from(["", "r", ":feeds", "r:feeds|[[a b]]"]), hops
).map(lambda parts: parts[0].format(parts[1] + parts[2]))
twins = st.sampled_from(["()", "(a)", "(b)", "([[order by]])"])
matches = st.tuples(twins, st.lists(st.tuples(arrows, twins).map("".join), max_size=3)).map(
    lambda parts: f"MATCH {parts[0]}{''.join(parts[1])}"
)
joins = st.lists(
    st.sampled_from(["JOIN C RELATED T.feeds [[my edge]]", "JOIN [[D]] RELATED C.[[a b]] R"]), max_size=3
).map(" ".join)
shown = st.one_of(
    st.sampled_from(["*", "COUNT()", "COUNT() AS n", "TOP(3)", "TOP(3) *"]),
    st.lists(st.one_of(paths, paths.map(lambda path: f"{path} AS x")), min_size=1, max_size=3).map(", ".join),
)
queries = st.tuples(
    shown,
    st.sampled_from(["DIGITALTWINS", "digitaltwins T", "DIGITALTWINS [[my T]]", "RELATIONSHIPS AS R"]),
    st.one_of(joins, matches),
    st.one_of(st.just(""), conditions.map(lambda condition: f"WHERE {condition}")),
).map(lambda parts: f"SELECT {parts[0]} FROM {parts[1]} {parts[2]} {parts[3]}")


@settings(max_examples=400)
@given(queries)
def test_what_is_printed_is_read_as_the_same_tree(text: str) -> None:
    tree = parse_query(text)
    printed = print_query(tree)
    again = parse_query(printed)
    assert again == tree
    assert print_query(again) == printed
    assert {type(node) for node in tree.walk()} <= ALLOWED


@settings(max_examples=500)
@given(st.one_of(st.text(max_size=80), spoken(WORDS, 25), queries))
def test_any_text_is_understood_or_refused(small_plant: LoadedTwins, text: str) -> None:
    for dialect, checked in (("service", True), ("embedded", True), ("embedded", False)):
        try:
            plan = explain_query(text, small_plant.models, small_plant.graph, dialect=dialect, checked=checked)  # type: ignore[arg-type]
        except QueryError as error:
            assert error.message
            assert error.position is None or 0 <= error.position <= len(text)
        else:
            assert [each.type for each in duckdb.extract_statements(plan.sql)] == [duckdb.StatementType.SELECT]


@settings(max_examples=250)
@given(st.sampled_from(HEADS), spoken([*NAMES, *CONDITIONS, *VALUES, *CALLS], 12))
def test_any_condition_is_run_or_refused(
    small_plant: LoadedTwins, small_store: duckdb.DuckDBPyConnection, head: str, condition: str
) -> None:
    text = f"{head} {condition}"
    try:
        printed = print_query(parse_query(text))
        run_query(text, small_plant.models, small_plant.graph, small_store.cursor())
    except QueryError:
        return
    assert print_query(parse_query(printed)) == printed


@settings(max_examples=250)
@given(spoken(ARROWS, 14))
def test_any_arrows_are_followed_or_refused(
    small_plant: LoadedTwins, small_store: duckdb.DuckDBPyConnection, pattern: str
) -> None:
    text = f"SELECT COUNT() FROM DIGITALTWINS MATCH (a)-[]->{pattern} WHERE a.$dtId = 'line1'"
    try:
        result = run_query(text, small_plant.models, small_plant.graph, small_store.cursor())
    except QueryError:
        return
    assert result.value[0]["COUNT"] >= 0


@given(texts)
def test_any_text_literal_arrives_whole(
    small_plant: LoadedTwins, small_store: duckdb.DuckDBPyConnection, value: str
) -> None:
    written = value.replace("\\", "\\\\").replace("'", "\\'")
    tree = parse_query(f"SELECT * FROM DIGITALTWINS T WHERE T.name = '{written}'")
    assert tree.args["where"].this.expression.name == value
    plan = explain_query(print_query(tree), small_plant.models, small_plant.graph)
    # the text stands in the SQL as one literal, however it is quoted
    assert value in [each.name for each in parse_one(plan.sql, dialect="duckdb").find_all(exp.Literal)]
    assert small_store.cursor().execute(plan.sql).fetchall() == []


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM DIGITALTWINS T WHERE " + "NOT " * 500 + "T.power > 1",
        "SELECT * FROM DIGITALTWINS T WHERE " + "(" * 5000 + "T.power > 1",
        "SELECT * FROM DIGITALTWINS T WHERE " + " AND ".join(["T.power > 1"] * 500),
        "SELECT * FROM DIGITALTWINS T WHERE T.power IN [" + ",".join(["1"] * 2000) + "]",
        "SELECT * FROM DIGITALTWINS T WHERE T.name = '" + "x" * 30_000 + "'",
        "SELECT * FROM DIGITALTWINS T WHERE T.name = '\0'",
        "SELECT T" + ".a" * 5000 + " FROM DIGITALTWINS T",
        "SELECT a FROM DIGITALTWINS MATCH (a)" + "-[]->()" * 500 + " WHERE a.$dtId = 'x'",
        "SELECT a FROM DIGITALTWINS MATCH (a)-[" + "r" * 15_000 + "*..99]->(b) WHERE a.$dtId = 'x'",
        "SELECT a FROM DIGITALTWINS MATCH (a)-[:" + "a|" * 5000 + "]->(b) WHERE a.$dtId = 'x'",
        "SELECT a FROM DIGITALTWINS a " + "JOIN b RELATED a.feeds " * 500,
    ],
    ids=["not", "parentheses", "and", "list", "length", "nul", "path", "arrows", "variable", "names", "joins"],
)
@pytest.mark.parametrize("dialect", ["service", "embedded"])
def test_size_and_depth_are_bounded(small_plant: LoadedTwins, text: str, dialect: str) -> None:
    with pytest.raises(QueryError):
        explain_query(text, small_plant.models, small_plant.graph, dialect=dialect)  # type: ignore[arg-type]


def test_many_conditions_are_fine(small_plant: LoadedTwins, small_store: duckdb.DuckDBPyConnection) -> None:
    text = "SELECT * FROM DIGITALTWINS T WHERE " + " OR ".join(["T.power > 1 AND T.power < 6"] * 150)
    result = run_query(text, small_plant.models, small_plant.graph, small_store.cursor(), dialect="embedded")
    assert [twin["$dtId"] for twin in result.value] == ["pump2"]


@pytest.mark.parametrize("node", [exp.Insert, exp.Delete, exp.Drop, exp.Subquery, exp.Union, exp.Command, exp.Add])
def test_a_tree_with_anything_else_in_it_is_refused(small_plant: LoadedTwins, node: type[exp.Expr]) -> None:
    tree = parse_query("SELECT * FROM DIGITALTWINS T WHERE T.power > 1")
    tree.args["where"].set("this", node(this=tree.args["where"].this))
    with pytest.raises(QueryError, match="no part of a query that reads") as caught:
        check_query(tree, small_plant.models, small_plant.graph.statistics)
    assert caught.value.code == "query.unsupported"
