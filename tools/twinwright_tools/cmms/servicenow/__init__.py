"""ServiceNow over its Table and Attachment APIs: work orders (`wm_order`) or any other table of tasks.

Sources: Table API (https://docs.servicenow.com/bundle/geneva-servicenow-platform/page/integrate/inbound_rest/reference/r_TableAPI-GET.html),
Attachment API (https://www.servicenow.com/docs/r/api-reference/rest-apis/c_AttachmentAPI.html), rate limits
(https://www.servicenow.com/docs/r/api-reference/rest-api-explorer/inbound-REST-API-rate-limiting.html), states of a
work order (https://www.servicenow.com/docs/r/DBkKvgbNn2vmEpXdLk9O2w/6d2LDR_VrsnMoDL3BgqiEw).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .client import ServiceNow

if TYPE_CHECKING:
    from ...plant import Plant

__all__ = ["ServiceNow", "connect"]


def connect(plant: Plant, environment: Mapping[str, str]) -> ServiceNow:
    """The connector of a plant.

    Credentials are a user with password, an OAuth client with or without a user, or a token.

    Raises:
        ConfigError: address or options are missing or wrong.
        CmmsLoginError: no credentials were given.
    """
    from ..credentials import read_credentials

    return ServiceNow.connect(plant.config.cmms, plant.folder, read_credentials(environment))
