"""SAP's services for maintenance orders, equipment and attachments, as far as their public metadata goes.

Sources of the rules:
  [M] https://api.sap.com/api/API_MAINTENANCEORDER (0002) and https://api.sap.com/api/API_EQUIPMENT: names, lengths,
      what can be set, changed, filtered and sorted (sap: annotations of the metadata), deep insert of the long text
  [A] https://api.sap.com/api/API_CV_ATTACHMENT_SRV: AttachmentContentSet (headers Slug, BusinessObjectTypeName,
      LinkedSAPObjectKey; raw bytes), function import GetAllOriginals (the same as parameters)
  [O] https://www.odata.org/documentation/odata-version-2-0/ : operations, If-Match and ETags, JSON with d and results
  [G] SAP Gateway: x-csrf-token Fetch and Required with a session cookie (403), 428 for a change without If-Match, 412,
      errors {"error": {"code", "message": {"lang", "value"}, "innererror": {"errordetails": [..]}}}
Not from a reference: that an order's texts share its ETag, and the wording of the messages.
"""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import unquote

from . import odata
from .base import Refusal, Reply, Request, StrictServer, refuse
from .odata import Field
from .sap_notifications import NOTIFICATION, complete, new_notification

PLANT = "1710"
LOGIN = ("TWINWRIGHT", "sap-Passw0rd!")
COMPUTED: dict[str, Any] = {"creatable": False, "updatable": False}
ORDER = {
    "MaintenanceOrder": Field(length=12, updatable=False),
    "MaintenanceOrderType": Field(length=4, updatable=False, upper=True),
    "MaintenanceOrderDesc": Field(length=40),
    "Equipment": Field(length=18, upper=True),
    "MaintPriority": Field(length=1, upper=True),
    "MaintenancePlanningPlant": Field(length=4, updatable=False, upper=True),
    "MainWorkCenter": Field(length=8, upper=True),
    "MainWorkCenterPlant": Field(length=4, upper=True),
    "AdditionalDeviceData": Field(length=40, upper=True),
    "MaintOrdBasicStartDateTime": Field("offset"),
    "MaintOrdBasicEndDateTime": Field("offset"),
    "MaintOrderReferenceDateTime": Field("offset", **COMPUTED),
    "MaintOrderCreationDateTime": Field("offset", **COMPUTED),
    "LastChangeDateTime": Field("offset", **COMPUTED),
    "SystemStatusText": Field(length=40, filterable=False, sortable=False, **COMPUTED),
}
EQUIPMENT = {
    "Equipment": Field(length=18, upper=True),
    "ValidityEndDate": Field("date", **COMPUTED),
    "EquipmentName": Field(length=40),
    "EquipmentIsMarkedForDeletion": Field("flag", **COMPUTED),
    **{
        name: Field(length=length)
        for name, length in {
            "SuperordinateEquipment": 18, "FunctionalLocation": 30, "TechnicalObjectType": 10,
            "TechnicalObjectSortCode": 25, "ManufacturerSerialNumber": 30, "SerialNumber": 18, "InventoryNumber": 25,
            "AssetManufacturerName": 30, "MaintenancePlant": 4, "MaintenancePlanningPlant": 4,
        }.items()
    },
}  # fmt: skip
TEXT = {"MaintenanceOrder": 12, "TextObjectType": 4, "Language": 2, "MaintenanceOrderLongText": 10**6}
NAVIGATION = "to_MaintenanceOrderLongText"
SERVICES = {
    "API_MAINTENANCEORDER;v=0002": {"MaintenanceOrder": ORDER, "MaintenanceOrderLongText": {}},
    "API_EQUIPMENT": {"Equipment": EQUIPMENT},
    "API_MAINTNOTIFICATION": {"MaintenanceNotification": NOTIFICATION},
    "API_CV_ATTACHMENT_SRV": {"AttachmentContentSet": {}, "GetAllOriginals": {}},
}


def error(status: int, code: str, words: str) -> Refusal:
    """An error in Gateway's form."""
    inner = {"errordetails": [{"code": code, "message": words, "severity": "error"}]}
    return refuse(status, {"error": {"code": code, "message": {"lang": "en", "value": words}, "innererror": inner}}, {})


