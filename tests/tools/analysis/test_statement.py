"""SQL over the relations of an analysis: as free as history's, and no freer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twinwright_tools.analysis.relations import TABLES, Relations, Window
from twinwright_tools.analysis.signals import choose
from twinwright_tools.analysis.statement import select
from twinwright_tools.errors import InputError, SqlError
from twinwright_tools.plant import Plant

from .conftest import START

HOSTILE = (Path(__file__).parents[1] / "history" / "data" / "hostile.sql").read_text().splitlines()
# What is refused over history alone because it is another table, and is one of these tables here.
HERE = {"SELECT * FROM twins"}
MORE_HOSTILE = [
    "SELECT * FROM main.signals",
    "SELECT * FROM temp.grid",
    "SELECT * FROM history_rows",
    "SELECT * FROM telemetry",
    "SELECT * FROM made_relation",
    "SELECT * FROM about",
    "WITH grid AS (SELECT 1 AS x) SELECT * FROM grid",
    "WITH made_relation AS (SELECT 1 AS x), telemetry AS (SELECT 1 AS x) SELECT * FROM telemetry",
    "CREATE OR REPLACE TEMP TABLE grid AS SELECT 1",
    "SELECT * FROM grid; DROP TABLE grid",
    "SELECT * FROM grid, read_parquet('/etc/passwd')",
    "SELECT * FROM grid NATURAL JOIN samples",
    "SELECT * FROM grid POSITIONAL JOIN samples",
    "SELECT * FROM (PIVOT grid ON i USING max(o))",
    "INSERT INTO samples SELECT * FROM samples",
]


@pytest.fixture(scope="module")
def window(mixer: Plant) -> Window:
    """The mixer's signals over its six hours, in steps of ten minutes."""
    words = ["M1.inflow AS i", "M1.outflow AS o", "M1.gappy AS g", "M1.mode", "M1.setpoint"]
    return Window(choose(mixer, words, 9), START, START + timedelta(hours=6), 600)


@pytest.mark.parametrize("sql", [each for each in HOSTILE if each not in HERE] + MORE_HOSTILE)
def test_hostile_statements_are_refused(sql: str, mixer: Plant, window: Window) -> None:
    with pytest.raises(SqlError) as caught:
        select(mixer, sql, window)
    assert caught.value.code not in {"sql.failed", "sql.timeout", "sql.memory"}, "it got as far as DuckDB"


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT count(*), count(g), min(time) FROM grid", [[36, 24, "2026-01-05T00:00:00+00:00"]]),
        ("SELECT round(regr_slope(o, i), 4) AS s, round(corr(o, i), 4) AS c FROM grid", [[0.9, 1.0]]),
        ("SELECT M1_mode, count(*) AS n FROM grid GROUP BY ALL ORDER BY n", [["hand", 9], ["auto", 27]]),
        ("SELECT count(*) FROM samples WHERE signal = 'gappy'", [[480]]),
        ("SELECT text FROM samples WHERE signal = 'mode' ORDER BY time", [["auto"], ["hand"], ["auto"], ["hand"]]),
        ("SELECT max(value) < 20 AS ok FROM samples WHERE signal = 'inflow'", [[True]]),
        ("SELECT id, parent, location, power, maker, spare FROM twins WHERE power > 4",
         [["M1", "H1", "H1 / M1", 4.5, "Acme", False]]),
        ("SELECT signal, count, last_text FROM signals WHERE kind = 'text'", [["mode", 4, "hand"]]),
        ("SELECT unit FROM signals WHERE signal = 'gappy'", [[None]]),
        ("SELECT h.id, g.M1_setpoint FROM history h ASOF JOIN grid g ON h.time >= g.time WHERE h.kind = 'alarm'",
         [["A1", 6.0]]),
        ("WITH d AS (SELECT time, i - lag(i) OVER (ORDER BY time) AS d FROM grid) SELECT count(d) FROM d", [[35]]),
        ("SELECT count(*) FILTER (WHERE m > 11.5) > 0 AS high FROM (SELECT avg(i) OVER (ORDER BY time RANGE BETWEEN "
         "INTERVAL 30 MINUTE PRECEDING AND CURRENT ROW) AS m FROM grid)", [[True]]),
        ("SELECT time_bucket(INTERVAL 3 HOUR, time) AS t, count(*) AS n FROM grid GROUP BY t ORDER BY t",
         [["2026-01-05T00:00:00+00:00", 18], ["2026-01-05T03:00:00+00:00", 18]]),
        ("SELECT quantile_cont(i, 0.9) > median(i) AS ok, stddev(i) > 1 AS varies FROM grid", [[True, True]]),
    ],
)  # fmt: skip
def test_what_an_analyst_asks(sql: str, rows: list[list[Any]], mixer: Plant, window: Window) -> None:
    assert select(mixer, sql, window).result.rows == rows


