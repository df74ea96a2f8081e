"""IBM Maximo (7.6.0.2 and later, and Manage of the Maximo Application Suite) over its JSON API, lean.

Sources: the REST API guide
(https://developer.ibm.com/static/site-id/155/maximodev/restguide/Maximo_Nextgen_REST_API.html), the JSON API reference
(https://scribd.com/document/740869342/Maximo-JSON-API-References) and IBM's own client
(https://github.com/ibmmaximorestjsonapis/maximorestclient).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .client import Maximo

if TYPE_CHECKING:
    from ...plant import Plant

__all__ = ["Maximo", "connect"]


def connect(plant: Plant, environment: Mapping[str, str]) -> Maximo:
    """The connector of a plant; credentials are an API key as token, or a user with password.

    Raises:
        ConfigError: address or options are missing or wrong.
        CmmsLoginError: no credentials were given.
    """
    from ..credentials import read_credentials

    return Maximo.connect(plant.config.cmms, plant.folder, read_credentials(environment))
