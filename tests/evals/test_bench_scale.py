"""The scale benchmark's bookkeeping: children, limits, medians, growth, and the document's section."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_evals import bench_scale
from twinwright_evals.bench_scale import (
    OURS,
    Row,
    Run,
    Stopped,
    as_markdown,
    by_fault,
    child,
    exponent,
    main,
    measure,
    replaced_section,
    requirements,
    rows_of,
)
from twinwright_evals.rivals.synthetic import make
from twinwright_tools.errors import UsageError

MARKS = ("<!-- bench-scale: begin -->", "<!-- bench-scale: end -->")


def run_of(cpu_s: float, place: int | None, fault: str | None = "step", signals: int = 1000, method: str = OURS) -> Run:
    blames = None if method != OURS else place is not None
    return Run(method, signals, 0, fault, place, blames, 2 * cpu_s, cpu_s, 2**20, 2**28)


def test_methods_are_run_in_processes_of_their_own() -> None:
    told: list[str] = []
    runs, stopped = measure([10], lambda signals: [0], 60, told.append, 300, [OURS, "BARO-style"])
    assert [(run.method, run.seed, run.fault) for run in runs] == [(OURS, 0, "step"), ("BARO-style", 0, "step")]
    assert not stopped and len(told) == 2
    assert all(run.cpu_s > 0.0 and run.place in (None, 1, 2) for run in runs)


def test_a_child_out_of_time_is_ended(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        child(["make", str(tmp_path), "--signals", "3000", "--samples", "20000"], 1)
    assert caught.value.returncode in (-signal.SIGXCPU, -signal.SIGKILL)


def test_what_is_too_slow_absent_or_broken_is_not_given_larger_plants(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []
    size = 0

    def one(words: list[str], limit_s: int | None) -> str:
        nonlocal size
        if words[0] == "make":
            size = int(words[3])
            make(Path(words[1]), size, 300, 0)
            return ""
        asked.append((words[0], size))
        if words[0] == "tigramite":
            raise subprocess.CalledProcessError(-signal.SIGXCPU, words)
        if words[0] == "dowhy.gcm":
            return json.dumps({"missing": "dowhy"})
        if words[0] == "BARO-style" and size > 5:
            raise subprocess.CalledProcessError(1, words, stderr="Traceback\nMemoryError: no room\n")
        figures = dict.fromkeys(("seconds", "cpu_s", "before_bytes", "peak_bytes"), 1)
        return json.dumps(figures | {"twins": [], "blames": None})

    monkeypatch.setattr(bench_scale, "child", one)
    runs, stopped = measure([5, 10], lambda signals: [0], 7, lambda text: None, 300)
    assert {(run.method, run.signals) for run in runs} == {(OURS, 5), (OURS, 10), ("BARO-style", 5)}
    assert [one for one in asked if one[0] in ("tigramite", "dowhy.gcm")] == [("dowhy.gcm", 5), ("tigramite", 5)]
    text = as_markdown(list(rows_of(runs)), stopped)
    assert "tigramite: not run on 5 signals or more: one plant of that size took more than 7 s of CPU." in text
    assert "dowhy isn't installed" in text and "MemoryError: no room" in text


def test_rows_hold_medians_and_shares() -> None:
    runs = [
        run_of(1.0, 1),
        run_of(3.0, 3),
        run_of(2.0, None),
        run_of(9.0, None, None),
        run_of(1.0, 2, method="BARO-style"),
    ]
    ours, other = rows_of(runs)
    assert (ours.cpu_s, ours.seconds, ours.faulty, ours.top1, ours.top3) == (2.5, 5.0, 3, 1, 2)
    assert (ours.healthy, ours.blamed, other.blamed, other.top3) == (1, 0, None, 1)
    assert "| step |" in by_fault(runs) and "| 1 of 3 |" in by_fault(runs)


@given(st.floats(0.2, 3.0), st.floats(1e-4, 1.0))
def test_the_exponent_is_that_of_the_growth(power: float, factor: float) -> None:
    rows = [next(rows_of([run_of(factor * size**power, 1, signals=size)])) for size in (25, 100, 1000, 10_000)]
    assert exponent(rows) == pytest.approx(power, abs=1e-6)
    assert exponent(rows[:2]) is None  # 25 signals are too few to tell growth from what is always there


def test_what_is_required_is_said_to_be_met_or_not() -> None:
    def row(signals: int, cpu_s: float) -> Row:
        return next(rows_of([run_of(cpu_s, 1, signals=signals)]))

    good = requirements([row(100, 0.2), row(1000, 1.9)])
    assert [line.rpartition(", ")[2] for line in good] == ["met", "met", "met"]
    bad = requirements([row(100, 0.02), row(1000, 2.1)])
    assert bad[0].endswith("2.10 s, NOT met") and bad[2].endswith("2.02, NOT met")
    assert requirements([row(100, 1.0)]) == []


@given(
    st.text(alphabet="ab#\n ", max_size=40), st.text(alphabet="xy|\n", max_size=40), st.text(alphabet="uv", max_size=9)
)
def test_a_section_is_replaced_and_the_rest_kept(before: str, after: str, body: str) -> None:
    document = f"{before}{MARKS[0]}\nold\n{MARKS[1]}{after}"
    written = replaced_section(document, body)
    assert written == f"{before}{MARKS[0]}\n{body}\n{MARKS[1]}{after}"
    assert replaced_section(written, body) == written


def test_a_section_is_added_once_and_half_a_section_is_refused() -> None:
    written = replaced_section("# Title\n", "new")
    assert written == f"# Title\n\n{MARKS[0]}\nnew\n{MARKS[1]}\n"
    assert replaced_section(written, "newer").count(MARKS[0]) == 1
    with pytest.raises(UsageError, match="only one"):
        replaced_section(f"text {MARKS[1]}", "new")


def test_nobody_stopped_leaves_no_line() -> None:
    text = as_markdown(list(rows_of([run_of(1.0, 1)])), [])
    assert "not run" not in text
    assert "not run on" in as_markdown([], [Stopped("tigramite", 25, "why")])


@pytest.mark.parametrize(
    "words", [["--sizes", "1"], ["--sizes", "a,b"], ["--seeds", "0"], ["--methods", "magic"], ["--write", "no/such.md"]]
)
def test_wrong_words_are_bad_input(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert words[0] in capsys.readouterr().err
