"""Whatever is asked, it is answered or refused in words, and what is answered has read nothing but history."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twinwright_tools.errors import SqlError
from twinwright_tools.history.sql import checked
from twinwright_tools.history.store import HistoryStore

DATA = Path(__file__).parent / "data"
STATEMENTS = [
    *(case["sql"] for name in ("accepted", "refused") for case in yaml.safe_load((DATA / f"{name}.yaml").read_text())),
    *(DATA / "hostile.sql").read_text().splitlines(),
]
TOKEN = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|\w+|\S")
TOKENS = sorted({token for statement in STATEMENTS for token in TOKEN.findall(statement)})
SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@pytest.fixture
def canary(machines: HistoryStore) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that could read anything, with the same table: DuckDB's word on what a text reads."""
    connection = duckdb.connect()
    columns = ", ".join(f'"{name}" {kind}' for name, kind in machines.types().items())
    connection.execute(f"CREATE TABLE history ({columns})")
    yield connection
    connection.close()


def mutated() -> st.SearchStrategy[str]:
    """A statement with some of its words replaced, left out or doubled, or with the end of another."""

    def words(text: str) -> list[str]:
        return TOKEN.findall(text)

    def mutate(text: str, edits: list[tuple[int, str, str]]) -> str:
        found = words(text)
        for place, how, token in edits:
            index = place % (len(found) + 1)
            if how == "insert":
                found.insert(index, token)
            elif index < len(found):
                found[index : index + 1] = {"replace": [token], "remove": [], "double": [found[index]] * 2}[how]
        return " ".join(found)

    edit = st.tuples(
        st.integers(0, 60), st.sampled_from(["insert", "replace", "remove", "double"]), st.sampled_from(TOKENS)
    )
    one = st.builds(mutate, st.sampled_from(STATEMENTS), st.lists(edit, max_size=4))
    spliced = st.builds(
        lambda a, b, cut: " ".join(words(a)[:cut] + words(b)[cut // 2 :]),
        st.sampled_from(STATEMENTS),
        st.sampled_from(STATEMENTS),
        st.integers(1, 20),
    )
    nested = st.builds(
        lambda outer, inner: f"SELECT * FROM ({inner}) AS x WHERE EXISTS ({outer})",
        st.sampled_from(STATEMENTS),
        st.sampled_from(STATEMENTS),
    )
    return one | spliced | nested


@settings(max_examples=600, deadline=None, suppress_health_check=SLOW)
@given(text=mutated())
def test_mutated_statements(text: str, machines: HistoryStore, canary: duckdb.DuckDBPyConnection) -> None:
    try:
        result = machines.sql(text)
    except SqlError as error:
        assert error.position is None or 0 <= error.position <= len(text)
        return
    try:
        read = canary.get_table_names(result.sql)
    except duckdb.BinderException:  # JOIN … USING over a table of another connection
        read = set()
    assert {name.lower() for name in read} <= {"history"}
    (statement,) = canary.extract_statements(result.sql)
    assert statement.type == duckdb.StatementType.SELECT


@settings(max_examples=300, deadline=None, suppress_health_check=SLOW)
@given(text=st.text(max_size=100) | st.lists(st.sampled_from(TOKENS), max_size=30).map(" ".join))
def test_any_text(text: str, machines: HistoryStore) -> None:
    try:
        machines.explain(text)
    except SqlError as error:
        assert error.message


@pytest.mark.parametrize(
    "text",
    ["(" * 5000 + "1" + ")" * 5000, "SELECT " + "-" * 4000 + "1", "SELECT " + "NOT " * 2000 + "true",
     "SELECT 1" + "+1" * 4000, "SELECT " + "CASE WHEN true THEN " * 400 + "1" + " END" * 400,
     "SELECT * FROM (" * 400 + "SELECT 1 AS x" + ")" * 400,
     "SELECT '" + "x" * 20_000 + "'", "SELECT \x00", "SELECT '\ud800'", "\ufeffSELECT 1 AS x", "SELECT 1e99999",
     "SELECT " + ", ".join(["text"] * 1500) + " FROM history"],
    ids=["brackets", "signs", "nots", "sum", "cases", "queries", "long", "nul", "surrogate", "bom", "number",
         "columns"],
)  # fmt: skip
def test_what_is_too_much_is_refused_in_words(text: str, machines: HistoryStore) -> None:
    try:
        machines.sql(text)
    except SqlError as error:
        assert error.code.startswith("sql.")


def test_deep_cases_are_checked_once(machines: HistoryStore) -> None:
    """Nested CASEs would take for ever if each level looked at its parts twice."""
    inner = "1"
    for _ in range(20):
        inner = f"CASE {inner} WHEN {inner if len(inner) < 200 else 1} THEN 1 END"
    assert checked(f"SELECT {inner} AS x", {"history": machines.types()}).sql


def test_comments_never_reach_duckdb(machines: HistoryStore) -> None:
    result = machines.sql("SELECT 1 AS x /* ; DROP VIEW a */ FROM history -- ; DROP VIEW history\n LIMIT 1 /* */")
    assert result.rows == [[1]] and "DROP" not in result.sql and "/*" not in result.sql
