"""The connectors that the crash runs go through: one to the local HTTP server, and the embedded one with faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from pydantic import ValidationError

from twinwright_tools.cmms.embedded import EmbeddedCmms
from twinwright_tools.cmms.protocol import Attachment, CmmsAsset, CmmsOrder, NewOrder
from twinwright_tools.errors import (
    CmmsAnswerError,
    CmmsConflictError,
    CmmsError,
    CmmsLoginError,
    CmmsMissingError,
    CmmsRefusedError,
    CmmsUnavailableError,
)

from .server import TOKEN

TIMEOUT_S = 0.25


class HttpCmms:
    """A connector to the local server, as strict in what it takes as a real one."""

    name = "local HTTP CMMS"

    def __init__(self, port: int, timeout_s: float = TIMEOUT_S, token: str = TOKEN) -> None:
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            timeout=timeout_s,
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
            verify=False,  # plain HTTP on this machine; reading the system's certificates takes longer than the rest
        )

    def check(self) -> list[str]:
        """Reads the open orders."""
        return [f"{len(self.open_orders([]))} open orders"]

    def assets(self) -> Iterator[CmmsAsset]:
        """It has none of its own."""
        return iter(())

    def open_orders(self, assets: Sequence[str]) -> list[CmmsOrder]:
        """The open orders on these assets."""
        found = [_order(one) for one in self._ask("GET", "/orders", changes=False)]
        return [one for one in found if one.asset in assets]

    def by_key(self, key: str) -> CmmsOrder | None:
        """The first order of that key."""
        found = self._ask("GET", "/orders", changes=False, params={"key": key})
        return _order(found[0]) if found else None

    def get(self, order: str) -> CmmsOrder:
        """One order."""
        return _order(self._ask("GET", f"/orders/{order}", changes=False))

    def create(self, order: NewOrder) -> CmmsOrder:
        """Makes one order."""
        return _order(self._ask("POST", "/orders", changes=True, json=order.model_dump(mode="json")))

    def add(self, order: CmmsOrder, text: str, key: str) -> CmmsOrder:
        """Adds a comment, unless one of that key is there."""
        now = self._ask("GET", f"/orders/{order.id}", changes=False)
        if key in now["comments"]:
            return _order(now)
        told = {"key": key, "text": f"{text}\n[{key}]"}
        headers = {"If-Match": order.version or ""}
        return _order(self._ask("POST", f"/orders/{order.id}/comments", changes=True, json=told, headers=headers))

    def attach(self, order: str, attachment: Attachment) -> None:
        """Puts a file there; the server keeps the first of a name."""
        self._ask("PUT", f"/orders/{order}/files/{attachment.name}", changes=False, content=attachment.content)

    def past(self, since: datetime | None) -> Iterator[CmmsOrder]:
        """Nothing."""
        return iter(())

    def plan(self, key: str, changes: Sequence[str], reads: Sequence[str]) -> None:
        """Plans faults for a key."""
        self._ask("PUT", "/plan", changes=False, json={"key": key, "changes": list(changes), "reads": list(reads)})

    def busy(self) -> int:
        """How many requests the server has taken and not finished."""
        return int(self._ask("GET", "/busy", changes=False))

    def _ask(self, method: str, path: str, *, changes: bool, **options: Any) -> Any:
        try:
            answer = self._client.request(method, path, **options)
        except httpx.ConnectError as error:
            raise CmmsUnavailableError(f"{self.name} isn't there: {error}", may_have_happened=False) from error
        except httpx.HTTPError as error:
            raise CmmsUnavailableError(f"{self.name} doesn't answer: {error!r}", may_have_happened=changes) from error
        if answer.status_code >= 400:
            raise _error(answer, changes)
        try:
            return answer.json()
        except ValueError as error:
            raise CmmsAnswerError(f"{self.name} answered no JSON to {method} {path}") from error


def _error(answer: httpx.Response, changes: bool) -> CmmsError:
    text = f"HTTP {answer.status_code}: {answer.text[:80]}"
    if answer.status_code == 401:
        return CmmsLoginError(text)
    if answer.status_code == 404:
        return CmmsMissingError(text)
    if answer.status_code == 412:
        return CmmsConflictError(text)
    if answer.status_code == 429:
        wait = float(answer.headers.get("Retry-After", 1))
        return CmmsUnavailableError(text, may_have_happened=False, retry_after_s=wait)
    if answer.status_code >= 500:
        return CmmsUnavailableError(text, may_have_happened=changes)
    return CmmsRefusedError(text)


def _order(found: Any) -> CmmsOrder:
    try:
        return CmmsOrder(
            id=str(found["id"]),
            key=found["key"],
            asset=found["asset"],
            title=found["title"],
            text=found["text"],
            failure_mode=found["failure_mode"],
            state=found["state"],
            status=found["state"],
            created=found["at"],
            changed=found["at"],
            version=found["version"],
        )
    except (KeyError, TypeError, ValidationError) as error:
        raise CmmsAnswerError(f"an order without what it needs: {error!r}") from error


class FaultyEmbedded(EmbeddedCmms):
    """The embedded connector whose changes fail as a file of faults says, one line for each change."""

    def faults(self, path: Path) -> FaultyEmbedded:
        """Takes its faults from a file."""
        self._faults = path
        return self

    def create(self, order: NewOrder) -> CmmsOrder:
        """Makes one order, under the next fault."""
        return self._under(lambda: super(FaultyEmbedded, self).create(order))

    def add(self, order: CmmsOrder, text: str, key: str) -> CmmsOrder:
        """Adds a comment, under the next fault."""
        return self._under(lambda: super(FaultyEmbedded, self).add(order, text, key))

    def _under(self, change: Callable[[], CmmsOrder]) -> CmmsOrder:
        lines = self._faults.read_text().split() if self._faults.exists() else []
        self._faults.write_text("\n".join(lines[1:]))
        fault = lines[0] if lines else ""
        if fault in ("500_before", "drop_before", "429"):
            raise CmmsUnavailableError(fault, may_have_happened=fault != "429")
        answer = change()
        if fault in ("html", "half"):
            raise CmmsAnswerError(fault)
        if fault:
            raise CmmsUnavailableError(fault, may_have_happened=True)
        return answer
