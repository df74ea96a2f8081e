"""Where things of a plant lie: its telemetry and history files, and a folder that can be written."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

from ..errors import ConfigError, PlantError, TelemetryError
from .config import CONFIG_FILE, PlantConfig

STATE_FOLDER = ".twinwright"


def plant_folder(folder: Path) -> Path:
    """The folder, absolute.

    Raises:
        PlantError: there is no such folder.
    """
    if not folder.is_dir():
        what = "is a file, not a plant folder" if folder.exists() else "there is no such plant folder"
        raise PlantError(what, file=folder, code="plant.missing")
    return folder.resolve()


def telemetry_files(folder: Path, config: PlantConfig, instead: Sequence[Path]) -> list[Path]:
    """The telemetry files: those of the folder, or the given ones instead of them.

    A relative path is one of the working directory, or else one of the plant folder.

    Raises:
        TelemetryError: a given file doesn't exist, or is neither Parquet nor CSV.
    """
    if not instead:
        return matching_files(folder, config.telemetry.files, "telemetry.files")
    return [_given(folder, path) for path in dict.fromkeys(instead)]


def _given(folder: Path, path: Path) -> Path:
    found = next((each for each in (path, folder / path) if each.is_file()), None)
    if found is None:
        raise TelemetryError("there is no such telemetry file", file=path, code="plant.telemetry.missing")
    if found.suffix.lower() not in (".parquet", ".csv"):
        raise TelemetryError("telemetry is read from .parquet and .csv files", file=path)
    return found.resolve()


def history_files(folder: Path, config: PlantConfig) -> list[Path]:
    """The history files of the folder."""
    return matching_files(folder, config.history.files, "history.files")


def imported_history(state: Path) -> Path:
    """The folder of history that was imported from a CMMS, one `*.jsonl` a system."""
    return state / "state" / "history"


def imported_files(state: Path) -> list[Path]:
    """The files of history that was imported from a CMMS."""
    return sorted(imported_history(state).glob("*.jsonl"))


def twin_files(folder: Path) -> list[Path]:
    """Every file that models, twins and relationships may come from, and the configuration."""
    named = [folder / CONFIG_FILE, folder / "graph.json", *folder.glob("*.ndjson"), *folder.glob("models/**/*.json")]
    return sorted(path for path in named if path.is_file())


def shown(folder: Path, path: Path) -> str:
    """A path as people should see it: relative to the plant folder where it lies inside."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def matching_files(folder: Path, globs: Sequence[str], place: str) -> list[Path]:
    """The files of a plant folder that any of the patterns matches, in order of their paths; `.CSV` is `.csv`.

    Args:
        place: where in ``twinwright.toml`` the patterns stand, for errors.

    Raises:
        ConfigError: a pattern isn't one relative to the folder.
    """
    found: set[Path] = set()
    for pattern in globs:
        try:
            found.update(path for path in folder.glob(_whatever_case(pattern)) if path.is_file())
        except (ValueError, NotImplementedError, IndexError):
            text = f"{pattern!r} is no pattern relative to the plant folder"
            raise ConfigError(text, file=folder / CONFIG_FILE, place=place) from None
    return sorted(found)


def _whatever_case(pattern: str) -> str:
    """The pattern with the letters of its suffix in either case."""
    stem, dot, suffix = pattern.rpartition(".")
    return f"{stem}.{re.sub('[a-z]', _either, suffix)}" if dot and suffix.isalnum() else pattern


def _either(letter: re.Match[str]) -> str:
    return f"[{letter[0]}{letter[0].upper()}]"


def unread_files(folder: Path, name: str, patterns: Sequence[str]) -> list[Path]:
    """The files in the plant's folder for telemetry or history that no pattern of that section matches.

    Hidden files and read-me files aren't counted.

    Args:
        name: of the section and of the folder, ``telemetry`` or ``history``.
    """
    read = set(matching_files(folder, patterns, f"{name}.files"))
    inside = (path.relative_to(folder) for path in folder.glob(f"{name}/**/*") if path not in read and path.is_file())
    open_ones = (path for path in inside if not any(part.startswith(".") for part in path.parts))
    return sorted(folder / path for path in open_ones if not path.name.lower().startswith("readme"))


def state_folder(folder: Path, state: Path | None, cache_home: Path) -> Path:
    """A folder that can be written: the given one, the plant's own, or one in the user's cache folder.

    Raises:
        PlantError: none of them can be written.
    """
    if state is not None:
        if _usable(state):
            return state.resolve()
        raise PlantError("this state folder can't be written", file=state, code="plant.state")
    own = folder / STATE_FOLDER
    if _open_to_writing(own if own.exists() else folder) and _usable(own):
        return own
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    fallback = cache_home / "twinwright" / digest
    if _usable(fallback):
        return fallback
    text = "neither it nor the user's cache folder can be written; name another with --state"
    raise PlantError(text, file=folder, code="plant.state")


def _open_to_writing(folder: Path) -> bool:
    """Whether the folder is meant to be written: a superuser could write it even if nobody should."""
    return os.access(folder, os.W_OK) and folder.stat().st_mode & 0o222 != 0


def _usable(folder: Path) -> bool:
    try:
        for part in ("cache", "state"):
            (folder / part).mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return all(os.access(folder / part, os.W_OK) for part in ("cache", "state"))
