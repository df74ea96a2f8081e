"""SAP Gateway's protection against cross-site requests: every change carries a token that belongs to its session."""

from __future__ import annotations

import re
import threading
from collections.abc import Generator

import httpx

_SERVICE = re.compile(r"^.*?/sap/opu/odata/sap/[^/]+")


class CsrfAuth(httpx.Auth):
    """A login, and with every change a token that was fetched in the same session.

    Args:
        login: Basic or bearer.
    """

    def __init__(self, login: httpx.Auth) -> None:
        self._login = login
        self._lock = threading.Lock()
        self._token: str | None = None
        self._cookies = httpx.Cookies()

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Fetches a token before the first change, and a fresh one if the session has ended."""
        request = next(self._login.auth_flow(request))
        if request.method in ("GET", "HEAD"):
            yield request
            return
        if self._token is None:
            self._keep((yield self._ask(request)))
        answer = yield self._with_token(request)
        if answer.status_code == httpx.codes.FORBIDDEN and answer.headers.get("x-csrf-token", "").lower() == "required":
            # Refused before anything was done, so sending it again does nothing twice.
            self._keep((yield self._ask(request)))
            yield self._with_token(request)

    def _ask(self, request: httpx.Request) -> httpx.Request:
        found = _SERVICE.match(request.url.path)
        root = request.url.copy_with(path=f"{found[0]}/" if found else "/")
        headers = {"Accept": "application/json", "X-CSRF-Token": "Fetch"}
        headers |= {name: request.headers[name] for name in ("Authorization", "User-Agent") if name in request.headers}
        return httpx.Request("GET", root, headers=headers)

    def _keep(self, answer: httpx.Response) -> None:
        with self._lock:
            self._cookies.extract_cookies(answer)
            self._token = answer.headers.get("x-csrf-token")

    def _with_token(self, request: httpx.Request) -> httpx.Request:
        with self._lock:
            request.headers.pop("Cookie", None)
            self._cookies.set_cookie_header(request)
            # Without a token the server refuses and says why; that is for the caller to read.
            if self._token is not None:
                request.headers["X-CSRF-Token"] = self._token
        return request
