"""A small, strict CMMS in a process of its own: HTTP, SQLite, and faults on demand. `python -m … DATABASE PORT_FILE`.

It doesn't hold to idempotency keys: two requests to make an order make two orders, as most products do. What keeps
them from being two is the outbox alone. Faults are planned by key (`PUT /plan`): the nth change for a key suffers the
nth fault, the nth look-up of it the nth of `reads`.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "bench-token"
SLOW_S = 0.5
_FIELDS = {"key", "asset", "title", "text", "failure_mode", "priority", "start", "due", "duration_h", "by"}
_SCHEMA = """
CREATE TABLE orders (number INTEGER PRIMARY KEY, key TEXT, state TEXT, version INTEGER, at TEXT, document TEXT) STRICT;
CREATE INDEX by_key ON orders (key);
CREATE TABLE comments (number INTEGER, key TEXT, text TEXT) STRICT;
CREATE TABLE files (number INTEGER, name TEXT, content BLOB, PRIMARY KEY (number, name)) STRICT;
"""


class ReplyError(Exception):
    """An HTTP answer: status, body, headers."""

    def __init__(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers or {}


class DroppedError(Exception):
    """The connection is closed without an answer."""


class Cmms:
    """The orders, and the faults that are planned."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.Lock()
        self.plans: dict[str, dict[str, list[str]]] = {}
        self.counts: dict[tuple[str, str], int] = defaultdict(int)
        with self.database() as database:
            database.executescript(_SCHEMA)

    @contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """A connection; what was written is committed at the end."""
        with closing(sqlite3.connect(self.path, timeout=30)) as connection, connection:
            yield connection

    def fault(self, key: str, kind: str) -> str:
        """The fault that the next request of that kind suffers, or ""."""
        with self.lock:
            number = self.counts[key, kind]
            self.counts[key, kind] += 1
        planned = self.plans.get(key, {}).get(kind, [])
        return planned[number] if number < len(planned) else ""

    def changed(self, key: str, change: Any) -> ReplyError:
        """Makes a change under the fault that is planned for it."""
        fault = self.fault(key, "changes")
        if fault == "429":
            raise ReplyError(429, {"error": "slow down"}, {"Retry-After": "2"})
        if fault == "500_before":
            raise ReplyError(500, {"error": "internal"})
        if fault == "drop_before":
            raise DroppedError
        if fault == "slow":
            time.sleep(SLOW_S)
        answer: ReplyError = change()
        if fault == "500_after":
            raise ReplyError(500, {"error": "internal"})
        if fault in ("drop_after", "slow"):
            raise DroppedError
        if fault == "html":
            raise ReplyError(200, "<html><body>Welcome</body></html>")
        if fault == "half":
            raise ReplyError(answer.status, json.dumps(answer.body)[: len(json.dumps(answer.body)) // 2])
        return answer

    def create(self, order: dict[str, Any]) -> ReplyError:
        """Makes an order, whatever its key."""
        if set(order) != _FIELDS or not order["key"] or not str(order["title"]).strip():
            raise ReplyError(422, {"error": f"fields must be {sorted(_FIELDS)}"})
        if order["asset"] == "gone":
            raise ReplyError(422, {"error": "no such asset"})
        with self.database() as database:
            at = datetime.now(UTC).isoformat()
            number = database.execute(
                "INSERT INTO orders (key, state, version, at, document) VALUES (?, 'open', 1, ?, ?)",
                (order["key"], at, json.dumps(order)),
            ).lastrowid
        return ReplyError(201, self.read("number = ?", number)[0])

    def comment(self, number: int, key: str, text: str, version: str) -> ReplyError:
        """Adds a comment to an open order of that version."""
        with self.database() as database:
            row = database.execute("SELECT state, version FROM orders WHERE number = ?", (number,)).fetchone()
            if row is None:
                raise ReplyError(404, {"error": "no such order"})
            if row[0] not in ("open", "in_progress"):
                raise ReplyError(409, {"error": f"the order is {row[0]}"})
            if str(row[1]) != version:
                raise ReplyError(412, {"error": "changed in the meantime"})
            database.execute("INSERT INTO comments VALUES (?, ?, ?)", (number, key, text))
            database.execute("UPDATE orders SET version = version + 1 WHERE number = ?", (number,))
        return ReplyError(201, self.read("number = ?", number)[0])

    def attach(self, number: int, name: str, content: bytes) -> ReplyError:
        """Keeps a file unless one of that name is there."""
        with self.database() as database:
            database.execute("INSERT OR IGNORE INTO files VALUES (?, ?, ?)", (number, name, content))
        return ReplyError(200, {"name": name})

    def read(self, where: str, *values: Any) -> list[dict[str, Any]]:
        """Orders as JSON, their comments' keys with them."""
        with self.database() as database:
            rows = database.execute(f"SELECT number, state, version, at, document FROM orders WHERE {where}", values)
            return [
                {
                    "id": number,
                    "state": state,
                    "version": str(version),
                    "at": at,
                    "comments": [
                        key for (key,) in database.execute("SELECT key FROM comments WHERE number = ?", (number,))
                    ],
                    **json.loads(document),
                }
                for number, state, version, at, document in rows.fetchall()
            ]


class Handler(BaseHTTPRequestHandler):
    """The routes."""

    # One request a connection (HTTP/1.0), so that an open connection is a request that isn't done.
    protocol_version = "HTTP/1.0"
    cmms: Cmms

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _route(self) -> ReplyError:
        body = self._body()
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise ReplyError(401, {"error": "who are you?"})
        parts = urlsplit(self.path)
        steps = [unquote(step) for step in parts.path.strip("/").split("/")]
        asked = parse_qs(parts.query)
        match self.command, steps:
            case "PUT", ["plan"]:
                plan = json.loads(body)
                self.cmms.plans[plan["key"]] = plan
                return ReplyError(200, {})
            case "GET", ["busy"]:
                assert isinstance(self.server, Server)
                return ReplyError(200, self.server.busy - 1)
            case "GET", ["orders"]:
                return self._list(asked)
            case "GET", ["orders", number]:
                found = self.cmms.read("number = ?", int(number))
                return ReplyError(200, found[0]) if found else ReplyError(404, {"error": "no such order"})
            case "POST", ["orders"]:
                order = json.loads(body)
                return self.cmms.changed(str(order.get("key")), lambda: self.cmms.create(order))
            case "POST", ["orders", number, "comments"]:
                told, version = json.loads(body), self.headers.get("If-Match", "")
                key = told["key"]
                return self.cmms.changed(key, lambda: self.cmms.comment(int(number), key, told["text"], version))
            case "PUT", ["orders", number, "files", name]:
                return self.cmms.attach(int(number), name, body)
        raise ReplyError(404, {"error": "no such route"})

    def _list(self, asked: dict[str, list[str]]) -> ReplyError:
        if "key" in asked:
            key = asked["key"][0]
            fault = self.cmms.fault(key, "reads")
            if fault == "500":
                raise ReplyError(500, {"error": "internal"})
            if fault == "drop":
                raise DroppedError
            return ReplyError(200, self.cmms.read("key = ?", key))
        return ReplyError(200, self.cmms.read("state IN ('open', 'in_progress')"))

    def _handle(self) -> None:
        try:
            answer = self._route()
        except ReplyError as other:
            answer = other
        except json.JSONDecodeError:  # half a request: whoever sent it has died
            answer = ReplyError(400, {"error": "no JSON"})
        except DroppedError:
            self.close_connection = True
            return
        text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
        content = text.encode()
        try:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "text/html" if text.startswith("<") else "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # whoever asked has died

    do_GET = do_POST = do_PUT = _handle  # noqa: N815  (the names that http.server calls)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


class Server(ThreadingHTTPServer):
    """Counts the requests that it has taken and not finished.

    Connections are taken in the order in which they come, so whoever asks has everything counted that came before.
    """

    def __init__(self, handler: type[Handler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.busy = 0
        self._lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Counts, then lets a thread handle it."""
        with self._lock:
            self.busy += 1
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Handles it, then counts it as done."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self.busy -= 1


def main(database: Path, port_file: Path) -> None:
    """Serves until the process ends; the port goes into a file."""
    handler = type("Bound", (Handler,), {"cmms": Cmms(database)})
    with Server(handler) as server:
        aside = port_file.with_suffix(".new")
        aside.write_text(str(server.server_address[1]))
        aside.rename(port_file)
        server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
