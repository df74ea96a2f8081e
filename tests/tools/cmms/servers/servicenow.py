"""ServiceNow's Table and Attachment APIs, as far as their public reference goes.

Sources of the rules:
  [T] https://docs.servicenow.com/bundle/geneva-servicenow-platform/page/integrate/inbound_rest/reference/r_TableAPI-GET.html
  [A] https://docs.servicenow.com/bundle/jakarta-servicenow-platform/page/integrate/inbound-rest/reference/r_AttachmentAPI-POST.html
  [R] https://www.servicenow.com/docs/r/api-reference/rest-api-explorer/inbound-REST-API-rate-limiting.html
  [S] https://www.servicenow.com/docs/r/DBkKvgbNn2vmEpXdLk9O2w/6d2LDR_VrsnMoDL3BgqiEw (states of work orders)
  [P] https://github.com/ServiceNow/PySNC (their client: ``/oauth_token.do``, sysparm_offset, X-Total-Count)
sysparm_query holds conditions joined by ``^`` and ORDERBY clauses [T]; a row that isn't there is answered with 404,
wrong credentials with 401, an insert that a rule stops with 403; an unknown column in a query or a body is ignored [T],
and is refused here instead, so that no test can pass with one. Files are raw bytes with a content type; file_name,
table_name and table_sys_id are required [A].
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

from .base import Refusal, Reply, Request, StrictServer, refuse

LOGIN = ("twinwright.integration", "now-password-42")
OAUTH_CLIENT = ("0123456789abcdef", "oauth-client-secret-42")
COLUMNS: dict[str, dict[str, int]] = {
    "wm_order": {
        "sys_id": 32, "number": 40, "short_description": 160, "description": 4000, "state": 40, "priority": 40,
        "cmdb_ci": 32, "correlation_id": 100, "u_failure_mode": 100, "expected_start": 19, "due_date": 19,
        "sys_created_on": 19, "sys_updated_on": 19, "closed_at": 19, "work_start": 19, "work_end": 19,
        "sys_mod_count": 12, "active": 5, "work_notes": 4000,
    },
    "incident": {
        "sys_id": 32, "number": 40, "short_description": 160, "description": 4000, "state": 40, "priority": 40,
        "cmdb_ci": 32, "correlation_id": 100, "sys_created_on": 19, "sys_updated_on": 19, "closed_at": 19,
        "work_start": 19, "work_end": 19, "sys_mod_count": 12, "active": 5,
    },
    "cmdb_ci": {
        "sys_id": 32, "name": 255, "asset_tag": 40, "serial_number": 255, "sys_class_name": 80, "install_status": 40,
        "sys_created_on": 19,
    },
    "cmdb_rel_ci": {"sys_id": 32, "parent": 32, "child": 32, "type.name": 80, "sys_created_on": 19},
    "sys_journal_field": {"sys_id": 32, "element_id": 32, "element": 80, "value": 4000, "sys_created_on": 19},
    "sys_dictionary": {"sys_id": 32, "name": 80, "element": 80, "sys_created_on": 19},
}  # fmt: skip
GIVEN_BY_SERVICENOW = {
    "sys_id", "number", "sys_created_on", "sys_updated_on", "sys_mod_count", "active", "closed_at", "work_end",
}  # fmt: skip
TIMES = ("expected_start", "due_date", "work_start", "work_end")
PARAMETERS = {
    "sysparm_query", "sysparm_fields", "sysparm_limit", "sysparm_offset", "sysparm_display_value",
    "sysparm_exclude_reference_link",
}  # fmt: skip
CLOSED = ("3", "4", "7")
STATES = ("1", "10", "15", "16", "17", "18", *CLOSED)
Row = dict[str, Any]


def error(status: int, message: str, detail: str = "") -> Refusal:
    """An error in ServiceNow's form."""
    return refuse(status, {"error": {"message": message, "detail": detail or None}, "status": "failure"})


