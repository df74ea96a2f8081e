"""The command line's edges: words, errors, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from tests.agent.conftest import write_plant

from twinwright_cli.main import COMMANDS, gather_files, main


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_takes_json(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = [name, "show", "--help"] if name == "orders" else [name, "--help"]
    assert main(words) == 0
    assert "--json" in capsys.readouterr().out


def test_an_unknown_command_gets_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnos", "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["suggestions"][0] == "diagnose"


def test_an_unknown_option_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--wat", "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "usage"
    assert set(error) == {"code", "message", "suggestions", "position"}


def test_a_naive_time_is_an_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["diagnose", "-C", str(tmp_path), "--at", "2026-01-05T08:00:00", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "time.naive"


def test_an_empty_folder_is_no_plant(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["check", "-C", str(tmp_path), "--json"]) == 2
    captured = capsys.readouterr()
    assert str(tmp_path) in json.loads(captured.out)["error"]["message"]


def test_errors_without_json_go_to_stderr(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["check", "-C", str(tmp_path / "absent")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (["x", "--telemetry", "a.parquet", "b.csv", "--at", "T"], ["a.parquet", "b.csv"]),
        (["x", "--telemetry", "a.parquet", "--telemetry", "b.parquet"], ["a.parquet", "b.parquet"]),
        (["ask", "why.csv", "--telemetry", "a.parquet"], ["a.parquet"]),
    ],
)
def test_several_telemetry_files_after_one_option(given: list[str], read: list[str]) -> None:
    words = gather_files(given)
    assert [after for word, after in pairwise(words) if word == "--telemetry"] == read
    assert [word for word in words if word != "--telemetry"] == [word for word in given if word != "--telemetry"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert "_TWINWRIGHT_COMPLETE" in capsys.readouterr().out


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from twinwright_cli.main import main; main(['--help']); "
        "print([m for m in ('duckdb', 'numpy', 'anthropic', 'langgraph', 'pydantic', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_where_a_text_was_refused_is_shown(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    plant = write_plant(tmp_path / "plant")
    query = "SELECT T., T.name FROM DIGITALTWINS T"
    assert main(["query", query, "-C", str(plant)]) == 2
    assert f"at character {query.index(',') + 1} of the text" in capsys.readouterr().err


@pytest.mark.parametrize("as_json", [True, False])
def test_an_interruption_is_told_once(
    as_json: bool, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    plant = write_plant(tmp_path / "plant")
    monkeypatch.setattr("twinwright_agent.loop.investigate", interrupted)
    assert main(["ask", "why?", "-C", str(plant), *["--json"] * as_json]) == 130
    told = capsys.readouterr()
    said = told.out + told.err
    assert said.count("interrupted") == 1 + as_json  # the code and the message
    assert f"-C {plant}" in said and "ask --resume " in said
    if as_json:
        assert json.loads(told.out)["error"]["code"] == "interrupted"
    monkeypatch.setattr("twinwright_tools.plant.open_plant", interrupted)
    assert main(["check", "-C", str(plant), *["--json"] * as_json]) == 130
    told = capsys.readouterr()
    assert (json.loads(told.out)["error"]["message"] if as_json else told.err.strip()) == "interrupted"


@pytest.mark.parametrize("words", [["modes"], ["modes", "--json"], ["--help"]])
def test_an_output_that_cant_be_written_is_one_clear_line(words: list[str]) -> None:
    code = "import sys; from twinwright_cli.main import main; sys.exit(main(sys.argv[1:]))"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-c", code, *words], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr == "error: writing failed: No space left on device\n"
