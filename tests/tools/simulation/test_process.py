"""A model that misbehaves ends alone, and the error says how."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twinwright_tools.errors import SimulationError
from twinwright_tools.simulation.process import ModelProcess

from .conftest import COMPILER, MODELICA
from .test_models import START

INPUTS = {name: np.full(20, value) for name, value in START.items()}
TIMES = np.arange(20) * 10.0


def fails(file: Path, limit_s: float = 60.0) -> SimulationError:
    with pytest.raises(SimulationError) as caught, ModelProcess(file, limit_s=limit_s) as model:
        model.run(TIMES, INPUTS, {}, ["bowlTemperature"])
    return caught.value


@COMPILER
def test_a_crash_ends_the_child_alone(sabotaged: Callable[[str], Path]) -> None:
    error = fails(sabotaged("*(volatile int *)0 = 1;"))
    assert (error.code, "SIGSEGV" in error.message) == ("simulation.crashed", True)


@COMPILER
def test_a_hang_is_ended(sabotaged: Callable[[str], Path]) -> None:
    error = fails(sabotaged("for (volatile int i = 0; i < 1;) { }"), limit_s=3.0)
    assert error.code == "simulation.timeout"
    assert "3 s" in error.message


@COMPILER
def test_a_model_that_ends_the_process_is_told_as_such(sabotaged: Callable[[str], Path]) -> None:
    assert fails(sabotaged("exit(7);")).code == "simulation.failed"


@COMPILER
def test_what_a_model_prints_spoils_no_answer(sabotaged: Callable[[str], Path]) -> None:
    file = sabotaged('write(1, "{\\"done\\": 1}\\n", 12);'.replace("write", "extern long write(); write"))
    with ModelProcess(file) as model:
        found = model.run(TIMES, INPUTS, {}, ["bowlTemperature"])
    assert found["bowlTemperature"].shape == (20,)


@COMPILER
def test_numbers_that_are_not_finite_are_no_answer(sabotaged: Callable[[str], Path]) -> None:
    assert fails(sabotaged("loop->state[2] = NAN;")).code == "simulation.diverged"


@COMPILER
def test_a_model_gets_none_of_the_environments_secrets(
    sabotaged: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINWRIGHT_TEST_SECRET", "x")
    with ModelProcess(sabotaged('if (getenv("TWINWRIGHT_TEST_SECRET")) abort();')) as model:
        model.run(TIMES, INPUTS, {}, ["bowlTemperature"])


@COMPILER
def test_an_fmu_for_another_machine_names_what_it_is_for(fmus: Callable[[int], Path], tmp_path: Path) -> None:
    elsewhere = tmp_path / "Elsewhere.fmu"
    with zipfile.ZipFile(fmus(2)) as given, zipfile.ZipFile(elsewhere, "w") as made:
        made.writestr("modelDescription.xml", given.read("modelDescription.xml"))
        made.writestr("binaries/win64/CoolingLoop.dll", b"MZ")
    error = fails(elsewhere)
    assert (error.code, "win64" in error.message) == ("simulation.platform", True)


@pytest.mark.parametrize(
    ("name", "content"),
    [("Broken.fmu", b"no zip at all"), ("Broken.fmu", None)],
    ids=["no archive", "nothing in it"],
)
def test_a_file_that_is_no_fmu(name: str, content: bytes | None, fmpy: Any, tmp_path: Path) -> None:
    file = tmp_path / name
    if content is None:
        with zipfile.ZipFile(file, "w") as made:
            made.writestr("readme.txt", "empty")
    else:
        file.write_bytes(content)
    assert fails(file).code == "simulation.format"


def test_an_fmu_whose_description_is_broken(fmpy: Any, tmp_path: Path) -> None:
    file = tmp_path / "Broken.fmu"
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("modelDescription.xml", "<fmiModelDescription fmiVersion='2.0'/>")
    error = fails(file)
    assert error.code == "simulation.failed"
    assert "Broken.fmu" in error.message


def test_modelica_that_does_not_compile_says_where(rumoca: Any, tmp_path: Path) -> None:
    file = tmp_path / "CoolingLoop.mo"
    file.write_text(MODELICA.read_text().replace("bowlTemperature = bowl;", "bowlTemperature = bowls;"))
    error = fails(file)
    assert error.code == "simulation.compile"
    assert "bowls" in error.message


def test_an_endless_modelica_model_is_ended(rumoca: Any) -> None:
    times = np.arange(20_000) * 10.0
    rng = np.random.default_rng(1)
    inputs = {name: value * (1 + 0.02 * rng.standard_normal(len(times))) for name, value in START.items()}
    with pytest.raises(SimulationError, match="took more than 3 s") as caught, ModelProcess(MODELICA, limit_s=3) as one:
        one.run(times, inputs, {}, ["bowlTemperature"])
    assert caught.value.code == "simulation.timeout"


@COMPILER
def test_progress_of_a_slow_model_is_told(sabotaged: Callable[[str], Path]) -> None:
    told: list[float] = []
    with ModelProcess(sabotaged("extern int usleep(unsigned); usleep(30000);")) as model:
        model.run(TIMES, INPUTS, {}, ["bowlTemperature"], told.append)
    assert told and told == sorted(told)
    assert all(0 < share <= 1 for share in told)