class ServiceNowServer(StrictServer):
    """An instance with Field Service Management."""

    def handle(self, request: Request) -> Reply:
        """Routes a request."""
        if request.path == "/oauth_token.do":
            return self._token(request)
        self._login(request)
        if request.headers.get("accept") != "application/json":
            raise error(406, "Not Acceptable")
        if request.path in ("/api/now/attachment", "/api/now/attachment/file"):
            return self._attachments(request)
        route = re.fullmatch(r"/api/now/table/(\w+)(?:/([0-9a-f]{32}))?", request.path)
        if route is None or route[1] not in COLUMNS:
            raise error(400, f"Invalid table {request.path.rpartition('/')[2]}")
        if (unknown := {name for name, _ in request.query} - PARAMETERS) or len(dict(request.query)) < len(
            request.query
        ):
            raise error(400, f"Unknown parameters {sorted(unknown)}")
        table, sys_id = route[1], route[2]
        if request.method == "GET":
            return self._one(request, table, sys_id) if sys_id else self._list(request, table)
        if table == "wm_order" and request.method == "POST" and not sys_id:
            return self._insert(request)
        if table == "wm_order" and request.method == "PATCH" and sys_id:
            return self._update(request, sys_id)
        raise error(405, "Method not supported")

    # Logging in

    def _token(self, request: Request) -> Reply:
        form = dict(parse_qsl(request.body.decode()))
        client = (form.get("client_id"), form.get("client_secret"))
        person = (form.get("username"), form.get("password"))
        granted = form.get("grant_type") == "client_credentials" or (
            form.get("grant_type") == "password" and person == LOGIN
        )
        if request.method != "POST" or client != OAUTH_CLIENT or not granted:
            refusal = {"error": "access_denied", "error_description": "access_denied"}
            return Reply(401, refusal)
        token = f"token-{self.store.number('token', 100000)}"
        self.store.put("token", token, {})
        return Reply(200, {"access_token": token, "token_type": "Bearer", "expires_in": 1799, "scope": "useraccount"})

    def expire_tokens(self) -> None:
        """Every token that was given stops to hold."""
        for number in range(100000, self.store.number("token", 100000)):
            self.store.drop("token", f"token-{number}")

    def _login(self, request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        pair = base64.b64encode(":".join(LOGIN).encode()).decode()
        if not (
            (scheme == "Basic" and given == pair) or (scheme == "Bearer" and self.store.get("token", given) is not None)
        ):
            raise error(401, "User Not Authenticated", "Required to provide Auth information")

    # Reading

    def _list(self, request: Request, table: str) -> Reply:
        asked = self._asked(request)
        tests, order = encoded(asked.get("sysparm_query", ""), COLUMNS[table])
        rows = [row for row in self._rows(table) if all(test(row) for test in tests)]
        for column in reversed(order):
            rows.sort(key=lambda row: str(row.get(column, "")))
        limit, offset = asked.get("sysparm_limit", "10000"), asked.get("sysparm_offset", "0")
        if not (limit.isdigit() and offset.isdigit() and 0 < int(limit) <= 10000):
            raise error(400, "Invalid limit or offset")
        page = rows[int(offset) : int(offset) + int(limit)]
        headers = {"X-Total-Count": str(len(rows))}
        if int(offset) + int(limit) < len(rows):
            query = urlencode({**asked, "sysparm_offset": int(offset) + int(limit)})
            headers["Link"] = f'<https://inner.service-now.com{request.path}?{query}>;rel="next"'
        return Reply(200, {"result": [shown(row, asked, table) for row in page]}, headers)

    def _one(self, request: Request, table: str, sys_id: str) -> Reply:
        return Reply(200, {"result": shown(self._held(table, sys_id), self._asked(request), table)})

    @staticmethod
    def _asked(request: Request) -> dict[str, str]:
        asked = request.parameters()
        if asked.get("sysparm_display_value", "false") not in ("true", "false", "all"):
            raise error(400, "Invalid sysparm_display_value")
        return asked

    def _rows(self, table: str) -> list[Row]:
        if table == "sys_dictionary":
            return [
                {"name": "wm_order" if column.startswith("u_") else "task", "element": column}
                for column in COLUMNS["wm_order"]
            ]
        return self.store.all(table)

    def _held(self, table: str, sys_id: str) -> Row:
        held = self.store.get(table, sys_id)
        if held is None:
            raise error(404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval")
        return held

    # Writing

    def _insert(self, request: Request) -> Reply:
        document = self._document(request)
        if self.store.get("cmdb_ci", document.get("cmdb_ci", "")) is None:
            why = "Operation against file 'wm_order' was aborted by Data Policy 'Needs an item'. Error: cmdb_ci"
            raise error(403, "Operation Failed", why)
        number = self.store.number("wm_order", 10001)
        now = self._now()
        held = {column: "" for column in COLUMNS["wm_order"] if column != "work_notes"}
        held |= {"sys_id": uuid4().hex, "number": f"WO{number:07d}", "state": "1", "priority": "4", "active": "true"}
        held |= {"sys_created_on": now, "sys_updated_on": now, "sys_mod_count": "0"} | document
        self.store.put("wm_order", held["sys_id"], held)
        place = {"Location": f"{self.url}/api/now/table/wm_order/{held['sys_id']}"}
        return Reply(201, {"result": shown(held, self._asked(request), "wm_order")}, place)

    def _update(self, request: Request, sys_id: str) -> Reply:
        held = self._held("wm_order", sys_id)
        document = self._document(request)
        note = document.pop("work_notes", "")
        if held["active"] == "false" and document:
            raise error(
                403, "Operation Failed", "Operation against file 'wm_order' was aborted by Business Rule 'Closed'"
            )
        if note:
            entry = {"sys_id": uuid4().hex, "element_id": sys_id, "element": "work_notes", "value": note}
            self.store.put("sys_journal_field", entry["sys_id"], entry | {"sys_created_on": self._now()})
        self._save(held | document)
        return Reply(200, {"result": shown(self._held("wm_order", sys_id), self._asked(request), "wm_order")})

    def _document(self, request: Request) -> Row:
        try:
            document = request.document()
        except ValueError:
            document = None
        if "application/json" not in request.headers.get("content-type", "") or not isinstance(document, dict):
            raise error(400, "Exception while reading request", "The payload is not valid JSON")
        for column, value in document.items():
            if column not in COLUMNS["wm_order"] or column in GIVEN_BY_SERVICENOW:
                raise error(400, f"Column {column} can't be set")
            if not isinstance(value, str) or len(value) > COLUMNS["wm_order"][column]:
                raise error(400, f"Value of {column} is no text, or too long")
            if column in TIMES:
                moment(value)
        if document.get("state", "1") not in STATES or document.get("priority", "4") not in ("1", "2", "3", "4", "5"):
            raise error(400, "Invalid choice")
        return document

    def _attachments(self, request: Request) -> Reply:
        asked = request.parameters()
        if request.method == "GET" and request.path.endswith("attachment"):
            tests, _ = encoded(asked["sysparm_query"], {"table_name": 80, "table_sys_id": 32})
            rows = [row for row in self.store.all("file") if all(test(row) for test in tests)]
            return Reply(200, {"result": rows[: int(asked.get("sysparm_limit", "1000"))]})
        if request.method != "POST" or set(asked) != {"table_name", "table_sys_id", "file_name"}:
            raise error(400, "Mandatory parameters are missing")
        if not request.headers.get("content-type") or not request.body:
            raise error(415, "Unsupported Media Type")
        self._held(asked["table_name"], asked["table_sys_id"])
        sys_id = uuid4().hex
        self.store.put("file", sys_id, {**asked, "sys_id": sys_id, "size_bytes": str(len(request.body))})
        return Reply(201, {"result": self.store.get("file", sys_id)})

    def _save(self, held: Row) -> None:
        held |= {"sys_updated_on": self._now(), "sys_mod_count": str(int(held["sys_mod_count"]) + 1)}
        held["active"] = "false" if held["state"] in CLOSED else "true"
        self.store.put("wm_order", held["sys_id"], held)

    def _now(self) -> str:
        return self.now().strftime("%Y-%m-%d %H:%M:%S")

    # What happens there meanwhile

    def add_asset(self, id_: str, name: str, parent: str | None = None) -> str:
        """Somebody adds an item."""
        sys_id = uuid4().hex
        made = {"sys_id": sys_id, "name": name, "asset_tag": id_, "serial_number": f"SN-{id_}", "install_status": "1"}
        self.store.put("cmdb_ci", sys_id, made | {"sys_class_name": "cmdb_ci_ot", "sys_created_on": self._now()})
        if parent:
            for kind in ("Contains::Contained by", "Depends on::Used by"):
                other = parent if kind.startswith("Contains") else sys_id
                related = {"sys_id": uuid4().hex, "parent": other, "child": sys_id, "type.name": kind}
                self.store.put("cmdb_rel_ci", related["sys_id"], related | {"sys_created_on": self._now()})
        return sys_id

    def delete_asset(self, id_: str) -> None:
        """Somebody deletes one."""
        self.store.drop("cmdb_ci", id_)

    def edit(self, order: str, **changes: Any) -> None:
        """Somebody changes an order."""
        self._save(self._held("wm_order", order) | changes)

    def finish(self, order: str) -> None:
        """Somebody completes it."""
        self.edit(order, state="3", closed_at=self._now())

    def cancel(self, order: str) -> None:
        """Somebody cancels it."""
        self.edit(order, state="7", closed_at=self._now())

    def start(self, order: str) -> None:
        """Somebody begins to work on it."""
        self.edit(order, state="18", work_start=self._now())

    def texts(self) -> list[str]:
        """The text of every order that is there."""
        return [one["description"] for one in self.store.all("wm_order")]

    def write_below(self, order: str, text: str) -> None:
        """Somebody adds to an order's text."""
        self.edit(order, description=f"{self._held('wm_order', order)['description']}\n\n{text}")

    def copy(self, order: str) -> None:
        """Somebody copies an order, column by column."""
        held = self._held("wm_order", order)
        self._save(held | {"sys_id": uuid4().hex, "number": "WO0099999", "sys_created_on": self._now()})

    def add_request(self, asset: str, text: str) -> str:
        """Somebody opens an incident."""
        sys_id, now = uuid4().hex, self._now()
        held = dict.fromkeys(COLUMNS["incident"], "") | {"sys_id": sys_id, "number": "INC0010001", "state": "1"}
        held |= {"priority": "3", "cmdb_ci": asset, "short_description": text, "description": text, "active": "true"}
        self.store.put("incident", sys_id, held | {"sys_created_on": now, "sys_updated_on": now, "sys_mod_count": "0"})
        return sys_id

    def edit_request(self, number: str, text: str) -> None:
        """Somebody closes an incident, with other words."""
        held = self._held("incident", number)
        held |= {"description": text, "state": "7", "active": "false", "sys_updated_on": self._now()}
        self.store.put("incident", number, held)

    def seed(self, number: int, asset: str) -> None:
        """Orders of other people."""
        with self.store.together():
            for one in range(number):
                now = self._now()
                held = {column: "" for column in COLUMNS["wm_order"] if column != "work_notes"}
                held |= {"sys_id": uuid4().hex, "number": f"WO{one:07d}", "state": "3", "priority": "4"}
                held |= {"cmdb_ci": asset, "short_description": f"Old {one}", "sys_created_on": now}
                held |= {"active": "false", "sys_updated_on": now, "sys_mod_count": "3", "closed_at": now}
                self.store.put("wm_order", held["sys_id"], held)


def moment(text: str) -> datetime:
    """A time as the database has it."""
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise error(400, f"{text!r} is no time") from None


def shown(row: Row, asked: dict[str, str], table: str) -> Row:
    """A row's wanted columns; a reference is an object with a link unless links are left out."""
    wanted = asked.get("sysparm_fields", ",".join(COLUMNS[table])).split(",")
    if unknown := set(wanted) - set(COLUMNS[table]):
        raise error(400, f"Unknown columns {sorted(unknown)}")
    plain = {column: row.get(column, "") for column in wanted}
    if asked.get("sysparm_exclude_reference_link") != "true":
        for column in {"cmdb_ci", "parent", "child"} & set(plain):
            if plain[column]:
                plain[column] = {"link": f"https://inner/api/now/table/cmdb_ci/{plain[column]}", "value": plain[column]}
    return plain


def encoded(query: str, columns: dict[str, int]) -> tuple[list[Callable[[Row], bool]], list[str]]:
    """An encoded query as tests of a row and the columns to order by."""
    parts = [part.replace("\0", "^") for part in query.replace("^^", "\0").split("^") if part]
    order = [part.removeprefix("ORDERBY") for part in parts if part.startswith("ORDERBY")]
    if unknown := set(order) - set(columns):
        raise error(400, f"Unknown columns {sorted(unknown)}")
    return [_condition(part, columns) for part in parts if not part.startswith("ORDERBY")], order


def _condition(part: str, columns: dict[str, int]) -> Callable[[Row], bool]:
    found = re.match(r"([a-z_.]+)(>=|<=|!=|=|>|<|IN|LIKE)(.*)\Z", part, re.DOTALL)
    if found is None or found[1] not in columns:
        raise error(400, f"Invalid query {part}")
    column, operator, value = found.groups()
    tests: dict[str, Callable[[str], bool]] = {
        "=": lambda held: held.casefold() == value.casefold(),
        "!=": lambda held: held.casefold() != value.casefold(),
        "IN": lambda held: held in value.split(","),
        "LIKE": lambda held: value.casefold() in held.casefold(),
        ">=": lambda held: held >= value,
        "<=": lambda held: held <= value,
        ">": lambda held: held > value,
        "<": lambda held: held < value,
    }
    test = tests[operator]
    return lambda row: test(str(row.get(column, "")))
