"""SAP maintenance orders (S/4HANA, S/4HANA Cloud) over OData 2: API_MAINTENANCEORDER 0002, API_EQUIPMENT, attachments.

Sources: https://api.sap.com/api/API_MAINTENANCEORDER, https://api.sap.com/api/API_EQUIPMENT and
https://api.sap.com/api/API_CV_ATTACHMENT_SRV (fields, lengths, what can be set and filtered, as their metadata says),
OData 2.0 (https://www.odata.org/documentation/odata-version-2-0/) and SAP Gateway's CSRF tokens
(https://help.sap.com/docs/SAP_NETWEAVER_AS_ABAP_FOR_SOH_740/68bf513362174d54b58cddec28794093/b35c22518bc72214e10000000a44176d.html).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .client import Sap

if TYPE_CHECKING:
    from ...plant import Plant

__all__ = ["Sap", "connect"]


def connect(plant: Plant, environment: Mapping[str, str]) -> Sap:
    """The connector of a plant; credentials are a user with password, or a bearer token.

    Raises:
        ConfigError: address or options are missing or wrong.
        CmmsLoginError: no credentials were given.
    """
    from ..credentials import read_credentials

    return Sap.connect(plant.config.cmms, plant.folder, read_credentials(environment))
