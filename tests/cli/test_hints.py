"""Commands that people are told to run next work where they are pasted."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from twinwright_cli.hints import command_line
from twinwright_cli.main import main
from twinwright_tools.settings import Settings


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program of an environment in the current folder that isn't on the PATH."""
    found = tmp_path / ".venv" / "bin" / "twinwright"
    found.parent.mkdir(parents=True)
    found.write_text("#!/bin/sh\n")
    found.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(found.with_name("python")))
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.chdir(tmp_path)
    return found


def test_the_path_of_the_program_is_named_where_the_shell_wouldnt_find_it(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command_line(Settings(), "check") == ".venv/bin/twinwright check"
    (tmp_path / "my plant").mkdir()
    monkeypatch.chdir(tmp_path / "my plant")
    assert command_line(Settings(), "check") == f"{program} check"
    monkeypatch.setenv("PATH", str(program.parent))
    assert command_line(Settings(), "check") == "twinwright check"
    other = tmp_path / "bin" / "twinwright"
    other.parent.mkdir()
    other.write_bytes(program.read_bytes())
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(other.parent))
    assert command_line(Settings(), "check") == f"{program} check"


def test_the_plant_is_named_where_the_person_isnt_in_it(program: Path, tmp_path: Path) -> None:
    plant = Path("my plant")
    told = command_line(Settings(plant=plant, state=Path("s")), "orders", "submit", "WO-0001")
    assert shlex.split(told) == [
        ".venv/bin/twinwright", "orders", "submit", "WO-0001", "-C", "my plant", "--state", "s"
    ]  # fmt: skip
    assert command_line(Settings(plant=tmp_path), "check") == ".venv/bin/twinwright check"


def test_a_missing_extra_is_told_as_a_clone_installs_it(
    demo_plant: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twinwright_tools.simulation.simulate.importlib.util.find_spec", lambda *_: None)
    words = ["-C", str(demo_plant), "--state", str(tmp_path)]
    assert main(["simulate", "line-3-product-cooler", *words]) == 2
    assert "(in a clone: .venv/bin/python -m pip install -e '.[simulate]')" in capsys.readouterr().err
