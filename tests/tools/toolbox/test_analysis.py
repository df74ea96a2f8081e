"""`analyse` as a model calls it: evidence that can be cited and found again, bounded, and refusals it can mend."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twinwright_agent.rendering import render_evidence
from twinwright_cli.main import main
from twinwright_tools.errors import ToolError
from twinwright_tools.evidence import Evidence, Finding, rounded
from twinwright_tools.plant import Plant

Call = Callable[..., Finding]
FROM, SPLIT = "2026-03-11T08:00:00+01:00", "2026-03-12T04:00:00+01:00"


@pytest.fixture
def analyse(call: Call) -> Call:
    """The tool, with all that isn't given left empty."""

    def run(operation: str, *signals: str, **given: Any) -> Finding:
        blank = {"from": FROM, "to": "", "split": "", "step": "", "sql": "", "limit": "", "max_lag": ""}
        rest = {"weights": [], "plot": False, "signals": list(signals), "operation": operation}
        return call("analyse", **blank | rest | given)

    return run


CALLS: list[tuple[str, list[str], dict[str, Any]]] = [
    ("before_after", ["glycol-pump-1"], {"split": SPLIT}),
    ("residual", ["glycol-pump-1.flow", "glycol-pump-1.speed", "glycol-header.pressure"], {"split": SPLIT}),
    ("balance", ["glycol-header.flow", "glycol-pump-*.flow"], {"weights": [1, -1, -1]}),
    ("command_feedback", ["glycol-pump-1-drive.commandFrequency", "glycol-pump-1-drive.frequency"], {"split": SPLIT}),
    ("cross_correlation", ["glycol-pump-1.speed", "glycol-pump-1.flow", "line-3.throughput"], {"max_lag": "1h"}),
    ("states", ["line-3-filler.state"], {"split": SPLIT}),
    ("first_to_break", ["glycol-pump-1", "chiller", "line-3"], {"split": SPLIT}),
    ("extremes_and_trend", ["line-3-filler"], {}),
    ("time_to_limit", ["glycol-pump-1.vibration"], {"limit": "above 30 mm/s"}),
    ("sql", ["glycol-pump-1.flow AS f"], {"sql": "SELECT avg(f) AS f FROM grid"}),
]