@pytest.mark.parametrize(
    ("sql", "code", "meant"),
    [
        ("SELECT ii FROM grid", "sql.column", "i"),
        ("SELECT i FROM gird", "sql.table", "grid"),
        ("SELECT powr FROM twins", "sql.column", "power"),
        ("SELECT avgg(i) FROM grid", "sql.function", "avg"),
        ("SELECT i FROM grid WHERE time > 'noon'", "sql.type", None),
        ("SELECT i FROM grid WHERE i = 'x'", "sql.type", None),
    ],
)
def test_a_refusal_says_where_and_what_was_meant(
    sql: str, code: str, meant: str | None, mixer: Plant, window: Window
) -> None:
    with pytest.raises(SqlError) as caught:
        select(mixer, sql, window)
    assert caught.value.code == code and caught.value.position is not None
    assert meant is None or meant in caught.value.suggestions


def test_relations_without_what_they_need(mixer: Plant) -> None:
    with pytest.raises(InputError, match="name some"):
        select(mixer, "SELECT * FROM grid", Window((), START, START + timedelta(hours=1)))
    with pytest.raises(InputError, match="give from and to"):
        select(mixer, "SELECT * FROM signals", Window())
    assert select(mixer, "SELECT count(*) AS n FROM twins", Window()).result.rows == [[2]]


def test_nothing_later_is_in_any_relation(mixer: Plant, window: Window) -> None:
    late = Window(window.columns, START, START + timedelta(days=3), 600)
    for sql in ("SELECT max(time) AS t FROM grid", "SELECT max(time) AS t FROM samples"):
        assert select(mixer, sql, late).result.rows[0][0] <= mixer.at.isoformat()
    assert select(mixer, "SELECT max(max) AS m FROM signals WHERE signal = 'inflow'", late).result.rows[0][0] < 20
    assert select(mixer, "SELECT id FROM history WHERE kind = 'alarm'", late).result.rows == [["A1"]]


def test_two_parsers_see_the_relations_alone(mixer: Plant, window: Window) -> None:
    sql = "WITH a AS (SELECT * FROM grid) SELECT count(*) AS n FROM a, twins, (SELECT * FROM signals) s"
    found = select(mixer, sql, window)
    canary = duckdb.connect()
    for table in TABLES:
        canary.execute(f"CREATE TABLE {table} (x INTEGER)")
    assert canary.get_table_names(found.result.sql) == {"grid", "twins", "signals"} == set(found.reads)


def test_one_statement_leaves_nothing_to_the_next(mixer: Plant, window: Window) -> None:
    select(mixer, "SELECT count(*) FROM grid", window)
    with pytest.raises(InputError, match="name some"):
        select(mixer, "SELECT count(*) FROM grid", Window((), window.start, window.end))


def test_many_threads_ask_at_once(mixer: Plant, window: Window) -> None:
    """The loop makes the calls of a turn in threads; each has relations of its own."""

    def ask(step_s: int) -> int:
        each = Window(window.columns, window.start, window.end, step_s)
        return int(select(mixer, "SELECT count(*) AS n FROM grid, twins", each).result.rows[0][0])

    steps = [60, 600, 3600] * 4
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, steps)) == [2 * 6 * 3600 // step for step in steps]


WORDS = """
SELECT FROM WHERE GROUP BY ORDER LIMIT WITH AS JOIN ASOF ON USING UNION ALL AND NOT IN ( ) , * . = > + - 1 'x'
grid signals samples twins history history_rows telemetry about main temp made_relation read_csv('/etc/passwd')
time i o id twin value text count(*) avg(i) corr(i,o) lag(i) OVER PARTITION INTERVAL 1 HOUR a b a.i b.i
"""
TOKENS = WORDS.split()
SEEDS = [
    "SELECT i, count(*) FROM grid GROUP BY i",
    "WITH a AS (SELECT * FROM samples) SELECT a.twin, avg(value) FROM a JOIN twins b ON a.twin = b.id GROUP BY a.twin",
    "SELECT * FROM history a ASOF JOIN grid b ON a.time >= b.time",
]


@pytest.fixture(scope="module")
def canary(mixer: Plant, window: Window) -> duckdb.DuckDBPyConnection:
    """A connection that could read anything, with the same relations: DuckDB's own word on what a text reads."""
    connection = duckdb.connect()
    relations = Relations(mixer, window)
    for name in TABLES:
        if name != "history":
            connection.register("made", relations.build(name))
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM made")
    columns = ", ".join(f'"{name}" {kind}' for name, kind in mixer.history.types().items())
    connection.execute(f"CREATE TABLE history ({columns})")
    return connection


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(
    seed=st.sampled_from(SEEDS),
    edits=st.lists(st.tuples(st.integers(0, 40), st.booleans(), st.sampled_from(TOKENS)), max_size=4),
)
def test_whatever_runs_has_read_the_relations_alone(
    seed: str,
    edits: list[tuple[int, bool, str]],
    mixer: Plant,
    window: Window,
    canary: duckdb.DuckDBPyConnection,
) -> None:
    words = seed.split()
    for place, insert, token in edits:
        place %= len(words)
        words[place : place + (not insert)] = [token]
    try:
        found = select(mixer, " ".join(words), window)
    except InputError:
        return
    try:
        read = canary.get_table_names(found.result.sql)
    except duckdb.BinderException:  # it binds what an ASOF JOIN or a USING compares, without its tables
        read = set()
    assert {name.lower() for name in read} <= set(found.reads)
    (statement,) = canary.extract_statements(found.result.sql)
    assert statement.type == duckdb.StatementType.SELECT
