"""A local HTTP server that keeps its state on the disk and can be told to fail.

Products' servers build on it: each is handed whole requests, checks them as strictly as the public reference allows,
and keeps what it was told in SQLite, so that a restart (a crash) loses nothing and makes nothing up.
"""

from __future__ import annotations

import json
import socket
import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

Fate = Literal["500", "html", "half", "schema", "lost", "late", "429", "503"]


@dataclass(frozen=True)
class Request:
    """One request: path decoded and without the query, query as pairs, header names in lower case."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes

    def parameters(self) -> dict[str, str]:
        """The query as a dictionary; a name that comes twice is for `query`."""
        return dict(self.query)

    def document(self, kind: type = dict) -> Any:
        """The body as JSON of that kind; None where it is none, or isn't declared as JSON."""
        try:
            document = json.loads(self.body)
        except ValueError:
            return None
        declared = "application/json" in self.headers.get("content-type", "")
        return document if declared and isinstance(document, kind) else None


@dataclass(frozen=True)
class Reply:
    """One answer: bytes go out as they are, anything else as JSON."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        """What goes over the wire."""
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class Refusal(Exception):  # noqa: N818 - an answer, not an error of the server
    """Raised while checking a request: the answer that the product would give."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


@dataclass
class Fault:
    """What happens to the next `times` requests of that method whose path ends in `path`.

    Attributes:
        fate: "500" and "503" fail before anything is done, "429" asks for `retry_after`, "html" answers a login page,
            "half" cuts the answer, "schema" renames its fields, "lost" cuts the connection and "late" keeps silent,
            both after the request has been carried out.
    """

    fate: Fate
    method: str | None = None
    path: str = ""
    times: int = 1
    retry_after: str = "0"


LOGIN_PAGE = b"<!doctype html><title>Sign in</title><form>user, password</form>"


class Store:
    """Documents by kind and id, in SQLite."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._read: dict[str, list[dict[str, Any]]] = {}
        # The process may die, the machine won't.
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS doc (kind TEXT, id TEXT, body TEXT, PRIMARY KEY (kind, id))"
        )

    def get(self, kind: str, id_: str | int) -> dict[str, Any] | None:
        """One document."""
        row = self._connection.execute("SELECT body FROM doc WHERE kind = ? AND id = ?", (kind, str(id_))).fetchone()
        return None if row is None else json.loads(row[0])

    def put(self, kind: str, id_: str | int, document: dict[str, Any]) -> None:
        """Stores one, durably."""
        self._read.pop(kind, None)
        self._connection.execute("INSERT OR REPLACE INTO doc VALUES (?, ?, ?)", (kind, str(id_), json.dumps(document)))

    def drop(self, kind: str, id_: str | int) -> None:
        """Forgets one."""
        self._read.pop(kind, None)
        self._connection.execute("DELETE FROM doc WHERE kind = ? AND id = ?", (kind, str(id_)))

    def all(self, kind: str) -> list[dict[str, Any]]:
        """All of a kind, as they were first stored; not to be changed. They are read again after a change only."""
        if kind not in self._read:
            rows = self._connection.execute("SELECT body FROM doc WHERE kind = ? ORDER BY rowid", (kind,))
            self._read[kind] = [json.loads(body) for (body,) in rows]
        return list(self._read[kind])

    @contextmanager
    def together(self) -> Iterator[None]:
        """Many changes as one."""
        self._connection.execute("BEGIN")
        yield
        self._connection.execute("COMMIT")

    def number(self, name: str, first: int = 1) -> int:
        """The next number of a sequence."""
        held = self.get("sequence", name)
        number = first if held is None else int(held["next"])
        self.put("sequence", name, {"next": number + 1})
        return number

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()


class StrictServer(ABC):
    """A product; `handle` is what a subclass writes.

    Attributes:
        url: where it answers, without a slash at its end.
        seen: method and path of every request that reached it, failed ones too.
        clock_off: how far its clock is from ours.
    """

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder / "server.sqlite")
        self.faults: list[Fault] = []
        self.seen: list[tuple[str, str]] = []
        self.clock_off = timedelta()
        self._tick = 0
        self._lock = threading.RLock()
        self._stopped = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}{self.base}"

    base = ""

    @abstractmethod
    def handle(self, request: Request) -> Reply:
        """Checks a request, carries it out and answers; one at a time."""

    def now(self) -> datetime:
        """The server's time; no two calls give the same, so that changes have an order."""
        self._tick += 1
        return datetime.now(UTC).replace(microsecond=0) + self.clock_off + timedelta(seconds=self._tick)

    def fail(
        self, fate: Fate, method: str | None = None, path: str = "", times: int = 1, retry_after: str = "0"
    ) -> None:
        """Plans a failure."""
        self.faults.append(Fault(fate, method, path, times, retry_after))

    def close(self) -> None:
        """Stops it; what it was told stays on the disk."""
        self._stopped.set()
        self._http.shutdown()
        self._http.server_close()
        self.store.close()

    def answer(self, request: Request) -> tuple[Reply, Fate | None]:
        """The answer, and what becomes of it on its way."""
        with self._lock:
            self.seen.append((request.method, request.path))
            fault = next((one for one in self.faults if _hits(one, request)), None)
            if fault is not None:
                fault.times -= 1
                if fault.times == 0:
                    self.faults.remove(fault)
                if (early := _early(fault)) is not None:
                    return early, None
            try:
                reply = self.handle(request)
            except Refusal as refusal:
                reply = refusal.reply
            if fault is not None and fault.fate == "schema":
                reply = Reply(reply.status, _renamed(reply.body), reply.headers)
            return reply, None if fault is None else fault.fate

    def wait(self) -> None:
        """Keeps silent until the server is stopped."""
        self._stopped.wait(30)


def _hits(fault: Fault, request: Request) -> bool:
    return fault.method in (None, request.method) and request.path.endswith(fault.path)


def _early(fault: Fault) -> Reply | None:
    """The answer of a failure that comes before anything is done."""
    if fault.fate in ("500", "503"):
        return Reply(int(fault.fate), b"<html>Internal error</html>", {"Content-Type": "text/html"})
    if fault.fate == "html":
        return Reply(200, LOGIN_PAGE, {"Content-Type": "text/html; charset=utf-8"})
    if fault.fate == "429":
        return Reply(429, {"error": "Too many requests"}, {"Retry-After": fault.retry_after})
    return None


def _renamed(value: Any) -> Any:
    """The same answer with every field called otherwise."""
    if isinstance(value, dict):
        return {f"{key}V2": _renamed(one) for key, one in value.items()}
    return [_renamed(one) for one in value] if isinstance(value, list) else value


def _handler(server: StrictServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10
        wbufsize = -1
        disable_nagle_algorithm = True

        def do_any(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            address = urlsplit(self.path)
            request = Request(
                self.command,
                unquote(address.path),
                parse_qsl(address.query, keep_blank_values=True),
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(length),
            )
            reply, fate = server.answer(request)
            if fate == "late":
                server.wait()
            if fate in ("lost", "late"):
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send(reply, half=fate == "half")

        def send(self, reply: Reply, *, half: bool) -> None:
            content = reply.content()
            if half:
                content = content[: len(content) // 2]
            headers = {"Content-Type": "application/json", **reply.headers}
            headers["Date"] = format_datetime(datetime.now(UTC) + server.clock_off, usegmt=True)
            self.send_response_only(reply.status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_any  # noqa: N815 - what http.server calls

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    return Handler


def refuse(status: int, body: Any, headers: dict[str, str] | None = None) -> Refusal:
    """A refusal to raise."""
    return Refusal(Reply(status, body, headers or {}))
