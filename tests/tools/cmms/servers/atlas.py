"""Atlas CMMS's REST API, as its source says.

Source of the rules: https://github.com/Grashjs/cmms , under api/src/main/java/com/grash:
  controller/AuthController (POST /auth/signin: email, password, type), security/JwtTokenProvider (bearer; an expired or
  wrong token is answered with 500), security/ApiKeyAuthFilter (X-API-Key; without a user Spring Security answers 403),
  controller/WorkOrderController, AssetController, CommentController, FileController, RequestController, RequestShowDTO
  (paths, methods, bodies),
  advancedsearch/SearchCriteria, FilterField, WrapperSpecification (operations cn eq ne in ge le …; ``cn`` ignores case;
  a date is read with enumName JS_DATE in ``ge`` and ``le`` only; a field that isn't there fails),
  utils/Helper.getDateFromJsString (yyyy-MM-dd'T'HH:mm:ss.SSS'Z' in the process's own zone),
  model/abstracts/WorkOrderBase (title not null, description 10,000, estimatedDuration not negative: 406),
  service/WorkOrderService.create (customFields has to be a list),
  exception/GlobalExceptionHandlerController ({"success", "message"}; whatever is unforeseen is 500).
A title over 255 characters and an asset that isn't there fail in the database, which is 500 as well.
Not from the source: that unknown fields in bodies are refused here (Spring drops them), so that typos show.
"""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from .base import Refusal, Reply, Request, StrictServer, refuse

KEY = "atlas-api-key-0123456789"
LOGIN = ("planner@example.com", "atlas-Passw0rd!")
POST = {
    "title", "description", "asset", "priority", "customFields", "estimatedStartDate", "dueDate", "estimatedDuration",
    "feedback", "status",
}  # fmt: skip
ORDER_FIELDS = {"id", "title", "description", "status", "priority", "feedback", "updatedAt", "createdAt", "asset"}
REQUEST_FIELDS = {"id", "title", "description", "priority", "cancelled", "updatedAt", "createdAt", "asset"}
ASSET_FIELDS = {"id", "name", "description", "serialNumber", "updatedAt"}
CRITERIA = {"filterFields", "pageNum", "pageSize", "sortField", "direction"}
_PART = re.compile(
    rb'\r\nContent-Disposition: form-data; name="(?P<name>[^"]*)"(?:; filename="(?P<file>[^"]*)")?'
    rb"(?:\r\n[^\r]+)*\r\n\r\n(?P<content>.*)\r\n",
    re.DOTALL,
)
FILTER = {"field", "operation", "value", "values", "alternatives", "enumName", "joinType"}


def no(status: int, words: str) -> Refusal:
    """A refusal in Atlas's form."""
    return refuse(status, {"success": False, "message": words})


