"""Small files that survive a crash whole: the old content or the new, never a part of either."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from .errors import StoreError
from .paths import safe_parent


def replace(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Puts new content in a file's place; it is on the disk, with its name, when this returns.

    Raises:
        UnsafePathError: others could replace the file. StoreError: it can't be written.
    """
    folder = safe_parent(path)
    aside = folder / f".{path.name}.{os.getpid()}.new"
    try:
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
    except OSError as error:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        raise StoreError(f"{path} can't be written: {error}") from error
