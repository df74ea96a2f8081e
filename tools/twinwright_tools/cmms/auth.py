"""How requests to a CMMS show who sends them: HTTP Basic, a token in a header, and OAuth 2 client credentials."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator

import httpx
from pydantic import AliasChoices, BaseModel, Field, SecretStr, ValidationError

from ..errors import CmmsAnswerError, CmmsLoginError, CmmsUnavailableError

# A token is renewed this long before it runs out, in seconds, so that none runs out on its way.
_MARGIN_S = 30.0


class HeaderAuth(httpx.Auth):
    """A token in a header: ``Authorization: token …`` for Request Tracker, ``Bearer …`` for most, a name of its own."""

    def __init__(self, token: SecretStr, *, header: str = "Authorization", scheme: str = "Bearer") -> None:
        self._token = token
        self._header = header
        self._scheme = scheme

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sets the header."""
        request.headers[self._header] = f"{self._scheme} {self._token.get_secret_value()}".strip()
        yield request


def basic(user: str, password: SecretStr) -> httpx.Auth:
    """HTTP Basic authentication (RFC 7617)."""
    return httpx.BasicAuth(user, password.get_secret_value())


class _Token(BaseModel):
    """The successful answer of a token endpoint (RFC 6749, 5.1)."""

    # Atlas CMMS calls it accessToken.
    access_token: SecretStr = Field(validation_alias=AliasChoices("access_token", "accessToken"))
    expires_in: float = 300.0


class OAuth(httpx.Auth):
    """OAuth 2 (RFC 6749): a bearer token from the token endpoint, renewed before it runs out and once after a 401.

    Args:
        token_url: where tokens are given; on the same host as the CMMS or on the site's identity provider.
        form: the fields of the request, such as ``grant_type`` and ``client_id``; they are sent in its body only.
        learned: called with each token, so that it can be kept out of messages.
    """

    requires_response_body = True

    def __init__(
        self,
        product: str,
        token_url: str,
        form: dict[str, str],
        learned: Callable[[SecretStr], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._product = product
        self._token_url = token_url
        self._form = form
        self._learned = learned
        self._clock = clock
        self._lock = threading.Lock()
        self._token: SecretStr | None = None
        self._until = 0.0

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Gets a token where there is none that holds, and a fresh one if the server no longer takes it."""
        held = self._held()
        if held is None:
            held = self._keep((yield self._ask()))
        request.headers["Authorization"] = f"Bearer {held.get_secret_value()}"
        answer = yield request
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            # Refused before anything was done, so sending it again does nothing twice.
            fresh = self._keep((yield self._ask()))
            request.headers["Authorization"] = f"Bearer {fresh.get_secret_value()}"
            yield request

    def _held(self) -> SecretStr | None:
        with self._lock:
            return self._token if self._clock() < self._until else None

    def _ask(self) -> httpx.Request:
        return httpx.Request("POST", self._token_url, data=self._form, headers={"Accept": "application/json"})

    def _keep(self, answer: httpx.Response) -> SecretStr:
        answer.read()
        if answer.status_code in (400, 401, 403):
            raise CmmsLoginError(f"{self._product} gave no token ({answer.status_code}): check the OAuth credentials")
        if answer.status_code == 429 or answer.status_code >= 500:
            words = f"{self._product} gave no token ({answer.status_code}); the same may succeed later"
            raise CmmsUnavailableError(words, may_have_happened=False)
        try:
            told = _Token.model_validate_json(answer.content)
        except ValidationError:
            raise CmmsAnswerError(
                f"{self._product} answered {answer.status_code} without a token where one was asked for"
            ) from None
        self._learned(told.access_token)
        with self._lock:
            self._token, self._until = told.access_token, self._clock() + told.expires_in - _MARGIN_S
        return told.access_token