@pytest.mark.parametrize(("operation", "signals", "given"), CALLS, ids=[operation for operation, _, _ in CALLS])
def test_a_finding_is_bounded_cited_and_found_again(
    operation: str,
    signals: list[str],
    given: dict[str, Any],
    analyse: Call,
    plant: Plant,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = analyse(operation, *signals, **given)
    assert found.facts and found.summary and found.provenance == "telemetry" and found.image is None
    assert_told_whole(found)
    words = shlex.split(found.reproduce)
    folder = ["-C", str(plant.folder), "--state", str(plant.state), "--json"]
    assert words[0] == "twinwright" and main([*words[1:], *folder]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["facts"][: len(found.facts)] == [fact.model_dump(mode="json") for fact in found.facts]


def assert_told_whole(found: Finding) -> None:
    """What the tool gives reaches the model as it is: nothing is trimmed on the way."""
    sent = Finding.model_validate(rounded(found.model_dump(mode="json")))  # as the loop stores it
    shown = render_evidence(Evidence.of(12, "analyse", {}, sent))
    assert "trimmed" not in shown, len(shown)


def test_the_fault_is_seen(analyse: Call) -> None:
    """A cavitating pump: its suction breaks first, and it delivers less than its speed asks for."""
    order = analyse("first_to_break", "glycol-pump-1", "chiller", "line-3", split=SPLIT)
    assert order.data["broke"][0]["signal"].startswith("glycol-pump-1.")
    found = analyse("residual", "glycol-pump-1.flow", "glycol-pump-1.speed", "glycol-header.pressure", split=SPLIT)
    assert found.data["r2_normal"] > 0.9 and found.data["median_later"] < found.data["band_low"]


def test_history_stays_untrusted_whatever_it_is_joined_with(analyse: Call) -> None:
    sql = "SELECT h.id, g.f FROM history h ASOF JOIN grid g ON h.time >= g.time ORDER BY h.time DESC LIMIT 3"
    assert analyse("sql", "line-3.throughput AS f", sql=sql).provenance == "history"
    assert analyse("sql", sql="SELECT kind, count(*) AS n FROM twins GROUP BY kind").provenance == "twin graph"


def test_what_does_not_fit_is_refused_with_what_would(analyse: Call) -> None:
    with pytest.raises(ToolError) as caught:
        analyse("sql", "line-3.throughput AS f", sql="SELECT time, f FROM grid", step="5min")
    assert caught.value.mendable and caught.value.code == "analyse.too_large"
    number = int(caught.value.message.rsplit(" ", 1)[1])
    narrowed = analyse("sql", "line-3.throughput AS f", sql=f"SELECT time, f FROM grid LIMIT {number}", step="5min")
    assert len(narrowed.data["rows"]) == number
    assert_told_whole(narrowed)


def test_a_long_list_says_how_much_of_it_is_shown(analyse: Call) -> None:
    found = analyse("before_after", "line-3-c*", split=SPLIT)
    assert_told_whole(found)
    shown = len(found.data["signals"])
    assert f"The {shown} most telling of" in found.summary


@pytest.mark.parametrize(
    ("operation", "signals", "given", "says"),
    [
        ("before_after", ["glycol-pump-1.flw"], {"split": SPLIT}, "flow"),
        ("before_after", ["glycol-pump-1.flow"], {}, "split"),
        ("before_after", ["glycol-pump-1.flow"], {"split": "2026-03-12T04:00:00"}, "no zone"),
        ("before_after", ["glycol-pump-1.flow"], {"split": SPLIT, "step": "fast"}, "no duration"),
        ("before_after", ["glycol-pump-1.flow"], {"split": SPLIT, "sql": "SELECT 1"}, "sql goes with"),
        ("sql", [], {}, "needs a SELECT"),
        ("sql", [], {"sql": "SELECT * FROM twinz"}, "twins"),
        ("sql", [], {"sql": "SELECT 1 AS a", "plot": True}, "a time as its first column"),
        ("average", ["glycol-pump-1.flow"], {}, "operation"),
        ("before_after", ["x"] * 61, {"split": SPLIT}, "0 to 60"),
    ],
)
def test_mistakes_can_be_mended(
    operation: str, signals: list[str], given: dict[str, Any], says: str, analyse: Call
) -> None:
    with pytest.raises(ToolError) as caught:
        analyse(operation, *signals, **given)
    assert caught.value.mendable
    assert says in caught.value.message + " ".join(caught.value.suggestions)


def test_a_plot_is_the_same_bytes_again(analyse: Call, plant: Plant) -> None:
    pytest.importorskip("matplotlib")
    given = {"split": SPLIT, "plot": True}
    signals = ("glycol-pump-1.flow", "glycol-pump-1.speed", "line-3-filler.state")
    one, two = (analyse("before_after", *signals, **given) for _ in range(2))
    assert one.image is not None and one.image == two.image
    path = Path(one.image.path)
    assert path.parent == plant.state / "plots"
    first = path.read_bytes()
    assert first.startswith(b"\x89PNG") and b"matplotlib" not in first.lower() and b"tIME" not in first
    path.unlink()
    analyse("before_after", *signals, **given)
    assert path.read_bytes() == first
    assert "glycol-pump-1.flow" in one.image.alt and str(plant.state) not in one.image.alt
    sql = "SELECT time, f FROM grid"
    assert analyse("sql", "line-3.throughput AS f", sql=sql, step="1h", plot=True).image is not None


def test_a_pattern_of_twins_is_all_their_signals(analyse: Call) -> None:
    found = analyse("before_after", "line-*-glycol-valve", split=SPLIT)
    assert len(found.data["signals"]) == 9
    assert {row["signal"].rpartition(".")[2] for row in found.data["signals"]} == {"command", "deviation", "position"}


def test_what_an_operation_does_not_need_may_be_left_out(call: Call) -> None:
    found = call("analyse", operation="extremes_and_trend", signals=["glycol-pump-1.flow"])
    assert found.data["signals"][0]["signal"] == "glycol-pump-1.flow"


def test_a_wide_grid_fits_where_its_rows_are_few(analyse: Call) -> None:
    found = analyse("sql", "line-3-*", sql="SELECT * FROM grid ORDER BY time", step="12h")
    assert len(found.data["columns"]) > 60 and len(found.data["rows"]) == 3
    with pytest.raises(ToolError, match=r"of \d+ columns are too much: select about"):
        analyse("sql", "line-*", sql="SELECT * FROM grid", step="2h")


def test_a_time_without_a_zone_is_the_sites(analyse: Call) -> None:
    """Midnight at the site; and all of the result speaks of that zone, and says so."""
    found = analyse(
        "sql", "glycol-pump-1.flow AS f", sql="SELECT min(time) FROM grid WHERE time >= '2026-03-12'", step="1h"
    )
    assert (found.data["zone"], found.data["to"][-6:]) == ("Europe/Berlin", "+01:00")
    assert found.data["rows"] == [["2026-03-12T00:00:00+01:00"]]
