"""`twinwright limit`: its JSON, its words, its errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from twinwright_cli.main import main
from twinwright_tools.plant import open_plant

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def limit(demo_plant: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command on the demo plant; the exit code and what stands on stdout."""

    def run(*words: str) -> tuple[int, str]:
        code = main(["limit", "-C", str(demo_plant), "--state", str(tmp_path / "state"), *words])
        return code, capsys.readouterr().out

    return run


@pytest.fixture
def signal(demo_plant: Path, tmp_path: Path) -> tuple[str, str, float]:
    """A sampled signal of the demo plant, its model's fleet, and its highest value."""
    with open_plant(demo_plant, state=tmp_path / "state") as plant:
        infos = [each for each in plant.telemetry.signals() if each.kind == "numeric" and each.sampling == "sampled"]
        info = next(each for each in infos if each.key.twin in plant.graph.twins and each.unit)
        label = plant.models.label(plant.graph.twins[info.key.twin].model)
        highest = float(plant.telemetry.series([info.key])[info.key].values.max())
        return str(info.key), f"{label}.{info.key.signal}", highest


def test_one_signal_as_json(limit: Run, signal: tuple[str, str, float]) -> None:
    code, out = limit(signal[0], "--above", str(signal[2] + 1), "--json")
    document: dict[str, Any] = json.loads(out)
    assert code == 0 and set(document) == {"at", "horizon_s", "level", "value", "plot"}
    (one,) = document["value"]
    assert one["key"] == signal[0] and one["limit"]["side"] == "above" and one["limit"]["source"]
    assert one["reason"] is not None or one["interval"][0] <= one["crossing"] <= one["interval"][1]
    assert datetime.fromisoformat(document["at"]).utcoffset() == timedelta(0)


def test_a_limit_that_was_passed_is_told_with_its_time(limit: Run, signal: tuple[str, str, float]) -> None:
    code, out = limit(signal[0], "--above", "-1e6", "--json")
    (one,) = json.loads(out)["value"]
    assert code == 0 and one["reason"] == "already_beyond" and one["since"] is not None
    code, out = limit(signal[0], "--above", "-1e6")
    assert code == 0 and "already beyond" in out and "since 20" in out and "+01:00" in out


def test_a_fleet_lists_every_twin_once(limit: Run, signal: tuple[str, str, float], tmp_path: Path) -> None:
    picture = tmp_path / "fleet.png"
    code, out = limit("--fleet", signal[1], "--above", str(signal[2] + 1), "--plot", str(picture), "--json")
    value = json.loads(out)["value"]
    keys = [one["key"] for one in value]
    assert code == 0 and signal[0] in keys and len(keys) == len(set(keys))
    assert all((one["rank"] is None) == (one["crossing"] is None) for one in value)
    assert picture.read_bytes().startswith(b"\x89PNG")
    code, out = limit("--fleet", signal[1], "--above", str(signal[2] + 1))
    assert code == 0 and all(key in out for key in keys)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], "usage"),
        (["line-3.throughput", "--fleet", "all"], "usage"),
        (["line-3.throughput", "--above", "1", "--below", "2"], "usage"),
        (["--fleet", "all", "--above", "1"], "usage"),
        (["line-3.throughput"], "limit.none"),
        (["line-3.throughput", "--above", "much"], "limit.value"),
        (["line-3.throughput", "--above", "5 furlongs"], "limit.unit"),
        (["line-3.throughput", "--above", "5", "--horizon", "soon"], "duration"),
        (["line-3.throughput", "--above", "5", "--level", "2"], "usage"),
        (["line-33.throughput", "--above", "5"], "unknown_twin"),
        (["--fleet", "Pomp.flow", "--above", "5"], "unknown_model"),
    ],
)
def test_bad_input_says_what_is_wrong(limit: Run, words: list[str], code: str) -> None:
    status, out = limit(*words, "--json")
    assert status == 2 and json.loads(out)["error"]["code"] == code
