"""History: words, validated SQL, and nothing that became known later."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twinwright_tools.errors import SqlError, UnknownNameError
from twinwright_tools.plant import Plant, open_plant

LATER = datetime(2026, 2, 1, tzinfo=UTC)


def test_words_in_any_form(open_pumps: Callable[..., Plant]) -> None:
    history = open_pumps(at=LATER).history
    found = history.search("is the SEAL leaking?")
    assert {row.get("id") for row in found[:2]} == {"W1", "SEAL"}
    assert {row["kind"] for row in found} >= {"work_order", "failure_code", "note"}
    assert found[0]["score"] >= found[-1]["score"]
    assert "Seal leaking at the pump" in [row["snippet"] for row in found]
    assert [row["kind"] for row in history.search("leaks", kind="NOTE")] == ["note"]
    assert [row["id"] for row in history.search("bearing", twin="P1")] == ["W2"]
    assert history.search("bearing", twin="P2") == []
    assert history.search("bearing", limit=0) == []


def test_unknown_twin_or_kind(open_pumps: Callable[..., Plant]) -> None:
    history = open_pumps(at=LATER).history
    with pytest.raises(UnknownNameError) as caught:
        history.search("seal", kind="work_ordr")
    assert caught.value.suggestions == ["work_order"]
    with pytest.raises(UnknownNameError):
        history.search("seal", twin="P7")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=80) | st.sampled_from(['"', "a AND", "NEAR(", "text:x", "*", "-", "leak*\x00", "col : {a b}"]))
def test_any_words_are_safe(open_pumps: Callable[..., Plant], words: str) -> None:
    assert len(_plant(open_pumps).history.search(words)) <= 4


_OPEN: dict[int, Plant] = {}


def _plant(open_pumps: Callable[..., Plant]) -> Plant:
    """One plant for all examples of a test."""
    if id(open_pumps) not in _OPEN:
        _OPEN.clear()
        _OPEN[id(open_pumps)] = open_pumps(at=LATER)
    return _OPEN[id(open_pumps)]


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT count(*) FROM history", [[4]]),
        ("select twin, count(*) n from history where kind = 'work_order' group by twin order by n desc", [["P1", 2]]),
        ("SELECT code, sum(duration_h) AS h FROM history GROUP BY code HAVING h > 4", [["BEARING", 5.0]]),
        (
            "SELECT strftime(time, '%Y-%m') AS month, count(*) AS n FROM history WHERE time IS NOT NULL GROUP BY month",
            [["2026-01", 3]],
        ),
        (
            "SELECT date_trunc('month', time) AS m, count(*) AS n FROM history WHERE twin = 'P2' GROUP BY ALL",
            [["2026-01-01T00:00:00+00:00", 1]],
        ),
        ("WITH w AS (SELECT * FROM history WHERE twin = 'P1') SELECT median(duration_h) AS hours FROM w", [[4.25]]),
        ("SELECT id FROM history h WHERE h.text ILIKE '%loud%' ORDER BY h.time LIMIT 1", [["W2"]]),
        ("SELECT date_diff('day', time, closed) AS days FROM history WHERE id = 'W1'", [[1]]),
        ("SELECT sum(priority) AS p, max(time) AS t FROM history", [[3, "2026-01-07T08:00:00+00:00"]]),
        ("SELECT count(*) FILTER (WHERE code = 'SEAL') * 1.0 / count(*) AS share FROM history", [[0.25]]),
        (
            "SELECT id, row_number() OVER (PARTITION BY twin ORDER BY time) AS n FROM history "
            "WHERE id IN ('W1','W2') ORDER BY id",
            [["W1", 1], ["W2", 2]],
        ),
        ("SELECT count(*) FROM history WHERE time >= TIMESTAMPTZ '2026-01-04T00:00:00Z' - INTERVAL 1 DAY", [[2]]),
        ("SELECT id FROM history WHERE id = 'W1' UNION ALL SELECT id FROM history WHERE id = 'W2'", [["W1"], ["W2"]]),
        (
            "SELECT CASE WHEN duration_h > 4 THEN 'long' ELSE 'short' END AS c FROM history WHERE id = 'W2'",
            [["long"]],
        ),
    ],
)
def test_questions_that_planners_ask(open_pumps: Callable[..., Plant], sql: str, rows: list[list[object]]) -> None:
    assert open_pumps(at=LATER).history.sql(sql).rows == rows


@pytest.mark.parametrize(
    ("sql", "order"),
    [
        ("SELECT kind, count(*) AS n FROM history GROUP BY kind", "ORDER BY 1, 2"),
        ("SELECT kind, count(*) AS n FROM history GROUP BY kind ORDER BY n DESC", "ORDER BY n DESC, 1, 2"),
        ("SELECT DISTINCT twin FROM history LIMIT 1", "ORDER BY 1 LIMIT 1"),
        ("SELECT twin FROM history UNION SELECT code FROM history", "ORDER BY 1"),
        ("SELECT * FROM history h JOIN history o ON h.id = o.id", "ORDER BY ALL"),
        ("SELECT DISTINCT * FROM history ORDER BY time", "ORDER BY time"),
        ("SELECT twin, count(*) FROM history GROUP BY ALL ORDER BY ALL", "ORDER BY ALL"),
        ("SELECT twin FROM history", "FROM history"),
    ],
)
def test_rows_come_in_one_order(open_pumps: Callable[..., Plant], sql: str, order: str) -> None:
    assert open_pumps(at=LATER).history.sql(sql).sql.endswith(order)


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "SELECT",
        "SELECT 1; SELECT 2",
        "DELETE FROM history",
        "UPDATE history SET text = ''",
        "DROP VIEW history",
        "PRAGMA database_list",
        "ATTACH 'x.db'",
        "COPY history TO 'x.csv'",
        "COPY (SELECT * FROM history) TO 'x.csv'",
        "SET threads = 1",
        "SELECT * FROM telemetry",
        "SELECT * FROM history_rows",
        "SELECT * FROM main.history",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM history, read_text('/etc/passwd')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM information_schema.tables",
        "SELECT getenv('HOME') FROM history",
        "SELECT current_setting('threads') FROM history",
        "SELECT range(100000000000) FROM history",
        "SELECT unnest(range(1000000000)) FROM history",
        "SELECT repeat('x', 1000000000) FROM history",
        "SELECT (SELECT max(time) FROM telemetry) FROM history",
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT * FROM r",
        "WITH history AS (SELECT 1 AS a) SELECT * FROM history",
        "SELECT 'it",
        "SELECT * FROM history FOR UPDATE",
        "SELECT * FROM history WHERE text = \"x\"",
        "SELECT * FROM (VALUES (1)) AS t(a)",
        "SELECT nope(text) FROM history",
        "SUMMARIZE history",
        "DESCRIBE history",
        "EXPLAIN SELECT * FROM history",
        "FROM history SELECT getvariable('x')",
        "SELECT COLUMNS('.*') FROM history USING SAMPLE 10",
        "INSTALL httpfs",
        "CALL pragma_version()",
        "SELECT query('x') FROM history",
        "SELECT * FROM query_table('telemetry')",
        "SELECT nextval('x') FROM history",
        "SELECT text::INTEGER FROM history",
        "(" * 5000 + "1" + ")" * 4000,
    ],
)  # fmt: skip
def test_what_is_refused(open_pumps: Callable[..., Plant], sql: str) -> None:
    with pytest.raises(SqlError):
        open_pumps(at=LATER).history.sql(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) AS n FROM (WITH history_rows AS (SELECT 1 AS x) SELECT * FROM history_rows) a, history_rows b",
        "WITH pg_tables AS (SELECT * FROM pg_tables) SELECT * FROM pg_tables",
        "WITH a AS (SELECT * FROM sqlite_master), sqlite_master AS (SELECT 1 AS x) SELECT * FROM a",
        "WITH History AS (SELECT 1 AS x) SELECT x FROM history",
        "WITH Telemetry AS (SELECT 1 AS x) SELECT x FROM telemetry",
        "WITH duckdb_anything AS (SELECT 1 AS x) SELECT x FROM duckdb_anything",
        "WITH information_schema AS (SELECT 1 AS x) SELECT x FROM information_schema",
        "SELECT (WITH a AS (SELECT 1 AS x) SELECT x FROM a) AS x FROM a",
        "SELECT * FROM (WITH a AS (SELECT 1 AS x) SELECT x FROM a) AS b, a",
        "WITH a AS (SELECT * FROM b), b AS (SELECT 1 AS x) SELECT x FROM a",
        "WITH a AS (SELECT * FROM a) SELECT * FROM a",
        'WITH "a" AS (SELECT 1 AS x) SELECT x FROM a',
        "WITH \"/etc/passwd\" AS (SELECT 1 AS x) SELECT x FROM '/etc/passwd'",
        "WITH tëst AS (SELECT 1 AS x) SELECT x FROM tëst",
    ],
)
def test_a_with_leads_to_no_other_table(open_pumps: Callable[..., Plant], sql: str) -> None:
    with pytest.raises(SqlError) as caught:
        open_pumps(at=LATER).history.sql(sql)
    assert caught.value.code == "sql.table"


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS x FROM a) SELECT a.x + b.x AS y FROM a, b", [[3]]),
        ("WITH a AS (SELECT 1 AS x) SELECT x FROM a UNION ALL SELECT x + 1 AS x FROM a", [[1], [2]]),
        ("WITH a AS (SELECT 2 AS x) SELECT count(*) AS n FROM history WHERE priority = (SELECT x FROM A)", [[1]]),
        ("WITH a AS (SELECT 1 AS x) SELECT (WITH b AS (SELECT x FROM a) SELECT x FROM b) AS x", [[1]]),
        ("WITH a AS (SELECT 1 AS x) (SELECT x FROM a)", [[1]]),
    ],
)
def test_a_with_is_known_where_it_stands(open_pumps: Callable[..., Plant], sql: str, rows: list[list[object]]) -> None:
    assert open_pumps(at=LATER).history.sql(sql).rows == rows


@pytest.mark.parametrize(
    "call",
    [
        "format('{:>1000000000}', text)", "printf('%1000000000s', text)", "repeat(text, 1000000000)",
        "lpad(text, 1000000000, 'x')", "rpad(text, 1000000000, 'x')", "range(1000000000)", "bar(1, 0, 1, 1000000000)",
        "generate_series(1, 1000000000)", "list_resize([1], 1000000000)", "array_agg(text)", "list(text)",
    ],
)  # fmt: skip
def test_what_blows_a_value_up_is_refused(open_pumps: Callable[..., Plant], call: str) -> None:
    with pytest.raises(SqlError) as caught:
        open_pumps(at=LATER).history.sql(f"SELECT {call} AS x FROM history")
    assert caught.value.code in {"sql.function", "sql.not_allowed"}


def test_memory_is_bounded(pump_plant: Path, open_pumps: Callable[..., Plant]) -> None:
    history = open_pumps(at=LATER).history
    (index,) = (pump_plant / ".twinwright" / "cache").glob("*.duckdb")
    with duckdb.connect(
        str(index), read_only=True, config={"enable_external_access": False, "memory_limit": "1GB"}
    ) as c:
        c.execute("SET GLOBAL memory_limit = '60MB'")
        steps = ", ".join(f"a{n} AS (SELECT t || t AS t FROM a{n - 1})" for n in range(1, 26))
        with pytest.raises(SqlError) as caught:
            history.sql(f"WITH a0 AS (SELECT text AS t FROM history), {steps} SELECT max(length(t)) AS n FROM a25")
    assert caught.value.code == "sql.memory"
    assert "narrow" in caught.value.message


def test_a_large_result_is_refused(open_pumps: Callable[..., Plant], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twinwright_tools.history.sql._MOST_BYTES", 100)
    with pytest.raises(SqlError) as caught:
        open_pumps(at=LATER).history.sql("SELECT a.text FROM history a, history b")
    assert caught.value.code == "sql.memory"


@pytest.mark.parametrize(
    "value",
    [
        "'infinity'::TIMESTAMP", "'290000-01-01'::TIMESTAMP", "'290000-01-01'::TIMESTAMPTZ", "'0044-03-15 (BC)'::DATE",
        "'infinity'::DATE", "'-infinity'::TIMESTAMPTZ", "max(time) + INTERVAL 200000 YEAR",
    ],
)  # fmt: skip
def test_times_that_no_calendar_has(open_pumps: Callable[..., Plant], value: str) -> None:
    with pytest.raises(SqlError) as caught:
        open_pumps(at=LATER).history.sql(f"SELECT {value} AS x FROM history")
    assert caught.value.code == "sql.range"


@pytest.mark.parametrize(
    "value", ["INTERVAL 3000000 YEAR", "'9999-12-31 23:59:59+00'::TIMESTAMPTZ", "9" * 5000, "1e999"]
)
def test_huge_values_are_given_or_refused(open_pumps: Callable[..., Plant], value: str) -> None:
    try:
        assert len(open_pumps(at=LATER).history.sql(f"SELECT {value} AS x").rows) == 1
    except SqlError as error:
        assert error.code in {"sql.range", "sql.failed", "sql.syntax"}


def test_a_refusal_says_where_and_what_was_meant(open_pumps: Callable[..., Plant]) -> None:
    history = open_pumps(at=LATER).history
    sql = "SELECT twin, duraton_h FROM history"
    with pytest.raises(SqlError) as caught:
        history.sql(sql)
    assert caught.value.suggestions[0] == "duration_h"
    assert caught.value.position == sql.index("duraton_h")
    sql = "SELECT avgg(duration_h) FROM history"
    with pytest.raises(SqlError) as caught:
        history.sql(sql)
    assert "avg" in caught.value.suggestions


def test_rows_are_bounded_and_slow_ones_are_stopped(
    open_pumps: Callable[..., Plant], monkeypatch: pytest.MonkeyPatch
) -> None:
    history = open_pumps(at=LATER).history
    found = history.sql("SELECT id FROM history", limit=3)
    assert len(found.rows) == 3
    assert found.truncated
    monkeypatch.setattr("twinwright_tools.history.sql.TIMEOUT_S", 0.3)
    monkeypatch.setattr("twinwright_tools.history.witness.MOST_WORK", float("inf"))
    many = ", ".join(f"history h{number}" for number in range(20))
    with pytest.raises(SqlError) as caught:
        history.sql(f"SELECT count(DISTINCT concat(h1.text, h7.text, h12.id)) FROM {many}")
    assert caught.value.code == "sql.timeout"


def test_all_rows_with_all_rows_end_at_the_time_limit(pump_plant: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(f'{{"kind": "note", "twin": "P1", "text": "leak number {n}"}}\n' for n in range(4000))
    (pump_plant / "history" / "b.jsonl").write_text(rows)
    monkeypatch.setattr("twinwright_tools.history.sql.TIMEOUT_S", 0.3)
    monkeypatch.setattr("twinwright_tools.history.witness.MOST_WORK", float("inf"))
    with open_plant(pump_plant, at=LATER) as plant:
        begin = time.monotonic()
        with pytest.raises(SqlError) as caught:
            plant.history.sql(
                "SELECT count(*) AS n FROM history a, history b, history c WHERE a.text > b.text || c.text"
            )
        assert caught.value.code == "sql.timeout"
        assert time.monotonic() - begin < 5


def test_what_came_later_is_masked(open_pumps: Callable[..., Plant]) -> None:
    history = open_pumps(at=datetime(2026, 1, 5, tzinfo=UTC)).history
    assert history.rows() == 3
    row = history.sql("SELECT status, code, closed, duration_h, remedy, text FROM history WHERE id = 'W2'").rows[0]
    assert row == ["open", None, None, None, None, "Bearing is loud"]
    assert history.search("replaced") == []
    assert "closed" not in history.search("loud")[0]
    assert history.sql("SELECT count(*) FROM history WHERE closed > TIMESTAMPTZ '2026-01-05T00:00:00Z'").rows == [[0]]
    assert [row["kind"] for row in history.search("mechanical")] == ["failure_code"]


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hours=st.integers(0, 24 * 8))
def test_the_future_has_no_say(pump_plant: Path, tmp_path: Path, hours: int) -> None:
    """Search and counts up to a time are those of a plant in which nothing later was ever written."""
    at = datetime(2026, 1, 1, 7, tzinfo=UTC).replace(day=1 + hours // 24, hour=hours % 24)
    log = pump_plant / "history" / "log.csv"
    whole = log.read_text()
    with open_plant(pump_plant, at=at) as plant:
        before = plant.history.search("seal bearing leak"), plant.history.sql("SELECT * FROM history").rows
    head, *lines = whole.splitlines()
    kept = [line for line in lines if not line.split(",")[2] or datetime.fromisoformat(line.split(",")[2]) <= at]
    try:
        log.write_text("\n".join([head, *kept]) + "\n")
        with open_plant(pump_plant, at=at) as plant:
            found = plant.history.search("seal bearing leak")
            assert [row["score"] for row in found] == [row["score"] for row in before[0]]
            assert plant.history.rows() == len(before[1])
    finally:
        log.write_text(whole)


def test_columns_are_typed_by_what_they_hold(pump_plant: Path) -> None:
    rows = '{"kind": "note", "twin": "P1", "text": "x", "crew": 4, "cost": 2.5, "badge": "007", "tags": ["a"]}\n'
    (pump_plant / "history" / "b.jsonl").write_text(rows)
    with open_plant(pump_plant) as plant:
        types = plant.history.types()
        assert (types["crew"], types["cost"], types["badge"], types["tags"]) == (
            "BIGINT", "DOUBLE", "VARCHAR", "VARCHAR",
        )  # fmt: skip
        assert types["duration_h"] == "DOUBLE"
        assert types["time"].startswith("TIMESTAMP")
        assert plant.history.sql("SELECT source_row FROM history WHERE crew = 4").rows == [["history/b.jsonl:1"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_mark_says_how_a_file_is_encoded(pump_plant: Path, encoding: str) -> None:
    rows = "kind;twin;time;text\r\nnote;P1;2026-01-05T00:00:00Z;Förderhöhe – geprüft\r\nnote;P1;gestern;x\r\n"
    (pump_plant / "history" / "marked.csv").write_bytes(f"\ufeff{rows}".encode(encoding))
    (pump_plant / "history" / "lines.jsonl").write_bytes('\ufeff{"kind": "note", "text": "⌀ 40"}'.encode(encoding))
    with open_plant(pump_plant) as plant:
        found = plant.history.sql("SELECT text, source_row FROM history WHERE text LIKE 'F%' OR text LIKE '⌀%'").rows
        assert found == [["⌀ 40", "history/lines.jsonl:1"], ["Förderhöhe – geprüft", "history/marked.csv:2"]]
        assert [one.place for one in plant.problems if one.file == "history/marked.csv"] == ["line 3"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("kind,twin,text".encode("utf-16-le"), "without a byte-order mark; save it as UTF-8"),
        ("\ufeffkind,twin,text\n".encode("utf-16-be")[:-1], "is no UTF-16 text; export it anew"),
        ("kind,twin,text\nnote,P1,Förderhöhe".encode("cp1252"), "is no UTF-8 text"),
    ],
)
def test_what_cannot_be_read_by_its_mark_is_said(pump_plant: Path, content: bytes, said: str) -> None:
    (pump_plant / "history" / "marked.csv").write_bytes(content)
    with open_plant(pump_plant) as plant:
        (problem,) = [one for one in plant.problems if one.file == "history/marked.csv"]
    assert problem.code == "history.encoding" and said in problem.message


def test_columns_stand_in_the_order_in_which_they_were_first_met(pump_plant: Path) -> None:
    names = [f"c{number}" for number in range(12)]
    row = {"kind": "note", "twin": "P1", "text": "x", **dict.fromkeys(reversed(names), 1)}
    (pump_plant / "history" / "zz.jsonl").write_text(json.dumps(row) + "\n")
    with open_plant(pump_plant) as plant:
        columns = plant.history.sql("SELECT * FROM history").columns
        assert [one for one in columns if one in names] == names[::-1]


def test_a_result_speaks_of_one_zone_and_says_which(pump_plant: Path) -> None:
    (pump_plant / "twinwright.toml").write_text('timezone = "Asia/Kolkata"\n')
    (pump_plant / "history" / "z.csv").write_text("kind,twin,time,text\nnote,P1,2026-01-04T20:00:00Z,late\n")
    query = (
        "SELECT time, strftime(time, '%d %H:%M') AS said, CAST(time AS VARCHAR) AS cast, CAST(time AS DATE) AS day, "
        "date_trunc('hour', time) AS hour FROM history WHERE text = 'late'"
    )
    with open_plant(pump_plant) as plant:
        found = plant.history.sql(query)
        counted = plant.history.sql("SELECT count(*) AS n FROM history WHERE kind = 'note'")
    told = dict(zip(found.columns, found.rows[0], strict=True))
    assert told == {
        "time": "2026-01-05T01:30:00+05:30",
        "said": "05 01:30",
        "cast": "2026-01-05 01:30:00+05:30",
        "day": "2026-01-05",
        "hour": "2026-01-05T01:00:00+05:30",
    }
    assert (found.zone, counted.zone) == ("Asia/Kolkata", None)
