"""`twinwright simulate`: one document on stdout, whatever happens."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twinwright_cli.main import main
from twinwright_plant.cooling_model.build_fmu import COMPILERS, build_fmu

COOLER = "line-3-product-cooler"


@pytest.fixture(scope="module")
def fouled(make_demo_plant: Callable[..., tuple[Path, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo plant with a fouled cooler, and the FMU in it."""
    pytest.importorskip("fmpy", reason="needs the extra: pip install 'twinwright[simulate]'")
    folder = tmp_path_factory.mktemp("simulate") / "plant"
    shutil.copytree(make_demo_plant("fouling", 5, 18)[0], folder)
    build_fmu(folder / "simulation" / "CoolingLoop.fmu")
    return folder


@pytest.fixture(scope="module")
def small(make_demo_plant: Callable[..., tuple[Path, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hours of a healthy demo plant, and the FMU in it."""
    pytest.importorskip("fmpy", reason="needs the extra: pip install 'twinwright[simulate]'")
    folder = tmp_path_factory.mktemp("simulate") / "plant"
    shutil.copytree(make_demo_plant(None, 5, 2)[0], folder)
    build_fmu(folder / "simulation" / "CoolingLoop.fmu")
    return folder


pytestmark = pytest.mark.system(*COMPILERS)


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any, str]:
    code = main(["simulate", *words, "--json"])
    told = capsys.readouterr()
    return code, json.loads(told.out), told.err


def test_a_run_compares_every_output_and_draws_it(
    fouled: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib", reason="needs the extra: pip install 'twinwright[plot]'")
    plot = tmp_path / "run.png"
    words = [COOLER, "-C", str(fouled), "--set", "fouling=1.2", "--until", "3h", "--plot", str(plot)]
    code, told, error = said(capsys, *words)
    assert (code, error) == (0, "")
    assert told["model"] == {"file": "simulation/CoolingLoop.fmu", "kind": "FMI 2.0"}
    assert told["parameters"]["fouling"] == 1.2 and told["parameters"]["area"] == 36.0
    assert len(told["outputs"]) == 6
    for one in told["outputs"]:
        assert one["unit"] and one["rmse"] >= abs(one["bias"]) >= 0 and one["normalised_error"] > 0
        assert 3 <= len(one["points"]) <= 200 and one["points"][0][0].endswith("+00:00")
    assert plot.read_bytes().startswith(b"\x89PNG") and told["plot"] == str(plot.resolve())


def test_what_was_set_changes_the_answer(fouled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def drop(*more: str) -> float:
        outputs = said(capsys, COOLER, "-C", str(fouled), "--until", "1h", *more)[1]["outputs"]
        return float(next(one["bias"] for one in outputs if one["name"] == "pressureDrop"))

    # Unfouled, the model's pressure drop lies far below what the fouled cooler shows; overdone, above it.
    assert drop() < -0.3 < 0.3 < drop("--set", "fouling=6")


def test_a_mode_becomes_evidence(fouled: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="needs the extra: pip install 'twinwright[plot]'")
    plot = tmp_path / "mode.svg"
    code, told, _ = said(capsys, COOLER, "-C", str(fouled), "--mode", "fouling", "--plot", str(plot))
    assert code == 0
    row = told["what_if"]
    assert (row["kind"], row["verdict"], row["twin"], row["signal"]) == ("what_if", "for", COOLER, "pressureDrop")
    assert 0 < row["parameters"]["fouling"] < 6
    drawn = plot.read_text()
    assert "sound model" in drawn or "stroke-dasharray" in drawn


def test_people_see_verdict_figures_and_units(fouled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["simulate", "line-3-product-thermometer", "-C", str(fouled), "--mode", "sensor_drift"]
    assert main(words) == 0
    told = capsys.readouterr()
    assert "against: sensor_drift of line-3-product-thermometer" in told.out
    assert "°C" in told.out and "+01:00" in told.out
    assert "severity" in told.err


@pytest.mark.parametrize(
    ("words", "code", "near"),
    [
        (["line-2-filler"], "simulation.none", "line-2-"),
        (["line-3-product-coler"], "unknown_twin", COOLER),
        ([COOLER, "--set", "foulin=1"], "unknown_parameter", "fouling"),
        ([COOLER, "--set", "fouling=99"], "simulation.range", None),
        ([COOLER, "--set", "fouling"], "usage", None),
        ([COOLER, "--set", "fouling=nan"], "usage", None),
        ([COOLER, "--mode", "foulig"], "unknown_simulated_mode", "fouling"),
        ([COOLER, "--mode", "fouling", "--set", "fouling=1"], "usage", None),
        ([COOLER, "--until", "3"], "time", None),
        ([COOLER, "--until", "1s"], "simulation.window", None),
        ([COOLER, "--from", "2030-01-01T00:00:00Z"], "usage", None),
        ([COOLER, "--using", "CoolingLop.fmu"], "unknown_model_file", "CoolingLoop.fmu"),
        ([COOLER, "--plot", "run.pdf"], "usage", None),
    ],
)
def test_bad_words_are_bad_input(
    words: list[str], code: str, near: str | None, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, told, _ = said(capsys, *words, "-C", str(small))
    assert (status, told["error"]["code"]) == (2, code)
    if near:
        assert any(hint.startswith(near) for hint in told["error"]["suggestions"])
