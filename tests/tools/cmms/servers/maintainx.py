"""MaintainX's REST API, version 1, as far as its public description goes.

Source of the rules: https://api.getmaintainx.com/v1/openapi.json (paths, parameters, enumerations, required fields,
limits of a page, bodies of errors, status codes) and the sections Authentication and Rate Limiting of
https://api.getmaintainx.com/v1/docs (bearer token; x-organization-id; X-Rate-Limit-Limit, -Remaining and -Reset on
every answer; 429 at zero; 100 requests in 60 seconds for a user).
A list shows no ``assetId``, only ``asset`` when it is expanded; what starts later is listed with show_upcoming only;
comments don't change updatedAt; an attachment of a name that is there replaces it.
Not from a reference: what a cursor looks like, that titles may hold 1,000 characters, the order of unsorted lists.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from .base import Refusal, Reply, Request, StrictServer, refuse

TOKEN = "eyJ-maintainx-token-0123456789"
STATUS = ("OPEN", "IN_PROGRESS", "ON_HOLD", "DONE", "CANCELED", "SKIPPED")
PRIORITY = ("NONE", "LOW", "MEDIUM", "HIGH")
EXPAND = (
    "thumbnail",
    "assignees",
    "asset",
    "location",
    "parts",
    "times",
    "time_items",
    "extra_fields",
    "estimated_time",
)
SORT = ("updatedAt", "createdAt", "dueDate", "startedAt", "completedAt")
RANGES = tuple(f"{name}[{edge}]" for name in ("updatedAt", "createdAt") for edge in ("gte", "lte"))
LISTS = {"assets", "notAssets", "priorities", "statuses", "expand"}
CREATE = {
    "title": str, "description": str, "assetId": int, "priority": str, "type": str, "dueDate": str, "startDate": str,
    "estimatedTime": int, "extraFields": dict, "categories": list, "locationId": int, "externalData": object,
}  # fmt: skip
LARGEST = 1_000_000


def bad(status: int, words: str) -> Refusal:
    """A single error."""
    return refuse(status, {"error": words})


def invalid(field: str, words: str) -> Refusal:
    """An error of validation."""
    return refuse(400, {"errors": [{"error": words, "fieldPath": field}]})


class MaintainXServer(StrictServer):
    """A MaintainX with one organization.

    Attributes:
        limit: how many requests a window of a minute allows.
    """

    base = "/v1"
    limit = 100
    used = 0

    def handle(self, request: Request) -> Reply:
        """Counts, checks who asks, and routes."""
        self.used += 1
        left = {
            "X-Rate-Limit-Limit": str(self.limit),
            "X-Rate-Limit-Remaining": str(max(0, self.limit - self.used)),
            "X-Rate-Limit-Reset": "42",
        }
        if self.used > self.limit:
            return Reply(429, {"error": "Too many requests. Please retry in 42 seconds"}, left)
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Reply(401, {"error": "Invalid token"}, left)
        try:
            reply = self._route(request, request.path.removeprefix("/v1/").split("/"))
        except Refusal as refusal:
            reply = refusal.reply
        return Reply(reply.status, reply.body, {**reply.headers, **left})

    def next_window(self) -> None:
        """A minute has passed."""
        self.used = 0

    def _route(self, request: Request, parts: list[str]) -> Reply:
        match (request.method, *parts):
            case ("GET", "assets"):
                return self._assets(request)
            case ("GET", "assets", number):
                return Reply(200, {"asset": self._thing("asset", number, "asset")})
            case ("GET", "workrequests"):
                return self._work_requests(request)
            case ("GET", "workorders"):
                return self._work_orders(request)
            case ("POST", "workorders"):
                return self._create(request)
            case ("GET", "workorders", number):
                held = self._thing("order", number, "work order")
                return Reply(200, {"workOrder": self._shown(held, many(request, "expand"), alone=True)})
            case (("GET" | "POST"), "workorders", number, "comments"):
                return self._comments(request, self._thing("order", number, "Work Order"))
            case ("PUT", "workorders", number, "attachments", name):
                return self._attach(request, self._thing("order", number, "work order"), name)
        raise bad(404, "Not Found")

    def _thing(self, kind: str, number: str, name: str) -> dict[str, Any]:
        if not number.isdigit():
            raise invalid("id", "should be integer")
        held = self.store.get(kind, number)
        if held is None:
            raise bad(404, f"{name} Not Found")
        return held

    # Reading

    def _assets(self, request: Request) -> Reply:
        asked = options(request, {"limit", "cursor", "sort", "expand", *RANGES})
        rows = self.store.all("asset")
        if asked.get("sort", "id").lstrip("-") not in ("id", "createdAt", "updatedAt"):
            raise bad(400, "sort should be equal to one of the allowed values")
        rows.sort(key=lambda row: row[asked.get("sort", "id").lstrip("-")], reverse=asked.get("sort", "")[:1] == "-")
        hidden = {"barcode"} - set(many(request, "expand"))
        return self._page(request, "assets", [{k: v for k, v in row.items() if k not in hidden} for row in rows])

    def _work_orders(self, request: Request) -> Reply:
        asked = options(request, {"limit", "cursor", "sort", "show_upcoming", "title", *LISTS, *RANGES})
        statuses, assets = many(request, "statuses"), many(request, "assets")
        if not set(statuses) <= set(STATUS) or not set(many(request, "expand")) <= set(EXPAND):
            raise bad(400, "statuses and expand should be equal to one of the allowed values")
        if not all(one.isdigit() for one in assets) or asked.get("show_upcoming", "true") not in ("true", "false"):
            raise bad(400, "assets should be integers, show_upcoming a boolean")
        rows = self.store.all("order")
        if asked.get("show_upcoming") != "true":
            rows = [row for row in rows if not row.get("startDate") or moment(row["startDate"]) <= datetime.now(UTC)]
        rows = [row for row in rows if not statuses or row["status"] in statuses]
        rows = [row for row in rows if not assets or str(row.get("assetId")) in assets]
        for name in set(RANGES) & set(asked):
            field, edge = name[:9], moment(asked[name])
            later = name.endswith("[gte]")
            rows = [row for row in rows if (moment(row[field]) >= edge if later else moment(row[field]) <= edge)]
        sort = asked.get("sort", "createdAt")
        if sort.lstrip("-") not in SORT:
            raise bad(400, "sort should be equal to one of the allowed values")
        rows.sort(key=lambda row: row.get(sort.lstrip("-")) or "", reverse=sort[0] == "-")
        expand = many(request, "expand")
        return self._page(request, "workOrders", rows, lambda row: self._shown(row, expand, alone=False))

    def _work_requests(self, request: Request) -> Reply:
        """No order can be asked for, and no time of change."""
        options(request, {"limit", "cursor", "title", "locations", *LISTS - {"notAssets"}})
        expand = many(request, "expand")
        if not set(expand) <= {"asset", "location", "work_order", "extra_fields"}:
            raise bad(400, "expand should be equal to one of the allowed values")
        rows = self.store.all("request")
        if "asset" in expand:
            rows = [row | {"asset": self.store.get("asset", row["assetId"])} for row in rows]
        return self._page(request, "workRequests", rows[::-1])

    def _shown(self, row: dict[str, Any], expand: list[str], *, alone: bool) -> dict[str, Any]:
        shown = {
            name: value for name, value in row.items() if name not in ("comments", "files", "extraFields", "times")
        }
        if not alone:
            shown.pop("assetId", None)
        if "asset" in expand:
            shown["asset"] = self.store.get("asset", row.get("assetId") or "")
        if "extra_fields" in expand:
            shown["extraFields"] = row.get("extraFields", {})
        if "times" in expand:
            shown["times"] = row.get("times", [])
        if alone:
            shown["attachments"] = [{"id": n, "fileName": name} for n, name in enumerate(row["files"])]
        return shown

    @staticmethod
    def _page(
        request: Request,
        name: str,
        rows: list[dict[str, Any]],
        shown: Callable[[dict[str, Any]], dict[str, Any]] = lambda row: row,
    ) -> Reply:
        asked = request.parameters()
        limit = asked.get("limit", "100")
        if not limit.isdigit() or not 1 <= int(limit) <= 200:
            raise bad(400, "limit should be between 1 and 200")
        # A cursor belongs to the question that it was given for.
        question = sorted(pair for pair in request.query if pair[0] != "cursor")
        start = 0
        if "cursor" in asked:
            start, mine = open_cursor(asked["cursor"])
            if mine != question:
                raise bad(400, "Invalid cursor")
        stop = start + int(limit)
        following = base64.b64encode(json.dumps([stop, question]).encode()).decode() if stop < len(rows) else None
        return Reply(200, {name: list(map(shown, rows[start:stop])), "nextCursor": following, "nextPageUrl": None})

    # Writing

    def _create(self, request: Request) -> Reply:
        document = self._json(request)
        for name, value in document.items():
            if name not in CREATE:
                raise invalid(name, "should NOT have additional properties")
            if not isinstance(value, CREATE[name]) or isinstance(value, bool):
                raise invalid(name, f"should be {CREATE[name].__name__}")
        if not document.get("title") or len(document["title"]) > 1000:
            raise invalid("title", "should have required property 'title'")
        if document.get("priority", "NONE") not in PRIORITY:
            raise invalid("priority", "should be equal to one of the allowed values")
        if document.get("type", "OTHER") not in ("OTHER", "REACTIVE", "PREVENTIVE"):
            raise invalid("type", "should be equal to one of the allowed values")
        for name in ("dueDate", "startDate"):
            if name in document:
                moment(document[name], name)
        if "startDate" in document and "dueDate" not in document:
            raise invalid("startDate", "Only valid when dueDate is set")
        if "assetId" in document and self.store.get("asset", document["assetId"]) is None:
            raise invalid("assetId", "Asset not found")
        if unknown := set(document.get("extraFields", {})) - {"Twinwright key"}:
            raise invalid("extraFields", f"Custom field {sorted(unknown)[0]} does not exist")
        return Reply(200, {"id": self._store_new(document)})

    def _store_new(self, document: dict[str, Any]) -> int:
        number = self.store.number("order", 106_000_000)
        now = stamp(self.now())
        held = {"id": number, "sequentialId": number - 105_999_999, "status": "OPEN", "priority": "NONE", "files": []}
        held |= {"createdAt": now, "updatedAt": now, "comments": [], "deletedAt": None, "description": None}
        self.store.put("order", number, held | document)
        return number

    def _comments(self, request: Request, held: dict[str, Any]) -> Reply:
        if request.method == "GET":
            options(request, {"limit", "cursor"})
            return self._page(request, "comments", held["comments"])
        document = self._json(request)
        if set(document) != {"content"} or not isinstance(document["content"], str):
            raise invalid("content", "should have required property 'content'")
        comment = {"id": len(held["comments"]) + 1, "authorId": 7, "createdAt": stamp(self.now()), **document}
        self.store.put("order", held["id"], held | {"comments": [*held["comments"], comment]})
        return Reply(201, {"id": comment["id"]})

    def _attach(self, request: Request, held: dict[str, Any], name: str) -> Reply:
        if not request.body or "/" not in request.headers.get("content-type", "") or "." not in name:
            raise refuse(400, "Bad arguments.")
        if len(request.body) > LARGEST:
            raise bad(413, "Attachment size must not exceed 1mB")
        files = [one for one in held["files"] if one != name]
        self._save(held | {"files": [*files, name]})
        return Reply(201, {"publicUrl": f"https://files.example.com/{name}", "filename": name, "fileKey": name})

    @staticmethod
    def _json(request: Request) -> dict[str, Any]:
        document: dict[str, Any] | None = request.document()
        if document is None:
            raise invalid("body", "should be object")
        return document

    def _save(self, held: dict[str, Any]) -> None:
        self.store.put("order", held["id"], held | {"updatedAt": stamp(self.now())})

    # What happens there meanwhile

    def add_asset(self, id_: str, name: str, parent: str | None = None) -> str:
        """Somebody adds an asset."""
        number, now = self.store.number("asset", 852), stamp(self.now())
        row = {"id": number, "name": name, "description": None, "parentId": int(parent) if parent else None}
        row |= {"serialNumber": id_, "barcode": f"BC{number}", "locationId": None, "createdAt": now, "updatedAt": now}
        self.store.put("asset", number, row)
        return str(number)

    def delete_asset(self, id_: str) -> None:
        """Somebody deletes one."""
        self.store.drop("asset", id_)

    def edit(self, order: str, **changes: Any) -> None:
        """Somebody changes a work order."""
        self._save((self.store.get("order", order) or {}) | changes)

    def start(self, order: str) -> None:
        """Somebody begins to work on it."""
        self.edit(order, status="IN_PROGRESS")

    def finish(self, order: str) -> None:
        """Somebody marks it as done."""
        self.edit(order, status="DONE", completedAt=stamp(self.now()), times=[{"durationTotal": 5400}])

    def cancel(self, order: str) -> None:
        """Somebody cancels it."""
        self.edit(order, status="CANCELED")

    def write_below(self, order: str, text: str) -> None:
        """Somebody writes something at the end of a work order's text."""
        held = self.store.get("order", order) or {}
        self.edit(order, description=held["description"] + "\n" + text)

    def texts(self) -> list[str]:
        """The text of every order that is there."""
        return [row["description"] or "" for row in self.store.all("order")]

    def copy(self, order: str) -> None:
        """Somebody duplicates a work order."""
        held = self.store.get("order", order) or {}
        self._store_new({name: held[name] for name in ("title", "description", "assetId", "priority")})

    def add_request(self, asset: str, text: str) -> str:
        """Somebody asks for work."""
        number, now = self.store.number("request", 963), stamp(self.now())
        row = {"id": number, "title": text, "description": text, "priority": "MEDIUM", "requestStatus": "PENDING"}
        row |= {"assetId": int(asset), "workOrderId": None, "createdAt": now, "updatedAt": now}
        self.store.put("request", number, row)
        return str(number)

    def edit_request(self, number: str, text: str) -> None:
        """Somebody does what was asked for, in other words."""
        held = self.store.get("request", number) or {}
        changes = {"description": text, "requestStatus": "DONE", "updatedAt": stamp(self.now())}
        self.store.put("request", number, held | changes)

    def seed(self, number: int, asset: str) -> None:
        """Orders of other people."""
        with self.store.together():
            for _ in range(number):
                self._store_new({"title": "Old", "assetId": int(asset), "status": "DONE"})


def options(request: Request, known: set[str]) -> dict[str, str]:
    """The query, each name known, and given once unless it is a list."""
    names = [name for name, _ in request.query]
    if unknown := set(names) - known:
        raise bad(400, f"Unknown query parameters: {sorted(unknown)}")
    if any(names.count(name) > 1 and name not in LISTS for name in names):
        raise bad(400, "A query parameter was given twice")
    return request.parameters()


def many(request: Request, wanted: str) -> list[str]:
    """The values of a list in the query."""
    return [value for name, value in request.query if name == wanted]


def open_cursor(cursor: str) -> tuple[int, list[tuple[str, str]]]:
    """Where a cursor points, and the question that it belongs to."""
    try:
        start, question = json.loads(base64.b64decode(cursor))
    except ValueError:
        raise bad(400, "Invalid cursor") from None
    return start, [(name, value) for name, value in question]


def stamp(time: datetime) -> str:
    """A time as the API writes it."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: object, field: str = "date") -> datetime:
    """A time in the form date-time."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", str(text)):
        raise invalid(field, "should match format date-time")
    return datetime.fromisoformat(str(text))
