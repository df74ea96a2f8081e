"""What `twinwright check` says of the attached physics models. Nothing is loaded or run for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ConfigError
from ..plant.problems import Problem
from .attachment import attachments

if TYPE_CHECKING:
    from ..plant import Plant


def attached(plant: Plant) -> tuple[list[dict[str, Any]], list[Problem]]:
    """A row for each attachment, and an error for each file that had to be left out."""
    found, wrong = attachments(plant)
    rows = [
        {
            "attachment": one.name,
            "twin": one.twin,
            "files": ", ".join(file.relative_to(plant.folder).as_posix() for file in one.files),
            "missing": ", ".join(name for name in one.document.models if not (plant.folder / name).is_file()) or None,
            "modes": ", ".join(one.document.modes) or None,
        }
        for one in found
    ]
    return rows, [_problem(error) for error in wrong]


def _problem(error: ConfigError) -> Problem:
    file = error.file.as_posix() if error.file else None
    prefix = ", ".join(part for part in (str(error.file) if error.file else "", error.place or "") if part)
    text = error.message.removeprefix(f"{prefix}: ")
    return Problem("error", error.code, text, file, error.place)
