"""How a process that runs cases begins, before anything heavy is imported."""

from __future__ import annotations

import sys


def begin() -> None:
    """Keeps DuckDB from drawing its progress bar, which it does where the main module has no file."""
    main = sys.modules["__main__"]
    main.__dict__.setdefault("__file__", __file__)
