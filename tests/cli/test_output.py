"""What is shown of work that lasts: on a terminal while it lasts, elsewhere a line a stage, under --json nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.agent.conftest import write_plant

from twinwright_cli.output import figure, working

COMMAND = "import sys; from twinwright_cli.main import main; sys.exit(main())"


def on_terminal(*words: str) -> tuple[str, str]:
    """Standard output, which is a pipe, and what a terminal got from standard error."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-c", COMMAND, *words]
    environment = os.environ | {"TERM": "xterm", "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, env=environment, text=True) as process:
        os.close(theirs)
        shown = bytearray()
        try:
            while piece := os.read(ours, 65536):
                shown += piece
        except OSError:  # Linux says so at the end of a terminal
            pass
        os.close(ours)
        assert process.stdout is not None
        out = process.stdout.read()
    assert process.returncode == 0, out
    return out, shown.decode()


def test_a_terminal_shows_what_is_done_until_it_is_done(tmp_path: Path) -> None:
    out, shown = on_terminal("check", "-C", str(write_plant(tmp_path / "plant")))
    assert out and "\x1b" not in out and "checking what is in it" not in out
    opening, checking = (shown.index(f" {stage}\r") for stage in ("opening the plant", "checking what is in it"))
    assert opening < checking
    assert shown.endswith("\x1b[2K")  # the moving line is wiped away

    out, shown = on_terminal("check", "-C", str(tmp_path / "plant"), "--json")
    assert json.loads(out)["problems"] is not None and shown == ""


@pytest.mark.parametrize("patience_s", [0.0, 3600.0])
def test_elsewhere_lines_begin_once_a_run_has_lasted(patience_s: float, capsys: pytest.CaptureFixture[str]) -> None:
    with working(doing="opening", patience_s=patience_s) as tell:
        tell("reading")
        tell("  E1 a result")
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == ("" if patience_s else "  opening\n  reading\n")


def test_json_is_never_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    with working(quiet=True, patience_s=0) as tell:
        tell("reading")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2026-01-05T01:30:00+05:30", "2026-01-04 21:00:00 +01:00"),
        ("2026-01-05T01:30:00", "2026-01-05T01:30:00"),  # without a zone it is whatever the statement made of it
        ("2026-01-05T01:30 the pump tripped", "2026-01-05T01:30 the pump tripped"),
    ],
)
def test_a_cell_is_a_time_or_a_text_and_never_an_error(value: str, said: str) -> None:
    assert figure("", value, None, ZoneInfo("Europe/Berlin")) == said
