"""MaintainX over its REST API, version 1.

Source: its OpenAPI description (https://api.getmaintainx.com/v1/openapi.json and https://api.getmaintainx.com/v1/docs).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .client import MaintainX

if TYPE_CHECKING:
    from ...plant import Plant

__all__ = ["MaintainX", "connect"]


def connect(plant: Plant, environment: Mapping[str, str]) -> MaintainX:
    """The connector of a plant; the credentials are an API key as token.

    Raises:
        ConfigError: address or options are missing or wrong.
        CmmsLoginError: no credentials were given.
    """
    from ..credentials import read_credentials

    return MaintainX.connect(plant.config.cmms, plant.folder, read_credentials(environment))
