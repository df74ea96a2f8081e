"""Broken telemetry and history: named by file and place, and nothing else is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from twinwright_tools.errors import ConfigError
from twinwright_tools.plant import Plant, open_plant
from twinwright_tools.plant.check import check
from twinwright_tools.plant.problems import Problem

HEAD = "timestamp,twin,signal,value,text\n"
ROW = "2026-01-05T00:00:00Z,P2,flow,1,\n"


def _parquet(path: Path, **columns: object) -> None:
    usual: dict[str, object] = {
        "timestamp": pa.array([datetime(2026, 1, 5)] * 2, pa.timestamp("us", "UTC")),  # noqa: DTZ001  # of the column
        "twin": ["P2", "P2"],
        "signal": ["flow", "running"],
        "value": [1.0, 1.0],
    }
    pq.write_table(pa.table({name: value for name, value in {**usual, **columns}.items() if value is not None}), path)


def _problem(folder: Path, code: str) -> Problem:
    """Opens the folder; everything that is sound in it must be there still."""
    with open_plant(folder) as plant:
        assert plant.telemetry.info(next(iter(plant.telemetry.signals())).key).count
        assert {"P1.flow", "P1.mode", "P1.running"} <= {str(info.key) for info in plant.telemetry.signals()}
        assert plant.history.rows() >= 3
        (found,) = [problem for problem in plant.problems if problem.code == code]
        return found


@pytest.mark.parametrize(
    ("name", "text", "code", "place"),
    [
        ("zone.csv", f"{HEAD}{ROW}2026-01-05T00:00:10,P2,flow,1,\n", "telemetry.naive_time", "line 3"),
        ("words.csv", f"{HEAD}{ROW}\n2026-01-05T00:00:10Z,P2,flow,lots,\n", "telemetry.text_value", "line 4"),
        ("cells.csv", f"{HEAD}2026-01-05T00:00:00Z,P2,flow,1,,x,y\n{ROW}", "telemetry.csv_row", "line 2"),
        ("infinite.csv", f"{HEAD}{ROW}2026-01-05T00:00:10Z,P2,flow,inf,\n", "telemetry.not_finite", "line 3"),
        ("columns.csv", "time,twin,signal,value\n", "telemetry.missing_column", "timestamp"),
        ("empty.csv", "", "telemetry.empty_file", None),
        ("empty.parquet", "", "telemetry.empty_file", None),
        ("torn.parquet", "PAR1 and nothing more", "telemetry.unreadable", None),
        ("rows.csv", HEAD, "telemetry.no_rows", None),
        ("nameless.csv", HEAD + "2026-01-05T00:00:00Z,,flow,1,\n", "telemetry.nameless", None),
    ],
)  # fmt: skip
def test_telemetry(pump_plant: Path, name: str, text: str, code: str, place: str | None) -> None:
    (pump_plant / "telemetry" / name).write_text(text)
    problem = _problem(pump_plant, code)
    assert problem.file == f"telemetry/{name}"
    assert problem.place == place


def test_parquet_columns(pump_plant: Path) -> None:
    path = pump_plant / "telemetry" / "b.parquet"
    _parquet(path, timestamp=pa.array([datetime(2026, 1, 5)] * 2, pa.timestamp("us")))  # noqa: DTZ001  # naive
    assert _problem(pump_plant, "telemetry.naive_time").file == "telemetry/b.parquet"
    _parquet(path, value=["1.5", "high"])
    assert _problem(pump_plant, "telemetry.text_value").place == "row 2"
    _parquet(path, twin=None)
    assert _problem(pump_plant, "telemetry.missing_column").place == "twin"
    _parquet(path, value=[np.inf, 1.0])
    assert _problem(pump_plant, "telemetry.not_finite").place == "row 1"


def test_a_torn_parquet_page(pump_plant: Path) -> None:
    path = pump_plant / "telemetry" / "b.parquet"
    _parquet(path)
    content = bytearray(path.read_bytes())
    content[4:60] = b"\xff" * 56
    path.write_bytes(content)
    assert _problem(pump_plant, "telemetry.unreadable").file == "telemetry/b.parquet"


def test_duplicates_and_disorder(pump_plant: Path) -> None:
    rows = ["2026-01-05T00:00:40Z,P1,flow,99,\n", "2026-01-05T00:00:05Z,P1,flow,1.5,\n"]
    (pump_plant / "telemetry" / "b.csv").write_text(HEAD + "".join(rows))
    assert "1 row repeats" in _problem(pump_plant, "telemetry.duplicates").message
    with open_plant(pump_plant) as plant:
        (info,) = [info for info in plant.telemetry.signals() if info.key.signal == "flow"]
        series = plant.telemetry.series([info.key])[info.key]
        assert series.values.tolist() == [1, 1.5, 2, 4, 8, 99]
        assert (np.diff(series.times) > 0).all()


def test_unknown_names_are_kept(pump_plant: Path) -> None:
    rows = "2026-01-05T00:00:00Z,P11,flow,1,\n2026-01-05T00:00:00Z,P2,colour,1,\n"
    (pump_plant / "telemetry" / "b.csv").write_text(HEAD + rows)
    twin, signal = _problem(pump_plant, "telemetry.unknown_twin"), _problem(pump_plant, "telemetry.unknown_signal")
    assert (twin.place, twin.file) == ("P11", "telemetry/b.csv")
    assert twin.message.startswith("1 row is of the twin 'P11'")
    assert (signal.file, signal.message.startswith("1 signal is in no model")) == ("telemetry/b.csv", True)
    assert "P2.colour" in signal.message
    with open_plant(pump_plant) as plant:
        assert {"P11.flow", "P2.colour"} <= {str(info.key) for info in plant.telemetry.signals() if not info.known}


@pytest.mark.parametrize(
    ("name", "text", "code", "place"),
    [
        ("a.jsonl", '{"kind": "note", "text": "x"}\n{"kind": \n', "history.json", "line 2"),
        ("a.jsonl", '{"kind": "note", "text": "x", "time": "2026-01-05T00:00:00"}\n', "history.naive_time", "line 1"),
        ("a.jsonl", '["note"]\n{"kind": "note", "text": "x", "twin": "P1"}\n', "history.json", "line 1"),
        (
            "a.jsonl",
            '{"text": "x", "twin": "P1", "kind": "note"}\n{"n": ' + "1" * 5000 + "}\n",
            "history.json",
            "line 2",
        ),
        ("a.jsonl", '{"text": "x", "twin": "P1", "kind": "note"}\n' + "[" * 99999 + "\n", "history.json", "line 2"),
        ("a.jsonl", '{"text": "x", "twin": "P1", "kind": "note"}\n{"a": "\\ud800"}\n', "history.json", "line 2"),
        ("a.csv", 'kind,twin,text\nnote,P1,"two\nlines"\nnote,P1\n', "history.csv_row", "line 4"),
        ("a.csv", "kind,twin,text,closed\nnote,P1,x,yesterday\n", "history.time", "line 2"),
        ("a.csv", "kind,twin,text,duration_h\nnote,P1,x,long\n", "history.duration", "line 2"),
        ("a.csv", "twin,text\nP1,x\n", "history.missing_column", None),
        ("a.csv", "", "history.no_rows", None),
    ],
)
def test_history(pump_plant: Path, name: str, text: str, code: str, place: str | None) -> None:
    (pump_plant / "history" / name).write_text(text)
    problem = _problem(pump_plant, code)
    assert problem.file == f"history/{name}"
    assert problem.place == place


@pytest.mark.parametrize("depth", range(100, 1100, 50))
def test_nested_history(pump_plant: Path, depth: int) -> None:
    """Whatever the depth, the row is read or named."""
    row = f'{{"kind": "note", "twin": "P1", "text": "deep", "parts": {"[" * depth}{"]" * depth}}}\n'
    (pump_plant / "history" / "a.jsonl").write_text(row)
    with open_plant(pump_plant) as plant:
        named = [problem.place for problem in plant.problems if problem.code == "history.json"]
        assert plant.history.rows() == (3 if named else 4)
        assert named in ([], ["line 1"])


def test_a_link_out_of_the_plant(pump_plant: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.csv"
    outside.write_text("kind,twin,text\nnote,P1,secret\n")
    (pump_plant / "history" / "b.csv").symlink_to(outside)
    assert _problem(pump_plant, "history.outside").file == "history/b.csv"
    with open_plant(pump_plant) as plant:
        assert plant.history.search("secret") == []
    (pump_plant / "history" / "b.csv").unlink()
    (pump_plant / "notes.csv").write_text("kind,twin,text\nnote,P1,inside\n")
    (pump_plant / "history" / "b.csv").symlink_to(pump_plant / "notes.csv")
    with open_plant(pump_plant) as plant:
        assert len(plant.history.search("inside")) == 1


@pytest.mark.parametrize("section", ["history", "telemetry"])
@pytest.mark.parametrize("pattern", ["../secret.csv", "history/../../*.csv", "..", "a\\..\\b.csv"])
def test_patterns_that_leave_the_plant(pump_plant: Path, section: str, pattern: str) -> None:
    (pump_plant / "twinwright.toml").write_text(f"[{section}]\nfiles = ['{pattern}']\n")
    with pytest.raises(ConfigError, match="leads out") as caught:
        open_plant(pump_plant)
    assert caught.value.place == f"{section}.files"


def test_history_in_another_encoding(pump_plant: Path) -> None:
    (pump_plant / "history" / "a.csv").write_bytes("kind,twin,text\nnote,P1,Dichtung läuft\n".encode("latin-1"))
    assert _problem(pump_plant, "history.encoding").place == "line 2"


def test_no_telemetry_and_no_history(pump_plant: Path) -> None:
    (pump_plant / "telemetry" / "a.csv").unlink()
    (pump_plant / "history" / "log.csv").unlink()
    with open_plant(pump_plant) as plant:
        assert plant.telemetry.signals() == []
        assert plant.history.rows() == 0
        assert plant.history.search("seal") == []
        assert plant.history.sql("SELECT count(*) AS n FROM history").rows == [[0]]


def test_check_says_that_there_is_no_telemetry(pump_plant: Path) -> None:
    (pump_plant / "telemetry" / "a.csv").unlink()
    (pump_plant / "telemetry").rmdir()
    with open_plant(pump_plant) as plant:
        (found,) = [problem for problem in check(plant).problems if problem.code == "telemetry.none"]
    assert found.severity == "warning"
    assert "telemetry/**/*.csv" in found.message


def test_a_suffix_in_capitals_is_read(pump_plant: Path, open_pumps: Callable[..., Plant]) -> None:
    (pump_plant / "telemetry" / "may.CSV").write_text(HEAD + ROW)
    (pump_plant / "history" / "more.Jsonl").write_text('{"kind": "note", "twin": "P1", "text": "hello"}\n')
    plant = open_pumps()
    assert "P2.flow" in {str(info.key) for info in plant.telemetry.signals()}
    assert len(plant.history.search("hello")) == 1
    assert not [problem for problem in check(plant).problems if problem.code.endswith(".unread")]


def test_check_names_files_that_are_not_read(pump_plant: Path, open_pumps: Callable[..., Plant]) -> None:
    for name in ("telemetry/x/june.xlsx", "history/orders.xlsx", "history/.hidden", "telemetry/README.md"):
        (pump_plant / name).parent.mkdir(exist_ok=True)
        (pump_plant / name).write_text("x")
    found = {one.file: one for one in check(open_pumps()).problems if one.code.endswith(".unread")}
    assert set(found) == {"telemetry/x/june.xlsx", "history/orders.xlsx"}
    assert "history/**/*.csv, history/**/*.jsonl" in found["history/orders.xlsx"].message
    assert {one.severity for one in found.values()} == {"warning"}


def test_ranges_and_words_that_fit_nothing(pump_plant: Path, open_pumps: Callable[..., Plant]) -> None:
    config = '[ranges]\n"Pump.flow" = { high = 9 }\n"Pmp.flow" = { low = 1 }\n[vocabulary]\nfeeder = "P9"\n'
    (pump_plant / "twinwright.toml").write_text(config)
    codes = {problem.code: problem for problem in open_pumps().problems}
    assert "Pump.flow" in codes["config.ranges"].message
    assert codes["config.vocabulary"].place == "vocabulary.feeder"
