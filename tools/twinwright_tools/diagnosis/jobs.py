"""Kinds of jobs as data: the words by which people log them, and which signals they can change.

`jobs.yaml` holds those that come along; every ``maintenance/*.yaml`` in a plant's folder adds its own or replaces them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import PlantError
from .modes.roles import words_of
from .result import DeviationKind

ANYTHING = "anything"
FOLDER = "maintenance"
_OWN = Path(__file__).with_name("jobs.yaml")
_MOST_TEXT = 2000  # characters of a text that are looked at: what was done stands at its beginning

Pattern = Annotated[str, Field(pattern=r"^[\w%*]+( [\w%*]+)*$", max_length=100)]
Hours = Annotated[float, Field(ge=0.0, le=240.0)]


class JobKind(BaseModel):
    """A kind of job.

    Attributes:
        name: what it is called in a sentence, without an article.
        words, without: patterns of which one has to stand in a text, and words none of which may.
        touches: ids of the roles of signals that it can change, or "anything".
        spares: ids of roles that it can't change even so.
        changes: the kinds of deviation that it can bring about.
        reach: steps of influence that it can be felt from where it is logged.
        before_h, lasts_h, after_h: hours before the logged time at which it may have begun; that it goes on where no
            end is logged; after its end in which a change may still begin.
        planned: whether it is meant to change what it touches and leave it sound.
        hands_on: whether equipment is opened or moved for it, so that it can be put together wrongly.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    name: Annotated[str, Field(min_length=1, max_length=60)]
    words: tuple[Pattern, ...] = Field(min_length=1)
    without: tuple[Pattern, ...] = ()
    touches: tuple[str, ...] = Field(min_length=1)
    spares: tuple[str, ...] = ()
    changes: tuple[DeviationKind, ...] = Field(min_length=1)
    reach: Annotated[int, Field(ge=0, le=3)] = 0
    before_h: Hours = 0.5
    lasts_h: Hours = 0.5
    after_h: Hours = 0.5
    planned: bool = True
    hands_on: bool = False


class _JobsFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    undone: tuple[Pattern, ...] = ()
    condition: tuple[str, ...] = ()
    jobs: tuple[JobKind, ...] = ()


@dataclass(frozen=True)
class Jobs:
    """The kinds of jobs of a plant, in the order in which they are tried, and the words that say that none was done."""

    kinds: dict[str, JobKind]
    undone: tuple[str, ...] = ()

    def recognised(self, text: str, done: bool = False) -> JobKind | None:
        """The kind of job that a text tells of; None where it tells of none that was done.

        Args:
            done: whether it is known to be done, whatever the text says (a closed work order).
        """
        words = frozenset(words_of(text[:_MOST_TEXT]).split())
        if not done and _any(self.undone, words):
            return None
        for kind in self.kinds.values():
            if _any(kind.words, words) and not _any(kind.without, words):
                return kind
        return None


def load_jobs(paths: Sequence[Path] = ()) -> Jobs:
    """The kinds that come along, those of further files before them: a file's own are tried first, the last one's most.

    Raises:
        PlantError: a file can't be used; it names the file and the field.
    """
    found = _own()
    for path in paths:
        more = _read(path)
        mine = {kind.id: kind for kind in more.jobs}
        rest = {name: kind for name, kind in found.kinds.items() if name not in mine}
        found = Jobs(mine | rest, (*found.undone, *more.undone))
    return found


def job_files(folder: Path) -> list[Path]:
    """A plant's own files of kinds of jobs."""
    return sorted((folder / FOLDER).glob("*.yaml"))


@cache
def _own() -> Jobs:
    found = _read(_OWN)
    return Jobs({kind.id: kind for kind in found.jobs}, found.undone)


def _read(path: Path) -> _JobsFile:
    try:
        return _JobsFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except OSError as error:
        raise PlantError(f"can't be read: {error.strerror}", file=path, code="jobs.missing") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise PlantError(f"is no YAML: {error}", file=path, code="jobs.syntax") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise PlantError(first["msg"], file=path, place=place, code="jobs.schema") from error


def _any(patterns: Sequence[str], words: frozenset[str]) -> bool:
    return any(all(_stands(word, words) for word in pattern.split()) for pattern in patterns)


def _stands(pattern: str, words: frozenset[str]) -> bool:
    return pattern in words if "*" not in pattern else any(fnmatchcase(word, pattern) for word in words)
