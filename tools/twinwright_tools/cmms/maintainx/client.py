"""The requests to MaintainX."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx

from ...errors import CmmsMissingError
from ...plant.config import CmmsConfig
from ..auth import HeaderAuth
from ..credentials import Credentials
from ..http import Answer, HttpClient, Params, client_of
from ..protocol import Attachment, CmmsAsset, CmmsOrder, NewOrder
from ..shared import RANKS, KeyedConnector, comment_with_key
from ..site import read_options
from .mapping import (
    PRODUCT,
    STATES,
    Assets,
    Comments,
    MaintainXOptions,
    Named,
    OneWorkOrder,
    Usage,
    WorkOrder,
    WorkOrders,
    WorkRequests,
    asset,
    stamp,
)

_PAGE = 200
Paged = TypeVar("Paged", WorkOrders, WorkRequests, Assets, Comments)
Asked = list[tuple[str, str | int]]


class MaintainX(KeyedConnector):
    """The work orders of one MaintainX organization."""

    product = PRODUCT

    def __init__(self, http: HttpClient, options: MaintainXOptions) -> None:
        super().__init__(http, options.words(STATES, RANKS))
        self._usage = Usage(options, self._words)
        self._options = options
        self._sleep = time.sleep

    @classmethod
    def connect(cls, config: CmmsConfig, folder: Path, credentials: Credentials) -> Self:
        """The connector for an organization; nothing is sent yet. `[cmms] url` ends in ``/v1``.

        Raises:
            ConfigError: an option is missing or wrong.
            CmmsLoginError: no token was given.
        """
        options = read_options(config, folder, MaintainXOptions)
        token = credentials.token
        if token is None:
            raise Credentials.lacking(PRODUCT, "token")
        http = client_of(
            config,
            folder,
            PRODUCT,
            lambda _: _Bearer(token),
            credentials.secrets(),
            headers={"x-organization-id": options.organization} if options.organization else None,
            explain=explain,
        )
        return cls(http, options)

    def assets(self) -> Iterator[CmmsAsset]:
        """The organization's assets."""
        asked: Asked = [("limit", _PAGE), ("sort", "id"), ("expand", "barcode")]
        for page in self._pages("assets", Assets, asked):
            yield from (asset(one) for one in page.rows)

    def get(self, order: str) -> CmmsOrder:
        """The work order of that id."""
        return self._usage.order(self._held(order))

    def _held(self, order: str) -> WorkOrder:
        return self._http.read(self._path(order), OneWorkOrder, params=self._expanded()).value.work_order

    @staticmethod
    def _path(order: str) -> str:
        if not (order.isascii() and order.isdigit()):
            raise CmmsMissingError(f"{PRODUCT} has no work order {order!r}")
        return f"workorders/{order}"

    def _expanded(self) -> Asked:
        names = ("asset", "times", *(("extra_fields",) if self._options.key_field else ()))
        return [("expand", name) for name in names]

    def _found(self) -> list[str]:
        return [
            f"{PRODUCT}, organization {self._options.organization or 'of the key'}",
            self._counted("assets", "assets", Assets),
            self._counted("work orders", "workorders", WorkOrders),
        ]

    def _counted(self, what: str, path: str, kind: type[Paged]) -> str:
        page = self._http.read(path, kind, params={"limit": _PAGE}).value
        return f"{len(page.rows)}{' or more' if page.cursor else ''} {what}"

    def _pages(self, path: str, kind: type[Paged], asked: Asked) -> Iterator[Paged]:
        def following(answer: Answer[Paged]) -> tuple[str, Params] | None:
            if answer.value.cursor is None:
                return None
            # At 0 every request is refused until the reset: a long import waits rather than fails.
            if answer.headers.get("x-rate-limit-remaining") == "0":
                self._sleep(float(answer.headers.get("x-rate-limit-reset") or 60))
            return path, [*asked, ("cursor", answer.value.cursor)]

        return self._http.pages(path, kind, following, params=asked)

    def _work_orders(self, asked: Asked) -> Iterator[CmmsOrder]:
        # Without show_upcoming an order whose start lies ahead isn't listed.
        every: Asked = [("limit", _PAGE), ("show_upcoming", "true"), *self._expanded(), *asked]
        for page in self._pages("workorders", WorkOrders, every):
            yield from map(self._usage.order, page.rows)

    def _orders_on(self, assets: list[str]) -> Iterable[CmmsOrder]:
        known = [("assets", one) for one in assets if one.isascii() and one.isdigit()]
        statuses = [("statuses", word) for word in self._words.meaning("open", "in_progress")]
        return self._work_orders([*known, *statuses, ("sort", "createdAt")]) if known else ()

    def _orders_with(self, key: str) -> Iterator[CmmsOrder]:
        """The newest orders, as there is no search for a text: back to `key_days` before the newest."""
        newest: datetime | None = None
        for one in self._work_orders([("sort", "-createdAt")]):
            created = one.created
            newest = newest or created
            if created and newest and newest - created > timedelta(days=self._options.key_days):
                return
            yield one

    def _changed(self, since: datetime | None) -> Iterator[CmmsOrder]:
        if self._options.records == "requests":
            return self._requests()
        asked: Asked = [] if since is None else [("updatedAt[gte]", stamp(since))]
        return self._work_orders([*asked, ("sort", "createdAt")])

    def _requests(self) -> Iterator[CmmsOrder]:
        """All of them: they can't be asked for by time of change."""
        for page in self._pages("workrequests", WorkRequests, [("limit", _PAGE), ("expand", "asset")]):
            yield from map(self._usage.request, page.rows)

    def _has_asset(self, asset: str) -> bool:
        if not (asset.isascii() and asset.isdigit()):
            return False
        try:
            self._http.read(f"assets/{asset}", dict[str, Any])
        except CmmsMissingError:
            return False
        return True

    def _make(self, order: NewOrder) -> str:
        return str(self._http.write("POST", "workorders", Named, json=self._usage.document(order)).value.id)

    def _comments(self, order: str) -> Iterator[str]:
        for page in self._pages(f"{self._path(order)}/comments", Comments, [("limit", _PAGE)]):
            yield from (one.content for one in page.rows if one.content)

    def _comment(self, order: CmmsOrder, text: str, key: str) -> None:
        document = {"content": comment_with_key(text, key)}
        self._http.write("POST", f"{self._path(order.id)}/comments", Named, json=document)

    def _files(self, order: str) -> Iterable[str]:
        return [one.name for one in self._held(order).attachments]

    def _send_file(self, order: str, attachment: Attachment) -> None:
        path = f"{self._path(order)}/attachments/{quote(attachment.name, safe='')}"
        headers = {"Content-Type": attachment.media_type}
        self._http.write("PUT", path, object, content=attachment.content, headers=headers)


class _Bearer(HeaderAuth):
    """A bearer token; what a 429 says in a header of MaintainX's own is put where it is usually said."""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        answer = yield next(super().auth_flow(request))
        reset = answer.headers.get("x-rate-limit-reset")
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS and reset:
            answer.headers.setdefault("retry-after", reset)


def explain(document: object) -> str:
    """MaintainX's own words: ``error``, or ``errors`` with the field of each."""
    if not isinstance(document, dict):
        return ""
    errors = document.get("errors") or [document]
    told = [one for one in errors if isinstance(one, dict) and isinstance(one.get("error"), str)]
    return "; ".join(f"{one['fieldPath']}: {one['error']}" if one.get("fieldPath") else one["error"] for one in told)
