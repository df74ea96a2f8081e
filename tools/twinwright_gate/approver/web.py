"""A small local page to approve on. It serves this machine alone, loads nothing from elsewhere and runs no script.

A form is taken only with the token that its page was made with, from this page's own origin and host: no other page in
the same browser can send one. To approve, a person types the beginning of the plan's digest.
"""

from __future__ import annotations

import html
import secrets
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs

from ..client import ask
from ..clocks import Clock
from ..errors import GateError
from .rendering import shown
from .signing import DIGITS, Signer, confirmed, pending

MOST_BYTES = 4096
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"
    "; frame-ancestors 'none'; base-uri 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}"
    "th{text-align:right;vertical-align:top;padding-right:1rem;font-weight:600;white-space:nowrap}"
    "td{overflow-wrap:anywhere}code{font-size:.9em}.stop{color:#a00}"
)


class Approving(ThreadingHTTPServer):
    """The page's server, for one person on this machine.

    Attributes:
        entry: a path that nobody else on the machine knows: opening it lets a browser in.
    """

    daemon_threads = True

    def __init__(self, socket_path: Path, signer: Signer, clock: Clock, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Page)
        self.gate, self.signer, self.clock = socket_path, signer, clock
        self.entry, self.session = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self.tokens: dict[str, str] = {}

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hung up, or said nothing in time, is no news."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    @property
    def address(self) -> str:
        """What a person opens in a browser."""
        return f"http://127.0.0.1:{self.server_port}/enter/{self.entry}"


class _Page(BaseHTTPRequestHandler):
    server: Approving
    timeout = 10

    def do_GET(self) -> None:
        """The list, one plan, or the way in."""
        path = self.path.partition("?")[0]
        if not self._ours():
            return self._answer(403, "<p>This page is for this machine alone.</p>")
        if secrets.compare_digest(path.encode(), f"/enter/{self.server.entry}".encode()):
            return self._enter()
        if not self._known():
            return self._answer(403, "<p>Open the address that the command printed.</p>")
        try:
            if path == "/":
                return self._answer(200, self._list())
            return self._answer(200, self._plan(path.removeprefix("/plan/")))
        except GateError as error:
            return self._answer(502, f"<p class=stop>{html.escape(str(error))}</p>")

    def do_POST(self) -> None:
        """A person's word on one plan."""
        origin = self.headers.get("Origin")
        if not self._ours() or not self._known() or origin != f"http://127.0.0.1:{self.server.server_port}":
            return self._answer(403, "<p>This form was not sent from this page.</p>")
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            return self._answer(413, "<p>The form is too large.</p>")
        form = {
            name: value[0] for name, value in parse_qs(self.rfile.read(int(length)).decode("ascii", "replace")).items()
        }
        permit_id = self.path.partition("?")[0].removeprefix("/plan/")
        token = self.server.tokens.pop(permit_id, "")
        if not token or not secrets.compare_digest(token.encode(), form.get("token", "").encode()):
            return self._answer(403, "<p>This form was used already, or is not from this page.</p>")
        try:
            return self._answer(200, self._signed(permit_id, form))
        except GateError as error:
            return self._answer(409, f"<p class=stop>{html.escape(str(error))}</p><p><a href=/>back</a></p>")

    def _signed(self, permit_id: str, form: dict[str, str]) -> str:
        found = self._found(permit_id)
        seen = shown(found["plan"].encode())
        decision: Literal["approve", "reject"] = "reject" if form.get("decision") == "reject" else "approve"
        if form.get("seen") != seen.digest or (decision == "approve" and not confirmed(seen, form.get("digest", ""))):
            return "<p class=stop>Nothing was signed: that is not the beginning of the digest of this plan.</p>"
        signer = self.server.signer
        word = signer.word(seen, permit_id, found["policy_digest"], decision, self.server.clock)
        answer: dict[str, Any] = ask(self.server.gate, "approve", word.model_dump(mode="json"))
        return f"<p>Signed. The permit is {html.escape(answer['state'])}.</p><p><a href=/>back</a></p>"

    def _list(self) -> str:
        found, switch = pending(self.server.gate)
        rows = "".join(
            f"<li><a href='/plan/{html.escape(one['permit_id'], quote=True)}'>{_line(one)}</a></li>" for one in found
        )
        kill = "" if switch is None else f"<p>Kill switch: {html.escape(switch['state'])}</p>"
        return f"<h1>What waits for you, {html.escape(self.server.signer.person_id)}</h1>{kill}<ul>{rows}</ul>"

    def _plan(self, permit_id: str) -> str:
        found = self._found(permit_id)
        seen = shown(found["plan"].encode())
        rows = "".join(f"<tr><th>{html.escape(name)}<td>{html.escape(value)}" for name, value in seen.rows)
        token = self.server.tokens[permit_id] = secrets.token_urlsafe(24)
        return (
            f"<h1>One plan</h1><table>{rows}<tr><th>digest<td><code>{seen.digest}</code></table>"
            f"<form method=post autocomplete=off><input type=hidden name=token value='{token}'>"
            f"<input type=hidden name=seen value='{seen.digest}'>"
            f"<p><label>The digest's first {DIGITS} digits: <input name=digest></label> "
            "<button name=decision value=approve>Sign</button> "
            "<button name=decision value=reject>Reject</button></form>"
        )

    def _found(self, permit_id: str) -> dict[str, Any]:
        for one in pending(self.server.gate)[0]:
            if one["permit_id"] == permit_id:
                return one
        raise GateError("no plan waits under that name")

    def _ours(self) -> bool:
        """The host that a browser asked for: another name that leads here (DNS rebinding) is refused."""
        return self.headers.get("Host") == f"127.0.0.1:{self.server.server_port}"

    def _known(self) -> bool:
        cookie = self.headers.get("Cookie", "")
        return any(
            secrets.compare_digest(part.strip().encode(), f"session={self.server.session}".encode())
            for part in cookie.split(";")
        )

    def _enter(self) -> None:
        self.send_response(303)
        self.send_header("Location", "/")
        self.send_header("Set-Cookie", f"session={self.server.session}; HttpOnly; SameSite=Strict; Path=/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _answer(self, status: int, body: str) -> None:
        page = f"<!doctype html><meta charset=utf-8><title>Approve</title><style>{_STYLE}</style>{body}".encode()
        self.send_response(status)
        for name, value in {**_HEADERS, "Content-Type": "text/html; charset=utf-8"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the gate's log has what counts."""


def _line(one: dict[str, Any]) -> str:
    plan = dict(shown(one["plan"].encode()).rows)
    return html.escape(f"{plan['target']} to {plan['set to']}, class {plan['class']} ({one['state']})")
