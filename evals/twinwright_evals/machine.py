"""What a benchmark was measured on, in one line."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version


def machine(packages: Sequence[str] = (), cores_used: str = "") -> str:
    """Architecture, cores, system, Python and the versions of some packages ("no x" where one isn't installed).

    Args:
        cores_used: what is to be said of the cores, such as ", of which one was used".
    """
    parts = [
        platform.machine(),
        f"{os.cpu_count()} cores{cores_used}",
        platform.system(),
        f"Python {platform.python_version()}",
    ]
    return ", ".join([*parts, *(_version(name) for name in packages)])


def _version(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"no {name}"
