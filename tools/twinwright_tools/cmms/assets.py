"""The plant's twins and the CMMS's assets, brought together: what was read, what people decided, what the rules say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .matching import Matching, match_assets
from .memory import CmmsMemory
from .protocol import Connector

if TYPE_CHECKING:
    from ..plant import Plant


def memory_of(plant: Plant) -> CmmsMemory:
    """What is remembered of the plant's CMMS."""
    return CmmsMemory(plant.state, plant.config.cmms.kind)


def read_matching(plant: Plant, connector: Connector) -> Matching:
    """Reads the assets from the CMMS, keeps them, and matches them."""
    assets = list(connector.assets())
    memory = memory_of(plant)
    memory.keep_assets(assets, datetime.now(UTC))
    return known_matching(plant)


def known_matching(plant: Plant) -> Matching:
    """The matching by the assets as they were last read; empty where they never were."""
    memory = memory_of(plant)
    decisions = memory.decisions()
    assets, _ = memory.assets()
    return match_assets(
        plant.graph,
        assets,
        rules=plant.config.cmms.match,
        accepted={one.twin: one.asset for one in decisions if one.accepted},
        rejected=[(one.twin, one.asset) for one in decisions if not one.accepted],
    )
