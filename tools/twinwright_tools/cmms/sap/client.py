"""The requests to SAP."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
from pydantic import BaseModel

from ...errors import CmmsAnswerError, CmmsConflictError, CmmsMissingError
from ...plant.config import CmmsConfig
from ..auth import HeaderAuth, basic
from ..credentials import Credentials
from ..http import HttpClient, client_of
from ..protocol import Attachment, CmmsAsset, CmmsOrder, NewOrder
from ..shared import KeyedConnector, comment_with_key, slug
from ..site import read_options
from .auth import CsrfAuth
from .mapping import (
    EQUIPMENT_FIELDS,
    LONG_TEXT,
    NOTIFICATION_FIELDS,
    ORDER_FIELDS,
    PRIORITIES,
    PRODUCT,
    STATES,
    Equipment,
    LongText,
    MaintenanceOrder,
    Many,
    Notification,
    Numbered,
    One,
    Original,
    SapOptions,
    Usage,
    asset,
    filter_time,
    literal,
)

_PAGE = 200
# A $filter travels in the address, which a server may limit.
_MOST_IN_A_FILTER = 20
_NUMBER = re.compile(r"[A-Za-z0-9_.-]{1,18}")
# Equipment has a record for each period; the current one has no end.
_CURRENT = "ValidityEndDate eq datetime'9999-12-31T00:00:00'"
Row = TypeVar("Row", MaintenanceOrder, Equipment, Notification)
Answered = TypeVar("Answered", bound=BaseModel)


class Sap(KeyedConnector):
    """The maintenance orders of one SAP system."""

    product = PRODUCT

    def __init__(self, http: HttpClient, options: SapOptions) -> None:
        super().__init__(http, options.words(STATES, PRIORITIES))
        self._usage = Usage(options, self._words)
        self._options = options
        self._orders = f"{options.orders}/MaintenanceOrder"
        self._equipment = f"{options.equipment}/Equipment"

    @classmethod
    def connect(cls, config: CmmsConfig, folder: Path, credentials: Credentials) -> Self:
        """The connector for a system; nothing is sent yet. `[cmms] url` is the server, without a path.

        Raises:
            ConfigError: an option is missing or wrong.
            CmmsLoginError: neither user and password nor a token were given.
        """
        options = read_options(config, folder, SapOptions)
        login = HeaderAuth(credentials.token) if credentials.token else basic(*credentials.login(PRODUCT))
        http = client_of(
            config,
            folder,
            PRODUCT,
            lambda _: CsrfAuth(login),
            credentials.secrets(),
            headers={"Accept-Language": options.language.lower(), "DataServiceVersion": "2.0"},
            explain=explain,
            # Precondition Required: a change without the version that it is based on.
            meanings={httpx.codes.PRECONDITION_REQUIRED: CmmsConflictError},
        )
        return cls(http, options)

    def assets(self) -> Iterator[CmmsAsset]:
        """The equipment of the planning plant (all without one); a parent is the superordinate equipment."""
        for one in self._rows(self._equipment, Many[Equipment], EQUIPMENT_FIELDS, "Equipment", self._plant(_CURRENT)):
            if not one.deleted:
                yield asset(one)

    def get(self, order: str) -> CmmsOrder:
        """The maintenance order of that number."""
        asked = {"$select": self._order_fields(), "$expand": LONG_TEXT}
        return self._usage.order(self._read(self._one(order), One[MaintenanceOrder], asked).d)

    def _found(self) -> list[str]:
        plant = self._options.planning_plant
        lines = [f"{PRODUCT}, client {self._options.client or 'of the system'}, planning plant {plant or '(all)'}"]
        for what, path, condition in (
            ("equipment", self._equipment, self._plant(_CURRENT)),
            ("maintenance orders", self._orders, self._plant()),
        ):
            asked = {"$top": "1", "$inlinecount": "allpages", **({"$filter": condition} if condition else {})}
            lines.append(f"{self._read(path, Many[dict[str, Any]], asked).d.count} {what}")
        return lines

    def _plant(self, *conditions: str) -> str:
        plant = self._options.planning_plant
        here = [f"MaintenancePlanningPlant eq {literal(plant)}"] if plant else []
        return " and ".join((*conditions, *here))

    def _order_fields(self) -> str:
        return f"{ORDER_FIELDS},{self._options.key_field},{LONG_TEXT}"

    def _one(self, order: str) -> str:
        if not _NUMBER.fullmatch(order):
            raise CmmsMissingError(f"{PRODUCT} has no maintenance order {order!r}")
        return f"{self._orders}({literal(order)})"

    def _parameters(self, asked: dict[str, str]) -> dict[str, str]:
        client = {"sap-client": self._options.client} if self._options.client else {}
        return {**asked, **client, "$format": "json"}

    def _read(self, path: str, answer: type[Answered], asked: dict[str, str]) -> Answered:
        return self._http.read(path, answer, params=self._parameters(asked)).value

    def _write(self, method: str, path: str, answer: type[Any], **content: Any) -> Any:
        client = {"sap-client": self._options.client} if self._options.client else None
        return self._http.write(method, path, answer, params=client, **content).value

    def _rows(
        self, path: str, answer: type[Many[Row]], fields: str, key: str, condition: str, expand: str | None = None
    ) -> Iterator[Row]:
        """Entities by ascending key; each page begins after the last key, so that changes shift nothing."""
        last: str | None = None
        while True:
            after: list[str] = [f"{key} gt {literal(last)}"] if last is not None else []
            where = " and ".join(filter(None, (condition, *after)))
            asked = {"$select": fields, "$orderby": key, "$top": str(_PAGE)}
            asked |= {name: value for name, value in (("$filter", where), ("$expand", expand)) if value}
            page = self._read(path, answer, asked).d
            yield from page.results
            if not page.results or (len(page.results) < _PAGE and page.following is None):
                return
            if page.results[-1].number == last:
                raise CmmsAnswerError(f"{PRODUCT} answered GET {path} with pages that never end")
            last = page.results[-1].number

    def _order_rows(self, condition: str) -> Iterator[CmmsOrder]:
        fields = self._order_fields()
        rows = self._rows(self._orders, Many[MaintenanceOrder], fields, "MaintenanceOrder", condition, LONG_TEXT)
        return map(self._usage.order, rows)

    def _orders_on(self, assets: list[str]) -> Iterator[CmmsOrder]:
        # The status can't be filtered by, so that the asset's past orders come in too.
        for start in range(0, len(assets), _MOST_IN_A_FILTER):
            some = assets[start : start + _MOST_IN_A_FILTER]
            yield from self._order_rows(f"({' or '.join(f'Equipment eq {literal(one)}' for one in some)})")

    def _orders_with(self, key: str) -> Iterator[CmmsOrder]:
        return self._order_rows(f"{self._options.key_field} eq {literal(self._usage.held_key(key))}")

    def _changed(self, since: datetime | None) -> Iterator[CmmsOrder]:
        # An order that nobody changed has no LastChangeDateTime.
        moment = None if since is None else filter_time(since)
        changed = f"(LastChangeDateTime ge {moment} or MaintOrderCreationDateTime ge {moment})" if moment else ""
        if self._options.records == "notifications":
            return self._notification_rows(changed.replace("MaintOrderCreationDateTime", "CreationDateTime"))
        return self._order_rows(self._plant(*filter(None, [changed])))

    def _notification_rows(self, changed: str) -> Iterator[CmmsOrder]:
        kind = self._options.notification_type
        typed = f"NotificationType eq {literal(kind)}" if kind else ""
        condition = self._plant(*filter(None, [changed, typed]))
        path = f"{self._options.notifications}/MaintenanceNotification"
        rows = self._rows(path, Many[Notification], NOTIFICATION_FIELDS, "MaintenanceNotification", condition)
        return map(self._usage.notification, rows)

    def _has_asset(self, asset: str) -> bool:
        if not _NUMBER.fullmatch(asset):
            return False
        condition = f"Equipment eq {literal(asset)} and {_CURRENT}"
        found = self._rows(self._equipment, Many[Equipment], EQUIPMENT_FIELDS, "Equipment", condition)
        return any(not one.deleted for one in found)

    def _make(self, order: NewOrder) -> str:
        made: One[Numbered] = self._write("POST", self._orders, One[Numbered], json=self._usage.document(order))
        return made.d.number

    def _texts(self, order: str) -> list[LongText]:
        return self._read(f"{self._one(order)}/{LONG_TEXT}", Many[LongText], {}).d.results

    def _comments(self, order: str) -> Iterator[str]:
        yield from (one.text for one in self._texts(order) if one.text)

    def _comment(self, order: CmmsOrder, text: str, key: str) -> None:
        """A maintenance order has no comments: additions stand at the end of its long text."""
        mine = (self._options.text_id, self._options.language)
        held = next((one for one in self._texts(order.id) if (one.kind, one.language) == mine), None)
        headers = {"If-Match": order.version} if order.version else None
        added = comment_with_key(text, key)
        if held is None:
            path, document = f"{self._one(order.id)}/{LONG_TEXT}", self._usage.long_text(added)
            self._write("POST", path, object, json=document, headers=headers)
            return
        keys = f"MaintenanceOrder={literal(order.id)},TextObjectType={literal(mine[0])},Language={literal(mine[1])}"
        document = {"MaintenanceOrderLongText": f"{held.text or ''}\n\n{added}"}
        path = f"{self._options.orders}/MaintenanceOrderLongText({keys})"
        self._write("PATCH", path, object, json=document, headers=headers)

    def _linked(self, order: str) -> str:
        """The order's number as attachments name it: twelve digits."""
        self._one(order)
        return order.zfill(12) if order.isdigit() else order

    def _files(self, order: str) -> Iterable[str]:
        asked = {
            "BusinessObjectTypeName": literal(self._options.attached_to),
            "LinkedSAPObjectKey": literal(self._linked(order)),
        }
        path = f"{self._options.attachments}/GetAllOriginals"
        return [one.name for one in self._read(path, Many[Original], asked).d.results]

    def _send_file(self, order: str, attachment: Attachment) -> None:
        headers = {
            "Content-Type": attachment.media_type,
            "Slug": slug(attachment.name),
            "BusinessObjectTypeName": self._options.attached_to,
            "LinkedSAPObjectKey": self._linked(order),
        }
        path = f"{self._options.attachments}/AttachmentContentSet"
        self._write("POST", path, object, content=attachment.content, headers=headers)


def explain(document: object) -> str:
    """SAP's own words: ``error.message.value`` and the errors behind it."""
    error = _at(document, "error")
    details = _at(error, "innererror", "errordetails")
    words = [_at(error, "message", "value")]
    words += [_at(one, "message") for one in details if _at(one, "severity") == "error"] if details else []
    return "; ".join(dict.fromkeys(word for word in words if isinstance(word, str) and word))


def _at(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
