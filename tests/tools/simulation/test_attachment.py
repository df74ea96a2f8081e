"""Attachments: what they may say, and what is said when they are wrong. No model is run here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_tools.errors import ConfigError, NoDataError, UnknownNameError
from twinwright_tools.plant import Plant
from twinwright_tools.plant.check import check
from twinwright_tools.simulation.attachment import Change, Mode, attachment_of, attachments
from twinwright_tools.simulation.grid import read_grid
from twinwright_tools.telemetry.series import SignalKey
from twinwright_tools.times import parse_time

GOOD = """
twin = "P1"
models = ["simulation/pump.fmu", "simulation/pump.mo"]
step_s = 10
[inputs]
speed = { signal = "P1.running", scale = 0.5 }
[outputs]
flow = "P1.Flow rate"
[parameters]
head = 3.0
[modes.wear]
parameters = { head = { factor = [1.0, 0.5] } }
[modes.jam]
twin = "P2"
parameters = { head = 0 }
"""
Open = Callable[..., Plant]


@pytest.fixture
def attach(pump_plant: Path) -> Callable[[str], Path]:
    """Writes the attachment beside an (empty) model file."""
    folder = pump_plant / "simulation"
    folder.mkdir()
    (folder / "pump.mo").write_text("model pump end pump;")

    def write(text: str) -> Path:
        file = folder / "pump.toml"
        file.write_text(text)
        return file

    return write


def test_a_good_one(attach: Callable[[str], Path], open_pumps: Open) -> None:
    attach(GOOD)
    plant = open_pumps()
    found = attachment_of(plant, "P1")
    assert found.outputs == {"flow": SignalKey("P1", "flow")}
    assert [file.name for file in found.files] == ["pump.mo"]
    assert found.healthy == {"head": 3.0}
    assert found.twins == ["P1", "P2"]
    assert attachment_of(plant, "P2", "jam") == found
    report = check(plant).as_dict()
    assert report["simulation"] == [
        {
            "attachment": "pump",
            "twin": "P1",
            "files": "simulation/pump.mo",
            "missing": "simulation/pump.fmu",
            "modes": "wear, jam",
        }
    ]
    assert report["problem_counts"]["error"] == 0


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        ('twin = "P1"', 'twin = "P11"', "twin", "did you mean P1"),
        ('"P1.running"', '"P1.runing"', "inputs.speed", "did you mean running"),
        ('"P1.running"', '"P9.running"', "inputs.speed", "P9"),
        ('"P1.Flow rate"', '"P1.flo"', "outputs.flow", "did you mean flow"),
        ("scale = 0.5", "scale = 0", "inputs.speed.scale", "scale of 0"),
        ("scale = 0.5", "scal = 0.5", "inputs.speed.scal", "did you mean scale"),
        ("step_s = 10", "steps = 10", "steps", "did you mean step_s"),
        ("step_s = 10", "step_s = 0", "step_s", "greater than 0"),
        ("head = 3.0", 'head = "P1.height"', "parameters.head", "height"),
        ("head = 3.0", "head = { value = 1, low = 3, high = 2 }", "parameters.head", "lies above"),
        ("head = 3.0", "head = nan", "parameters.head.value", "finite"),
        ('twin = "P2"', 'twin = "P3"', "modes.jam.twin", "P3"),
        ("factor = [1.0, 0.5]", "factors = [1.0, 0.5]", "modes.wear.parameters.head.factors", "did you mean factor"),
        ("{ head = 0 }", "{ }", "modes.jam.parameters", "at least 1"),
        ('"simulation/pump.mo"', '"../pump.mo"', "models", "leads out"),
        ('"simulation/pump.mo"', '"/etc/passwd"', "models", "leads out"),
        ('"simulation/pump.mo"', '"simulation/pump.py"', "models", "neither .fmu nor .mo"),
        ('"simulation/pump.mo"', '"simulation/other.mo"', "models", "there is no"),
        ("step_s = 10", "step_s = ", None, "no TOML"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_place(
    old: str, new: str, place: str | None, said: str, attach: Callable[[str], Path], open_pumps: Open
) -> None:
    assert old in GOOD
    attach(GOOD.replace(old, new))
    plant = open_pumps()
    found, (error,) = attachments(plant)
    assert found == []
    assert (error.file, error.place) == (Path("simulation/pump.toml"), place)
    assert said in error.message
    problems = [one for one in check(plant).problems if one.severity == "error"]
    assert [(one.file, one.place) for one in problems] == [("simulation/pump.toml", place)]
    with pytest.raises(ConfigError):
        attachment_of(plant, "P1")


def test_a_link_out_of_the_plant_folder_is_refused(
    attach: Callable[[str], Path], open_pumps: Open, tmp_path: Path
) -> None:
    outside = tmp_path / "outside.mo"
    outside.write_text("model pump end pump;")
    file = attach(GOOD)
    (file.parent / "pump.mo").unlink()
    (file.parent / "pump.mo").symlink_to(outside)
    _, (error,) = attachments(open_pumps())
    assert "leads out" in error.message


def test_a_twin_without_a_model_hears_which_have_one(attach: Callable[[str], Path], open_pumps: Open) -> None:
    attach(GOOD.replace('twin = "P2"\n', ""))
    with pytest.raises(ConfigError, match="there is one for P1") as caught:
        attachment_of(open_pumps(), "P2")
    assert (caught.value.code, caught.value.suggestions) == ("simulation.none", ["P1"])
    with pytest.raises(UnknownNameError):
        attachment_of(open_pumps(), "P7")
    with pytest.raises(UnknownNameError, match="did you mean wear"):
        attachment_of(open_pumps(), "P1", "waer")


def test_a_plant_without_models_says_how_to_attach_one(open_pumps: Open) -> None:
    with pytest.raises(ConfigError, match=r"simulation/NAME\.toml"):
        attachment_of(open_pumps(), "P1")


@given(
    st.floats(0, 1),
    st.floats(-1e3, 1e3),
    st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)),
)
def test_a_severity_moves_a_parameter_between_its_ends(
    severity: float, healthy: float, ends: tuple[float, float]
) -> None:
    absolute, factor = Change.model_validate(list(ends)), Change.model_validate({"factor": list(ends)})
    low, high = sorted(ends)
    assert low - 1e-6 <= absolute.at(severity, healthy) <= high + 1e-6
    assert factor.at(0.0, healthy) == ends[0] * healthy
    assert factor.at(1.0, healthy) == pytest.approx(ends[1] * healthy, abs=1e-6)
    assert Change.model_validate(ends[0]).at(severity, healthy) == ends[0]
    assert Mode.model_validate({"parameters": {"x": ends[0]}}).is_fixed


def test_a_grid_takes_means_holds_states_and_leaves_holes(open_pumps: Open) -> None:
    plant = open_pumps()
    flow, running = SignalKey("P1", "flow"), SignalKey("P1", "running")
    start, end = parse_time("2026-01-05T00:00:00Z"), parse_time("2026-01-05T00:00:40Z")
    grid = read_grid(plant, [flow, running], start, end, 20.0)
    # Means of the samples less than half a step away: 1; 2 and 4; 8 and 16.
    np.testing.assert_allclose(grid.values[flow], [1.0, 3.0, 12.0])
    np.testing.assert_allclose(grid.values[running], [1.0, 0.0, 0.0])
    late = read_grid(plant, [flow], start - timedelta(minutes=2), end, 10.0)
    values, wide = late.joined(flow)
    assert np.isnan(late.values[flow][:10]).all() and wide[:10].all() and not wide[-5:].any()
    assert np.isfinite(values).all()


def test_a_grid_without_a_sample_drives_nothing(open_pumps: Open) -> None:
    plant = open_pumps()
    key = SignalKey("P1", "flow")
    end = parse_time("2026-01-04T00:00:00Z")
    with pytest.raises(NoDataError, match=r"P1\.flow"):
        read_grid(plant, [key], end - timedelta(minutes=5), end, 10.0).joined(key)
