"""SAP's maintenance orders and equipment as ours, and ours as SAP's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from ...errors import CmmsAnswerError
from ..protocol import CmmsAsset, CmmsOrder, NewOrder, OrderState
from ..shared import Priority, WordOptions, Words, cut, failure_mode_in, key_of, text_with_key

PRODUCT = "SAP"
# System statuses in English; an order has several at once, and the first of these that it has decides.
STATES: dict[str, OrderState] = {
    "DLFL": "cancelled",
    "DLT": "cancelled",
    "CLSD": "done",
    "TECO": "done",
    "CNF": "in_progress",
    "PCNF": "in_progress",
    "REL": "open",
    "CRTD": "open",
    "LKD": "open",
}
_RANK: tuple[OrderState, ...] = ("cancelled", "done", "in_progress", "open")
PRIORITIES: dict[Priority, str] = {"P1": "1", "P2": "2", "P3": "3", "P4": "4"}
MOST_DESCRIPTION = 40
ORDER_FIELDS = (
    "MaintenanceOrder,MaintenanceOrderDesc,Equipment,MaintPriority,SystemStatusText,MaintOrderCreationDateTime,"
    "LastChangeDateTime,MaintOrderReferenceDateTime"
)
EQUIPMENT_FIELDS = (
    "Equipment,EquipmentName,SuperordinateEquipment,FunctionalLocation,TechnicalObjectType,TechnicalObjectSortCode,"
    "ManufacturerSerialNumber,SerialNumber,InventoryNumber,AssetManufacturerName,MaintenancePlant,"
    "EquipmentIsMarkedForDeletion"
)
LONG_TEXT = "to_MaintenanceOrderLongText"
_DATE = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")
Row = TypeVar("Row")


def _time(value: Any) -> Any:
    """OData 2's ``/Date(1501027200000+0000)/``: milliseconds since 1970 in UTC; the offset is for show."""
    if value in (None, ""):
        return None
    found = _DATE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("no date such as /Date(1501027200000)/")
    return datetime.fromtimestamp(int(found[1]) / 1000, UTC)


Time = Annotated[datetime | None, BeforeValidator(_time)]


class Metadata(BaseModel):
    """What OData says of an entity."""

    etag: str | None = None


class LongText(BaseModel):
    """A long text of an order."""

    kind: str = Field(alias="TextObjectType")
    language: str = Field(alias="Language")
    text: str | None = Field(default=None, alias="MaintenanceOrderLongText")


class Results(BaseModel, Generic[Row]):
    """A list of entities, or a page of them."""

    results: list[Row]
    count: int | None = Field(default=None, alias="__count")
    following: str | None = Field(default=None, alias="__next")


class Many(BaseModel, Generic[Row]):
    """The answer that holds a list."""

    d: Results[Row]


class One(BaseModel, Generic[Row]):
    """The answer that holds an entity."""

    d: Row


class MaintenanceOrder(BaseModel):
    """An entity of the set MaintenanceOrder."""

    model_config = ConfigDict(extra="allow")

    metadata: Metadata = Field(default_factory=Metadata, alias="__metadata")
    number: str = Field(alias="MaintenanceOrder")
    description: str | None = Field(default=None, alias="MaintenanceOrderDesc")
    equipment: str | None = Field(default=None, alias="Equipment")
    priority: str | None = Field(default=None, alias="MaintPriority")
    status: str = Field(alias="SystemStatusText")
    created: Time = Field(default=None, alias="MaintOrderCreationDateTime")
    changed: Time = Field(default=None, alias="LastChangeDateTime")
    completed: Time = Field(default=None, alias="MaintOrderReferenceDateTime")
    texts: Results[LongText] | None = Field(default=None, alias="to_MaintenanceOrderLongText")


class Numbered(BaseModel):
    """An entity of which only the number matters."""

    number: str = Field(alias="MaintenanceOrder")


class Notification(BaseModel):
    """An entity of the set MaintenanceNotification."""

    number: str = Field(alias="MaintenanceNotification")
    description: str = Field(alias="NotificationText")
    text: str | None = Field(default=None, alias="MaintNotificationLongText")
    object: str | None = Field(default=None, alias="TechnicalObject")
    object_kind: str | None = Field(default=None, alias="TechObjIsEquipOrFuncnlLoc")
    priority: str | None = Field(default=None, alias="MaintPriority")
    code: str | None = Field(default=None, alias="MaintNotificationCode")
    phase: str = Field(alias="NotifProcessingPhase")
    phase_text: str | None = Field(default=None, alias="NotifProcessingPhaseDesc")
    created: Time = Field(default=None, alias="CreationDateTime")
    changed: Time = Field(default=None, alias="LastChangeDateTime")


