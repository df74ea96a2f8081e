"""A plant folder, opened: `open_plant` and `Plant` (imported on first use, so that problems alone cost nothing)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .plant import Plant as Plant
    from .plant import open_plant as open_plant

__all__ = ["Plant", "open_plant"]


def __getattr__(name: str) -> Any:
    """`Plant` and `open_plant`: this package is imported by what they are made of, so they come late."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import plant

    return getattr(plant, name)
