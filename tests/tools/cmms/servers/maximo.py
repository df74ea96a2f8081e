"""Maximo's JSON API, as far as its public reference goes.

Sources of the rules:
  [G] https://developer.ibm.com/static/site-id/155/maximodev/restguide/Maximo_Nextgen_REST_API.html (REST API guide)
  [R] https://scribd.com/document/740869342/Maximo-JSON-API-References (query parameters, headers, HTTP codes)
  [C] https://github.com/ibmmaximorestjsonapis/maximorestclient (IBM's client)
Routes ``/maximo/api`` (header apikey) and ``/maximo/oslc`` (header maxauth) [G]; ``lean=1`` [R]; oslc.where with
quoted strings and dates, ``in [..]``, ``and``, wildcards ``%``, ``"*"`` for not null [G, C: QueryWhere]; oslc.select
with children in braces, oslc.orderBy with a sign, oslc.pageSize, pageno and responseInfo.nextPage [G, R]; POST with
``properties`` answers 201 with those, without only Location [C: MaximoConnector]; changes are POST with
``x-method-override: PATCH`` and ``patchtype: MERGE`` [G, C]; ``_rowstamp`` in a change is compared, 412 BMXAA8229W
[G]; attachments are raw bytes with slug and x-document-meta [G, C]; errors are
``{"Error": {"reasonCode", "message", "statusCode"}}`` [C: OslcException].
Lengths are those of Maximo's data dictionary (DESCRIPTION 100, EXTERNALREFID 10, WORKLOG.DESCRIPTION 100).
"""

from __future__ import annotations

import base64
import operator as op
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from .base import Refusal, Reply, Request, StrictServer, refuse

SITE = "BEDFORD"
KEY = "apikey-0123456789"
LOGIN = ("maxadmin", "maxadmin-password")
DATES = ("reportdate", "changedate", "statusdate", "actfinish", "targstartdate", "targcompdate")
NUMBERS = ("workorderid", "wopriority", "actlabhrs", "estdur", "reportedpriority")
ORDER = {
    "wonum": 25, "siteid": 8, "description": 100, "description_longdescription": 32_000, "status": 16, "assetnum": 25,
    "problemcode": 8, "externalrefid": 10, "worktype": 5, "istask": 0,
    **dict.fromkeys((*DATES, *NUMBERS), 0),
}  # fmt: skip
ASSET = {
    "assetnum": 25, "siteid": 8, "description": 100, "parent": 25, "status": 20, "serialnum": 64, "location": 25,
    "manufacturer": 12, "assettype": 15,
}  # fmt: skip
REQUEST = {
    "ticketid": 10, "siteid": 8, "description": 100, "description_longdescription": 32_000, "status": 20,
    "assetnum": 25, "reportedpriority": 0, "reportdate": 0, "changedate": 0, "statusdate": 0,
}  # fmt: skip
KINDS = {"mxapiwodetail": ("order", ORDER), "mxapiasset": ("asset", ASSET), "mxapisr": ("request", REQUEST)}
GIVEN_BY_MAXIMO = {"workorderid", "wonum", "status", "istask", "reportdate", "changedate", "statusdate", "actlabhrs"}
STATUS = ("WAPPR", "APPR", "WSCH", "WMATL", "WPCOND", "INPRG", "COMP", "CLOSE", "CAN")
PARAMETERS = {
    "lean", "oslc.where", "oslc.select", "oslc.orderBy", "oslc.pageSize", "pageno", "collectioncount",
}  # fmt: skip
LARGEST_PAGE = 1000
COMPARE = {"=": op.eq, "!=": op.ne, ">": op.gt, ">=": op.ge, "<": op.lt, "<=": op.le}
_CONDITION = re.compile(r'(\w+)(!=|>=|<=|=|>|<| in )(\[(?:"[^"]*"|-?\d+)(?:,(?:"[^"]*"|-?\d+))*\]|"[^"]*"|-?[\d.]+)$')


def error(status: int, code: str, words: str) -> Refusal:
    """An error in Maximo's form."""
    return refuse(status, {"Error": {"reasonCode": code, "message": f"{code} - {words}", "statusCode": str(status)}})