NOTIFICATION_FIELDS = (
    "MaintenanceNotification,NotificationText,MaintNotificationLongText,TechnicalObject,TechObjIsEquipOrFuncnlLoc,"
    "MaintPriority,MaintNotificationCode,NotifProcessingPhase,NotifProcessingPhaseDesc,CreationDateTime,"
    "LastChangeDateTime"
)
# Outstanding, postponed, in process, completed, flagged for deletion.
PHASES: dict[str, OrderState] = {"1": "open", "2": "open", "3": "in_progress", "4": "done", "5": "cancelled"}


class Equipment(BaseModel):
    """An entity of the set Equipment."""

    number: str = Field(alias="Equipment")
    name: str | None = Field(default=None, alias="EquipmentName")
    superior: str | None = Field(default=None, alias="SuperordinateEquipment")
    location: str | None = Field(default=None, alias="FunctionalLocation")
    kind: str | None = Field(default=None, alias="TechnicalObjectType")
    sort_code: str | None = Field(default=None, alias="TechnicalObjectSortCode")
    maker_serial: str | None = Field(default=None, alias="ManufacturerSerialNumber")
    serial: str | None = Field(default=None, alias="SerialNumber")
    inventory: str | None = Field(default=None, alias="InventoryNumber")
    maker: str | None = Field(default=None, alias="AssetManufacturerName")
    plant: str | None = Field(default=None, alias="MaintenancePlant")
    deleted: bool = Field(default=False, alias="EquipmentIsMarkedForDeletion")


class Original(BaseModel):
    """A document that is attached."""

    name: str = Field(alias="FileName")


class SapOptions(WordOptions):
    """``[cmms.options]`` for SAP.

    Attributes:
        order_type: the order type of new orders.
        planning_plant: the maintenance planning plant; orders and equipment are looked for there, orders made there.
        work_center, work_center_plant: the main work center of new orders; else the one that SAP derives.
        key_field, key_length: the field of the order that holds the (start of the) idempotency key, in capitals.
        language: of long texts and status words (SAP's two letters); the words of `statuses` are in it.
        text_id: the text id of an order's long text.
        attached_to: the object type that attachments hang on.
        client: the client (``sap-client``), or None for the system's own.
        records: what is imported: orders, or the maintenance notifications of the planning plant.
        notification_type: of notifications, only those of this type (M1, M2 …); None for all.
        orders, equipment, attachments, notifications: the services' paths.
        page: the beginning of a link for people, to which the order's number is added.
    """

    order_type: str = Field(default="PM01", min_length=1, max_length=4)
    planning_plant: str | None = Field(default=None, max_length=4)
    work_center: str | None = Field(default=None, max_length=8)
    work_center_plant: str | None = Field(default=None, max_length=4)
    key_field: str = Field(default="AdditionalDeviceData", pattern="^[A-Za-z][A-Za-z0-9_]*$")
    key_length: int = Field(default=40, ge=8)
    language: str = Field(default="EN", min_length=2, max_length=2)
    text_id: str = Field(default="KOPF", max_length=4)
    attached_to: str = "PMAUFK"
    client: str | None = Field(default=None, pattern="^[0-9]{3}$")
    orders: str = "sap/opu/odata/sap/API_MAINTENANCEORDER;v=0002"
    equipment: str = "sap/opu/odata/sap/API_EQUIPMENT"
    attachments: str = "sap/opu/odata/sap/API_CV_ATTACHMENT_SRV"
    notifications: str = "sap/opu/odata/sap/API_MAINTNOTIFICATION"
    records: Literal["orders", "notifications"] = "orders"
    notification_type: str | None = Field(default=None, max_length=2)
    page: str | None = None

    @field_validator("priorities")
    @classmethod
    def _one_character(cls, value: dict[Priority, str]) -> dict[Priority, str]:
        if any(len(word) != 1 for word in value.values()):
            raise ValueError("a priority is one character, as in P1 = 1, P2 = 2")
        return value


