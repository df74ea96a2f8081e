"""The folder that `twinwright demo` makes its plant in: made anew only where nobody but the demo worked in it."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from twinwright_tools.errors import UsageError

_MARKER = ".made-by-twinwright-demo"
_STATE = ".twinwright"
# What is kept beside the plant, how much of it isn't the demo's own (which asks one question), and what that is.
_KEPT = (
    ("runs.db", "SELECT count(*) - 1 FROM runs", "more question(s) asked"),
    ("orders.db", "SELECT count(*) FROM log WHERE by NOT LIKE 'run %'", "entries in the log of orders"),
    ("feedback.db", "SELECT count(*) FROM feedback", "order(s) with feedback"),
    ("twins.db", "SELECT count(*) FROM changes", "change(s) to twins"),
)


@contextmanager
def fresh_folder(wanted: Path, force: bool = False) -> Iterator[Path]:
    """An empty folder to make the plant in, locked while it is used.

    A folder in which only the demo worked is made anew, and with `force` one in which people did, too; one that
    another demo is using right now is left alone, and the next free name is taken; any other folder with something in
    it is never touched.

    Raises:
        UsageError: the folder isn't the demo's, or holds what people did.
    """
    for number in range(1, 1000):
        folder = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        marker = folder / _MARKER
        if folder.exists() and not marker.exists() and any(folder.iterdir()):
            raise UsageError(f"{folder} is not a demo plant and not empty; choose another --folder")
        folder.mkdir(parents=True, exist_ok=True)
        with marker.open("a", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            _refuse_to_lose(folder, force)
            _empty(folder, lock)
            try:
                yield folder
            finally:
                # Files newer than this are people's.
                print("done", file=lock, flush=True)
            return
    raise UsageError(f"a thousand demos are running in {wanted.parent}")


def _refuse_to_lose(folder: Path, force: bool) -> None:
    done = [] if force else list(_done_since(folder))
    if done:
        told = f"{folder} holds what was done since the demo made it ({', '.join(done)})"
        ways = "name another --folder (make: FOLDER=…), or throw it away with --force (make: FORCE=1)"
        raise UsageError(f"{told}; {ways}", code="demo.used")


def _done_since(folder: Path) -> Iterator[str]:
    """What people did in the folder, in words."""
    for name, query, words in _KEPT:
        path = folder / _STATE / "state" / name
        if path.exists() and (count := _count(path, query)) > 0:
            yield f"{count} {words}"
    marker = folder / _MARKER
    # A marker without a word is that of a demo that didn't come to its end, or of an older one.
    if marker.read_text(encoding="utf-8"):
        made = marker.stat().st_mtime_ns
        newer = [
            str(path.relative_to(folder))
            for path in sorted(folder.rglob("*"))
            if path.is_file() and _STATE not in path.relative_to(folder).parts and path.stat().st_mtime_ns > made
        ]
        if newer:
            yield f"changed files: {', '.join(newer[:3])}{' …' if len(newer) > 3 else ''}"


def _count(path: Path, query: str) -> int:
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as connection:
            ((count,),) = connection.execute(query).fetchall()
    except sqlite3.Error as error:
        raise UsageError(f"{path} can't be read ({error}); --force throws it away", code="demo.used") from error
    return int(count)


def _empty(folder: Path, lock: TextIO) -> None:
    lock.truncate(0)
    for entry in folder.iterdir():
        if entry.name == _MARKER:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
