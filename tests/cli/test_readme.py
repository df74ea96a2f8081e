"""The README's generated part, and that what it shows can be run."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import click
import pytest

from twinwright_cli.main import COMMANDS, cli, main

README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.fixture(scope="module")
def readme() -> str:
    return README.read_text()


def test_the_table_of_commands_is_the_commands(readme: str) -> None:
    table = readme.split("<!-- commands")[1].split("<!-- /commands -->")[0]
    assert dict(re.findall(r"\| `twinwright (\w+)` \| (.+?) \|", table)) == COMMANDS


def test_every_option_it_shows_exists(readme: str) -> None:
    shown = re.findall(r"^twinwright (\w+) (.*)$", readme, flags=re.MULTILINE)
    assert len(shown) >= 5
    context = click.Context(cli)
    for name, rest in shown:
        command = cli.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            command = command.get_command(context, rest.split()[0])
            assert command is not None
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"(?<= )--[a-z-]+", " " + rest)) <= known


def test_no_shell_eats_a_part_of_what_it_shows(readme: str) -> None:
    lines = re.findall(r"^(?:\$ )?twinwright .*$", readme, flags=re.MULTILINE)
    quoted = [text for line in lines for text in re.findall(r"\"((?:\\.|[^\"\\])*)\"", line)]
    assert sum("$dtId" in text for text in quoted) >= 3
    for text in quoted:
        assert not re.search(r"(?<!\\)[$`]", text), f"a shell replaces what follows $ in {text}; write \\$"


def test_every_query_it_shows_runs_as_the_shell_hands_it_on(
    readme: str, demo_plant: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = re.findall(r"^(?:\$ )?twinwright ((?:query|history) .*)$", readme, flags=re.MULTILINE)
    assert len(shown) >= 4
    codes = []
    for line in shown:
        words = subprocess.run(["bash", "-c", f"printf '%s\\0' {line}"], capture_output=True, text=True, check=True)
        codes.append(main([*words.stdout.split("\0")[:-1], "-C", str(demo_plant), "--state", str(tmp_path)]))
    assert codes == [2 if "critcality" in line else 0 for line in shown]
    assert "at character 44 of the text" in readme and "at character 44 of the text" in capsys.readouterr().err


def test_the_smallest_plant_can_be_made_and_asked(
    readme: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    block = next(part for part in readme.split("```") if part.startswith("\nmkdir -p my-plant"))
    made, _, asked = block.partition("twinwright check")
    subprocess.run(["bash", "-euc", made], cwd=tmp_path, check=True)
    plant = tmp_path / "my-plant"
    assert main(["check", "-C", str(plant), "--json"]) == 0
    assert '"problems": []' in capsys.readouterr().out
    assert 'twinwright ask "how many pumps are there?"' in asked
    assert main(["ask", "how many pumps are there?", "-C", str(plant), "--model", "rules"]) == 0


def test_files_it_points_to_exist(readme: str) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", readme):
        assert (README.parent / target).exists(), target