@dataclass(frozen=True)
class Usage:
    """How this site's SAP is used."""

    options: SapOptions
    words: Words

    def state(self, line: str) -> OrderState:
        """What a status line such as "REL  PCNF PRC" means; words that say nothing of it are passed over."""
        states = {self.words.states[word] for word in line.split() if word in self.words.states}
        found = next((state for state in _RANK if state in states), None)
        if found is None:
            raise CmmsAnswerError(
                f"{PRODUCT} has an order with the status {line!r}, in which no word is known; is `language` right? "
                'say what a word means under [cmms.options]: statuses = "EROF = open, TABG = done"'
            )
        return found

    def order(self, given: MaintenanceOrder) -> CmmsOrder:
        """Ours of SAP's."""
        state = self.state(given.status)
        text = "\n\n".join(one.text for one in given.texts.results if one.text) if given.texts else ""
        held = (given.model_extra or {}).get(self.options.key_field)
        return CmmsOrder(
            id=given.number,
            # SAP keeps the field in capitals; our keys are in small letters.
            key=key_of(text, str(held).lower() if held else None),
            asset=given.equipment or None,
            title=given.description or "",
            text=text,
            failure_mode=failure_mode_in(text),
            state=state,
            status=" ".join(given.status.split()),
            priority=self.words.priority(given.priority or None),
            created=given.created,
            changed=given.changed or given.created,
            closed=(given.completed or given.changed) if state in ("done", "cancelled") else None,
            version=given.metadata.etag,
            url=f"{self.options.page}{given.number}" if self.options.page else None,
        )

    def notification(self, given: Notification) -> CmmsOrder:
        """Ours of SAP's; its asset is the equipment, where it is on one."""
        if given.phase not in PHASES:
            raise CmmsAnswerError(f"{PRODUCT} has a notification in the phase {given.phase!r}, which isn't known")
        number = given.object if given.object_kind == "EAMS_EQUI" else None
        return CmmsOrder(
            id=given.number,
            # Some releases fill a number up with zeros here, and not where the equipment is listed.
            asset=number.lstrip("0") if number and number.isdigit() else number or None,
            title=given.description,
            text=given.text or "",
            failure_mode=given.code or None,
            state=PHASES[given.phase],
            status=given.phase_text or given.phase,
            priority=self.words.priority(given.priority or None),
            created=given.created,
            changed=given.changed or given.created,
            closed=given.changed if PHASES[given.phase] in ("done", "cancelled") else None,
        )

    def document(self, order: NewOrder) -> dict[str, Any]:
        """SAP's of ours: a deep insert of the order with its long text."""
        title = cut(order.title, MOST_DESCRIPTION)
        given: dict[str, Any] = {
            "MaintenanceOrderType": self.options.order_type,
            "MaintenanceOrderDesc": title,
            "Equipment": order.asset,
            "MaintPriority": self.words.priorities[order.priority],
            "MaintenancePlanningPlant": self.options.planning_plant,
            "MainWorkCenter": self.options.work_center,
            "MainWorkCenterPlant": self.options.work_center_plant,
            "MaintOrdBasicStartDateTime": order.start and odata_time(order.start),
            "MaintOrdBasicEndDateTime": order.due and odata_time(order.due),
            self.options.key_field: self.held_key(order.key),
            LONG_TEXT: [self.long_text(text_with_key(order, title))],
        }
        return {name: value for name, value in given.items() if value is not None}

    def long_text(self, text: str) -> dict[str, str]:
        """An order's long text."""
        return {
            "TextObjectType": self.options.text_id,
            "Language": self.options.language,
            "MaintenanceOrderLongText": text,
        }

    def held_key(self, key: str) -> str:
        """The key as the field holds it."""
        return key[: self.options.key_length].upper()


def asset(given: Equipment) -> CmmsAsset:
    """Ours of SAP's."""
    more = {
        "functional location": given.location,
        "type": given.kind,
        "manufacturer": given.maker,
        "plant": given.plant,
    }
    tags = (given.sort_code, given.maker_serial, given.serial, given.inventory)
    return CmmsAsset(
        id=given.number,
        name=given.name or given.number,
        parent=given.superior or None,
        tags=tuple(dict.fromkeys(tag for tag in tags if tag)),
        attributes={name: value for name, value in more.items() if value},
    )


def literal(value: str) -> str:
    """A string in $filter and in keys."""
    doubled = value.replace("'", "''")
    return f"'{doubled}'"


def odata_time(time: datetime) -> str:
    """A time in a JSON body."""
    return f"/Date({round(time.timestamp()) * 1000}+0000)/"


def filter_time(time: datetime) -> str:
    """A time in $filter, whole seconds."""
    return f"datetimeoffset'{time.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z'"
