"""Recorded investigations: a model's replies, kept to be replayed without a key or a network.

A recording of a case of ``evals/cases`` is two files in ``evals/recordings``: ``CASE.exchanges.json`` (requests and
replies) and ``CASE.json`` (who answered, and what it came to). Replaying compares every request with the recorded one
and names the difference: a changed prompt, tool or plant needs a new recording, never an old answer.

Both recording and replaying are an HTTP server on the loopback address, so the client, its stream and its retries are
the real ones.
"""

from __future__ import annotations

import difflib
import json
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from twinwright_tools.errors import InputError

from .cassettes import Exchange, read_cassette

RECORDINGS = Path(__file__).resolve().parent.parent / "recordings"
ADDRESS = "https://api.anthropic.com"
MOST_DIFFERENCE = 60
# Whoever writes replies by hand takes minutes for each.
PATIENCE_S = 4 * 3600.0
PING_S = 15.0
_FORWARDED = ("x-api-key", "authorization", "anthropic-version", "anthropic-beta", "content-type")


class RecordingError(InputError):
    """A request isn't the recorded one: the recording is out of date."""

    code = "recording"


def cassette_of(case: str, folder: Path = RECORDINGS) -> Path:
    """Where a case's exchanges are kept."""
    return folder / f"{case}.exchanges.json"


def has_recording(case: str, folder: Path = RECORDINGS) -> bool:
    """Whether a case has been recorded."""
    return cassette_of(case, folder).exists()


def about(case: str, folder: Path = RECORDINGS) -> dict[str, Any]:
    """Who answered a recorded case, and what it came to."""
    found: dict[str, Any] = json.loads((folder / f"{case}.json").read_text(encoding="utf-8"))
    return found


@dataclass
class Replay:
    """A replay in progress.

    Attributes:
        url: where it answers; model: the model that the requests were recorded for.
        check: whether a request has to be the recorded one.
        trouble: what didn't fit, or empty; now: the requests as they came, with their replies.
    """

    exchanges: Sequence[Exchange]
    check: bool = True
    url: str = ""
    given: int = 0
    trouble: str = ""
    now: list[Exchange] = field(default_factory=list)

    @property
    def model(self) -> str:
        """The model's name in the recorded requests."""
        return str(self.exchanges[0].request["model"])

    def answer(self, request: dict[str, Any]) -> Exchange | None:
        """The reply to the next request; None, and the trouble noted, where it isn't the recorded one."""
        if self.trouble:
            return None
        if self.given >= len(self.exchanges):
            self.trouble = f"request {self.given + 1} was never recorded; there are {len(self.exchanges)}"
            return None
        expected = self.exchanges[self.given]
        if self.check and (told := difference(expected.request, request)):
            self.trouble = f"request {self.given + 1} isn't the recorded one; record again (docs/evals.md):\n{told}"
            return None
        self.given += 1
        self.now.append(Exchange(request, expected.reply, expected.content_type))
        return expected

    def ended(self) -> str:
        """What is wrong at the end: the trouble there was, or requests that were never made."""
        if not self.trouble and self.given < len(self.exchanges):
            return f"{len(self.exchanges) - self.given} of {len(self.exchanges)} recorded requests were never made"
        return self.trouble


@contextmanager
def replaying(cassette: Path, check: bool = True) -> Iterator[Replay]:
    """Serves a cassette's replies in their order.

    Raises:
        RecordingError: at the end, where a request wasn't the recorded one, or some were never made.
    """
    replay = Replay(read_cassette(cassette), check)

    class Desk(_Desk):
        def do_POST(self) -> None:
            exchange = replay.answer(self.body())
            if exchange is None:
                self.reply(400, "application/json", _failure("not the recording"))
            else:
                self.reply(200, exchange.content_type, exchange.reply.encode())

    with _serving(Desk) as replay.url:
        try:
            yield replay
        finally:
            if trouble := replay.ended():
                raise RecordingError(f"{cassette.name}: {trouble}")


@dataclass
class Recording:
    """A recording in progress: where the client has to ask, and what was said so far."""

    url: str = ""
    exchanges: list[Exchange] = field(default_factory=list)


@contextmanager
def recording(upstream: str | None) -> Iterator[Recording]:
    """Passes requests on to the API (or another endpoint that speaks it) and keeps what was said, without keys.

    A reply that is an error is passed back and not kept: the client may try again.
    """
    kept = Recording()
    client = httpx.Client(base_url=upstream or ADDRESS, timeout=PATIENCE_S)

    class Desk(_Desk):
        def do_POST(self) -> None:
            body = self.body()
            headers = {name: self.headers[name] for name in _FORWARDED if self.headers[name]}
            coming = pool.submit(client.post, self.path, json=body, headers=headers)
            waiting = self.pinging(coming) if body.get("stream") else False
            try:
                answer = coming.result()
            except httpx.HTTPError as error:
                self.finish_reply(waiting, 502, "application/json", _failure(str(error)))
                return
            kind = answer.headers.get("content-type", "application/json")
            if answer.status_code == httpx.codes.OK and self.path.partition("?")[0].endswith("/v1/messages"):
                kept.exchanges.append(Exchange(body, answer.text, kind))
            self.finish_reply(waiting, answer.status_code, kind, answer.content)

    with client, ThreadPoolExecutor() as pool, _serving(Desk) as kept.url:
        yield kept


def _failure(message: str) -> bytes:
    return json.dumps({"type": "error", "error": {"type": "api_error", "message": message}}).encode()


class _Desk(BaseHTTPRequestHandler):
    """What both have in common."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing."""

    def body(self) -> dict[str, Any]:
        """The request's JSON."""
        found: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["content-length"])))
        return found

    def reply(self, status: int, kind: str, body: bytes) -> None:
        """Sends a whole reply."""
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def pinging(self, coming: Future[httpx.Response]) -> bool:
        """Waits for a reply; after a while with pings of the stream, so that no client takes it for dead.

        Whether the stream has begun.
        """
        begun = False
        while not wait([coming], PING_S).done:
            if not begun:
                self.send_response(200)
                self.send_header("content-type", "text/event-stream; charset=utf-8")
                self.send_header("connection", "close")
                self.end_headers()
                begun = True
            self.wfile.write(b'event: ping\ndata: {"type": "ping"}\n\n')
            self.wfile.flush()
        return begun

    def finish_reply(self, begun: bool, status: int, kind: str, body: bytes) -> None:
        """Sends the reply, or the rest of a stream that has begun."""
        if not begun:
            self.reply(status, kind, body)
            return
        self.close_connection = True
        self.wfile.write(body if status == httpx.codes.OK else b"event: error\ndata: " + body + b"\n\n")


@contextmanager
def _serving(desk: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), desk)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def difference(recorded: dict[str, Any], request: dict[str, Any]) -> str:
    """Where two requests differ, as a bounded unified diff; empty if nowhere."""
    if recorded == request:
        return ""
    lines = list(difflib.unified_diff(_lines(recorded), _lines(request), "recorded", "now", lineterm="", n=2))
    more = [f"... and {len(lines) - MOST_DIFFERENCE} lines more"] if len(lines) > MOST_DIFFERENCE else []
    return "\n".join([line[:300] for line in lines[:MOST_DIFFERENCE]] + more)


def _lines(request: dict[str, Any]) -> list[str]:
    text = json.dumps(request, indent=1, sort_keys=True, ensure_ascii=False)
    # What the tools returned is JSON in one long line: a line for each member shows where it differs.
    return text.replace("\\n", "\n").replace(',\\"', ',\n\\"').splitlines()
