"""The folder of one run: plants that are made once, whoever of several processes wants them first."""

from __future__ import annotations

import fcntl
import hashlib
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .cases import Case
from .plants import copy_plant, edit_plant, make_case_plant

if TYPE_CHECKING:
    from twinwright_plant import Truth


@dataclass(frozen=True)
class Workshop:
    """Makes the plants of cases below a folder.

    A plant's folder is called after a digest: nothing in its path tells of the fault. The truth lies elsewhere.
    """

    folder: Path

    def plant(self, case: Case) -> tuple[Path, Truth | None]:
        """The case's plant folder and its truth; made now if nobody has made it before."""
        bare = case.model_copy(update={"edits": ()})
        made, truth = self._made(bare.plant_key), self.folder / "truths" / _digest(bare.plant_key)
        with self._alone(made):
            if not made.exists():
                aside = made.with_name(f"{made.name}.new")
                found = make_case_plant(bare, aside)
                truth.parent.mkdir(exist_ok=True)
                truth.write_bytes(pickle.dumps(found))
                aside.rename(made)
        if not case.edits:
            return made, pickle.loads(truth.read_bytes())
        edited = self._made(case.plant_key)
        with self._alone(edited):
            if not edited.exists():
                aside = edited.with_name(f"{edited.name}.new")
                copy_plant(made, aside)
                edit_plant(aside, case.edits)
                aside.rename(edited)
        return edited, pickle.loads(truth.read_bytes())

    def place(self, folder: Path, name: str) -> Path:
        """An empty folder for a case's state, that shares the index of its plant with others."""
        index = folder.with_name(f"{folder.name}.index")
        index.mkdir(exist_ok=True)
        made = self.folder / "states" / name
        made.mkdir(parents=True)
        (made / "cache").symlink_to(index, target_is_directory=True)
        return made

    def _made(self, key: str) -> Path:
        folder = self.folder / "plants" / _digest(key)
        folder.parent.mkdir(parents=True, exist_ok=True)
        return folder

    @contextmanager
    def _alone(self, folder: Path) -> Iterator[None]:
        with folder.with_name(f"{folder.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:12]
