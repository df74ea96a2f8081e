"""Loading: repeated rows cost nothing but themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twinwright_tools.plant import Plant
from twinwright_tools.telemetry.series import SignalKey

HEADER = "timestamp,twin,signal,value,text"
NAMES = st.sampled_from([("P1", "flow"), ("P1", "Flow rate"), ("P1", "running"), ("P2", "flow"), ("P2", "speed")])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(NAMES, st.integers(0, 5), st.integers(0, 1)), min_size=1, max_size=30))
def test_the_last_of_repeated_rows_counts_and_no_other_is_lost(
    pump_plant: Path, open_pumps: Callable[..., Plant], rows: list[tuple[tuple[str, str], int, int]]
) -> None:
    lines = [f"2026-01-05T00:00:0{second}Z,{twin},{signal},{value}," for (twin, signal), second, value in rows]
    expected: dict[tuple[SignalKey, int], float] = {}
    for (twin, signal), second, value in rows:
        key = SignalKey(twin, "flow" if signal == "Flow rate" else signal)
        expected[key, second] = float(value)
    (pump_plant / "telemetry" / "a.csv").write_text("\n".join([HEADER, *lines]) + "\n")
    plant = open_pumps()
    found = plant.telemetry.series()
    stored = {
        (key, time // 1_000_000 % 10): value
        for key, series in found.items()
        for time, value in zip(series.times.tolist(), series.values.tolist(), strict=True)
    }
    assert stored == expected
    told = [problem for problem in plant.problems if problem.code == "telemetry.duplicates"]
    again = len(rows) - len(expected)
    assert [problem.message.split()[0] for problem in told] == ([str(again)] if again else [])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=61, max_size=61), st.integers(1, 60))
def test_lines_may_end_in_any_way(
    pump_plant: Path, open_pumps: Callable[..., Plant], ends: list[str], wrong: int
) -> None:
    lines = [HEADER, *(f"2026-01-05T00:00:{second:02}Z,P1,flow,{second}," for second in range(60))]
    lines[wrong] += ",one cell too many"
    text = "".join(line + end for line, end in zip(lines, ends, strict=True))
    (pump_plant / "telemetry" / "a.csv").write_text(text, newline="")
    plant = open_pumps()
    (found,) = plant.telemetry.series().values()
    assert found.values.tolist() == [float(second) for second in range(60) if second != wrong - 1]
    (problem,) = [one for one in plant.problems if one.code == "telemetry.csv_row"]
    assert (problem.file, problem.place) == ("telemetry/a.csv", f"line {wrong + 1}")


def test_one_line_of_ten_thousand_may_end_in_another_way(pump_plant: Path, open_pumps: Callable[..., Plant]) -> None:
    rows = [f"2026-01-05T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}Z,P1,flow,{n}," for n in range(10_800)]
    text = "\r\n".join([HEADER, *rows, ""]).replace(f"{rows[5000]}\r\n", f"{rows[5000]}\n")
    (pump_plant / "telemetry" / "a.csv").write_text(text, newline="")
    plant = open_pumps()
    assert plant.telemetry.info(SignalKey("P1", "flow")).count == 10_800
    assert not [one for one in plant.problems if one.code.startswith("telemetry.")]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(",;\t"),
    st.sampled_from(["läuft", "停止", "🏭"]),
)
def test_a_mark_says_how_a_file_is_encoded(
    pump_plant: Path, open_pumps: Callable[..., Plant], encoding: str, end: str, delimiter: str, word: str
) -> None:
    lines = [HEADER, "2026-01-05T00:00:00Z,P1,flow,1.5,", "2026-01-05T00:00:01Z,P1,flow,wrong,"]
    lines.append(f"2026-01-05T00:00:02Z,P1,mode,,{word}")
    text = "".join(line.replace(",", delimiter) + end for line in lines)
    (pump_plant / "telemetry" / "a.csv").write_bytes(f"\ufeff{text}".encode(encoding))
    plant = open_pumps()
    found = plant.telemetry.series()
    assert found[SignalKey("P1", "flow")].values.tolist() == [1.5]
    texts = found[SignalKey("P1", "mode")].texts
    assert texts is not None and texts.tolist() == [word]
    (problem,) = [one for one in plant.problems if one.file == "telemetry/a.csv"]
    assert (problem.code, problem.place) == ("telemetry.text_value", "line 3")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (HEADER.encode("utf-16-le"), "without a byte-order mark; save it as UTF-8"),
        (HEADER.encode("utf-16-be"), "without a byte-order mark; save it as UTF-8"),
        (f"\ufeff{HEADER}\n".encode("utf-16-le")[:-1], "is no UTF-16 text; export it anew"),
    ],
)
def test_what_cannot_be_read_by_its_mark_is_said(
    pump_plant: Path, open_pumps: Callable[..., Plant], content: bytes, said: str
) -> None:
    (pump_plant / "telemetry" / "a.csv").write_bytes(content)
    (problem,) = [one for one in open_pumps().problems if one.file == "telemetry/a.csv"]
    assert problem.code == "telemetry.encoding" and said in problem.message
