"""Commands that people are told to run next, as they can paste them where they stand."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twinwright_tools.settings import Settings


def command_line(settings: Settings, *words: str) -> str:
    """`twinwright WORDS` for the plant of these settings: with -C, --state and --telemetry where they are needed."""
    named = [*words]
    if settings.plant.resolve() != Path.cwd():
        named += ["-C", str(settings.plant)]
    if settings.state is not None:
        named += ["--state", str(settings.state)]
    for file in settings.telemetry:
        named += ["--telemetry", str(file)]
    return f"{_program()} {shlex.join(named)}"


def _program() -> str:
    """`twinwright` where the PATH finds the one that runs now, else its path."""
    ours, found = Path(sys.executable).with_name("twinwright"), shutil.which("twinwright")
    if not ours.exists() or (found and ours.samefile(found)):
        return "twinwright"
    here = Path.cwd()
    return shlex.quote(str(ours.relative_to(here) if ours.is_relative_to(here) else ours))
