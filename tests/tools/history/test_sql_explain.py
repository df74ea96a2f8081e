"""How a statement over history is explained and what it is held to before it runs."""

from __future__ import annotations

import threading

import duckdb
import pytest

from twinwright_tools.errors import SqlError
from twinwright_tools.history import witness
from twinwright_tools.history.sql import checked, run
from twinwright_tools.history.store import HistoryStore

SQL = (
    "WITH o AS (SELECT * FROM history WHERE kind = 'work_order') SELECT code, sum(duration_h) AS h FROM o GROUP BY code"
)


def test_an_explanation_tells_tree_checks_plan_and_sql(machines: HistoryStore) -> None:
    plan = machines.explain(SQL)
    assert "Select(" in plan.tree and "this=history" in plan.tree
    assert "it reads `history` and, of its WITH, o" in plan.checks
    assert {"code: text", "duration_h: number", "kind is asked to be 'work_order'"} <= set(plan.checks)
    assert 1 <= plan.work < 1000
    assert "history_rows" in plan.plan
    assert machines.sql(SQL).sql == plan.sql
    assert set(plan.as_dict()) == {"tree", "checks", "work", "plan", "sql", "hints"}


@pytest.mark.parametrize(
    ("few", "many"),
    [
        ("SELECT count(*) FROM history", "SELECT count(*) FROM history a, history b"),
        ("SELECT count(*) FROM history a, history b", "SELECT count(*) FROM history a, history b, history c"),
        (
            "SELECT count(*) FROM history a JOIN history b ON a.id = b.id",
            "SELECT count(*) FROM history a JOIN history b ON a.text < b.text || a.id",
        ),
    ],
)
def test_pairing_all_rows_with_all_is_more_work(machines: HistoryStore, few: str, many: str) -> None:
    assert machines.explain(few).work < machines.explain(many).work


def test_a_cross_product_costs_all_its_pairs(machines: HistoryStore) -> None:
    """11 rows can be seen, whatever the planner guesses of the filter that hides the others."""
    assert machines.explain("SELECT count(*) FROM history a, history b").work >= 11**2
    assert machines.explain("SELECT count(*) FROM history a, history b, history c, history d").work >= 11**4


def test_too_much_work_is_refused_before_it_runs(machines: HistoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness, "MOST_WORK", 100.0)
    assert machines.sql("SELECT count(*) FROM history").rows == [[11]]
    for ask in (machines.sql, machines.explain):
        with pytest.raises(SqlError, match="narrow") as caught:
            ask("SELECT count(*) FROM history a, history b")
        assert caught.value.code == "sql.cost"


@pytest.mark.parametrize(
    "sql",
    ["SELECT * FROM history_rows", "SELECT * FROM main.history", "SELECT * FROM read_text('/etc/passwd')",
     "SELECT getenv('HOME') FROM history", "SELECT main.lower(text) FROM history", "SELECT 1; SELECT 2",
     "DROP VIEW history", "SELECT list_transform([1], x -> x)", "SELECT * FROM history USING SAMPLE 1",
     "SELECT $1", "SELECT * FROM history PIVOT (count(*) FOR kind IN ('note'))", "FROM 'x.csv'",
     "SELECT text COLLATE NOCASE FROM history", "SELECT * FROM range(3)", "VALUES (1)", "SELECT * FROM twins",
     "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT * FROM r", "SELECT unnest([1])"],
)  # fmt: skip
def test_the_second_parser_refuses_by_itself(machines: HistoryStore, sql: str) -> None:
    """What were to slip through the first check is stopped by the second, which knows nothing of the first."""
    with pytest.raises((SqlError, duckdb.Error)):
        witness.check_words(sql, machines.cursor(), {"history"})


def test_cells_are_bounded(machines: HistoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twinwright_tools.history.sql._MOST_CELLS", 20)
    statement = checked("SELECT * FROM history", {"history": machines.types()})
    with pytest.raises(SqlError, match="fewer columns"):
        run(statement, machines.cursor(), 500)
    assert len(run(checked("SELECT id FROM history", {"history": machines.types()}), machines.cursor(), 500).rows) == 11


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("SELECT INTERVAL 90 MINUTE", 5400.0),
        ("SELECT INTERVAL 2 MONTH + INTERVAL 3 DAY", "P2M3DT0S"),
        ("SELECT INTERVAL 1 YEAR", "P12M0DT0S"),
        ("SELECT CAST(NULL AS INTERVAL)", None),
    ],
)
def test_spans_of_time(machines: HistoryStore, sql: str, value: object) -> None:
    assert machines.sql(sql).rows == [[value]]


def test_no_thread_outlives_its_statement(machines: HistoryStore) -> None:
    """One that still ran when the interpreter went down aborted the process, after its answer had been printed."""
    for _ in range(5):
        machines.sql("SELECT count(*) AS n FROM history WHERE kind = 'work_ordr'")
        assert not [one for one in threading.enumerate() if isinstance(one, threading.Timer)]
