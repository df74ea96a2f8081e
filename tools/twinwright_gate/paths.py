"""Places for the socket and the log that nobody but their owner can replace."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from .errors import UnsafePathError


def safe_parent(path: Path) -> Path:
    """The folder of a file, made for its owner alone where it is missing.

    Raises:
        UnsafePathError: the folder belongs to somebody else, others may write in it, or they could replace a folder
            above it.
    """
    try:
        path.absolute().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        parent = path.absolute().parent.resolve(strict=True)
        found = parent.stat()
        above = {folder: folder.stat() for folder in parent.parents}
    except OSError as error:
        raise UnsafePathError(f"{path}: its folder can't be used: {error}") from error
    if found.st_uid not in (0, os.geteuid()):
        raise UnsafePathError(f"{parent} belongs to user {found.st_uid}; use a folder of the user that runs the gate")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise UnsafePathError(f"{parent} can be written by others; use a folder that only its owner writes (chmod 700)")
    for folder, state in above.items():
        # Where the sticky bit is set (/tmp), nobody renames what belongs to others.
        if state.st_uid not in (0, os.geteuid()) or (state.st_mode & stat.S_IWOTH and not state.st_mode & stat.S_ISVTX):
            raise UnsafePathError(f"{folder}, above {parent}, can be changed by others; use another place")
    return parent
