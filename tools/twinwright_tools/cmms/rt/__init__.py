"""Request Tracker 5 (Best Practical), over its REST 2 interface: tickets of one queue, assets of one catalog."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .client import RequestTracker

if TYPE_CHECKING:
    from ...plant import Plant

__all__ = ["RequestTracker", "connect"]


def connect(plant: Plant, environment: Mapping[str, str]) -> RequestTracker:
    """The connector of a plant; credentials are a user with password, or a token.

    Raises:
        ConfigError: address or options are missing or wrong.
        CmmsLoginError: no credentials were given.
    """
    from ..credentials import read_credentials

    return RequestTracker.connect(plant.config.cmms, plant.folder, read_credentials(environment))
