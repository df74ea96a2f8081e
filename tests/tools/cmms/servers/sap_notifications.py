"""SAP's API_MAINTNOTIFICATION: the properties of a notification, as the service's metadata declares them.

Source: https://api.sap.com/api/API_MAINTNOTIFICATION (names, lengths, what can be filtered and sorted). Not from a
reference: the values of NotifProcessingPhase (1 outstanding to 5 flagged for deletion) and of
TechObjIsEquipOrFuncnlLoc (EAMS_EQUI, EAMS_FL), which are those of the domains in SAP's dictionary.
"""

from __future__ import annotations

from typing import Any

from .base import Store
from .odata import Field

NOTIFICATION = {
    "MaintenanceNotification": Field(length=12),
    "NotificationText": Field(length=40),
    "NotificationType": Field(length=2),
    "MaintNotificationLongText": Field(length=10**6),
    "TechnicalObject": Field(length=40),
    "TechObjIsEquipOrFuncnlLoc": Field(length=20),
    "MaintPriority": Field(length=1),
    "MaintNotificationCode": Field(length=4),
    "NotifProcessingPhase": Field(length=1),
    "NotifProcessingPhaseDesc": Field(length=60),
    "MaintenancePlanningPlant": Field(length=4),
    "CreationDateTime": Field("offset"),
    "LastChangeDateTime": Field("offset"),
    "ConcatenatedActiveSystStsName": Field(length=224, filterable=False, sortable=False),
}


def new_notification(store: Store, plant: str, asset: str, text: str, now: str) -> str:
    """Somebody reports something; nobody has changed it yet."""
    number = str(store.number("notification", 10_000_000))
    row: dict[str, Any] = {"MaintenanceNotification": number, "NotificationText": text[:40], "NotificationType": "M2"}
    row |= {"MaintNotificationLongText": text, "TechnicalObject": asset.zfill(18), "MaintPriority": "2"}
    row |= {"TechObjIsEquipOrFuncnlLoc": "EAMS_EQUI", "NotifProcessingPhase": "1", "MaintenancePlanningPlant": plant}
    row |= {"NotifProcessingPhaseDesc": "Outstanding", "CreationDateTime": now, "LastChangeDateTime": None}
    store.put("notification", number, row)
    return number


def complete(store: Store, number: str, text: str, now: str) -> None:
    """Somebody completes one, with other words."""
    held = store.get("notification", number) or {}
    held |= {"MaintNotificationLongText": text, "NotifProcessingPhase": "4", "NotifProcessingPhaseDesc": "Completed"}
    store.put("notification", number, held | {"LastChangeDateTime": now})
