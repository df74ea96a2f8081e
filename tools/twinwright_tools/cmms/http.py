"""The one HTTP client that every connector talks through.

It reads with retries and never sends a write twice, checks every answer against a schema, turns every failure into one
of the Cmms errors, and shows no secret. What it does about a failure:

=============================  ==================================================================
no connection                  CmmsUnavailableError, nothing happened
cut off or too late            CmmsUnavailableError; a write may have happened
429                            CmmsUnavailableError, nothing happened
5xx                            CmmsUnavailableError; a write may have happened
401, 403, 407                  CmmsLoginError
404, 410                       CmmsMissingError
409, 412                       CmmsConflictError
any other 4xx, 501             CmmsRefusedError, with the product's own words
3xx, HTML, half a page,        CmmsAnswerError; after a write that was answered with 2xx it may
another schema                 have happened
=============================  ==================================================================

Reads are tried again after the first two kinds, 429 and 5xx, after what Retry-After says or ever longer pauses.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

import httpx
from pydantic import SecretStr, TypeAdapter, ValidationError

from ..errors import (
    CmmsAnswerError,
    CmmsConflictError,
    CmmsError,
    CmmsLoginError,
    CmmsMissingError,
    CmmsRefusedError,
    CmmsUnavailableError,
)
from ..plant.config import CmmsConfig
from .redaction import Redactor
from .site import Site, site_of, trust

T = TypeVar("T")
Params = Mapping[str, str | int] | Iterable[tuple[str, str | int]]

READ_ATTEMPTS = 4
# A pause that the server asks for is honoured up to here; a longer one is for the caller to wait out. In seconds.
LONGEST_PAUSE_S = 20.0
_FIRST_PAUSE_S = 0.25
MOST_BYTES = 64 * 1024 * 1024
MOST_PAGES = 10_000
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
_MEANING: dict[int, type[CmmsError]] = {
    401: CmmsLoginError,
    403: CmmsLoginError,
    404: CmmsMissingError,
    407: CmmsLoginError,
    409: CmmsConflictError,
    410: CmmsMissingError,
    412: CmmsConflictError,
}


@dataclass(frozen=True)
class Answer(Generic[T]):
    """A checked answer: its value, status and headers (an ETag, a Link)."""

    value: T
    status: int
    headers: httpx.Headers


class HttpClient:
    """Requests to one CMMS; threads may share it.

    Args:
        auth: see `cmms.auth`.
        redactor: knows the secrets that must not be shown.
        headers: sent with every request.
        explain: the product's own words in the JSON of a refusal.
        meanings: statuses that mean something else in this product.
        sleep: waits some seconds.
    """

    def __init__(
        self,
        site: Site,
        auth: httpx.Auth,
        redactor: Redactor,
        *,
        headers: Mapping[str, str] | None = None,
        explain: Callable[[Any], str] | None = None,
        meanings: Mapping[int, type[CmmsError]] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.site = site
        self._redactor = redactor
        self._explain = explain or explain_commonly
        self._meanings = {**_MEANING, **(meanings or {})}
        self._sleep = sleep
        self._base = httpx.URL(site.url)
        self._client = httpx.Client(
            auth=auth,
            headers={"Accept": "application/json", "User-Agent": "twinwright", **(headers or {})},
            timeout=site.timeout_s,
            verify=trust(site),
            follow_redirects=False,
            trust_env=True,
        )
        self.clock_ahead_s: float | None = None
        """How far the server's clock is ahead of this machine's by its last answer, in seconds; None before one."""

    def read(
        self,
        path: str,
        answer: type[T],
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
        json: object = None,
    ) -> Answer[T]:
        """Asks for something and changes nothing, so it is tried again; `method` is POST for searches that need it.

        `path` is relative to the site's URL, or a whole URL of the same host (a link to the next page).
        """
        pause = _FIRST_PAUSE_S
        for attempt in range(1, READ_ATTEMPTS + 1):
            try:
                request = self._request(method, path, params=params, headers=headers, json=json)
                return self._exchange(request, answer, changes=False)
            except CmmsUnavailableError as error:
                asked = error.retry_after_s
                if attempt == READ_ATTEMPTS or (asked is not None and asked > LONGEST_PAUSE_S):
                    raise
                # Jitter keeps several of us from coming back at the same moment.
                self._sleep(asked if asked is not None else pause * random.uniform(0.5, 1.5))
                pause *= 2
        raise AssertionError("the last attempt returns or raises")

    def write(
        self,
        method: str,
        path: str,
        answer: type[T],
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        content: bytes | None = None,
        data: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> Answer[T]:
        """Changes something; sent once. With `answer=object` any JSON will do, or none."""
        request = self._request(
            method, path, params=params, headers=headers, json=json, content=content, data=data, files=files
        )
        return self._exchange(request, answer, changes=True)

    def pages(
        self,
        path: str,
        answer: type[T],
        following: Callable[[Answer[T]], tuple[str, Params | None] | None],
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[T]:
        """Page after page; `following` names the path and parameters of the next, or None after the last.

        Raises:
            CmmsAnswerError: a page comes a second time, or there are more than 10,000.
        """
        seen: set[str] = set()
        step: tuple[str, Params | None] | None = (path, params)
        while step is not None:
            address = str(self._request("GET", step[0], params=step[1]).url)
            if address in seen or len(seen) >= MOST_PAGES:
                raise self._nonsense("GET", path, "its pages never end", changes=False)
            seen.add(address)
            page = self.read(step[0], answer, params=step[1], headers=headers)
            yield page.value
            step = following(page)

    def about_the_clock(self) -> list[str]:
        """A line for people where the server's clock differs from this machine's by more than a minute."""
        ahead = self.clock_ahead_s
        if ahead is None or abs(ahead) <= 60:
            return []
        return [
            f"its clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} this machine's: orders have the "
            "times that it wrote, so set one of the clocks right"
        ]

    def _request(self, method: str, path: str, *, params: Params | None = None, **content: Any) -> httpx.Request:
        target = httpx.URL(path if "://" in path else f"{self.site.url}/{path.lstrip('/')}")
        if (target.scheme, target.host, target.port) != (self._base.scheme, self._base.host, self._base.port):
            # A link in an answer must not make us send the credentials elsewhere.
            raise self._nonsense(method, path, f"it points to another host, {target.host}", changes=False)
        given = {key: value for key, value in content.items() if value is not None}
        if params is not None:
            pairs = list(params.items() if isinstance(params, Mapping) else params)
            target = target.copy_with(params=httpx.QueryParams([(key, str(value)) for key, value in pairs]))
        return self._client.build_request(method, target, **given)

    def _exchange(self, request: httpx.Request, answer: type[T], *, changes: bool) -> Answer[T]:
        response, body = self._send(request, changes)
        self._note_clock(response)
        method, path = request.method, request.url.path
        if not response.is_success:
            raise self._failure(response, body, method, path, changes)
        try:
            document = json.loads(body) if body else None
        except ValueError:
            kind = response.headers.get("content-type", "no content type")
            why = f"{kind.partition(';')[0]} that isn't whole JSON (a login page or a proxy in the way?)"
            raise self._nonsense(method, path, why, changes=changes) from None
        if body and "json" not in response.headers.get("content-type", "").partition(";")[0]:
            raise self._nonsense(method, path, "JSON that isn't declared as JSON", changes=changes)
        try:
            return Answer(TypeAdapter(answer).validate_python(document), response.status_code, response.headers)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            field = ".".join(str(step) for step in first["loc"]) or "the whole answer"
            why = f"another schema: {self._redactor.quote(field + ': ' + first['msg'])}"
            raise self._nonsense(method, path, why, changes=changes) from None

    def _send(self, request: httpx.Request, changes: bool) -> tuple[httpx.Response, bytes]:
        """The response and its body, whole, within the time and size that one request may take."""
        what = f"{self.site.product} at {request.url.host}"
        until = time.monotonic() + self.site.timeout_s
        try:
            response = self._client.send(request, stream=True)
            try:
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        raise self._nonsense(request.method, request.url.path, "more than 64 MiB", changes=changes)
                    if time.monotonic() > until:
                        raise httpx.ReadTimeout("the answer took too long", request=request)
            finally:
                response.close()
        except _NOT_SENT as error:
            words = f"{what} can't be reached: {self._redactor.quote(str(error))}; check [cmms] url, network and proxy"
            raise CmmsUnavailableError(words, may_have_happened=False) from error
        except httpx.TimeoutException as error:
            words = f"{what} didn't answer within {self.site.timeout_s:g} s"
            raise CmmsUnavailableError(words, may_have_happened=changes) from error
        except httpx.DecodingError:
            raise self._nonsense(
                request.method, request.url.path, "bytes that can't be decoded", changes=changes
            ) from None
        except httpx.TransportError as error:
            words = f"{what} broke off: {self._redactor.quote(str(error))}"
            raise CmmsUnavailableError(words, may_have_happened=changes) from error
        return response, bytes(body)

    def _failure(self, response: httpx.Response, body: bytes, method: str, path: str, changes: bool) -> CmmsError:
        status = response.status_code
        if response.is_redirect or status < 400:
            host = response.headers.get("location", "elsewhere").partition("?")[0]
            return self._nonsense(
                method, path, f"a redirect to {self._redactor.quote(host)}; set [cmms] url to it", changes=False
            )
        words = self._words(body)
        told = f"{self.site.product} answered {method} {path} with {status}{f': {words}' if words else ''}"
        if status == 429 or (status >= 500 and status != 501):
            happened = changes and status != 429
            return CmmsUnavailableError(told, may_have_happened=happened, retry_after_s=_retry_after(response))
        kind = self._meanings.get(status, CmmsRefusedError)
        hint = "; check the credentials and their rights" if kind is CmmsLoginError else ""
        return kind(told + hint)

    def _words(self, body: bytes) -> str:
        """What the server says in a refusal, if it says it in JSON."""
        try:
            return self._redactor.quote(self._explain(json.loads(body)))
        except ValueError:
            return ""

    def _nonsense(self, method: str, path: str, why: str, *, changes: bool) -> CmmsAnswerError:
        return CmmsAnswerError(
            f"{self.site.product} answered {method} {path.partition('?')[0]} with {why}", may_have_happened=changes
        )

    def _note_clock(self, response: httpx.Response) -> None:
        if (theirs := _http_date(response.headers.get("date"))) is not None:
            self.clock_ahead_s = (theirs - datetime.now(UTC)).total_seconds()


def explain_commonly(document: Any) -> str:
    """The words in a refusal's usual places: ``message``, ``error``, ``error.message``, ``errors``."""
    if isinstance(document, Mapping):
        found = next((document[key] for key in ("message", "error", "errors", "detail") if document.get(key)), "")
        return explain_commonly(found)
    if isinstance(document, list):
        return "; ".join(explain_commonly(each) for each in document[:5])
    return document if isinstance(document, str) else ""


def client_of(
    config: CmmsConfig,
    folder: Path,
    product: str,
    auth: Callable[[Redactor], httpx.Auth],
    secrets: Iterable[SecretStr],
    **options: Any,
) -> HttpClient:
    """A client for the site that `twinwright.toml` names; `auth` is given the redactor for tokens that it learns.

    Raises:
        ConfigError: see `site_of`; or the file of certificates can't be used.
    """
    redactor = Redactor(secrets)
    return HttpClient(site_of(config, folder, product), auth(redactor), redactor, **options)


def _http_date(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC) if text else None
    except ValueError:
        return None


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds until Retry-After (RFC 9110, 10.2.3), which is a number of seconds or a date."""
    given = response.headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit():
        return float(given)
    if (moment := _http_date(given)) is None:
        return None
    # Against the server's own clock: ours may be off.
    now = _http_date(response.headers.get("date")) or datetime.now(UTC)
    return max(0.0, (moment - now).total_seconds())
