"""Which asset of the CMMS a twin is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..plant import Plant

AssetOf = Callable[[str], str | None]


def same_id(twin: str) -> str | None:
    """The mapping of a CMMS whose assets are the twins."""
    return twin


def asset_mapping(plant: Plant) -> AssetOf:
    """The plant's mapping of twins to assets of its CMMS, as they were last read and matched."""
    if plant.config.cmms.kind == "embedded":
        return same_id
    from ..cmms.assets import known_matching

    return known_matching(plant).asset_of.get