class MaximoServer(StrictServer):
    """A Maximo with one site."""

    base = "/maximo"

    def handle(self, request: Request) -> Reply:
        """Routes a request."""
        route = re.fullmatch(
            r"/maximo/(api|oslc)/os/(mxapiwodetail|mxapiasset|mxapisr)(?:/(\d+)(/doclinks)?)?", request.path
        )
        self._login(request, request.path.split("/")[2])
        if route is None:
            raise error(404, "BMXAA0024E", "There is no such resource.")
        unknown = {name for name, _ in request.query} - PARAMETERS
        if unknown or request.parameters().get("lean") != "1" or len(request.parameters()) != len(request.query):
            raise error(400, "BMXAA8727E", f"The query is not valid: {sorted(unknown) or 'lean'}.")
        kind, number, links = route[2], route[3], route[4]
        if number is None and request.method == "GET":
            return self._list(request, kind)
        if number is None and request.method == "POST" and kind == "mxapiwodetail":
            return self._create(request)
        held = self.store.get("order", number or "")
        if held is None:
            raise error(404, "BMXAA0024E", f"There is no work order {number}.")
        if links:
            return self._documents(request, held)
        if request.method == "POST" and request.headers.get("x-method-override") == "PATCH":
            return self._patch(request, held)
        raise error(405, "BMXAA8372E", f"The method {request.method} is not supported.")

    def _login(self, request: Request, route: str) -> None:
        given = request.headers
        pair = base64.b64encode(":".join(LOGIN).encode()).decode()
        if not (given.get("apikey") == KEY or (route == "oslc" and given.get("maxauth") == pair)):
            raise error(401, "BMXAA7901E", "You cannot log in at this time. The user name or password is not valid.")

    # Reading

    def _list(self, request: Request, kind: str) -> Reply:
        asked = request.parameters()
        held, fields = KINDS[kind]
        rows = self.store.all(held)
        for test in conditions(asked.get("oslc.where", ""), fields):
            rows = [row for row in rows if test(row)]
        self._sort(rows, asked.get("oslc.orderBy"), fields)
        size, number = self._page(asked)
        start = (number - 1) * size
        info: dict[str, Any] = {"href": f"{self.url}{request.path}", "pagenum": number}
        if asked.get("collectioncount") == "1":
            info |= {"totalCount": len(rows), "totalPages": -(-len(rows) // size)}
        if start + size < len(rows):
            # The server calls itself by its inner name.
            info["nextPage"] = {"href": f"http://maximo-inner:9080{request.path}?pageno={number + 1}"}
        wanted = select(asked.get("oslc.select", "*"), fields)
        return Reply(200, {"member": [shown(row, wanted) for row in rows[start : start + size]], "responseInfo": info})

    @staticmethod
    def _sort(rows: list[dict[str, Any]], order: str | None, fields: dict[str, int]) -> None:
        if order is None:
            return
        if not re.fullmatch(r"[+-]\w+", order) or order[1:] not in fields:
            raise error(400, "BMXAA8728E", f"The order by clause {order} is not valid.")
        rows.sort(key=lambda row: (row.get(order[1:]) is None, row.get(order[1:])), reverse=order[0] == "-")

    @staticmethod
    def _page(asked: dict[str, str]) -> tuple[int, int]:
        size, number = asked.get("oslc.pageSize", "100"), asked.get("pageno", "1")
        if not (size.isdigit() and number.isdigit() and 0 < int(size) <= LARGEST_PAGE and int(number) > 0):
            raise error(400, "BMXAA8729E", "The page size or number is not valid.")
        return int(size), int(number)

    # Writing

    def _create(self, request: Request) -> Reply:
        document = self._json(request)
        self._check(document, GIVEN_BY_MAXIMO)
        if document.get("siteid") != SITE:
            raise error(400, "BMXAA4153E", "The field Site is required.")
        asset = self.store.get("asset", str(document.get("assetnum")))
        if asset is None or asset["status"] == "DECOMMISSIONED":
            raise error(400, "BMXAA2661E", f"Asset {document.get('assetnum')} is not a valid asset.")
        number = self.store.number("workorderid", 7001)
        now = self.now().isoformat()
        held = {"workorderid": number, "wonum": str(number - 6000), "status": "WAPPR", "istask": False, "worklog": []}
        held |= {"reportdate": now, "changedate": now, "statusdate": now, "_rowstamp": "1"} | document
        self.store.put("order", number, held)
        place = {"Location": f"{self.url}/api/os/mxapiwodetail/{number}"}
        wanted = request.headers.get("properties")
        return Reply(201, shown(held, select(wanted, ORDER)) if wanted else None, place)

    def _patch(self, request: Request, held: dict[str, Any]) -> Reply:
        if request.headers.get("patchtype") != "MERGE":
            raise error(400, "BMXAA8742E", "Without patchtype MERGE the children that are not sent would be deleted.")
        document = self._json(request)
        if str(document.pop("_rowstamp", held["_rowstamp"])) != held["_rowstamp"]:
            raise error(412, "BMXAA8229W", f"Record WORKORDER {held['wonum']} has been updated by another user.")
        log = document.pop("worklog", [])
        self._check(document, GIVEN_BY_MAXIMO - {"status"})
        if held["status"] in ("CLOSE", "CAN"):
            raise error(400, "BMXAA4671E", f"Work order {held['wonum']} is in history and can't be changed.")
        for entry in log:
            self._check_log(entry)
        self._save(held | document | {"worklog": held["worklog"] + log})
        return Reply(204)

    @staticmethod
    def _check_log(entry: dict[str, Any]) -> None:
        if set(entry) - {"logtype", "description", "description_longdescription"} or not entry.get("description"):
            raise error(400, "BMXAA4153E", "The work log needs a description and takes no other attributes.")
        if len(entry["description"]) > 100 or entry.get("logtype") not in ("CLIENTNOTE", "WORK", "UPDATE"):
            raise error(400, "BMXAA4049E", "The work log's description is too long, or its type unknown.")

    def _check(self, document: dict[str, Any], given_by_maximo: set[str]) -> None:
        for name, value in document.items():
            if name not in ORDER or name in given_by_maximo:
                raise error(400, "BMXAA8743E", f"The attribute {name} can't be set.")
            if name in DATES:
                moment(value)
            elif name in NUMBERS:
                if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 999:
                    raise error(400, "BMXAA4195E", f"The value {value!r} is not valid for {name}.")
            elif not isinstance(value, str) or len(value) > ORDER[name]:
                raise error(400, "BMXAA4049E", f"The value specified {value!r:.40} exceeds the maximum field length.")
        if document.get("status", "WAPPR") not in STATUS:
            raise error(400, "BMXAA4210E", f"The status {document['status']} is not valid.")
        if document.get("problemcode", "BRGFAIL") not in ("BRGFAIL", "SEALLEAK"):
            raise error(400, "BMXAA4190E", f"The problem code {document['problemcode']} is not valid.")

    def _documents(self, request: Request, held: dict[str, Any]) -> Reply:
        if request.method == "GET":
            names = [one for one in self.store.all("file") if one["order"] == held["workorderid"]]
            info = [{"describedBy": {"fileName": one["name"], "title": one["name"]}} for one in names]
            return Reply(200, {"member": info})
        given = request.headers
        if request.method != "POST" or not re.fullmatch(r"FILE/\w+", given.get("x-document-meta", "")):
            raise error(400, "BMXAA8745E", "x-document-meta has to name the storage and the folder.")
        if not given.get("slug") or "json" in given.get("content-type", "json") or not request.body:
            raise error(400, "BMXAA8746E", "A document needs a slug, a content type and bytes.")
        number = self.store.number("doclinksid")
        self.store.put(
            "file", number, {"order": held["workorderid"], "name": unquote(given["slug"]), "size": len(request.body)}
        )
        return Reply(201, None, {"Location": f"{self.url}{request.path}/{number}"})

    @staticmethod
    def _json(request: Request) -> dict[str, Any]:
        document: dict[str, Any] | None = request.document()
        if document is None:
            raise error(400, "BMXAA8747E", "The body is not valid JSON.")
        return document

    def _save(self, held: dict[str, Any]) -> None:
        held |= {"changedate": self.now().isoformat(), "_rowstamp": str(int(held["_rowstamp"]) + 1)}
        self.store.put("order", held["workorderid"], held)

    # What happens there meanwhile

    def add_asset(self, id_: str, name: str, parent: str | None = None) -> str:
        """Somebody adds an asset."""
        asset = {"assetnum": id_, "siteid": SITE, "description": name, "parent": parent, "status": "OPERATING"}
        self.store.put("asset", id_, {**asset, "serialnum": f"SN-{id_}", "location": "HALL1"})
        return id_

    def delete_asset(self, id_: str) -> None:
        """Somebody deletes one."""
        self.store.drop("asset", id_)

    def edit(self, order: str, **changes: Any) -> None:
        """Somebody changes a work order."""
        held = next(one for one in self.store.all("order") if one["wonum"] == order)
        self._save(held | changes)

    def finish(self, order: str) -> None:
        """Somebody closes it."""
        self.edit(order, status="CLOSE", actfinish=self.now().isoformat(), actlabhrs=2.5)

    def cancel(self, order: str) -> None:
        """Somebody cancels it."""
        self.edit(order, status="CAN")

    def start(self, order: str) -> None:
        """Somebody begins to work on it."""
        self.edit(order, status="INPRG")

    def write_below(self, order: str, text: str) -> None:
        """Somebody writes something at the end of a work order's text."""
        held = next(one for one in self.store.all("order") if one["wonum"] == order)
        self.edit(order, description_longdescription=held["description_longdescription"] + "\n" + text)

    def texts(self) -> list[str]:
        """The text of every order that is there."""
        return [one["description_longdescription"] for one in self.store.all("order")]

    def copy(self, order: str) -> None:
        """Somebody duplicates a work order, text and all; Maximo gives the copy numbers of its own."""
        held = next(one for one in self.store.all("order") if one["wonum"] == order)
        number = self.store.number("workorderid", 7001)
        self._save(held | {"workorderid": number, "wonum": str(number - 6000), "reportdate": self.now().isoformat()})

    def add_request(self, asset: str, text: str) -> str:
        """Somebody enters a service request."""
        number, now = str(self.store.number("ticketid", 1001)), self.now().isoformat()
        row = {"ticketid": number, "siteid": SITE, "description": text[:100], "description_longdescription": text}
        row |= {"status": "NEW", "assetnum": asset, "reportedpriority": 2}
        self.store.put("request", number, row | {"reportdate": now, "changedate": now, "statusdate": now})
        return number

    def edit_request(self, number: str, text: str) -> None:
        """Somebody resolves a service request, with other words."""
        held, now = self.store.get("request", number) or {}, self.now().isoformat()
        changes = {"description_longdescription": text, "status": "RESOLVED", "changedate": now, "statusdate": now}
        self.store.put("request", number, held | changes)

    def seed(self, number: int, asset: str) -> None:
        """Orders of other people."""
        with self.store.together():
            for _ in range(number):
                one = self.store.number("workorderid", 7001)
                now = self.now().isoformat()
                held = {"workorderid": one, "wonum": str(one - 6000), "status": "CLOSE", "istask": False, "worklog": []}
                held |= {
                    "siteid": SITE,
                    "assetnum": asset,
                    "description": f"Old {one}",
                    "description_longdescription": "",
                }
                held |= {"reportdate": now, "changedate": now, "statusdate": now, "_rowstamp": "1"}
                self.store.put("order", one, held)


def moment(value: object) -> datetime:
    """A date and time with an offset."""
    try:
        time = datetime.fromisoformat(str(value))
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise error(400, "BMXAA4198E", f"The date {value!r} is not valid.")
    return time


def select(clause: str, fields: dict[str, int]) -> set[str]:
    """The fields that oslc.select names; children stand in braces."""
    names = {one for one in re.sub(r"\{[^}]*\}", "", clause).split(",") if one}
    if unknown := names - set(fields) - {"*", "worklog"}:
        raise error(400, "BMXAA8730E", f"The attributes {sorted(unknown)} are not valid.")
    return set(fields) | {"worklog"} if "*" in names else names


def shown(row: dict[str, Any], wanted: set[str]) -> dict[str, Any]:
    """A member: the wanted fields that aren't null, its address and its row stamp."""
    member = {name: value for name, value in row.items() if name in wanted and value is not None}
    id_ = row.get("workorderid") or row.get("ticketid") or row["assetnum"]
    return {**member, "_rowstamp": row.get("_rowstamp", "1"), "href": f"http://maximo-inner:9080/maximo/api/os/{id_}"}


def conditions(clause: str, fields: dict[str, int]) -> list[Callable[[dict[str, Any]], bool]]:
    """oslc.where as tests of a row."""
    return [_condition(part, fields) for part in re.split(r" and (?=\w+ ?(?:[!<>=]|in ))", clause) if part]


def _condition(part: str, fields: dict[str, int]) -> Callable[[dict[str, Any]], bool]:
    found = _CONDITION.match(part)
    if found is None or found[1] not in fields:
        raise error(400, "BMXAA8731E", f"The where clause {part} is not valid.")
    name, operator, value = found[1], found[2].strip(), found[3]
    if operator == "in":
        wanted = re.findall(r'"([^"]*)"', value)
        return lambda row: row.get(name) in wanted
    if value.startswith('"') == (name in NUMBERS):
        raise error(400, "BMXAA8732E", f"Strings and dates are quoted, numbers aren't: {part}.")
    plain = value.strip('"')
    if plain == "*":
        return lambda row: (row.get(name) is not None) == (operator == "=")
    if name in DATES:
        limit = moment(plain)
        return lambda row: row.get(name) is not None and _compare(operator, datetime.fromisoformat(row[name]), limit)
    if "%" in plain and operator == "=":
        pattern = re.compile(".*".join(map(re.escape, plain.split("%"))), re.IGNORECASE)
        return lambda row: pattern.fullmatch(str(row.get(name))) is not None
    return lambda row: row.get(name) is not None and _compare(operator, str(row[name]), plain)


def _compare(operator: str, left: Any, right: Any) -> bool:
    return bool(COMPARE[operator](left, right))
