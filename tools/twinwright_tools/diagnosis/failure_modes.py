"""The library of failure modes, and which of them fits a twin's deviations.

The modes are data: `modes/library/*.yaml`, and what a plant adds (`failure_modes` in its `twinwright.toml`, and every
``failure_modes/*.yaml`` in its folder). docs/failure-modes.md lists them and says how to add one's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError
from ..plant.config import CONFIG_FILE, PlantConfig
from ..plant.places import matching_files
from ..telemetry.series import SignalKey
from ..twins.graph import TwinGraph
from .modes.match import ModeFit, best_of, happens_to, shares
from .modes.match import rank_modes as rank_modes_of
from .modes.read import Source, build, read_source, shared_checks
from .modes.roles import equipment_of, roles_of, words_of
from .modes.types import Check, FailureMode, Library, Role, Sign

if TYPE_CHECKING:
    from ..plant import Plant
    from ..twins.dtdl import ModelSet
    from .suspicion import Suspicion

__all__ = [
    "Check",
    "FailureMode",
    "Library",
    "ModeFit",
    "Role",
    "Sign",
    "best_mode",
    "equipment_of",
    "failure_mode_files",
    "happens_to",
    "lint_modes",
    "load_failure_modes",
    "load_library",
    "modes_of_plant",
    "rank_modes",
    "roles_of",
    "shares",
    "words_of",
]

FOLDER = "failure_modes"
_LIBRARY = Path(__file__).parent / "modes" / "library"


def load_failure_modes(paths: Sequence[Path] = ()) -> tuple[FailureMode, ...]:
    """The modes of the library in its order, and those of further files; an id that exists is replaced in its place.

    Raises:
        PlantError: one of the files can't be used; it names the file, the line, the entry and the field.
    """
    return tuple(load_library(paths).modes.values())


def load_library(paths: Sequence[Path] = ()) -> Library:
    """The same with the roles that the modes' signs speak of.

    Raises:
        PlantError: one of the files can't be used.
    """
    if not paths:
        return _own()
    # Keyed by time and size too: a file that somebody is writing is read again.
    return _extended(tuple((path, *_state(path)) for path in paths))


@cache
def _own_sources() -> tuple[Source, ...]:
    return tuple(read_source(file) for file in sorted(_LIBRARY.glob("*.yaml")))


@cache
def _own() -> Library:
    return build(_own_sources())


@lru_cache(maxsize=8)
def _extended(files: tuple[tuple[Path, int, int], ...]) -> Library:
    sources = [read_source(path) for path, _, _ in files]
    return build(sources, _own(), shared_checks(_own_sources()))


def _state(path: Path) -> tuple[int, int]:
    if not path.is_file():
        return 0, 0
    found = path.stat()
    return found.st_mtime_ns, found.st_size


def failure_mode_files(folder: Path, config: PlantConfig) -> list[Path]:
    """The plant's own files of failure modes: what `failure_modes` names, then the folder's; later ones win.

    Raises:
        ConfigError: a pattern of `failure_modes` matches no file, or is none.
    """
    found: dict[Path, None] = {}
    for pattern in config.failure_modes:
        matching = matching_files(folder, [pattern], FOLDER)
        if not matching:
            raise ConfigError(f"no file matches {pattern!r}", file=folder / CONFIG_FILE, place=FOLDER)
        found.update(dict.fromkeys(matching))
    found.update(dict.fromkeys(sorted((folder / FOLDER).glob("*.yaml"))))
    return list(found)


def modes_of_plant(plant: Plant) -> Library:
    """The library as a plant has it.

    Raises:
        PlantError: one of the plant's files can't be used.
    """
    return load_library(failure_mode_files(plant.folder, plant.config))


def lint_modes(file: Path, others: Sequence[Path] = ()) -> dict[str, Any]:
    """What a file of failure modes holds, read on top of the library and other files.

    Returns:
        ``file``; ids of its ``modes`` and ``roles``; ``overrides``, the ids of modes that it replaces; ``warnings``.

    Raises:
        PlantError: it can't be used.
    """
    rest = [path for path in others if path.resolve() != file.resolve()]
    before = load_library(rest)
    entries = read_source(file).entries
    after = load_library([*rest, file])
    return {
        "file": str(file),
        "modes": [mode.id for mode in entries.modes],
        "roles": [role.id for role in entries.roles],
        "overrides": [mode.id for mode in entries.modes if mode.id in before.modes],
        "warnings": _warnings([after.modes[mode.id] for mode in entries.modes], after),
    }


def _warnings(modes: Sequence[FailureMode], library: Library) -> list[str]:
    """What is allowed and yet tells little."""
    found = []
    for mode in modes:
        twins = [
            other.id
            for other in library.modes.values()
            if other.id != mode.id and other.signature == mode.signature and happens_to(other, mode.equipment)
        ]
        if twins:
            found.append(f"{mode.id} has the same signs as {', '.join(twins)}: telemetry can't tell them apart")
        if all(len(check.tells) == 1 and check.default >= check.tells[mode.id] for check in mode.discriminating):
            found.append(f"no check of {mode.id} tells it from other modes: they come out positive as often")
    return found


def rank_modes(
    twin: str,
    signal: SignalKey | None,
    graph: TwinGraph,
    models: ModelSet,
    found: Mapping[SignalKey, Suspicion],
    library: Library | None = None,
) -> list[ModeFit]:
    """All modes that can happen to a twin, best first, with the signs that show, miss and contradict.

    Args:
        signal: the signal that the hypothesis names, or None for the twin as a whole.
        found: every recorded signal, the quiet ones too.
        library: the modes of the plant; those that come along where it is None.
    """
    return rank_modes_of(twin, signal, graph, models, found, library or load_library())


def best_mode(
    twin: str,
    signal: SignalKey | None,
    graph: TwinGraph,
    models: ModelSet,
    found: Mapping[SignalKey, Suspicion],
    library: Library | None = None,
) -> str | None:
    """The id of the mode whose signature fits the twin's deviations best, or None where none fits clearly."""
    return best_of(rank_modes(twin, signal, graph, models, found, library))
