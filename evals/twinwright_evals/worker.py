"""How a process that runs cases begins, before anything heavy is imported."""

from __future__ import annotations

import os
import sys


def begin() -> None:
    """Keeps standard output for the report: what a process that runs cases prints goes to standard error.

    DuckDB draws a progress bar where the main module has no file, as it hasn't in such a process.
    """
    os.dup2(2, 1)
    main = sys.modules["__main__"]
    main.__dict__.setdefault("__file__", __file__)