class SapServer(StrictServer):
    """An S/4HANA with one planning plant."""

    def handle(self, request: Request) -> Reply:
        """Routes a request."""
        found = re.fullmatch(r"/sap/opu/odata/sap/([^/]+)/(?:(\w+)(?:\((.*)\))?(?:/(\w+))?)?", request.path)
        if request.headers.get("authorization") != "Basic " + base64.b64encode(":".join(LOGIN).encode()).decode():
            raise refuse(401, b"<html>Logon failed</html>", {"Content-Type": "text/html"})
        if found is None or found[1] not in SERVICES or (found[2] and found[2] not in SERVICES[found[1]]):
            raise error(404, "/IWFND/MED/170", "No service or resource found")
        if "application/json" not in request.headers.get("accept", ""):
            raise error(406, "/IWFND/CM_CONSUMER/101", "This client takes atom, which isn't served here")
        if not found[2]:
            return self._document(request)
        self._check_token(request)
        try:
            return self._route(request, found[2], found[3], found[4])
        except odata.BadQueryError as bad:
            raise error(400, "/IWBEP/CM_MGW_RT/176", str(bad)) from None

    def _route(self, request: Request, name: str, keys: str | None, navigation: str | None) -> Reply:
        if name == "GetAllOriginals" and request.method == "GET":
            return self._originals(request)
        if name == "AttachmentContentSet" and request.method == "POST":
            return self._attach(request)
        if name == "Equipment" and keys is None and request.method == "GET":
            return self._list(request, EQUIPMENT, "equipment", "Equipment")
        if name == "MaintenanceNotification" and keys is None and request.method == "GET":
            return self._list(request, NOTIFICATION, "notification", name)
        if name == "MaintenanceOrderLongText" and keys and request.method == "PATCH":
            return self._patch_text(request, keys)
        if name == "MaintenanceOrder":
            return self._orders(request, keys, navigation)
        raise error(405, "/IWFND/CM_BEC/026", f"The request method {request.method} is not supported")

    def _orders(self, request: Request, keys: str | None, navigation: str | None) -> Reply:
        if keys is None and request.method in ("GET", "POST"):
            if request.method == "POST":
                return self._create(request)
            return self._list(request, ORDER, "order", "MaintenanceOrder")
        held = self._held(key(keys or "", "MaintenanceOrder", 12))
        if navigation == NAVIGATION:
            if request.method == "POST":
                return self._add_text(request, held)
            odata.options(request.query)
            return Reply(200, {"d": {"results": [self._text(held, one) for one in held["texts"]]}})
        if navigation is None and request.method == "GET":
            wanted = odata.options(request.query)
            names = odata.select(wanted.get("$select"), ORDER, {NAVIGATION})
            return Reply(200, {"d": self._entity(held, ORDER, names, wanted.get("$expand"))})
        raise error(405, "/IWFND/CM_BEC/026", f"The request method {request.method} is not supported")

    # Sessions

    def _document(self, request: Request) -> Reply:
        """The service document, which is where a token is fetched."""
        if request.headers.get("x-csrf-token", "").lower() != "fetch":
            return Reply(200, {"d": {"EntitySets": []}})
        number = self.store.number("session", 1000)
        self.store.put("session", number, {"token": f"token-{number}=="})
        cookie = {"Set-Cookie": f"SAP_SESSIONID_ABC_100={number}; path=/; HttpOnly"}
        return Reply(200, {"d": {"EntitySets": []}}, {"x-csrf-token": f"token-{number}==", **cookie})

    def _check_token(self, request: Request) -> None:
        if request.method in ("GET", "HEAD"):
            return
        cookies = SimpleCookie(request.headers.get("cookie", ""))
        session = cookies.get("SAP_SESSIONID_ABC_100")
        held = self.store.get("session", session.value) if session else None
        if held is None or request.headers.get("x-csrf-token") != held["token"]:
            words = b"CSRF token validation failed"
            raise refuse(403, words, {"x-csrf-token": "Required", "Content-Type": "text/plain"})

    def end_sessions(self) -> None:
        """Every session ends, and every token with it."""
        for number in range(1000, self.store.number("session", 1000) + 1):
            self.store.drop("session", number)

    # Reading

    def _list(self, request: Request, fields: dict[str, Field], kind: str, own: str) -> Reply:
        asked = odata.options(request.query)
        rows = self.store.all(kind)
        if "$filter" in asked:
            test = odata.parse(asked["$filter"], fields)
            rows = [row for row in rows if test(row)]
        if (by := odata.order(asked.get("$orderby"), fields)) is not None:
            name, falling = by
            rows.sort(key=lambda row: fields[name].comparable(row.get(name) or ""), reverse=falling)
        names = odata.select(asked.get("$select"), fields, {NAVIGATION} if kind == "order" else set())
        start = int(asked.get("$skip", "0"))
        page = rows[start : start + int(asked.get("$top", str(len(rows))))]
        count = {"__count": str(len(rows))} if asked.get("$inlinecount") == "allpages" else {}
        entities = [self._entity(row, fields, names, asked.get("$expand")) for row in page]
        return Reply(200, {"d": {"results": entities, **count}})

    def _entity(self, row: dict[str, Any], fields: dict[str, Field], names: set[str], expand: str | None) -> Any:
        if expand not in (None, NAVIGATION):
            raise odata.BadQueryError(f"Invalid navigation {expand} in $expand")
        entity: dict[str, Any] = {name: odata.shown(row.get(name), fields[name]) for name in names if name in fields}
        entity["__metadata"] = {"type": "EAM.Entity"} | ({"etag": row["etag"]} if "etag" in row else {})
        if "texts" in row and NAVIGATION in names:
            texts = [self._text(row, one) for one in row["texts"]]
            entity[NAVIGATION] = {"results": texts} if expand else {"__deferred": {"uri": "…"}}
        return entity

    @staticmethod
    def _text(held: dict[str, Any], text: dict[str, str]) -> dict[str, Any]:
        return {**text, "MaintenanceOrder": held["MaintenanceOrder"], "__metadata": {"etag": held["etag"]}}

    def _held(self, number: str) -> dict[str, Any]:
        held = self.store.get("order", number)
        if held is None:
            raise error(404, "/IWBEP/CM_MGW_RT/020", f"Resource not found for segment 'MaintenanceOrder' ({number})")
        return held

    # Writing

    def _create(self, request: Request) -> Reply:
        document = self._json(request)
        texts = document.pop(NAVIGATION, [])
        row = self._checked(document)
        if not {"MaintenanceOrderType", "MaintenanceOrderDesc", "Equipment"} <= set(row):
            raise error(400, "IW/100", "Enter order type, description and a reference object")
        equipment = self.store.get("equipment", row["Equipment"])
        if equipment is None or equipment["EquipmentIsMarkedForDeletion"]:
            raise error(400, "IE/001", f"Equipment {row['Equipment']} does not exist")
        if row["MaintenanceOrderType"] not in ("PM01", "YA01") or row.get("MaintPriority", "1") not in "1234":
            raise error(400, "IW/101", "Order type or priority is not defined in Customizing")
        for text in texts:
            self._check_text(text)
        number = str(self.store.number("order", 4_000_000))
        row |= {"MaintenanceOrder": number, "MaintenancePlanningPlant": PLANT, "SystemStatusText": "CRTD MANC PRC"}
        row |= {"MaintOrderCreationDateTime": self.now().isoformat(), "LastChangeDateTime": None}
        row |= {"etag": f"W/\"'{self.now():%Y%m%d%H%M%S}'\"", "texts": texts}
        self.store.put("order", number, row)
        return Reply(201, {"d": self._entity(row, ORDER, set(ORDER), None)}, {"ETag": row["etag"]})

    def _checked(self, document: dict[str, Any]) -> dict[str, Any]:
        row = {}
        for name, value in document.items():
            field = ORDER.get(name)
            if field is None:
                raise error(400, "/IWCOR/CX_DS_EP_PROPERTY_ERROR", f"Property {name} is invalid")
            if not field.creatable or name == "MaintenanceOrder":
                raise error(400, "/IWBEP/CM_MGW_RT/021", f"Property {name} can't be set")
            row[name] = self._value(name, field, value)
        return row

    @staticmethod
    def _value(name: str, field: Field, value: Any) -> Any:
        if field.type == "offset":
            found = re.fullmatch(r"/Date\((-?\d+)\+0000\)/", str(value))
            if found is None:
                raise error(400, "/IWCOR/CX_DS_EP_PROPERTY_ERROR", f"Property {name} at offset 0 has invalid value")
            return datetime.fromtimestamp(int(found[1]) / 1000, UTC).isoformat()
        if not isinstance(value, str) or len(value) > field.length:
            raise error(400, "/IWCOR/CX_DS_EP_FACET_ERROR", f"Property {name} has a value that exceeds MaxLength")
        return value.upper() if field.upper else value

    @staticmethod
    def _check_text(text: Any) -> None:
        names = {"TextObjectType", "Language", "MaintenanceOrderLongText"}
        if not isinstance(text, dict) or set(text) != names or any(len(text[name]) > TEXT[name] for name in names):
            raise error(400, "/IWCOR/CX_DS_EP_PROPERTY_ERROR", "A long text needs its text id, language and text")

    def _add_text(self, request: Request, held: dict[str, Any]) -> Reply:
        self._check_match(request, held)
        text = self._json(request)
        self._check_text(text)
        if any(same_text(one, text["TextObjectType"], text["Language"]) for one in held["texts"]):
            raise error(400, "/IWBEP/CM_MGW_RT/022", "The long text exists already")
        self._save(held | {"texts": [*held["texts"], text]})
        return Reply(201, {"d": text})

    def _patch_text(self, request: Request, keys: str) -> Reply:
        found = re.fullmatch(r"MaintenanceOrder='(\w+)',TextObjectType='(\w+)',Language='(\w+)'", keys)
        held = self._held(found[1] if found else "")
        self._check_match(request, held)
        document = self._json(request)
        if set(document) != {"MaintenanceOrderLongText"}:
            raise error(400, "/IWCOR/CX_DS_EP_PROPERTY_ERROR", "Only MaintenanceOrderLongText can be changed")
        texts = [one for one in held["texts"] if found and same_text(one, found[2], found[3])]
        if not texts:
            raise error(404, "/IWBEP/CM_MGW_RT/020", "Resource not found for segment 'MaintenanceOrderLongText'")
        texts[0] |= document
        self._save(held)
        return Reply(204)

    @staticmethod
    def _check_match(request: Request, held: dict[str, Any]) -> None:
        given = request.headers.get("if-match")
        if given is None:
            raise error(428, "/IWBEP/CM_MGW_RT/023", "Data has to be read first: If-Match is missing")
        if given != held["etag"]:
            raise error(412, "/IWBEP/CM_MGW_RT/024", "Precondition failed: the data was changed in the meantime")
        if {"TECO", "CLSD", "DLFL"} & set(held["SystemStatusText"].split()):
            raise error(400, "IW/102", f"Order {held['MaintenanceOrder']} is completed and can't be changed")

    @staticmethod
    def _json(request: Request) -> dict[str, Any]:
        document: dict[str, Any] | None = request.document()
        if document is None:
            raise error(400, "/IWFND/CM_CONSUMER/101", "The payload is no JSON object")
        return document

    def _save(self, held: dict[str, Any]) -> None:
        now = self.now()
        held |= {"LastChangeDateTime": now.isoformat(), "etag": f"W/\"'{now:%Y%m%d%H%M%S}'\""}
        self.store.put("order", held["MaintenanceOrder"], held)

    # Attachments

    def _originals(self, request: Request) -> Reply:
        asked = {name: value for name, value in request.query if name not in ("$format", "sap-client")}
        if (
            set(asked) != {"BusinessObjectTypeName", "LinkedSAPObjectKey"}
            or asked["BusinessObjectTypeName"] != "'PMAUFK'"
        ):
            raise error(400, "CV/001", "User has no authorization for operation 03 on object")
        files = [one for one in self.store.all("file") if f"'{one['key']}'" == asked["LinkedSAPObjectKey"]]
        return Reply(200, {"d": {"results": [{"FileName": one["name"], "FileSize": one["size"]} for one in files]}})

    def _attach(self, request: Request) -> Reply:
        given = request.headers
        number = given.get("linkedsapobjectkey", "")
        if given.get("businessobjecttypename") != "PMAUFK" or len(number) != 12 or not given.get("slug"):
            raise error(403, "CV/001", "User has no authorization for operation 01 on object")
        self._held(number.lstrip("0"))
        if not request.body or not given.get("content-type"):
            raise error(400, "CV/002", "A document needs a content type and bytes")
        file = {"key": number, "name": unquote(given["slug"]), "size": str(len(request.body))}
        self.store.put("file", self.store.number("file"), file)
        return Reply(201, {"d": {"FileName": file["name"], "FileSize": file["size"]}})

    # What happens there meanwhile

    def add_asset(self, id_: str, name: str, parent: str | None = None) -> str:
        """Somebody adds equipment; its number is SAP's own."""
        number = str(self.store.number("equipment", 217_100_000))
        row = {"Equipment": number, "ValidityEndDate": "9999-12-31T00:00:00+00:00", "EquipmentName": name}
        row |= {
            "SuperordinateEquipment": parent or "",
            "TechnicalObjectSortCode": id_,
            "MaintenancePlanningPlant": PLANT,
        }
        self.store.put("equipment", number, row | {"EquipmentIsMarkedForDeletion": False})
        return number

    def delete_asset(self, id_: str) -> None:
        """Somebody marks it for deletion."""
        held = self.store.get("equipment", id_) or {}
        self.store.put("equipment", id_, held | {"EquipmentIsMarkedForDeletion": True})

    def edit(self, order: str, **changes: Any) -> None:
        """Somebody changes an order."""
        self._save(self._held(order) | changes)

    def start(self, order: str) -> None:
        """Somebody confirms a part of the work."""
        self.edit(order, SystemStatusText="REL  PCNF MANC PRC")

    def finish(self, order: str) -> None:
        """Somebody completes it technically."""
        now = self.now().isoformat()
        self.edit(order, SystemStatusText="TECO CNF  MANC PRC", MaintOrderReferenceDateTime=now)

    def cancel(self, order: str) -> None:
        """Somebody flags it for deletion."""
        self.edit(order, SystemStatusText="CRTD DLFL MANC")

    def write_below(self, order: str, text: str) -> None:
        """Somebody writes something at the end of an order's long text."""
        texts = self._held(order)["texts"]
        texts[0]["MaintenanceOrderLongText"] += "\n" + text
        self.edit(order, texts=texts)

    def texts(self) -> list[str]:
        """The text of every order that is there."""
        return ["\n".join(one["MaintenanceOrderLongText"] for one in row["texts"]) for row in self.store.all("order")]

    def copy(self, order: str) -> None:
        """Somebody makes an order by copying another one, text and all."""
        number = str(self.store.number("order", 4_000_000))
        made = {"MaintenanceOrder": number, "MaintOrderCreationDateTime": self.now().isoformat()}
        self._save(self._held(order) | made)

    def add_request(self, asset: str, text: str) -> str:
        """Somebody reports something."""
        return new_notification(self.store, PLANT, asset, text, self.now().isoformat())

    def edit_request(self, number: str, text: str) -> None:
        """Somebody completes a notification, with other words."""
        complete(self.store, number, text, self.now().isoformat())

    def seed(self, number: int, asset: str) -> None:
        """Orders of other people; half of them were never changed."""
        with self.store.together():
            for index in range(number):
                one, now = str(self.store.number("order", 4_000_000)), self.now().isoformat()
                row = {"MaintenanceOrder": one, "MaintenanceOrderDesc": "Old", "Equipment": asset, "texts": []}
                row |= {"MaintOrderCreationDateTime": now, "LastChangeDateTime": now if index % 2 else None}
                row |= {"SystemStatusText": "CLSD", "MaintenancePlanningPlant": PLANT, "etag": f"W/\"'{now}'\""}
                self.store.put("order", one, row)


def same_text(text: dict[str, str], kind: str, language: str) -> bool:
    """Whether it is the long text of that text id and language."""
    return (text["TextObjectType"], text["Language"]) == (kind, language)


def key(given: str, name: str, length: int) -> str:
    """The one key of an address, as in ``('4000000')``."""
    found = re.fullmatch(rf"(?:{name}=)?'((?:[^']|'')*)'", given)
    if found is None or len(found[1]) > length:
        raise error(400, "/IWBEP/CM_MGW_RT/027", f"The key predicate ({given}) is invalid")
    return found[1].replace("''", "'")
