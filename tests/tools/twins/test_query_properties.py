"""What holds for every text and every value."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinwright_tools.errors import QueryError
from twinwright_tools.twins import LoadedTwins, explain_query, run_query
from twinwright_tools.twins.query.parse import parse_query, print_query

WORDS = [
    "SELECT",
    "*",
    "TOP",
    "(",
    ")",
    "5",
    "COUNT",
    "AS",
    "FROM",
    "DIGITALTWINS",
    "RELATIONSHIPS",
    "T",
    "JOIN",
    "C",
    "RELATED",
    "T.feeds",
    "T.power",
    "T.name",
    "T.$dtId",
    "T.motor.poles",
    "WHERE",
    "=",
    "!=",
    "<",
    "<=",
    "AND",
    "OR",
    "NOT",
    "IN",
    "NIN",
    "[",
    "]",
    ",",
    "'x'",
    "'it\\'s'",
    "-1",
    "1.5",
    "true",
    "null",
    ".",
    "IS_OF_MODEL",
    "'dtmi:test:Pump;1'",
    "exact",
    "STARTSWITH",
    "IS_DEFINED",
    "MATCH",
    ";",
    "$metadata.$model",
    "[[a",
    "b]]",
    '"',
    "'",
    "--",
    "/*",
    "*/",
    "UNION",
]

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@settings(deadline=None, max_examples=300)
@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)))
def test_any_text_is_understood_or_refused(small_plant: LoadedTwins, text: str) -> None:
    try:
        explain_query(text, small_plant.models, small_plant.graph)
    except QueryError as error:
        assert error.message
        assert error.position is None or 0 <= error.position <= len(text)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.sampled_from(WORDS[19:]), max_size=12).map(" ".join))
def test_any_condition_is_run_or_refused(
    small_plant: LoadedTwins, small_store: duckdb.DuckDBPyConnection, condition: str
) -> None:
    text = f"SELECT * FROM DIGITALTWINS T WHERE T.power > 1 {condition}"
    try:
        printed = print_query(parse_query(text))
        run_query(text, small_plant.models, small_plant.graph, small_store.cursor())
    except QueryError:
        return
    assert print_query(parse_query(printed)) == printed


@settings(deadline=None)
@given(texts)
def test_any_text_literal_arrives_whole(
    small_plant: LoadedTwins, small_store: duckdb.DuckDBPyConnection, value: str
) -> None:
    written = value.replace("\\", "\\\\").replace("'", "\\'")
    tree = parse_query(f"SELECT * FROM DIGITALTWINS T WHERE T.name = '{written}'")
    assert tree.args["where"].this.expression.name == value
    plan = explain_query(print_query(tree), small_plant.models, small_plant.graph)
    literal = plan.sql.split("'/name') = ", 1)[1].rsplit(" ORDER BY", 1)[0]
    assert small_store.cursor().execute(f"SELECT {literal}").fetchone() == (value,)


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
    ],
    ids=["not", "parentheses", "and", "list", "length", "nul", "path"],
)
def test_size_and_depth_are_bounded(small_plant: LoadedTwins, text: str) -> None:
    with pytest.raises(QueryError):
        explain_query(text, small_plant.models, small_plant.graph)


def test_a_hundred_conditions_are_fine(small_plant: LoadedTwins, small_store: duckdb.DuckDBPyConnection) -> None:
    text = "SELECT * FROM DIGITALTWINS T WHERE " + " OR ".join(["T.power > 1 AND T.power < 6"] * 50)
    result = run_query(text, small_plant.models, small_plant.graph, small_store.cursor())
    assert [twin["$dtId"] for twin in result.value] == ["pump2"]
