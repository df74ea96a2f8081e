"""The README's generated part, and that what it shows can be run."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from twinwright_cli.main import COMMANDS, cli

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


def test_files_it_points_to_exist(readme: str) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", readme):
        assert (README.parent / target).exists(), target
