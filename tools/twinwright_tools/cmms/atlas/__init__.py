"""Atlas CMMS (open source, https://github.com/Grashjs/cmms) over its REST API.

Source: its controllers, services and data transfer objects under ``api/src/main/java/com/grash`` of that repository.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .client import Atlas

if TYPE_CHECKING:
    from ...plant import Plant

__all__ = ["Atlas", "connect"]


def connect(plant: Plant, environment: Mapping[str, str]) -> Atlas:
    """The connector of a plant; credentials are an API key as token, or a user (e-mail address) with password.

    Raises:
        ConfigError: address or options are missing or wrong.
        CmmsLoginError: no credentials were given.
    """
    from ..credentials import read_credentials

    return Atlas.connect(plant.config.cmms, plant.folder, read_credentials(environment))
