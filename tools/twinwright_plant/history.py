"""History."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path


def write_history(folder: Path, seed: int, end: datetime) -> None:
    """history."""
    (folder / "history").mkdir(parents=True, exist_ok=True)