class AtlasServer(StrictServer):
    """An Atlas with one company.

    Attributes:
        zone: how far the zone of its process is from UTC.
        lifetime: how long a token holds.
        stuck: whether every page is the first.
    """

    zone = timedelta()
    lifetime = timedelta(hours=1)
    stuck = False

    def handle(self, request: Request) -> Reply:
        """Checks who asks, and routes."""
        parts = request.path.strip("/").split("/")
        if (request.method, *parts) == ("POST", "auth", "signin"):
            return self._sign_in(request)
        self._check(request)
        if request.query:
            raise no(400, "No query parameters are taken here")
        reply = self._read(request, parts) or self._write(request, parts)
        if reply is None:
            raise no(404, "Resource not found")
        return reply

    def _read(self, request: Request, parts: list[str]) -> Reply | None:
        match (request.method, *parts):
            case ("POST", "assets", "search"):
                return self._search(request, "asset", ASSET_FIELDS)
            case ("GET", "assets", number):
                return Reply(200, self._thing("asset", number))
            case ("POST", "requests", "search"):
                return self._search(request, "request", REQUEST_FIELDS)
            case ("POST", "work-orders", "search"):
                return self._search(request, "order", ORDER_FIELDS)
            case ("GET", "work-orders", number):
                return Reply(200, self._shown(self._thing("order", number)))
            case ("GET", "work-orders", "asset", number):
                self._thing("asset", number)
                rows = [row for row in self.store.all("order") if str(row["asset"]["id"]) == number]
                return Reply(200, [self._shown(row) for row in rows])
            case ("POST", "comments", "search", number):
                return Reply(200, self._thing("order", number)["comments"][::-1])
        return None

    def _write(self, request: Request, parts: list[str]) -> Reply | None:
        match (request.method, *parts):
            case ("POST", "work-orders"):
                return self._create(request)
            case ("POST", "comments"):
                return self._comment(request)
            case ("POST", "files", "upload"):
                return self._upload(request)
            case ("PATCH", "work-orders", "files", number, "add"):
                return self._link(request, self._thing("order", number))
        return None

    # Who asks

    def _sign_in(self, request: Request) -> Reply:
        given = self._json(request, dict)
        if set(given) != {"email", "password", "type"}:
            raise no(400, "email, password and type are needed")
        if (given["email"], given["password"], given["type"].upper()) != (*LOGIN, "CLIENT"):
            raise no(403, "Invalid credentials")
        until = self.now() + self.lifetime
        claims = base64.urlsafe_b64encode(json.dumps({"sub": given["email"], "exp": until.timestamp()}).encode())
        return Reply(200, {"accessToken": f"head.{claims.decode().rstrip('=')}.signature"})

    def _check(self, request: Request) -> None:
        if request.headers.get("x-api-key") == KEY:
            return
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not token:
            raise no(403, "Access Denied")
        try:
            until = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))["exp"]
        except (IndexError, ValueError, KeyError):
            until = 0.0
        if not token.endswith(".signature") or until < self.now().timestamp():
            raise no(500, "Expired or invalid JWT token")

    # Reading

    def _thing(self, kind: str, number: str) -> dict[str, Any]:
        if not number.isdigit():
            raise no(500, f"Failed to convert value of type String to required type Long; For input string: {number}")
        held = self.store.get(kind, number)
        if held is None:
            raise no(404, "Not found")
        return held

    def _search(self, request: Request, kind: str, fields: set[str]) -> Reply:
        asked = self._json(request, dict)
        if unknown := set(asked) - CRITERIA:
            raise no(400, f"Unknown criteria {sorted(unknown)}")
        rows = self.store.all(kind)
        for one in asked.get("filterFields", []):
            rows = [row for row in rows if self._matches(row, one, fields)]
        sort, size, page = asked.get("sortField", "id"), asked.get("pageSize", 10), asked.get("pageNum", 0)
        if sort not in fields or asked.get("direction", "ASC") not in ("ASC", "DESC") or size < 1 or page < 0:
            raise no(500, f"No property {sort} found, or no such page")
        rows.sort(key=lambda row: row[sort], reverse=asked.get("direction") == "DESC")
        page = 0 if self.stuck else page
        part = rows[page * size : (page + 1) * size]
        shown = [self._shown(row) if kind == "order" else row for row in part]
        info = {"totalElements": len(rows), "number": page, "size": size, "last": (page + 1) * size >= len(rows)}
        return Reply(200, {"content": shown, **info})

    def _matches(self, row: dict[str, Any], one: dict[str, Any], fields: set[str]) -> bool:
        if set(one) - FILTER or one.get("field") not in fields:
            raise no(500, f"Unable to locate Attribute with the given name [{one.get('field')}]")
        held, value = row.get(one["field"]), one.get("value")
        match one.get("operation"):
            case "cn":
                return isinstance(held, str) and str(value).lower() in held.lower()
            case "eq":
                return held == value
            case "ge" if one.get("enumName") == "JS_DATE":
                return datetime.fromisoformat(str(held)) >= self._js_date(value)
        raise no(500, f"The operation {one.get('operation')} can't be carried out with {value!r}")

    def _js_date(self, text: object) -> datetime:
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(text)):
            raise no(500, 'Cannot invoke "java.util.Date.getTime()" because the value is null')
        # The Z is no more than a letter to the pattern.
        return datetime.fromisoformat(str(text)) - self.zone

    @staticmethod
    def _shown(row: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in row.items() if name not in ("comments", "feedback")}

    # Writing

    def _create(self, request: Request) -> Reply:
        given = self._json(request, dict)
        if unknown := set(given) - POST:
            raise no(400, f"Unknown fields {sorted(unknown)}")
        if not isinstance(given.get("title"), str):
            raise no(400, "must not be null")
        if not isinstance(given.get("customFields"), list):
            raise no(500, 'Cannot invoke "java.util.List.isEmpty()" because the value is null')
        if given.get("priority", "NONE") not in ("NONE", "LOW", "MEDIUM", "HIGH"):
            raise no(500, "JSON parse error: Cannot deserialize value of type Priority")
        if given.get("estimatedDuration", 0) < 0:
            raise no(406, "Estimated duration should not be negative")
        for name in {"dueDate", "estimatedStartDate"} & set(given):
            self._date(given[name])
        if len(given["title"]) > 255 or len(given.get("description") or "") > 10_000:
            raise no(500, "could not execute statement: value too long for type character varying")
        asset = self.store.get("asset", given.get("asset", {}).get("id", 0))
        if asset is None:
            raise no(500, "could not execute statement: violates foreign key constraint")
        return Reply(200, self._shown(self._store_new(given, asset)))

    @staticmethod
    def _date(text: object) -> None:
        try:
            datetime.fromisoformat(str(text))
        except ValueError:
            raise no(500, "JSON parse error: Cannot deserialize value of type Date") from None

    def _store_new(self, given: dict[str, Any], asset: dict[str, Any]) -> dict[str, Any]:
        number, now = self.store.number("order", 12_001), stamp(self.now())
        held = {"id": number, "customId": f"WO{number - 12_000:06}", "status": "OPEN", "priority": "NONE", "files": []}
        held |= {"archived": False, "createdAt": now, "updatedAt": now, "completedOn": None, "comments": []}
        held |= given | {"asset": {"id": asset["id"], "name": asset["name"]}}
        self.store.put("order", number, held)
        return held

    def _comment(self, request: Request) -> Reply:
        given = self._json(request, dict)
        if set(given) - {"workOrder", "content", "files"} or not str(given.get("content") or "").strip():
            raise no(400, "must not be blank")
        held = self._thing("order", str(given.get("workOrder", {}).get("id", "")))
        comment = {"id": self.store.number("comment"), "content": given["content"], "system": False, "files": []}
        self.store.put("order", held["id"], held | {"comments": [*held["comments"], comment]})
        return Reply(200, comment)

    def _upload(self, request: Request) -> Reply:
        boundary = re.search(r"multipart/form-data; boundary=(\S+)", request.headers.get("content-type", ""))
        if boundary is None:
            raise no(500, "Current request is not a multipart request")
        parts = [_PART.match(one) for one in request.body.split(f"--{boundary[1]}".encode())[1:-1]]
        named = {one["name"].decode(): one for one in parts if one is not None}
        if set(named) != {"folder", "hidden", "type", "files"} or named["type"]["content"] not in (b"IMAGE", b"OTHER"):
            raise no(500, "Required request parameter is not present")
        name = (named["files"]["file"] or b"").decode()
        file = {"id": self.store.number("file"), "name": name, "url": "https://files.example.com/1"}
        self.store.put("file", file["id"], file)
        return Reply(200, [file])

    def _link(self, request: Request, held: dict[str, Any]) -> Reply:
        files = [self.store.get("file", one.get("id", 0)) for one in self._json(request, list)]
        if not files or None in files:
            raise no(500, "Unable to find File")
        self._save(held | {"files": [*held["files"], *files]})
        return Reply(200, files)

    @staticmethod
    def _json(request: Request, kind: type) -> Any:
        document = request.document(kind)
        if document is None:
            raise no(500, "JSON parse error, or the content type is not supported")
        return document

    def _save(self, held: dict[str, Any]) -> None:
        self.store.put("order", held["id"], held | {"updatedAt": stamp(self.now())})

    # What happens there meanwhile

    def add_asset(self, id_: str, name: str, parent: str | None = None) -> str:
        """Somebody adds an asset."""
        number = self.store.number("asset", 501)
        row = {"id": number, "name": name, "serialNumber": id_, "archived": False, "updatedAt": stamp(self.now())}
        self.store.put("asset", number, row | {"parentAsset": {"id": int(parent), "name": "…"} if parent else None})
        return str(number)

    def delete_asset(self, id_: str) -> None:
        """Somebody deletes one."""
        self.store.drop("asset", id_)

    def edit(self, order: str, **changes: Any) -> None:
        """Somebody changes a work order."""
        self._save(self._thing("order", order) | changes)

    def start(self, order: str) -> None:
        """Somebody begins to work on it."""
        self.edit(order, status="IN_PROGRESS")

    def finish(self, order: str) -> None:
        """Somebody completes it."""
        self.edit(order, status="COMPLETE", completedOn=stamp(self.now()))

    def cancel(self, order: str) -> None:
        """Somebody archives it; Atlas has no word for cancelled."""
        self.edit(order, archived=True)

    def write_below(self, order: str, text: str) -> None:
        """Somebody writes something at the end of a work order's text."""
        held = self._thing("order", order)
        self.edit(order, description=held["description"] + "\n" + text)

    def texts(self) -> list[str]:
        """The text of every order that is there."""
        return [row.get("description") or "" for row in self.store.all("order")]

    def copy(self, order: str) -> None:
        """Somebody duplicates a work order."""
        held = self._thing("order", order)
        self._store_new({name: held[name] for name in ("title", "description")}, held["asset"])

    def add_request(self, asset: str, text: str) -> str:
        """Somebody asks for work."""
        number, now = self.store.number("request", 301), stamp(self.now())
        row = {"id": number, "customId": f"R{number}", "title": text, "description": text, "priority": "LOW"}
        row |= {"cancelled": False, "workOrder": None, "asset": {"id": int(asset), "name": "…"}}
        self.store.put("request", number, row | {"createdAt": now, "updatedAt": now})
        return str(number)

    def edit_request(self, number: str, text: str) -> None:
        """Somebody turns a request down, with other words."""
        changes = {"description": text, "cancelled": True, "updatedAt": stamp(self.now())}
        self.store.put("request", number, self._thing("request", number) | changes)

    def seed(self, number: int, asset: str) -> None:
        """Orders of other people."""
        with self.store.together():
            for _ in range(number):
                self._store_new({"title": "Old", "status": "COMPLETE"}, self._thing("asset", asset))


def stamp(time: datetime) -> str:
    """A time as Jackson writes an Instant."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
